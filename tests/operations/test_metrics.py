"""Figures for whoever has the token; and none that says when, where or who."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.db import connection
from django.db.utils import OperationalError
from django.test import Client
from django.utils import timezone
from prometheus_client.parser import text_string_to_metric_families

from assessments.models import Team, User
from tests import factories

TOKEN = "0123456789abcdef0123456789abcdef"
LABELS = {"route", "status", "le", "part", "state"}


@pytest.fixture(autouse=True)
def token(settings: Any) -> None:
    settings.METRICS_TOKEN = TOKEN


def ask(client: Client, authorization: str = f"Bearer {TOKEN}") -> Any:
    return client.get("/metrics", headers={"Authorization": authorization} if authorization else None)


def figures(client: Client) -> dict[tuple[str, ...], float]:
    """Every figure by its name and labels."""
    text = ask(client).content.decode()
    return {
        (sample.name, *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


@pytest.mark.parametrize(
    "shown",
    [
        "",
        TOKEN,
        "Bearer",
        "Bearer ",
        f"Bearer {TOKEN[:-1]}",
        f"Bearer {TOKEN}x",
        f"Basic {TOKEN}",
        "Bearer é",
    ],
)
def test_without_the_token_there_is_nothing_here(client: Client, db: None, shown: str) -> None:
    refused, nowhere = ask(client, shown), client.get("/nowhere")

    assert refused.status_code == nowhere.status_code == 404
    assert refused.content == nowhere.content


@pytest.mark.parametrize("shown", ["", "Bearer", "Bearer ", "Bearer None"])
def test_where_no_token_was_set_nobody_has_it(client: Client, db: None, settings: Any, shown: str) -> None:
    settings.METRICS_TOKEN = ""

    assert ask(client, shown).status_code == 404


def test_who_guesses_has_to_wait(client: Client, db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("assessments.limits.MISSES_A_MINUTE", 3)

    assert [ask(client, "Bearer guess").status_code for _ in range(5)] == [404, 404, 404, 429, 429]


def test_with_the_token_there_is_the_state_of_everything(client: Client, kestrel: Team, ada: User) -> None:
    factories.open_round(kestrel.organization, now=timezone.now())
    factories.make_mail(kestrel.organization, ada)

    told = figures(client)

    assert told["survey_open_rounds",] == 1
    assert told["survey_mails", "waiting"] == 1
    assert told["survey_mails", "failed"] == 0
    assert told["survey_tasks", "ready"] == told["survey_tasks", "failed"] == 0
    assert told["survey_health", "database"] == 1
    assert told["survey_health", "worker"] == 0


def test_requests_are_counted_by_route(client: Client, db: None) -> None:
    before = figures(client).get(("survey_requests_total", "account_login", "200"), 0)
    client.get("/account/login/")

    told = figures(client)

    assert told["survey_requests_total", "account_login", "200"] == before + 1
    assert told["survey_request_seconds_count", "account_login"] >= 1


def test_a_database_that_is_gone_leaves_the_rest(
    client: Client, db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*args: Any, **kwargs: Any) -> None:
        raise OperationalError("gone")

    with monkeypatch.context() as broken:
        broken.setattr(connection, "cursor", refuse)
        told = figures(client)

    assert told["survey_health", "database"] == 0
    assert told["survey_health", "disk"] == 1
    assert ("survey_open_rounds",) not in told


def test_nothing_moves_when_somebody_answers(client: Client, kestrel: Team) -> None:
    """Read before and after each step of an answer, as somebody who watches would."""
    running = factories.open_round(kestrel.organization, now=timezone.now())
    link = factories.tokens_of(running)[0]
    steps = [
        ("get", f"/respond/{link}/", {}),
        ("get", "/respond/1/", {}),
        ("post", "/respond/1/", {"integration_1": "6", "go": "next"}),
        ("post", "/respond/review/", {}),
    ]
    watching = Client()
    before = figures(watching)
    for method, address, sent in steps:
        assert getattr(client, method)(address, sent).status_code in (200, 302, 303)
        assert figures(watching) == before, address


def test_labels_are_of_the_program_and_never_of_people(client: Client, kestrel: Team, lee: User) -> None:
    client.force_login(lee)
    client.get("/o/aviary/teams/team-kestrel/")
    client.get("/o/canary/teams/nobody@example.org/")
    client.get("/canary/")
    text = ask(client).content.decode()

    assert set(re.findall(r'[{,](\w+)="', text)) <= LABELS
    assert 'route="team",status="200"' in text
    assert not re.search("aviary|kestrel|canary|nobody|example", text)


def test_another_method_finds_nothing(client: Client, db: None) -> None:
    assert client.post("/metrics", headers={"Authorization": f"Bearer {TOKEN}"}).status_code == 404
