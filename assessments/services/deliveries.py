"""Deliveries: events of pipelines taken over, figures made of them and frozen, tokens for pipelines."""

import datetime as dt
import pickle
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from itertools import islice
from tempfile import SpooledTemporaryFile
from typing import IO, Any, BinaryIO
from zoneinfo import ZoneInfo

from django.db import connection, transaction
from django.db.models import Exists, OuterRef
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from .. import deliveries, delivery_files, tokens
from ..deliveries import METHOD_VERSION, Figures
from ..delivery_files import MAXIMUM_BYTES, DeliveryFileError, Mistake, Options, Problem
from ..models import Assessment, DeliveryToken, Deployment, Incident, Team, User
from .audit import Event, audited, record
from .errors import ServiceError

BATCH = 1000
MOST_SERVICES = 50
"""Of one team. More are no services, but a column that was taken for one."""

MEASURED_AGAIN = dt.timedelta(days=400)
"""So long after a round's close its figures follow what is brought in later."""

WORDS = {
    Problem.TOO_LARGE: gettext_lazy(
        "This is larger than 5 MB. Split it, or have it imported on the server by import_deliveries."
    ),
    Problem.NOT_UTF8: gettext_lazy("This is not text in UTF-8. Save the file as “CSV UTF-8” or as JSON."),
    Problem.NOT_CSV: gettext_lazy(
        "This is not CSV: a quotation mark stands where none may stand, or a cell is far too long."
    ),
    Problem.NOT_JSON: gettext_lazy(
        "This is not JSON. The file has to be a list of objects, or one object after the other."
    ),
    Problem.NOT_KNOWN: gettext_lazy(
        "These columns are not known. Our own format begins with a column “kind”; "
        "exports of GitHub, GitLab and DevLake need the fields that the documentation names."
    ),
    Problem.NEEDS_A_JOIN: gettext_lazy(
        "DevLake's project_pr_metrics alone does not say when anything was deployed. "
        "Export it joined with cicd_deployment_commits, as the documentation shows."
    ),
    Problem.LINE_TOO_LONG: gettext_lazy("This has more than 1,000,000 characters. Split it."),
    Problem.TOO_MANY_COLUMNS: gettext_lazy("There are more than 100 columns. Leave out those of no use."),
    Problem.COLUMN_TWICE: gettext_lazy("Two columns have this name. Leave one out, or rename it."),
    Problem.NO_EVENTS: gettext_lazy("There is no deployment and no incident in it."),
    Problem.EXTRA_CELLS: gettext_lazy(
        "“%(given)s” stands right of the last named column. Put texts with separators in quotation marks."
    ),
    Problem.MISSING: gettext_lazy("This is empty. Fill it in."),
    Problem.NOT_A_TEXT: gettext_lazy("This has to be a text or a number."),
    Problem.TOO_LONG: gettext_lazy("“%(given)s…” is too long. Shorten it."),
    Problem.NOT_SHOWABLE: gettext_lazy("The text has characters that cannot be shown. Leave them out."),
    Problem.NOT_A_TIME: gettext_lazy(
        "“%(given)s” is no time. Write it like 2026-05-04T09:30:00Z, or as seconds since 1970."
    ),
    Problem.NO_ZONE: gettext_lazy(
        "“%(given)s” names no time zone. Add Z for UTC, or an offset such as +02:00."
    ),
    Problem.NOT_IN_CENTURY: gettext_lazy("“%(given)s” is not in the years from 2000 to 2099. Correct it."),
    Problem.NOT_YES_OR_NO: gettext_lazy("“%(given)s” is neither yes nor no. Write yes, no, true or false."),
    Problem.UNKNOWN_KIND: gettext_lazy("“%(given)s” is no kind of event. Write deployment or incident."),
    Problem.ENDS_BEFORE_IT_STARTS: gettext_lazy(
        "The incident would be resolved before it starts. Correct one of the two times."
    ),
    Problem.TOO_MANY_COMMITS: gettext_lazy("These are more than 5,000 commits. Leave out the youngest."),
    Problem.NO_STATUSES: gettext_lazy(
        "GitHub tells how a deployment ended in its statuses only. Add them as a list, "
        "as the documentation shows."
    ),
}


def words(mistake: Mistake) -> str:
    """A mistake as people read it: where it is, what it is, what to do."""
    text = WORDS[mistake.problem] % {"given": mistake.given}
    if mistake.line and mistake.column:
        place = _("Line %(line)d, %(column)s:") % {"line": mistake.line, "column": mistake.column}
    elif mistake.line:
        place = _("Line %(line)d:") % {"line": mistake.line}
    elif mistake.column:
        place = f"{mistake.column}:"
    else:
        return text
    return f"{place} {text}"


