"""The calendar of a schedule: time zones, clock changes, leap days."""

from __future__ import annotations

import datetime as dt
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assessments import schedule
from assessments.schedule import DAY

NINE = dt.time(9)
BERLIN = ZoneInfo("Europe/Berlin")
HOUR = dt.timedelta(hours=1)

zones = st.sampled_from(
    ["UTC", "Europe/Berlin", "Pacific/Kiritimati", "Etc/GMT+12", "Australia/Lord_Howe", "America/St_Johns"]
).map(ZoneInfo)
months_of = st.sets(st.integers(1, 12), min_size=1)
days = st.integers(1, 28)
times = st.times().map(lambda time: time.replace(microsecond=0))
moments = st.datetimes(dt.datetime(2020, 1, 1), dt.datetime(2040, 1, 1), timezones=st.just(dt.UTC))  # noqa: DTZ001


def utc(*parts: int) -> dt.datetime:
    return dt.datetime(*parts, tzinfo=dt.UTC)


# --- Openings ---------------------------------------------------------------------------------


@given(months_of, days, times, zones, moments)
def test_an_opening_is_the_first_that_fits(
    months: set[int], day: int, time: dt.time, zone: ZoneInfo, after: dt.datetime
) -> None:
    opening = schedule.next_opening(months, day, time, zone, after)
    local = opening.astimezone(zone)

    assert opening > after
    assert local.month in months
    # a time that clocks jump over comes as much later
    assert (
        dt.timedelta()
        <= local.replace(tzinfo=None) - dt.datetime.combine(local.replace(day=day), time)
        <= HOUR
    )
    for month in months:
        same = schedule.moment(local.date().replace(month=month, day=day), time, zone)
        assert same >= opening or same <= after


@given(months_of, days, times, zones, moments)
def test_openings_follow_each_other(
    months: set[int], day: int, time: dt.time, zone: ZoneInfo, after: dt.datetime
) -> None:
    openings = [after]
    for _month in months:
        openings.append(schedule.next_opening(months, day, time, zone, openings[-1]))

    assert all(one < two for one, two in pairwise(openings))
    assert openings[-1] <= after + 367 * DAY


@pytest.mark.parametrize(
    ("zone", "expected"),
    [
        ("Pacific/Kiritimati", utc(2026, 10, 31, 19)),  # 14 hours ahead
        ("Etc/GMT+12", utc(2026, 11, 1, 21)),  # 12 hours behind
    ],
)
def test_the_ends_of_the_world(zone: str, expected: dt.datetime) -> None:
    at = expected - dt.timedelta(seconds=1)

    assert schedule.next_opening([11], 1, NINE, ZoneInfo(zone), at) == expected
    assert schedule.next_opening([11], 1, NINE, ZoneInfo(zone), expected).year == 2027


def test_the_same_time_of_day_in_summer_and_in_winter() -> None:
    winter = schedule.next_opening([3, 4], 1, NINE, BERLIN, utc(2026, 2, 2))
    summer = schedule.next_opening([3, 4], 1, NINE, BERLIN, winter)

    assert (winter, summer) == (utc(2026, 3, 1, 8), utc(2026, 4, 1, 7))


def test_a_time_that_clocks_jump_over_comes_as_much_later() -> None:
    opening = schedule.next_opening([3], 28, dt.time(2, 30), BERLIN, utc(2027, 1, 1))

    assert opening == utc(2027, 3, 28, 1, 30)
    assert opening.astimezone(BERLIN).time() == dt.time(3, 30)


def test_a_time_that_clocks_show_twice_is_the_first() -> None:
    assert schedule.next_opening([10], 25, dt.time(2, 30), BERLIN, utc(2026, 1, 1)) == utc(
        2026, 10, 25, 0, 30
    )
    assert schedule.moment(dt.date(2026, 10, 25), dt.time(2, 30, fold=1), BERLIN) == utc(2026, 10, 25, 0, 30)


def test_the_latest_opening_that_has_come() -> None:
    calendar = ([2, 5, 8, 11], 1, NINE, BERLIN)

    assert schedule.latest_opening(*calendar, after=utc(2026, 2, 2), now=utc(2026, 9, 1)) == utc(
        2026, 8, 1, 7
    )
    assert schedule.latest_opening(*calendar, after=utc(2026, 2, 2), now=utc(2026, 3, 1)) == utc(
        2026, 5, 1, 7
    )


# --- Windows ----------------------------------------------------------------------------------


def test_a_window_is_counted_in_days_of_the_calendar() -> None:
    """Over the night in which clocks change, and over a leap day."""
    assert schedule.later(utc(2026, 10, 20, 7), 14, BERLIN) == utc(2026, 11, 3, 8)
    assert schedule.later(utc(2028, 2, 28, 8), 14, BERLIN) == utc(2028, 3, 13, 8)
    assert schedule.later(utc(2027, 2, 28, 8), 14, BERLIN) == utc(2027, 3, 14, 8)


@given(moments, st.integers(1, 28), zones, st.timedeltas(dt.timedelta(), 90 * DAY))
def test_a_late_round_keeps_its_window(
    opens_at: dt.datetime, days_open: int, zone: ZoneInfo, late: dt.timedelta
) -> None:
    closes_at = schedule.later(opens_at, days_open, zone)
    closing = schedule.late_closing(opens_at, closes_at, opens_at + late, zone)

    length = closing - (opens_at + late)
    assert days_open * DAY - 3 * HOUR < length < (days_open + 1) * DAY + 2 * HOUR


def test_a_round_that_opens_some_minutes_late_closes_as_planned() -> None:
    opens_at, closes_at = utc(2026, 5, 1, 7), utc(2026, 5, 15, 7)

    assert schedule.late_closing(opens_at, closes_at, opens_at, BERLIN) == closes_at
    assert schedule.late_closing(opens_at, closes_at, opens_at + HOUR, BERLIN) == closes_at
    assert schedule.late_closing(opens_at, closes_at, opens_at + 2 * HOUR, BERLIN) == closes_at + DAY


def test_each_reminder_comes_when_half_of_what_was_left_has_passed() -> None:
    times = schedule.reminder_times(utc(2026, 5, 1), utc(2026, 5, 17), 3)

    assert times == [utc(2026, 5, 9), utc(2026, 5, 13), utc(2026, 5, 15)]
    assert schedule.reminder_times(utc(2026, 5, 1), utc(2026, 5, 17), 0) == []


# --- Names ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("months", "quarterly"),
    [([2, 5, 8, 11], True), ([12, 9, 6, 3], True), ([1, 2, 7, 10], False), ([1, 4, 7], False)],
)
def test_rounds_are_called_by_quarters_when_each_has_one(months: list[int], quarterly: bool) -> None:
    assert schedule.is_quarterly(months) is quarterly


def test_every_month_is_in_its_quarter() -> None:
    assert [schedule.quarter_of(month) for month in range(1, 13)] == [1, 1, 1, 2, 2, 2, 3, 3, 3, 4, 4, 4]
