"""A full disk: nothing is half, everybody is told, and it goes on by itself when there is room again."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.files.storage import FileSystemStorage
from django.core.management import CommandError, call_command
from django.db import OperationalError, connection
from django.test import Client

from assessments import tokens
from assessments.models import Response, Round
from assessments.services.responses import save_response
from assessments.services.rounds import close_round
from reports.models import Report, ReportState
from reports.services import request_report
from reports.tasks import render_one_report
from tests import factories
from tests.conftest import Inside
from tests.factories import NOW

LONG = "x" * 1900

pytestmark = pytest.mark.own_engine


@pytest.fixture
def running(tmp_path: Path, inside: Inside) -> Iterator[Round]:
    with inside(tmp_path):
        call_command("migrate", verbosity=0)
        team = factories.make_team(factories.make_organization(), size=6)
        for number in range(20):  # their scores alone need more room than the answers leave behind
            factories.make_team(team.organization, f"Team {number}", size=1)
        yield factories.open_round(team.organization)


def set_room(pages: int) -> None:
    """SQLite takes so many pages more and then says that the disk is full."""
    with connection.cursor() as cursor:
        cursor.execute("VACUUM")  # no page lies about that could be used again
        cursor.execute("PRAGMA page_count")
        (there,) = cursor.fetchone()
        cursor.execute(f"PRAGMA max_page_count = {there + pages}")


def test_a_save_is_refused_whole_and_works_again_when_there_is_room(
    running: Round, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("django.utils.timezone.now", lambda: NOW)
    client.raise_request_exception = False
    links = factories.tokens_of(running)[:6]
    for link in links:
        save_response(token=link, answers={"s1": 3}, complete=False, now=NOW)
    set_room(0)

    refused = []
    for link in links:
        client.cookies["respond"] = link
        refused.append(client.post("/respond/review/", {"comment": LONG}))

    full = [response for response in refused if response.status_code == 503]
    assert len(full) >= len(links) - 2  # there may have been room for some
    assert all(response["Retry-After"] == "30" for response in full)
    assert all("counts as not stored" in response.content.decode() for response in full)
    for link, response in zip(links, refused, strict=True):
        stored = Response.objects.get(pk=tokens.response_of(link))
        assert (stored.answers == {"s1": 3}) == (not stored.complete) == (response.status_code == 503)
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA integrity_check")
        assert cursor.fetchone() == ("ok",)

    set_room(1000)
    assert client.post("/respond/review/", {"comment": LONG}).status_code == 303
    assert Response.objects.get(pk=tokens.response_of(links[-1])).complete


def test_a_round_is_not_closed_half(running: Round) -> None:
    """The schedule says that it failed; with room again, its next run closes."""
    team = running.assessments.get(team_name="Team Kestrel").team
    factories.answer_all(running, team, [3, 4, 5, 6, 6, 7])
    before = {row.pk: row.answers for row in Response.objects.all()}
    set_room(0)
    with pytest.raises((CommandError, OperationalError)):
        call_command("run_schedule", stdout=StringIO())
    assert {row.pk: row.answers for row in Response.objects.all()} == before
    assert Round.objects.get().is_open

    set_room(10_000)
    call_command("run_schedule", stdout=StringIO())
    assert Round.objects.get().is_closed
    assert running.assessments.get(team_name="Team Kestrel").responded == 6


def test_a_report_that_finds_no_room_fails_in_words_and_is_made_when_asked_again(
    running: Round, monkeypatch: pytest.MonkeyPatch
) -> None:
    assessment = running.assessments.get(team_name="Team Kestrel")
    factories.answer_all(running, assessment.team, [3, 4, 5, 6, 6, 7])
    close_round(round=running, by=None, now=NOW)
    report, _created = request_report(assessment=assessment)

    def full(*_: Any, **__: Any) -> str:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(FileSystemStorage, "_save", full)
        render_one_report.call(report.pk, "en")

    report.refresh_from_db()
    assert (report.state, bool(report.file)) == (ReportState.FAILED, False)
    assert "No space left" in report.error
    _report, is_to_be_made = request_report(assessment=assessment)
    assert is_to_be_made
    render_one_report.call(report.pk, "en")
    assert Report.objects.get().state == ReportState.READY
