"""What several web servers count in common."""

from __future__ import annotations

import datetime as dt

import pytest
import time_machine
from django.utils import timezone

from accelerate_survey.operations.counts import CountsInCommon, forget_counts
from accelerate_survey.operations.models import Count

pytestmark = pytest.mark.django_db


@pytest.fixture
def counts() -> CountsInCommon:
    return CountsInCommon("", {})


def later(seconds: float) -> time_machine.travel:
    return time_machine.travel(timezone.now() + dt.timedelta(seconds=seconds), tick=False)


def test_it_keeps_what_it_is_given(counts: CountsInCommon) -> None:
    counts.set("a", [1.5, "x"], 60)
    counts.set("a", [2.5], 60)
    counts.set("empty", [], 60)
    counts.set("for ever", True, None)

    assert (counts.get("a"), counts.get("empty", 7), counts.get("missing", 7)) == ([2.5], [], 7)
    assert counts.get("for ever") is True
    assert (counts.delete("a"), counts.delete("a"), counts.get("a")) == (True, False, None)


def test_what_is_there_is_not_added_again(counts: CountsInCommon) -> None:
    assert [counts.add("a", number, 60) for number in (1, 2)] == [True, False]
    assert counts.get("a") == 1
    with later(61):
        assert counts.add("a", 3, 60)
        assert counts.get("a") == 3


def test_a_count_goes_on_until_its_end(counts: CountsInCommon) -> None:
    counts.add("a", 1, 60)
    with later(59):
        assert counts.incr("a") == 2
        assert counts.incr("a", 3) == 5
    with later(61), pytest.raises(ValueError, match="a"):
        counts.incr("a")


def test_its_time_can_be_made_longer(counts: CountsInCommon) -> None:
    counts.add("a", 1, 60)
    assert counts.touch("a", 120)
    with later(61):
        assert counts.get("a") == 1
    with later(121):
        assert not counts.touch("a", 60)
        assert counts.get("a") is None


def test_no_key_stands_there_and_nothing_for_longer_than_its_time(counts: CountsInCommon) -> None:
    counts.add("203.0.113.7", 1, 60)
    counts.add("allauth:somebody@example.org", [1.0], 300)
    stored = str(list(Count.objects.values()))
    assert "203.0.113" not in stored
    assert "example.org" not in stored

    forget_counts(timezone.now() + dt.timedelta(seconds=61))
    assert Count.objects.count() == 1
    counts.clear()
    assert Count.objects.count() == 0


def test_another_key_gives_another_digest(counts: CountsInCommon, settings) -> None:
    """Whoever has the table, but not SECRET_KEY, cannot try addresses."""
    counts.add("203.0.113.7", 1, 60)
    settings.SECRET_KEY = "another one"

    assert counts.get("203.0.113.7") is None
