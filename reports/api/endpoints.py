"""What can be read. Everything is loaded for the token's person, as it is for their pages."""

from collections.abc import Callable
from typing import Annotated, Any, TypeVar

from django.db.models import Model, QuerySet
from django.utils import timezone
from django.utils.translation import get_language
from ninja import Field, Path, Schema
from ninja.pagination import LimitOffsetPagination, paginate

from assessments import access, queries
from assessments.access import Permission
from assessments.instrument import Instrument
from assessments.models import Action, Assessment, Group, Organization, Round, Scope, Team
from assessments.queries import Participation
from assessments.services.audit import Event, record_daily

from ..builder import build_content
from ..comparison import build_comparison, places_of
from ..comparison_content import Comparison
from ..content import ReportContent
from . import schemas
from .door import METHODS, ProgramRequest, Token, addresses, api

Operation = TypeVar("Operation", bound=Callable[..., Any])

LARGEST = 2**63 - 1  # of a database's numbers
Slug = Annotated[str, Path(pattern=r"^[-a-zA-Z0-9_]+$", max_length=50)]
Number = Annotated[int, Path(ge=1, le=LARGEST)]

REFUSALS = {frozenset({401, 403, 404, 422, 429}): schemas.Problem}


class Pages(LimitOffsetPagination):
    """Long lists come in parts: ``items``, and the ``count`` of all there are."""

    class Input(Schema):
        """Which part."""

        limit: int = Field(100, ge=1, le=500)
        offset: int = Field(0, ge=0, le=1_000_000)


def reads(address: str, answer: Any, scope: Scope | None) -> Callable[[Operation], Operation]:
    """An address where a token with this scope reads such an answer."""
    return api.api_operation(METHODS, address, response={200: answer, **REFUSALS}, auth=Token(scope))


@reads("/", schemas.Reader, None)
def reader(request: ProgramRequest) -> dict[str, Any]:
    """What the token is, and where its person has a role: where to go from here."""
    token = request.auth
    return {
        "name": token.name,
        "scopes": token.scopes,
        "expires_at": token.expires_at,
        "organizations": queries.my_organizations(token.user),
        "teams": queries.my_teams(token.user),
    }


# --- Who is where, and how many answered --------------------------------------------------------


@reads("/organizations/{org}/teams/", list[schemas.TeamInList], Scope.ORGANIZATION)
@paginate(Pages)
def teams(request: ProgramRequest, org: Slug) -> QuerySet[Team]:
    """The organization's teams by group and name."""
    return queries.teams_of(_organization(request, org))


@reads("/organizations/{org}/groups/", list[schemas.GroupInList], Scope.ORGANIZATION)
@paginate(Pages)
def groups(request: ProgramRequest, org: Slug) -> QuerySet[Group]:
    """The organization's groups by name."""
    return queries.groups_of(_organization(request, org)).select_related("parent")


@reads("/organizations/{org}/rounds/", list[schemas.RoundInList], Scope.ORGANIZATION)
@paginate(Pages)
def rounds(request: ProgramRequest, org: Slug) -> QuerySet[Round]:
    """The organization's rounds, the newest first."""
    return queries.rounds_of(_organization(request, org)).select_related("questionnaire")


def _organization(request: ProgramRequest, org: str) -> Organization:
    return access.get_organization(request.auth.user, org, Permission.VIEW_ORGANIZATION)


@reads("/organizations/{org}/rounds/{round_id}/", schemas.RoundWithCounts, Scope.ORGANIZATION)
def one_round(request: ProgramRequest, org: Slug, round_id: Number) -> dict[str, Any]:
    """A round, and how many of all its teams have answered so far."""
    found = access.get_round(request.auth.user, org, round_id, Permission.VIEW_PARTICIPATION)
    counts = queries.participation(found)
    return {
        "round": found,
        "teams": len(counts),
        "invited": sum(count.invited for count in counts),
        "responded": sum(count.responded for count in counts),
    }


@reads(
    "/organizations/{org}/rounds/{round_id}/participation/",
    list[schemas.TeamParticipation],
    Scope.ORGANIZATION,
)
@paginate(Pages)
def participation(request: ProgramRequest, org: Slug, round_id: Number) -> list[Participation]:
    """How many of each team have answered so far, by name. Never who."""
    found = access.get_round(request.auth.user, org, round_id, Permission.VIEW_PARTICIPATION)
    return queries.participation(found)


