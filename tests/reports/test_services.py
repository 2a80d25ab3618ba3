"""Reports: asked for, rendered, kept, and one's failure is its own."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from assessments.models import Round, Team
from reports import pdf
from reports.content import ReportContent
from reports.models import Report, ReportState
from reports.services import render_report, request_report, request_reports, request_summary
from reports.tasks import render_one_report
from tests import factories
from tests.factories import NOW


@pytest.fixture(autouse=True)
def press(monkeypatch: pytest.MonkeyPatch, settings: Any, tmp_path: Path) -> list[ReportContent]:
    """The contents that were drawn; nothing is drawn, and files go to a folder of the test."""
    drawn: list[ReportContent] = []
    settings.MEDIA_ROOT = tmp_path

    def render(content: ReportContent) -> bytes:
        if content.team == "Broken":
            raise ValueError("out of ink")
        drawn.append(content)
        return b"%PDF-1.7 of a test"

    monkeypatch.setattr(pdf, "render", render)
    return drawn


@pytest.fixture
def closed(kestrel: Team) -> Round:
    """A closed round of Kestrel and of a team whose report breaks."""
    factories.make_team(kestrel.organization, "Broken", size=1)
    return factories.closed_round(kestrel.organization, kestrel, [5] * 6, other={"comment": "For us alone"})


def report_of(closed: Round, name: str = "Team Kestrel") -> Report:
    return request_report(assessment=closed.assessments.get(team_name=name))[0]


def test_a_closed_round_gets_a_report_for_each_team(closed: Round) -> None:
    assert len(request_reports(round=closed)) == 2
    assert set(Report.objects.values_list("state", flat=True)) == {ReportState.PENDING}


def test_asking_again_makes_only_what_is_missing(closed: Round) -> None:
    report_of(closed)

    assert [report.assessment.team_name for report in request_reports(round=closed)] == ["Broken"]
    assert request_reports(round=closed) == []


def test_an_open_round_gets_none(kestrel: Team) -> None:
    assert request_reports(round=factories.open_round(kestrel.organization)) == []


def test_a_report_keeps_its_file_and_its_content(closed: Round) -> None:
    report = render_report(report=report_of(closed), language="en", now=NOW)

    assert (report.state, report.error) == (ReportState.READY, "")
    assert report.file.read() == b"%PDF-1.7 of a test"
    assert report.content["team"] == "Team Kestrel"
    report.file.close()


def test_its_file_has_a_name_that_nobody_guesses(closed: Round) -> None:
    name = Path(render_report(report=report_of(closed), language="en", now=NOW).file.name).stem

    assert len(name) == 36
    assert "kestrel" not in name


def test_a_report_never_has_the_comments(closed: Round, press: list[ReportContent]) -> None:
    report = render_report(report=report_of(closed), language="en", now=NOW)

    assert press[0].comments == ()
    assert "For us alone" not in str(report.content)


def test_a_report_is_rendered_once(closed: Round, press: list[ReportContent]) -> None:
    report = report_of(closed)
    for _run in range(2):
        render_one_report.call(report.pk, "en")

    assert len(press) == 1


def test_a_failure_is_kept_and_others_go_on(closed: Round, caplog: pytest.LogCaptureFixture) -> None:
    for report in request_reports(round=closed):
        render_one_report.call(report.pk, "en")

    assert report_of_state(ReportState.READY) == "Team Kestrel"
    assert report_of_state(ReportState.FAILED) == "Broken"
    assert Report.objects.get(state=ReportState.FAILED).error == "ValueError: out of ink"
    assert "out of ink" in caplog.text


def report_of_state(state: str) -> str:
    return Report.objects.get(state=state).assessment.team_name


def test_a_failed_report_gets_another_try(closed: Round) -> None:
    broken = render_report(report=report_of(closed, "Broken"), language="en", now=NOW)
    assert broken.state == ReportState.FAILED

    again, waiting = request_report(assessment=broken.assessment)

    assert (again.pk, again.state, again.error, waiting) == (broken.pk, ReportState.PENDING, "", True)


def test_a_ready_report_is_not_made_again(closed: Round) -> None:
    report = render_report(report=report_of(closed), language="en", now=NOW)

    assert request_report(assessment=report.assessment) == (report, False)


# --- Other programs are told ------------------------------------------------------------------


def test_a_report_that_is_ready_is_told_once(closed: Round) -> None:
    told = factories.add_webhook(closed.organization)
    report = report_of(closed)
    also_waiting = report_of(closed)
    for each in (report, report, also_waiting):  # the last is another worker's, which began as early
        render_report(report=each, language="en", now=NOW)

    data = told.messages.get().body["data"]
    assert data["team"] == "team-kestrel"
    assert data["url"].endswith(f"/o/aviary/teams/team-kestrel/rounds/{closed.pk}/report.pdf")
    assert set(data) == {"organization", "round", "team", "url"}
    assert told.messages.get().body["text"].startswith("The report of Team Kestrel on 2026 Q2 is ready. http")


def test_a_summary_that_is_ready_is_told_without_a_team(
    closed: Round, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("reports.pdf.render_summary", lambda content: b"%PDF-1.7 of a test")
    told = factories.add_webhook(closed.organization)
    render_report(report=request_summary(round=closed)[0], language="en", now=NOW)

    data = told.messages.get().body["data"]
    assert data["team"] is None
    assert data["url"].endswith(f"/o/aviary/rounds/{closed.pk}/summary.pdf")


def test_a_report_that_failed_is_not_told(closed: Round) -> None:
    told = factories.add_webhook(closed.organization)
    render_report(report=report_of(closed, "Broken"), language="en", now=NOW)

    assert not told.messages.exists()
