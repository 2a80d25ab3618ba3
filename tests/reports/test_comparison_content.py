"""The sums of a comparison: functions of printed figures, and of nothing else."""

from __future__ import annotations

import random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assessments.disclosure import points_of
from assessments.pooling import pooled
from reports.comparison_content import (
    MOST_IN_ONE_CHART,
    Cell,
    Column,
    Comparison,
    Section,
    TeamRow,
    Total,
    parts_of,
    spread_of,
    total_of,
)
from reports.content import Shown, Suppressed
from tests.contents import make_coarse, make_shown

TESTS = Column("tests", "Test automation", "Delivery")
HIDDEN = Suppressed(5)


def make_comparison(*results: Shown | Suppressed | int, column: Column = TESTS) -> Comparison:
    """One capability and a team for each result, A and on."""
    teams = tuple(
        TeamRow(f"team-{at}", chr(65 + at), (Cell(make_shown(each) if isinstance(each, int) else each),))
        for at, each in enumerate(results)
    )
    return Comparison((column,), (Section((), teams, (None,)),), (None,), 5)


def test_each_person_counts_once() -> None:
    """Two means of 20 and 80 have the mean 50; their people's is 65."""
    assert total_of([make_shown(20, n=5), make_shown(80, n=15)]) == Total(score=65, people=20, teams=2)


@pytest.mark.parametrize("alone", [[], [make_shown(70)], [make_shown(70), HIDDEN, HIDDEN]])
def test_one_team_alone_has_no_total(alone: list[Shown | Suppressed]) -> None:
    assert total_of(alone) is None


def test_hidden_teams_are_in_no_total() -> None:
    """Nothing can be subtracted from a total that those who are hidden are not in."""
    shown = [make_shown(40, n=9), make_shown(60, n=7)]

    assert total_of([*shown, HIDDEN]) == total_of(shown)


SCORES = st.integers(1, 19).map(lambda step: 5 * step)


@given(st.lists(st.tuples(SCORES, st.integers(5, 60)), min_size=2, max_size=8))
def test_a_total_lies_between_its_teams(told: list[tuple[int, int]]) -> None:
    found = total_of([make_shown(score, n=n) for score, n in told])

    assert found is not None
    assert min(told)[0] <= found.score <= max(told)[0]
    assert found.score % 5 == 0


@pytest.mark.parametrize(("teams", "possible"), [((50, 50, 50), False), ((50, 50, 50, 50), True)])
def test_four_teams_are_needed(teams: tuple[int, ...], possible: bool) -> None:
    assert make_comparison(*teams, HIDDEN, HIDDEN).is_possible is possible


@pytest.mark.parametrize(
    ("scores", "most", "few"),
    [
        ((45, 45, 45, 50), True, False),
        ((45, 45, 50, 50), False, True),
        ((45, 50, 50, 50), False, True),
        ((45, 45, 45, 50, 50, 50), False, False),
        ((50, 50, 50, 50), False, False),
        ((45, 45, 45, HIDDEN), False, False),
        ((45, HIDDEN, 50, 50), False, False),
    ],
)
def test_what_is_low_and_where(scores: tuple[Any, ...], most: bool, few: bool) -> None:
    found = make_comparison(*scores)

    assert (bool(found.low_in_most), bool(found.low_in_few)) == (most, few)


def test_low_in_a_few_names_the_teams() -> None:
    (found,) = make_comparison(50, 45, 60, 70, 45).low_in_few

    assert [team.name for team in found.teams] == ["B", "E"]


def test_estimates_are_those_of_the_printed_scores() -> None:
    scores, n = [90, 40, 65, 70, 50, 65], [5, 8, 5, 6, 5, 10]
    found = spread_of(
        make_comparison(*(make_shown(score, n=size) for score, size in zip(scores, n, strict=True))), TESTS
    )
    exact = pooled([points_of(score) for score in scores], n)
    lows, highs = exact.interval()

    assert found is not None
    for place, team in enumerate(found.teams):
        assert abs(points_of(team.pooled) - exact.means[place]) <= 0.15 + 1e-9
        assert points_of(team.low) <= lows[place]
        assert points_of(team.high) >= min(highs[place], points_of(95))


def test_a_team_leans_on_all_teams_the_more_the_smaller_it_is() -> None:
    found = spread_of(make_comparison(make_shown(90, n=5), make_shown(90, n=50), 50, 50, 50, 50), TESTS)

    assert found is not None
    small, large, *_others = found.teams
    assert found.mean < small.pooled < large.pooled <= 90


def test_few_answers_are_not_told_from_the_rest() -> None:
    """65 of five people lies within what luck makes; 65 of four hundred does not."""
    around = [make_shown(50, n=400)] * 9
    small = spread_of(make_comparison(make_shown(65, n=5), *around), TESTS)
    large = spread_of(make_comparison(make_shown(65, n=400), *around), TESTS)

    assert small is not None
    assert large is not None
    assert [team.apart for team in small.teams] == [False] * 10
    assert [team.apart for team in large.teams] == [True] + [False] * 9


def test_rough_scores_are_left_out() -> None:
    found = spread_of(make_comparison(40, 50, 60, 70, make_coarse(90)), TESTS)

    assert found is not None
    assert [team.name for team in found.teams] == ["A", "B", "C", "D"]
    assert found.left_out == ("E",)
    assert spread_of(make_comparison(40, 50, 60, make_coarse(90), HIDDEN), TESTS) is None


def test_a_single_statement_varies_more() -> None:
    single = Column("tests", "Test automation", "Delivery", usual_sd=1.5)
    usual = spread_of(make_comparison(40, 50, 60, 70), TESTS)
    wide = spread_of(make_comparison(40, 50, 60, 70, column=single), single)

    assert usual is not None
    assert wide is not None
    assert wide.limits[0].luck[0] < usual.limits[0].luck[0]


def test_the_order_is_that_of_the_page_whatever_the_scores() -> None:
    scores = random.Random(3).sample(range(10, 95, 5), 8)
    found = spread_of(make_comparison(*scores), TESTS)

    assert found is not None
    assert [team.score for team in found.teams] == scores


def test_many_teams_are_drawn_group_by_group() -> None:
    """As they stand on the page; each part knows the mean and the limits of all."""
    few = make_comparison(*[50] * MOST_IN_ONE_CHART)
    rows = make_comparison(*[50] * MOST_IN_ONE_CHART, 65).teams
    sections = (
        Section(("North",), rows[:7], (None,)),
        Section(("South",), (), (None,)),
        Section((), rows[7:], (None,)),
    )
    many = Comparison((TESTS,), sections, (None,), 5)
    small, large = spread_of(few, TESTS), spread_of(many, TESTS)

    assert small is not None
    assert large is not None
    assert parts_of(small, few) == [((), small)]
    assert [(path, part.teams) for path, part in parts_of(large, many)] == [
        (("North",), large.teams[:7]),
        ((), large.teams[7:]),
    ]
    assert {(part.mean, part.limits) for _path, part in parts_of(large, many)} == {(large.mean, large.limits)}
