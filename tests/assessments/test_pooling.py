"""Teams beside each other, against TV13 of docs/method.md and against the plug-in estimate of statsmodels."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import optimize
from statsmodels.stats.meta_analysis import combine_effects

from assessments import pooling

MEANS = [5.9, 3.4, 4.8, 5.2, 4.1, 5.0]
PEOPLE = [3, 8, 5, 6, 4, 10]
VARIANCES = 1.44 / np.array(PEOPLE)

Floats = npt.NDArray[np.float64]


def as_printed(values: Any, places: int) -> Any:
    """The tolerance of a figure that docs/method.md prints to so many places."""
    return pytest.approx(values, abs=0.51 * 10**-places)


def plug_in(x: Floats, v: Floats) -> tuple[float, float, float, Floats, Floats, Floats]:
    """Paule and Mandel: the spread at which misfit is what it should be, taken for the truth.

    Returns tau², mu, its standard error, and by team the share of mu, the estimate and its error.
    The product does not use it: its 90 % intervals hold the truth in .79 to .88 (method 4.4).
    """

    def mean(tau2: float) -> tuple[Floats, float]:
        weights = 1 / (v + tau2)
        return weights, float(weights @ x / weights.sum())

    def misfit(tau2: float) -> float:
        weights, mu = mean(tau2)
        return float(weights @ (x - mu) ** 2) - (len(x) - 1)

    tau2 = float(optimize.brentq(misfit, 0, 100, xtol=1e-14)) if misfit(0) > 0 else 0.0
    weights, mu = mean(tau2)
    variance = 1 / weights.sum()
    lean = v * weights
    errors = np.sqrt((1 - lean) * v + lean**2 * variance)
    return tau2, mu, math.sqrt(variance), lean, lean * mu + (1 - lean) * x, errors


# --- TV13 -------------------------------------------------------------------------------------


def test_tv13_pooled_means() -> None:
    found = pooling.pooled(MEANS, PEOPLE)

    assert (found.spread, found.mean) == (as_printed(0.6757, 4), as_printed(4.6776, 4))
    assert found.means == as_printed([5.2223, 3.8497, 4.7404, 4.9807, 4.3790, 4.8933], 4)
    assert found.sds == as_printed([0.5638, 0.4446, 0.4256, 0.4175, 0.4687, 0.3392], 4)
    low, high = found.interval()
    assert low == as_printed([4.295, 3.118, 4.040, 4.294, 3.608, 4.335], 3)
    assert high == as_printed([6.150, 4.581, 5.440, 5.668, 5.150, 5.451], 3)


def test_tv13_funnel() -> None:
    low, high = pooling.funnel(4.683941, [3, 5, 8, 12])

    assert low == as_printed([3.326, 3.632, 3.852, 4.005], 3)
    assert high == as_printed([6.042, 5.736, 5.515, 5.363], 3)


def test_tv13_plug_in() -> None:
    tau2, mu, error, lean, means, _ = plug_in(np.array(MEANS), VARIANCES)

    assert (tau2, mu, error) == (as_printed(0.478741, 6), as_printed(4.683941, 6), as_printed(0.352351, 6))
    assert lean == as_printed([0.500656, 0.273248, 0.375616, 0.333917, 0.429215, 0.231236], 6)
    assert means == as_printed([5.291172, 3.750835, 4.756406, 5.027679, 4.350636, 4.926916], 6)


@pytest.mark.parametrize(("method", "tau2"), [("iterated", 0.478741), ("chi2", 0.493107)])
def test_tv13_plug_in_is_that_of_statsmodels(method: str, tau2: float) -> None:
    theirs = combine_effects(np.array(MEANS), VARIANCES, method_re=method)

    assert theirs.tau2 == as_printed(tau2, 6)
    if method == "iterated":
        ours = plug_in(np.array(MEANS), VARIANCES)
        assert (theirs.mean_effect_re, theirs.sd_eff_w_re) == (pytest.approx(ours[1]), pytest.approx(ours[2]))


def test_tv13_ranks_say_little() -> None:
    """Why teams are never ranked: five of six could be third."""
    *_, means, errors = plug_in(np.array(MEANS), VARIANCES)
    drawn = np.random.default_rng(13).normal(means, errors, (50_000, 6))
    ranks = (-drawn).argsort(axis=1).argsort(axis=1) + 1

    low, high = np.percentile(ranks, [5, 95], axis=0, method="nearest")
    assert list(zip(low.tolist(), high.tolist(), strict=True)) == [
        (1, 4),
        (5, 6),
        (1, 5),
        (1, 5),
        (2, 6),
        (1, 5),
    ]
    assert (ranks == 1).mean(axis=0) == pytest.approx([0.51, 0.00, 0.10, 0.23, 0.02, 0.13], abs=0.02)


def test_the_grid_agrees_with_the_plug_in_where_there_are_many_teams() -> None:
    chance = np.random.default_rng(5)
    n = chance.integers(4, 13, 300)
    x = chance.normal(4.5, 0.6, 300) + chance.normal(0, 1.2 / np.sqrt(n))
    tau2, mu, _, _, means, errors = plug_in(x, 1.44 / n)

    found = pooling.pooled(x.tolist(), n.tolist())

    assert (found.spread, found.mean) == (
        pytest.approx(math.sqrt(tau2), abs=0.02),
        pytest.approx(mu, abs=0.01),
    )
    assert found.means == pytest.approx(means, abs=0.02)
    assert found.sds == pytest.approx(errors, abs=0.02)


# --- Properties -------------------------------------------------------------------------------

teams = st.lists(st.tuples(st.floats(1, 7), st.integers(4, 40)), min_size=4, max_size=20)


@given(teams, st.floats(-3, 3))
def test_means_are_drawn_together_and_move_with_the_scale(given_teams: list[Any], by: float) -> None:
    means, n = map(list, zip(*given_teams, strict=True))

    found, moved = pooling.pooled(means, n), pooling.pooled([mean + by for mean in means], n)

    assert np.ptp(found.means) <= np.ptp(means) + 1e-9
    assert min(means) - 1e-9 <= found.mean <= max(means) + 1e-9
    assert (found.sds > 0).all()
    assert (found.sds <= 1.2 / np.sqrt(np.array(n)) + 3).all()
    assert moved.means == pytest.approx(found.means + by, abs=1e-6)
    assert moved.spread == pytest.approx(found.spread, abs=1e-6)


def test_the_fewer_people_the_more_a_mean_leans() -> None:
    found = pooling.pooled([6, 6, 4, 4, 4, 4], [4, 40, 12, 12, 12, 12])

    assert found.mean < found.means[0] < found.means[1] < 6
    assert found.sds[0] > found.sds[1]


def test_few_teams_are_not_compared() -> None:
    with pytest.raises(ValueError, match="too few"):
        pooling.pooled(MEANS[:3], PEOPLE[:3])


def test_limits_are_wider_where_teams_differ() -> None:
    (low,), (high,) = pooling.funnel(4.5, [8])
    (lower,), (higher,) = pooling.funnel(4.5, [8], spread=0.6)

    assert lower < low < 4.5 < high < higher
    assert high - 4.5 == pytest.approx(1.959964 * 1.2 / math.sqrt(8))
