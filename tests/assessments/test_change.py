"""Changes and trends against the vectors of docs/method.md, and against scipy and statsmodels."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy import stats
from statsmodels.stats.multitest import multipletests

from assessments import change
from assessments.change import Summary
from assessments.scoring import moderated_interval

BEFORE = [3.5, 4, 2.75, 4.25, 3, 5]
NOW = [5, 5.5, 4.25, 6, 4.75]
TV11 = [float(p) for p in (
    ".0004 .003 .009 .012 .021 .034 .048 .06 .09 .12 .15 .2 .25 .3 .35 .4 .45 .5 .6 .7 .8 .85 .9 .99"
).split()]  # fmt: skip
TV11_ADJUSTED = [float(q) for q in (
    ".0096 .036 .072 .072 .1008 .136 .16457 .18 .24 .288 .32727 .4 .46154 .51429 .56 .6 .63529 .66667 .75789"
    " .84 .91429 .92727 .93913 .99"
).split()]  # fmt: skip
QUARTERS = [
    [3.5, 4, 2.75, 4.25, 3],
    [4, 4.25, 3, 4.5, 3.5],
    [4.5, 4.75, 3.5, 5, 4, 4.25],
    [5, 5.5, 4.25, 6, 4.75],
]  # TV12


def exactly(value: float) -> Any:
    """The tolerance of docs/method.md 9."""
    return pytest.approx(value, abs=1e-6)


def nearly(value: float) -> Any:
    """For the same number by another way."""
    return pytest.approx(value, rel=1e-6, abs=1e-9)


def summary(scores: Sequence[float]) -> Summary:
    """As a score keeps it."""
    interval = moderated_interval(scores)
    return Summary(interval.n, interval.mean, float(np.std(scores, ddof=1)), interval.se)


def plain(scores: Sequence[float]) -> Summary:
    """The same without a prior."""
    return Summary(
        len(scores),
        float(np.mean(scores)),
        float(np.std(scores, ddof=1)),
        float(stats.sem(scores)),
    )


def moved(by: float, n: int = 8, sd: float = 0.8) -> tuple[Summary, Summary]:
    """Two rounds of so many people, the second one higher by so much."""
    se = math.sqrt((4 * 1.44 + (n - 1) * sd**2) / (4 + n - 1) / n)
    return Summary(n, 4, sd, se), Summary(n, 4 + by, sd, se)


def by_quarter(means: Sequence[float], n: int = 8, sd: float = 0.8) -> list[tuple[float, Summary]]:
    return [(time, Summary(n, mean, sd, 0.3)) for time, mean in enumerate(means)]


people = st.lists(st.integers(4, 28).map(lambda quarters: quarters / 4), min_size=4, max_size=12)
"""Person scores of a round: a quarter of a point is what four statements can tell."""


# --- Two rounds -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("confidence", "low", "high"), [(0.90, 0.303915, 2.396085), (0.80, 0.548357, 2.151643)]
)
def test_tv10_a_moderated_difference(confidence: float, low: float, high: float) -> None:
    found = change.difference(summary(BEFORE), summary(NOW), confidence)

    assert (found.diff, found.se, found.df) == (exactly(1.35), exactly(0.600921), exactly(16.799463))
    assert (found.t, found.p) == (exactly(2.246550), exactly(0.038414))
    assert (found.low, found.high) == (exactly(low), exactly(high))


def test_tv10_alone_is_likely() -> None:
    assert change.labels({"ci": (summary(BEFORE), summary(NOW))}, cautious=True) == {"ci": "likely"}
    assert (
        change.labels(
            {"ci": (summary(BEFORE), summary(NOW))} | {str(number): moved(0) for number in range(23)},
            cautious=False,
        )["ci"]
        == "likely"
    )


def test_tv10_without_a_prior_is_welchs_test() -> None:
    found = change.difference(plain(BEFORE), plain(NOW), prior_df=0)

    assert (found.t, found.df, found.p) == (exactly(2.960664), exactly(8.998871), exactly(0.015944))
    assert (found.low, found.high) == (exactly(0.514127), exactly(2.185873))


def test_tv10_ranks_agree_but_cannot_go_lower_with_few_people() -> None:
    """Why the product does not use them: their smallest p at n = 5 hides any lone change (4.3)."""
    ranks = stats.mannwhitneyu(NOW, BEFORE, method="exact")
    shuffled = stats.permutation_test((NOW, BEFORE), lambda x, y: np.mean(x) - np.mean(y), n_resamples=10_000)

    assert (ranks.statistic, ranks.pvalue) == (27, exactly(0.030303))
    assert shuffled.pvalue == exactly(0.034632)
    lowest = stats.mannwhitneyu([6, 6.1, 6.2, 6.3, 6.4], [1, 1.1, 1.2, 1.3, 1.4], method="exact").pvalue
    assert lowest > change.FALSE_DISCOVERY / 24


@given(people, people)
def test_without_a_prior_it_is_scipys(before: list[float], now: list[float]) -> None:
    assume(len(set(before)) > 1 and len(set(now)) > 1)  # or scipy warns

    found = change.difference(plain(before), plain(now), prior_df=0)

    theirs = stats.ttest_ind(now, before, equal_var=False)
    interval = theirs.confidence_interval(0.90)
    assert (found.t, found.p, found.df) == (
        nearly(theirs.statistic),
        nearly(theirs.pvalue),
        nearly(theirs.df),
    )
    assert (found.low, found.high) == (nearly(interval.low), nearly(interval.high))


@given(people, people)
def test_a_difference_seen_from_the_other_side(before: list[float], now: list[float]) -> None:
    forth, back = (change.difference(summary(a), summary(b)) for a, b in ((before, now), (now, before)))

    assert (back.diff, back.low, back.high) == (nearly(-forth.diff), nearly(-forth.high), nearly(-forth.low))
    assert (back.se, back.df, back.p) == (nearly(forth.se), nearly(forth.df), nearly(forth.p))


@given(people, people)
def test_p_and_interval_say_the_same(before: list[float], now: list[float]) -> None:
    found = change.difference(summary(before), summary(now), confidence=0.95)
    assume(abs(found.p - 0.05) > 1e-6)

    assert (found.p < 0.05) == (found.low > 0 or found.high < 0)
    assert 3 < found.df <= 8 + len(before) + len(now) - 2 + 1e-9


@pytest.mark.parametrize(("by", "t", "p"), [(0, 0, 1), (1, math.inf, 0), (-1, -math.inf, 0)])
def test_where_people_never_differ_every_difference_is_sure(by: float, t: float, p: float) -> None:
    """The prior of an organization whose people always agree is 0."""
    found = change.difference(Summary(5, 4, 0, 0), Summary(5, 4 + by, 0, 0))

    assert (found.diff, found.t, found.p, found.low, found.high) == (by, t, p, by, by)


def test_no_difference_without_degrees_of_freedom() -> None:
    with pytest.raises(ValueError, match="degrees of freedom"):
        change.difference(Summary(1, 4, 0, 1), Summary(5, 4, 1, 1), prior_df=0)


# --- Many tests at once -----------------------------------------------------------------------


def test_tv11_adjusted_for_many_tests() -> None:
    found = change.adjusted(TV11)

    assert found == pytest.approx(TV11_ADJUSTED, abs=5.1e-6)  # printed to five places
    assert sum(p < 0.05 for p in TV11) == 7
    assert (sum(q < 0.10 for q in found), sum(q < 0.05 for q in found)) == (4, 2)


@given(st.lists(st.floats(0, 1), min_size=1, max_size=30))
def test_adjusted_is_that_of_statsmodels(p_values: list[float]) -> None:
    assert change.adjusted(p_values) == pytest.approx(multipletests(p_values, method="fdr_bh")[1], abs=1e-12)


def test_nothing_tested_is_nothing_adjusted() -> None:
    assert change.adjusted([]) == []
    assert change.labels({}, cautious=False) == {}


def test_a_p_that_is_none_is_refused() -> None:
    with pytest.raises(ValueError, match="between 0 and 1"):
        change.adjusted([1.5])


@pytest.mark.parametrize(
    ("by", "cautious", "label"),
    [
        (0, False, "none"),
        (0.9, False, "clear"),  # alone nothing has to be shared
        (-0.9, False, "clear"),
        (0.9, True, "none"),
        (1.1, True, "likely"),
        (-1.1, True, "likely"),
    ],
)
def test_labels(by: float, cautious: bool, label: str) -> None:
    """0.9 points have a p of .08 here, 1.1 one of .03."""
    assert change.labels({"ci": moved(by)}, cautious=cautious) == {"ci": label}


def test_a_change_shares_its_luck_with_all_that_are_compared() -> None:
    lone = {"ci": moved(1.3)} | {str(number): moved(0.1) for number in range(23)}
    joint = {str(number): moved(1.3) for number in range(24)}

    assert change.labels({"ci": moved(1.3)}, cautious=False) == {"ci": "clear"}
    found = change.labels(lone, cautious=False)
    assert list(found) == list(lone)
    assert found["ci"] == "likely"
    assert set(found.values()) == {"likely", "none"}
    assert set(change.labels(joint, cautious=False).values()) == {"clear"}


@pytest.mark.parametrize(("by", "label"), [(0.5, "clear"), (0.1 * 5, "clear"), (0.49, "none")])
def test_a_small_change_has_no_word_however_sure(by: float, label: str) -> None:
    assert change.labels({"ci": moved(by, n=400)}, cautious=False) == {"ci": label}


@given(st.lists(st.tuples(people, people), max_size=8))
def test_labels_hold_what_they_say(rounds: list[tuple[list[float], list[float]]]) -> None:
    pairs = {str(place): (summary(before), summary(now)) for place, (before, now) in enumerate(rounds)}

    bold, cautious = change.labels(pairs, cautious=False), change.labels(pairs, cautious=True)

    assert set(bold) == set(cautious) == set(pairs)
    assert set(bold.values()) <= set(change.LABELS)
    assert "clear" not in cautious.values()
    for key, (before, now) in pairs.items():
        found = change.difference(before, now)
        assert bold[key] == "none" or abs(found.diff) >= 0.5 - 1e-6
        assert cautious[key] == bold[key] or bold[key] == "clear"


@pytest.mark.parametrize(
    ("joined", "left", "invited", "changed"),
    [
        (None, None, 8, False),  # no round before
        (0, 0, 0, False),
        (0, 0, 6, False),
        (1, 1, 6, False),  # 2 of 7
        (2, 0, 6, False),  # 2 of 6: exactly a third is not more
        (0, 2, 4, False),  # the same looking back
        (3, 0, 7, True),
        (2, 1, 6, True),  # 3 of 7
        (2, 2, 6, True),  # 4 of 8
        (5, 6, 5, True),  # all
    ],
)
def test_more_than_a_third_changed(joined: int | None, left: int | None, invited: int, changed: bool) -> None:
    assert change.roster_changed(joined, left, invited) is changed


# --- What can be found at all -----------------------------------------------------------------


def test_false_alarms() -> None:
    assert change.expected_false_alarms(24) == exactly(1.2)
    assert change.expected_false_alarms(0) == 0


@pytest.mark.parametrize(
    ("n", "points"), [(4, 2.56), (5, 2.27), (6, 2.05), (8, 1.76), (10, 1.56), (12, 1.42)]
)
def test_what_can_be_found_is_what_the_method_prints(n: int, points: float) -> None:
    assert change.detectable(n) == pytest.approx(points, abs=0.005)


@pytest.mark.parametrize("n", [4, 5, 8, 12, 40])
@pytest.mark.parametrize(("power", "within"), [(0.8, 0.001), (0.5, 0.02), (0.95, 0.02)])
def test_what_can_be_found_has_the_power_that_is_promised(n: int, power: float, within: float) -> None:
    """By the noncentral t, with the degrees of freedom of the moderated test."""
    df, se = 2 * (4 + n - 1), 1.2 * math.sqrt(2 / n)
    cut = stats.t.ppf(0.975, df)

    assert stats.nct.sf(cut, df, change.detectable(n, power=power) / se) == pytest.approx(power, abs=within)


def test_a_change_that_can_just_be_found_is_found_most_of_the_time() -> None:
    """By simulation, TV10's test on other people each time; ±.03 is three times its error."""
    chance = np.random.default_rng(7)
    before, now = (chance.normal(4 + by, 1.2, (2000, 8)) for by in (0, change.detectable(8)))

    found = [change.difference(summary(b), summary(n)).p < 0.05 for b, n in zip(before, now, strict=True)]

    assert np.mean(found) == pytest.approx(0.8, abs=0.03)


