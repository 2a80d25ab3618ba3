"""``manage.py import_round FILE --organization …``: a past round from a file of any size."""

import datetime as dt
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from assessments.answers_file import AnswersFile
from assessments.management.commands.export_questionnaire import find_questionnaire
from assessments.models import Organization, Questionnaire
from assessments.services.imports import ImportPlan, import_round, plan_import, read_file


class Command(BaseCommand):
    """Bring in a past round, as the page does, and of any number of rows."""

    help = (
        "Bring in a past round from a spreadsheet or, with a mapping, from an export of LimeSurvey "
        "(docs/imports.md). All or nothing; nobody gets a mail."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """A file, and what the round is."""
        parser.add_argument("file", type=Path)
        parser.add_argument("--organization", required=True, help="as in the address of its page")
        parser.add_argument("--questionnaire", required=True, help="slug and version, such as accelerate-2")
        parser.add_argument("--name", required=True, help="of the round")
        parser.add_argument("--closed-on", required=True, type=dt.date.fromisoformat, metavar="YYYY-MM-DD")
        parser.add_argument("--mapping", type=Path, help="a YAML file, for an export of LimeSurvey")
        parser.add_argument("--dry-run", action="store_true", help="only say what would be brought in")

    def handle(
        self,
        *args: Any,
        file: Path,
        organization: str,
        questionnaire: str,
        name: str,
        closed_on: dt.date,
        mapping: Path | None,
        dry_run: bool,
        **options: Any,
    ) -> None:
        """Check, bring in, say what it was; every mistake is told with its place, and nothing is written."""
        asked = find_questionnaire(questionnaire)
        about: dict[str, Any] = {
            "organization": _organization(organization),
            "questionnaire": asked,
            "name": name,
            "closed_on": closed_on,
            "now": timezone.now(),
        }
        try:
            found = _read(file, mapping, asked)
            plan = plan_import(**about, rows=found.rows)
            if not dry_run:
                import_round(**about, rows=found.rows, by=None)
        except ValidationError as error:
            raise CommandError("\n".join(f"{file.name}: {text}" for text in error.messages)) from error
        self.stdout.write(f"{_told(plan, found)}{' Nothing was written.' if dry_run else ''}")


def _organization(slug: str) -> Organization:
    found = Organization.objects.filter(slug=slug).first()
    if found is None:
        known = ", ".join(Organization.objects.order_by("slug").values_list("slug", flat=True))
        raise CommandError(f"There is no organization {slug!r}. There are: {known or 'none'}.")
    return found


def _read(file: Path, mapping: Path | None, questionnaire: Questionnaire) -> AnswersFile:
    path = mapping or file
    try:
        content = mapping.read_bytes() if mapping else None
        path = file
        with file.open("rb") as lines:
            return read_file(
                lines=lines,
                questionnaire=questionnaire,
                mapping=content,
                mapping_name=mapping.name if mapping else "",
            )
    except OSError as error:
        raise CommandError(f"{path} cannot be read: {error.strerror or error}.") from error


def _told(plan: ImportPlan, found: AnswersFile) -> str:
    told = f"{plan.name}: {len(found.rows)} responses of {len(plan.teams)} teams"
    if few := [team.name for team in plan.teams if not team.is_shown]:
        told += f"; too few to be shown: {', '.join(few)}"
    if found.left_out:
        told += f"; never submitted and left out: {found.left_out}"
    if found.ignored:
        told += f"; columns not read: {', '.join(found.ignored)}"
    if plan.unanswered:
        told += f"; without any answer: {', '.join(plan.unanswered)}"
    return f"{told}."
