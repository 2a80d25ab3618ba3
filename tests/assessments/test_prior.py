"""The usual spread of answers, and how a variance leans on it."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from assessments import prior


def test_a_variance_between_its_own_and_the_usual_one() -> None:
    """TV8: five scores with squares of 8.741667 (docs/method.md 4.2)."""
    assert prior.moderated_variance(8.741667, 4.0, 1.2) ** 0.5 == pytest.approx(1.346369, abs=1e-6)


@given(st.floats(0, 9), st.floats(1, 50), st.floats(0.1, 3), st.floats(0, 50))
def test_it_lies_between_the_two(variance: float, df: float, prior_sd: float, prior_df: float) -> None:
    found = prior.moderated_variance(variance * df, df, prior_sd, prior_df)

    low, high = sorted([variance, prior_sd**2])
    assert low - 1e-9 <= found <= high + 1e-9


def test_without_answers_it_is_the_usual_one() -> None:
    assert prior.moderated_variance(0.0, 0.0, 1.5) == 2.25


def test_many_at_once() -> None:
    squares, df = np.array([0.0, 8.0]), np.array([0.0, 4.0])

    assert prior.moderated_variance(squares, df, 1.0) == pytest.approx([1.0, 1.5])
