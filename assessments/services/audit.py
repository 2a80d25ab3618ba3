"""The log of who did what as administrator, coach or lead; never of who answered, or what.

django-auditlog keeps the entries. ``audited`` tells it who acts; its middleware would do so by
opening a session on every page, and would keep the addresses of people's computers. An entry
names people by their number only: whoever is forgotten has no name here either.
"""

import datetime as dt
from collections.abc import Callable, Iterable
from contextvars import ContextVar
from dataclasses import dataclass
from functools import wraps
from typing import Any, ParamSpec, TypeVar

from auditlog.models import LogEntry
from auditlog.registry import auditlog
from auditlog.signals import post_log, pre_log
from django.db import transaction
from django.db.models import Model, TextChoices

from ..models import (
    Action,
    DeliveryToken,
    Group,
    Organization,
    OrganizationMembership,
    Round,
    Schedule,
    Team,
    TeamMembership,
    User,
    Webhook,
    Workshop,
)

P = ParamSpec("P")
R = TypeVar("R")

LOGGED: dict[type[Model], list[str]] = {
    User: ["name", "email", "is_active"],
    Organization: ["name", "minimum_responses", "time_zone", "language", "keep_responses_days"],
    OrganizationMembership: ["role"],
    Group: ["name", "parent"],
    Team: ["name", "group", "goal"],
    TeamMembership: ["role"],
    Round: ["name", "opens_at", "closes_at", "team_first_days", "reminders"],
    Schedule: [
        "questionnaire",
        "months",
        "day",
        "time",
        "days_open",
        "reminders",
        "team_first_days",
        "is_active",
    ],
    Workshop: ["name"],
    DeliveryToken: ["name"],
    Webhook: ["url", "events"],
    Action: ["title", "capability_key", "due", "state"],
}
"""What is logged, field by field. No model that knows of answers or invitations may ever stand here."""


VERBS = {
    LogEntry.Action.CREATE: "made",
    LogEntry.Action.UPDATE: "changed",
    LogEntry.Action.DELETE: "removed",
}


class Event(TextChoices):
    """What is done without changing one of these fields."""

    OPENED = "opened"
    INVITED = "invited"
    CLOSED = "closed"
    RESCORED = "rescored"
    ROUND_IMPORTED = "round_imported"
    ROUND_IMPORTED_ON_SERVER = "round_imported_on_server"
    ARCHIVED = "archived"
    ROSTER_LOADED = "roster_loaded"
    REPORT_DOWNLOADED = "report_downloaded"
    SCORES_DOWNLOADED = "scores_downloaded"
    BUNDLE_DOWNLOADED = "bundle_downloaded"
    SUMMARY_DOWNLOADED = "summary_downloaded"
    COMPARISON_DOWNLOADED = "comparison_downloaded"
    FORGOTTEN = "forgotten"
    DELIVERIES_LOADED = "deliveries_loaded"
    DELIVERIES_REMOVED = "deliveries_removed"
    WEBHOOK_RENEWED = "webhook_renewed"
    WEBHOOK_GONE = "webhook_gone"
    QUESTIONNAIRE_PUBLISHED = "questionnaire_published"
    TOKEN_MADE = "token_made"  # noqa: S105  no password
    TOKEN_WITHDRAWN = "token_withdrawn"  # noqa: S105  no password
    RESULTS_READ = "results_read"
    SIGNED_OUT = "signed_out"
    SECOND_FACTOR_REMOVED = "second_factor_removed"
    BECAME_ADMINISTRATOR = "became_administrator"
    BECAME_COACH = "became_coach"
    LOST_ROLE = "lost_role"


@dataclass(frozen=True)
class _Acting:
    by: User
    organization_id: int


_acting: ContextVar[_Acting | None] = ContextVar("acting", default=None)


