"""How a questionnaire falls into pages."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assessments.instrument import Instrument
from assessments.pages import minutes_left, pages_of
from tests.instruments import make_instrument


def of_sizes(sizes: list[int]) -> Instrument:
    """A questionnaire of categories with so many capabilities."""
    return make_instrument({f"k{i}": {f"k{i}c{j}": 2 for j in range(size)} for i, size in enumerate(sizes)})


@given(st.lists(st.integers(1, 12), min_size=1, max_size=6))
def test_every_question_is_asked_once_and_in_order(sizes: list[int]) -> None:
    instrument = of_sizes(sizes)
    asked = [key for page in pages_of(instrument) for key in page.keys]

    assert asked == [s.key for s in instrument.statements] + [m.key for m in instrument.key_metrics]


@given(st.lists(st.integers(1, 12), min_size=1, max_size=6))
def test_pages_are_numbered_from_one(sizes: list[int]) -> None:
    pages = pages_of(of_sizes(sizes))

    assert [page.number for page in pages] == list(range(1, len(pages) + 1))


@pytest.mark.parametrize(("size", "parts"), [(1, [1]), (6, [6]), (7, [4, 3]), (8, [4, 4])])
def test_a_long_category_is_asked_on_two_even_pages(size: int, parts: list[int]) -> None:
    assert [len(page.capabilities) for page in pages_of(of_sizes([size]))[:-1]] == parts


def test_only_the_pages_of_a_long_category_are_counted_as_parts() -> None:
    assert [page.part for page in pages_of(of_sizes([8, 2]))] == [1, 2, 0, 0]


def test_the_key_metrics_have_the_last_page_to_themselves() -> None:
    *others, last = pages_of(of_sizes([3]))

    assert last.category is None
    assert len(last.key_metrics) == 4
    assert not any(page.key_metrics for page in others)


def test_the_shipped_questionnaire_has_seven_pages(accelerate: Instrument) -> None:
    """One category a page, Continuous Delivery on two, and the key metrics (ux.md)."""
    pages = pages_of(accelerate)

    assert [len(page.capabilities) for page in pages] == [4, 4, 2, 4, 5, 5, 0]


def test_the_shipped_questionnaire_takes_about_ten_minutes(accelerate: Instrument) -> None:
    assert 8 <= minutes_left(pages_of(accelerate), 1) <= 12


def test_time_runs_down_and_never_to_nothing(accelerate: Instrument) -> None:
    pages = pages_of(accelerate)
    left = [minutes_left(pages, page.number) for page in pages]

    assert left == sorted(left, reverse=True)
    assert left[-1] == 1


def test_a_started_minute_counts() -> None:
    """Two statements of 7 and four metrics of 15 seconds: 74 seconds are two minutes."""
    pages = pages_of(of_sizes([1]))

    assert [page.seconds for page in pages] == [14, 60]
    assert minutes_left(pages, 1) == 2
