"""Slow connections keep nobody waiting who comes through the proxy. Two hundred of them: ``make faults``."""

from __future__ import annotations

import pytest

from . import slow

pytestmark = pytest.mark.own_engine
PATIENCE = 5
"""Seconds after which somebody gives up; what is promised, a second, is measured at full length."""


def test_slow_connections_keep_nobody_waiting() -> None:
    # one process: of two, chance may let one take all of the slow connections
    found = slow.beside(30, 2, patience=PATIENCE, processes=1)

    assert found[True]["errors"] == {}
    assert found[True]["requests"]
    # why there is a proxy; and the slow ones are slow enough to be a test
    assert set(found[False]["errors"]) == {"no answer"}
    assert found[False]["median"] >= PATIENCE
