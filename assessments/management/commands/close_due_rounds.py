"""``manage.py close_due_rounds``: close every round whose window has ended."""

import datetime as dt
import logging
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from assessments.models import Round
from assessments.queries import due_rounds
from assessments.services.rounds import close_round
from assessments.signals import round_closed

logger = logging.getLogger(__name__)


class Command(BaseCommand):
    """Close what is due. Safe to run as often as one likes."""

    help = "Close every round whose window has ended. Safe to run every minute, and twice."

    def handle(self, *args: Any, **options: Any) -> None:
        """One transaction a round; one that fails keeps no other from being closed."""
        now, failed = timezone.now(), []
        for found in due_rounds(now):
            try:
                self._close(found, now)
            except Exception:
                logger.exception("Round %s could not be closed", found.pk)
                failed.append(f"{found.organization}, {found}")
        if failed:
            raise CommandError(f"Not closed: {'; '.join(failed)}. The log says why; run the command again.")

    def _close(self, found: Round, now: dt.datetime) -> None:
        if close_round(round=found, by=None, now=now):
            round_closed.send(sender=Round, round=found)
            self.stdout.write(f"Closed: {found.organization}, {found}.")
