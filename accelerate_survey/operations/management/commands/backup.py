"""``manage.py backup FILE``: everything in one file, while people go on answering."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from accelerate_survey.operations import backups
from accelerate_survey.operations.databases import NotPossible

STILL_OPEN = (
    "A round is open, so this backup holds answers that are not sealed yet. Together with SECRET_KEY it "
    "leads from people to their answers: keep the two apart, and delete this file once the round has closed."
)


class Command(BaseCommand):
    """Write a backup and say what is in it."""

    help = "Write database and reports into one new file and check it. Works while the survey is used."
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Where to, and with what."""
        parser.add_argument("file", type=Path, help="a new file; in a folder it gets a name with the time")
        parser.add_argument(
            "--with-secret-key",
            action="store_true",
            help="put the key in that is kept in DATA_DIR; then this one file is enough, also for a thief",
        )

    def handle(self, *args: Any, file: Path, with_secret_key: bool, **options: Any) -> None:
        """All or nothing."""
        now = timezone.now()
        target = file / f"survey-{now:%Y%m%d-%H%M%S}.zip" if file.is_dir() else file
        try:
            manifest = backups.make_backup(target=target.absolute(), with_key=with_secret_key, now=now)
        except NotPossible as error:
            raise CommandError(str(error)) from error
        except OSError as error:
            raise CommandError(f"{target} cannot be written: {error.strerror}.") from error
        rows, files = sum(manifest.rows.values()), len(manifest.members) - 1
        self.stdout.write(f"{target}: {rows} rows and {files} files, checked.")
        if not backups.keeps_files_here():
            self.stdout.write("Reports are not in it: back up the storage that they are kept in as well.")
        if manifest.open_rounds:
            self.stderr.write(STILL_OPEN)
