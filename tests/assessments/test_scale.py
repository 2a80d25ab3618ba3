"""Rating scales: what can be typed, and what it means."""

from __future__ import annotations

import pytest

from assessments.scale import DONT_KNOW, InvalidAnswer, translate
from tests.instruments import make_scale


def test_a_scale_runs_from_its_worst_to_its_best_value() -> None:
    scale = make_scale(7)

    assert scale.values == (1, 2, 3, 4, 5, 6, 7)
    assert (scale.low, scale.high) == (1, 7)


@pytest.mark.parametrize(
    ("raw", "answer"),
    [("1", 1), ("7", 7), (" 4 ", 4), ("dk", DONT_KNOW), ("DK", DONT_KNOW), ("", None), ("  ", None)],
)
def test_an_answer_is_a_value_dont_know_or_skipped(raw: str, answer: int | str | None) -> None:
    assert make_scale(7).parse(raw) == answer


@pytest.mark.parametrize("raw", ["0", "8", "-1", "4.0", "4,0", "1e0", "four", "٤", "²", "None", "nan", "1 2"])
def test_anything_else_is_refused(raw: str) -> None:
    with pytest.raises(InvalidAnswer, match="is not one of 1 to 7 or dk"):
        make_scale(7).parse(raw)


def test_every_value_of_a_scale_can_be_typed_and_no_other() -> None:
    scale = make_scale(6)

    assert [scale.parse(str(value)) for value in scale.values] == list(scale.values)
    with pytest.raises(InvalidAnswer):
        scale.parse(str(scale.high + 1))


def test_a_text_falls_back_to_the_first_language() -> None:
    texts = {"en": "Team", "fr": "Équipe"}

    assert translate(texts, "fr") == "Équipe"
    assert translate(texts, "de") == "Team"
    assert translate({"en": "Team", "de": ""}, "de") == "Team"


@pytest.mark.parametrize(("answer", "words"), [(1, "Option 1"), (7, "Option 7"), (DONT_KNOW, "Don't know")])
def test_a_stored_answer_has_its_words(answer: int | str, words: str) -> None:
    assert make_scale(7).words_of(answer) == {"en": words}


def test_what_was_left_open_has_no_words() -> None:
    assert make_scale(7).words_of(None) is None