class FileRefused(ServiceError):
    """A file with mistakes, of which nothing was taken over."""

    def __init__(self, error: DeliveryFileError) -> None:
        self.mistakes = error.mistakes
        self.more = error.more
        super().__init__("\n".join(self.texts))

    @property
    def texts(self) -> list[str]:
        """The first mistakes in words, and how many more there are."""
        told = [words(mistake) for mistake in self.mistakes]
        return [*told, _("And %(number)d more mistakes.") % {"number": self.more}] if self.more else told


# --- Events -----------------------------------------------------------------------------------


@dataclass
class Summary:
    """What a file holds."""

    deployments: int = 0
    incidents: int = 0
    left_out: int = 0  # entries of other environments, and of what has not ended
    first: dt.datetime | None = None
    last: dt.datetime | None = None
    services: set[str] = field(default_factory=set)
    unmatched: int = 0  # the team's incidents that name a deployment nobody has brought in

    def add(self, event: delivery_files.Event | None) -> None:
        """Count an event."""
        if event is None:
            self.left_out += 1
            return
        if isinstance(event, deliveries.Deployment):
            self.deployments += 1
            moment = event.finished_at
        else:
            self.incidents += 1
            moment = event.started_at
        self.first = min(self.first or moment, moment)
        self.last = max(self.last or moment, moment)
        self.services.add(event.service)
        if len(self.services) > MOST_SERVICES:
            raise _too_many_services()


def _too_many_services() -> ServiceError:
    return ServiceError(
        _("There would be more than %(most)d services. Check what stands in the column “service”.")
        % {"most": MOST_SERVICES}
    )


def check_deliveries(*, stream: BinaryIO, options: Options) -> Summary:
    """What a file holds; nothing is written. Raises FileRefused with every mistake, and ServiceError."""
    summary = Summary()
    for event in _read(stream, options):
        summary.add(event)
    return summary


def _read(stream: BinaryIO, options: Options) -> Iterator[delivery_files.Event | None]:
    try:
        yield from delivery_files.read(stream, options)
    except DeliveryFileError as error:
        raise FileRefused(error) from error


def load_deliveries(
    *, team: Team, stream: BinaryIO, options: Options, by: User | None, now: dt.datetime
) -> Summary:
    """Take over a file's events, all of them or, after any mistake, none, and measure anew.

    An event that is known by its team, service and key is changed, so the same file twice changes
    nothing. All of it is read, checked and set aside first, in a file where it is long: SQLite lets
    nobody else write while events are written. Raises FileRefused and ServiceError.
    """
    with SpooledTemporaryFile(max_size=MAXIMUM_BYTES) as aside:
        summary = _set_aside(team, _read(stream, options), aside)
        aside.seek(0)
        _store(team=team, rows=_set_aside_rows(aside), by=by, now=now)
    measure_team(team=team, now=now)
    summary.unmatched = _unmatched(team)
    return summary


Rows = tuple[type[delivery_files.Event], list[tuple[Any, ...]]]
"""Events of one kind, as the database takes them."""


def _set_aside(team: Team, events: Iterator[delivery_files.Event | None], aside: IO[bytes]) -> Summary:
    summary = Summary()
    while batch := list(islice(events, BATCH)):
        for event in batch:
            summary.add(event)
        for kind, model in MODELS.items():
            ready = [model._meta.get_field(name).get_db_prep_save for name in kind._fields]
            rows = [
                (team.pk, *(prepare(value, connection) for prepare, value in zip(ready, event, strict=True)))
                for event in batch
                if isinstance(event, kind)
            ]
            if rows:
                pickle.dump((kind, rows), aside)
    return summary


def _set_aside_rows(aside: IO[bytes]) -> Iterator[Rows]:
    with suppress(EOFError):
        while True:
            yield pickle.load(aside)  # noqa: S301  what we have just put there


@audited
def _store(*, team: Team, rows: Iterable[Rows], by: User | None, now: dt.datetime) -> None:
    _wait_for_others(team.pk)
    with connection.cursor() as cursor:
        for kind, batch in rows:
            cursor.executemany(UPSERTS[kind], batch)
    if len(services_of(team)) > MOST_SERVICES:
        raise _too_many_services()
    if by:
        record(what=Event.DELIVERIES_LOADED, subject=team, organization=team.organization, by=by, now=now)


def _wait_for_others(team_id: int) -> None:
    """Until the transaction ends nobody else changes the team's events, or measures them.

    Else what was measured first could be written last, and PostgreSQL would find two imports of the
    same keys, each waiting for the other.
    """
    Team.objects.select_for_update().get(pk=team_id)


def _upsert(kind: type[delivery_files.Event]) -> str:
    """The statement that adds an event or changes it. By hand: model objects take three times as long."""
    unique = ("team_id", "service", "key")
    names = ("team_id", *kind._fields)
    changes = ", ".join(f"{name} = excluded.{name}" for name in names if name not in unique)
    values = ", ".join(["%s"] * len(names))
    table = MODELS[kind]._meta.db_table
    return (
        f"INSERT INTO {table} ({', '.join(names)}) VALUES ({values}) "  # noqa: S608  names of our own
        f"ON CONFLICT ({', '.join(unique)}) DO UPDATE SET {changes}"
    )


