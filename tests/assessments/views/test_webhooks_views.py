"""The pages about webhooks: who is told, how it went, and everything that can be done about it."""

from __future__ import annotations

import html
import json
import re
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client
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
from assessments.services import webhooks
from assessments.webhooks import secret_text
from tests import factories
from tests.factories import DAY, NOW
from tests.receiver import Receiver, answers

LIST = "/o/aviary/webhooks/"
NEW = f"{LIST}new/"
FORM = {"url": "https://chat.example.org/hook", "events": ["round.opened", "report.ready"]}


@pytest.fixture
def ada_in(sign_in: Any, ada: User) -> Client:
    """A browser in which ada is signed in."""
    return sign_in(ada)


@pytest.fixture
def chat(settings: Any, aviary: Organization, receiver: Receiver) -> Webhook:
    """The receiver, told everything that happens in Aviary."""
    settings.WEBHOOKS_INSIDE = True
    return factories.add_webhook(aviary, receiver.url, now=timezone.now())


def words_of(response: HttpResponse) -> str:
    return " ".join(html.unescape(re.sub(r"<[^>]*>", " ", response.content.decode())).split())


def page_of(webhook: Webhook) -> str:
    return f"{LIST}{webhook.pk}/"


# --- Who is told ------------------------------------------------------------------------------


def test_the_way_there_is_shown_to_administrators(ada_in: Client, sign_in: Any, cleo: User) -> None:
    assert LIST in ada_in.get("/o/aviary/").content.decode()
    assert LIST not in sign_in(cleo).get("/o/aviary/").content.decode()


def test_an_address_is_added(ada_in: Client) -> None:
    assert "Nobody is told anything yet." in words_of(ada_in.get(LIST))

    response = ada_in.post(NEW, FORM, follow=True)

    added = Webhook.objects.get()
    assert response.redirect_chain == [(page_of(added), 302)]
    assert "The address is told from now on." in words_of(response)
    assert "a round was opened, a report is ready" in words_of(response)
    assert added.url in words_of(ada_in.get(LIST))


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"url": ""}, "Address – This field is required."),
        ({"url": "chat"}, "Address – This is no address."),
        ({"url": "http://169.254.169.254/"}, "Address – The address has to begin with https://."),
        ({"url": "https://169.254.169.254/"}, "Address – This leads into the network"),
        ({"url": "https://a.example/\x00"}, "Null characters are not allowed."),
        ({"url": f"https://a.example/{'x' * 500}"}, "Address – This is longer than 500 characters."),
        ({"url": "https://a.example/\u202eexe"}, "Address – This is no address."),
        ({"events": []}, "What it is told – Choose at least one thing that it is told."),
        ({"url": "chat", "events": []}, "Address – This is no address."),
        ({"url": "chat", "events": []}, "What it is told – Choose at least one"),
        ({"events": ["answer.given"]}, "What it is told – "),
        ({"events": ["test"]}, "What it is told – "),
    ],
)
def test_what_cannot_be_told_is_refused_where_it_was_typed(
    ada_in: Client, fields: dict[str, Any], words: str
) -> None:
    response = ada_in.post(NEW, FORM | fields)

    assert response.status_code == 422
    assert words in words_of(response)
    assert not Webhook.objects.exists()


def test_the_same_address_twice_is_refused(ada_in: Client) -> None:
    ada_in.post(NEW, FORM)

    assert "This address is told already." in words_of(ada_in.post(NEW, FORM))


def test_an_address_is_changed(ada_in: Client, chat: Webhook) -> None:
    form = ada_in.get(f"{page_of(chat)}change/").content.decode()
    assert f'value="{chat.url}"' in form
    assert form.count(" checked") == 3

    ada_in.post(f"{page_of(chat)}change/", FORM | {"events": "round.closed"})

    chat.refresh_from_db()
    assert (chat.url, chat.events) == (FORM["url"], ["round.closed"])


def test_an_address_is_removed_with_its_messages(ada_in: Client, chat: Webhook) -> None:
    ada_in.post(f"{page_of(chat)}test/")

    page = words_of(ada_in.post(f"{page_of(chat)}remove/", follow=True))

    assert f"{chat.url} is told nothing any more." in page
    assert not WebhookMessage.objects.exists()
    assert ada_in.get(page_of(chat)).status_code == 404


def test_the_secret_is_shown_and_renewed(ada_in: Client, chat: Webhook) -> None:
    before = secret_text(webhooks.secret_of(chat))
    response = ada_in.get(page_of(chat))
    assert before in response.content.decode()
    assert "no-store" in response["Cache-Control"]

    page = ada_in.post(f"{page_of(chat)}secret/", follow=True).content.decode()

    chat.refresh_from_db()
    assert before not in page
    assert secret_text(webhooks.secret_of(chat)) in page
    log = words_of(ada_in.get("/o/aviary/log/"))
    assert f"Ada made a new secret for the webhook {chat.url}." in log


