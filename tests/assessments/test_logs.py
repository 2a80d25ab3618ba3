"""No log line carries what opens a respondent's questionnaire."""

from __future__ import annotations

import logging

import pytest
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from assessments import tokens
from assessments.logs import SecretFilter, mask

TOKEN = tokens.to_text(12, bytes(range(32)))


@given(st.integers(1, 10**18 - 1), st.binary(min_size=32, max_size=32))
def test_every_token_is_masked(round_id: int, secret: bytes) -> None:
    masked = mask(f'"GET /respond/{tokens.to_text(round_id, secret)}/ HTTP/1.1" 302')

    assert masked == '"GET /respond/***/ HTTP/1.1" 302'


def test_all_tokens_of_a_line_are_masked() -> None:
    assert mask(f"{TOKEN} and {TOKEN}") == "*** and ***"


@pytest.mark.parametrize(
    "text", ["", "Closed: Aviary, 2026 Q2.", "2026-11-23", "12-short", "GET /respond/3/"]
)
def test_other_texts_stay(text: str) -> None:
    assert mask(text) == text


def record(message: str, *args: object) -> logging.LogRecord:
    return logging.LogRecord("django.request", logging.WARNING, __file__, 1, message, args, None)


def test_the_filter_masks_what_comes_in_as_an_argument() -> None:
    passed = record("Not Found: %s", f"/respond/{TOKEN}/")

    assert SecretFilter().filter(passed) is True
    assert passed.getMessage() == "Not Found: /respond/***/"


def test_the_filter_leaves_other_records_as_they_are() -> None:
    passed = record("%d rounds closed", 2)

    SecretFilter().filter(passed)

    assert (passed.msg, passed.args) == ("%d rounds closed", (2,))


def _handlers() -> list[tuple[str, logging.Handler]]:
    """The handlers that Django and our settings have made, not those of pytest."""
    names = ["", "django", "django.request", "django.server", "assessments", "reports"]
    return [
        (name, handler)
        for name in names
        for handler in logging.getLogger(name).handlers
        if not type(handler).__module__.startswith("_pytest")
    ]


def test_every_handler_masks() -> None:
    """The development server has a logger of its own, with a handler of its own."""
    bare = [
        name for name, handler in _handlers() if not any(isinstance(f, SecretFilter) for f in handler.filters)
    ]

    assert _handlers()
    assert bare == []


@pytest.mark.django_db
def test_an_unknown_link_leaves_no_token_in_the_log(client: Client, caplog: pytest.LogCaptureFixture) -> None:
    caplog.handler.addFilter(SecretFilter())

    client.get(f"/respond/{TOKEN}/")

    assert "/respond/***/" in caplog.text
    assert TOKEN not in caplog.text
