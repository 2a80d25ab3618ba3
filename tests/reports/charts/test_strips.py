"""Strips of key metrics."""

from __future__ import annotations

import pytest

from reports import charts
from tests.contents import make_metric
from tests.reports.charts.examples import answered, drawn, find, texts


def test_metric_strip_fills_the_teams_cell_and_names_it() -> None:
    svg = drawn("metric-3")
    fills = [
        path.get("fill") for path in find(svg, "path") if path.get("stroke") in (charts.GHOST, charts.ACCENT)
    ]
    assert fills == [charts.PAPER] * 2 + [charts.ACCENT] + [charts.PAPER] * 3
    assert [e.text for e in find(svg, "text", font_weight="600")] == [answered(3).label]


def test_metric_strip_marks_the_elite_threshold() -> None:
    svg = charts.metric_strip(make_metric(3, elite_from=5), chart_id="a")
    line = find(svg, "path", stroke=charts.INK)[0].attrib["d"].split()
    assert float(line[1]) == pytest.approx(charts.WIDTH * 4 / 6, abs=1)
    assert "elite: less than one hour" in texts(svg)