def audited(service: Callable[P, R]) -> Callable[P, R]:
    """Make a service one transaction whose changes are logged as those of ``by``, where there is one."""

    @wraps(service)
    def wrapper(*args: P.args, **kwargs: P.kwargs) -> R:
        by = kwargs.get("by")
        acting = _Acting(by, _organization_of(kwargs.values())) if isinstance(by, User) else None
        before = _acting.set(acting)
        try:
            with transaction.atomic():
                return service(*args, **kwargs)
        finally:
            _acting.reset(before)

    return wrapper


def _organization_of(values: Iterable[object]) -> int:
    """The organization that a service is about, by what it was given."""
    for value in values:
        if isinstance(value, Organization):
            return value.pk
        if isinstance(value, Group | Team | Round | OrganizationMembership | Schedule | Webhook):
            return value.organization_id
        if isinstance(value, TeamMembership | Workshop | DeliveryToken):
            return value.team.organization_id
        if isinstance(value, Action):
            return value.round.organization_id
    raise TypeError("an audited service is given something of an organization")


def record(
    *,
    what: Event,
    subject: Model,
    organization: Organization,
    by: User | None,
    now: dt.datetime,
    person: User | None = None,
) -> None:
    """Log what changes no field, and whom it was done to. Nobody as ``by`` is the schedule."""
    about: dict[str, Any] = {"organization": organization.pk, "what": what.value}
    about |= ({} if by else {"by_itself": True}) | ({"person": person.pk} if person else {})
    LogEntry.objects.log_create(
        subject,
        force_log=True,
        action=LogEntry.Action.ACCESS,
        object_repr=str(subject),
        actor=by,
        timestamp=now,
        additional_data=about,
    )


A_DAY = dt.timedelta(days=1)


def record_daily(
    *, what: Event, subject: Model, organization: Organization, by: User, now: dt.datetime
) -> None:
    """Log what programs do over and over: once a day for each person and subject."""
    known = LogEntry.objects.get_for_object(subject).filter(
        actor=by, timestamp__gt=now - A_DAY, additional_data__what=what.value
    )
    if not known.exists():
        record(what=what, subject=subject, organization=organization, by=by, now=now)


def forget(*, person: User, organization: Organization, belongs_elsewhere: bool) -> None:
    """Take a person out of the organization's log, as who acted and as who was meant; what was done stays."""
    entries = LogEntry.objects.filter(additional_data__organization=organization.pk)
    entries.filter(actor=person).update(actor=None)
    of_person = LogEntry.objects.get_for_object(person)
    if belongs_elsewhere:
        of_person = of_person.filter(additional_data__organization=organization.pk)
    of_person.delete()  # they hold names and addresses
    about = list(entries.filter(additional_data__person=person.pk))
    for entry in about:
        entry.additional_data["person"] = None
    LogEntry.objects.bulk_update(about, ["additional_data"], batch_size=500)


def _is_wanted(sender: type[Model], action: int, **kwargs: Any) -> bool:
    """Only what a service does for somebody; and that a person is new is told by the role that they get."""
    return _acting.get() is not None and not (sender is User and action == LogEntry.Action.CREATE)


def _sign(sender: type[Model], instance: Any, log_entry: LogEntry | None, **kwargs: Any) -> None:
    """Write into an entry who acted, where, and on whom."""
    acting = _acting.get()
    if log_entry is None or acting is None:
        return
    log_entry.actor = acting.by
    log_entry.additional_data = {
        "organization": acting.organization_id,
        "what": f"{sender.__name__.lower()}_{VERBS[log_entry.action]}",
    }
    if isinstance(instance, User):
        log_entry.additional_data["person"] = instance.pk
        log_entry.object_repr = ""
    elif isinstance(instance, OrganizationMembership | TeamMembership):
        log_entry.additional_data["person"] = instance.user_id
        log_entry.object_repr = str(
            instance.team if isinstance(instance, TeamMembership) else instance.organization
        )
    log_entry.save()


def start_logging() -> None:
    """Have django-auditlog watch what is logged. Called once, when the app is ready."""
    for model, fields in LOGGED.items():
        auditlog.register(model, include_fields=fields)
    pre_log.connect(_is_wanted)
    post_log.connect(_sign)
