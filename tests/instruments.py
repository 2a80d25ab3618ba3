"""Small questionnaires for tests: only what is asked matters, texts are placeholders."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from assessments.instrument import LEVELS, Capability, Category, Instrument, KeyMetric, LevelAdvice, Statement
from assessments.key_metrics import KEYS
from assessments.scale import Option, Scale, Texts


def text(words: str) -> Texts:
    """A text in the one language of the test questionnaire."""
    return {"en": words}


def make_scale(options: int) -> Scale:
    """A scale with the values 1 to ``options``."""
    return Scale(
        tuple(Option(value, text(f"Option {value}")) for value in range(1, options + 1)), text("Don't know")
    )


def make_capability(key: str, statements: int, *, reverse: Sequence[int] = ()) -> Capability:
    """A capability with the statements ``<key>_1`` and so on; those numbered in ``reverse`` are reversed."""
    asked = tuple(
        Statement(f"{key}_{number}", text(f"Statement {number} of {key}"), number in reverse)
        for number in range(1, statements + 1)
    )
    advice = {level: LevelAdvice(*(text(f"{part} {level}") for part in "abcd")) for level in LEVELS}
    words = [text(f"{part} of {key}") for part in ("Name", "Short", "Definition", "Why")]
    return Capability(key, *words, statements=asked, levels=advice)


def make_metric(key: str, elite_from: int = 6) -> KeyMetric:
    """A key metric with six bands."""
    return KeyMetric(
        key=key,
        **{
            part: text(f"{part} of {key}") for part in ("name", "short_name", "question", "definition", "why")
        },
        scale=make_scale(6),
        elite_from=elite_from,
        elite=text("Elite"),
        advice={"below": text("Below"), "meets": text("Meets")},
        pitfall=text("Pitfall"),
        measure=text("Measure"),
    )


def make_instrument(
    categories: Mapping[str, Mapping[str, int]] | None = None,
    *,
    reverse: Mapping[str, Sequence[int]] | None = None,
    metrics: Sequence[str] = KEYS,
    options: int = 7,
) -> Instrument:
    """A questionnaire from {category: {capability: number of statements}}.

    ``reverse`` maps capabilities to the numbers of their reversed statements, counted from 1.
    """
    flags = reverse or {}
    asked = {"practice": {"integration": 3}} if categories is None else categories
    built = tuple(
        Category(
            key,
            text(key),
            text("Description"),
            text("Advice"),
            tuple(make_capability(c, count, reverse=flags.get(c, ())) for c, count in capabilities.items()),
        )
        for key, capabilities in asked.items()
    )
    return Instrument(
        slug="test",
        version=1,
        languages=("en",),
        title=text("Test"),
        introduction=text("Introduction"),
        source=text("Source"),
        scale=make_scale(options),
        categories=built,
        key_metrics=tuple(make_metric(key) for key in metrics),
    )
