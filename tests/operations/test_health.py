"""What the public address says: each part well or not, and not a word more."""

from __future__ import annotations

import datetime as dt
import json
import shutil
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder
from django.db.utils import OperationalError
from django.test import Client
from django.utils import timezone

from accelerate_survey.operations import health, heartbeats
from accelerate_survey.operations.health import Finding, State
from accelerate_survey.operations.models import Heartbeat, Part
from assessments.models import Mail, MailState, Organization, User
from tests.factories import NOW

MINUTE = dt.timedelta(minutes=1)
PARTS = ["database", "worker", "schedule", "mails", "disk"]


@pytest.fixture
def running(db: None) -> None:
    """Worker and schedule have just been seen."""
    for part in Part:
        heartbeats.beat(part, timezone.now())


def ask(client: Client) -> tuple[int, dict[str, Any]]:
    response = client.get("/health/")
    assert response["Content-Type"] == "application/json"
    assert "no-store" in response["Cache-Control"]
    return response.status_code, response.json()


def not_ok(client: Client) -> list[str]:
    """The parts that are not well; the status has to fit."""
    status, told = ask(client)
    assert set(told) == {"status", "parts"}
    assert list(told["parts"]) == PARTS
    bad = [part for part, word in told["parts"].items() if word == "not ok"]
    assert (status, told["status"]) == ((503, "not ok") if bad else (200, "ok"))
    return bad


def test_all_is_well(client: Client, running: None) -> None:
    assert not_ok(client) == []


def test_a_new_installation_lacks_worker_and_schedule(client: Client, db: None) -> None:
    assert not_ok(client) == ["worker", "schedule"]


@pytest.mark.parametrize("part", Part)
def test_who_has_been_silent_for_long_is_missed(client: Client, running: None, part: Part) -> None:
    Heartbeat.objects.filter(part=part).update(at=timezone.now() - health.SILENT - MINUTE)

    assert not_ok(client) == [part.value]


def test_a_database_that_is_gone_is_told_and_its_words_are_not(
    client: Client, running: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*args: Any, **kwargs: Any) -> None:
        raise OperationalError("connection to 10.0.0.7 as survey failed")

    with monkeypatch.context() as broken:
        broken.setattr(connection, "cursor", refuse)

        assert not_ok(client) == ["database", "worker", "schedule", "mails"]
        assert "10.0.0.7" not in client.get("/health/").content.decode()
        assert client.get("/health/alive/").status_code == 200


def test_a_database_that_was_not_migrated_is_not_ready(client: Client, running: None) -> None:
    MigrationRecorder(connection).record_unapplied("reports", "0002_bundles")

    assert not_ok(client) == ["database"]
    found = health.look_at_database(NOW)
    assert "missing, from reports.0002_bundles on" in found.said
    assert found.do == "manage.py migrate"


@pytest.mark.parametrize(("free", "bad"), [(0.04, ["disk"]), (0.06, [])])
def test_a_disk_that_is_nearly_full_is_told(
    client: Client, running: None, monkeypatch: pytest.MonkeyPatch, free: float, bad: list[str]
) -> None:
    usage = type(shutil.disk_usage("/"))(1000, int(1000 * (1 - free)), int(1000 * free))
    monkeypatch.setattr("shutil.disk_usage", lambda path: usage)

    assert not_ok(client) == bad


# --- Mails ------------------------------------------------------------------------------------


@pytest.fixture
def mail(aviary: Organization, ada: User) -> Callable[..., None]:
    """``mail(attempts=3)``: another mail, that was last touched an hour and a minute ago."""

    def make(**fields: Any) -> None:
        made = Mail.objects.create(organization=aviary, kind="account", email=ada.email, due_at=NOW)
        touched = NOW - health.STUCK - MINUTE
        Mail.objects.filter(pk=made.pk).update(**{"changed_at": touched, **fields})

    return make


def look() -> State:
    return health.look_at_mails(NOW).state


def test_a_mail_that_nobody_takes_up_is_stuck(mail: Callable[..., None]) -> None:
    mail()

    assert look() is State.BROKEN


def test_a_mail_that_was_just_queued_is_not(mail: Callable[..., None]) -> None:
    mail(changed_at=NOW - MINUTE)

    assert look() is State.OK


def test_a_mail_that_was_refused_again_and_again_is_stuck(mail: Callable[..., None]) -> None:
    mail(attempts=health.TRIES, changed_at=NOW - MINUTE)

    assert look() is State.BROKEN


def test_one_refusal_is_everyday(mail: Callable[..., None]) -> None:
    mail(attempts=1)

    assert look() is State.OK


def test_while_others_go_out_one_mailbox_is_no_fault_of_ours(mail: Callable[..., None]) -> None:
    mail(state=MailState.SENT, changed_at=NOW - MINUTE)
    mail(attempts=health.TRIES)

    assert look() is State.WARNING


# --- How it is asked --------------------------------------------------------------------------


def test_being_alive_asks_the_database_nothing(client: Client) -> None:
    """It may not even be there in this test."""
    response = client.get("/health/alive/")

    assert response.json() == {"status": "ok"}
    assert not response.cookies


@pytest.mark.django_db
def test_being_ready_costs_few_queries_and_opens_nothing(
    client: Client, running: None, django_assert_num_queries: Any
) -> None:
    client.get("/health/")
    with django_assert_num_queries(6):
        response = client.get("/health/")

    assert not response.cookies


def test_probes_from_inside_need_no_https(client: Client, running: None, settings: Any) -> None:
    settings.SECURE_SSL_REDIRECT = True

    assert client.get("/health/").status_code == 200
    assert client.get("/health/alive/").status_code == 200
    assert client.get("/metrics").status_code == 404
    assert client.get("/account/login/").status_code == 301


def test_a_warning_is_no_reason_to_be_replaced() -> None:
    assert Finding("x", State.WARNING, "").is_fine
    assert not Finding("x", State.BROKEN, "").is_fine


def test_the_answer_names_no_version_and_no_path(client: Client, running: None) -> None:
    words = set(json.dumps(ask(client)[1]).replace('"', " ").replace(",", " ").replace(":", " ").split())

    assert words - {"{", "}", "{}", "}}"} == {"status", "parts", "ok", *PARTS}
