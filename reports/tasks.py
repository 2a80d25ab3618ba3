"""Rendering in the background: one task a report, and one that packs what was asked for together."""

import datetime as dt
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django_tasks import TaskResultStatus, task
from django_tasks_db.models import DBTaskResult

from assessments.models import Assessment, Round
from assessments.tasks import enqueue_mails, enqueue_messages

from . import bundles
from .models import Bundle, BundleState, Report, ReportState
from .services import give_up, render_report, request_report

PATIENT = -10
"""What was asked for in bulk waits until nobody waits for a single report."""

LOST = dt.timedelta(minutes=10)
"""No report takes so long: the worker that began it is gone."""

TRIES = 3
"""A report that so many workers died of is one that cannot be made."""


@task()
def render_one_report(report_id: int, language: str) -> None:
    """Render one report. Running it twice renders once."""
    report = (
        Report.objects.select_related(
            "assessment__round__questionnaire",
            "assessment__round__organization",
            "round__questionnaire",
            "round__organization",
        )
        .filter(pk=report_id)
        .first()
    )
    if report:
        now = timezone.now()
        render_report(report=report, language=language, now=now)
        enqueue_messages(now)
        if report.assessment:
            enqueue_packing(report.assessment.round, now)


@task(priority=PATIENT)
def render_for_bundle(bundle_id: int, assessment_id: int) -> None:
    """Render one report of a bundle, unless that was cancelled or somebody else has asked for the report."""
    bundle = bundles.waiting_bundles().filter(pk=bundle_id).first()
    if bundle is None:
        return
    report, waiting = request_report(assessment=Assessment.objects.get(pk=assessment_id))
    if waiting:
        render_one_report.call(report.pk, bundle.language)
    else:
        enqueue_packing(bundle.round, timezone.now())


@task()
def pack_bundle(bundle_id: int) -> None:
    """Pack a bundle, and tell who asked for it. Running it twice packs once."""
    bundle = bundles.waiting_bundles().filter(pk=bundle_id).first()
    now = timezone.now()
    if bundle and bundles.pack(bundle=bundle, now=now):
        enqueue_mails(now)


class _Unfinished(NamedTuple):
    """A task in the queue, or in the hands of a worker."""

    path: str
    args: tuple[Any, ...]
    is_running: bool
    is_lost: bool  # its worker is gone


def _unfinished(now: dt.datetime) -> list[_Unfinished]:
    """All that the workers have to do of ours."""
    paths = [each.module_path for each in (render_one_report, render_for_bundle, pack_bundle)]
    running = Q(status=TaskResultStatus.RUNNING)
    rows = DBTaskResult.objects.filter(running | Q(status=TaskResultStatus.READY), task_path__in=paths)
    return [
        _Unfinished(
            row.task_path,
            tuple(row.args_kwargs["args"]),
            row.status == TaskResultStatus.RUNNING,
            row.started_at is not None and row.started_at < now - LOST,
        )
        for row in rows.only("task_path", "args_kwargs", "status", "started_at")
    ]


@transaction.atomic
def enqueue_bundle(bundle: Bundle, now: dt.datetime) -> None:
    """Put what a bundle lacks into the queue, unless it is there; safe to call as often as one likes."""
    if bundle.state != BundleState.PENDING:
        return
    path = render_for_bundle.module_path
    there = {each.args for each in _unfinished(now) if each.path == path and not each.is_lost}
    for assessment_id in bundles.lacking(bundle):
        if (bundle.pk, assessment_id) not in there:
            render_for_bundle.enqueue(bundle.pk, assessment_id)
    enqueue_packing(bundle.round, now)


def enqueue_packing(of: Round, now: dt.datetime) -> None:
    """Have every bundle of a round packed that waits for no report any more."""
    for bundle in bundles.waiting_bundles(of):
        if bundles.progress_of(bundle).is_complete and not _is_being_packed(bundle, now):
            pack_bundle.enqueue(bundle.pk)


def _is_being_packed(bundle: Bundle, now: dt.datetime) -> bool:
    wanted = pack_bundle.module_path, (bundle.pk,)
    return any((each.path, each.args) == wanted and not each.is_lost for each in _unfinished(now))


def take_up_lost(now: dt.datetime) -> None:
    """Put into the queue again what waits and has no task: its worker was killed, or it never had one."""
    waiting = (
        Report.objects.filter(state=ReportState.PENDING)
        .select_related("assessment__round__organization", "round__organization")
        .defer("content")
    )
    tasks = list(_tasks_about(list(waiting), now))
    alive = {report for report, each in tasks if not each.is_lost}
    lost = Counter(report for report, each in tasks if each.is_lost)
    for report in waiting:
        if report.pk in alive:
            continue
        if lost[report.pk] < TRIES:
            render_one_report.enqueue(report.pk, report.organization.language)
        else:
            give_up(report=report, error=f"{TRIES} workers were lost with it")
    for bundle in bundles.waiting_bundles():
        enqueue_bundle(bundle, now)


def _tasks_about(reports: Iterable[Report], now: dt.datetime) -> Iterator[tuple[int, _Unfinished]]:
    """The tasks that make these reports, each with its report's number.

    A bundle's task makes a report only when it is the first to ask for it, so one that has not begun
    is not counted: it would leave the report to another.
    """
    by_assessment = {report.assessment_id: report.pk for report in reports}
    for each in _unfinished(now):
        if each.path == render_one_report.module_path:
            yield each.args[0], each
        elif each.path == render_for_bundle.module_path and each.is_running and each.args[1] in by_assessment:
            yield by_assessment[each.args[1]], each
