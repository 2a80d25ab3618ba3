"""``manage.py close_due_rounds``: close every round whose window has ended."""

from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from assessments.models import Round
from assessments.queries import due_rounds
from assessments.services.rounds import close_round
from assessments.signals import round_closed


class Command(BaseCommand):
    """Close what is due. Safe to run as often as one likes."""

    help = "Close every round whose window has ended. Safe to run every minute, and twice."

    def handle(self, *args: Any, **options: Any) -> None:
        """One transaction a round."""
        now = timezone.now()
        for found in due_rounds(now):
            if close_round(round=found, by=None, now=now):
                round_closed.send(sender=Round, round=found)
                self.stdout.write(f"Closed: {found.organization}, {found}.")
