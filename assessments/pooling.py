"""Several teams beside each other, without a ranking.

A small team's mean wanders furthest by luck, so it would lead any list, or end it. Here each mean
leans on that of all teams, the more the fewer people stand behind it, and limits say which
teams cannot be told from the rest (docs/method.md 4.4). Means are in points. A team's own report
never uses this: it shows the mean of its own answers.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import special

from .prior import PRIOR_SD

MINIMUM_TEAMS = 4
"""Fewer teams are not compared (docs/method.md 4.4)."""

SPREAD_SCALE = 0.75
"""Scale of the half-normal prior on how much teams differ, in points (docs/method.md 4.4)."""

GRID = np.linspace(0.0, 3.0, 301)
"""The values that the spread of teams is tried with, in points: fixed, so results never wander."""

FUNNEL_CONFIDENCE = 0.95

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Pooled:
    """Partially pooled means."""

    means: Floats  # (teams,)
    sds: Floats  # (teams,): how unsure each is
    mean: float  # of all teams
    spread: float  # expected standard deviation between teams

    def interval(self, confidence: float = 0.90) -> tuple[Floats, Floats]:
        """Both ends of each team's interval, not cut off: (teams,) each."""
        half = _quantile(confidence) * self.sds
        return self.means - half, self.means + half


def pooled(means: Sequence[float], n: Sequence[int], sd: float = PRIOR_SD) -> Pooled:
    """Each team's mean, drawn towards that of all by as much as it may be luck.

    ``n`` are the people behind each mean, ``sd`` what is usual within a team. Teams are taken to
    be normally distributed around a common mean, of which nothing is known; how widely, is weighed
    over :data:`GRID` and not estimated, which would make intervals too narrow. Raises ValueError below
    MINIMUM_TEAMS. Source: docs/method.md 4.4 and Appendix A, TV13.
    """
    x = np.asarray(means, dtype=np.float64)
    if len(x) < MINIMUM_TEAMS:
        raise ValueError(f"{len(x)} teams are too few to compare")
    v = sd**2 / np.asarray(n, dtype=np.float64)
    total = v + GRID[:, np.newaxis] ** 2  # (grid, teams), as is all that follows but for mu
    weights = 1 / total
    precision = weights.sum(axis=1)
    mu = weights @ x / precision  # (grid,)
    misfit = (weights * (x - mu[:, np.newaxis]) ** 2).sum(axis=1)
    log = -0.5 * (np.log(total).sum(axis=1) + np.log(precision) + misfit + (GRID / SPREAD_SCALE) ** 2)
    likely = np.exp(log - log.max())
    likely /= likely.sum()  # (grid,): how likely each spread is
    lean = v * weights
    drawn = lean * mu[:, np.newaxis] + (1 - lean) * x
    variance = (1 - lean) * v + lean**2 / precision[:, np.newaxis]
    centre = likely @ drawn
    return Pooled(
        centre, np.sqrt(likely @ (variance + drawn**2) - centre**2), float(likely @ mu), float(likely @ GRID)
    )


def funnel(mean: float, n: Sequence[int], sd: float = PRIOR_SD, spread: float = 0.0) -> tuple[Floats, Floats]:
    """The limits within which the means of so many people lie by luck, 95 in 100: (sizes,) each.

    ``mean`` is that of all teams. Teams between the limits with their own ``spread`` cannot be told from
    the rest. Not cut off at the ends of the scale. Source: docs/method.md 4.4, TV13.
    """
    half = _quantile(FUNNEL_CONFIDENCE) * np.sqrt(sd**2 / np.asarray(n, dtype=np.float64) + spread**2)
    return mean - half, mean + half


def _quantile(confidence: float) -> float:
    """How many standard deviations reach so far to either side."""
    return float(special.ndtri(0.5 + confidence / 2))
