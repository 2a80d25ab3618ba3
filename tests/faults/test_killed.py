"""Killed, started anew, reloaded: what was acknowledged is there, whole. At full length: ``make faults``."""

from __future__ import annotations

import pytest

from . import killed

pytestmark = pytest.mark.own_engine

NOTHING_LOST = {"lost": 0, "half": 0, "sound": "ok"}


def test_nothing_is_lost_by_killing_web_server_and_worker() -> None:
    found = killed.kill_all(saves=240, kills=3, mails=20)

    assert found | NOTHING_LOST == found
    assert found["counted"] == killed.PEOPLE
    assert set(found["errors"]) <= {"no answer"}  # whoever tried again was never refused
    assert found["mails twice"] == 0
    # a mail on its way when the worker died is not sent again: the page of mails says that it is in doubt
    assert found["mails not sent"] <= found["mails"].get("sending", 0) <= found["kills"]


def test_a_reload_is_noticed_by_nobody() -> None:
    found = killed.reload_all(saves=240, reloads=2)

    assert found | NOTHING_LOST == found
    assert found["errors"] == {}


def test_a_database_server_that_starts_anew_is_found_again() -> None:
    found = killed.restart_database(saves=240, restarts=1)

    assert found | NOTHING_LOST == found
    assert set(found["errors"]) <= {"503"}
    assert found["told"]
