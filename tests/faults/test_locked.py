"""SQLite locked: who reads for long stops nobody; who writes for long is told of; the bytes go in the end."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from io import StringIO
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.core.management import call_command
from django.db import connection
from django.test import Client

from assessments import tokens
from assessments.models import Leftover, Response, Round
from assessments.services import responses
from assessments.services.responses import forget_order, save_response
from assessments.services.rounds import close_round
from tests import factories
from tests.conftest import Inside
from tests.factories import DAY, NOW
from tests.servers import postgresql

from .houses import on_database

pytestmark = pytest.mark.own_engine

SENT = "What you have just sent counts as not stored."


@pytest.fixture
def house(tmp_path: Path, inside: Inside) -> Iterator[Path]:
    """An installation whose database is a file; who waits for a lock waits a fifth of a second."""
    with inside(tmp_path):
        own = connection.settings_dict
        own["OPTIONS"] = {**own["OPTIONS"], "timeout": 0.2}
        call_command("migrate", verbosity=0)
        yield tmp_path / "survey.sqlite3"


@pytest.fixture
def running(house: Path) -> Round:
    team = factories.make_team(factories.make_organization(), size=6)
    return factories.open_round(team.organization)


def otherprogram(house: Path) -> closing[sqlite3.Connection]:
    return closing(sqlite3.connect(house, isolation_level=None))


def bytes_of(house: Path) -> bytes:
    """The database, and its journal."""
    return b"".join(
        path.read_bytes() for path in house.parent.glob("survey.sqlite3*") if "shm" not in path.name
    )


def run_schedule() -> None:
    call_command("run_schedule", stdout=StringIO())


def test_who_reads_for_long_holds_nobody_up(house: Path, running: Round) -> None:
    """Neither who saves, nor the schedule, whose emptying of the journal waits half a second at most."""
    link = factories.tokens_of(running)[0]
    with otherprogram(house) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT COUNT(*) FROM assessments_response").fetchone()

        for value in range(1, 8):
            save_response(token=link, answers={"s1": value}, complete=False, now=NOW)
        began = time.perf_counter()
        forget_order()

        assert time.perf_counter() - began < 5
        save_response(token=link, answers={"s2": 7}, complete=True, now=NOW)
    assert Response.objects.get(pk=tokens.response_of(link)).answers == {"s1": 7, "s2": 7}


def test_who_writes_for_long_is_told_of_and_nothing_is_lost(
    house: Path, running: Round, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A save that waited in vain: 503, when to come again, and words; afterwards it works."""
    monkeypatch.setattr("django.utils.timezone.now", lambda: NOW)
    client.raise_request_exception = False
    client.cookies["respond"] = link = factories.tokens_of(running)[0]
    save_response(token=link, answers={"s1": 3}, complete=False, now=NOW)
    with otherprogram(house) as writer:
        writer.execute("BEGIN IMMEDIATE")
        refused = client.post("/respond/review/", {"comment": "hello"})
        seen = client.get("/respond/review/")
        writer.execute("ROLLBACK")

    assert (refused.status_code, refused["Retry-After"]) == (503, "30")
    assert SENT in refused.content.decode()
    assert seen.status_code == 200
    again = client.post("/respond/review/", {"comment": "hello"})
    stored = Response.objects.get(pk=tokens.response_of(link))
    assert (again.status_code, stored.complete) == (303, True)
    assert stored.answers == {"s1": 3, "comment": "hello"}


def test_what_a_long_reader_keeps_in_the_file_goes_when_he_is_gone(house: Path, running: Round) -> None:
    """The close does not fail because of him, and the schedule tries again until no byte is left."""
    salt = running.salt.encode()
    with otherprogram(house) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT COUNT(*) FROM assessments_response").fetchone()
        assert salt in bytes_of(house)

        assert close_round(round=running, by=None, now=NOW + DAY)

        run_schedule()
        assert Leftover.objects.exists()
        assert salt in bytes_of(house)

    run_schedule()
    assert not Leftover.objects.exists()
    assert salt not in bytes_of(house)


def test_what_a_long_writer_keeps_in_the_file_goes_when_he_is_done(
    house: Path, running: Round, monkeypatch: pytest.MonkeyPatch
) -> None:
    """He begins as soon as the round has closed, when its rows were to be wiped."""
    salt, rewrite = running.salt.encode(), responses._rewrite_tables
    with otherprogram(house) as writer:

        def too_late() -> bool:
            writer.execute("BEGIN IMMEDIATE")
            return rewrite()

        with monkeypatch.context() as patch:
            patch.setattr(responses, "_rewrite_tables", too_late)
            assert close_round(round=running, by=None, now=NOW + DAY)
        assert salt in bytes_of(house)
        assert not Round.objects.filter(closed_at=None).exists()

    run_schedule()
    assert not Leftover.objects.exists()
    assert salt not in bytes_of(house)


def test_on_a_server_a_long_reader_is_not_waited_for_either(django_db_blocker: Any) -> None:
    """Whoever waits to write a table anew stands before all others who want it; so he does not wait long."""
    with postgresql() as server, on_database(server["DATABASE_URL"], django_db_blocker, USER="postgres"):
        call_command("migrate", verbosity=0)
        team = factories.make_team(factories.make_organization(), size=6)
        running = factories.open_round(team.organization)
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_relation_filenode('assessments_response')")
            before = cursor.fetchone()
        folder = server["DATABASE_URL"].removeprefix("postgres://").removesuffix("/postgres")
        with psycopg.connect(host=folder, user="postgres", dbname="postgres") as reader:
            reader.execute("SELECT COUNT(*) FROM assessments_response")
            began = time.perf_counter()
            assert close_round(round=running, by=None, now=NOW + DAY)
            assert time.perf_counter() - began < 10
            assert Leftover.objects.exists()

        run_schedule()
        assert not Leftover.objects.exists()
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_relation_filenode('assessments_response')")
            assert cursor.fetchone() != before
