"""Each chart as a sentence."""

from __future__ import annotations

from reports import charts
from tests.contents import make_capability, make_category, make_metric, make_shown, make_statement
from tests.reports.charts.examples import (
    REPORT,
    TRENDS,
    coarse,
    make_priority,
    texts,
    with_changes,
    with_gaps,
)


def test_describe_capability() -> None:
    shown = make_shown(70, low=55, high=85, bands=("mixed", "mostly_agree"))
    sentence = "Continuous integration: 70, between 55 and 85, mixed to mostly agree."
    assert charts.describe_capability(make_capability(result=shown)) == sentence
    assert (
        charts.describe_capability(make_capability(result=shown, previous=60)) == f"{sentence} Last round 60."
    )
    assert charts.describe_capability(make_capability(result=None)) == (
        "Continuous integration: fewer than 5 answered."
    )


def test_describe_category_names_every_capability() -> None:
    said = charts.describe_category(with_gaps())
    assert said.startswith("Continuous delivery. Version control: 85,")
    assert "Security from the start: fewer than 5 answered." in said


def test_describe_overview() -> None:
    said = charts.describe_overview(REPORT)
    assert said.startswith("Continuous delivery: 55, mixed. Last round 50. Architecture: 60, mixed.")


def test_describe_dot_plot_is_short_for_several_categories() -> None:
    assert charts.describe_dot_plot([with_gaps()]) == charts.describe_category(with_gaps())
    said = charts.describe_dot_plot([with_gaps(), make_category("Culture", [make_capability(result=None)])])
    assert said == (
        "Continuous delivery: from 40 (Test data management) to 85 (Version control). "
        "3 with too few answers. Culture: too few answers."
    )


def test_describe_metric() -> None:
    assert charts.describe_metric(make_metric(3)) == (
        "Lead time: one week to one month, band 3 of 6, six being best. Elite performers: less than one hour."
    )
    assert charts.describe_metric(make_metric(None)) == "Lead time: fewer than 5 answered."


def test_describe_statements() -> None:
    shown = make_shown(statements=(make_statement("We release daily."),))
    assert charts.describe_statements(make_capability(result=shown)) == (
        "Continuous integration. We release daily. 2 disagree, 1 neutral, 6 agree."
    )


def test_words_may_be_in_another_language() -> None:
    words = {"mixed": "teils, teils", "too_few": "zu wenige Antworten", "this_round": "diese Runde"}
    assert "teils, teils" in charts.describe_overview(REPORT, words)
    said = texts(charts.category_radar(with_gaps(), chart_id="a", words=words))
    assert {"diese Runde", "zu wenige Antworten", "last round"} <= set(said)


def test_a_coarse_result_is_told_without_an_interval() -> None:
    assert charts.describe_capability(coarse(60, bands=("mixed",))) == "Continuous integration: 60, mixed."


def test_describe_slopes() -> None:
    assert charts.describe_slopes(with_changes()) == (
        "Continuous delivery. Version control: from 80 to 85, no clear change. "
        "Deployment automation: from 35 to 60, clear change. "
        "Continuous integration: from 75 to 60, likely change. "
        "Trunk-based development: from 60 to 60, no clear change. "
        "Test automation: from 50 to 55, no clear change. "
        "Test data management: 60. Last round mixed. "
        "Security from the start: fewer than 5 answered. "
        "Continuous delivery: from 90 to 95 or more, no clear change."
    )


def test_describe_trend() -> None:
    assert charts.describe_trend(TRENDS["spark"]) == (
        "Continuous integration from 2024 Q1 to 2025 Q3: 35, 40, too few answers, 45, mixed, 55, 60. "
        "Rising over these rounds."
    )
    assert charts.describe_trend(TRENDS["spark-reworded"]).endswith(
        ": 5 or less, 50, 95 or more, 5 or less. Up to 2023 Q4 it was asked otherwise."
    )


def test_describe_factors() -> None:
    assert (
        charts.describe_factors(make_priority())
        == "Trunk-based development: gap 0.58, reach 0.80, vote 0.50."
    )
