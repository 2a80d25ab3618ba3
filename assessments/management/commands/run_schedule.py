"""``manage.py run_schedule``: everything that happens by itself, from the opening of a round to its end."""

import datetime as dt
import logging
import signal
import threading
from argparse import ArgumentParser
from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError, connections
from django.utils import timezone

from assessments import queries
from assessments.models import Organization
from assessments.services import mails, reminders, responses, rounds, schedules, sign_in, webhooks
from assessments.signals import schedule_ran
from assessments.tasks import enqueue_mails, enqueue_messages, enqueue_reminders

logger = logging.getLogger(__name__)


class Command(BaseCommand):
    """Do what is due. Safe to run as often as one likes, and after any pause."""

    help = (
        "Plan, open, remind, close, tell, nudge and forget: whatever is due in any organization. "
        "Safe to run every minute, twice at once, and after a week without."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Once, or for ever."""
        parser.add_argument(
            "--every", type=float, metavar="SECONDS", help="again and again, until it is told to stop"
        )

    def handle(self, *args: Any, every: float | None, **options: Any) -> None:
        """Do it once, or again and again; then a run that fails keeps no other from being tried."""
        if every is None:
            self._run()
            return
        told_to_stop = threading.Event()
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: told_to_stop.set())
        while not told_to_stop.is_set():
            try:
                self._run()
            except CommandError as error:
                self.stderr.write(str(error))
            except DatabaseError as error:  # it is being restarted, or full
                self.stderr.write(f"The database did not answer: {error}. The next run tries again.")
            connections.close_all()
            told_to_stop.wait(every)

    def _run(self) -> None:
        """One step of one organization that fails keeps no other from being taken."""
        now, failed = timezone.now(), []
        try:
            call_command("close_due_rounds", stdout=self.stdout)
        except CommandError as error:
            failed.append(str(error))
        steps = (
            self._heal,
            self._plan,
            self._open,
            self._invite,
            self._remind,
            self._tell,
            self._nudge,
            self._forget,
        )
        for organization in Organization.objects.order_by("pk"):
            for step in steps:
                try:
                    step(organization, now)
                except Exception:
                    name = step.__name__.strip("_")
                    logger.exception("Schedule of organization %s: %s failed", organization.pk, name)
                    failed.append(f"{organization}: {name}")
        enqueue_mails(now)
        enqueue_messages(now)
        webhooks.forget_old(now=now)
        responses.forget_order()
        responses.wipe_deleted_rows()
        sign_in.forget_ended(now=now)
        for _listener, answer in schedule_ran.send_robust(sender=Command, now=now):
            if isinstance(answer, Exception):  # Django has logged it
                failed.append("reports")
        if failed:
            raise CommandError(f"Failed: {'; '.join(failed)}. The log says why; the next run tries again.")

    def _heal(self, organization: Organization, now: dt.datetime) -> None:
        """Finish an opening that was cut off."""
        for found in queries.half_opened_rounds(organization):
            rounds.open_round(round=found, by=None, now=now)

    def _plan(self, organization: Organization, now: dt.datetime) -> None:
        if planned := schedules.plan_next(organization=organization, now=now):
            self.stdout.write(f"Planned: {organization}, {planned}.")

    def _open(self, organization: Organization, now: dt.datetime) -> None:
        due = queries.due_opening(organization, now)
        if due is None:
            return
        if not queries.people_to_ask(organization):
            schedules.skip_round(round=due, by=None, now=now)
            logger.warning("Round %s was skipped: no team has anybody on its roster", due)
            self.stdout.write(f"Skipped, because no team has anybody on its roster: {organization}, {due}.")
            return
        schedules.open_planned(round=due, now=now)
        self.stdout.write(f"Opened: {organization}, {due}.")
        self._plan(organization, now)

    def _invite(self, organization: Organization, now: dt.datetime) -> None:
        for found in queries.open_rounds(organization):
            mails.queue_invitations(round=found, now=now)

    def _remind(self, organization: Organization, now: dt.datetime) -> None:
        for found in queries.open_rounds(organization):
            if reminders.due_reminder(round=found, now=now):
                enqueue_reminders(found.pk)

    def _tell(self, organization: Organization, now: dt.datetime) -> None:
        """Tell teams, and later coaches, that results are ready."""
        for found in queries.untold_rounds(organization, now):
            mails.queue_results(round=found, now=now)

    def _nudge(self, organization: Organization, now: dt.datetime) -> None:
        """Ask half-way how experiments go."""
        if found := queries.due_nudge(organization, now):
            mails.queue_nudges(round=found, now=now)

    def _forget(self, organization: Organization, now: dt.datetime) -> None:
        """Delete answers that have been kept for long enough."""
        if number := responses.delete_old_responses(organization=organization, now=now):
            self.stdout.write(f"Deleted {number} sealed answers: {organization}.")
