"""The schedule of an organization: what comes next, planned, changed and skipped."""

import datetime as dt
from collections.abc import Sequence
from zoneinfo import ZoneInfo

from django.db import transaction
from django.utils import formats, translation
from django.utils.translation import gettext as _

from ..models import Invitation, Organization, Questionnaire, Round, Schedule, User
from ..queries import planned_round
from ..schedule import (
    DAY,
    is_quarterly,
    late_closing,
    later,
    latest_opening,
    moment,
    next_opening,
    quarter_of,
)
from .audit import audited
from .errors import ServiceError
from .responses import lock_round
from .rounds import create_round, open_round


def _lock(organization: Organization) -> Schedule | None:
    """The schedule, held until the end of the transaction: planning, changing and skipping take turns."""
    held = Schedule.objects.select_for_update(of=("self",)).filter(organization=organization)
    return held.select_related("organization", "questionnaire").first()


@audited
def set_schedule(
    *,
    organization: Organization,
    questionnaire: Questionnaire,
    months: Sequence[int],
    day: int,
    time: dt.time,
    days_open: int,
    reminders: int,
    team_first_days: int,
    is_active: bool,
    by: User | None,
    now: dt.datetime,
) -> Schedule:
    """Keep when rounds come, and plan the next one anew by it.

    A day that was skipped stays skipped, unless rounds come on other days from now on.
    """
    schedule = _lock(organization) or Schedule(organization=organization)
    same_days = (schedule.months, schedule.day) == (list(months), day)
    schedule.questionnaire, schedule.months, schedule.day, schedule.time = (
        questionnaire,
        list(months),
        day,
        time,
    )
    schedule.days_open, schedule.reminders, schedule.team_first_days = days_open, reminders, team_first_days
    schedule.is_active = is_active
    if _delete_planned(organization) and schedule.planned_until:
        schedule.planned_until -= DAY
    if not same_days:
        schedule.planned_until = None
    schedule.full_clean()
    schedule.save()
    if is_active:
        _plan_ahead(schedule, now, by)
    return schedule


@transaction.atomic
def plan_next(*, organization: Organization, now: dt.datetime) -> Round | None:
    """Have one round planned ahead; the one that this call made, or None.

    A planned round that could not open in its time makes way once the time of the next has come.
    """
    schedule = _lock(organization)
    if schedule is None or not schedule.is_active:
        return None
    planned = planned_round(organization)
    opening = latest_opening(*_calendar(schedule), after=_planned_until(schedule) or now, now=now)
    if planned:
        if planned.opens_at > now or opening > now:
            return None
        _delete_planned(organization)
    return _plan(schedule, opening, by=None)


@audited
def change_round(
    *,
    round: Round,
    name: str,
    opens_at: dt.datetime,
    closes_at: dt.datetime,
    reminders: int,
    team_first_days: int,
    by: User | None,
    now: dt.datetime,
) -> Round:
    """Change a round that has not been opened yet."""
    schedule = _lock(round.organization)
    planned = _lock_planned(round)
    if planned.opens_itself and opens_at != planned.opens_at:
        _check_opening(schedule, opens_at, now)
    planned.name, planned.opens_at, planned.closes_at = name, opens_at, closes_at
    planned.reminders, planned.team_first_days = reminders, team_first_days
    planned.full_clean()
    planned.save()
    return planned


@transaction.atomic
def keep_local_times(*, organization: Organization, before: str) -> None:
    """Move a round that is planned to open by itself to the same times on the organization's new clock."""
    _lock(organization)
    planned = planned_round(organization)
    if planned and before != organization.time_zone:
        old, new = ZoneInfo(before), ZoneInfo(organization.time_zone)
        planned.opens_at = planned.opens_at.astimezone(old).replace(tzinfo=new)
        planned.closes_at = planned.closes_at.astimezone(old).replace(tzinfo=new)
        planned.save(update_fields=["opens_at", "closes_at"])


