"""Webhooks: who is told what, once, until it is taken. The program that takes it is a real server."""

from __future__ import annotations

import base64
import datetime as dt
import json
import re
import uuid
from pathlib import Path
from typing import Any

import pytest
from auditlog.models import LogEntry
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from assessments.models import (
    MessageState,
    Organization,
    Team,
    User,
    Webhook,
    WebhookEvent,
    WebhookMessage,
)
from assessments.services import rounds, webhooks
from assessments.services.errors import ServiceError
from assessments.webhooks import secret_text, sign
from tests import factories
from tests.factories import DAY, NOW
from tests.receiver import Answer, Receiver, answers, drips, floods, hangs, hangs_up, says

MINUTE = dt.timedelta(minutes=1)


@pytest.fixture
def inside(settings: Any) -> None:
    """Programs on this machine may be told."""
    settings.WEBHOOKS_INSIDE = True


@pytest.fixture
def chat(inside: None, aviary: Organization, receiver: Receiver) -> Webhook:
    """The receiver, told everything that happens in Aviary."""
    return factories.add_webhook(aviary, receiver.url)


def queue(webhook: Webhook, *, now: dt.datetime = NOW) -> WebhookMessage:
    """A message that waits."""
    return webhook.messages.create(event=WebhookEvent.TEST, body={"a": "ü"}, created_at=now, due_at=now)


def deliver(message: WebhookMessage, *, now: dt.datetime = NOW) -> WebhookMessage:
    """Send it as a task would that was queued just now, and look again."""
    webhooks.deliver(message_id=message.pk, attempts=message.attempts, now=now)
    message.refresh_from_db()
    return message


def state_of(message: WebhookMessage) -> tuple[str, int, dt.datetime, str]:
    return message.state, message.attempts, message.due_at, message.error


# --- Addresses --------------------------------------------------------------------------------


def test_an_address_is_told_from_now_on(aviary: Organization) -> None:
    added = factories.add_webhook(aviary, "https://chat.example.org/hook", events=["round.closed"])

    added.refresh_from_db()
    assert (added.url, added.events, added.created_at) == (
        "https://chat.example.org/hook",
        ["round.closed"],
        NOW,
    )


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("", "This is no address. Write all of it"),
        ("chat.example.org", "This is no address. Write all of it"),
        ("http://chat.example.org/", "has to begin with https://"),
        ("https://ada:secret@chat.example.org/", "Leave out the name and password"),
        ("https://127.0.0.1/", "may reach nothing"),
        ("https://2130706433/", "may reach nothing"),
        (f"https://chat.example.org/{'x' * 500}", "longer than 500 characters"),
    ],
)
def test_an_address_that_cannot_be_told_is_refused_in_words(
    aviary: Organization, url: str, words: str
) -> None:
    with pytest.raises(ValidationError) as error:
        factories.add_webhook(aviary, url)

    assert words in error.value.message_dict["url"][0]
    assert not Webhook.objects.exists()


@pytest.mark.parametrize("events", [[], ["round.closed", "answer.given"], ["test"]])
def test_what_never_happens_is_refused(aviary: Organization, events: list[str]) -> None:
    with pytest.raises(ValidationError):
        factories.add_webhook(aviary, events=events)


def test_the_same_address_twice_is_refused(aviary: Organization) -> None:
    factories.add_webhook(aviary)

    with pytest.raises(ValidationError, match="told already"):
        factories.add_webhook(aviary)
    assert factories.add_webhook(factories.make_organization("Elsewhere"))


def test_there_are_not_more_than_twenty(aviary: Organization) -> None:
    for number in range(webhooks.MOST_WEBHOOKS):
        factories.add_webhook(aviary, f"https://chat.example.org/{number}")

    with pytest.raises(ServiceError, match="20 addresses"):
        factories.add_webhook(aviary)


@pytest.mark.parametrize("url", ["http://127.0.0.1:8065/hooks/x", "http://chat/hooks/x", "https://10.0.0.7/"])
def test_where_the_operator_says_so_our_own_network_is_told(
    aviary: Organization, inside: None, url: str
) -> None:
    assert factories.add_webhook(aviary, url).url == url


