"""From events to figures: the worked example of docs/method.md 8.4, and what is easily got wrong."""

from __future__ import annotations

import datetime as dt
import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from statsmodels.duration.survfunc import SurvfuncRight
from statsmodels.stats.proportion import proportion_confint

from assessments import deliveries
from assessments.deliveries import Deployment, Figures, Incident, measure, ten_of_band, ten_of_share

FIRST, END = dt.date(2024, 1, 1), dt.date(2024, 4, 1)
DAY = dt.timedelta(days=1)


def at(text: str) -> dt.datetime:
    """``"01-04 10:00"`` as a time of 2024, UTC."""
    return dt.datetime.fromisoformat(f"2024-{text}").replace(tzinfo=dt.UTC)


def release(
    key: str, finished: str, *commits: str, succeeded: bool = True, unplanned: bool = False
) -> Deployment:
    made = tuple(int(at(commit).timestamp()) for commit in commits)
    return Deployment("", key, at(finished), succeeded, unplanned, made)


def outage(key: str, cause: str, started: str, resolved: str = "") -> Incident:
    return Incident("", key, cause, at(started), at(resolved) if resolved else None)


DEPLOYMENTS = (
    release("d1", "01-04 10:00", "01-03 10:00", "01-04 08:00"),
    release("d2", "01-11 15:00", "01-09 15:00"),
    release("d3", "01-11 18:00", "01-11 17:30", unplanned=True),
    release("d4", "01-25 09:00", "01-24 09:00", succeeded=False),
    release("d5", "01-26 09:00", "01-24 09:00", "01-25 21:00"),
    release("d6", "02-15 12:00", "02-01 12:00", "02-14 12:00", "02-15 11:00"),
    release("d7", "02-16 12:00", unplanned=True),
    release("d8", "03-07 23:30", "03-08 01:00"),
    release("d9", "03-21 10:00", "03-14 10:00"),
)
INCIDENTS = (
    outage("i1", "d2", "01-11 15:20", "01-11 18:05"),
    outage("i2", "d6", "02-15 12:30", "02-16 12:30"),
    outage("i3", "d6", "02-15 14:00", "02-16 12:30"),
    outage("i4", "", "03-01 02:00", "03-01 06:00"),
    outage("i5", "d9", "03-21 11:00"),
)


def figures(
    deployments: Sequence[Deployment] = DEPLOYMENTS,
    incidents: Sequence[Incident] = INCIDENTS,
    *,
    start: dt.date = FIRST,
    end: dt.date = END,
    zone: dt.tzinfo = dt.UTC,
) -> Figures:
    return measure(deployments, incidents, start=start, end=end, zone=zone)


# --- The worked example -----------------------------------------------------------------------


def test_frequency() -> None:
    found = figures().frequency

    assert (found.deployments, found.days, found.days_with) == (8, 91, 7)
    assert found.per_week == pytest.approx(0.615385, abs=1e-6)
    assert found.per_week / 7 == pytest.approx(0.0879, abs=1e-4)
    assert dt.timedelta(days=found.longest_gap) == dt.timedelta(days=20, hours=11, minutes=30)
    assert (found.usual, found.band) == ("monthly", 3)


