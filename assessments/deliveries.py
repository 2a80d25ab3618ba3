"""Delivery events in, figures out: how often one service is deployed, how fast, and how often that fails.

The definitions are those of docs/method.md 8.4. A window is half open, ``[start, end)``, and its days
are those of the organization's time zone. What happened after the window's end is not known here: an
incident that was resolved later was open at the end. So the figures of a window do not depend on the
day on which they are computed.
"""

from __future__ import annotations

import calendar
import datetime as dt
import math
from array import array
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from scipy import stats

METHOD_VERSION = "1"
"""Of these formulas. It is kept with every set of figures, and old ones are never computed anew."""

MONTHS = 3
HOUR, DAY, WEEK = 3600.0, 24.0, 7 * 24.0  # seconds; hours; hours
MONTH = 365.25 / 12 * 24  # hours
DURATION_BANDS = ((1.0, 6), (DAY, 5), (WEEK, 4), (MONTH, 3), (6 * MONTH, 2))
"""Hours below which a lead time or a recovery is in a band of the questionnaire; 1 from there on."""

RATE_BANDS = ((15, 6), (30, 5), (45, 4), (60, 3), (75, 2))
"""Percent up to which a change failure rate is in a band of the questionnaire; 1 above."""

TINY = 1e-9  # what a product of fractions may be off

FEW = 5
"""With fewer failed deployments than this they are listed one by one, and their middle shows no trend."""

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]


class Deployment(NamedTuple):
    """A release of a service to its users, or the attempt; ``key`` is the sender's own name for it.

    ``commits`` says when each commit that came with it was made, in seconds since 1970, UTC.
    """

    service: str
    key: str
    finished_at: dt.datetime
    succeeded: bool = True
    unplanned: bool = False
    commits: tuple[int, ...] = ()


class Incident(NamedTuple):
    """An outage; ``deployment_key`` is empty where no change did it, ``resolved_at`` None while it lasts."""

    service: str
    key: str
    deployment_key: str
    started_at: dt.datetime
    resolved_at: dt.datetime | None = None


@dataclass(frozen=True)
class Frequency:
    """How often a service was deployed."""

    deployments: int  # successful ones
    per_week: float  # over all weeks, those without a deployment too
    days: int  # of the window
    days_with: int  # those with a deployment
    longest_gap: float  # days without one, the window's ends included
    usual: str  # "daily", "weekly", "monthly" or "rarely" by the Four Keys rule; "never" without any
    band: int | None  # 2 to 6; three months are too short to tell 1


@dataclass(frozen=True)
class LeadTime:
    """From commit to deployment, over all commits that were deployed. Hours."""

    commits: int
    excluded: int  # made after their deployment, by their clock
    median: float
    p85: float
    oldest: float  # median over deployments of the oldest commit of each
    band: int


@dataclass(frozen=True)
class FailureRate:
    """Deployments that caused an incident, of all successful ones. Shares from 0 to 1."""

    failed: int
    share: float
    low: float  # Wilson's interval, 95 %
    high: float
    band: int


@dataclass(frozen=True)
class Recovery:
    """From the finish of a deployment that failed to the last resolution of its incidents. Hours."""

    deployments: int
    open: int  # how many had not recovered by the end of the window
    median: float | None  # Kaplan-Meier's; None where fewer than half recovered within what was observed
    band: int | None
    cases: tuple[tuple[float, bool], ...]  # (hours, recovered), shortest first; only where they are few


@dataclass(frozen=True)
class Figures:
    """What the events of one service say about one window. None stands where nothing can be said."""

    start: str  # first day, ISO 8601
    end: str  # the day after the last one
    frequency: Frequency
    lead_time: LeadTime | None
    failure_rate: FailureRate | None
    recovery: Recovery | None
    rework: float | None  # share of unplanned deployments among the successful ones, 0 to 1

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Figures:
        """The figures that ``dataclasses.asdict`` and JSON were given."""
        recovery = data["recovery"]
        return cls(
            start=data["start"],
            end=data["end"],
            frequency=Frequency(**data["frequency"]),
            lead_time=LeadTime(**data["lead_time"]) if data["lead_time"] else None,
            failure_rate=FailureRate(**data["failure_rate"]) if data["failure_rate"] else None,
            recovery=Recovery(**recovery | {"cases": tuple(map(tuple, recovery["cases"]))})
            if recovery
            else None,
            rework=data["rework"],
        )


