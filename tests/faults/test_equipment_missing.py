"""A template or a font that is not there: the report says so or does without, and everything else works."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.test import Client

from assessments.models import Round, Team, User
from reports import pdf
from reports.models import Report, ReportState
from reports.services import request_report
from reports.tasks import render_one_report
from tests import factories
from tests.factories import DAY, NOW


@pytest.fixture
def closed(kestrel: Team, monkeypatch: pytest.MonkeyPatch) -> Round:
    monkeypatch.setattr("django.utils.timezone.now", lambda: NOW + 2 * DAY)
    return factories.closed_round(kestrel.organization, kestrel, [3, 4, 5, 6, 6, 7])


@pytest.fixture
def equipment_is_loaded_anew() -> Iterator[None]:
    def forget() -> None:
        pdf._equipment.cache_clear()
        pdf._style.cache_clear()

    forget()
    yield
    forget()


def test_without_its_template_a_report_fails_in_words(closed: Round, lee: User, client: Client) -> None:
    """The doctor says which one it is (tests/operations/test_doctor.py)."""
    assessment = closed.assessments.get()
    report, _waiting = request_report(assessment=assessment)
    client.force_login(lee)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pdf, "REPORT", "reports/pdf/gone.html")
        render_one_report.call(report.pk, "en")

    report.refresh_from_db()
    assert (report.state, bool(report.file)) == (ReportState.FAILED, False)
    assert report.error == "TemplateDoesNotExist: reports/pdf/gone.html"
    assert client.get(f"/o/aviary/teams/team-kestrel/rounds/{closed.pk}/").status_code == 200

    request_report(assessment=assessment)
    render_one_report.call(report.pk, "en")
    assert Report.objects.get().state == ReportState.READY


@pytest.mark.usefixtures("equipment_is_loaded_anew")
def test_without_a_font_a_report_is_made_with_another(
    closed: Round, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The doctor says that one is missing."""
    shutil.copytree(pdf.FONTS, tmp_path / "fonts")
    (tmp_path / "fonts" / "Inter-Regular.ttf").unlink()
    monkeypatch.setattr(pdf, "FONTS", tmp_path / "fonts")
    report, _waiting = request_report(assessment=closed.assessments.get())

    render_one_report.call(report.pk, "en")

    assert Report.objects.get().state == ReportState.READY
