"""Attack 1, in short; ``make attack`` plays a thousand rounds on each database."""

from __future__ import annotations

from typing import Any

import pytest

from .conducted import read_database

ROUNDS = 25

pytestmark = pytest.mark.own_engine


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def figures(request: pytest.FixtureRequest) -> dict[str, Any]:
    return read_database(request.param, ROUNDS)


@pytest.mark.parametrize("moment", ["open", "closed"])
def test_nobody_is_linked_to_their_answers_better_than_by_chance(
    figures: dict[str, Any], moment: str
) -> None:
    found = figures[moment]["stored"]

    assert found["matchers"] > 50
    assert found["leaks"] == []


@pytest.mark.parametrize("moment", ["open", "closed"])
def test_nothing_tells_who_has_answered(figures: dict[str, Any], moment: str) -> None:
    assert figures[moment]["who answered"]["leaks"] == []


@pytest.mark.parametrize("moment", ["open", "closed"])
def test_no_row_names_a_person_and_an_answer(figures: dict[str, Any], moment: str) -> None:
    assert figures[moment]["rows that name both"] == 0


@pytest.mark.parametrize("moment", ["open", "closed"])
def test_to_know_in_which_order_people_answered_helps_nobody(figures: dict[str, Any], moment: str) -> None:
    assert figures[moment]["stored, order known"]["leaks"] == []


def test_what_led_from_people_to_answers_leaves_no_byte_behind(figures: dict[str, Any]) -> None:
    assert figures["secrets in the files, open"] > ROUNDS
    assert figures["secrets in the files, closed"] == 0


@pytest.mark.parametrize("moment", ["open", "closed"])
def test_the_same_attack_links_people_where_rows_keep_their_order(
    figures: dict[str, Any], moment: str
) -> None:
    assert figures[moment]["naive"]["rate"] > 0.99