def test_weeks_without_a_deployment_count() -> None:
    """Of the weeks with a deployment the middle one has one day with it: that would be weekly."""
    days = {release.finished_at.date() for release in DEPLOYMENTS if release.succeeded}
    by_week = Counter((day - FIRST).days // 7 for day in days)

    assert np.median(list(by_week.values())) == 1
    assert figures().frequency.usual == "monthly"


def test_lead_time() -> None:
    found = figures().lead_time

    assert found is not None
    assert (found.commits, found.excluded) == (10, 1)
    assert (found.median, found.p85, found.oldest) == pytest.approx((24.0, 126.0, 48.0))
    assert found.band == 4  # 24 hours are not less than one day


def test_the_lead_time_is_no_mean() -> None:
    leads = [24, 2, 48, 0.5, 48, 12, 336, 24, 1, 168]
    found = figures().lead_time

    assert np.mean(leads) == pytest.approx(66.35)
    assert found is not None
    assert found.median == np.median(leads) != pytest.approx(66.35)


def test_failure_rate() -> None:
    found = figures().failure_rate

    assert found is not None
    assert (found.failed, found.share, found.band) == (3, 0.375, 4)
    assert (found.low, found.high) == pytest.approx((0.136843, 0.694257), abs=2e-6)
    # five incidents over eight deployments would be the share of nothing
    assert found.share != len(INCIDENTS) / 8


def test_recovery() -> None:
    found = figures().recovery

    assert found is not None
    assert (found.deployments, found.open, found.median, found.band) == (3, 1, pytest.approx(24.5), 4)
    assert [hours for hours, _recovered in found.cases] == pytest.approx([3.083333, 24.5, 254.0])
    assert [recovered for _hours, recovered in found.cases] == [True, True, False]
    # of the closed ones alone the middle would be 13.8 hours
    assert found.median != pytest.approx(13.791667)


def test_rework() -> None:
    assert figures().rework == 0.25


def test_the_scale_of_the_quick_check() -> None:
    """docs/method.md 8.2: lead time 4, frequency 4, recovery 5, failures 10 %, rework 5 %."""
    values = [ten_of_band(4), ten_of_band(4), ten_of_band(5), ten_of_share(0.10), ten_of_share(0.05)]

    assert values == pytest.approx([6.0, 6.0, 8.0, 9.0, 9.5])
    assert np.mean(values) == pytest.approx(7.7)
    assert np.mean(values[:3]) == pytest.approx(6.6667, abs=1e-4)
    assert np.mean(values[3:]) == pytest.approx(9.25)


def test_the_example_on_the_scale_of_the_quick_check() -> None:
    found = figures()
    assert found.lead_time
    assert found.frequency.band
    assert found.recovery
    assert found.recovery.band
    assert found.failure_rate
    assert found.rework is not None
    bands = [found.lead_time.band, found.frequency.band, found.recovery.band]
    values = [ten_of_band(band) for band in bands]
    values += [ten_of_share(found.failure_rate.share), ten_of_share(found.rework)]

    assert values == pytest.approx([6.0, 4.0, 6.0, 6.25, 7.5])
    assert np.mean(values) == pytest.approx(5.95)


def test_figures_survive_their_storage() -> None:
    assert Figures.from_json(json.loads(json.dumps(asdict(figures())))) == figures()
    assert Figures.from_json(json.loads(json.dumps(asdict(figures([], []))))) == figures([], [])


# --- Others reckon the same -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("failed", "deployed", "low", "high"),
    [
        (0, 4, 0, 0.489891),
        (1, 7, 0.025680, 0.513128),
        (2, 20, 0.027866, 0.301034),
        (3, 12, 0.088942, 0.532305),
    ],
)
def test_wilsons_interval(failed: int, deployed: int, low: float, high: float) -> None:
    releases = [release(f"d{number}", f"01-{number + 1:02} 12:00") for number in range(deployed)]
    outages = [outage(f"i{number}", f"d{number}", f"01-{number + 1:02} 13:00") for number in range(failed)]
    found = figures(releases, outages).failure_rate

    assert found is not None
    assert (found.low, found.high) == pytest.approx((low, high), abs=1e-6)
    assert (found.low, found.high) == pytest.approx(proportion_confint(failed, deployed, method="wilson"))


