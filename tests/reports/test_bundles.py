"""Bundles: all reports of a round in one file, made once, whatever happens to those who make them."""

from __future__ import annotations

import datetime as dt
import io
import zipfile
from pathlib import Path
from typing import Any

import pytest
from django.core import mail

from assessments.models import Mail, MailKind, MailState, Organization, Round, Team, User
from assessments.services import mails, people, rounds
from assessments.services.errors import ServiceError
from reports import bundles, pdf
from reports.content import ReportContent
from reports.models import Bundle, BundleState, Report, ReportState
from reports.services import file_name, render_report, request_report
from reports.tasks import enqueue_bundle, render_for_bundle
from tests import factories
from tests.factories import DAY, NOW

LATER = NOW + 3 * DAY


@pytest.fixture(autouse=True)
def broken() -> set[str]:
    """The teams whose report cannot be drawn."""
    return {"Broken"}


@pytest.fixture(autouse=True)
def press(monkeypatch: pytest.MonkeyPatch, settings: Any, tmp_path: Path, broken: set[str]) -> list[str]:
    """The teams whose reports were drawn; nothing is drawn, and files go to a folder of the test."""
    drawn: list[str] = []
    settings.MEDIA_ROOT = tmp_path

    def render(content: ReportContent) -> bytes:
        if content.team in broken:
            raise ValueError("out of ink")
        drawn.append(content.team)
        return f"%PDF-1.7 of {content.team}".encode()

    monkeypatch.setattr(pdf, "render", render)
    return drawn


@pytest.fixture
def closed(aviary: Organization, kestrel: Team) -> Round:
    """A closed round of three teams."""
    factories.make_team(aviary, "Broken", size=1)
    factories.make_team(aviary, "Rot/../Kite", size=1)
    return factories.closed_round(aviary, kestrel, [5] * 6)


def ask(of: Round, by: User, *, group: Any = None, now: dt.datetime = LATER) -> Bundle:
    """Ask, and let the workers do it."""
    asked = bundles.request_bundle(round=of, group=group, language="en", by=by, now=now)
    enqueue_bundle(asked, now)
    asked.refresh_from_db()
    return asked


def unpacked(bundle: Bundle) -> dict[str, str]:
    with bundle.file.open() as file, zipfile.ZipFile(io.BytesIO(file.read())) as archive:
        assert archive.testzip() is None
        return {entry.filename: archive.read(entry).decode() for entry in archive.infolist()}


def test_a_bundle_has_every_teams_report(closed: Round, cleo: User, broken: set[str]) -> None:
    broken.clear()
    bundle = ask(closed, cleo)

    assert bundle.state == BundleState.READY
    assert unpacked(bundle) == {
        "broken-2026-q2.pdf": "%PDF-1.7 of Broken",
        "rotkite-2026-q2.pdf": "%PDF-1.7 of Rot/../Kite",
        "team-kestrel-2026-q2.pdf": "%PDF-1.7 of Team Kestrel",
    }


def test_what_failed_is_named_in_it_and_stops_nothing(closed: Round, cleo: User) -> None:
    bundle = ask(closed, cleo)

    assert (bundle.state, bundle.error) == (BundleState.READY, "Broken")
    assert bundles.progress_of(bundle) == bundles.Progress(total=3, ready=2, failed=1)
    files = unpacked(bundle)
    assert len(files) == 3
    assert "could not be made:\n\nBroken\n" in files["not included.txt"]


def test_what_failed_is_tried_again_and_nothing_else(
    closed: Round, cleo: User, press: list[str], broken: set[str]
) -> None:
    first = ask(closed, cleo)
    old = first.file.name
    broken.clear()
    press.clear()

    again = bundles.retry_bundle(bundle=first, language="en", by=cleo, now=LATER + DAY)
    enqueue_bundle(again, LATER + DAY)
    again.refresh_from_db()

    assert press == ["Broken"]
    assert (again.pk, again.state, again.error) == (first.pk, BundleState.READY, "")
    assert len(unpacked(again)) == 3
    assert again.file.name != old


@pytest.mark.django_db(transaction=True)
def test_the_file_of_an_earlier_try_is_deleted(closed: Round, cleo: User) -> None:
    bundle = ask(closed, cleo)
    storage, old = bundle.file.storage, bundle.file.name
    assert storage.exists(old)

    bundles.retry_bundle(bundle=bundle, language="en", by=cleo, now=LATER)

    assert not storage.exists(old)


