"""Radars: axes, rings, gaps and ghosts."""

from __future__ import annotations

import pytest

from reports import charts
from reports.content import Shown, Suppressed
from tests.contents import make_capability, make_category
from tests.reports.charts.examples import GOLDEN, REPORT, coarse, drawn, find, score_dots, texts


def middle(svg: str) -> float:
    """The height of a radar's middle: that of the first spoke's beginning."""
    spokes = find(svg, "path", stroke=charts.GRID)[0].attrib["d"]
    return float(spokes.split()[2])


def test_a_gap_is_not_a_zero() -> None:
    svg = drawn("radar-gaps")
    assert len(score_dots(svg)) == 5
    assert all(
        (float(dot.attrib["cx"]) - 170) ** 2 + (float(dot.attrib["cy"]) - middle(svg)) ** 2 > 30**2
        for dot in score_dots(svg)
    )


def test_a_gap_breaks_the_line_and_the_fill() -> None:
    whole, gaps = drawn("radar-8"), drawn("radar-gaps")
    assert find(whole, "path", fill=charts.ACCENT_SOFT)
    assert not find(gaps, "path", fill=charts.ACCENT_SOFT)
    outline = find(gaps, "path", stroke=charts.ACCENT, stroke_width="1.6")[0].attrib["d"]
    assert [len(run.split("L")) for run in outline.split("M")[1:]] == [2, 3]  # 5–6, and 8–1–2


def test_a_lone_capability_between_gaps_is_a_point_without_a_line() -> None:
    capabilities = [make_capability(result=score) for score in (70, None, 60, None)]
    svg = charts.category_radar(make_category(capabilities=capabilities), chart_id="a")
    assert len(score_dots(svg)) == 2
    assert len(find(svg, "path", stroke=charts.ACCENT, stroke_width="1.6")) == 1  # the legend's


def test_a_radar_without_any_answer_has_labels_only() -> None:
    capabilities = [make_capability(result=None)] * 4
    svg = charts.category_radar(make_category(capabilities=capabilities), chart_id="a")
    assert not score_dots(svg)
    assert texts(svg).count("too few answers") + texts(svg).count("answers") >= 4


@pytest.mark.parametrize("count", [0, 1, 2, 3, 9])
def test_a_radar_has_four_to_eight_axes(count: int) -> None:
    with pytest.raises(ValueError, match=f"4 to 8 axes, not {count}"):
        charts.category_radar(make_category(capabilities=[make_capability()] * count), chart_id="a")


def test_few_capabilities_are_drawn_as_bars() -> None:
    two, four = REPORT.categories[1], REPORT.categories[2]
    assert charts.category_chart(two, chart_id="a") == charts.category_bars(two, chart_id="a")
    assert charts.category_chart(four, chart_id="a") == charts.category_radar(four, chart_id="a")


def test_a_radar_names_rings_axes_and_values_in_the_order_asked() -> None:
    said = texts(drawn("radar-8"))
    assert said[:4] == ["33", "67", "83", "100"]
    order = [said.index(word) for word in ("Version control", "Deployment", "Continuous", "Trunk-based")]
    assert order == sorted(order)


def test_scores_stand_where_they_belong() -> None:
    capabilities = [make_capability(result=score) for score in (80, 40, 60, 20)]
    svg = charts.category_radar(make_category(capabilities=capabilities), chart_id="a")
    x, y, scale = 170, middle(svg), charts.RADIUS / 100
    expected = [(x, y - 80 * scale), (x + 40 * scale, y), (x, y + 60 * scale), (x - 20 * scale, y)]
    found = [(float(dot.attrib["cx"]), float(dot.attrib["cy"])) for dot in score_dots(svg)]
    assert found == [pytest.approx(point, abs=0.02) for point in expected]


def test_last_round_is_dashed_grey_and_unfilled() -> None:
    svg = drawn("radar-8")
    ghosts = find(svg, "path", stroke=charts.GHOST)
    assert ghosts
    assert all(ghost.get("fill") == "none" and "stroke-dasharray" in ghost.attrib for ghost in ghosts)
    assert all("stroke-dasharray" not in e.attrib for e in find(svg, "path", stroke=charts.ACCENT))
    assert "last round" in texts(svg)


def test_a_first_round_has_no_ghost() -> None:
    category = make_category(capabilities=[make_capability()] * 4)
    for svg in (charts.category_radar(category, chart_id="a"), charts.dot_plot(category, chart_id="a")):
        assert charts.GHOST not in svg
        assert "last round" not in texts(svg)


def test_the_overview_has_no_intervals() -> None:
    assert "90 % interval" not in texts(drawn("overview"))
    assert "90 % interval" in texts(drawn("radar-8"))


def test_cuts_are_those_of_the_answer_scale() -> None:
    assert [round(cut) for cut in charts.CUT_SCORES] == [33, 67, 83]


def test_shown_needs_no_previous() -> None:
    """A worded-differently capability has a score, but no ghost."""
    capabilities = [make_capability(result=70, previous=before) for before in (60, None, Suppressed(5), 50)]
    svg = charts.category_radar(make_category(capabilities=capabilities), chart_id="a")
    assert len(score_dots(svg)) == 4
    assert len(find(svg, "circle", fill=charts.PAPER, stroke=charts.GHOST)) == 2
    assert all(isinstance(each.result, Shown) for each in capabilities)


if __name__ == "__main__":
    for _name in ("radar-gaps", "metric-3"):
        (GOLDEN / f"{_name}.svg").write_text(drawn(_name, _name), encoding="utf-8")


def test_a_coarse_result_has_a_dot_and_no_interval() -> None:
    svg = drawn("radar-coarse")
    assert len(score_dots(svg)) == 4
    (intervals, sign) = find(svg, "path", stroke=charts.ACCENT, stroke_width="0.9")
    assert intervals.attrib["d"].count("M") == 2
    assert sign.attrib["d"].count("M") == 1
    only = make_category(capabilities=[coarse()] * 4)
    assert "90 % interval" not in texts(charts.category_radar(only, chart_id="a"))
