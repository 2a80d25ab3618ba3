"""Bars of statements."""

from __future__ import annotations

import pytest

from reports import charts
from reports.content import CapabilityResult
from tests.contents import make_capability, make_shown, make_statement
from tests.reports.charts.examples import drawn, ends, find, texts


def test_statement_bars_print_the_counts() -> None:
    said = texts(drawn("statements"))
    assert said[:3] == ["disagree", "agree", "neutral"]
    assert [text for text in said if text.isdigit()] == list("261") + list("090") + ["1", "40", "1"] + list(
        "000"
    )


@pytest.mark.parametrize("capability", [make_capability(), make_capability(result=None)])
def test_statement_bars_need_statements(capability: CapabilityResult) -> None:
    with pytest.raises(ValueError, match="not shown"):
        charts.statement_bars(capability, chart_id="a")


def test_widths_are_those_of_a_diverging_bar_with_neutral_apart() -> None:
    """TV19 (docs/method.md, 7): answers 2 4 5 5 5 6. There the neutral sixth straddles the line, so
    that the bar runs from -25 % to 75 %; here it stands apart, and the sides are half of it shorter."""
    statement = make_statement(disagree=1, neutral=1, agree=4)
    capability = make_capability(result=make_shown(n=8, statements=(statement,)))
    paths = find(charts.statement_bars(capability, chart_id="a"), "path", stroke_width="0.8")
    bars = [sorted(x for x, _ in ends(path)) for path in paths if path.attrib["d"].endswith("z")]
    widths = [(bar[-1] - bar[0]) / 95 for bar in bars]
    assert widths == [pytest.approx(share, abs=1e-3) for share in (1 / 6, 4 / 6, 1 / 6)]
    (disagree, agree, _), line = bars, 110
    assert (disagree[0] - line) / 95 - widths[2] / 2 == pytest.approx(-0.25, abs=1e-3)
    assert (agree[-1] - line) / 95 + widths[2] / 2 == pytest.approx(0.75, abs=1e-3)
