"""The schedule: what is planned next, changed, skipped, and opened late."""

from __future__ import annotations

import datetime as dt
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.core.exceptions import ValidationError

from assessments import queries
from assessments.models import Organization, Round, Schedule, Team
from assessments.services import people, rounds, schedules
from assessments.services.errors import ServiceError
from tests import factories
from tests.factories import DAY, NOW, set_schedule

AUGUST = dt.datetime(2026, 8, 1, 7, tzinfo=dt.UTC)  # 9:00 in Berlin
NOVEMBER = dt.datetime(2026, 11, 1, 8, tzinfo=dt.UTC)
FEBRUARY = dt.datetime(2027, 2, 1, 8, tzinfo=dt.UTC)
MINUTE = dt.timedelta(minutes=1)


@pytest.fixture
def berlin(kestrel: Team) -> Organization:
    """Aviary, by Berlin's clock."""
    Organization.objects.update(time_zone="Europe/Berlin")
    kestrel.organization.refresh_from_db()
    return kestrel.organization


def plan(organization: Organization, now: dt.datetime) -> Round | None:
    return schedules.plan_next(organization=organization, now=now)


def planned(organization: Organization) -> Round:
    """The one round that is planned."""
    return Round.objects.get(organization=organization, opens_itself=True, salt="", closed_at=None)


def open_due(organization: Organization, now: dt.datetime) -> Round | None:
    """What the command does with a round whose time has come."""
    due = queries.due_opening(organization, now)
    if due:
        schedules.open_planned(round=due, now=now)
    return due


# --- Planning ---------------------------------------------------------------------------------


def test_saving_a_schedule_plans_the_next_round(berlin: Organization) -> None:
    set_schedule(berlin)

    made = planned(berlin)
    assert (made.name, made.opens_at, made.closes_at) == ("2026 Q3", AUGUST, AUGUST + 14 * DAY)
    assert (made.reminders, made.team_first_days) == (2, 2)


def test_the_window_ends_at_the_same_time_of_day_in_winter(berlin: Organization) -> None:
    set_schedule(berlin, months=[10], day=20)

    made = planned(berlin)
    assert (made.name, made.closes_at - made.opens_at) == ("October 2026", 14 * DAY + 60 * MINUTE)


@pytest.mark.parametrize(
    ("zone", "opens_at"),
    [
        ("Pacific/Kiritimati", dt.datetime(2026, 7, 31, 19, tzinfo=dt.UTC)),
        ("Etc/GMT+12", dt.datetime(2026, 8, 1, 21, tzinfo=dt.UTC)),
    ],
)
def test_the_organizations_clock_counts(aviary: Organization, zone: str, opens_at: dt.datetime) -> None:
    aviary.time_zone = zone
    aviary.save()
    set_schedule(aviary)

    assert (planned(aviary).opens_at, planned(aviary).name) == (opens_at, "2026 Q3")
    assert Schedule.objects.get().planned_until == dt.date(2026, 8, 1)


def test_planning_twice_makes_one_round(berlin: Organization) -> None:
    set_schedule(berlin)

    assert plan(berlin, NOW) is None
    assert plan(berlin, AUGUST) is None
    assert Round.objects.count() == 1


def test_once_a_round_has_opened_the_next_is_planned(berlin: Organization) -> None:
    set_schedule(berlin)
    open_due(berlin, AUGUST)

    made = plan(berlin, AUGUST)

    assert made is not None
    assert (made.name, made.opens_at) == ("2026 Q4", NOVEMBER)


def test_a_round_that_was_opened_by_hand_before_its_time_does_not_come_again(berlin: Organization) -> None:
    set_schedule(berlin)
    rounds.open_round(round=planned(berlin), by=None, now=AUGUST - 3 * DAY)

    plan(berlin, AUGUST - 2 * DAY)

    assert planned(berlin).opens_at == NOVEMBER


