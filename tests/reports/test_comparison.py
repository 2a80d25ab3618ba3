"""Teams beside each other out of frozen scores: sums over the tree of groups."""

from __future__ import annotations

import random
from fractions import Fraction

import pytest

from assessments.models import Assessment, Group, Organization, Round, Score, ScoreKind, Suppression, Team
from assessments.queries import load_instrument
from assessments.services import people
from reports.comparison import build_comparison, places_of
from reports.comparison_content import Comparison, Total
from reports.content import Shown
from tests import factories as f

SEEDS = pytest.mark.parametrize("seed", range(6))


def grow(organization: Organization, chance: random.Random) -> list[Group]:
    """A tree of any shape: each group hangs below one of those before it, or below none."""
    groups: list[Group] = []
    for number in range(8):
        parent = chance.choice([None, *groups])
        made = people.create_group(organization=organization, name=f"Group {number}", parent=parent, by=None)
        groups.append(made)
    return groups


def score(assessment: Assessment, key: str, chance: random.Random) -> Score:
    """What a team says of a capability; of one in four too few said anything."""
    told = Score(assessment=assessment, kind=ScoreKind.CAPABILITY, key=key, scoring_version="2")
    if chance.random() < 0.25:
        told.suppression = Suppression.TOO_FEW
        return told
    told.n, told.mean, told.sd, told.se = chance.randint(5, 40), chance.uniform(1, 7), 1.2, 0.45
    told.low90 = told.low80 = max(1.0, told.mean - 0.9)
    told.high90 = told.high80 = min(7.0, told.mean + 0.9)
    return told


def closed(organization: Organization, groups: list[Group], chance: random.Random) -> Round:
    """A closed round of teams anywhere in the tree and beside it."""
    made = f.make_round(organization)
    Round.objects.filter(pk=made.pk).update(closed_at=f.NOW)
    keys = [capability.key for capability in load_instrument(made.questionnaire).capabilities]
    for number in range(14):
        team = people.create_team(
            organization=organization, name=f"Team {number}", group=chance.choice([None, *groups]), by=None
        )
        assessment = Assessment.objects.create(
            round=made, team=team, team_name=team.name, invited=40, responded=40, joined=0, left=0
        )
        Score.objects.bulk_create(score(assessment, key, chance) for key in keys)
    made.refresh_from_db()
    return made


def is_below(team: Team, group: Group) -> bool:
    """Whether the way up from a team leads past a group."""
    at = team.group
    while at and at != group:
        at = at.parent
    return at == group


def summed(comparison: Comparison, teams: set[str], column: int) -> tuple[Fraction, int, int] | None:
    """Σ n·score / Σ n of what is printed of these teams, their people and their number."""
    results = [row.cells[column].now for row in comparison.teams if row.name in teams]
    shown = [result for result in results if isinstance(result, Shown)]
    if len(shown) < 2:
        return None
    number = sum(result.n for result in shown)
    return Fraction(sum(result.n * result.score for result in shown), number), number, len(shown)


def check(total: Total | None, wanted: tuple[Fraction, int, int] | None) -> None:
    if wanted is None:
        assert total is None
        return
    mean, number, teams = wanted
    assert total is not None
    assert (total.people, total.teams) == (number, teams)
    assert total.score % 5 == 0
    assert abs(total.score - mean) <= Fraction(5, 2)


@SEEDS
@pytest.mark.django_db
def test_a_groups_total_is_the_direct_sum_over_all_teams_below_it(seed: int) -> None:
    chance = random.Random(seed)
    organization = f.make_organization()
    groups = grow(organization, chance)
    of = closed(organization, groups, chance)
    tree = places_of(Group.objects.all())
    whole = build_comparison(of, "en", tree=tree)
    below = {
        place.path: {team.name for team in Team.objects.all() if is_below(team, place.group)}
        for place in tree
    } | {(): {team.name for team in Team.objects.filter(group=None)}}

    assert {row.name for row in whole.teams} == {team.name for team in Team.objects.all()}
    for column in range(len(whole.columns)):
        check(whole.totals[column], summed(whole, {row.name for row in whole.teams}, column))
        for section in whole.sections:
            check(section.totals[column], summed(whole, below[section.path], column))


@SEEDS
@pytest.mark.django_db
def test_a_view_of_one_group_says_the_same_as_that_of_all(seed: int) -> None:
    chance = random.Random(seed)
    organization = f.make_organization()
    of = closed(organization, grow(organization, chance), chance)
    tree = places_of(Group.objects.all())
    whole = {section.path: section for section in build_comparison(of, "en", tree=tree).sections}

    for place in tree:
        view = build_comparison(of, "en", tree=tree, within=place)
        assert all(section == whole[section.path] for section in view.sections)
        if place.path in whole:
            assert view.totals == whole[place.path].totals


@pytest.mark.django_db
def test_a_group_whose_teams_say_nothing_has_no_total_and_none_of_its_parents_counts_them() -> None:
    organization = f.make_organization()
    north = people.create_group(organization=organization, name="North", by=None)
    far = people.create_group(organization=organization, name="Far north", parent=north, by=None)
    made = f.make_round(organization)
    Round.objects.filter(pk=made.pk).update(closed_at=f.NOW)
    for name, group, n, mean in (
        ("A", north, 9, 4.0),
        ("B", north, 6, 7.0),
        ("C", far, 0, 0.0),
        ("D", far, 0, 0),
    ):
        team = people.create_team(organization=organization, name=name, group=group, by=None)
        told = Assessment.objects.create(
            round=made, team=team, team_name=name, invited=9, responded=n, joined=0, left=0
        )
        about = {
            "assessment": told,
            "kind": ScoreKind.CAPABILITY,
            "key": "integration",
            "scoring_version": "2",
        }
        numbers = {
            "n": n,
            "mean": mean,
            "sd": 1.2,
            "se": 0.4,
            "low90": 3,
            "high90": 7,
            "low80": 3,
            "high80": 7,
        }
        Score.objects.create(**about, **(numbers if n else {"suppression": Suppression.TOO_FEW}))
    made.refresh_from_db()
    found = build_comparison(made, "en", tree=places_of(Group.objects.all()))

    parent, child = found.sections
    assert (parent.path, parent.is_parent) == (("North",), True)
    assert (child.path, child.is_parent) == (("North", "Far north"), False)
    assert child.totals[0] is None
    assert parent.totals[0] == Total(score=70, people=15, teams=2)  # (9 · 50 + 6 · 95) / 15 = 68
