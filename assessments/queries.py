"""Reads that span models."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from auditlog.models import LogEntry
from django.db.models import Count, Exists, Max, Min, OuterRef, Prefetch, Q, QuerySet

from .instrument import Capability, Category, Instrument, KeyMetric, LevelAdvice, Statement
from .models import (
    Action,
    ActionState,
    Assessment,
    Deployment,
    Incident,
    Invitation,
    Mail,
    MailState,
    Organization,
    Questionnaire,
    Response,
    Round,
    Score,
    ScoreKind,
    Team,
    TeamMembership,
    User,
)
from .models import Capability as CapabilityRow
from .models import Category as CategoryRow
from .scale import Option, Scale

NEWS = dt.timedelta(days=60)
"""So long after its close a round's results are worth a mail; longer than teams have them to themselves."""

_instruments: dict[str, Instrument] = {}
"""Published questionnaires by digest. They never change, so they are read once a process."""


def load_instrument(questionnaire: Questionnaire) -> Instrument:
    """The questionnaire as data."""
    found = _instruments.get(questionnaire.digest)
    if found is None:
        found = _instruments[questionnaire.digest] = _read_instrument(questionnaire)
    return found


@dataclass(frozen=True)
class Asked:
    """What an open round asks, and until when."""

    instrument: Instrument
    closes_at: dt.datetime


_asked: dict[int, Asked] = {}
"""By round. A round never changes its questionnaire, and its number is never used again."""


def load_asked(round_id: int, now: dt.datetime) -> Asked:
    """What a round asks, read once a process; and once more at its end, which may have been put off.

    Raises Round.DoesNotExist.
    """
    found = _asked.get(round_id)
    if found is None or now >= found.closes_at:
        row = Round.objects.select_related("questionnaire").get(pk=round_id)
        found = _asked[round_id] = Asked(load_instrument(row.questionnaire), row.closes_at)
    return found


def _scale(data: dict[str, Any]) -> Scale:
    return Scale(options=tuple(Option(**option) for option in data["options"]), dont_know=data["dont_know"])


def _read_instrument(questionnaire: Questionnaire) -> Instrument:
    capabilities = CapabilityRow.objects.prefetch_related("statements")
    categories = CategoryRow.objects.filter(questionnaire=questionnaire).prefetch_related(
        Prefetch("capabilities", queryset=capabilities)
    )
    return Instrument(
        slug=questionnaire.slug,
        version=questionnaire.version,
        languages=tuple(questionnaire.languages),
        title=questionnaire.title,
        introduction=questionnaire.introduction,
        source=questionnaire.source,
        scale=_scale(questionnaire.scale),
        categories=tuple(
            Category(
                key=category.key,
                name=category.name,
                description=category.description,
                advice=category.advice,
                capabilities=tuple(_capability(row) for row in category.capabilities.all()),
            )
            for category in categories
        ),
        key_metrics=tuple(
            KeyMetric(
                key=row.key,
                name=row.name,
                short_name=row.short_name,
                question=row.question,
                definition=row.definition,
                why=row.why,
                scale=_scale(row.scale),
                elite_from=row.elite_from,
                elite=row.elite,
                advice=row.advice,
                pitfall=row.pitfall,
                measure=row.measure,
            )
            for row in questionnaire.key_metrics.all()
        ),
    )


def _capability(row: CapabilityRow) -> Capability:
    return Capability(
        key=row.key,
        name=row.name,
        short_name=row.short_name,
        definition=row.definition,
        why=row.why,
        statements=tuple(
            Statement(key=statement.key, text=statement.text, reversed=statement.reversed)
            for statement in row.statements.all()
        ),
        levels={level: LevelAdvice(**texts) for level, texts in row.levels.items()},
        prerequisites=tuple(row.prerequisites),
        learn_more=row.learn_more,
        untitled=row.untitled,
    )


