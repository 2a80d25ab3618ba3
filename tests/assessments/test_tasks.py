"""Tasks: what stands in the queue, and what becomes of it."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.mail import EmailMessage
from django.core.management import call_command
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from assessments.models import Invitation, Mail, MailState, Round, Team
from assessments.services import mails
from assessments.tasks import enqueue_mails
from tests import factories


@pytest.fixture
def running(settings: Any, kestrel: Team) -> Round:
    """An open round whose mails wait, and the queue that the product has."""
    settings.TASKS = {"default": {"BACKEND": "django_tasks_db.DatabaseBackend"}}
    opened = factories.open_round(kestrel.organization, now=timezone.now())
    mails.queue_invitations(round=opened, now=timezone.now())
    return opened


def work() -> None:
    """Let a worker do all that there is."""
    call_command("db_worker", batch=True, interval=0, startup_delay=False, verbosity=0)


def test_neither_queue_nor_mails_hold_a_link_or_a_text(running: Round) -> None:
    enqueue_mails(timezone.now())

    assert sorted(task.args_kwargs["args"] for task in DBTaskResult.objects.all()) == [
        [mail.pk] for mail in Mail.objects.order_by("pk")
    ]
    rows = str([*DBTaskResult.objects.values(), *Mail.objects.values()])
    assert "http" not in rows
    for invitation in Invitation.objects.all():
        assert factories.token_of(invitation) not in rows
        assert str(invitation.pk) not in rows


@pytest.mark.django_db(transaction=True)
def test_what_is_queued_twice_is_sent_once(running: Round, mailoutbox: list[EmailMessage]) -> None:
    enqueue_mails(timezone.now())
    enqueue_mails(timezone.now() + mails.PATIENCE)
    work()

    assert DBTaskResult.objects.successful().count() == 12
    assert len(mailoutbox) == len({message.to[0] for message in mailoutbox}) == 6
    assert set(Mail.objects.values_list("state", flat=True)) == {MailState.SENT}


def test_a_standstill_fills_the_queue_with_a_task_an_hour(running: Round) -> None:
    now = timezone.now()
    for minute in range(180):
        enqueue_mails(now + minute * mails.IN_FLIGHT / 5)

    assert DBTaskResult.objects.count() == 6 * 3
