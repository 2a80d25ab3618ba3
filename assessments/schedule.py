"""When rounds open, close and remind: the calendar of a schedule, without a database.

Days and times of day are those of the organization's time zone. A time that clocks show twice is
the first of the two; one that they jump over comes as much later as they jump.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterator
from zoneinfo import ZoneInfo

DAY = dt.timedelta(days=1)
GRACE = dt.timedelta(hours=1)
"""So late a round may open without closing any later."""


def moment(day: dt.date, time: dt.time, zone: ZoneInfo) -> dt.datetime:
    """When clocks of the zone show this, in UTC."""
    return dt.datetime.combine(day, time.replace(fold=0), zone).astimezone(dt.UTC)


def next_opening(
    months: Collection[int], day: int, time: dt.time, zone: ZoneInfo, after: dt.datetime
) -> dt.datetime:
    """The first opening later than ``after``. The months are numbers from 1 to 12, at least one."""
    return next(
        opening
        for opening in _openings(months, day, time, zone, after.astimezone(zone).year)
        if opening > after
    )


def latest_opening(
    months: Collection[int], day: int, time: dt.time, zone: ZoneInfo, after: dt.datetime, now: dt.datetime
) -> dt.datetime:
    """The last opening later than ``after`` that has come by now; where none has, the next."""
    latest = next_opening(months, day, time, zone, after)
    while (following := next_opening(months, day, time, zone, latest)) <= now:
        latest = following
    return latest


def _openings(
    months: Collection[int], day: int, time: dt.time, zone: ZoneInfo, year: int
) -> Iterator[dt.datetime]:
    while True:
        for month in sorted(months):
            yield moment(dt.date(year, month, day), time, zone)
        year += 1


def is_quarterly(months: Collection[int]) -> bool:
    """Whether there is one month in each quarter, so that a round can be called by it."""
    return sorted(map(quarter_of, months)) == [1, 2, 3, 4]


def quarter_of(month: int) -> int:
    """The quarter that a month is in."""
    return (month + 2) // 3


def later(start: dt.datetime, days: int, zone: ZoneInfo) -> dt.datetime:
    """The same time of day some days later, in UTC."""
    local = start.astimezone(zone)
    return moment(local.date() + days * DAY, local.time(), zone)


def late_closing(
    opens_at: dt.datetime, closes_at: dt.datetime, now: dt.datetime, zone: ZoneInfo
) -> dt.datetime:
    """When a round that opens now, too late, closes: at the same time of day, its window at full length."""
    days_late = -((opens_at + GRACE - now) // DAY)
    return later(closes_at, days_late, zone)


def reminder_times(opens_at: dt.datetime, closes_at: dt.datetime, number: int) -> list[dt.datetime]:
    """When to remind: each time half of the time that was left has passed."""
    return [closes_at - (closes_at - opens_at) / 2**count for count in range(1, number + 1)]