@dataclass(frozen=True)
class Participation:
    """How many of a team answered so far. Never who."""

    assessment: Assessment
    invited: int
    responded: int


def participation(of: Round, team: Team | None = None) -> list[Participation]:
    """Participation by team, in alphabetical order; frozen figures once the round has closed."""
    assessments = Assessment.objects.filter(round=of).select_related("team").order_by("team_name")
    if team:
        assessments = assessments.filter(team=team)
    if of.is_closed:
        return [Participation(found, found.invited, found.responded) for found in assessments]
    counted = assessments.annotate(asked=Count("invitations"))
    responded = dict(
        Response.objects.filter(assessment__round=of, complete=True)
        .values_list("assessment")
        .annotate(number=Count("pk"))
        .order_by()
    )
    return [Participation(found, found.asked, responded.get(found.pk, 0)) for found in counted]


def due_rounds(now: dt.datetime) -> QuerySet[Round]:
    """Open rounds whose window has ended."""
    return Round.objects.filter(closes_at__lte=now, closed_at__isnull=True).exclude(salt="").order_by("pk")


def open_rounds(organization: Organization) -> QuerySet[Round]:
    """The rounds that take answers, the one that closes last first."""
    rounds = Round.objects.filter(organization=organization, closed_at=None).exclude(salt="")
    return rounds.select_related("organization").order_by("-closes_at")


def half_opened_rounds(organization: Organization) -> list[Round]:
    """Open rounds in which somebody was invited and has nothing to answer in: a crash came in between."""
    return [
        found
        for found in open_rounds(organization)
        if Invitation.objects.filter(assessment__round=found).count()
        > Response.objects.filter(assessment__round=found).count()
    ]


def planned_round(organization: Organization) -> Round | None:
    """The round that the schedule has planned."""
    planned = Round.objects.filter(organization=organization, opens_itself=True, closed_at=None, salt="")
    return planned.select_related("organization").order_by("opens_at").first()


def due_opening(organization: Organization, now: dt.datetime) -> Round | None:
    """The planned round whose time has come. While another is open, it waits."""
    planned = planned_round(organization)
    if planned is None or planned.opens_at > now or open_rounds(organization).exists():
        return None
    return planned


def untold_rounds(organization: Organization, now: dt.datetime) -> QuerySet[Round]:
    """Closed rounds about whose results not everybody has a mail yet, while that is still news."""
    return Round.objects.filter(
        Q(team_told=False) | Q(coaches_told=False), organization=organization, closed_at__gt=now - NEWS
    )


def people_to_ask(organization: Organization) -> int:
    """How many people a round that opens now would invite; who is on two teams is asked for each."""
    return TeamMembership.objects.filter(team__organization=organization, team__archived_at=None).count()


def newest_questionnaires() -> QuerySet[Questionnaire]:
    """The newest published version of each questionnaire."""
    published = Questionnaire.objects.exclude(published_at=None)
    newer = published.filter(slug=OuterRef("slug"), version__gt=OuterRef("version"))
    return published.exclude(Exists(newer)).order_by("slug")


def due_mails(now: dt.datetime) -> QuerySet[Mail]:
    """Mails whose next attempt has come, oldest first."""
    return Mail.objects.filter(state=MailState.WAITING, due_at__lte=now).order_by("pk")


def mail_counts(mails: QuerySet[Mail]) -> dict[str, int]:
    """How many mails are in which state, by the state's name; none that has no mail."""
    counted = dict(mails.order_by().values_list("state").annotate(number=Count("pk")))
    return {str(state.label): counted[state] for state in MailState if state in counted}


def newcomers(of: Round) -> int:
    """How many people joined a roster of the round's teams and have no invitation yet."""
    invited = set(Assessment.objects.filter(round=of).values_list("team_id", "invitations__email"))
    rosters = TeamMembership.objects.filter(team__assessments__round=of).values_list("team_id", "user__email")
    return sum(1 for entry in rosters if entry not in invited)