def test_another_clock_keeps_the_hour(berlin: Organization) -> None:
    set_schedule(berlin)
    before = planned(berlin).opens_at.astimezone(ZoneInfo("Europe/Berlin"))

    people.change_organization(
        organization=berlin, name=berlin.name, time_zone="America/Los_Angeles", language="en",
        minimum_responses=5, keep_responses_days=None, by=None,
    )  # fmt: skip

    after = planned(berlin).opens_at.astimezone(ZoneInfo("America/Los_Angeles"))
    assert after.replace(tzinfo=None) == before.replace(tzinfo=None)


def test_a_name_that_is_taken_gets_a_number(berlin: Organization) -> None:
    factories.make_round(berlin, "2026 Q3")
    factories.make_round(berlin, "2026 Q3 (2)")

    set_schedule(berlin)

    assert planned(berlin).name == "2026 Q3 (3)"


def test_no_schedule_plans_nothing(berlin: Organization) -> None:
    assert plan(berlin, NOW) is None
    assert not Round.objects.exists()


def test_a_schedule_without_months_is_refused(berlin: Organization) -> None:
    with pytest.raises(ValidationError, match="at least one month"):
        set_schedule(berlin, months=[])
    assert not Schedule.objects.exists()


# --- Changing the schedule --------------------------------------------------------------------


def test_saving_again_replaces_what_is_planned(berlin: Organization) -> None:
    set_schedule(berlin)
    set_schedule(berlin, time=dt.time(10), days_open=7, reminders=0)

    made = planned(berlin)
    assert (made.name, made.opens_at, made.closes_at) == (
        "2026 Q3", AUGUST + 60 * MINUTE, AUGUST + 7 * DAY + 60 * MINUTE,
    )  # fmt: skip
    assert made.reminders == 0


def test_other_months_count_from_now(berlin: Organization) -> None:
    set_schedule(berlin)
    set_schedule(berlin, months=[6])

    assert planned(berlin).name == "June 2026"


def test_a_schedule_that_rests_plans_nothing_until_it_wakes(berlin: Organization) -> None:
    set_schedule(berlin)
    set_schedule(berlin, is_active=False)
    assert not Round.objects.exists()
    assert plan(berlin, AUGUST) is None

    set_schedule(berlin, now=NOVEMBER + DAY)

    assert planned(berlin).opens_at == FEBRUARY


def test_open_and_hand_made_rounds_are_left_alone(berlin: Organization) -> None:
    running = factories.open_round(berlin, "2026 Q1")
    by_hand = factories.make_round(berlin, "2026 Q2")

    set_schedule(berlin)
    set_schedule(berlin, is_active=False)

    assert set(Round.objects.all()) == {running, by_hand}


# --- Changing and skipping what is planned ----------------------------------------------------


def change(found: Round, **fields: Any) -> Round:
    names = ("name", "opens_at", "closes_at", "reminders", "team_first_days")
    values = {name: getattr(found, name) for name in names} | {"by": None, "now": NOW} | fields
    return schedules.change_round(round=found, **values)


def test_a_changed_round_stays_changed(berlin: Organization) -> None:
    set_schedule(berlin)
    change(planned(berlin), name="Summer", opens_at=AUGUST - DAY, reminders=0)

    plan(berlin, NOW)
    open_due(berlin, AUGUST - DAY)
    plan(berlin, AUGUST - DAY)

    assert queries.open_rounds(berlin).get().name == "Summer"
    assert planned(berlin).opens_at == NOVEMBER


@pytest.mark.parametrize(
    ("opens_at", "words"), [(NOW, "cannot open in the past"), (NOVEMBER, "the next round is due")]
)
def test_a_planned_round_opens_between_now_and_the_next(
    berlin: Organization, opens_at: dt.datetime, words: str
) -> None:
    set_schedule(berlin)

    with pytest.raises(ServiceError, match=words):
        change(planned(berlin), opens_at=opens_at, closes_at=opens_at + DAY)
    assert planned(berlin).opens_at == AUGUST


def test_a_round_made_by_hand_can_be_changed_and_deleted(berlin: Organization) -> None:
    by_hand = factories.make_round(berlin)

    assert change(by_hand, name="Spring", now=NOW + DAY).name == "Spring"
    assert schedules.skip_round(round=by_hand, by=None, now=NOW) is None
    assert not Round.objects.exists()


