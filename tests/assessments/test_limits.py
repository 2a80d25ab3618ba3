"""Who guesses is told to wait."""

from __future__ import annotations

import pytest
from django.core.cache import cache
from django.test import Client

from assessments import limits

NOWHERE = "/o/nowhere/"


@pytest.fixture(autouse=True)
def _few(monkeypatch: pytest.MonkeyPatch) -> None:
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


def test_pages_that_exist_do_not_count(client: Client) -> None:
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

    assert cache._cache
    assert "203.0.113.7" not in str(list(cache._cache))
