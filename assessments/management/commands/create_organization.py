"""``manage.py create_organization NAME --administrator ADDRESS``: the first step of a real installation."""

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from assessments.emails import account_mail
from assessments.models import OrganizationRole
from assessments.services import people
from assessments.services.errors import ServiceError


class Command(BaseCommand):
    """Make an organization and name its first administrator, who gets a link to choose a password."""

    help = "Make an organization with its first administrator and print the link to choose a password."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """A name and an address."""
        parser.add_argument("name")
        parser.add_argument("--administrator", required=True, metavar="ADDRESS", help="e-mail address")
        codes = [code for code, _name in settings.LANGUAGES]
        default = settings.LANGUAGE_CODE
        parser.add_argument("--language", choices=codes, default=default, help="of its mails and reports")

    def handle(self, *args: Any, name: str, administrator: str, language: str, **options: Any) -> None:
        """All or nothing."""
        try:
            with transaction.atomic():
                organization = people.create_organization(name=name, language=language)
                membership = people.set_organization_role(
                    organization=organization,
                    email=administrator,
                    name="",
                    role=OrganizationRole.ADMINISTRATOR,
                    by=None,
                )
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from error
        except ServiceError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(str(account_mail(membership.user, organization).body))
