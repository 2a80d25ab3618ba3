"""Signs of life, and the queue that they go through."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.core.management import call_command
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from accelerate_survey.operations import heartbeats
from accelerate_survey.operations.models import Heartbeat, Part
from tests.factories import DAY, NOW

MINUTE = dt.timedelta(minutes=1)


@pytest.fixture
def queue(settings: Any, db: None) -> None:
    """Tasks wait for a worker, as in real use."""
    settings.TASKS = {"default": {"BACKEND": "django_tasks_db.DatabaseBackend"}}


def work() -> None:
    """A worker that goes when there is nothing left to do."""
    call_command("db_worker", batch=True, startup_delay=False, verbosity=0, worker_id="test")


def questions() -> list[str]:
    rows = DBTaskResult.objects.filter(task_path=heartbeats.answer.module_path)
    return sorted(row.status for row in rows)


def test_the_schedule_leaves_its_sign_and_the_worker_its_own(queue: None) -> None:
    call_command("run_schedule")
    assert list(Heartbeat.objects.values_list("part", flat=True)) == [Part.SCHEDULE]

    work()

    seen = dict(Heartbeat.objects.values_list("part", "at"))
    assert set(seen) == {Part.SCHEDULE, Part.WORKER}
    assert all(timezone.now() - at < MINUTE for at in seen.values())


def test_a_second_sign_takes_the_place_of_the_first(db: None) -> None:
    heartbeats.beat(Part.WORKER, NOW)
    heartbeats.beat(Part.WORKER, NOW + MINUTE)

    assert Heartbeat.objects.get().at == NOW + MINUTE


def test_a_worker_that_stands_still_is_asked_once(queue: None) -> None:
    for _ in range(3):
        heartbeats.ask_worker(NOW)

    assert questions() == ["READY"]


def test_answers_do_not_pile_up(queue: None) -> None:
    for _ in range(3):
        heartbeats.ask_worker(timezone.now())
        work()

    assert questions() == ["SUCCESSFUL"]


def test_a_worker_that_was_killed_over_its_answer_keeps_no_other_from_being_asked(queue: None) -> None:
    heartbeats.ask_worker(NOW)
    DBTaskResult.objects.update(status="RUNNING", started_at=NOW)

    heartbeats.ask_worker(NOW + MINUTE)
    assert questions() == ["READY", "RUNNING"]  # it may still be at it
    heartbeats.ask_worker(NOW + heartbeats.LOST + MINUTE)

    assert questions() == ["READY"]


def test_what_was_done_long_ago_is_forgotten(queue: None) -> None:
    heartbeats.ask_worker(NOW)
    DBTaskResult.objects.update(status="SUCCESSFUL", finished_at=NOW)

    heartbeats.forget_tasks(NOW + heartbeats.KEPT)
    assert questions() == ["SUCCESSFUL"]
    heartbeats.forget_tasks(NOW + heartbeats.KEPT + DAY)

    assert questions() == []
