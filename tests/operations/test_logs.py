"""A line of the log says where, not whose: routes for paths, numbers for requests, stars for secrets."""

from __future__ import annotations

import json
import logging
import sys

import pytest
from django.test import RequestFactory
from django.urls import resolve

from accelerate_survey.operations.logs import JsonFormatter, LineFormatter, current_request
from assessments import tokens

TOKEN = tokens.to_text(12, bytes(range(32)))
ROW = "null value violates a constraint\nDETAIL:  Failing row contains (12, I dislike it (much).\nYes, true)."


@pytest.fixture(params=["text", "json"])
def formatter(request: pytest.FixtureRequest) -> logging.Formatter:
    if request.param == "json":
        return JsonFormatter()
    return LineFormatter("{asctime} {levelname} {name}{request_id}: {message}", style="{")


def record(message: str, *args: object, **extra: object) -> logging.LogRecord:
    made = logging.LogRecord("x", logging.ERROR, __file__, 1, message, args, None)
    vars(made).update(extra)
    return made


def test_a_path_becomes_a_route(formatter: logging.Formatter) -> None:
    request = RequestFactory().get("/o/aviary/teams/kestrel/")
    request.resolver_match = resolve(request.path)

    line = formatter.format(record("Internal Server Error: %s", request.path, request=request))

    assert "Internal Server Error: team" in line
    assert "kestrel" not in line


def test_a_path_that_leads_nowhere_is_not_told_either(formatter: logging.Formatter) -> None:
    request = RequestFactory().get("/respond-to/mia/")

    line = formatter.format(record("Not Found: %s", request.path, request=request))

    assert "Not Found: unknown" in line
    assert "mia" not in line


def test_secrets_are_masked_wherever_they_stand(formatter: logging.Formatter) -> None:
    made = record("%s wrote\nmia@example.org", TOKEN)
    try:
        raise ValueError(f"mia@example.org {TOKEN}")
    except ValueError:
        made.exc_info = sys.exc_info()

    line = formatter.format(made)

    assert TOKEN not in line
    assert "mia" not in line
    assert "ValueError" in line


@pytest.mark.parametrize("ending", ["", "\n\nThe above exception was the direct cause of another."])
def test_a_row_that_the_database_refused_is_not_quoted(formatter: logging.Formatter, ending: str) -> None:
    line = formatter.format(record(ROW + ending))

    assert "Failing row contains ***" in line
    assert "dislike" not in line
    assert "Yes" not in line
    assert ending[-8:] in line


def test_the_address_of_a_device_is_masked(formatter: logging.Formatter) -> None:
    line = formatter.format(record("Invalid request from ip=2001:db8::7: Invalid HTTP Version"))

    assert "2001" not in line
    assert "Invalid HTTP Version" in line


def test_json_stays_json_and_one_line() -> None:
    """A mask over the finished line would tear an escape apart: n of \\n may begin an address."""
    token = current_request.set("0123456789abcdef")
    made = record('"quoted"\nmia@example.org\\', fields={"status": 200})
    try:
        line = JsonFormatter().format(made)
    finally:
        current_request.reset(token)

    assert "\n" not in line
    told = json.loads(line)
    assert told["message"] == '"quoted"\n***\\'
    assert (told["level"], told["request"], told["status"]) == ("ERROR", "0123456789abcdef", 200)
    assert told["time"].endswith("+00:00")


def test_what_others_typed_begins_no_line_and_steers_no_terminal() -> None:
    line = LineFormatter("{message}", style="{").format(
        record("no\n2026-05-04 INFO made up\r\x1b[2J\u2028\x9b")
    )

    assert line.endswith(r"no\n2026-05-04 INFO made up\r\x1b[2J\u2028\x9b")


def test_the_time_says_that_it_is_utc() -> None:
    made = record("done")
    made.created, made.msecs = 0, 5

    assert LineFormatter("{asctime}", style="{").format(made) == "1970-01-01 00:00:00.005Z"


def test_outside_of_a_request_there_is_no_number() -> None:
    line = LineFormatter("{name}{request_id}: {message}", style="{").format(record("done"))

    assert line == "x: done"
    assert "request" not in json.loads(JsonFormatter().format(record("done")))
