"""Reliability and agreement against the vectors of docs/method.md, scipy, statsmodels and simulation."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import stats
from statsmodels.multivariate.factor import Factor

from assessments import reliability

AGREE = [[5, 6, 5], [6, 6, 6], [5, 5, 6], [6, 7, 6], [4, 5, 5]]
SPLIT = [[2, 1, 2], [6, 7, 6], [2, 2, 1], [7, 6, 7], [4, 4, 4]]
EQUAL_TEAMS = [[5.5, 6, 5, 6.5], [3, 4, 3.5, 2.5], [4.5, 5, 6, 5.5], [6, 6.5, 7, 6]]
UNEQUAL_TEAMS = [[5.5, 6, 5], [3, 4, 3.5, 2.5, 4.5], [4.5, 5, 6, 5.5]]
LOADINGS = [0.8, 0.7, 0.6, 0.5]

Floats = npt.NDArray[np.float64]


def exactly(value: Any) -> Any:
    """The tolerance of docs/method.md 9."""
    return pytest.approx(value, abs=1e-6)


def correlations(loadings: list[float]) -> Floats:
    """What statements that share one factor correlate like."""
    table = np.outer(loadings, loadings)
    np.fill_diagonal(table, 1)
    return table


matrices = arrays(float, st.tuples(st.integers(3, 12), st.integers(2, 6)), elements=st.integers(1, 7))


# --- Alpha ------------------------------------------------------------------------------------


@pytest.mark.parametrize(("rows", "alpha"), [(AGREE, 0.828947), (SPLIT, 0.981973)])
def test_tv4_alpha(rows: list[list[int]], alpha: float) -> None:
    assert reliability.alpha(rows) == exactly(alpha)


def test_tv4_interval_of_alpha() -> None:
    low, high = reliability.alpha_interval(reliability.alpha(AGREE), people=5, statements=3)

    assert (low, high) == (pytest.approx(0.136, abs=5.1e-4), pytest.approx(0.981, abs=5.1e-4))


@given(matrices)
def test_alpha_is_that_of_the_covariances(matrix: Floats) -> None:
    covariances = np.cov(matrix, rowvar=False)
    assume(covariances.sum() > 1e-9)
    count = len(covariances)

    expected = count / (count - 1) * (1 - np.trace(covariances) / covariances.sum())

    assert reliability.alpha(matrix) == pytest.approx(expected, rel=1e-6, abs=1e-9)
    assert reliability.alpha(matrix) <= 1 + 1e-9


def test_the_interval_of_alpha_holds_the_truth_as_often_as_it_says() -> None:
    """30 people, three statements that load .7, so that the true alpha is .7424; ±.02 of 95 %."""
    chance, truth = np.random.default_rng(3), reliability.omega([0.7] * 3)
    held = 0
    for _ in range(2000):
        answers = 0.7 * chance.normal(size=(30, 1)) + math.sqrt(0.51) * chance.normal(size=(30, 3))
        low, high = reliability.alpha_interval(reliability.alpha(answers), people=30, statements=3)
        held += low <= truth <= high

    assert held / 2000 == pytest.approx(0.95, abs=0.02)


def test_an_interval_is_wider_when_groups_were_centred() -> None:
    (low, high), (lower, higher) = (
        reliability.alpha_interval(0.8, 40, 3, groups=groups) for groups in (1, 20)
    )

    assert lower < low < 0.8 < high < higher


@pytest.mark.parametrize(("people", "statements", "groups"), [(1, 3, 1), (8, 1, 1), (8, 3, 8)])
def test_no_interval_of_alpha_from_nothing(people: int, statements: int, groups: int) -> None:
    with pytest.raises(ValueError, match="degrees of freedom"):
        reliability.alpha_interval(0.8, people, statements, groups=groups)


@pytest.mark.parametrize("matrix", [[[1, 2]], [[1], [2]]])
def test_no_alpha_from_nothing(matrix: list[list[float]]) -> None:
    with pytest.raises(ValueError, match="no alpha"):
        reliability.alpha(matrix)


@pytest.mark.parametrize("matrix", [[[1, math.nan], [2, 3]], [1, 2, 3]])
@pytest.mark.parametrize(
    "figure", [reliability.alpha, reliability.r_wg_j, lambda matrix: reliability.centred(matrix, "ab")]
)
def test_gaps_are_refused(matrix: Any, figure: Any) -> None:
    with pytest.raises(ValueError, match="no gaps"):
        figure(matrix)


def test_where_nobody_differs_there_is_no_alpha() -> None:
    assert math.isnan(reliability.alpha([[4, 5]] * 5))


# --- Centring ---------------------------------------------------------------------------------


@given(matrices, st.data())
def test_centred_groups_have_no_means(matrix: Floats, data: st.DataObject) -> None:
    labels = st.sampled_from(["kestrel", 3, None])
    groups = data.draw(st.lists(labels, min_size=len(matrix), max_size=len(matrix)))

    centred = reliability.centred(matrix, groups)

    assert centred.shape == matrix.shape
    for group in set(groups):
        rows = [place for place, of in enumerate(groups) if of == group]
        assert centred[rows].mean(axis=0) == pytest.approx(np.zeros(matrix.shape[1]), abs=1e-9)
        assert np.diff(centred[rows], axis=0) == pytest.approx(np.diff(matrix[rows], axis=0))


def test_teams_that_differ_do_not_make_statements_belong_together() -> None:
    """Two statements that have nothing to do with each other, in teams at either end of the scale."""
    chance = np.random.default_rng(11)
    groups = np.repeat(range(40), 5)
    answers = chance.normal(size=(200, 2)) + np.where(groups % 2, -3, 3)[:, np.newaxis]

    assert reliability.alpha(answers) > 0.9
    assert abs(reliability.alpha(reliability.centred(answers, groups.tolist()))) < 0.3


def test_everybody_has_a_group() -> None:
    with pytest.raises(ValueError, match="2 people, but 1 groups"):
        reliability.centred([[1, 2], [3, 4]], ["kestrel"])


# --- ICC --------------------------------------------------------------------------------------


def test_tv5_equal_teams() -> None:
    found = reliability.icc(EQUAL_TEAMS)

    assert (found.between, found.within, found.size) == (exactly(7.307292), exactly(0.369792), 4)
    assert (found.one, found.two, found.f) == (exactly(0.824257), exactly(0.949394), exactly(19.760563))
    assert found.p == pytest.approx(6.17e-05, abs=5e-8)


def test_tv5_unequal_teams() -> None:
    found = reliability.icc(UNEQUAL_TEAMS)

    assert (found.between, found.within) == (exactly(5.083333), exactly(0.472222))
    assert (found.size, found.one, found.two) == (exactly(3.916667), exactly(0.713723), exactly(0.907104))


@given(st.lists(st.lists(st.integers(1, 7), min_size=1, max_size=6), min_size=2, max_size=6))
def test_its_test_is_the_analysis_of_variance(groups: list[list[float]]) -> None:
    assume(any(len(set(group)) > 1 for group in groups))
    assume(len({sum(group) / len(group) for group in groups}) > 1)  # or scipy's F is a rounding error

    found, theirs = reliability.icc(groups), stats.f_oneway(*groups)

    assert (found.f, found.p) == (pytest.approx(theirs.statistic, abs=1e-9), pytest.approx(theirs.pvalue))


@given(st.lists(st.lists(st.integers(1, 7), min_size=4, max_size=4), min_size=3, max_size=6))
def test_the_mean_of_more_people_is_more_reliable(groups: list[list[float]]) -> None:
    found = reliability.icc(groups)
    assume(found.one > 0)

    assert found.two == pytest.approx(reliability.spearman_brown(found.one, times=4))
    assert found.one - 1e-9 <= found.two <= 1 + 1e-9


@pytest.mark.parametrize("groups", [[], [[1, 2]], [[1], [2]], [[1, 2], []]])
def test_no_icc_from_nothing(groups: list[list[float]]) -> None:
    with pytest.raises(ValueError, match="no ICC"):
        reliability.icc(groups)


def test_where_nobody_differs_there_is_no_icc() -> None:
    found = reliability.icc([[4, 4], [4, 4]])

    assert [math.isnan(value) for value in (found.one, found.two, found.f, found.p)] == [True] * 4


# --- Omega ------------------------------------------------------------------------------------


def test_tv6_omega() -> None:
    table = correlations(LOADINGS)
    count = len(LOADINGS)

    assert reliability.omega(LOADINGS) == exactly(0.749446)
    assert count / (count - 1) * (1 - np.trace(table) / table.sum()) == exactly(0.742055)  # alpha
    assert reliability.omega(reliability.loadings(table)) == exactly(0.749446)


def test_tv6_three_statements() -> None:
    """``√(.56 · .48 / .42)`` and so on."""
    found = reliability.loadings([[1, 0.56, 0.48], [0.56, 1, 0.42], [0.48, 0.42, 1]])

    assert found == exactly([0.8, 0.7, 0.6])


def test_tv6_two_statements() -> None:
    assert reliability.spearman_brown(0.6) == exactly(0.75)


def test_tv6_loadings_are_those_of_maximum_likelihood() -> None:
    theirs = Factor(corr=correlations(LOADINGS), n_factor=1, method="ml").fit().loadings.ravel()

    assert reliability.loadings(correlations(LOADINGS)) == pytest.approx(np.abs(theirs), abs=1e-5)


@pytest.mark.parametrize("statements", [3, 4, 6])
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_loadings_are_those_of_statsmodels_also_where_one_factor_does_not_fit(
    statements: int, seed: int
) -> None:
    chance = np.random.default_rng(seed)
    noise = np.triu(chance.uniform(-0.08, 0.08, (statements, statements)), 1)
    table = correlations(chance.uniform(0.5, 0.8, statements).tolist()) + noise + noise.T

    theirs = Factor(corr=table, n_factor=1, method="pa").fit(maxiter=5000, tol=1e-10).loadings.ravel()

    assert reliability.loadings(table) == pytest.approx(theirs * np.sign(theirs.sum()), abs=1e-6)


def test_no_loadings_where_they_would_be_beyond_one() -> None:
    impossible = [[1, 0.9, 0.9], [0.9, 1, 0.5], [0.9, 0.5, 1]]  # √(.9 · .9 / .5) = 1.27
    missing = [[1, math.nan, 0.5], [math.nan, 1, 0.5], [0.5, 0.5, 1]]

    assert np.isnan(reliability.loadings(impossible)).all()
    assert np.isnan(reliability.loadings(missing)).all()
    assert math.isnan(reliability.omega(reliability.loadings(missing)))


def test_statements_that_share_nothing_have_no_omega() -> None:
    assert reliability.omega(reliability.loadings(np.eye(4))) == 0


def test_two_statements_have_no_loadings_of_their_own() -> None:
    with pytest.raises(ValueError, match="below three"):
        reliability.loadings([[1, 0.6], [0.6, 1]])


# --- Agreement --------------------------------------------------------------------------------


@pytest.mark.parametrize(("rows", "expected"), [(AGREE, 0.947853), (SPLIT, 46.5)])
def test_tv4_r_wg_of_several_statements(rows: list[list[int]], expected: float) -> None:
    assert reliability.r_wg_j(rows) == exactly(expected)


def test_tv4_r_wg_of_one_statement() -> None:
    assert reliability.r_wg([6, 5, 6, 2, 7]) == exactly(0.075)


@pytest.mark.parametrize(
    ("sd", "expected"),
    [(0.5, 0.94), (0.8, 0.84), (1.0, 0.75), (1.2, 0.64), (1.5, 0.44), (1.75, 0.23), (2, 0)],
)
def test_r_wg_by_standard_deviation(sd: float, expected: float) -> None:
    """The row of docs/method.md 3.2. Two answers that far apart have this deviation."""
    apart = sd * math.sqrt(2)

    assert reliability.r_wg([4 - apart / 2, 4 + apart / 2]) == pytest.approx(expected, abs=0.0051)


@given(st.lists(st.integers(1, 7), min_size=2, max_size=9))
def test_one_statement_has_the_same_r_wg_either_way(ratings: list[int]) -> None:
    assert reliability.r_wg_j([[rating] for rating in ratings]) == pytest.approx(reliability.r_wg(ratings))


def test_answers_by_dice_pass_for_agreement_now_and_then() -> None:
    """All 16,807 ways in which five people can answer one statement: 7.4 % reach .70 (3.2)."""
    ways = np.stack(np.meshgrid(*[np.arange(1, 8)] * 5), axis=-1).reshape(-1, 5)

    found = 1 - ways.var(axis=1, ddof=1) / 4

    assert (found >= 0.70 - 1e-9).mean() == pytest.approx(0.074, abs=5.1e-4)
    assert reliability.r_wg(ways[1234].tolist()) == pytest.approx(found[1234])
