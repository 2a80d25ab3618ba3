"""What Sentry gets: where something broke. Canaries in every place of a crash, and none flies out."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest
import sentry_sdk
from django.conf import settings
from django.db import IntegrityError
from django.test import Client
from django.utils import timezone
from sentry_sdk.envelope import Envelope
from sentry_sdk.transport import Transport

from accelerate_survey.operations.crashes import tell_sentry
from assessments import tokens
from assessments.models import Team, User
from tests import factories

TOKEN = tokens.to_text(12, bytes(range(32)))
ANSWER, ADDRESS, DEVICE, COOKIE = "canary-answer", "canary@example.org", "203.0.113.77", "canary-cookie"
CANARIES = (ANSWER, ADDRESS, DEVICE, COOKIE, "canary", TOKEN, TOKEN[3:], "/respond/", "aviary", "kestrel")


class Kept(Transport):
    """Keeps what would have been sent."""

    def __init__(self, options: Any = None) -> None:
        super().__init__(options)
        self.envelopes: list[Envelope] = []

    def capture_envelope(self, envelope: Envelope) -> None:
        self.envelopes.append(envelope)

    def bytes(self) -> str:
        """All of it, as it would go over the wire."""
        return b"\n".join(envelope.serialize() for envelope in self.envelopes).decode()

    def events(self) -> list[dict[str, Any]]:
        return [event for envelope in self.envelopes if (event := envelope.get_event())]


@pytest.fixture
def sent() -> Iterator[Kept]:
    """What Sentry would have got."""
    kept = Kept()
    handler = tell_sentry("https://key@sentry.example.org/1", transport=kept)
    try:
        yield kept
    finally:
        logging.getLogger().removeHandler(handler)
        sentry_sdk.get_global_scope().set_client(None)


def crash(words: str, *, cause: bool = False) -> None:
    answer, link = words, f"/respond/{TOKEN}/"  # local variables
    try:
        raise IntegrityError(f"DETAIL: Failing row contains ({answer}, {link}, {ADDRESS})")
    except IntegrityError as error:
        error.add_note(f"while saving {answer}")
        if not cause:
            raise
        raise ValueError(answer, {"email": ADDRESS}) from error


def assert_nothing_flew_out(sent: Kept) -> None:
    told = sent.bytes()
    assert sent.events()
    assert [canary for canary in CANARIES if canary in told] == []


@pytest.mark.parametrize("cause", [False, True])
def test_words_notes_causes_and_variables_stay_here(sent: Kept, cause: bool) -> None:
    logger = logging.getLogger("assessments.services")
    try:
        crash(ANSWER, cause=cause)
    except Exception:
        extra = {"answers": ANSWER, "ip": DEVICE, "cookies": COOKIE}
        logger.exception("Response of %s: %s failed from %s", ADDRESS, TOKEN, DEVICE, extra=extra)

    assert_nothing_flew_out(sent)
    (event,) = sent.events()
    kinds = [error["type"] for error in event["exception"]["values"]]
    assert kinds == (["IntegrityError", "ValueError"] if cause else ["IntegrityError"])
    place = event["exception"]["values"][-1]["stacktrace"]["frames"][-1]
    assert place["function"] == "crash"
    assert place["lineno"]
    assert set(place) == {"module", "filename", "function", "lineno", "in_app"}


def test_scope_breadcrumbs_and_context_stay_here(sent: Kept) -> None:
    """Whatever other code may have hung on the scope."""
    with sentry_sdk.new_scope() as scope:
        scope.set_user({"email": ADDRESS, "ip_address": DEVICE, "id": ANSWER})
        scope.set_tag("team", "kestrel")
        scope.set_extra("answers", ANSWER)
        scope.set_context("request", {"url": f"/respond/{TOKEN}/", "cookies": COOKIE})
        scope.add_breadcrumb(message=ANSWER, data={"token": TOKEN})
        scope.add_attachment(bytes=ANSWER.encode(), filename=ANSWER)
        logging.getLogger("x").error("%s", ANSWER)

    assert_nothing_flew_out(sent)


def test_a_message_is_told_by_its_place_alone(sent: Kept) -> None:
    """Whoever writes a message may have put anything into it."""
    logging.getLogger("reports.services").error(f"{ANSWER} of {ADDRESS}")

    assert_nothing_flew_out(sent)
    (event,) = sent.events()
    assert event["logentry"]["message"].startswith("reports.services, test_a_message_is_told_by_its_place")


def test_a_crash_of_a_respondents_page_names_the_route(
    sent: Kept, client: Client, kestrel: Team, monkeypatch: pytest.MonkeyPatch
) -> None:
    link = factories.tokens_of(factories.open_round(kestrel.organization, now=timezone.now()))[0]
    monkeypatch.setattr("assessments.models.Response.merge", lambda *args, **kwargs: crash(ANSWER))
    client.raise_request_exception = False
    client.cookies["respond"] = link

    response = client.post(
        "/respond/review/?q=canary",
        {"comment": ANSWER},
        headers={"User-Agent": "canary", "X-Forwarded-For": DEVICE, "Authorization": COOKIE},
        REMOTE_ADDR=DEVICE,
    )

    assert response.status_code == 500
    assert_nothing_flew_out(sent)
    assert link not in sent.bytes()
    (event,) = sent.events()
    assert event["transaction"] == "respond_review"
    assert event["tags"]["request"] == response["X-Request-ID"]


def test_a_crash_of_a_page_names_neither_team_nor_person(
    sent: Kept, client: Client, lee: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("assessments.views.teams.access.get_team", lambda *a, **k: crash(ANSWER, cause=True))
    client.raise_request_exception = False
    client.force_login(lee)

    client.get("/o/aviary/teams/team-kestrel/", REMOTE_ADDR=DEVICE)

    assert_nothing_flew_out(sent)
    assert lee.email not in sent.bytes()
    assert client.cookies[settings.SESSION_COOKIE_NAME].value not in sent.bytes()


def test_what_is_no_error_is_not_told(sent: Kept) -> None:
    logging.getLogger("x").warning("careful")
    logging.getLogger("x").info("hello")

    assert sent.envelopes == []


def test_an_event_has_no_other_parts(sent: Kept) -> None:
    logging.getLogger("x").error("broken")

    (event,) = sent.events()
    told = json.loads(json.dumps(event, default=str))
    assert set(told) <= {
        *("event_id", "timestamp", "platform", "level", "logger", "release"),
        *("exception", "logentry", "transaction", "tags", "_meta"),
    }


def test_nobody_is_told_without_an_address() -> None:
    """As in these tests, whose settings name none."""
    assert not sentry_sdk.get_client().is_active()