@audited
def skip_round(*, round: Round, by: User | None, now: dt.datetime) -> Round | None:
    """Take back a round that has not been opened yet, for good; the round that is planned in its place."""
    schedule = _lock(round.organization)
    planned = _lock_planned(round)
    planned.delete()
    if schedule is None or not (schedule.is_active and planned.opens_itself):
        return None
    return _plan_ahead(schedule, now, by)


def open_planned(*, round: Round, now: dt.datetime) -> list[Invitation]:
    """Open a round whose time has come, or came a while ago: then its window is moved, not shortened."""
    zone = ZoneInfo(round.organization.time_zone)
    closes_at = late_closing(round.opens_at, round.closes_at, now, zone)
    return open_round(round=round, by=None, now=now, closes_at=closes_at)


def _calendar(schedule: Schedule) -> tuple[list[int], int, dt.time, ZoneInfo]:
    return schedule.months, schedule.day, schedule.time, ZoneInfo(schedule.organization.time_zone)


def _planned_until(schedule: Schedule) -> dt.datetime | None:
    """The end of the last day for which a round was planned."""
    if schedule.planned_until is None:
        return None
    return moment(schedule.planned_until, dt.time.max, ZoneInfo(schedule.organization.time_zone))


def _plan_ahead(schedule: Schedule, now: dt.datetime, by: User | None) -> Round:
    """Plan the next round that is still to come."""
    after = max(now, _planned_until(schedule) or now)
    return _plan(schedule, next_opening(*_calendar(schedule), after=after), by)


def _plan(schedule: Schedule, opening: dt.datetime, by: User | None) -> Round:
    zone = ZoneInfo(schedule.organization.time_zone)
    local = opening.astimezone(zone)
    planned = create_round(
        organization=schedule.organization,
        questionnaire=schedule.questionnaire,
        name=_free_name(schedule, local),
        opens_at=opening,
        closes_at=later(opening, schedule.days_open, zone),
        team_first_days=schedule.team_first_days,
        reminders=schedule.reminders,
        opens_itself=True,
        by=by,
    )
    schedule.planned_until = local.date()
    schedule.save(update_fields=["planned_until"])
    return planned


def _free_name(schedule: Schedule, opening: dt.datetime) -> str:
    """What a round is called: by its quarter or month, with a number where a round has that name already."""
    with translation.override(schedule.organization.language):
        if is_quarterly(schedule.months):
            name = _("%(year)d Q%(quarter)d") % {"year": opening.year, "quarter": quarter_of(opening.month)}
        else:
            name = formats.date_format(opening, "F Y")
    taken = set(Round.objects.filter(organization=schedule.organization).values_list("name", flat=True))
    free, number = name, 1
    while free in taken:
        number += 1
        free = f"{name} ({number})"
    return free


def _lock_planned(round: Round) -> Round:
    planned = lock_round(round.pk)
    if planned is None or not planned.is_planned:
        raise ServiceError(_("This round has opened already, or somebody has just taken it back."))
    return planned


def _delete_planned(organization: Organization) -> bool:
    """Delete the round that the schedule has planned, unless it is opening just now."""
    found = planned_round(organization)
    planned = lock_round(found.pk) if found else None
    if planned is None or not planned.is_planned:
        return False
    planned.delete()
    return True


def _check_opening(schedule: Schedule | None, opens_at: dt.datetime, now: dt.datetime) -> None:
    """Refuse a time that has passed, and one at which the round after this would be due."""
    if opens_at <= now:
        raise ServiceError(
            _("The round cannot open in the past. To open it now, use the button on its page.")
        )
    if schedule is None or not schedule.is_active:
        return
    following = next_opening(*_calendar(schedule), after=_planned_until(schedule) or now)
    if opens_at >= following:
        raise ServiceError(_("By then the next round is due. Choose an earlier time, or skip this round."))
