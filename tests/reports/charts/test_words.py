"""Scores and bands in words."""

from __future__ import annotations

import pytest

from reports import charts
from reports.charts.words import factor_text, short_score
from tests.contents import make_capability, make_category, make_shown
from tests.reports.charts.examples import texts


@pytest.mark.parametrize(("score", "text"), [(5, "5 or less"), (70, "70"), (95, "95 or more")])
def test_score_text(score: int, text: str) -> None:
    assert charts.score_text(score) == text
    svg = charts.category_radar(make_category(capabilities=[make_capability(result=score)] * 4), chart_id="a")
    assert text in texts(svg)


@pytest.mark.parametrize(
    ("bands", "text"),
    [
        (("mixed",), "mixed"),
        (("mostly_disagree", "mixed"), "mostly disagree to mixed"),
        (("mostly_agree", "strongly_agree"), "mostly to strongly agree"),
        (("mixed", "strongly_agree"), "mixed to strongly agree"),
    ],
)
def test_bands_in_words(bands: tuple[str, ...], text: str) -> None:
    assert charts.describe_capability(make_capability(result=make_shown(bands=bands))).endswith(f", {text}.")


@pytest.mark.parametrize(("score", "text"), [(5, "≤ 5"), (70, "70"), (95, "≥ 95")])
def test_short_score(score: int, text: str) -> None:
    assert short_score(score) == text


def test_a_factor_is_written_as_the_language_writes_numbers() -> None:
    assert factor_text(0.8, charts.WORDS) == "0.80"
    assert factor_text(1 / 6, {"decimal": ","}) == "0,17"
