"""``manage.py restore FILE``: put a backup in place, all of it or nothing."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from accelerate_survey.operations import backups, doctor, health
from accelerate_survey.operations.backup_file import BadBackup
from accelerate_survey.operations.databases import NotPossible


class Command(BaseCommand):
    """Restore a backup, or check whether one could be."""

    help = "Put a backup in place of what is here. Stop web server, worker and schedule before."
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        """What, and how far."""
        parser.add_argument("file", type=Path, help="what manage.py backup has written")
        parser.add_argument("--replace", action="store_true", help="also where there are data already")
        parser.add_argument("--check", action="store_true", help="only say whether it is whole and fits")

    def handle(self, *args: Any, file: Path, replace: bool, check: bool, **options: Any) -> None:
        """Nothing is touched before the whole file has been read and found good."""
        try:
            manifest = backups.examine(file) if check else backups.restore(source=file, replace=replace)
        except (BadBackup, NotPossible) as error:
            raise CommandError(f"Nothing was changed. {file}: {error}") from error
        except OSError as error:
            raise CommandError(f"Nothing was changed. {error.filename}: {error.strerror}.") from error
        done = "is whole and can be restored" if check else "was restored"
        rows = sum(manifest.rows.values())
        self.stdout.write(
            f"{file} of {manifest.made_at}, version {manifest.version}, {rows} rows: it {done}."
        )
        if not check:
            self._look_again()

    def _look_again(self) -> None:
        self.stdout.write("Start web server, worker and schedule again, then look at manage.py doctor.")
        links = health.carefully("links", doctor.look_at_links, timezone.now())
        if not links.is_fine:
            self.stderr.write(f"{links.said} {links.do}")