def test_a_change_keeps_the_secret_and_refuses_like_the_beginning(aviary: Organization) -> None:
    told = factories.add_webhook(aviary)
    secret = webhooks.secret_of(told)
    webhooks.change_webhook(webhook=told, url="https://other.example.org/", events=["report.ready"], by=None)

    told.refresh_from_db()
    assert (told.url, told.events) == ("https://other.example.org/", ["report.ready"])
    assert webhooks.secret_of(told) == secret
    with pytest.raises(ValidationError):
        webhooks.change_webhook(webhook=told, url="http://[::1]/", events=["report.ready"], by=None)


def test_each_address_has_a_secret_of_its_own_until_it_gets_a_new_one(aviary: Organization) -> None:
    first, second = factories.add_webhook(aviary), factories.add_webhook(aviary, "https://b.example.org/")
    before = webhooks.secret_of(first)
    webhooks.renew_secret(webhook=first, by=None, now=NOW)

    first.refresh_from_db()
    assert len({before, webhooks.secret_of(first), webhooks.secret_of(second)}) == 3


def test_the_database_alone_signs_nothing(aviary: Organization, settings: Any) -> None:
    told = factories.add_webhook(aviary)
    secret = webhooks.secret_of(told)

    rows = str([*Webhook.objects.values(), *LogEntry.objects.values()])
    assert secret.hex() not in rows
    assert secret_text(secret) not in rows
    settings.SECRET_KEY = "another key"
    assert webhooks.secret_of(told) != secret


def test_who_did_what_is_logged_without_the_salt(aviary: Organization, ada: User) -> None:
    told = webhooks.add_webhook(
        organization=aviary, url="https://a.example.org/", events=["round.closed"], by=ada, now=NOW
    )
    webhooks.change_webhook(webhook=told, url="https://b.example.org/", events=["round.opened"], by=ada)
    webhooks.renew_secret(webhook=told, by=ada, now=NOW)
    salt = told.salt
    webhooks.remove_webhook(webhook=told, by=ada)

    found = LogEntry.objects.filter(additional_data__organization=aviary.pk).order_by("pk")
    assert [entry.additional_data["what"] for entry in found] == [
        "webhook_made",
        "webhook_changed",
        "webhook_renewed",
        "webhook_removed",
    ]
    assert {entry.actor for entry in found} == {ada}
    assert found[1].changes == {
        "url": ["https://a.example.org/", "https://b.example.org/"],
        "events": ['["round.closed"]', '["round.opened"]'],
    }
    assert salt not in str(found.values())


# --- What is told -----------------------------------------------------------------------------


def test_a_round_is_told_when_it_opens_and_when_it_closes(aviary: Organization, kestrel: Team) -> None:
    """The whole of what is told: no result, no number of answers, nobody's name."""
    told = factories.add_webhook(aviary)
    made = factories.closed_round(aviary, kestrel, [5] * 6)

    opened, closed = told.messages.order_by("created_at")
    page = f"http://127.0.0.1:8000/o/aviary/rounds/{made.pk}/"
    data = {
        "organization": "aviary",
        "round": {
            "id": made.pk,
            "name": "2026 Q2",
            "url": page,
            "opens_at": "2026-05-04T09:00:00Z",
            "closes_at": "2026-05-18T09:00:00Z",
        },
        "url": page,
    }
    assert opened.body == {
        "type": "round.opened",
        "timestamp": "2026-05-04T09:00:00Z",
        "data": data,
        "text": f"2026 Q2 of Aviary is open. {page}",
    }
    assert closed.body == {
        "type": "round.closed",
        "timestamp": "2026-05-05T09:00:00Z",
        "data": data,
        "text": f"2026 Q2 of Aviary is closed. {page}",
    }
    assert {message.state for message in (opened, closed)} == {MessageState.WAITING}


