"""Rows: dots, bars and their words."""

from __future__ import annotations

import pytest

from reports import charts
from tests.contents import make_capability, make_category
from tests.reports.charts.examples import coarse, drawn, find, score_dots, texts


def test_dot_plot_names_bands_once_and_categories_only_where_there_are_several() -> None:
    one, several = texts(drawn("dots")), texts(drawn("dots-all"))
    assert several.count("mostly disagree") == several.count("mixed") == several.count("strongly") == 1
    assert "Culture" in several
    assert "Continuous delivery" in several
    assert one.count("Continuous delivery") == 1  # the capability of that name
    assert several.count("n 6") == 24


def test_dots_stand_between_the_ends_of_the_scale() -> None:
    category = make_category(capabilities=[make_capability(result=score) for score in (5, 50, 95)])
    found = [float(dot.attrib["cx"]) for dot in score_dots(charts.dot_plot(category, chart_id="a"))]
    assert found == pytest.approx([17.9, 170, 322.1], abs=0.02)


def test_a_coarse_result_has_a_dot_and_no_whisker() -> None:
    svg = drawn("dots-coarse")
    assert len(score_dots(svg)) == 4
    assert len(find(svg, "path", stroke=charts.ACCENT)) == 3  # of two intervals, and the legend's
    only = charts.dot_plot(make_category(capabilities=[coarse()]), chart_id="a")
    assert len(score_dots(only)) == 1
    assert "90 % interval" not in texts(only)
