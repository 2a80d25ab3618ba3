"""Two schedules at once, a close while a round opens, and a worker that dies while it makes reports.

Here on one engine each; ``make faults`` does it on both.
"""

from __future__ import annotations

import pytest

from tests.servers import postgresql

from . import together

pytestmark = pytest.mark.own_engine


def test_two_schedules_at_once_are_one() -> None:
    with postgresql() as server:
        found = together.schedules(server, teams=2)

    assert found["failed"] == [0, 0, 0, 0], found["said"]
    assert found["mails"] == {"results": found["people"], "invitation": found["people"]}
    assert found["states"] == {"sent": 2 * found["people"]}
    assert (found["open"], found["counted"], found["invited"]) == (1, found["people"], found["people"])
    assert (found["reports"], found["files"]) == ({"ready": 2}, 2)


def test_a_round_that_is_closed_while_it_opens_leaves_nothing_open() -> None:
    found = together.opening_and_closing({}, 4)

    assert found.pop("opened", 0) + found.pop("told", 0) == 4
    assert set(found.values()) == {0}, found


def test_reports_whose_worker_was_killed_are_made_once_each() -> None:
    found = together.reports(teams=3, kills=2, seed=1)

    assert (found["reports"], found["files"]) == ({"ready": 3}, 3)
