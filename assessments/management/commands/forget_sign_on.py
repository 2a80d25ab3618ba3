"""``manage.py forget_sign_on ADDRESS …``: for whoever has another account at the identity provider now."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from assessments.models import User
from assessments.services import sign_in


class Command(BaseCommand):
    """Join people to the accounts with which they sign on next."""

    help = (
        "Forget with which account of the sign-on service people came, and end their sessions: the next time "
        "they are known by their addresses."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Whose."""
        whose = parser.add_mutually_exclusive_group(required=True)
        whose.add_argument("addresses", nargs="*", default=[], metavar="ADDRESS", help="e-mail addresses")
        whose.add_argument("--all", action="store_true", help="everybody's, after a change of the service")

    def handle(self, *args: Any, addresses: list[str], all: bool, **options: Any) -> None:
        """Say when there is nobody; then nothing is done for the others either."""
        users = list(User.objects.all()) if all else [self._user(address) for address in addresses]
        number = sign_in.forget_sign_on(users=users)
        self.stdout.write(f"{number} forgotten. Who signs on next is known by the address again.")

    def _user(self, address: str) -> User:
        user = User.objects.filter(email__iexact=address).first()
        if user is None:
            raise CommandError(f"There is nobody with the address {address}. Nothing was done.")
        return user
