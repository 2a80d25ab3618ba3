"""Reminders: to those whose answers are not complete, and nobody can tell later who that was.

A round's reminders are one task, not one a person: the tasks in the queue, or how long each took,
would tell who had not answered. Everybody's invitation is marked in the same way, whether a mail
goes or not, and whole batches of people at a time, so that no trouble with the mail server stops
the marks where the first mail had to go.
"""

import datetime as dt
import logging

from django.db import transaction
from django.db.models import QuerySet

from .. import emails, tokens
from ..models import Invitation, Response, Round, TeamMembership
from ..schedule import reminder_times
from .mails import MaybeSent, NotSent, Unreachable, hand_over
from .responses import lock_round
from .rounds import link_token, secret_of

logger = logging.getLogger(__name__)

BATCH = 25


@transaction.atomic
def due_reminder(*, round: Round, now: dt.datetime) -> bool:
    """Count a reminder whose time has come; whether there are people to go through now.

    After a pause only the newest reminder counts: nobody gets two at once.
    """
    current = lock_round(round.pk)
    if current is None or not current.is_open or now >= current.closes_at:
        return False
    times = reminder_times(current.opens_at, current.closes_at, current.reminders)
    come = sum(time <= now for time in times)
    if come > current.reminders_sent:
        current.reminders_sent = come
        current.save(update_fields=["reminders_sent"])
    return _waiting(current).exists()


def send_reminders(*, round: Round) -> None:
    """Go through the people of an open round and remind those whose answers are not complete.

    When the mail server cannot be reached, or is too busy for the first mail, this stops. Batches since
    the last mail that it took are given back for another run; what is left of one in which it took a
    mail is not, so nobody is reminded twice. Mails that it refuses later, or may have taken, are let go.
    """
    unproven: list[Invitation] = []
    it_works = False
    while batch := _claim(round):
        unproven += batch
        complete = _complete(batch)
        roster = _roster(round)
        for invitation in batch:
            if (invitation.assessment.team_id, invitation.email) not in roster:
                continue
            asked = invitation.assessment.round
            # made for everybody: the work is the same
            message = emails.reminder_mail(invitation, link_token(invitation, asked), asked.reminders_sent)
            if invitation in complete:
                continue
            try:
                hand_over(message)
            except NotSent as error:
                if error.for_good or (it_works and not isinstance(error, Unreachable)):
                    continue  # it is about this person's mailbox
                _give_back(round, unproven)
                logger.warning("The mail server took no reminder. What is left is tried again.")
                return
            except MaybeSent:
                logger.warning("The mail server fell silent over a reminder.")
            it_works, unproven = True, []


def _waiting(of: Round) -> QuerySet[Invitation]:
    return Invitation.objects.filter(assessment__round=of, reminders__lt=of.reminders_sent)


@transaction.atomic
def _claim(of: Round) -> list[Invitation]:
    """Some of those who were not gone through yet, drawn by lot and marked; the round is held meanwhile."""
    current = lock_round(of.pk)
    if current is None or not current.is_open:
        return []
    drawn = _waiting(current).select_related("assessment__round__organization").order_by("?")
    batch = list(drawn[:BATCH])
    Invitation.objects.filter(pk__in=[invitation.pk for invitation in batch]).update(
        reminders=current.reminders_sent
    )
    return batch


@transaction.atomic
def _give_back(of: Round, batch: list[Invitation]) -> None:
    """Take the marks of people back to whom nothing was sent."""
    if current := lock_round(of.pk):
        found = Invitation.objects.filter(pk__in=[invitation.pk for invitation in batch])
        found.update(reminders=current.reminders_sent - 1)


def _complete(batch: list[Invitation]) -> set[Invitation]:
    """Those of the batch whose answers are complete; found in memory by their links and kept nowhere."""
    of = batch[0].assessment.round
    name = tokens.name_of_round(of.pk)
    invitations = {tokens.response_id(secret_of(found, of), name): found for found in batch}
    answered = Response.objects.filter(pk__in=invitations, complete=True).values_list("pk", flat=True)
    return {invitations[pk] for pk in answered}


def _roster(of: Round) -> set[tuple[int, str]]:
    """Teams and addresses of those who are still on a roster and want mails."""
    memberships = TeamMembership.objects.filter(team__assessments__round=of).exclude(
        user__mail_stops__organization=of.organization_id
    )
    return set(memberships.values_list("team_id", "user__email"))
