"""``manage.py move_database [FILE]``: from SQLite to the empty PostgreSQL that DATABASE_URL names."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from accelerate_survey.operations import databases, moves
from accelerate_survey.operations.databases import NotPossible


class Command(BaseCommand):
    """Move the survey to a larger engine."""

    help = (
        "Move all rows from SQLite to the empty PostgreSQL that DATABASE_URL names. Stop everything before."
    )
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        """From where."""
        usual = Path(settings.DATA_DIR) / databases.NAME
        parser.add_argument("file", nargs="?", type=Path, default=usual, help=f"the SQLite file ({usual})")

    def handle(self, *args: Any, file: Path, **options: Any) -> None:
        """All or nothing; the file stays as it is."""
        try:
            rows = moves.move(file)
        except NotPossible as error:
            raise CommandError(f"Nothing was moved. {file}: {error}") from error
        self.stdout.write(
            f"{sum(rows.values())} rows of {len(rows)} tables were moved and compared. "
            "Start web server, worker and schedule on PostgreSQL, then look at manage.py doctor."
        )
        self.stderr.write(
            f"As soon as all is well, delete {file} and what begins with its name: it still holds who was "
            "asked, and the answers of rounds that were open, which will never be sealed in it."
        )
