"""How well statements belong together, and how much of an answer is about the team.

For those who maintain a questionnaire, with the answers of many teams. It is never worked out for one
team: with five people alpha lies anywhere between -0.8 and 0.95 (docs/method.md 3.2), and two
camps that could not differ more have an alpha of .98 (3.1). What a team sees of its agreement
is in :mod:`assessments.scoring`.

A matrix is people × statements, in points, with nothing missing.
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import special

OPTIONS = 7
"""Points of the scale that the agreement indices are for."""

STEPS, NEAR = 10_000, 1e-10
"""When loadings are found: at the latest after so many steps, or when a step changes less."""

Floats = npt.NDArray[np.float64]


# --- Reliability: do the statements say the same about people? --------------------------------


def centred(matrix: npt.ArrayLike, groups: Sequence[Hashable]) -> Floats:
    """The matrix without the differences between groups: each value less its group's mean.

    ``groups`` names each person's. Without this step teams that differ make any statements look as if
    they belonged together (docs/method.md 3.1). Raises ValueError as :func:`alpha`, and unless
    each person has a group.
    """
    values = _complete(matrix)
    if len(groups) != len(values):
        raise ValueError(f"{len(values)} people, but {len(groups)} groups")
    places = {group: place for place, group in enumerate(dict.fromkeys(groups))}
    codes = np.array([places[group] for group in groups], dtype=np.intp)
    sums = np.zeros((len(places), values.shape[1]))
    np.add.at(sums, codes, values)
    means = sums / np.bincount(codes, minlength=len(places))[:, np.newaxis]
    return np.asarray(values - means[codes], dtype=np.float64)


def alpha(matrix: npt.ArrayLike) -> float:
    """Cronbach's alpha: up to 1, and below 0 where statements contradict each other.

    NaN where all people have the same sum. Raises ValueError below two people or two statements and
    where a value is missing. Source: docs/method.md 3.1, TV4.
    """
    values = _complete(matrix)
    statements = values.shape[1]
    if min(values.shape) < 2:
        raise ValueError("no alpha without two people and two statements")
    parts, whole = values.var(axis=0, ddof=1).sum(), values.sum(axis=1).var(ddof=1)
    share = _ratio(float(parts), float(whole))
    return float(statements / (statements - 1) * (1 - share))


def alpha_interval(
    value: float, people: int, statements: int, *, groups: int = 1, confidence: float = 0.95
) -> tuple[float, float]:
    """Both ends of the interval around an alpha (Feldt 1965).

    ``groups`` is the number of them when the matrix was :func:`centred`: each takes one degree of
    freedom. Raises ValueError where none is left. Source: docs/method.md 3.1, TV4.
    """
    between = people - groups
    within = between * (statements - 1)
    if within <= 0:
        raise ValueError("no interval without degrees of freedom")
    low, high = (special.fdtri(between, within, 0.5 + half * confidence) for half in (0.5, -0.5))
    return 1 - (1 - value) * float(low), 1 - (1 - value) * float(high)


def spearman_brown(correlation: float, times: float = 2) -> float:
    """The reliability of so many statements that correlate like this; of two by default.

    Source: docs/method.md 3.1, TV6.
    """
    return _ratio(times * correlation, 1 + (times - 1) * correlation)


def loadings(correlations: npt.ArrayLike) -> Floats:
    """How strongly each of three or more statements follows what they have in common: (statements,).

    One factor by repeated principal axes; for three statements that is ``λ₁ = √(r₁₂ r₁₃ / r₂₃)``.
    ``correlations`` is statements × statements. All NaN where a statement would have to follow by
    more than 1, or a correlation is missing. Raises ValueError below three statements, which any
    number of loadings would fit. Source: docs/method.md 3.1, TV6.
    """
    matrix = np.array(correlations, dtype=np.float64)
    if len(matrix) < 3:
        raise ValueError("no loadings below three statements")
    none = np.full(len(matrix), math.nan)
    if np.isnan(matrix).any():
        return none
    np.fill_diagonal(matrix, 0)
    shared = np.abs(matrix).max(axis=0)  # how much of a statement the others tell
    for _ in range(STEPS):
        strengths, axes = np.linalg.eigh(matrix + np.diag(shared))
        found = axes[:, -1] * math.sqrt(max(0.0, float(strengths[-1])))
        before, shared = shared, found**2
        if shared.max() > 1:
            return none
        if np.abs(shared - before).max() < NEAR:
            break
    return np.asarray(found * (np.sign(found.sum()) or 1), dtype=np.float64)


def omega(found: npt.ArrayLike) -> float:
    """McDonald's omega from the :func:`loadings` of one factor: 0 to 1.

    ``(Σλ)² / ((Σλ)² + Σ(1 - λ²))``: docs/method.md 3.1, TV6.
    """
    values = np.asarray(found, dtype=np.float64)
    common = float(values.sum()) ** 2
    return common / (common + float((1 - values**2).sum()))


@dataclass(frozen=True)
class Icc:
    """How much of the answers is about the group."""

    between: float  # mean square
    within: float  # mean square
    size: float  # of a group, on average over unequal ones
    one: float  # ICC(1): share of a single person's answer that is about the group
    two: float  # ICC(2): reliability of a group's mean
    f: float
    p: float  # that groups differ this much by luck


def icc(groups: Sequence[Sequence[float]]) -> Icc:
    """ICC(1) and ICC(2) from the person scores of several groups, of equal size or not.

    Both can be below 0, and are NaN where nobody differs. Raises ValueError below two groups, for
    an empty one, and where nobody shares a group. Source: docs/method.md 3.1, TV5.
    """
    sizes = np.array([len(group) for group in groups], dtype=np.float64)
    people, df = float(sizes.sum()), len(groups) - 1
    if df < 1 or not sizes.all() or people <= len(groups):
        raise ValueError("no ICC without two groups and two people in one of them")
    means = np.array([np.mean(group) for group in groups])
    parts = sum(float(np.sum((np.asarray(group) - np.mean(group)) ** 2)) for group in groups)
    between = float(sizes @ (means - np.average(means, weights=sizes)) ** 2) / df
    within = parts / (people - len(groups))
    size = (people - float(sizes @ sizes) / people) / df
    f = _ratio(between, within)
    return Icc(
        between,
        within,
        size,
        one=_ratio(between - within, between + (size - 1) * within),
        two=_ratio(between - within, between),
        f=f,
        p=float(special.fdtrc(df, people - len(groups), f)),
    )


# --- Agreement: do people give the same answer? -----------------------------------------------


def r_wg(ratings: Sequence[float], options: int = OPTIONS) -> float:
    """Agreement on one statement: 1 when all agree, 0 as if by dice, below 0 when people are divided.

    ``ratings`` are of two people or more. Random answers of five people pass .70 once in
    fourteen times (docs/method.md 3.2), so it proves no agreement. Source: 3.1, TV4.
    """
    return 1 - float(np.var(ratings, ddof=1)) / _by_dice(options)


def r_wg_j(matrix: npt.ArrayLike, options: int = OPTIONS) -> float:
    """Agreement on the statements of one capability: 1 when all agree, 0 as if by dice.

    Not to be shown as it is: for people who are divided more than dice it leaves 0 to 1 in either
    direction, TV4 has 46.5. Raises ValueError where a value is missing. Source: docs/method.md 3.1.
    """
    values = _complete(matrix)
    share = float(values.var(axis=0, ddof=1).mean()) / _by_dice(options)
    agreed = values.shape[1] * (1 - share)
    return _ratio(agreed, agreed + share)


def _by_dice(options: int) -> float:
    """The variance of answers that are all equally likely."""
    return (options**2 - 1) / 12


def _ratio(numerator: float, denominator: float) -> float:
    return numerator / denominator if denominator else math.nan


def _complete(matrix: npt.ArrayLike) -> Floats:
    values = np.asarray(matrix, dtype=np.float64)
    if values.ndim != 2 or np.isnan(values).any():
        raise ValueError("a matrix of people and statements must have no gaps")
    return values
