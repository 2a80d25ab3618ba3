"""Sparklines: lines, gaps, boxes and breaks."""

from __future__ import annotations

import pytest

from reports import charts
from tests.contents import make_capability, make_category, make_report
from tests.reports.charts.examples import TRENDS, drawn, ends, find, texts, with_trend


def runs(svg: str) -> list[int]:
    """How many rounds each unbroken line joins."""
    lines = find(svg, "path", stroke=charts.ACCENT, stroke_width="1.4")
    return [run.count("L") + 1 for line in lines for run in line.attrib["d"].split("M")[1:]]


def dots(svg: str) -> list[tuple[float, float]]:
    return [(float(e.attrib["cx"]), float(e.attrib["cy"])) for e in find(svg, "circle", fill=charts.ACCENT)]


def test_a_round_is_a_dot_and_this_one_has_its_score() -> None:
    svg = drawn("spark-three")
    assert texts(svg) == ["70"]
    assert runs(svg) == [3]
    assert len(dots(svg)) == 3 + 1  # the last one once more, larger


def test_a_gap_and_words_break_the_line() -> None:
    svg = drawn("spark")
    assert runs(svg) == [2, 2]
    assert len(dots(svg)) == 5 + 1
    assert len(find(svg, "path", stroke=charts.GHOST)) == 1  # the box


def test_a_round_in_words_is_open_and_as_high_as_its_band() -> None:
    svg = charts.sparkline(with_trend(50, "mixed", 50), chart_id="a")
    (box,) = find(svg, "path", stroke=charts.GHOST, fill=charts.PAPER)
    heights = sorted({y for _, y in ends(box)})
    cuts = sorted({y for _, y in ends(find(svg, "path", stroke=charts.GRID)[0])}, reverse=True)
    assert heights == pytest.approx([cuts[1], cuts[0]], abs=0.02)


def test_the_newest_round_is_at_the_right_however_many_there_are() -> None:
    assert len({dots(drawn(name))[-1][0] for name in ("spark", "spark-three", "spark-many")}) == 1
    assert dots(drawn("spark-many"))[0][0] >= 0


def test_a_break_where_the_wording_changed() -> None:
    reworded, same = (
        charts.sparkline(with_trend(50, 60, 70, reworded_after=round), chart_id="a")
        for round in ("2023 Q4", "")
    )
    assert len(find(reworded, "path", stroke=charts.MUTED)) == 1
    assert not find(same, "path", stroke=charts.MUTED)


def test_no_score_this_round_is_a_dash() -> None:
    assert texts(drawn("spark-gone")) == ["–"]
    assert texts(drawn("spark-never")) == ["–"]
    assert not dots(drawn("spark-never"))


@pytest.mark.parametrize("name", TRENDS)
def test_nothing_is_printed_but_the_last_score(name: str) -> None:
    assert len(texts(drawn(name))) == 1


def test_needs_a_trend() -> None:
    for draw in (charts.sparkline, charts.describe_trend):
        with pytest.raises(ValueError, match="has no trend"):
            draw(make_capability(), **({"chart_id": "a"} if draw is charts.sparkline else {}))


def test_the_key_names_only_what_occurs() -> None:
    assert texts(drawn("spark-key")) == [
        "one round",
        "known only in words",
        "too few answered",
        "asked otherwise before",
        "where bands begin",
    ]
    report = make_report([make_category(capabilities=[TRENDS["spark-three"], make_capability()])])
    assert texts(charts.sparkline_key(report, chart_id="a")) == ["one round", "where bands begin"]