def window(opened: dt.datetime, zone: dt.tzinfo) -> tuple[dt.date, dt.date]:
    """The three months up to the day on which a round opened: first day, and the day after the last one."""
    end = opened.astimezone(zone).date()
    return _months_later(end, -MONTHS), end


def moment(day: dt.date, zone: dt.tzinfo) -> dt.datetime:
    """When a day begins."""
    return dt.datetime.combine(day, dt.time(), zone)


def measure(
    deployments: Iterable[Deployment],
    incidents: Iterable[Incident],
    *,
    start: dt.date,
    end: dt.date,
    zone: dt.tzinfo,
) -> Figures:
    """The figures of one service over the days from ``start`` to the day before ``end``.

    Deployments outside the window and attempts that failed are left out; so are incidents that no
    deployment in it caused, and those that began after its end. Source: docs/method.md 8.4.
    """
    edges = _day_edges(start, end, zone)
    events = _Events(edges[0], edges[-1])
    for deployment in deployments:
        events.deploy(deployment)
    for incident in incidents:
        events.break_down(incident)
    finished = np.array(events.finished)
    return Figures(
        start=start.isoformat(),
        end=end.isoformat(),
        frequency=_frequency(finished, edges, start, end),
        lead_time=_lead_time(events),
        failure_rate=_failure_rate(len(events.until), len(finished)),
        recovery=_recovery(events),
        rework=events.unplanned / len(finished) if len(finished) else None,
    )


def duration_band(hours: float) -> int:
    """The questionnaire's band of a lead time or a recovery; exactly one day is not less than one day."""
    return next((band for below, band in DURATION_BANDS if hours < below), 1)


def rate_band(share: float) -> int:
    """The questionnaire's band of a change failure rate between 0 and 1, by whole percent."""
    return next((band for up_to, band in RATE_BANDS if round(share * 100) <= up_to), 1)


def ten_of_band(band: int) -> float:
    """A band on the scale from 0 to 10 of DORA's Quick Check. Source: docs/method.md 8.2."""
    return (band - 1) / 5 * 10


def ten_of_share(share: float) -> float:
    """A failure or rework rate between 0 and 1 on that scale, where 10 is best."""
    return 10 - share * 100 / 10


class _Events:
    """What counts of one service in one window, as numbers. Times are seconds since 1970, UTC."""

    def __init__(self, first: float, last: float) -> None:
        self.first, self.last = first, last
        self.finished = array("d")
        self.unplanned = 0
        self.leads = array("d")  # hours
        self.oldest = array("d")  # hours, by deployment
        self.excluded = 0
        self.places: dict[str, int] = {}
        self.until: dict[
            int, float
        ] = {}  # place of a failed deployment: last resolution, infinite while open

    def deploy(self, deployment: Deployment) -> None:
        finished = deployment.finished_at.timestamp()
        if not (deployment.succeeded and self.first <= finished < self.last):
            return
        self.places[deployment.key] = len(self.finished)
        self.finished.append(finished)
        self.unplanned += deployment.unplanned
        leads = [(finished - commit) / HOUR for commit in deployment.commits if commit < finished]
        self.excluded += len(deployment.commits) - len(leads)
        if leads:
            self.leads.extend(leads)
            self.oldest.append(max(leads))

    def break_down(self, incident: Incident) -> None:
        place = self.places.get(incident.deployment_key)
        if not incident.deployment_key or place is None or incident.started_at.timestamp() >= self.last:
            return
        resolved = incident.resolved_at.timestamp() if incident.resolved_at else math.inf
        self.until[place] = max(self.until.get(place, -math.inf), resolved)


def _day_edges(start: dt.date, end: dt.date, zone: dt.tzinfo) -> Floats:
    """When each day of the window begins, and when the last one ends: days are not always 24 hours."""
    days = (start + dt.timedelta(days=number) for number in range((end - start).days + 1))
    return np.array([moment(day, zone).timestamp() for day in days])


