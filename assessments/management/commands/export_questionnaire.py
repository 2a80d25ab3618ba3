"""``manage.py export_questionnaire accelerate-2``: a published questionnaire as a YAML file."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from assessments.models import Questionnaire
from assessments.queries import load_instrument
from assessments.questionnaire_file import write


class Command(BaseCommand):
    """Write a published questionnaire as the file that it came from."""

    help = "Write a published questionnaire as YAML, to standard output or to a file."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Which one, and where to."""
        parser.add_argument("questionnaire", help="slug and version, such as accelerate-2")
        parser.add_argument("--out", type=Path, help="a file to write; without it, standard output")

    def handle(self, *args: Any, questionnaire: str, out: Path | None, **options: Any) -> None:
        """Byte for byte what importing a written file has read."""
        text = write(load_instrument(find_questionnaire(questionnaire)))
        if out is None:
            self.stdout.write(text, ending="")
            return
        try:
            out.write_text(text, encoding="utf-8")
        except OSError as error:
            raise CommandError(f"{out} cannot be written: {error.strerror}.") from error


def find_questionnaire(name: str) -> Questionnaire:
    """The published questionnaire of this slug and version, such as accelerate-2."""
    slug, _, version = name.rpartition("-")
    found = Questionnaire.objects.filter(slug=slug, version=version if version.isdigit() else 0).first()
    if found is None:
        known = ", ".join(f"{each.slug}-{each.version}" for each in Questionnaire.objects.all())
        raise CommandError(f"There is no questionnaire {name!r}. Published are: {known or 'none'}.")
    return found