def test_a_report_that_is_there_is_not_made_again(closed: Round, cleo: User, press: list[str]) -> None:
    kestrel = closed.assessments.get(team_name="Team Kestrel")
    render_report(report=request_report(assessment=kestrel)[0], language="en", now=NOW)

    ask(closed, cleo)
    ask(closed, cleo)

    assert press.count("Team Kestrel") == 1


def test_a_report_that_somebody_else_has_asked_for_is_left_to_them(
    closed: Round, cleo: User, press: list[str]
) -> None:
    request_report(assessment=closed.assessments.get(team_name="Team Kestrel"))

    bundle = ask(closed, cleo)

    assert "Team Kestrel" not in press
    assert bundle.state == BundleState.PENDING


def test_who_asks_second_gets_the_same_bundle(closed: Round, cleo: User, ada: User) -> None:
    first = bundles.request_bundle(round=closed, group=None, language="en", by=cleo, now=LATER)
    second = bundles.request_bundle(round=closed, group=None, language="en", by=ada, now=LATER + DAY)

    assert (second.pk, second.asked_by) == (first.pk, cleo)


def test_a_group_has_its_own_teams_and_those_of_the_groups_below(
    aviary: Organization, closed: Round, kestrel: Team, cleo: User
) -> None:
    sky = people.create_group(organization=aviary, name="Sky", by=None)
    night = people.create_group(organization=aviary, name="Night", parent=sky, by=None)
    people.change_team(team=kestrel, name=kestrel.name, group=night, by=None)

    assert list(unpacked(ask(closed, cleo, group=sky))) == ["team-kestrel-2026-q2.pdf"]
    assert list(unpacked(ask(closed, cleo, group=night))) == ["team-kestrel-2026-q2.pdf"]


def test_a_group_without_teams_has_no_bundle(aviary: Organization, closed: Round, cleo: User) -> None:
    empty = people.create_group(organization=aviary, name="Sky", by=None)

    with pytest.raises(ServiceError, match="No team of this group"):
        ask(closed, cleo, group=empty)


def test_no_report_is_made_for_a_cancelled_bundle(closed: Round, cleo: User, press: list[str]) -> None:
    bundle = bundles.request_bundle(round=closed, group=None, language="en", by=cleo, now=LATER)
    first, *others = bundles.lacking(bundle)
    render_for_bundle.call(bundle.pk, first)
    assert bundles.cancel_bundle(bundle=bundle)

    for assessment in others:
        render_for_bundle.call(bundle.pk, assessment)

    bundle.refresh_from_db()
    assert bundle.state == BundleState.CANCELLED
    assert list(Report.objects.values_list("assessment", flat=True)) == [first]
    assert not bundles.cancel_bundle(bundle=bundle)


def test_a_cancelled_bundle_can_go_on(closed: Round, cleo: User) -> None:
    bundle = bundles.request_bundle(round=closed, group=None, language="en", by=cleo, now=LATER)
    bundles.cancel_bundle(bundle=bundle)

    assert ask(closed, cleo).state == BundleState.READY