def my_organizations(user: User) -> QuerySet[Organization]:
    """The organizations in which the user has a role."""
    return Organization.objects.filter(memberships__user=user).order_by("name")


def log_of(organization: Organization) -> QuerySet[LogEntry]:
    """What was done in the organization, newest first."""
    entries = LogEntry.objects.filter(additional_data__organization=organization.pk)
    return entries.select_related("actor", "content_type").order_by("-timestamp", "-pk")


def my_teams(user: User) -> QuerySet[Team]:
    """The teams that the user is on."""
    return (
        Team.objects.filter(memberships__user=user, archived_at=None)
        .select_related("organization")
        .order_by("organization__name", "name")
    )


def closed_assessments(team: Team) -> QuerySet[Assessment]:
    """The team's results, newest first."""
    return (
        Assessment.objects.filter(team=team, round__closed_at__isnull=False)
        .select_related("round")
        .order_by("-round__closed_at")
    )


def earlier_assessments(of: Round, before: dt.datetime | None) -> QuerySet[Assessment]:
    """What closed before a moment and asked the same questionnaire in any version, newest first."""
    return (
        Assessment.objects.filter(
            round__questionnaire__slug=of.questionnaire.slug, round__closed_at__lt=before
        )
        .select_related("round__questionnaire")
        .order_by("-round__closed_at", "-pk")
    )


def scores_of_earlier(earlier: Sequence[Assessment]) -> QuerySet[Score]:
    """What trends need of a team's rounds, newest first, and what a comparison needs of the newest."""
    wanted = Q(assessment__in=earlier, kind=ScoreKind.CAPABILITY)
    wanted |= Q(assessment__in=earlier[:1], kind__in=[ScoreKind.CATEGORY, ScoreKind.COMPOSITE])
    return Score.objects.filter(wanted).defer("distribution")


def actions_to_review(assessment: Assessment, previous: Assessment | None) -> QuerySet[Action]:
    """The experiments that the team decided on in its last round, and older ones that still go on."""
    older = Q(state=ActionState.OPEN, round__closed_at__lt=assessment.round.closed_at)
    decided = Q(round=previous.round) if previous else Q(pk=None)
    return (
        Action.objects.filter(decided | older, team=assessment.team_id).select_related("round").order_by("pk")
    )


@dataclass(frozen=True)
class ServiceEvents:
    """What is known of one service's deliveries."""

    service: str
    deployments: int
    incidents: int
    first: dt.datetime | None  # deployment
    last: dt.datetime | None


def deliveries_of(team: Team) -> list[ServiceEvents]:
    """What is known of the team's deliveries, by service: two queries, however many events."""
    deployed = Deployment.objects.filter(team=team).values("service").order_by("service")
    broken = Incident.objects.filter(team=team).values_list("service").order_by("service")
    incidents = dict(broken.annotate(number=Count("pk")))
    found = {
        row["service"]: ServiceEvents(**row, incidents=incidents.pop(row["service"], 0))
        for row in deployed.annotate(
            deployments=Count("pk"), first=Min("finished_at"), last=Max("finished_at")
        )
    }
    found |= {name: ServiceEvents(name, 0, number, None, None) for name, number in incidents.items()}
    return sorted(found.values(), key=lambda events: events.service)


def teams_of(organization: Organization) -> QuerySet[Team]:
    """The organization's teams with the size of their rosters, by group and name."""
    return (
        Team.objects.filter(organization=organization)
        .select_related("group")
        .annotate(people=Count("memberships"))
        .order_by("group__name", "name")
    )


def rounds_of(organization: Organization) -> QuerySet[Round]:
    """The organization's rounds, newest first, with the number of teams in each."""
    rounds = Round.objects.filter(organization=organization).annotate(teams=Count("assessments"))
    return rounds.order_by("-opens_at", "-pk")