def test_the_webhook_of_another_organization_is_not_found(ada_in: Client) -> None:
    other = factories.add_webhook(factories.make_organization("Elsewhere"))

    for act in ("", "change/", "secret/", "test/", "again/", "remove/"):
        for method in (ada_in.get, ada_in.post):
            assert method(f"{page_of(other)}{act}").status_code in (404, 405)
    assert Webhook.objects.get() == other
    assert not other.messages.exists()


# --- How it went ------------------------------------------------------------------------------


def test_a_test_message_arrives(ada_in: Client, chat: Webhook, receiver: Receiver) -> None:
    page = words_of(ada_in.post(f"{page_of(chat)}test/", follow=True))

    assert b'"type": "test"' in receiver.got[0].body
    assert re.search(r"A test message is on its way\..* a test \d.* taken on \d", page)


def test_two_tests_at_once_are_one(ada_in: Client, chat: Webhook, receiver: Receiver) -> None:
    receiver.answer = answers(500)
    ada_in.post(f"{page_of(chat)}test/")

    assert "A test message is on its way already." in words_of(
        ada_in.post(f"{page_of(chat)}test/", follow=True)
    )


def test_what_was_not_taken_is_told_in_words_and_tried_again(
    ada_in: Client, chat: Webhook, receiver: Receiver
) -> None:
    receiver.answer = answers(500)
    ada_in.post(f"{page_of(chat)}test/")
    assert re.search(
        r"waiting, tried once, next on .* It answered 500\.", words_of(ada_in.get(page_of(chat)))
    )
    WebhookMessage.objects.update(state=MessageState.FAILED, attempts=9)
    assert "given up, tried 9 times It answered 500." in words_of(ada_in.get(page_of(chat)))
    assert "0 taken, 0 waiting, 1 given up" in words_of(ada_in.get(LIST))

    receiver.answer = answers(204)
    page = words_of(ada_in.post(f"{page_of(chat)}again/", follow=True))

    assert "1 message is on its way again." in page
    assert "taken on" in page
    assert "again that w" not in page
    assert "1 taken, 0 waiting, 0 given up" in words_of(ada_in.get(LIST))


def test_who_is_gone_is_said_to_be_told_nothing(ada_in: Client, chat: Webhook, receiver: Receiver) -> None:
    receiver.answer = answers(410)
    ada_in.post(f"{page_of(chat)}test/")

    assert "nothing: it answered that it wants no messages" in words_of(ada_in.get(LIST))
    assert "Choose anew what it is told" in words_of(ada_in.get(page_of(chat)))
    assert f"{chat.url} answered that it wants no more messages, and gets none." in words_of(
        ada_in.get("/o/aviary/log/")
    )


def test_opening_and_closing_a_round_are_told(
    ada_in: Client, chat: Webhook, kestrel: Team, receiver: Receiver
) -> None:
    Webhook.objects.update(events=["round.opened", "round.closed"])
    made = factories.make_round(kestrel.organization, now=timezone.now())
    for act in ("open", "open", "close", "close"):
        ada_in.post(f"/o/aviary/rounds/{made.pk}/{act}/")

    assert [json.loads(got.body)["type"] for got in receiver.got] == ["round.opened", "round.closed"]


def test_a_report_that_is_asked_for_is_told(
    sign_in: Any,
    lee: User,
    chat: Webhook,
    kestrel: Team,
    receiver: Receiver,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Any,
    settings: Any,
) -> None:
    settings.MEDIA_ROOT = tmp_path
    monkeypatch.setattr("reports.pdf.render", lambda content: b"%PDF-1.7 of a test")
    Webhook.objects.update(events=["report.ready"])
    closed = factories.closed_round(kestrel.organization, kestrel, [5] * 6, now=timezone.now() - 2 * DAY)

    sign_in(lee).post(f"/o/aviary/teams/team-kestrel/rounds/{closed.pk}/report.pdf")

    assert [b'"team": "team-kestrel"' in got.body for got in receiver.got] == [True]


@pytest.mark.parametrize("number", [1, 4])
def test_the_pages_cost_the_same_with_one_and_with_four(
    ada_in: Client, aviary: Organization, number: int, django_assert_num_queries: Any
) -> None:
    told = [factories.add_webhook(aviary, f"https://chat.example.org/{place}") for place in range(number)]
    for place in range(number):
        made = factories.make_round(aviary, str(place))
        webhooks.queue_round(event=WebhookEvent.ROUND_OPENED, round=made, now=NOW)

    with django_assert_num_queries(4):
        ada_in.get(LIST)
    with django_assert_num_queries(6):
        ada_in.get(page_of(told[0]))