def _frequency(finished: Floats, edges: Floats, start: dt.date, end: dt.date) -> Frequency:
    days = len(edges) - 1
    by_day = np.bincount(np.searchsorted(edges, finished, side="right") - 1, minlength=days)
    usual = _usual(by_day, start, end)
    per_day = len(finished) / days
    stops = np.concatenate([edges[:1], np.sort(finished), edges[-1:]])
    return Frequency(
        deployments=len(finished),
        per_week=per_day * 7,
        days=days,
        days_with=int((by_day > 0).sum()),
        longest_gap=float(np.diff(stops).max() / HOUR / DAY),
        usual=usual,
        band=_frequency_band(usual, per_day),
    )


def _usual(by_day: Integers, start: dt.date, end: dt.date) -> str:
    """The Four Keys rule, over all weeks and months, those without a deployment too.

    Weeks run from Monday to Sunday, months back from the window's end; what reaches over its ends is cut.
    """
    if not by_day.any():
        return "never"
    weeks = (start.weekday() + np.arange(len(by_day))) // 7
    days_a_week = np.median(np.bincount(weeks, weights=by_day > 0))
    if days_a_week >= 3:
        return "daily"
    if days_a_week >= 1:
        return "weekly"
    # from its first day a window from 28 February to 31 May would have a fourth month, of three days
    begins = (_months_later(end, -number) for number in range(len(by_day), 0, -1))
    months = [0, *((day - start).days for day in begins if day > start)]
    return "monthly" if np.median(np.add.reduceat(by_day, months)) >= 1 else "rarely"


def _frequency_band(usual: str, per_day: float) -> int | None:
    """The questionnaire's band: many deployments on few days are a volume and no frequency."""
    if usual == "daily" and per_day >= 1:
        return 6 if per_day >= 2 else 5
    return {"daily": 4, "weekly": 4, "monthly": 3, "rarely": 2}.get(usual)


def _lead_time(events: _Events) -> LeadTime | None:
    if not events.leads:
        return None
    leads = np.array(events.leads)
    median = float(np.median(leads))
    return LeadTime(
        commits=len(leads),
        excluded=events.excluded,
        median=median,
        p85=float(np.percentile(leads, 85)),
        oldest=float(np.median(np.array(events.oldest))),
        band=duration_band(median),
    )


def _failure_rate(failed: int, deployments: int) -> FailureRate | None:
    """Each deployment fails once, however many incidents it caused. Without deployments there is no rate."""
    if not deployments:
        return None
    interval = stats.binomtest(failed, deployments).proportion_ci(0.95, method="wilson")
    share = failed / deployments
    return FailureRate(failed, share, float(interval.low), float(interval.high), rate_band(share))


def _recovery(events: _Events) -> Recovery | None:
    """Deployments that had not recovered by the end count as longer than that: leaving them out flatters."""
    if not events.until:
        return None
    finished = np.array([events.finished[place] for place in events.until])
    until = np.array(list(events.until.values()))
    recovered = until < events.last
    hours = np.maximum(np.minimum(until, events.last) - finished, 0) / HOUR
    median = _kaplan_meier_median(hours, recovered)
    cases = sorted(zip(hours.tolist(), recovered.tolist(), strict=True)) if len(hours) < FEW else []
    return Recovery(
        deployments=len(hours),
        open=int((~recovered).sum()),
        median=median,
        band=None if median is None else duration_band(median),
        cases=tuple(cases),
    )


def _kaplan_meier_median(hours: Floats, recovered: npt.NDArray[np.bool_]) -> float | None:
    """The first time by which at least half have recovered; None where the observation ends before."""
    data = stats.CensoredData(uncensored=hours[recovered], right=hours[~recovered])
    still_down = stats.ecdf(data).sf
    reached = np.flatnonzero(still_down.probabilities <= 0.5 + TINY)
    return float(still_down.quantiles[reached[0]]) if len(reached) else None


def _months_later(day: dt.date, months: int) -> dt.date:
    """The same day of another month, or the last one of a month that has no such day."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return dt.date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))