def test_a_bundle_that_is_cancelled_while_it_is_packed_stays_so(
    closed: Round, cleo: User, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    write = bundles._write

    def cancelled_meanwhile(bundle: Bundle, failed: list[str]) -> str:
        bundles.cancel_bundle(bundle=bundle)
        return write(bundle, failed)

    monkeypatch.setattr(bundles, "_write", cancelled_meanwhile)

    assert ask(closed, cleo).state == BundleState.CANCELLED
    assert list((tmp_path / "bundles").iterdir()) == []
    assert not mail.outbox


def test_what_cannot_be_packed_says_so_and_can_be_tried_again(
    closed: Round, cleo: User, settings: Any, caplog: pytest.LogCaptureFixture
) -> None:
    folder, settings.DATA_DIR = settings.DATA_DIR, "/nowhere"
    failed = ask(closed, cleo)
    assert failed.state == BundleState.FAILED
    assert "could not be packed" in caplog.text

    settings.DATA_DIR = folder
    assert ask(closed, cleo).state == BundleState.READY


def test_the_same_reports_make_the_same_file(closed: Round, cleo: User) -> None:
    made = []
    for _time in range(2):
        bundle = ask(closed, cleo)
        with bundle.file.open() as file:
            made.append(file.read())
        bundles.retry_bundle(bundle=bundle, language="en", by=cleo, now=LATER)

    assert made[0] == made[1]


def test_its_file_has_a_name_that_nobody_guesses(closed: Round, cleo: User) -> None:
    assert len(Path(ask(closed, cleo).file.name).stem) == 36


def test_names_in_a_file_are_safe_and_no_two_the_same(aviary: Organization) -> None:
    hostile = ["../../etc/passwd", "aux", "a" * 100, "b" + "a" * 99, "-rf *", 'a"b|c']
    for name in hostile:
        factories.make_team(aviary, name, size=1)
    of = factories.open_round(aviary, "CON 2026/Q2 é")
    names = [file_name(each) for each in of.assessments.select_related("team", "round")]

    assert len(set(names)) == len(hostile)
    assert all(set(name) <= set("abcdefghijklmnopqrstuvwxyz0123456789-_") for name in names)
    assert all(name.endswith("-con-2026q2-e") and len(name) < 200 for name in names)


# --- The mail ---------------------------------------------------------------------------------


def test_who_asked_gets_a_mail_when_it_is_ready(closed: Round, cleo: User) -> None:
    ask(closed, cleo)

    (sent,) = mail.outbox
    assert sent.to == [cleo.email]
    assert sent.subject == "The reports of 2026 Q2 at Aviary are packed"
    assert f"/o/aviary/rounds/{closed.pk}/reports/" in sent.body
    assert Mail.objects.get(kind=MailKind.BUNDLE).state == MailState.SENT


def test_each_time_it_is_a_mail_of_its_own(closed: Round, cleo: User) -> None:
    for _time in range(2):
        bundle = ask(closed, cleo)
        bundles.retry_bundle(bundle=bundle, language="en", by=cleo, now=LATER)

    assert len({sent.extra_headers["Message-ID"] for sent in mail.outbox}) == 2
    assert Mail.objects.filter(kind=MailKind.BUNDLE).count() == 1


def test_who_wants_no_mails_gets_none(closed: Round, cleo: User) -> None:
    mails.stop_mails(organization=closed.organization, user=cleo)

    assert ask(closed, cleo).state == BundleState.READY
    assert not mail.outbox


def test_who_lost_the_role_meanwhile_gets_none(aviary: Organization, closed: Round, cleo: User) -> None:
    bundle = bundles.request_bundle(round=closed, group=None, language="en", by=cleo, now=LATER)
    people.remove_organization_role(membership=aviary.memberships.get(user=cleo), by=None)

    enqueue_bundle(bundle, LATER)

    bundle.refresh_from_db()
    assert bundle.state == BundleState.READY
    assert not mail.outbox
    assert Mail.objects.get(kind=MailKind.BUNDLE).state == MailState.FAILED


# --- How much it asks of the database ---------------------------------------------------------


def test_progress_is_one_query_however_many_teams(
    closed: Round, cleo: User, django_assert_num_queries: Any
) -> None:
    bundle = bundles.request_bundle(round=closed, group=None, language="en", by=cleo, now=LATER)

    with django_assert_num_queries(1):
        bundles.progress_of(bundle)


def test_packing_reads_no_content_and_no_query_a_team(
    aviary: Organization, kestrel: Team, cleo: User, django_assert_max_num_queries: Any
) -> None:
    for number in range(30):
        factories.make_team(aviary, f"Team {number}", size=1)
    of = factories.open_round(aviary)
    rounds.close_round(round=of, by=None, now=NOW + DAY)
    of.refresh_from_db()
    bundle = bundles.request_bundle(round=of, group=None, language="en", by=cleo, now=LATER)
    for assessment in bundles.lacking(bundle):
        render_report(
            report=request_report(assessment=of.assessments.get(pk=assessment))[0], language="en", now=NOW
        )
    assert not Report.objects.exclude(state=ReportState.READY).exists()

    with django_assert_max_num_queries(12):
        assert bundles.pack(bundle=bundle, now=LATER)
    bundle.refresh_from_db()
    assert len(unpacked(bundle)) == 31
