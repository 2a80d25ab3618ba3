"""Who guesses is told to wait."""

from __future__ import annotations

import pytest
from django.core.cache import caches
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accelerate_survey.operations.models import Count
from assessments import limits

NOWHERE = "/o/nowhere/"


@pytest.fixture(autouse=True)
def _few(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "MISSES_A_MINUTE", 3)


def misses(client: Client, number: int, address: str = "203.0.113.7") -> list[int]:
    return [client.get("/respond/guess/", REMOTE_ADDR=address).status_code for _ in range(number)]


def test_the_guess_after_too_many_is_refused(client: Client) -> None:
    assert misses(client, 5) == [404, 404, 404, 429, 429]


def test_whoever_waits_is_told_how_long(client: Client) -> None:
    misses(client, 3)

    response = client.get("/respond/guess/", REMOTE_ADDR="203.0.113.7")

    assert response["Retry-After"] == "60"
    assert "wait" in response.content.decode().lower()


def test_pages_that_exist_do_not_count(client: Client, db: None) -> None:
    for _ in range(5):
        assert client.get("/account/login/", REMOTE_ADDR="203.0.113.7").status_code == 200

    assert misses(client, 1) == [404]


def test_another_address_is_not_held_back(client: Client) -> None:
    misses(client, 4)

    assert misses(client, 1, "203.0.113.8") == [404]


def test_a_server_behind_a_socket_knows_no_addresses_and_limits_nobody(client: Client) -> None:
    assert misses(client, 5, "") == [404] * 5


def test_no_address_is_kept(client: Client) -> None:
    misses(client, 1)

    stored = str([*getattr(caches["noise"], "_cache", ()), *Count.objects.values_list("key", flat=True)])
    assert len(stored) > 64
    assert "203.0.113.7" not in stored


def test_a_page_that_is_there_asks_nobody_and_leaves_nothing(client: Client) -> None:
    """Also after a miss: a row would tell when somebody was here."""
    misses(client, 1)
    with CaptureQueriesContext(connection) as queries:
        client.get("/account/login/", REMOTE_ADDR="203.0.113.7")

    assert Count._meta.db_table not in str(queries.captured_queries)


def test_whom_another_process_has_told_to_wait_waits_here_too(client: Client) -> None:
    misses(client, 3)
    caches["waiting"].clear()  # as in a process that has seen nothing of it

    assert misses(client, 2) == [429, 429]


def test_programs_are_told_in_json(client: Client) -> None:
    misses(client, 3)

    refused = client.get("/api/v1/", REMOTE_ADDR="203.0.113.7")

    assert (refused.status_code, refused["Retry-After"]) == (429, "60")
    assert refused["Content-Type"] == "application/problem+json"
    assert refused.json() == {
        "title": "Too Many Requests",
        "detail": "These were too many requests within a minute. Wait a minute, then go on.",
        "status": 429,
    }


def test_a_minute_is_counted_from_its_first_request() -> None:
    assert [limits.count("one") for _ in range(3)] == [1, 2, 3]
    assert limits.count("two") == 1


def test_a_count_whose_minute_ends_meanwhile_begins_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "WINDOW", 0)

    assert [limits.count("one") for _ in range(3)] == [1, 1, 1]