@reads("/organizations/{org}/teams/{team}/rounds/", list[schemas.RoundOfTeam], Scope.ORGANIZATION)
@paginate(Pages)
def team_rounds(request: ProgramRequest, org: Slug, team: Slug) -> QuerySet[Assessment]:
    """The closed rounds in which a team took part, the newest first."""
    return queries.closed_assessments(access.get_team(request.auth.user, org, team, Permission.VIEW_TEAM))


# --- Results --------------------------------------------------------------------------------------


@reads("/organizations/{org}/teams/{team}/rounds/{round_id}/", schemas.Results, Scope.RESULTS)
def results(request: ProgramRequest, org: Slug, team: Slug, round_id: Number) -> ReportContent:
    """A team's results, without what is for the team alone."""
    user, now = request.auth.user, timezone.now()
    found = access.get_assessment(user, org, team, round_id, Permission.VIEW_RESULTS, now)
    if access.holds_office(user, found.team):
        _log(request, found, found.round.organization)
    return build_content(found, _language(), for_team=False)


@reads("/organizations/{org}/rounds/{round_id}/comparison/", schemas.Comparison, Scope.RESULTS)
def comparison(request: ProgramRequest, org: Slug, round_id: Number) -> dict[str, Any]:
    """A closed round's capabilities over all of its teams."""
    found = _compared(request, org, round_id)
    columns = found.columns if found.is_possible else ()
    return {
        "is_possible": found.is_possible,
        "minimum": found.minimum,
        "capabilities": [
            {"key": column.key, "name": column.name, "category": column.category, "total": total}
            for column, total in zip(columns, found.totals, strict=False)
        ],
        "low_in_most": [
            {"capability": each.column.key, "low": each.low, "shown": each.shown}
            for each in found.low_in_most
        ],
        "low_in_few": [
            {"capability": each.column.key, "teams": [team.slug for team in each.teams]}
            for each in found.low_in_few
        ],
    }


@reads("/organizations/{org}/rounds/{round_id}/comparison/teams/", list[schemas.ComparedTeam], Scope.RESULTS)
@paginate(Pages)
def compared_teams(request: ProgramRequest, org: Slug, round_id: Number) -> list[dict[str, Any]]:
    """A closed round's teams beside each other, by group and name. None where too few can be compared."""
    found = _compared(request, org, round_id)
    keys = [column.key for column in found.columns]
    sections = found.sections if found.is_possible else ()
    return [
        {
            "slug": team.slug,
            "name": team.name,
            "group": section.path,
            "results": [
                {"capability": key, "result": cell.now} for key, cell in zip(keys, team.cells, strict=True)
            ],
        }
        for section in sections
        for team in section.teams
    ]


def _compared(request: ProgramRequest, org: str, round_id: int) -> Comparison:
    found = access.get_results_round(request.auth.user, org, round_id, timezone.now())
    _log(request, found, found.organization)
    tree = places_of(queries.groups_of(found.organization))
    return build_comparison(found, _language(), tree=tree)


def _log(request: ProgramRequest, subject: Model, organization: Organization) -> None:
    """Keep who had a program take results away by an office."""
    record_daily(
        what=Event.RESULTS_READ,
        subject=subject,
        organization=organization,
        by=request.auth.user,
        now=timezone.now(),
    )


def _language() -> str:
    return get_language() or "en"


# --- Experiments ----------------------------------------------------------------------------------


@reads("/organizations/{org}/teams/{team}/experiments/", list[schemas.Experiment], Scope.EXPERIMENTS)
@paginate(Pages)
def team_experiments(request: ProgramRequest, org: Slug, team: Slug) -> list[Action]:
    """What a team tries and what became of what it tried, those out of the newest results first."""
    user = request.auth.user
    found = access.get_team(user, org, team, Permission.VIEW_TEAM)
    is_own = bool(access.own_permissions(user, found))
    return queries.team_actions(found, timezone.now(), is_own=is_own)


@reads("/organizations/{org}/experiments/", list[schemas.Experiment], Scope.EXPERIMENTS)
@paginate(Pages)
def organization_experiments(request: ProgramRequest, org: Slug) -> QuerySet[Action]:
    """What the organization itself tries."""
    return queries.actions_of(_organization(request, org), None)


# --- The questionnaire ----------------------------------------------------------------------------


@reads("/questionnaires/{slug}/{version}/", schemas.Questionnaire, None)
def questionnaire(request: ProgramRequest, slug: Slug, version: Number) -> Instrument:
    """What is asked, in all of its languages."""
    return queries.load_instrument(access.get_published(slug, version))


urlpatterns = addresses()
