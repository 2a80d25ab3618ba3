"""What is printed can be worked out again, and says nothing finer than what is printed."""

from __future__ import annotations

import re
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assessments import disclosure
from reports import pdf
from reports.content import Votes
from reports.templatetags import arithmetic_tags, report_tags
from tests.contents import make_capability, make_category, make_coarse, make_priority, make_shown
from tests.contents_full import make_full_report

POINTS = st.floats(1, 7)


def numbers(text: str) -> list[float]:
    return [float(number) for number in re.findall(r"\d+(?:\.\d+)?", text)]


@given(POINTS)
def test_the_mean_behind_a_score_lies_where_it_is_said_to(points: float) -> None:
    words = arithmetic_tags.means(make_shown(disclosure.display_score(points)))
    ends = numbers(words)

    if "less than" in words:
        assert points <= ends[0] + 1e-6
    elif "or more" in words:
        assert points >= ends[0] - 1e-6
    else:
        assert ends[0] - 1e-6 <= points <= ends[1] + 1e-6


@given(POINTS)
def test_the_mean_behind_a_coarse_score_lies_where_it_is_said_to(points: float) -> None:
    score = disclosure.coarse_score(points)
    words = arithmetic_tags.means(make_coarse(score))
    ends = numbers(words)

    if "less than" in words:
        assert points <= ends[0] + 1e-6
    elif "or more" in words:
        assert points >= ends[0] - 1e-6
    else:
        assert ends[0] - 1e-6 <= points <= ends[1] + 1e-6


@pytest.mark.parametrize(
    ("score", "words"),
    [(70, "5.05 to 5.35"), (45, "3.55 to 3.85"), (5, "less than 1.45"), (95, "6.55 or more")],
)
def test_a_score_stands_for_a_range(score: int, words: str) -> None:
    assert arithmetic_tags.means(make_shown(score)) == words


def test_a_coarse_score_stands_for_a_wider_one() -> None:
    assert arithmetic_tags.means(make_coarse(70)) == "4.75 to 5.35"
    assert arithmetic_tags.interval_in_points(make_coarse(70)) == ""


def test_an_interval_is_that_on_the_scale() -> None:
    assert arithmetic_tags.interval_in_points(make_shown(55, low=30, high=95)) == "2.8 to 7.0"


def test_a_category_is_a_sum_over_a_number() -> None:
    capabilities = [make_capability(name, score) for name, score in [("A", 70), ("B", 35), ("C", None)]]
    assert arithmetic_tags.mean_of(make_category("Culture", capabilities)) == "(70 + 35) ÷ 2 = 52.5"


def test_a_difference_is_that_of_two_printed_scores() -> None:
    assert arithmetic_tags.difference_of(make_capability("A", 70, 55)) == "70 − 55 = 15"
    assert arithmetic_tags.difference_of(make_capability("A", 40, 55)) == "40 − 55 = −15"
    assert arithmetic_tags.difference_of(make_capability("A", 40, None)) == ""


def test_a_priority_can_be_worked_out_again() -> None:
    priority = make_priority()
    assert arithmetic_tags.gap_of(priority) == "(6 − 3.1) ÷ 5 = 0.58"
    assert arithmetic_tags.product_of(priority) == "100 × 0.58 × 0.80 × (1 + 5/6) ÷ 2 = 43"
    assert arithmetic_tags.product_of(make_priority(steps=None, priority=0.0)) == "0, no published path"
    assert arithmetic_tags.product_of(make_priority(gap=0.0, priority=0.0)) == "0, no gap"


@pytest.mark.parametrize("people", [6, 9])
def test_each_priority_of_a_report_is_what_its_printed_factors_make(people: int) -> None:
    plan = make_full_report(people).plan
    assert plan
    assert plan.ranked
    for priority in plan.ranked:
        gap, reach = (
            float(words) for words in (arithmetic_tags.gap(priority), arithmetic_tags.reach(priority))
        )
        assert gap == pytest.approx(max(0, (6 - (1 + priority.score * 0.06)) / 5), abs=1e-9)
        again = 100 * gap * reach * (1 + Fraction(arithmetic_tags.vote(priority))) / 2
        assert round(again) == pytest.approx(round(priority.priority), abs=0.6)


def test_a_vote_that_is_told_in_words_counts_as_a_fraction() -> None:
    for words, share in [("few", "1/6"), ("about_half", "1/2"), ("most", "5/6")]:
        vote = float(Fraction(share))
        assert arithmetic_tags.vote(make_priority(vote=vote, votes=Votes(words, None))) == share
    assert arithmetic_tags.vote(make_priority(vote=0.0, votes=None)) == "0"


@pytest.mark.parametrize(("n", "place"), [(5, 3), (6, 3), (7, 4), (8, 4)])
def test_the_team_s_answer_is_the_lower_median(n: int, place: int) -> None:
    assert arithmetic_tags.lower_median(n) == place


def test_the_appendix_has_every_score_and_no_finer_number() -> None:
    content = make_full_report(9, before=9)
    html = pdf.render_html(content).split('id="arithmetic"')[1]
    rows = re.findall(r'<tr><th scope="row">(.*?)</th>(.*?)</tr>', html)

    assert len(rows) == sum(1 for _ in content.shown())
    for (name, cells), (capability, result) in zip(rows, content.shown(), strict=True):
        assert name == capability.short_name
        assert f">{result.score}<" in cells
        assert arithmetic_tags.means(result) in cells
    decimals = {len(number) for number in re.findall(r"\d\.(\d+)", re.sub(r"<[^>]*>", " ", html))}
    assert decimals <= {1, 2, 3}


def test_words_of_an_unanswered_report_claim_nothing() -> None:
    keys = [capability.key for capability in make_full_report(6).capabilities]
    content = make_full_report(6, silent=keys)

    assert arithmetic_tags.sums(content) == []
    assert report_tags.answers_each(content) == ""
