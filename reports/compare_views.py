"""A round's teams beside each other: no league table, no filter but the tree of groups."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.text import slugify
from django.utils.translation import get_language
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from assessments import access, queries
from assessments.access import SignedInRequest
from assessments.downloads import table_response
from assessments.models import Round
from assessments.pooling import MINIMUM_TEAMS
from assessments.services.audit import Event, record

from . import export
from .builder import build_content
from .comparison import Place, build_comparison, places_of
from .comparison_content import FEWEST_BESIDE, MOST_BESIDE, Comparison, TeamRow, parts_of, spread_of
from .content import ReportContent

Choice = TypeVar("Choice")


@dataclass(frozen=True)
class Asked:
    """What an address asks for, out of what there is."""

    round: Round
    tree: list[Place]
    earlier: list[Round]
    within: Place | None
    other: Round | None
    comparison: Comparison


def _asked(request: SignedInRequest, org: str, round_id: int, language: str) -> Asked:
    now = timezone.now()
    found = access.get_results_round(request.user, org, round_id, now)
    tree = places_of(queries.groups_of(found.organization))
    earlier = [each for each in queries.comparable_rounds(found) if access.is_open_to_coaches(each, now)]
    within = _chosen(request, "group", {place.group.slug: place for place in tree})
    other = _chosen(request, "with", {str(each.pk): each for each in earlier})
    comparison = build_comparison(found, language, tree=tree, within=within, other=other)
    return Asked(found, tree, earlier, within, other, comparison)


@never_cache
@require_safe
def compare(request: SignedInRequest, org: str, round_id: int) -> HttpResponse:
    """Teams and capabilities; if asked for, one capability closely, an earlier round, a few teams."""
    language = get_language() or "en"
    asked = _asked(request, org, round_id, language)
    found, comparison = asked.round, asked.comparison
    column = _chosen(request, "capability", {each.key: each for each in comparison.columns})
    teams = _teams(request, comparison)
    possible = comparison.is_possible
    spread = spread_of(comparison, column) if column and possible else None
    return render(
        request,
        "reports/compare.html",
        {
            "organization": found.organization,
            "round": found,
            "comparison": comparison,
            "tree": asked.tree,
            "earlier": asked.earlier,
            "within": asked.within,
            "other": asked.other,
            "column": column,
            "spread": spread,
            "parts": parts_of(spread, comparison) if spread else [],
            "teams": teams,
            "beside": _beside(found, teams, language) if possible else [],
            "fewest": MINIMUM_TEAMS,
            "fewest_beside": FEWEST_BESIDE,
            "most_beside": MOST_BESIDE,
        },
    )


@never_cache
@require_safe
def comparison_table(request: SignedInRequest, org: str, round_id: int, ending: str) -> HttpResponse:
    """The numbers of the page as a table; the page itself where there are too few teams to compare."""
    asked = _asked(request, org, round_id, get_language() or "en")
    found = asked.round
    if not asked.comparison.is_possible:
        return redirect(reverse("compare", args=[org, found.pk], query=request.GET))
    if request.method == "GET":
        by, organization = request.user, found.organization
        what = Event.COMPARISON_DOWNLOADED
        record(what=what, subject=found, organization=organization, by=by, now=timezone.now())
    table = export.comparison_table(
        asked.comparison,
        round=found.name,
        before_round=asked.other.name if asked.other else None,
        questionnaire=f"{found.questionnaire.slug} {found.questionnaire.version}",
        organization=found.organization.name,
    )
    return table_response(table, slugify(f"{org} {found.name} comparison"), ending)


def _chosen(request: HttpRequest, name: str, choices: Mapping[str, Choice]) -> Choice | None:
    """What an address asks for, out of what there is; None where it asks for nothing."""
    asked = request.GET.get(name, "")
    if asked and asked not in choices:
        raise Http404
    return choices.get(asked)


def _teams(request: HttpRequest, comparison: Comparison) -> list[TeamRow]:
    """The teams to stand side by side, in the order of the page: "teams=a,b" or "teams=a&teams=b"."""
    asked = {slug for text in request.GET.getlist("teams") for slug in text.split(",") if slug}
    if asked - {team.slug for team in comparison.teams}:
        raise Http404
    return [team for team in comparison.teams if team.slug in asked]


def _beside(of: Round, teams: Sequence[TeamRow], language: str) -> list[ReportContent]:
    """What the own pages of a few teams say; nothing for one team alone, or for too many."""
    if not FEWEST_BESIDE <= len(teams) <= MOST_BESIDE:
        return []
    found = {each.team.slug: each for each in queries.reported(of, [team.slug for team in teams])}
    return [build_content(found[team.slug], language, for_team=False) for team in teams]
