"""Slopes: what is bold, what is grey, and where words go that want the same place."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reports import charts
from reports.charts.slopes import pushed_apart
from reports.content import Change
from tests.contents import make_capability, make_category, make_shown
from tests.reports.charts.examples import drawn, ends, find, moved, texts, with_changes


def test_only_sure_changes_are_bold_and_have_an_arrow() -> None:
    svg = drawn("slopes")
    assert [text for text in texts(svg) if text[0] in "↑↓"] == ["↓ 15", "↑ 25"]
    assert [e.text for e in find(svg, "text", font_weight="600")] == ["60", "↓ 15", "60", "↑ 25"]
    widths = [line.attrib["stroke-width"] for line in find(svg, "path", stroke=charts.ACCENT)]
    assert widths == ["1.4", "2.6", "2.6", "1.4"]  # two lines, and the legend's


def test_what_is_not_sure_is_grey_and_without_an_arrow() -> None:
    categories = [
        make_category(capabilities=[moved("Learning", 20, 80)] * 4),
        make_category(capabilities=[make_capability("Learning", 80, 20)] * 4),  # not even tested
    ]
    for category in categories:
        svg = charts.slopegraph(category, chart_id="a")
        assert charts.ACCENT not in svg
        assert not [text for text in texts(svg) if "↑" in text]
        assert "no clear change" in texts(svg)
    # and a category, whose change has no size, would not point anywhere
    sure = replace(moved("Learning", 20, 80), change=Change("clear", None))
    assert "↑" not in charts.slopegraph(make_category(capabilities=[sure]), chart_id="a")


def test_lines_run_from_last_round_to_this_one() -> None:
    svg = charts.slopegraph(make_category(capabilities=[moved("Learning", 20, 70, "clear")]), chart_id="a")
    line = find(svg, "path", stroke=charts.ACCENT)[0]
    (now_x, now_y), (before_x, before_y) = ends(line)
    assert now_x > before_x
    assert before_y - now_y == pytest.approx(2 * 50, abs=0.01)


def test_slopes_compare_from_chart_to_chart() -> None:
    """Fifty points are as high whatever else a chart shows."""
    others = [moved("Version control", 90, 95), moved("Test automation", 5, 5)]
    svg = charts.slopegraph(
        make_category(capabilities=[*others, moved("Learning", 20, 70, "clear")]), chart_id="a"
    )
    (_, now), (_, before) = ends(find(svg, "path", stroke=charts.ACCENT)[0])
    assert before - now == pytest.approx(2 * 50, abs=0.01)


def test_without_a_number_of_last_round_only_this_round_is_drawn() -> None:
    svg = drawn("slopes")
    assert "Test data management" in texts(svg)
    assert len(find(svg, "path", stroke=charts.GHOST, stroke_width="0.8")) == 4 + 1  # lines, and the legend's
    first = drawn("slopes-first")
    assert "last round" not in texts(first)
    assert "nothing to compare with" in texts(first)
    assert not find(first, "path", stroke=charts.ACCENT)


def test_what_is_suppressed_stands_below_without_a_number() -> None:
    hidden = make_capability("Hidden", None, make_shown(85))
    svg = charts.slopegraph(make_category(capabilities=[moved("Learning", 40, 50), hidden]), chart_id="a")
    said = texts(svg)
    assert said.index("Hidden") > said.index("Learning")
    assert "fewer than 5 answered" in said
    assert "85" not in " ".join(said)


def test_a_category_without_any_result_is_a_list() -> None:
    svg = drawn("slopes-none")
    assert not find(svg, "circle")
    assert texts(svg).count("fewer than 5 answered") == 4
    assert "this round" not in texts(svg)


def test_equal_scores_are_all_named() -> None:
    names = {each.short_name for each in with_changes().capabilities}
    assert names <= set(texts(drawn("slopes")))


places = st.lists(st.tuples(st.floats(-200, 0), st.floats(1, 50)), min_size=1, max_size=12)


@given(places)
def test_what_is_pushed_apart_touches_nowhere(pairs: list[tuple[float, float]]) -> None:
    wanted, heights = sorted(want for want, _ in pairs), [height for _, height in pairs]
    found = pushed_apart(wanted, heights)
    for n in range(len(found) - 1):
        assert found[n + 1] - found[n] >= (heights[n] + heights[n + 1]) / 2 - 1e-6
    # no pile as a whole would rather be elsewhere
    assert sum(found) == pytest.approx(sum(wanted), abs=1e-6)


def test_what_has_room_stays_where_it_is() -> None:
    assert pushed_apart([-100, -50, 0], [10, 10, 10]) == [-100, -50, 0]
    assert pushed_apart([-50, -50, 0], [10, 10, 10]) == [-55, -45, 0]
    assert pushed_apart([], []) == []
