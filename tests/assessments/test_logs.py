"""No log line carries what opens a respondent's questionnaire."""

from __future__ import annotations

import logging
import sys

import pytest
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from assessments import tokens
from assessments.logs import MaskingFormatter, mask

TOKEN = tokens.to_text(12, bytes(range(32)))


@given(st.integers(1, 10**18 - 1), st.binary(min_size=32, max_size=32))
def test_every_token_is_masked(round_id: int, secret: bytes) -> None:
    masked = mask(f'"GET /respond/{tokens.to_text(round_id, secret)}/ HTTP/1.1" 302')

    assert masked == '"GET /respond/***/ HTTP/1.1" 302'


def test_all_tokens_of_a_line_are_masked() -> None:
    assert mask(f"{TOKEN} and {TOKEN}") == "*** and ***"


@pytest.mark.parametrize("kind", [tokens.DELIVERY, tokens.API])
def test_tokens_of_programs_are_masked(kind: str) -> None:
    assert mask(f"Authorization: Bearer {tokens.make_token(kind)}.") == "Authorization: Bearer ***."


@pytest.mark.parametrize(
    "text", ["", "Closed: Aviary, 2026 Q2.", "2026-11-23", "12-short", "GET /respond/3/"]
)
def test_other_texts_stay(text: str) -> None:
    assert mask(text) == text


def test_every_address_is_masked() -> None:
    assert mask("refused: {'mia+x@mail.example.org': (550, b'no')}") == "refused: {'***': (550, b'no')}"


def test_what_comes_in_as_an_argument_is_masked() -> None:
    record = logging.LogRecord(
        "x", logging.WARNING, __file__, 1, "Not Found: %s", (f"/respond/{TOKEN}/",), None
    )

    assert MaskingFormatter().format(record) == "Not Found: /respond/***/"


def test_a_traceback_is_masked() -> None:
    try:
        raise ValueError(TOKEN)
    except ValueError:
        record = logging.LogRecord("x", logging.ERROR, __file__, 1, "Failed", (), sys.exc_info())

    told = MaskingFormatter().format(record)

    assert "ValueError: ***" in told
    assert TOKEN not in told


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
    bare = [name for name, handler in _handlers() if not isinstance(handler.formatter, MaskingFormatter)]

    assert _handlers()
    assert bare == []


@pytest.mark.django_db
def test_an_unknown_link_leaves_no_token_in_the_log(client: Client, caplog: pytest.LogCaptureFixture) -> None:
    caplog.handler.setFormatter(MaskingFormatter())

    client.get(f"/respond/{TOKEN}/")

    assert "route=respond status=404" in caplog.text
    assert TOKEN not in caplog.text