def test_opened_and_closed_twice_is_told_once(aviary: Organization, kestrel: Team) -> None:
    told = factories.add_webhook(aviary)
    made = factories.make_round(aviary)
    for _time in range(2):
        rounds.open_round(round=made, by=None, now=NOW)
    for _time in range(2):
        rounds.close_round(round=made, by=None, now=NOW + DAY)

    assert sorted(told.messages.values_list("event", flat=True)) == ["round.closed", "round.opened"]


def test_what_is_taken_back_is_not_told(aviary: Organization, kestrel: Team) -> None:
    told, running = factories.add_webhook(aviary, events=["round.closed"]), factories.open_round(aviary)

    def close_and_crash() -> None:
        with transaction.atomic():
            rounds.close_round(round=running, by=None, now=NOW + DAY)
            raise RuntimeError("power cut")

    with pytest.raises(RuntimeError):
        close_and_crash()
    assert not told.messages.exists()


def test_only_who_asked_for_it_is_told(aviary: Organization, kestrel: Team) -> None:
    opening = factories.add_webhook(aviary, events=["round.opened"])
    closing = factories.add_webhook(aviary, "https://b.example.org/", events=["round.closed"])
    elsewhere = factories.add_webhook(factories.make_organization("Elsewhere"))
    factories.closed_round(aviary, kestrel, [5] * 6)

    assert [message.event for message in opening.messages.all()] == ["round.opened"]
    assert [message.event for message in closing.messages.all()] == ["round.closed"]
    assert not elsewhere.messages.exists()


def test_a_round_that_was_brought_in_is_no_news(aviary: Organization, kestrel: Team) -> None:
    factories.add_webhook(aviary)
    made = factories.make_round(aviary)
    made.imported = True

    for event in (WebhookEvent.ROUND_OPENED, WebhookEvent.ROUND_CLOSED):
        assert webhooks.queue_round(event=event, round=made, now=NOW) == []
    assert webhooks.queue_report(round=made, assessment=None, path="/", now=NOW) == []


def test_a_test_message_says_that_it_is_one(aviary: Organization) -> None:
    message = webhooks.queue_test(webhook=factories.add_webhook(aviary), by=None, now=NOW)

    assert message.body == {
        "type": "test",
        "timestamp": "2026-05-04T09:00:00Z",
        "data": {"organization": "aviary", "url": "http://127.0.0.1:8000/o/aviary/"},
        "text": "This is a test from the survey of Aviary. http://127.0.0.1:8000/o/aviary/",
    }


def test_a_test_is_sent_one_at_a_time(chat: Webhook) -> None:
    message = webhooks.queue_test(webhook=chat, by=None, now=NOW)
    with pytest.raises(ServiceError, match="on its way already"):
        webhooks.queue_test(webhook=chat, by=None, now=NOW)
    deliver(message)

    assert webhooks.queue_test(webhook=chat, by=None, now=NOW)


# --- Sending ----------------------------------------------------------------------------------


def test_a_message_arrives_signed_and_is_taken(chat: Webhook, receiver: Receiver) -> None:
    message = deliver(queue(chat), now=NOW + MINUTE)

    (got,) = receiver.got
    assert json.loads(got.body) == {"a": "ü"}
    assert got.headers["content-type"] == "application/json"
    assert got.headers["webhook-id"] == str(message.pk)
    assert got.headers["webhook-timestamp"] == "1777885260"
    assert got.headers["webhook-signature"] == sign(
        webhooks.secret_of(chat), str(message.pk), 1777885260, got.body
    )
    assert state_of(message) == (MessageState.SENT, 1, NOW + MINUTE, "")


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (answers(500), "It answered 500."),
        (answers(404), "It answered 404."),
        (answers(429, "Retry-After: 1\r\n"), "It answered 429."),
        (answers(301, "Location: http://127.0.0.1/\r\n"), "It answered 301 and points elsewhere."),
        (hangs_up, "It hung up without an answer."),
        (says("220 mail.example.org ESMTP\r\n"), "It did not answer as a web server does."),
        (hangs, "It did not answer within 10 seconds."),
        (drips, "It did not answer within 10 seconds."),
    ],
)
def test_what_is_not_taken_is_tried_again_and_told_in_words(
    chat: Webhook, receiver: Receiver, monkeypatch: pytest.MonkeyPatch, answer: Answer, words: str
) -> None:
    receiver.answer = answer
    with monkeypatch.context() as patched:
        if answer in (hangs, drips):
            patched.setattr(webhooks, "SECONDS", 0.3)
        message = deliver(queue(chat))

    assert (message.state, message.attempts, message.due_at) == (MessageState.WAITING, 1, NOW + MINUTE)
    assert message.error.startswith(words)
    assert len(receiver.got) == 1

    receiver.answer = floods
    assert deliver(message, now=NOW + MINUTE).state == MessageState.SENT
    first, second = receiver.got
    assert first.body == second.body
    assert first.headers["webhook-id"] == second.headers["webhook-id"]
    assert first.headers["webhook-signature"] != second.headers["webhook-signature"]  # of another time


