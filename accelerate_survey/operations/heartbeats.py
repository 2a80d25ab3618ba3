"""Signs of life: each run of the schedule leaves one, and asks the workers for theirs.

The worker's goes through the queue like all of its work. So it shows that tasks get done, on
whichever machine, and not merely that a process exists.
"""

import datetime as dt

from django.db.models import Q
from django.utils import timezone
from django_tasks import TaskResultStatus, task
from django_tasks_db.models import DBTaskResult

from .models import Heartbeat, Part

FIRST = 100
"""Before everything else: a worker that is busy is alive."""

LOST = dt.timedelta(minutes=10)
"""The worker that began so long ago is gone."""

KEPT = dt.timedelta(days=14)
"""So long the queue remembers what was done."""


def beat(part: Part, now: dt.datetime) -> None:
    """Note that a part is at work."""
    Heartbeat.objects.update_or_create(part=part, defaults={"at": now})


@task(priority=FIRST)
def answer() -> None:
    """The worker's sign of life."""
    beat(Part.WORKER, timezone.now())


def ask_worker(now: dt.datetime) -> None:
    """Put the question into the queue, unless it waits there, and throw earlier answers away."""
    asked = DBTaskResult.objects.filter(task_path=answer.module_path)
    is_over = ~Q(status__in=[TaskResultStatus.READY, TaskResultStatus.RUNNING])
    asked.filter(is_over | Q(status=TaskResultStatus.RUNNING, started_at__lt=now - LOST)).delete()
    if not asked.filter(status=TaskResultStatus.READY).exists():
        answer.enqueue()


def forget_tasks(now: dt.datetime) -> None:
    """Delete from the queue what was done or failed long ago."""
    DBTaskResult.objects.finished().filter(finished_at__lt=now - KEPT).delete()
