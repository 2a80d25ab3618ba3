"""The words of a report: what moved, what to try, and what is left unsaid."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest
from django.template.loader import render_to_string
from hypothesis import given
from hypothesis import strategies as st

from assessments import change
from assessments.models import ActionState, Goal
from reports.content import CapabilityResult, Change, InWords, Suppressed, Trend, TrendPoint, Votes
from reports.templatetags import report_tags
from tests.contents import (
    make_capability,
    make_category,
    make_coarse,
    make_plan,
    make_priority,
    make_report,
    make_shown,
)


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        (Change("clear", 15), "clear change, up 15"),
        (Change("likely", -10), "likely change, down 10"),
        (Change("none", 5), "no clear change, up 5"),
        (Change("none", 0), "no clear change"),
        (Change("likely", None), "likely change"),
        (None, "–"),
    ],
)
def test_a_change_is_told_in_words(changed: Change | None, words: str) -> None:
    assert report_tags.movement(changed) == words


def test_there_are_words_for_all_that_content_can_say() -> None:
    assert set(report_tags.CHANGES) == set(change.LABELS)
    assert set(report_tags.DIRECTIONS) | {"unclear"} == set(change.DIRECTIONS)
    assert set(report_tags.STATES) == set(ActionState.values)
    assert set(report_tags.GOALS) == set(Goal.values)


def test_a_coarse_result_has_neither_interval_nor_agreement() -> None:
    assert report_tags.interval(make_coarse(70)) == ""
    assert report_tags.agreement(make_coarse(70)) == ""
    assert report_tags.has_coarse(
        make_report([make_category("Culture", [make_capability("A", make_coarse(70))])])
    )
    assert not report_tags.has_coarse(make_report())


@pytest.mark.parametrize(
    ("result", "words"),
    [
        (make_shown(70), "70"),
        (make_shown(95), "≥\u00a095"),
        (make_coarse(70), "≈\u00a070"),
        (InWords(("mixed",)), "mixed"),
        (Suppressed(5), "–"),
        (None, "–"),
    ],
)
def test_a_cell_says_what_may_be_said(result: object, words: str) -> None:
    assert report_tags.cell(result) == words


def test_a_trend_is_told_with_its_gaps_and_words() -> None:
    told = [
        TrendPoint("2025 Q4", 5, ("mostly_disagree",)),
        TrendPoint("2026 Q1", None, ()),
        TrendPoint("2026 Q2", None, ("mixed",)),
        TrendPoint("2026 Q3", 45, ("mixed",)),
    ]
    trend = Trend(tuple(told), "rising")

    assert report_tags.points(trend) == "≤\u00a05, –, mixed, 45"
    assert report_tags.direction(trend) == "rising"
    assert report_tags.direction(dataclasses.replace(trend, direction="unclear")) == ""
    content = make_report([make_category("Culture", [make_capability("A", 45, trend=trend)])])
    assert report_tags.trend_rounds(content) == ["2025 Q4", "2026 Q1", "2026 Q2", "2026 Q3"]


def test_two_rounds_are_a_slope_and_no_line() -> None:
    two = Trend((TrendPoint("2026 Q2", 40, ("mixed",)), TrendPoint("2026 Q3", 45, ("mixed",))), "")
    content = make_report([make_category("Culture", [make_capability("A", 45, 40, trend=two)])])

    assert report_tags.trend_rounds(content) == []
    assert report_tags.moving(content)
    assert not report_tags.moving(dataclasses.replace(content, previous_round=""))


@pytest.mark.parametrize(
    ("compared", "words"), [(24, "about 1 of 24"), (40, "about 2 of 40"), (8, "less than 1 of 8")]
)
def test_luck_is_told_in_capabilities(compared: int, words: str) -> None:
    assert report_tags.by_luck(make_report(compared=compared)) == words


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        (
            {},
            "Score 35, a gap of 0.58 to “agree”; linked to delivery performance through Continuous"
            " delivery; most of you named it",
        ),
        (
            {"through": (), "votes": Votes("few", 2)},
            "Score 35, a gap of 0.58 to “agree”; linked to delivery performance directly; 2 of 6 named it",
        ),
        (
            {"steps": None, "through": (), "votes": None},
            "Score 35, a gap of 0.58 to “agree”; no published path to delivery performance; nobody named it",
        ),
    ],
)
def test_a_sentence_says_why(changes: dict, words: str) -> None:
    priority = make_priority(**changes)
    assert report_tags.why(priority, make_report(plan=make_plan(priority))) == words


@given(st.integers(0, 10))
def test_what_is_not_stable_says_so(in_top: int) -> None:
    (experiment,) = make_plan(make_priority(), in_top=in_top).experiments
    words = report_tags.stability(experiment)

    assert f"in {in_top} of 10 redraws" in words
    assert ("as well be another" in words) == (in_top in (4, 5))
    assert ("More often it is another" in words) == (in_top < 4)


def test_hindrances_have_the_names_that_the_rest_of_the_report_has() -> None:
    named = [
        make_capability("Work in process limits", short_name="WIP limits", votes=Votes("few", None)),
        make_capability("Learning", votes=Votes("most", 7)),
        make_capability("Small batches"),
    ]
    content = make_report([make_category("Culture", named)])

    assert report_tags.votes(content) == [("most of you", ["Learning"]), ("a few of you", ["WIP limits"])]


def test_what_is_agreed_on_stands_in_the_order_of_the_words() -> None:
    results = {"A": ("mostly_agree",), "B": ("mostly_agree", "strongly_agree"), "C": ("strongly_agree",)}
    alike = [
        make_capability(name, make_shown(score, bands=bands, agreement="close"))
        for (name, bands), score in zip(results.items(), (85, 90, 85), strict=True)
    ]

    assert report_tags.close(make_report([make_category("Culture", alike)])) == [
        ("strongly agree", ["C"]),
        ("mostly to strongly agree", ["B"]),
        ("mostly agree", ["A"]),
    ]


def test_no_agreement_is_claimed_where_it_is_not_told() -> None:
    for result, said in [(70, "no topic"), (make_coarse(70), "not told"), (None, "Too few")]:
        content = make_report([make_category("Culture", [make_capability("A", result)])])

        assert said in report_tags.no_topic(content)
        assert report_tags.has_interval(content) == (said == "no topic")


def test_a_hidden_result_is_nothing_to_look_back_to() -> None:
    for previous, found in [(40, True), (InWords(("mixed",)), True), (Suppressed(5), False), (None, False)]:
        content = make_report([make_category("Culture", [make_capability("A", 45, previous)])])

        assert report_tags.moving(content) == found


def test_what_no_path_leads_from_is_named() -> None:
    without = make_priority(name="Meaningful work", capability="meaningful_work", steps=None, through=())
    content = make_report(plan=make_plan(make_priority(), without))

    assert report_tags.pathless(content) == ["Meaningful work"]
    assert report_tags.pathless(make_report(plan=None)) == []


def test_what_no_path_leads_from_may_be_one_or_many() -> None:
    def said(*names: str) -> str:
        plan = make_plan(*(make_priority(name=name, steps=None, through=()) for name in names))
        html = render_to_string("reports/parts/next.html", {"content": make_report(plan=plan), "paper": True})
        return html.split("Not proposed")[1]

    assert "leads from Learning to delivery performance. That says nothing about its" in said("Learning")
    assert "leads from these to delivery performance: Learning; WIP" in said("Learning", "WIP")


@pytest.mark.parametrize(("number", "said"), [(1, False), (2, False), (3, True)])
def test_only_where_there_are_three_it_is_warned_of_three_at_once(number: int, said: bool) -> None:
    plan = make_plan(*(make_priority(capability=f"c{n}") for n in range(number)))
    html = render_to_string("reports/parts/next.html", {"content": make_report(plan=plan), "paper": True})

    assert ("three at once" in html) == said


def moved(capability: CapabilityResult, **changes: Any) -> str:
    """What a report says about the movement of one capability beside another that has hardly moved."""
    category = make_category("Culture", [make_capability("Learning", 45, InWords(("mixed",))), capability])
    content = make_report([category], **changes)
    return render_to_string("reports/parts/moved.html", {"content": content, "paper": True})


def test_what_was_asked_in_other_words_is_no_mere_dash() -> None:
    assert "not asked like this before" in moved(make_capability("Leadership", 70))
    assert "not asked like this before" not in moved(make_capability("Leadership", 70, 60))


def test_slopes_are_drawn_only_where_two_numbers_are_compared() -> None:
    assert "<svg" in moved(make_capability("Leadership", 70, 60), compared=1)
    assert "<svg" not in moved(make_capability("Leadership", 70, InWords(("mixed",))), compared=0)


def test_names_come_with_their_scores_and_only_where_there_is_one() -> None:
    capabilities = [make_capability("Test automation", 30), make_capability("Learning", None)]
    content = make_report([make_category("Culture", capabilities)])

    assert report_tags.scored_names(["learning", "test_automation"], content) == "Test automation (30)"


@pytest.mark.parametrize(("first", "last"), [(5, 5), (5, 6), (6, 9)])
def test_it_is_said_how_many_answered_each(first: int, last: int) -> None:
    capabilities = [
        make_capability("A", make_shown(50, n=first)),
        make_capability("B", make_shown(50, n=last)),
    ]
    words = report_tags.answers_each(make_report([make_category("Culture", capabilities)]))

    assert words == (
        f"Each score comes from {first} people."
        if first == last
        else f"The scores come from {first} to {last} people each."
    )
    assert (
        report_tags.answers_each(make_report([make_category("Culture", [make_capability("A", None)])])) == ""
    )
