"""A database that does not answer: every way in says so, and when to come again."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client

from accelerate_survey.operations.logs import LineFormatter
from tests.journeys.stage import free_port

from .houses import on_database

pytestmark = pytest.mark.own_engine

LINK, TOKEN = f"1-{'A' * 43}", f"api-{'A' * 43}"
REMARK = "canary: the canteen is faster"
WAYS_IN = [
    ("GET", "/"),
    ("GET", "/o/aviary/"),
    ("POST", "/account/login/"),
    ("GET", f"/respond/{LINK}/"),
    ("GET", "/respond/1/"),
    ("POST", "/respond/1/"),
    ("POST", "/respond/review/"),
    ("GET", "/api/v1/"),
    ("POST", "/api/deliveries/"),
]


@pytest.fixture
def gone(django_db_blocker: Any) -> Iterator[None]:
    """A server that nobody has started."""
    with on_database(f"postgres://nobody@127.0.0.1:{free_port()}/gone", django_db_blocker):
        yield


@pytest.fixture
def visitor(client: Client) -> Client:
    """Somebody with a session and a link."""
    client.raise_request_exception = False
    client.cookies["sid"], client.cookies["respond"] = "canarysession", LINK
    return client


@pytest.mark.parametrize(("method", "path"), WAYS_IN)
def test_every_way_in_says_when_to_come_again(
    gone: None, visitor: Client, caplog: pytest.LogCaptureFixture, method: str, path: str
) -> None:
    fields = {"comment": REMARK, "login": "canary@example.org", "password": "canary-password"}
    with caplog.at_level(logging.INFO):
        response = visitor.generic(
            method, path, "&".join(f"{key}={value}" for key, value in fields.items()),
            content_type="application/x-www-form-urlencoded",
            headers={"Authorization": f"Bearer {TOKEN}"},
        )  # fmt: skip

    said = response.content.decode()
    assert (response.status_code, response["Retry-After"]) == (503, "30")
    assert ("What you have just sent counts as not stored" in said) == (
        method == "POST" and not path.startswith("/api/")
    )
    assert not [word for word in ("Traceback", "Error", "psycopg", "socket", "canary") if word in said]
    told = "\n".join(
        LineFormatter("{request_id}{message}", style="{").format(each) for each in caplog.records
    )
    assert "OperationalError" in told
    assert not [word for word in (LINK, REMARK, "canary", TOKEN) if word in told]


def test_a_probe_is_told_that_the_process_lives_and_its_database_does_not(
    gone: None, visitor: Client
) -> None:
    assert visitor.get("/health/alive/").status_code == 200
    ready = visitor.get("/health/")
    assert (ready.status_code, ready.json()["parts"]["database"]) == (503, "not ok")
