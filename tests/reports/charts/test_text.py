"""Text: what is cleaned, measured and broken, in which font."""

from __future__ import annotations

import pytest

from reports import charts
from tests.reports.charts.examples import LONG_WORD, drawn, find, renamed, texts, with_gaps


def test_dollars_are_no_formula() -> None:
    category = renamed(with_gaps(), lambda _: "$5 and $6")
    assert "$5 and $6" in texts(charts.category_radar(category, chart_id="a"))


def test_clean_drops_what_xml_forbids_and_joins_lines() -> None:
    assert charts.clean(" a\x00b\n\tc \u202ed\ud800\uffff ") == "a b c d"


def test_wrap_keeps_short_text_and_breaks_at_spaces() -> None:
    assert charts.wrap("Version control", 100, 9.5) == ("Version control",)
    assert charts.wrap("Continuous integration", 75, 9.5) == ("Continuous", "integration")
    assert charts.wrap("", 75, 9.5) == ()


def test_wrap_hyphenates_a_long_word_and_shortens_the_rest() -> None:
    lines = charts.wrap(LONG_WORD, 60, 9.5)
    assert lines[0].endswith("-")
    assert lines[1].endswith("…")
    assert len(lines) == 2
    assert all(charts.text_width(line, 9.5) <= 60 for line in lines)


def test_wrap_sets_no_hyphen_in_scripts_without_spaces() -> None:
    assert not charts.wrap("持续集成与持续交付的能力", 60, 9.5)[0].endswith("-")


def test_inter_is_the_measured_font() -> None:
    assert charts.text_width("Inter", 1000) == pytest.approx(2136, abs=40)  # in DejaVu it would be 2350
    assert charts.text_width("Inter", 10, semibold=True) > charts.text_width("Inter", 10)


def test_semibold_is_for_current_values_only() -> None:
    svg = drawn("radar-gaps")
    assert [e.text for e in find(svg, "text", font_weight="600")] == ["85", "60", "55", "40", "50"]