@given(st.lists(st.tuples(st.integers(1, 80), st.booleans()), min_size=1, max_size=30))
def test_the_middle_recovery(cases: list[tuple[int, bool]]) -> None:
    """As statsmodels has it, open ones included."""
    hour = dt.timedelta(hours=1)
    last = dt.datetime.combine(END, dt.time(), dt.UTC)
    releases, outages = [], []
    for number, (hours, recovered) in enumerate(cases):
        # the open ones began so long before the end as they are said to have lasted
        begin = last - (hours if not recovered else 100) * hour
        releases.append(Deployment("", f"d{number}", begin))
        outages.append(Incident("", "i", f"d{number}", begin, begin + hours * hour if recovered else None))
    found = figures(releases, outages).recovery

    assert found is not None
    theirs = SurvfuncRight(*np.array([(float(hours), recovered) for hours, recovered in cases]).T)
    reached = theirs.surv_times[theirs.surv_prob <= 0.5 + 1e-9]
    assert found.median == (pytest.approx(reached[0]) if len(reached) else None)
    assert found.open == sum(not recovered for _hours, recovered in cases)


# --- What counts ------------------------------------------------------------------------------


def test_nothing_happened() -> None:
    found = figures([], [])

    assert (found.lead_time, found.failure_rate, found.recovery, found.rework) == (None, None, None, None)
    assert (found.frequency.usual, found.frequency.band, found.frequency.per_week) == ("never", None, 0)
    assert found.frequency.longest_gap == 91


def test_the_window_is_half_open() -> None:
    inside = release("first", "01-01 00:00")
    outside = [
        release("before", "01-01 00:00")._replace(finished_at=at("01-01 00:00") - dt.timedelta(seconds=1))
    ]
    outside.append(release("after", "04-01 00:00"))

    assert figures([inside, *outside]).frequency.deployments == 1


def test_days_are_those_of_the_zone() -> None:
    """Half past eleven in the evening of the last day in Berlin; in UTC that is still March, too."""
    berlin = ZoneInfo("Europe/Berlin")
    late = release("late", "03-31 22:30")  # already April there

    assert figures([late], zone=berlin).frequency.deployments == 0
    assert figures([late]).frequency.deployments == 1


def test_a_day_of_23_hours_is_a_day() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    morning, evening = (dt.datetime(2024, 3, 31, hour, 30, tzinfo=berlin) for hour in (0, 23))
    found = figures([Deployment("", "a", morning), Deployment("", "b", evening)], zone=berlin).frequency

    assert (found.days, found.days_with, found.deployments) == (91, 1, 2)


@pytest.mark.parametrize(
    ("days_a_week", "a_day", "usual", "band"),
    [(7, 1, "daily", 5), (7, 2, "daily", 6), (5, 1, "daily", 4), (3, 1, "daily", 4), (2, 1, "weekly", 4),
     (1, 1, "weekly", 4), (1, 9, "weekly", 4)],
)  # fmt: skip
def test_usual(days_a_week: int, a_day: int, usual: str, band: int) -> None:
    """Many deployments on few days are a volume and no frequency."""
    days = [FIRST + week * 7 * DAY + day * DAY for week in range(13) for day in range(days_a_week)]
    moments = [
        dt.datetime.combine(day, dt.time(9, minute), dt.UTC) for day in days for minute in range(a_day)
    ]
    found = figures([Deployment("", str(moment), moment) for moment in moments], []).frequency

    assert (found.usual, found.band) == (usual, band)


def test_a_single_deployment_is_rare() -> None:
    found = figures([release("d", "02-01 12:00")], []).frequency

    assert (found.usual, found.band) == ("rarely", 2)


@pytest.mark.parametrize(
    ("start", "end"),
    [(dt.date(2024, 1, 29), dt.date(2024, 4, 29)), (dt.date(2024, 2, 29), dt.date(2024, 5, 31))],
)
def test_months_run_back_from_the_end_of_the_window(start: dt.date, end: dt.date) -> None:
    """Else the three days of a fourth one would count as a month."""
    days = (start + 12 * DAY, start + 41 * DAY)
    found = figures([release("d", f"{day:%m-%d} 12:00") for day in days], [], start=start, end=end)

    assert found.frequency.usual == "monthly"


def test_an_incident_after_the_window_is_not_known_yet() -> None:
    later = outage("i", "d9", "04-02 10:00", "04-02 11:00")

    assert figures(incidents=[later]).recovery is None
    assert figures(incidents=[later]).failure_rate != figures().failure_rate