def test_nothing_of_an_answer_is_kept(chat: Webhook, receiver: Receiver) -> None:
    receiver.answer = says("HTTP/1.1 500 canary\r\nX-Canary: canary\r\n\r\ncanary")
    deliver(queue(chat))

    assert "canary" not in str([*WebhookMessage.objects.values(), *Webhook.objects.values()])


def test_after_three_days_it_is_given_up(chat: Webhook, receiver: Receiver) -> None:
    receiver.answer = answers(503)
    message, now = queue(chat), NOW
    waited = []
    while (message := deliver(message, now=now)).state == MessageState.WAITING:
        waited.append(message.due_at - now)
        now = message.due_at

    hours = [round(wait / (60 * MINUTE), 2) for wait in waited]
    assert hours == [0.02, 0.08, 0.5, 2, 6, 12, 24, 24]
    assert now - NOW == dt.timedelta(hours=68, minutes=36)
    assert state_of(message) == (MessageState.FAILED, 9, now, "It answered 503.")
    assert len(receiver.got) == 9


def test_who_is_gone_is_told_nothing_any_more(chat: Webhook, receiver: Receiver) -> None:
    receiver.answer = answers(410)
    first, second = queue(chat), queue(chat)
    deliver(first)

    second.refresh_from_db()
    chat.refresh_from_db()
    assert state_of(first) == (
        MessageState.FAILED, 1, NOW, "It answered 410: it wants no messages any more."
    )  # fmt: skip
    assert (second.state, second.attempts) == (MessageState.FAILED, 0)
    assert chat.events == []
    entry = LogEntry.objects.get()
    assert (entry.additional_data["what"], entry.actor) == ("webhook_gone", None)


