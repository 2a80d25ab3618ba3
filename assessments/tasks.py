"""Work done in the background: each task fetches by id and does one thing."""

import datetime as dt
import uuid

from django.utils import timezone
from django_tasks import task
from django_tasks_db.models import DBTaskResult

from .models import Round
from .services import mails, reminders, webhooks

URGENT = 10
"""Mails go before reports."""

LAST = -20
"""Programs wait until no person waits: some take their ten seconds to answer."""


@task(priority=URGENT)
def send_mail(mail_id: int) -> None:
    """Send one mail, once. What it says is made here and kept nowhere, in the queue neither."""
    mails.deliver(mail_id=mail_id, now=timezone.now())


def enqueue_mails(now: dt.datetime) -> None:
    """Put every mail that is due into the queue; safe to call as often as one likes."""
    for mail_id in mails.take_due(now=now):
        send_mail.enqueue(mail_id)


@task(priority=URGENT)
def send_reminders(round_id: int) -> None:
    """Go through the people of a round, and remind who has not answered."""
    if asking := Round.objects.filter(pk=round_id).first():
        reminders.send_reminders(round=asking)


def enqueue_reminders(round_id: int) -> None:
    """Put a round's reminders into the queue, unless they are waiting in it."""
    waiting = DBTaskResult.objects.ready().filter(
        task_path=send_reminders.module_path, args_kwargs__args=[round_id]
    )
    if not waiting.exists():
        send_reminders.enqueue(round_id)


@task(priority=LAST)
def send_message(message_id: str, attempts: int) -> None:
    """Tell another program something, unless somebody has taken that on since it was queued."""
    webhooks.deliver(message_id=uuid.UUID(message_id), attempts=attempts, now=timezone.now())


def enqueue_messages(now: dt.datetime) -> None:
    """Put every message to another program that is due into the queue; safe to call as often as one likes."""
    for message_id, attempts in webhooks.take_due(now=now):
        send_message.enqueue(str(message_id), attempts)
