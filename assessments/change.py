"""Whether something changed: two rounds compared, and a slope through several.

Who answered is not known, so the same people cannot be followed from round to round: rounds
are compared as if others had answered. That errs on the side of seeing no change. All is
worked out from frozen scores, that is from numbers of people, means and standard deviations,
and never from answers (docs/method.md 4.3).

Means, differences and their errors are in points.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy import special, stats

from .disclosure import TOLERANCE
from .prior import PRIOR_DF, PRIOR_SD, moderated_variance

LABELS = ("clear", "likely", "none")
"""How sure it is that a result moved, surest first (docs/method.md 4.3)."""

DIRECTIONS = ("rising", "falling", "unclear")
"""Where several rounds point to (docs/method.md 4.3)."""

MEANINGFUL = 0.5
"""Points from which on a change is worth a word; below it may be sure, but it is small."""

FALSE_DISCOVERY = 0.10
"""Share of the changes called clear that may be there by luck alone."""

LIKELY = 0.05
"""Below this p a change is likely and a trend has a direction."""

ROSTER_SHARE = 1 / 3
"""When more of the people than this changed, the team did: nothing is called clear any more."""

ENOUGH_ROUNDS = 4
"""Rounds from which on a trend can have a direction."""


@dataclass(frozen=True)
class Summary:
    """The person scores of one capability or category in one round."""

    n: int
    mean: float
    sd: float  # divisor n - 1
    se: float  # moderated standard error of the mean, as frozen with the score


@dataclass(frozen=True)
class Difference:
    """How much later less earlier is, with its interval."""

    diff: float
    se: float
    df: float
    t: float
    p: float  # two-sided
    low: float  # not cut off: a difference has no scale
    high: float


@dataclass(frozen=True)
class Slope:
    """How much is gained per round."""

    slope: float
    se: float
    t: float
    df: float
    p: float  # two-sided


# --- Two rounds -------------------------------------------------------------------------------


def difference(
    before: Summary, now: Summary, confidence: float = 0.90, *, prior_df: float = PRIOR_DF
) -> Difference:
    """The later mean less the earlier one: Welch's test with moderated variances.

    Each standard error has ``prior_df + n - 1`` degrees of freedom; ``prior_df`` 0 with plain
    standard errors is Welch's own test. Raises ValueError where a round has no degree of
    freedom. Source: docs/method.md 4.3, TV10.
    """
    dfs = [prior_df + summary.n - 1 for summary in (before, now)]
    if min(dfs) <= 0:
        raise ValueError("no difference without degrees of freedom")
    variances = [before.se**2, now.se**2]
    diff, variance = now.mean - before.mean, sum(variances)
    if not variance:  # an organization whose people never differ has a prior of 0
        return Difference(diff, 0.0, sum(dfs), *_test(diff, 0.0, sum(dfs)), diff, diff)
    df = variance**2 / sum(part**2 / own for part, own in zip(variances, dfs, strict=True))
    se = math.sqrt(variance)
    half = float(special.stdtrit(df, 0.5 + confidence / 2)) * se
    return Difference(diff, se, df, *_test(diff, se, df), diff - half, diff + half)


def _test(value: float, se: float, df: float) -> tuple[float, float]:
    """t and its two-sided p."""
    if not se:
        return (math.copysign(math.inf, value), 0.0) if value else (0.0, 1.0)
    t = value / se
    return t, 2 * float(special.stdtr(df, -abs(t)))


def adjusted(p_values: Sequence[float]) -> list[float]:
    """The p-values after Benjamini and Hochberg, in the same order; of none, none.

    Calling everything below q a change is wrong in a share of q of the calls at most, also
    where results move together. Raises ValueError for a p outside 0 to 1. Source:
    docs/method.md 4.3, TV11.
    """
    return [float(q) for q in stats.false_discovery_control(p_values)] if p_values else []


def labels(pairs: Mapping[str, tuple[Summary, Summary]], *, cautious: bool) -> dict[str, str]:
    """For each key with its rounds (before, now) one of LABELS.

    ``pairs`` are all that one report compares, for that is what luck has to be shared among:
    *clear* with an adjusted p below FALSE_DISCOVERY, *likely* with a p below LIKELY, both only
    from MEANINGFUL points on. ``cautious`` never says *clear*: for a team that changed
    (:func:`roster_changed`) or another wording. Source: docs/method.md 4.3.
    """
    found = [difference(before, now) for before, now in pairs.values()]
    shared = adjusted([each.p for each in found])
    return {
        key: _label(each, q, cautious=cautious) for key, each, q in zip(pairs, found, shared, strict=True)
    }


def _label(found: Difference, q: float, *, cautious: bool) -> str:
    if abs(found.diff) < MEANINGFUL - TOLERANCE:
        return "none"
    if q < FALSE_DISCOVERY and not cautious:
        return "clear"
    return "likely" if found.p < LIKELY else "none"


def roster_changed(joined: int | None, left: int | None, invited: int) -> bool:
    """Whether so many people changed that two rounds speak of different teams.

    The share is that of the people who joined or left among all who were asked in either round,
    ``invited`` now and ``left`` before: so it lies between 0 and 1, a team that grew from four to
    six changed as much as one that shrank from six to four, and each person counts once. None
    means that there was no round before, and nothing to have changed. Source: docs/method.md 4.3.
    """
    if joined is None or left is None:
        return False
    return joined + left > ROSTER_SHARE * (invited + left)


def expected_false_alarms(tests: int) -> float:
    """How many of so many tests call an unchanged result likely to have moved, at most (4.3)."""
    return LIKELY * tests


def detectable(n: int, sd: float = PRIOR_SD, power: float = 0.8) -> float:
    """The smallest change in points that is found with this probability, with ``n`` people in each round.

    ``(t[1 - LIKELY/2] + t[power]) · sd · √(2/n)``, both quantiles with the degrees of freedom of
    :func:`difference`, 2 (d0 + n - 1). At a power of .8 the noncentral t gives the same to 0.001
    points; normal quantiles would promise too much. Raises ValueError for less than one person.
    Source: docs/method.md 4.3.
    """
    if n < 1:
        raise ValueError("nobody finds no change")
    df = 2 * (PRIOR_DF + n - 1)
    quantiles = special.stdtrit(df, 1 - LIKELY / 2) + special.stdtrit(df, power)
    return float(quantiles) * sd * math.sqrt(2 / n)


# --- Several rounds ---------------------------------------------------------------------------


def slope(
    rounds: Sequence[tuple[float, Summary]], *, prior_sd: float = PRIOR_SD, prior_df: float = PRIOR_DF
) -> Slope:
    """The line through all person scores of several rounds: pairs of (time, summary).

    The least-squares slope, in points per unit of time, with a moderated residual variance. The
    scores themselves are not needed: their squares around the line are those within the rounds,
    ``Σ (n - 1) sd²``, and those of the rounds' means around it. ``prior_df`` 0 is the ordinary
    regression. Raises ValueError unless there are two different times and a degree of freedom.
    Source: docs/method.md 4.3, TV12.
    """
    times = np.array([time for time, _ in rounds], dtype=np.float64)
    n, means, sds = (
        np.array([getattr(summary, name) for _, summary in rounds], dtype=np.float64)
        for name in ("n", "mean", "sd")
    )
    df = float(n.sum()) - 2
    if len(set(times.tolist())) < 2 or prior_df + df <= 0:
        raise ValueError("no slope without two times and a degree of freedom")
    x, y = times - np.average(times, weights=n), means - np.average(means, weights=n)
    spread = float(n @ x**2)
    gain = float(n @ (x * y)) / spread
    within = float((n - 1) @ sds**2)
    squares = within + float(n @ (y - gain * x) ** 2)
    se = math.sqrt(moderated_variance(squares, df, prior_sd, prior_df) / spread)
    t, p = _test(gain, se, prior_df + df)
    return Slope(gain, se, t, prior_df + df, p)


def direction(rounds: Sequence[tuple[float, Summary]]) -> str:
    """One of DIRECTIONS, and an empty string below ENOUGH_ROUNDS rounds.

    *Rising* and *falling* need a p below LIKELY and MEANINGFUL points from the first round to the
    last one. ``rounds`` as for :func:`slope`, in any order. Source: docs/method.md 4.3.
    """
    if len(rounds) < ENOUGH_ROUNDS:
        return ""
    found, times = slope(rounds), [time for time, _ in rounds]
    gained = found.slope * (max(times) - min(times))
    if found.p >= LIKELY or abs(gained) < MEANINGFUL - TOLERANCE:
        return "unclear"
    return "rising" if gained > 0 else "falling"
