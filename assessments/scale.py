"""Rating scales as data: ordered options, their values and their words.

One table is read by the form, the scores, the charts and the legend. A scale always runs
from worst to best, so a higher value is never a worse answer; *don't know* is an option
without a value.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

Texts = dict[str, str]
"""One text in several languages: ``{"en": "Strongly agree"}``."""

DONT_KNOW = "dk"
"""How *don't know / doesn't apply* is stored. It has no value and counts in no mean."""

Answer = int | str
"""A stored answer: a value of the scale, or :data:`DONT_KNOW`. A skipped question is not stored."""


def translate(texts: Texts, language: str) -> str:
    """The text in ``language``, or else in the first language that it exists in."""
    return texts.get(language) or next(iter(texts.values()))


class InvalidAnswer(ValueError):
    """A value that the scale does not know."""


@dataclass(frozen=True)
class Option:
    """One answer that can be chosen."""

    value: int
    label: Texts


@dataclass(frozen=True)
class Scale:
    """Ordered options, worst first, and the words for *don't know*."""

    options: tuple[Option, ...]
    dont_know: Texts

    @cached_property
    def values(self) -> tuple[int, ...]:
        """The values, ascending."""
        return tuple(option.value for option in self.options)

    @cached_property
    def _by_text(self) -> dict[str, int]:
        return {str(value): value for value in self.values}

    @property
    def low(self) -> int:
        """The value of the worst answer."""
        return self.values[0]

    @property
    def high(self) -> int:
        """The value of the best answer."""
        return self.values[-1]

    def parse(self, raw: str) -> Answer | None:
        """An answer as it was posted or typed: ``""`` is skipped (``None``).

        Raises InvalidAnswer for anything but a value of this scale, ``dk`` or nothing.
        """
        text = raw.strip()
        if not text:
            return None
        if text.lower() == DONT_KNOW:
            return DONT_KNOW
        if text in self._by_text:
            return self._by_text[text]
        raise InvalidAnswer(f"{raw!r} is not one of {self.low} to {self.high} or {DONT_KNOW}")

    def words_of(self, answer: Answer | None) -> Texts | None:
        """The words of a stored answer; None for a question that was left open."""
        if answer == DONT_KNOW:
            return self.dont_know
        return next((option.label for option in self.options if option.value == answer), None)
