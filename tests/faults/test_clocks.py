"""Clocks that jump: rounds open, remind and close once, when the clock on the wall says so."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from zoneinfo import ZoneInfo

import pytest
from django.core import mail
from django.core.management import call_command
from django.test import Client
from django.utils import timezone

from assessments.models import Round, Team
from tests import factories
from tests.factories import DAY

Run = Callable[[dt.datetime], str]
STEP = dt.timedelta(minutes=15)


def utc(*numbers: int) -> dt.datetime:
    return dt.datetime(*numbers, tzinfo=dt.UTC)


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """``run(now)``: what the schedule says when the clock shows this."""

    def at(now: dt.datetime) -> str:
        monkeypatch.setattr(timezone, "now", lambda: now)
        call_command("run_schedule")
        return capsys.readouterr().out

    return at


def prepare(team: Team, zone: str, day: dt.date, time: dt.time, days: int) -> None:
    """A schedule that opens on this day, for so many days, with one reminder."""
    team.organization.time_zone = zone
    team.organization.save()
    factories.set_schedule(
        team.organization, now=utc(day.year, day.month, day.day) - 20 * DAY,
        months=[day.month], day=day.day, time=time, days_open=days, reminders=1, team_first_days=0,
    )  # fmt: skip


ZURICH, NEW_YORK = "Europe/Zurich", "America/New_York"
LORD_HOWE, KIRITIMATI = "Australia/Lord_Howe", "Pacific/Kiritimati"
WALLS = [
    # a closing that clocks jump over comes as much later as they jump
    (ZURICH, (2026, 3, 28), (2, 30), 1, utc(2026, 3, 28, 1, 30), utc(2026, 3, 29, 1, 30), "03:30"),
    # one that they show twice is the first of the two
    (ZURICH, (2026, 10, 24), (2, 30), 1, utc(2026, 10, 24, 0, 30), utc(2026, 10, 25, 0, 30), "02:30"),
    (ZURICH, (2026, 10, 24), (9, 0), 2, utc(2026, 10, 24, 7), utc(2026, 10, 26, 8), "09:00"),
    # so is an opening
    (NEW_YORK, (2026, 11, 1), (1, 30), 1, utc(2026, 11, 1, 5, 30), utc(2026, 11, 2, 6, 30), "01:30"),
    (NEW_YORK, (2026, 3, 7), (2, 0), 1, utc(2026, 3, 7, 7), utc(2026, 3, 8, 7), "03:00"),
    # clocks that jump by half an hour
    (LORD_HOWE, (2026, 10, 3), (2, 15), 1, utc(2026, 10, 2, 15, 45), utc(2026, 10, 3, 15, 45), "02:45"),
    # the ends of the world, over the end of the year, and a leap day
    (KIRITIMATI, (2026, 12, 28), (23, 45), 4, utc(2026, 12, 28, 9, 45), utc(2027, 1, 1, 9, 45), "23:45"),
    ("Etc/GMT+12", (2027, 1, 1), (0, 0), 1, utc(2027, 1, 1, 12), utc(2027, 1, 2, 12), "00:00"),
    ("UTC", (2028, 2, 28), (12, 0), 1, utc(2028, 2, 28, 12), utc(2028, 2, 29, 12), "12:00"),
]  # fmt: skip


@pytest.mark.parametrize(("zone", "day", "time", "days", "opens", "closes", "shown"), WALLS)
def test_a_round_opens_reminds_and_closes_once_at_the_time_on_the_wall(
    kestrel: Team, run: Run, zone: str, day: tuple[int, int, int], time: tuple[int, int], days: int,
    opens: dt.datetime, closes: dt.datetime, shown: str,
) -> None:  # fmt: skip
    """The schedule runs every quarter of an hour; so each happens within that time."""
    prepare(kestrel, zone, dt.date(*day), dt.time(*time), days)
    happened: list[tuple[str, dt.datetime]] = []
    now = opens - 2 * STEP
    while now <= closes + 2 * STEP:
        mail.outbox.clear()
        said = run(now)
        kinds = {message.subject for message in mail.outbox}
        happened += [(word, now) for word in ("Opened", "Closed") if word in said]
        happened += [(f"{len(mail.outbox)} mails", now)] if kinds else []
        if any("Opened" in line for line in said.splitlines()):
            local = closes.astimezone(ZoneInfo(zone))
            assert all(shown in message.body for message in mail.outbox)
            assert all(local.strftime("%B") in message.body for message in mail.outbox)
        now += STEP

    half_way = opens + (closes - opens) / 2
    reminded = opens - 2 * STEP + -((opens - 2 * STEP - half_way) // STEP) * STEP
    assert happened == [
        ("Opened", opens), ("6 mails", opens), ("6 mails", reminded), ("Closed", closes), ("6 mails", closes)
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("zone", "name"), [(KIRITIMATI, "2027 Q1"), ("Etc/GMT+12", "2027 Q1"), ("UTC", "2027 Q1")]
)
def test_a_round_is_of_the_quarter_that_the_wall_shows(kestrel: Team, run: Run, zone: str, name: str) -> None:
    """At midnight of the new year it is still the old one elsewhere."""
    kestrel.organization.time_zone = zone
    kestrel.organization.save()
    factories.set_schedule(
        kestrel.organization, now=utc(2026, 12, 1), months=[1, 4, 7, 10], day=1, time=dt.time(0)
    )
    for hour in range(48):
        run(utc(2026, 12, 31) + hour * 4 * STEP)

    assert Round.objects.exclude(salt="").get().name == name


def test_a_clock_that_is_set_back_opens_nothing_again(kestrel: Team, run: Run, client: Client) -> None:
    """Not the round, not its links; nobody is told twice; forward again, the next one comes."""
    prepare(kestrel, ZURICH, dt.date(2026, 10, 24), dt.time(9), 2)
    opens, closes = utc(2026, 10, 24, 7), utc(2026, 10, 26, 8)
    run(opens)
    link = factories.tokens_of(Round.objects.exclude(salt="").get())[0]
    run(opens + DAY * 1.1)
    run(closes)
    rounds, mails = Round.objects.count(), len(mail.outbox)

    for now in (opens - DAY, opens, opens + DAY * 1.1, closes - STEP):
        run(now)
        assert client.get(f"/respond/{link}/").status_code == 404
    run(closes + STEP)

    assert (Round.objects.count(), len(mail.outbox)) == (rounds, mails)
    assert not Round.objects.exclude(salt="").exists()
    assert "Opened" in run(utc(2027, 10, 24, 7))


def test_a_clock_that_jumps_over_a_round_holds_it_late_and_once(kestrel: Team, run: Run) -> None:
    """From before its opening to three days after: it opens late, for its whole window."""
    prepare(kestrel, ZURICH, dt.date(2026, 10, 24), dt.time(9), 14)
    run(utc(2026, 10, 24, 6))
    said = run(utc(2026, 10, 27, 8))

    assert "Opened" in said
    assert Round.objects.exclude(salt="").get().closes_at == utc(2026, 11, 10, 8)
    run(utc(2026, 10, 24, 7))  # set right again
    assert Round.objects.exclude(salt="").count() == 1
    assert len(mail.outbox) == 6
