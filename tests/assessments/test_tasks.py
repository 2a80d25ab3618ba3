"""Tasks: what stands in the queue, and what becomes of it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.core.mail import EmailMessage
from django.core.management import call_command
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from assessments.models import Invitation, Mail, MailState, MessageState, Round, Team, WebhookMessage
from assessments.services import mails, webhooks
from assessments.tasks import LAST, enqueue_mails, enqueue_messages
from tests import factories
from tests.receiver import Receiver


@pytest.fixture
def running(settings: Any, kestrel: Team, receiver: Receiver) -> Round:
    """An open round whose mails wait, and the queue that the product has. A program is told of it, too."""
    settings.TASKS = {"default": {"BACKEND": "django_tasks_db.DatabaseBackend"}}
    settings.WEBHOOKS_INSIDE = True
    factories.add_webhook(kestrel.organization, receiver.url)
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


# --- Webhooks ---------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_a_program_is_told_once_of_what_is_queued_twice(running: Round, receiver: Receiver) -> None:
    enqueue_messages(timezone.now())
    enqueue_messages(timezone.now() + webhooks.PATIENCE)
    assert DBTaskResult.objects.count() == 2
    work()

    assert [json.loads(got.body)["type"] for got in receiver.got] == ["round.opened"]
    assert WebhookMessage.objects.get().state == MessageState.SENT


def test_programs_wait_until_no_person_does(running: Round, receiver: Receiver) -> None:
    """They may take ten seconds each, and a worker does one thing at a time."""
    enqueue_messages(timezone.now())
    enqueue_mails(timezone.now())

    *_mails, last = DBTaskResult.objects.ready()
    assert (last.task_path, last.priority) == ("assessments.tasks.send_message", LAST)
    assert str(last.args_kwargs["args"][0]) == str(WebhookMessage.objects.get().pk)
