"""Reads that span models."""

import datetime as dt
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Prefetch, QuerySet

from .instrument import Capability, Category, Instrument, KeyMetric, LevelAdvice, Statement
from .models import Assessment, Organization, Questionnaire, Response, Round, Team, TeamMembership, User
from .models import Capability as CapabilityRow
from .models import Category as CategoryRow
from .scale import Option, Scale

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


def newcomers(of: Round) -> int:
    """How many people joined a roster of the round's teams and have no invitation yet."""
    invited = set(Assessment.objects.filter(round=of).values_list("team_id", "invitations__email"))
    rosters = TeamMembership.objects.filter(team__assessments__round=of).values_list("team_id", "user__email")
    return sum(1 for entry in rosters if entry not in invited)


def my_organizations(user: User) -> QuerySet[Organization]:
    """The organizations in which the user has a role."""
    return Organization.objects.filter(memberships__user=user).order_by("name")


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
