"""Steady load: nothing fails, nothing grows, and what grows is found. Half an hour: ``make faults``."""

from __future__ import annotations

import pytest

from . import soak

pytestmark = pytest.mark.own_engine

OPENED_ONCE = 24
"""At most, in a process: the database and its journal for each of four threads, and eight connections."""


def test_steady_load_fails_nobody_and_a_leak_is_found() -> None:
    # whether memory stays as it is only a long time tells: some is used for the first time here
    with soak.furnished() as (home, ways):
        walked, watched = soak.steady(home, ways, 4, pause=0.05, every=0.1)
        home.application = "tests.faults.leaking"
        _walked, leaking = soak.steady(home, ways, 4, pause=0.05, every=0.1)

    assert walked.errors == {}
    assert len(watched.memory) == len(leaking.memory) == 4
    assert leaking.growth() > soak.GROWTH
    assert watched.more_files() <= OPENED_ONCE < leaking.more_files()
