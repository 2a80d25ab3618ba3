"""The pages for reports in bulk: who sees them, how far a bundle is, and what is taken away."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from auditlog.models import LogEntry
from django.test import Client
from django.utils import timezone

from assessments.models import Organization, Round, Team, User
from assessments.services import people
from reports import bundles, pdf
from reports.content import ReportContent
from reports.models import Bundle, BundleState, Report, ReportState
from reports.services import render_report, request_report, request_summary
from tests import factories
from tests.factories import NOW
from tests.reports.test_results_page import words

SignIn = Callable[[User], Client]


@pytest.fixture(autouse=True)
def press(monkeypatch: pytest.MonkeyPatch, settings: Any, tmp_path: Path) -> None:
    """Nothing is drawn, and files go to a folder of the test."""
    settings.MEDIA_ROOT = tmp_path

    def render(content: ReportContent) -> bytes:
        if content.team == "Broken":
            raise ValueError("out of ink")
        return b"%PDF-1.7 of a test"

    monkeypatch.setattr(pdf, "render", render)
    monkeypatch.setattr(pdf, "render_summary", lambda content: b"%PDF-1.7 of a summary")


@pytest.fixture
def closed(aviary: Organization, kestrel: Team) -> Round:
    """A closed round of two teams, of which one breaks."""
    factories.make_team(aviary, "Broken", size=1)
    return factories.closed_round(aviary, kestrel, [5] * 6)


def path(of: Round, what: str = "reports/") -> str:
    return f"/o/aviary/rounds/{of.pk}/{what}"


def waiting(of: Round, by: User) -> Bundle:
    return bundles.request_bundle(round=of, group=None, language="en", by=by, now=NOW)


def test_the_rounds_page_leads_there(closed: Round, cleo: User, sign_in: SignIn) -> None:
    assert f'href="{path(closed)}"' in sign_in(cleo).get(path(closed, "")).content.decode()


def test_asking_leads_to_the_bundle_and_its_file(closed: Round, cleo: User, sign_in: SignIn) -> None:
    page = sign_in(cleo).post(path(closed), follow=True)
    bundle = Bundle.objects.get()

    assert page.redirect_chain == [(path(closed, f"reports/{bundle.pk}/"), 302)]
    assert "The file is ready" in words(page.content.decode())
    file = page.client.get(path(closed, f"reports/{bundle.pk}/reports.zip"))
    assert file.getvalue()[:2] == b"PK"
    assert file["Content-Disposition"] == 'attachment; filename="aviary-2026-q2.zip"'


def test_the_page_tells_what_failed_and_offers_to_try_again(
    closed: Round, cleo: User, sign_in: SignIn
) -> None:
    client = sign_in(cleo)
    page = client.post(path(closed), follow=True)
    assert "Not included" in page.content.decode()
    assert "<li>Broken</li>" in page.content.decode()

    closed.assessments.filter(team_name="Broken").update(team_name="Mended")
    again = client.post(f"{page.request['PATH_INFO']}again/", follow=True)

    assert "Not included" not in again.content.decode()


def test_how_far_it_is_survives_a_reload_and_another_browser(
    closed: Round, cleo: User, ada: User, sign_in: SignIn
) -> None:
    bundle = waiting(closed, cleo)
    for assessment in closed.assessments.filter(team_name="Team Kestrel"):
        render_report(report=request_report(assessment=assessment)[0], language="en", now=NOW)

    for who in (cleo, cleo, ada):
        page = sign_in(who).get(path(closed, f"reports/{bundle.pk}/"))
        html = page.content.decode()
        assert re.search(r'<progress id="progress" max="2" value="1">', html)
        assert "1 of 2 reports are done." in words(html)
        assert page["Refresh"] == "3"


def test_a_finished_page_does_not_look_again(closed: Round, cleo: User, sign_in: SignIn) -> None:
    assert "Refresh" not in sign_in(cleo).post(path(closed), follow=True)


def test_a_bundle_can_be_cancelled_and_go_on(closed: Round, cleo: User, sign_in: SignIn) -> None:
    client, bundle = sign_in(cleo), waiting(closed, cleo)
    page = client.post(path(closed, f"reports/{bundle.pk}/cancel/"), follow=True)
    assert "Cancelled, when 0 of 2 reports were done." in words(page.content.decode())
    assert "Go on" in page.content.decode()

    client.post(path(closed, f"reports/{bundle.pk}/again/"))

    bundle.refresh_from_db()
    assert bundle.state == BundleState.READY


def test_there_is_no_file_before_it_is_ready(closed: Round, cleo: User, sign_in: SignIn) -> None:
    bundle = waiting(closed, cleo)
    answer = sign_in(cleo).get(path(closed, f"reports/{bundle.pk}/reports.zip"))

    assert answer["Location"] == path(closed, f"reports/{bundle.pk}/")


def test_files_that_the_storage_has_lost_are_made_anew(
    closed: Round, kestrel: Team, cleo: User, sign_in: SignIn
) -> None:
    """As after a backup that was older than the database, or newer."""
    client, team = sign_in(cleo), f"/o/aviary/teams/{kestrel.slug}/rounds/{closed.pk}/report.pdf"
    client.post(path(closed))
    client.post(path(closed, "summary.pdf"))
    bundle = Bundle.objects.get()
    zipped = path(closed, f"reports/{bundle.pk}/reports.zip")
    for kept in (bundle, *Report.objects.exclude(file="")):
        kept.file.storage.delete(kept.file.name)

    assert client.get(path(closed, "summary.pdf")).status_code == 302
    assert client.get(zipped).status_code == 302
    client.post(path(closed, f"reports/{bundle.pk}/again/"))  # its reports are not there either
    bundle.refresh_from_db()
    assert bundle.error.splitlines() == ["Broken", "Team Kestrel"]
    assert client.get(team).status_code == 202

    client.post(team)
    client.post(path(closed, "summary.pdf"))
    assert client.get(team).getvalue() == b"%PDF-1.7 of a test"
    assert client.get(path(closed, "summary.pdf")).getvalue() == b"%PDF-1.7 of a summary"
    client.post(path(closed, f"reports/{bundle.pk}/again/"))
    assert b"team-kestrel" in client.get(zipped).getvalue()


def test_a_group_has_a_file_of_its_own(
    aviary: Organization, closed: Round, kestrel: Team, cleo: User, sign_in: SignIn
) -> None:
    sky = people.create_group(organization=aviary, name="Sky & Sea", by=None)
    people.change_team(team=kestrel, name=kestrel.name, group=sky, by=None)

    page = sign_in(cleo).post(path(closed), {"group": sky.pk}, follow=True)

    assert "Reports: Sky &amp; Sea" in page.content.decode()
    file = page.client.get(f"{page.request['PATH_INFO']}reports.zip")
    assert 'filename="sky-sea-2026-q2.zip"' in file["Content-Disposition"]
    file.close()
    assert "Sky &amp; Sea: ready" in page.client.get(path(closed)).content.decode()


def test_a_group_without_teams_says_so(
    aviary: Organization, closed: Round, cleo: User, sign_in: SignIn
) -> None:
    empty = people.create_group(organization=aviary, name="Sky", by=None)
    page = sign_in(cleo).post(path(closed), {"group": empty.pk}, follow=True)

    assert "No team of this group took part" in page.content.decode()


def test_another_organizations_group_is_not_found(closed: Round, cleo: User, sign_in: SignIn) -> None:
    foreign = people.create_group(organization=factories.make_organization("Terrarium"), name="Sky", by=None)

    for group in (foreign.pk, "x", 10**30):
        assert sign_in(cleo).post(path(closed), {"group": group}).status_code == 404


def test_another_rounds_bundle_is_not_found(
    aviary: Organization, closed: Round, kestrel: Team, cleo: User, sign_in: SignIn
) -> None:
    other = factories.closed_round(aviary, kestrel, [5] * 6, name="Another")
    bundle = waiting(other, cleo)

    assert sign_in(cleo).get(path(closed, f"reports/{bundle.pk}/")).status_code == 404


@pytest.mark.parametrize("what", ["reports/", "summary.pdf"])
def test_the_teams_see_their_results_first(
    aviary: Organization, kestrel: Team, ada: User, sign_in: SignIn, what: str
) -> None:
    of = factories.closed_round(
        aviary, kestrel, [5] * 6, now=timezone.now() - factories.DAY, team_first_days=5
    )

    for method in ("get", "post"):
        assert getattr(sign_in(ada), method)(path(of, what)).status_code == 403


def test_an_open_round_has_no_reports(
    aviary: Organization, kestrel: Team, ada: User, sign_in: SignIn
) -> None:
    assert sign_in(ada).get(path(factories.open_round(aviary))).status_code == 404


# --- The summary ------------------------------------------------------------------------------


def test_the_summary_is_made_when_somebody_asks(closed: Round, cleo: User, sign_in: SignIn) -> None:
    page = sign_in(cleo).post(path(closed, "summary.pdf"), follow=True)

    assert "Open the summary (PDF)" in page.content.decode()
    file = page.client.get(path(closed, "summary.pdf"))
    assert file.getvalue() == b"%PDF-1.7 of a summary"


def test_the_summary_is_made_once(closed: Round, cleo: User, sign_in: SignIn) -> None:
    client = sign_in(cleo)
    names = set()
    for _time in range(2):
        client.post(path(closed, "summary.pdf"))
        names.add(Report.objects.get(round=closed).file.name)

    assert len(names) == 1


def test_a_summary_that_is_being_made_says_so(closed: Round, cleo: User, sign_in: SignIn) -> None:
    request_summary(round=closed)
    page = sign_in(cleo).get(path(closed))

    assert "The summary is being made." in page.content.decode()
    assert page["Refresh"] == "3"


def test_a_summary_that_failed_can_be_tried_again(
    closed: Round, cleo: User, sign_in: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    report = request_summary(round=closed)[0]
    Report.objects.filter(pk=report.pk).update(state=ReportState.FAILED, error="out of ink")
    client = sign_in(cleo)
    assert "The summary could not be made." in client.get(path(closed)).content.decode()

    client.post(path(closed, "summary.pdf"))

    report.refresh_from_db()
    assert report.state == ReportState.READY


# --- The log ----------------------------------------------------------------------------------


def test_who_takes_results_away_is_logged(closed: Round, ada: User, sign_in: SignIn) -> None:
    client = sign_in(ada)
    bundle = Bundle.objects.get(pk=client.post(path(closed), follow=True).context["bundle"].pk)
    client.post(path(closed, "summary.pdf"))
    for what in (f"reports/{bundle.pk}/reports.zip", "summary.pdf"):
        client.head(path(closed, what)).close()
        client.get(path(closed, what)).close()

    kinds = [entry.additional_data["what"] for entry in LogEntry.objects.filter(actor=ada).order_by("pk")]
    assert kinds == ["bundle_downloaded", "summary_downloaded"]
    log = words(client.get("/o/aviary/log/").content.decode())
    assert "Ada downloaded all reports of 2026 Q2." in log
    assert "Ada downloaded the summary of 2026 Q2." in log
