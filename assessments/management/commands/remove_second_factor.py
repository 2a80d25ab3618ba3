"""``manage.py remove_second_factor ADDRESS``: for whoever lost theirs and has nobody else to ask."""

from argparse import ArgumentParser
from typing import Any

from allauth.usersessions.models import UserSession
from django.core.management.base import BaseCommand, CommandError

from assessments.models import User
from assessments.services import sign_in


class Command(BaseCommand):
    """Let somebody in by the password alone, until they set up another second factor."""

    help = "Take a person's authenticator app, passkeys and recovery codes away, and end their sessions."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Whose."""
        parser.add_argument("address", help="e-mail address")

    def handle(self, *args: Any, address: str, **options: Any) -> None:
        """Say when there is nobody, or nothing."""
        user = User.objects.filter(email__iexact=address).first()
        if user is None:
            raise CommandError(f"There is nobody with the address {address}.")
        number = sign_in.remove_second_factors(user=user)
        sign_in.end_sessions(sessions=UserSession.objects.filter(user=user))
        self.stdout.write(f"{number} taken away. {address} signs in by the password alone now.")