def test_nobody_finds_nothing() -> None:
    with pytest.raises(ValueError, match="nobody"):
        change.detectable(0)


# --- Several rounds ---------------------------------------------------------------------------


def test_tv12_a_moderated_trend() -> None:
    rounds = [(time, summary(scores)) for time, scores in enumerate(QUARTERS)]

    found = change.slope(rounds)

    assert (found.slope, found.se) == (exactly(0.525943), exactly(0.145898))
    assert (found.t, found.df, found.p) == (exactly(3.604876), 23, exactly(0.001492))
    assert change.direction(rounds) == "rising"


def test_tv12_without_a_prior_is_the_ordinary_regression() -> None:
    found = change.slope([(time, plain(scores)) for time, scores in enumerate(QUARTERS)], prior_df=0)

    assert (found.slope, found.se, found.p) == (exactly(0.525943), exactly(0.117284), exactly(0.000254))


def test_tv12_the_median_of_slopes_points_the_same_way() -> None:
    times = [time for time, scores in enumerate(QUARTERS) for _ in scores]
    robust = stats.theilslopes(np.concatenate(QUARTERS), times)

    assert (robust.slope, robust.low_slope, robust.high_slope) == (exactly(0.5), exactly(0.25), exactly(0.75))


@given(st.lists(people, min_size=3, max_size=6))
def test_a_slope_from_summaries_is_the_slope_of_all_scores(rounds: list[list[float]]) -> None:
    assume(any(len(set(scores)) > 1 for scores in rounds))
    found = change.slope(
        [(time, plain(scores)) for time, scores in enumerate(rounds)], prior_df=0, prior_sd=9
    )

    times = [time for time, scores in enumerate(rounds) for _ in scores]
    theirs = stats.linregress(times, np.concatenate(rounds))
    assert (found.slope, found.se) == (nearly(theirs.slope), nearly(theirs.stderr))
    assert found.p == nearly(theirs.pvalue)


