"""A questionnaire of one's own, made of another one: statements left out, statements added.

Texts and advice stay as they are. The family stays too, so that trends go on wherever the same is asked.
A new statement gets a key that no statement of the family ever had, unless it says what one of them said:
same key, same meaning.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import count

from .instrument import Capability, Instrument, Statement
from .instrument_diff import same_words
from .questionnaire_file import KEY_LENGTH
from .scale import Texts


def vary(
    base: Instrument,
    *,
    slug: str,
    version: int,
    title: Texts,
    asked: Collection[str],
    added: Mapping[str, Sequence[Texts]],
    family: Iterable[Instrument] = (),
) -> Instrument:
    """A variant of ``base``: its statements with the keys ``asked``, and those ``added`` by capability.

    A capability without statements is left out, and so is a category without capabilities. ``family`` are
    the other versions there are, whose keys a new statement must not take.
    """
    keys = _Keys((base, *family))
    chosen = {
        each.key: tuple(one for one in each.statements if one.key in asked)
        + tuple(keys.statement(each, text) for text in added.get(each.key, ()))
        for each in base.capabilities
    }
    left = {key for key, statements in chosen.items() if statements}

    def varied(capability: Capability) -> Capability:
        prerequisites = tuple(key for key in capability.prerequisites if key in left)
        return replace(capability, statements=chosen[capability.key], prerequisites=prerequisites)

    categories = [
        replace(each, capabilities=tuple(varied(one) for one in each.capabilities if one.key in left))
        for each in base.categories
    ]
    return replace(
        base,
        slug=slug,
        version=version,
        title=title,
        categories=tuple(each for each in categories if each.capabilities),
        variant_of=base.family if base.family != slug else "",
    )


class _Keys:
    """The keys of a family's statements."""

    def __init__(self, family: Iterable[Instrument]) -> None:
        self.past: list[tuple[str, Statement]] = []  # with the key of the capability
        self.taken: set[str] = set()  # by metrics, too: both are columns of a response
        for instrument in family:
            self.taken |= {statement.key for statement in instrument.statements}
            self.taken |= {metric.key for metric in instrument.key_metrics}
            self.past += [(of.key, each) for of in instrument.capabilities for each in of.statements]

    def statement(self, capability: Capability, text: Texts) -> Statement:
        """A statement more for a capability, in the direction of its others."""
        said = (each.key for of, each in self.past if of == capability.key and same_words(each.text, text))
        numbered = (f"{capability.key[: KEY_LENGTH - 4]}_{number}" for number in count(1))
        key = next(said, None) or next(key for key in numbered if key not in self.taken)
        self.taken.add(key)
        return Statement(key, text, reversed=capability.statements[0].reversed)
