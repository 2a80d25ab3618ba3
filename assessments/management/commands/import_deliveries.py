"""``manage.py import_deliveries FILE --team ORG/TEAM``: a team's deployments and incidents from a file."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from assessments.delivery_files import PRODUCTION, Options
from assessments.models import Team
from assessments.services.deliveries import Summary, check_deliveries, load_deliveries
from assessments.services.errors import ServiceError


class Command(BaseCommand):
    """Take over a file of any size. The same file twice changes nothing."""

    help = (
        "Take over a team's deployments and incidents from a CSV or JSON file (docs/deliveries.md). "
        "All or nothing; the same file twice changes nothing."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """One file, one team, and what the file does not say."""
        parser.add_argument("file", type=Path)
        parser.add_argument("--team", required=True, metavar="ORG/TEAM", help="as in the address of its page")
        parser.add_argument("--service", default="", help="of events that name none")
        parser.add_argument(
            "--environment", default=PRODUCTION, help="which one of an export counts (default: %(default)s)"
        )
        parser.add_argument("--dry-run", action="store_true", help="only say what is in the file")

    def handle(
        self,
        *args: Any,
        file: Path,
        team: str,
        service: str,
        environment: str,
        dry_run: bool,
        **options: Any,
    ) -> None:
        """Check, take over, say what it was; every mistake is told with its line, and nothing is written."""
        found = _team(team)
        wanted = Options(service=service, environment=environment)
        try:
            with file.open("rb") as stream:
                if dry_run:
                    summary = check_deliveries(stream=stream, options=wanted)
                else:
                    now = timezone.now()
                    summary = load_deliveries(team=found, stream=stream, options=wanted, by=None, now=now)
        except OSError as error:
            raise CommandError(f"{file} cannot be read: {error.strerror or error}.") from error
        except ServiceError as error:
            raise CommandError(
                "\n".join(f"{file.name}: {line}" for line in str(error).splitlines())
            ) from error
        self.stdout.write(f"{found}: {_told(summary)}{' Nothing was written.' if dry_run else ''}")


def _team(name: str) -> Team:
    organization, _slash, slug = name.partition("/")
    try:
        return Team.objects.select_related("organization").get(organization__slug=organization, slug=slug)
    except Team.DoesNotExist as error:
        raise CommandError(
            f"There is no team {name}. Write it as in its page's address: aviary/team-kestrel."
        ) from error


def _told(summary: Summary) -> str:
    told = f"deployments: {summary.deployments}, incidents: {summary.incidents}"
    if summary.first and summary.last:
        told += f", from {summary.first:%Y-%m-%d} to {summary.last:%Y-%m-%d}"
    if names := sorted(name for name in summary.services if name):
        told += f"; services: {', '.join(names)}"
    if summary.left_out:
        told += f"; left out: {summary.left_out}"
    if summary.unmatched:
        told += f"; incidents that name an unknown deployment: {summary.unmatched}"
    return f"{told}."
