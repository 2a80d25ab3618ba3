"""Teams beside each other: a caterpillar and a funnel."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from reports import charts
from reports.comparison_content import Spread, spread_of
from tests.contents import make_shown
from tests.reports.charts.examples import PSEUDO_WORDS, find, parse, texts
from tests.reports.test_comparison_content import TESTS, make_comparison


def make_spread(*told: tuple[int, int]) -> Spread:
    """A team for each score and number of answers, A and on."""
    found = spread_of(make_comparison(*(make_shown(score, n=n) for score, n in told)), TESTS)
    assert found is not None
    return found


USUAL = ((90, 5), (40, 8), (65, 12), (70, 6), (50, 5))
Draw = Callable[..., str]
DRAW = pytest.mark.parametrize("draw", [charts.caterpillar, charts.funnel])


@DRAW
def test_same_content_same_bytes_and_a_title(draw: Draw) -> None:
    svg = draw(make_spread(*USUAL), chart_id="a")

    assert svg == draw(make_spread(*USUAL), chart_id="a")
    assert "Test automation: 5 teams" in (parse(svg)[0].text or "")
    assert "style=" not in svg


def test_teams_stand_as_on_the_page() -> None:
    assert [text for text in texts(charts.caterpillar(make_spread(*USUAL), chart_id="a")) if len(text) == 1][
        :5
    ] == list("ABCDE")


def test_only_what_lies_beyond_the_limits_is_named() -> None:
    quiet = texts(charts.funnel(make_spread(*USUAL), chart_id="a"))
    loud = texts(charts.funnel(make_spread((90, 400), *[(50, 400)] * 8), chart_id="a"))

    assert not set("ABCDE") & set(quiet)
    assert "A" in loud
    assert "B" not in loud


def test_no_name_stands_on_another() -> None:
    """Of two that would, one is written: the table has both."""
    apart = [(90, 400), (90, 400), (88, 400), (10, 400)]
    found = texts(charts.funnel(make_spread(*apart, *[(50, 400)] * 20), chart_id="a"))

    assert {"A", "B", "D"} <= set(found)  # A and B on one point stand below each other
    assert "C" not in found


def test_the_same_number_of_answers_everywhere() -> None:
    assert find(
        charts.funnel(make_spread(*[(score, 6) for score in (40, 50, 60, 70)]), chart_id="a"), "circle"
    )


@DRAW
def test_other_languages_and_hostile_names_fit(draw: Draw) -> None:
    root = parse(draw(make_spread(*USUAL), chart_id="a", words=PSEUDO_WORDS))

    assert float(root.get("viewBox", "").split()[2]) == charts.WIDTH


def test_many_teams_are_drawn() -> None:
    scores = [(10 + 5 * (place % 17), 5 + place % 9) for place in range(120)]

    assert len(find(charts.caterpillar(make_spread(*scores), chart_id="a"), "circle")) >= 240


def test_one_of_several_has_no_key_and_the_key_stands_alone() -> None:
    spread = make_spread(*USUAL)
    signs = {charts.WORDS[name] for name in ("estimate", "own_score", "interval", "all_teams")}

    assert not signs & set(texts(charts.caterpillar(spread, chart_id="a", key=False)))
    key = charts.caterpillar_key(spread, chart_id="a")
    assert set(texts(key)) == signs
    assert all(sign in (parse(key)[0].text or "") for sign in signs)