def test_an_incident_that_ends_after_the_window_was_open_at_its_end() -> None:
    later = [*INCIDENTS[:-1], outage("i5", "d9", "03-21 11:00", "04-20 11:00")]

    assert figures(incidents=later) == figures()


@pytest.mark.parametrize("cause", ["d4", "unknown", ""])
def test_incidents_of_no_successful_deployment_do_not_count(cause: str) -> None:
    found = figures(incidents=[outage("i", cause, "01-26 10:00")])

    assert found.recovery is None
    assert found.failure_rate
    assert found.failure_rate.failed == 0


def test_where_more_than_half_is_open_the_middle_is_unknown() -> None:
    found = figures(incidents=[outage("a", "d1", "01-05 10:00"), outage("b", "d2", "01-12 10:00")]).recovery

    assert found is not None
    assert (found.median, found.band, found.open) == (None, None, 2)


def test_many_cases_are_not_listed() -> None:
    found = figures(incidents=[outage(f"i{n}", f"d{n}", "03-22 10:00") for n in (1, 2, 3, 5, 6)]).recovery

    assert found is not None
    assert (found.deployments, found.cases) == (5, ())


@pytest.mark.parametrize(
    ("hours", "band"),
    [(0, 6), (0.99, 6), (1, 5), (23.9, 5), (24, 4), (168, 3), (730, 3), (731, 2), (4382, 2), (4383, 1)],
)
def test_bands_of_durations(hours: float, band: int) -> None:
    assert deliveries.duration_band(hours) == band


@pytest.mark.parametrize(
    ("share", "band"), [(0, 6), (0.154, 6), (0.156, 5), (0.45, 4), (0.6, 3), (0.75, 2), (1, 1)]
)
def test_bands_of_rates(share: float, band: int) -> None:
    assert deliveries.rate_band(share) == band


@pytest.mark.parametrize(
    ("opened", "zone", "start", "end"),
    [
        ("2026-05-04T09:00", "UTC", "2026-02-04", "2026-05-04"),
        ("2026-05-31T09:00", "UTC", "2026-02-28", "2026-05-31"),
        ("2026-01-15T09:00", "UTC", "2025-10-15", "2026-01-15"),
        ("2026-05-03T22:30", "Europe/Berlin", "2026-02-04", "2026-05-04"),
    ],
)
def test_the_window_ends_before_the_day_of_the_opening(opened: str, zone: str, start: str, end: str) -> None:
    moment = dt.datetime.fromisoformat(opened).replace(tzinfo=dt.UTC)

    assert [day.isoformat() for day in deliveries.window(moment, ZoneInfo(zone))] == [start, end]


@given(st.lists(st.tuples(st.integers(-5, 95 * 24), st.booleans(), st.booleans()), max_size=60))
def test_figures_agree_with_each_other(events: list[tuple[int, bool, bool]]) -> None:
    begin = dt.datetime.combine(FIRST, dt.time(), dt.UTC)
    releases = [
        Deployment("", str(number), begin + dt.timedelta(hours=hour), succeeded)
        for number, (hour, succeeded, _broke) in enumerate(events)
    ]
    outages = [
        Incident("", "i", one.key, one.finished_at)
        for one, (_hour, _succeeded, broke) in zip(releases, events, strict=True)
        if broke
    ]
    found = figures(releases, outages)

    counted = sum(succeeded and 0 <= hour < 91 * 24 for hour, succeeded, _broke in events)
    assert found.frequency.deployments == counted
    assert found.frequency.days_with <= min(counted, 91)
    assert (found.failure_rate is None) == (counted == 0)
    if found.failure_rate:
        assert 0 <= found.failure_rate.low <= found.failure_rate.share <= found.failure_rate.high <= 1
        assert found.failure_rate.failed == (found.recovery.deployments if found.recovery else 0)
    assert 91 / (counted + 1) - 1e-9 <= found.frequency.longest_gap <= 91
