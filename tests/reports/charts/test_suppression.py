"""What is suppressed has a name and a few words, and no number, point or past."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

import pytest

from reports import charts
from reports.content import CapabilityResult, CategoryScore, Suppressed
from tests.contents import CATEGORIES, make_capability, make_category, make_report, make_shown
from tests.reports.charts.examples import drawn, find, parse, score_dots, texts

SECRET = make_shown(37, n=1237, low=12, high=62)


def suppressed_now() -> CapabilityResult:
    return make_capability("Hidden", None, SECRET)


@pytest.mark.parametrize("draw", [charts.category_radar, charts.dot_plot, charts.category_bars])
def test_suppressed_has_words_but_no_number_and_no_point(draw: Callable[..., str]) -> None:
    others = [make_capability(name, 70, 60) for name in CATEGORIES["Product and process"]]
    svg = draw(make_category(capabilities=[*others, suppressed_now()]), chart_id="a")
    without = draw(make_category(capabilities=others), chart_id="a")
    assert "Hidden" in texts(svg)
    assert {"too few answers", "fewer than 5 answered"} & set(texts(svg))
    assert len(score_dots(svg)) == len(score_dots(without)) == 4
    assert len(find(svg, "circle")) == len(find(without, "circle"))
    assert not re.search(r"\b(37|1237|12|62)\b", " ".join([*texts(svg), parse(svg)[0].text or ""]))


def test_suppressed_results_differ_in_nothing_but_the_name() -> None:
    """Whatever the last round was, the picture of a suppressed capability is the same."""
    others = [make_capability(name, 70, 60) for name in CATEGORIES["Product and process"]]
    pictures = {
        charts.category_radar(
            make_category(capabilities=[*others, replace(hidden, previous=before)]), chart_id="a"
        )
        + charts.dot_plot(
            make_category(capabilities=[*others, replace(hidden, previous=before)]), chart_id="a"
        )
        for hidden in [suppressed_now()]
        for before in (SECRET, make_shown(90), Suppressed(5), None)
    }
    assert len(pictures) == 1


def test_suppressed_category_is_a_gap_in_the_overview() -> None:
    categories = [make_category(name, previous=45) for name in CATEGORIES]
    categories[2] = replace(categories[2], result=Suppressed(5), previous=CategoryScore(37, 4, ("mixed",)))
    svg = charts.overview_radar(make_report(categories), chart_id="a")
    assert len(score_dots(svg)) == len(find(svg, "circle", stroke=charts.GHOST)) == 4
    assert "too few answers" in texts(svg)
    assert "37" not in (parse(svg)[0].text or "")


def test_suppressed_metric_fills_no_cell() -> None:
    assert not find(drawn("metric-none"), "path", fill=charts.ACCENT)
    assert "fewer than 5 answered" in texts(drawn("metric-none"))
    assert len(find(drawn("metric-3"), "path", fill=charts.ACCENT)) == 1
