"""``manage.py import_questionnaire FILE``: publish a questionnaire from a YAML file."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from assessments.questionnaire_file import QuestionnaireFileError, read
from assessments.services.errors import ServiceError
from assessments.services.questionnaires import import_questionnaire


class Command(BaseCommand):
    """Publish a questionnaire. The same file twice does nothing."""

    help = "Publish a questionnaire from a YAML file. The same file twice does nothing."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """One file."""
        parser.add_argument("file", type=Path)

    def handle(self, *args: Any, file: Path, **options: Any) -> None:
        """Read, check, publish; a mistake is told with its line, and nothing is written."""
        try:
            instrument = read(file.read_text(encoding="utf-8"), file.name)
            questionnaire, created = import_questionnaire(instrument=instrument, now=timezone.now())
        except OSError as error:
            raise CommandError(f"{file} cannot be read: {error.strerror}.") from error
        except UnicodeDecodeError as error:
            raise CommandError(
                f"{file.name} is not UTF-8 text (byte {error.start}). Save it as UTF-8."
            ) from error
        except (QuestionnaireFileError, ServiceError) as error:
            raise CommandError(str(error)) from error
        except ValidationError as error:
            raise CommandError(f"{file.name}: {' '.join(error.messages)}") from error
        self.stdout.write(
            f"{questionnaire}: {'published' if created else 'is published already, nothing to do'}."
        )
