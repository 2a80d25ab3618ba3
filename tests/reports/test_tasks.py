"""What the queue holds: one task a report, once, and again when its worker was killed."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.utils import timezone
from django_tasks import TaskResultStatus
from django_tasks_db.models import DBTaskResult

from assessments.models import Organization, Round, Team, User
from assessments.signals import schedule_ran
from reports import bundles, pdf
from reports.models import Bundle, BundleState, Report, ReportState
from reports.services import request_report, request_reports
from reports.tasks import LOST, TRIES, enqueue_bundle, render_one_report, take_up_lost
from tests import factories

MINUTE = dt.timedelta(minutes=1)


@pytest.fixture(autouse=True)
def queue(settings: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Tasks wait for a worker, as in real use; nothing is drawn."""
    settings.TASKS = {"default": {"BACKEND": "django_tasks_db.DatabaseBackend"}}
    settings.MEDIA_ROOT = tmp_path
    monkeypatch.setattr(pdf, "render", lambda content: b"%PDF-1.7 of a test")


@pytest.fixture
def closed(aviary: Organization, kestrel: Team) -> Round:
    """A closed round of three teams."""
    for name in ("Team Wren", "Team Robin"):
        factories.make_team(aviary, name, size=1)
    return factories.closed_round(aviary, kestrel, [5] * 6)


@pytest.fixture
def bundle(closed: Round, cleo: User) -> Bundle:
    """Asked for just now."""
    return bundles.request_bundle(round=closed, group=None, language="en", by=cleo, now=timezone.now())


def work() -> None:
    """A worker does all that is there."""
    call_command("db_worker", batch=True, interval=0, startup_delay=False, verbosity=0, reload=False)


def names(status: str = TaskResultStatus.READY) -> list[str]:
    return [task.task_name for task in DBTaskResult.objects.filter(status=status).order_by("enqueued_at")]


def kill(task: DBTaskResult, ago: dt.timedelta) -> None:
    """As a worker leaves it that was killed so long ago."""
    DBTaskResult.objects.filter(pk=task.pk).update(
        status=TaskResultStatus.RUNNING, started_at=timezone.now() - ago
    )


def test_a_bundle_is_one_task_a_report(bundle: Bundle) -> None:
    enqueue_bundle(bundle, timezone.now())
    enqueue_bundle(bundle, timezone.now())

    assert names() == ["render_for_bundle"] * 3


def test_workers_make_the_reports_and_the_last_one_packs(bundle: Bundle) -> None:
    enqueue_bundle(bundle, timezone.now())
    work()

    bundle.refresh_from_db()
    assert bundle.state == BundleState.READY
    assert names(TaskResultStatus.SUCCESSFUL).count("pack_bundle") == 1


def test_a_single_report_goes_before_a_bundle(bundle: Bundle, closed: Round) -> None:
    enqueue_bundle(bundle, timezone.now())
    render_one_report.enqueue(request_report(assessment=closed.assessments.first())[0].pk, "en")

    assert DBTaskResult.objects.ready().first().task_name == "render_one_report"


def test_tasks_of_a_cancelled_bundle_do_nothing(bundle: Bundle) -> None:
    enqueue_bundle(bundle, timezone.now())
    bundles.cancel_bundle(bundle=bundle)
    work()

    assert not Report.objects.exists()
    assert set(names(TaskResultStatus.SUCCESSFUL)) == {"render_for_bundle"}


def test_what_nobody_has_in_the_queue_is_put_there(closed: Round) -> None:
    request_reports(round=closed)
    for _run in range(2):
        take_up_lost(timezone.now())

    assert names() == ["render_one_report"] * 3


def test_a_killed_workers_task_is_taken_up_again(bundle: Bundle) -> None:
    enqueue_bundle(bundle, timezone.now())
    killed = DBTaskResult.objects.ready().first()
    request_report(assessment=bundle.round.assessments.get(pk=killed.args_kwargs["args"][1]))
    kill(killed, LOST + MINUTE)
    work()
    bundle.refresh_from_db()
    assert bundle.state == BundleState.PENDING

    take_up_lost(timezone.now())
    work()

    bundle.refresh_from_db()
    assert bundle.state == BundleState.READY
    assert set(Report.objects.values_list("state", flat=True)) == {ReportState.READY}


def test_a_worker_that_was_killed_before_it_began_is_made_up_for(bundle: Bundle) -> None:
    enqueue_bundle(bundle, timezone.now())
    kill(DBTaskResult.objects.ready().first(), LOST + MINUTE)
    take_up_lost(timezone.now())
    work()

    bundle.refresh_from_db()
    assert bundle.state == BundleState.READY


def test_a_worker_that_is_at_it_is_left_alone(bundle: Bundle) -> None:
    enqueue_bundle(bundle, timezone.now())
    task = DBTaskResult.objects.ready().first()
    request_report(assessment=bundle.round.assessments.get(pk=task.args_kwargs["args"][1]))
    kill(task, LOST - MINUTE)

    take_up_lost(timezone.now())

    assert names() == ["render_for_bundle"] * 2


def test_a_worker_killed_while_packing_is_made_up_for(bundle: Bundle) -> None:
    enqueue_bundle(bundle, timezone.now())
    work()
    Bundle.objects.update(state=BundleState.PENDING, file="")
    kill(DBTaskResult.objects.get(task_path__endswith="pack_bundle"), LOST + MINUTE)

    take_up_lost(timezone.now())
    work()

    bundle.refresh_from_db()
    assert bundle.state == BundleState.READY


def test_a_report_that_kills_its_workers_is_given_up(closed: Round) -> None:
    deadly = request_report(assessment=closed.assessments.first())[0]
    for _death in range(TRIES):
        take_up_lost(timezone.now())
        kill(DBTaskResult.objects.ready().get(), LOST + MINUTE)

    take_up_lost(timezone.now())

    deadly.refresh_from_db()
    assert (deadly.state, deadly.error) == (ReportState.FAILED, "3 workers were lost with it")
    assert names() == []


def test_the_schedule_takes_up_what_was_lost(closed: Round) -> None:
    request_reports(round=closed)

    call_command("run_schedule")

    assert names().count("render_one_report") == 3


def test_what_goes_wrong_with_that_is_told_by_the_schedule(
    closed: Round, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(sender: Any, **kwargs: Any) -> None:
        raise ValueError("no queue")

    schedule_ran.connect(fail)
    try:
        with pytest.raises(Exception, match="Failed: reports"):
            call_command("run_schedule")
    finally:
        schedule_ran.disconnect(fail)
    assert "no queue" in caplog.text
