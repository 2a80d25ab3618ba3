"""What is held about the spread of answers before anyone has answered.

A handful of answers tells little about how much answers vary; so every variance leans on a usual
one, which counts for a few people (docs/method.md 4.2, after Smyth 2004). Intervals, changes,
trends and comparisons of teams all take it from here.
"""

from __future__ import annotations

from typing import TypeVar

import numpy as np
import numpy.typing as npt

PRIOR_SD = 1.2
"""Typical standard deviation of person scores, in points (docs/method.md 4.2: s0)."""

PRIOR_SD_SINGLE = 1.5
"""The same for capabilities of one statement, which vary more (docs/method.md 4.2)."""

PRIOR_SD_COMPOSITE = 0.9
"""The same for person scores over a whole category, which vary less (docs/method.md 4.3)."""

PRIOR_DF = 4.0
"""Degrees of freedom that the prior counts for (docs/method.md 4.2: d0)."""

Number = TypeVar("Number", float, npt.NDArray[np.float64])


def moderated_variance(squares: Number, df: Number, prior_sd: float, prior_df: float = PRIOR_DF) -> Number:
    """The variance in points², from a sum of squares over ``df`` degrees of freedom and from the prior.

    ``(d0 s0² + squares) / (d0 + df)``: docs/method.md 4.2.
    """
    return (prior_df * prior_sd**2 + squares) / (prior_df + df)
