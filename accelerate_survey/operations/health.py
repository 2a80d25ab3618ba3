"""Is the survey well? Each look is at one part, and says what was found and what to do.

The public address shows nothing but whether each part is well; the words are for ``manage.py doctor``.
"""

import datetime as dt
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

from django.conf import settings
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.db.models import Q

from assessments.models import Mail, MailState

from .models import Heartbeat, Part


class State(Enum):
    """How a part is."""

    OK = "ok"
    WARNING = "warning"
    BROKEN = "broken"


@dataclass(frozen=True)
class Finding:
    """What a look at one part found."""

    part: str
    state: State
    said: str
    do: str = ""  # empty where there is nothing to do

    @property
    def is_fine(self) -> bool:
        """Whether the survey works in spite of it."""
        return self.state is not State.BROKEN


def ok(part: str, said: str) -> Finding:
    """A part that is as it should be."""
    return Finding(part, State.OK, said)


def warning(part: str, said: str, do: str) -> Finding:
    """A part that works, and should be otherwise."""
    return Finding(part, State.WARNING, said, do)


def broken(part: str, said: str, do: str) -> Finding:
    """A part that does not work."""
    return Finding(part, State.BROKEN, said, do)


Look = Callable[[dt.datetime], Finding]

SILENT = dt.timedelta(minutes=5)
"""After so long without a sign of life something is wrong: there should be one every minute."""

STUCK = dt.timedelta(hours=1)
"""So long a mail may wait while none goes out."""

TRIES = 3
"""A mail that was refused so often has been tried for half an hour."""

FREE = 0.05
"""Share of the disk that has to be free."""


def look(now: dt.datetime) -> list[Finding]:
    """How all parts are that the survey needs to work."""
    return [carefully(name, each, now) for name, each in PARTS.items()]


def carefully(name: str, each: Look, now: dt.datetime) -> Finding:
    """What a look found, or that it could not look."""
    try:
        return each(now)
    except DatabaseError as error:
        words = " ".join(str(error).split())
        return broken(name, f"The database does not answer: {words}.", "Start it, or mend DATABASE_URL.")


def look_at_database(now: dt.datetime) -> Finding:
    """Whether it answers and has the tables that this version needs."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    executor = MigrationExecutor(connection)
    if missing := executor.migration_plan(executor.loader.graph.leaf_nodes()):
        words = f"It is older than the program: migrations are missing, from {missing[0][0]} on."
        return broken("database", words, "manage.py migrate")
    return ok("database", f"It answers and is up to date ({connection.vendor}).")


def look_at_worker(now: dt.datetime) -> Finding:
    """Whether tasks get done."""
    return _sign_of(
        Part.WORKER, now, "Start one: manage.py db_worker. The schedule asks it for signs of life."
    )


def look_at_schedule(now: dt.datetime) -> Finding:
    """Whether what is due gets done."""
    return _sign_of(Part.SCHEDULE, now, "Run manage.py run_schedule every minute, from cron or the like.")


def _sign_of(part: Part, now: dt.datetime, do: str) -> Finding:
    last = Heartbeat.objects.filter(part=part).values_list("at", flat=True).first()
    if last is None:
        return broken(part.value, "It has never been seen.", do)
    if now - last > SILENT:
        return broken(part.value, f"It was last seen at {last:%Y-%m-%d %H:%M} UTC.", do)
    return ok(part.value, f"It was seen {max(0, (now - last).seconds)} seconds ago.")


def look_at_mails(now: dt.datetime) -> Finding:
    """Whether mails go out."""
    never_tried = Q(attempts=0, changed_at__lt=now - STUCK)
    stuck = Mail.objects.filter(never_tried | Q(attempts__gte=TRIES), state=MailState.WAITING)
    if not (number := stuck.count()):
        return ok("mails", "None waits for long.")
    if Mail.objects.filter(state=MailState.SENT, changed_at__gt=now - STUCK).exists():
        return warning("mails", f"{number} wait for long while others go out.", "Look at the page Mails.")
    return broken(
        "mails",
        f"{number} wait, and none has gone out for an hour.",
        "See what this says about mail server and worker; the page Mails shows what the server said.",
    )


def look_at_disk(now: dt.datetime) -> Finding:
    """Whether there is room for what comes."""
    usage = shutil.disk_usage(settings.DATA_DIR)
    share = usage.free / usage.total
    if share < FREE:
        return broken("disk", f"{share:.0%} of it is free.", f"Make room where {settings.DATA_DIR} lies.")
    return ok("disk", f"{share:.0%} of it is free.")


PARTS: dict[str, Look] = {
    "database": look_at_database,
    "worker": look_at_worker,
    "schedule": look_at_schedule,
    "mails": look_at_mails,
    "disk": look_at_disk,
}
