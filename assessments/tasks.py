"""Work done in the background: each task fetches by id and does one thing."""

import datetime as dt

from django.utils import timezone
from django_tasks import task
from django_tasks_db.models import DBTaskResult

from .models import Round
from .services import mails, reminders

URGENT = 10
"""Mails go before reports."""


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