def test_who_was_replaced_meanwhile_is_not_gone(
    chat: Webhook, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    receiver.answer = answers(410)
    message, post = queue(chat), webhooks.post

    def post_while_somebody_changes_it(*args: Any, **options: Any) -> int:
        status = post(*args, **options)
        Webhook.objects.update(url="https://other.example.org/")
        return status

    monkeypatch.setattr(webhooks, "post", post_while_somebody_changes_it)
    deliver(message)

    chat.refresh_from_db()
    assert chat.events
    assert (message.state, message.due_at) == (MessageState.WAITING, NOW + webhooks.IN_FLIGHT)


def test_what_else_a_mute_address_waits_for_is_put_off_with_it(chat: Webhook, receiver: Receiver) -> None:
    receiver.answer = hangs_up
    first, second, third = (queue(chat) for _number in range(3))
    other = queue(factories.add_webhook(chat.organization, f"{receiver.url}/other"))
    deliver(third)

    for message in (first, second, third):
        message.refresh_from_db()
        assert state_of(message) == (
            MessageState.WAITING, 1, NOW + MINUTE, "It hung up without an answer."
        )  # fmt: skip
    webhooks.deliver(message_id=first.pk, attempts=0, now=NOW)  # its task, which was queued before
    assert len(receiver.got) == 1
    other.refresh_from_db()
    assert other.attempts == 0


def test_what_is_answered_concerns_that_message_alone(chat: Webhook, receiver: Receiver) -> None:
    receiver.answer = answers(400)
    first, second = queue(chat), queue(chat)
    deliver(first)

    second.refresh_from_db()
    assert (second.attempts, second.error) == (0, "")


def test_what_may_no_longer_be_reached_is_not_asked(chat: Webhook, receiver: Receiver, settings: Any) -> None:
    settings.WEBHOOKS_INSIDE = False

    assert deliver(queue(chat)).error.startswith("The address has to begin with https://.")
    assert receiver.got == []


def test_a_name_that_leads_inside_is_told_nothing(
    aviary: Organization, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = (2, 1, 6, "", ("127.0.0.1", receiver.port))
    monkeypatch.setattr("socket.getaddrinfo", lambda *args, **options: [place])
    message = deliver(queue(factories.add_webhook(aviary, f"https://hooks.example:{receiver.port}/")))

    assert message.error.startswith("The name leads into the network that the survey runs in")
    assert receiver.got == []


# --- Workers that die, and work that is done twice --------------------------------------------


def test_a_worker_that_dies_before_it_notes_leaves_a_message_that_is_sent_again(
    chat: Webhook, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the same id, by which the receiver knows it."""
    message, post = queue(chat), webhooks.post

    def die(*args: Any, **options: Any) -> int:
        post(*args, **options)
        raise SystemExit

    with monkeypatch.context() as patched:
        patched.setattr(webhooks, "post", die)
        with pytest.raises(SystemExit):
            deliver(message)

    assert webhooks.take_due(now=NOW + webhooks.IN_FLIGHT - MINUTE) == []
    (taken,) = webhooks.take_due(now=NOW + webhooks.IN_FLIGHT)
    webhooks.deliver(message_id=taken[0], attempts=taken[1], now=NOW + webhooks.IN_FLIGHT)

    message.refresh_from_db()
    assert (message.state, message.attempts) == (MessageState.SENT, 2)
    first, second = receiver.got
    assert first.headers["webhook-id"] == second.headers["webhook-id"]
    assert first.body == second.body


def test_a_message_that_workers_die_of_is_given_up(chat: Webhook, receiver: Receiver) -> None:
    message = queue(chat)
    WebhookMessage.objects.update(attempts=9)  # the last worker died, too
    message.refresh_from_db()
    deliver(message)

    assert state_of(message) == (MessageState.FAILED, 10, NOW, "Whoever was to send it never came back.")
    assert receiver.got == []


def test_a_task_that_is_there_twice_sends_once(chat: Webhook, receiver: Receiver) -> None:
    message = queue(chat)
    for _time in range(2):
        webhooks.deliver(message_id=message.pk, attempts=0, now=NOW)

    assert len(receiver.got) == 1


def test_a_task_of_before_the_last_failure_does_nothing(chat: Webhook, receiver: Receiver) -> None:
    receiver.answer = answers(500)
    message = queue(chat)
    for _time in range(2):
        webhooks.deliver(message_id=message.pk, attempts=0, now=NOW)

    message.refresh_from_db()
    assert (message.attempts, len(receiver.got)) == (1, 1)


def test_a_message_whose_address_was_removed_is_passed_over(chat: Webhook, receiver: Receiver) -> None:
    message = queue(chat)
    webhooks.remove_webhook(webhook=chat, by=None)
    webhooks.deliver(message_id=message.pk, attempts=0, now=NOW)
    webhooks.deliver(message_id=uuid.uuid4(), attempts=0, now=NOW)

    assert receiver.got == []


def test_what_is_due_is_taken_oldest_first_and_once_an_hour(aviary: Organization) -> None:
    told = factories.add_webhook(aviary)
    second, first, later = queue(told), queue(told, now=NOW - DAY), queue(told, now=NOW + DAY)

    assert webhooks.take_due(now=NOW) == [(first.pk, 0), (second.pk, 0)]
    assert webhooks.take_due(now=NOW + webhooks.PATIENCE - MINUTE) == []
    assert len(webhooks.take_due(now=NOW + webhooks.PATIENCE)) == 2
    later.refresh_from_db()
    assert later.due_at == NOW + DAY


def test_what_was_not_taken_begins_anew_when_somebody_asks(chat: Webhook, receiver: Receiver) -> None:
    given_up, waiting, taken = (queue(chat) for _number in range(3))
    deliver(taken)
    WebhookMessage.objects.filter(pk=given_up.pk).update(state=MessageState.FAILED, attempts=9, error="Why.")
    WebhookMessage.objects.filter(pk=waiting.pk).update(attempts=3, due_at=NOW + DAY)

    assert webhooks.try_again(webhook=chat, by=None, now=NOW) == 2
    assert sorted(webhooks.take_due(now=NOW)) == sorted([(given_up.pk, 0), (waiting.pk, 0)])
    taken.refresh_from_db()
    assert taken.state == MessageState.SENT


def test_messages_are_kept_for_thirty_days(aviary: Organization) -> None:
    told = factories.add_webhook(aviary)
    queue(told)
    young = queue(told, now=NOW + MINUTE)
    webhooks.forget_old(now=NOW + 30 * DAY)

    assert list(told.messages.all()) == [young]


# --- What docs/webhooks.md says ---------------------------------------------------------------

DOCUMENT = (Path(__file__).parents[3] / "docs" / "webhooks.md").read_text(encoding="utf-8")


def is_genuine(*args: Any) -> bool:
    """The document's own lines of Python, run."""
    (lines,) = re.findall(r"```python\n(.*?)```", DOCUMENT, re.DOTALL)
    scope: dict[str, Any] = {}
    exec(lines, scope)
    return scope["is_genuine"](*args)


def test_a_real_message_is_genuine_by_the_documents_example(chat: Webhook, receiver: Receiver) -> None:
    deliver(webhooks.queue_test(webhook=chat, by=None, now=NOW), now=timezone.now())

    (got,) = receiver.got
    secret = secret_text(webhooks.secret_of(chat))
    assert is_genuine(secret, got.headers, got.body)
    assert not is_genuine(secret, got.headers, got.body + b" ")
    assert not is_genuine(secret_text(bytes(32)), got.headers, got.body)
    assert not is_genuine(secret, got.headers | {"webhook-id": str(uuid.uuid4())}, got.body)


def test_an_old_message_is_not_genuine_by_the_documents_example(chat: Webhook, receiver: Receiver) -> None:
    deliver(queue(chat), now=timezone.now() - 6 * MINUTE)

    (got,) = receiver.got
    assert not is_genuine(secret_text(webhooks.secret_of(chat)), got.headers, got.body)


def test_the_documents_message_is_one_of_ours_and_its_signature_is_right(
    aviary: Organization, kestrel: Team
) -> None:
    (head, body), *_more = re.findall(r"```\n(POST .*?)\n\n(.*?)\n```", DOCUMENT, re.DOTALL)
    headers = dict(line.split(": ") for line in head.splitlines()[1:])
    (secret,) = re.findall(r"whsec_([\w+/=]{44})", DOCUMENT)
    signed = headers["webhook-id"], int(headers["webhook-timestamp"]), body.encode()
    told = factories.add_webhook(aviary, events=["round.closed"])
    factories.closed_round(aviary, kestrel, [5] * 6)

    assert headers["webhook-signature"] == sign(base64.b64decode(secret), *signed)
    assert keys_of(json.loads(body)) == keys_of(told.messages.get().body)


def keys_of(value: object) -> object:
    """The names in a message, at every depth."""
    return {key: keys_of(inner) for key, inner in value.items()} if isinstance(value, dict) else None


def test_the_document_names_every_event() -> None:
    assert set(re.findall(r"^\| `([\w.]+)` \|", DOCUMENT, re.MULTILINE)) == set(WebhookEvent.values)
