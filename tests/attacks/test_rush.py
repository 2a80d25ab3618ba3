"""Attack 4, at the database: no save is lost to another, to people who join, or to the close."""

from __future__ import annotations

import pytest

from .conducted import run_on

pytestmark = pytest.mark.own_engine


@pytest.mark.parametrize("engine", ["sqlite", "postgresql"])
def test_what_was_acknowledged_is_there(engine: str) -> None:
    figures = run_on(engine, "tests.attacks.rush")

    assert figures["faults"] == []
    assert figures["lost"] == 0
    assert figures["acknowledged"] == figures["counted"]
