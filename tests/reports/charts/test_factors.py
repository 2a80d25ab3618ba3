"""Factor bars: three bars with their figures."""

from __future__ import annotations

import pytest

from reports import charts
from reports.content import Votes
from tests.reports.charts.examples import drawn, ends, find, make_priority, texts


def test_factors_are_printed_with_where_they_come_from() -> None:
    assert texts(drawn("factors")) == [
        *("gap", "0.58", "score 35"),
        *("reach", "0.80", "steps to the goal: 2"),
        *("vote", "0.50", "named by about half"),
    ]


@pytest.mark.parametrize(
    ("votes", "text"),
    [
        (None, "named by nobody"),
        (Votes("few", None), "named by few"),
        (Votes("most", None), "named by most"),
        (Votes("few", 3), "named by 3"),
    ],
)
def test_a_vote_is_told_as_exactly_as_the_report_tells_it(votes: Votes | None, text: str) -> None:
    assert texts(charts.factor_bars(make_priority(votes=votes), chart_id="a"))[-1] == text


def test_no_path_has_no_steps() -> None:
    assert texts(drawn("factors-none"))[3:6] == ["reach", "0.00", "no published path"]


def test_bars_are_as_long_as_their_factors() -> None:
    svg = charts.factor_bars(make_priority(gap=0.5, reach=1.0, vote=0.25), chart_id="a")
    bars = [sorted(x for x, _ in ends(path)) for path in find(svg, "path", fill=charts.ACCENT)]
    whole = [sorted(x for x, _ in ends(path)) for path in find(svg, "path", fill=charts.ACCENT_SOFT)]
    shares = [(bar[-1] - bar[0]) / (all_[-1] - all_[0]) for bar, all_ in zip(bars, whole, strict=True)]
    assert shares == pytest.approx([0.5, 1.0, 0.25], abs=0.01)


def test_a_factor_of_nothing_has_no_bar() -> None:
    assert len(find(drawn("factors-none"), "path", fill=charts.ACCENT)) == 1