def test_an_open_round_is_neither_changed_nor_skipped(berlin: Organization) -> None:
    running = factories.open_round(berlin)

    with pytest.raises(ServiceError, match="has opened already"):
        change(running, name="Spring")
    with pytest.raises(ServiceError, match="has opened already"):
        schedules.skip_round(round=running, by=None, now=NOW)


def test_a_skipped_round_does_not_come_back(berlin: Organization) -> None:
    set_schedule(berlin)
    schedules.skip_round(round=planned(berlin), by=None, now=NOW)
    assert planned(berlin).opens_at == NOVEMBER

    set_schedule(berlin, time=dt.time(10))
    plan(berlin, AUGUST)

    assert planned(berlin).opens_at == NOVEMBER + 60 * MINUTE


# --- Late -------------------------------------------------------------------------------------


def test_after_a_week_without_the_command_a_round_opens_late_for_as_long(berlin: Organization) -> None:
    set_schedule(berlin)
    late = AUGUST + 7 * DAY + 30 * MINUTE

    plan(berlin, late)
    opened = open_due(berlin, late)

    assert opened is not None
    opened.refresh_from_db()
    assert (opened.name, opened.opens_at, opened.closes_at) == ("2026 Q3", late, AUGUST + 21 * DAY)


def test_a_round_that_was_missed_makes_way_for_the_next(berlin: Organization) -> None:
    """Also where several were missed: the last one is opened late."""
    set_schedule(berlin)
    late = FEBRUARY + 5 * DAY

    plan(berlin, late)
    open_due(berlin, late)
    plan(berlin, late)

    assert [found.name for found in queries.rounds_of(berlin)] == ["2027 Q2", "2027 Q1"]
    assert queries.open_rounds(berlin).get().closes_at == FEBRUARY + 19 * DAY


def test_a_round_waits_until_the_one_before_has_closed(berlin: Organization) -> None:
    set_schedule(berlin)
    running = factories.open_round(berlin, "2026 Q2", closes_at=AUGUST + 2 * DAY)
    assert open_due(berlin, AUGUST) is None

    rounds.close_round(round=running, by=None, now=AUGUST + 2 * DAY)
    opened = open_due(berlin, AUGUST + 2 * DAY)

    assert opened is not None
    assert queries.open_rounds(berlin).get().closes_at == AUGUST + 16 * DAY


def test_a_leap_day_can_be_an_opening(berlin: Organization) -> None:
    """The last day that every month has is the last to choose, in a leap year as in others."""
    set_schedule(berlin, months=[2], day=28, days_open=2, now=dt.datetime(2028, 1, 1, tzinfo=dt.UTC))

    assert planned(berlin).closes_at == dt.datetime(2028, 3, 1, 8, tzinfo=dt.UTC)
    with pytest.raises(ValidationError, match="from 1 to 28"):
        set_schedule(berlin, day=29)


# --- A crash on the way -----------------------------------------------------------------------


def test_a_crash_while_planning_leaves_nothing_half_done(
    berlin: Organization, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_schedule(berlin)
    late = FEBRUARY + DAY

    def crash(**values: Any) -> None:
        raise RuntimeError("power cut")

    with monkeypatch.context() as patched:
        patched.setattr(schedules, "create_round", crash)
        with pytest.raises(RuntimeError):
            plan(berlin, late)
    assert planned(berlin).name == "2026 Q3"

    plan(berlin, late)

    assert planned(berlin).name == "2027 Q1"


def test_an_opening_that_was_cut_off_is_known(berlin: Organization, monkeypatch: pytest.MonkeyPatch) -> None:
    def crash(of: Round) -> None:
        raise RuntimeError("power cut")

    set_schedule(berlin)
    with monkeypatch.context() as patched:
        patched.setattr(rounds, "_add_responses", crash)
        with pytest.raises(RuntimeError):
            open_due(berlin, AUGUST)
    (half,) = queries.half_opened_rounds(berlin)

    rounds.open_round(round=half, by=None, now=AUGUST + MINUTE)

    assert queries.half_opened_rounds(berlin) == []
    half.refresh_from_db()
    assert (half.opens_at, half.closes_at) == (AUGUST, AUGUST + 14 * DAY)