MODELS: dict[type[delivery_files.Event], Any] = {
    deliveries.Deployment: Deployment,
    deliveries.Incident: Incident,
}
UPSERTS = {kind: _upsert(kind) for kind in MODELS}


def _unmatched(team: Team) -> int:
    cause = Deployment.objects.filter(team=team, service=OuterRef("service"), key=OuterRef("deployment_key"))
    return Incident.objects.filter(~Exists(cause), team=team).exclude(deployment_key="").count()


def services_of(team: Team) -> list[str]:
    """The services of which there is any event, by name."""
    known = Deployment.objects.filter(team=team).values_list("service", flat=True).distinct()
    broken = Incident.objects.filter(team=team).values_list("service", flat=True).distinct()
    return sorted({*known, *broken})


@audited
def remove_service(*, team: Team, service: str, by: User | None, now: dt.datetime) -> None:
    """Remove all events of a service, as of one that was named wrongly, and measure anew."""
    _wait_for_others(team.pk)
    removed, _models = Deployment.objects.filter(team=team, service=service).delete()
    also_removed, _models = Incident.objects.filter(team=team, service=service).delete()
    if removed or also_removed:
        measure_team(team=team, now=now)
        if by:
            organization = team.organization
            record(what=Event.DELIVERIES_REMOVED, subject=team, organization=organization, by=by, now=now)


# --- Figures ----------------------------------------------------------------------------------


def measure_team(*, team: Team, now: dt.datetime) -> None:
    """Measure the team's closed rounds of the last 400 days, as far as they were measured by this method."""
    closed = Assessment.objects.filter(team=team, round__closed_at__gte=now - MEASURED_AGAIN)
    freeze(assessments=closed.select_related("round__organization"))


def freeze(*, assessments: Iterable[Assessment]) -> None:
    """Measure the three months before each round and keep the figures with the team's part in it.

    What was measured by another version of the method stays as it is. Each is a transaction of its
    own, so that on SQLite nobody waits for all of them. Source: docs/method.md 8.4.
    """
    for assessment in assessments:
        before = assessment.measured or {}
        if before.get("version", METHOD_VERSION) != METHOD_VERSION:
            continue
        with transaction.atomic():
            _wait_for_others(assessment.team_id)
            Assessment.objects.filter(pk=assessment.pk).update(measured=_measured(assessment))


def _measured(assessment: Assessment) -> dict[str, Any] | None:
    """The figures of each service that had been deployed by then, as they are kept; None without any."""
    zone = ZoneInfo(assessment.round.organization.time_zone)
    start, end = deliveries.window(assessment.round.opens_at, zone)
    by_then = Deployment.objects.filter(
        team=assessment.team_id, succeeded=True, finished_at__lt=deliveries.moment(end, zone)
    )
    services = [
        {"service": service} | asdict(_figures(assessment.team_id, service, start, end, zone))
        for service in sorted(by_then.values_list("service", flat=True).distinct())
    ]
    return {"version": METHOD_VERSION, "services": services} if services else None


def _figures(team_id: int, service: str, start: dt.date, end: dt.date, zone: ZoneInfo) -> Figures:
    deployed = Deployment.objects.filter(
        team=team_id,
        service=service,
        succeeded=True,
        finished_at__gte=deliveries.moment(start, zone),
        finished_at__lt=deliveries.moment(end, zone),
    )
    broke = Incident.objects.filter(team=team_id, service=service).exclude(deployment_key="")
    return deliveries.measure(
        _rows(deliveries.Deployment, deployed),
        _rows(deliveries.Incident, broke),
        start=start,
        end=end,
        zone=zone,
    )


def _rows(kind: Any, found: Any) -> Iterator[Any]:
    """Rows of the database as events, without a model object for each."""
    return (kind(*row) for row in found.values_list(*kind._fields).iterator())


# --- Tokens for pipelines ---------------------------------------------------------------------


@audited
def make_token(*, team: Team, name: str, by: User | None, now: dt.datetime) -> tuple[DeliveryToken, str]:
    """A new token with which a pipeline may send the team's events, and its text, which is kept nowhere.

    Raises ValidationError when the team has one of this name.
    """
    text = tokens.make_token(tokens.DELIVERY)
    token = DeliveryToken(team=team, name=name, digest=tokens.digest_of(text), created_at=now)
    token.full_clean()
    token.save()
    return token, text


@audited
def withdraw_token(*, token: DeliveryToken, by: User | None) -> None:
    """From now on nothing sent with this token is taken."""
    token.delete()