@given(people, people)
def test_two_rounds_have_the_slope_of_their_difference(before: list[float], now: list[float]) -> None:
    first, second = summary(before), summary(now)

    found = change.slope([(0, first), (2, second)])

    assert found.slope == nearly(change.difference(first, second).diff / 2)


@given(st.lists(people, min_size=2, max_size=6), st.integers(-30, 30), st.sampled_from([0.25, 1, 3]))
def test_a_slope_depends_on_neither_the_first_date_nor_the_order(
    rounds: list[list[float]], start: int, step: float
) -> None:
    counted = [(time, summary(scores)) for time, scores in enumerate(rounds)]
    dated = [(start + step * time, each) for time, each in reversed(counted)]

    one, other = change.slope(counted), change.slope(dated)

    assert (other.slope * step, other.se * step) == (nearly(one.slope), nearly(one.se))
    assert (other.df, other.p) == (one.df, nearly(one.p))


@pytest.mark.parametrize(
    ("rounds", "options"), [([], {}), (by_quarter([4]), {}), (by_quarter([4, 5], n=1), {"prior_df": 0})]
)
def test_no_slope_without_two_times(rounds: list[tuple[float, Summary]], options: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="no slope"):
        change.slope(rounds, **options)


@pytest.mark.parametrize(
    ("means", "expected"),
    [
        ([], ""),
        ([3, 4, 5], ""),
        ([3, 4, 5, 6], "rising"),
        ([6, 5, 4, 3], "falling"),
        ([4, 4.5, 4, 4.2], "unclear"),
        ([3, 6, 6, 3], "unclear"),
    ],
)
def test_where_rounds_point_to(means: list[float], expected: str) -> None:
    assert change.direction(by_quarter(means)) == expected


@pytest.mark.parametrize(
    ("gained", "expected"), [(0.45, "unclear"), (0.5, "rising"), (-0.5, "falling"), (-0.45, "unclear")]
)
def test_a_small_trend_has_no_word_however_sure(gained: float, expected: str) -> None:
    rounds = by_quarter([4 + gained * place / 4 for place in range(5)], n=1000)

    assert change.slope(rounds).p < 1e-6
    assert change.direction(rounds) == expected


def test_gaps_between_rounds_count() -> None:
    """Half a point in a year is the same half point if two rounds were left out."""
    yearly = [(time, summary(QUARTERS[0])) for time in (0, 1, 2)] + [(9.0, summary(QUARTERS[3]))]

    assert change.slope(yearly).slope < change.slope([*yearly[:3], (3.0, yearly[3][1])]).slope
