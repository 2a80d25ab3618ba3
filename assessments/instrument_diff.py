"""What differs between two versions of a questionnaire, and what that means for trends.

Trends join on keys, and only where the same was asked: :func:`ways_of` is the one place that decides
it (docs/method.md, 4.3). Reports ask it round by round; :func:`difference` tells it before a version is
published. What differs is a word of data, and not a sentence: its words stand where they are translated.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from .instrument import LEVELS, Capability, Category, Instrument, KeyMetric, Statement
from .scale import Scale, Texts

Keyed = TypeVar("Keyed", Capability, Category, KeyMetric, Statement)

NOT_ASKED = "not_asked"
WAYS = ("reworded", "added", "removed", "turned", "scale")
"""How a capability can be asked otherwise: words, statements more or fewer, direction, words of answers."""

TEXTS = ("title", "introduction", "source")
"""What a questionnaire says about itself."""


def same_words(one: Texts, other: Texts) -> bool:
    """Whether two texts say the same in every language that both have: a translation rewords nothing."""
    shared = one.keys() & other.keys()
    return bool(shared) and all(one[language] == other[language] for language in shared)


def same_answers(one: Scale, other: Scale) -> bool:
    """Whether two scales offer the same options in the same words."""
    return one.values == other.values and all(
        same_words(here.label, there.label) for here, there in zip(one.options, other.options, strict=True)
    )


def ways_of(before: Instrument, after: Instrument, key: str) -> tuple[str, ...]:
    """In which of WAYS a capability is asked otherwise; empty: alike, in whatever order.

    NOT_ASKED alone where one of the two does not ask about it.
    """
    old, new = before.by_key.get(key), after.by_key.get(key)
    if old is None or new is None:
        return (NOT_ASKED,)
    if before is after:
        return ()
    then, now = _by_key(old.statements), _by_key(new.statements)
    both = [(then[shared], now[shared]) for shared in then.keys() & now.keys()]
    holds = {
        "reworded": any(not same_words(a.text, b.text) for a, b in both),
        "added": bool(now.keys() - then.keys()),
        "removed": bool(then.keys() - now.keys()),
        "turned": any(a.reversed != b.reversed for a, b in both),
        "scale": not same_answers(before.scale, after.scale),
    }
    return tuple(way for way in WAYS if holds[way])


def asked_alike(before: Instrument, after: Instrument, keys: Iterable[str]) -> bool:
    """Whether both asked about all of these capabilities, and alike."""
    return not any(ways_of(before, after, key) for key in keys)


def same_category(before: Instrument, after: Instrument, key: str) -> bool:
    """Whether a category is the mean of the same capabilities, all of them asked alike."""
    old, new = (_by_key(asked.categories).get(key) for asked in (before, after))
    if old is None or new is None:
        return False
    keys = [capability.key for capability in new.capabilities]
    return {each.key for each in old.capabilities} == set(keys) and asked_alike(before, after, keys)


# --- In words ---------------------------------------------------------------------------------


@dataclass(frozen=True)
class StatementChange:
    """A statement that is asked otherwise, or elsewhere, than before."""

    key: str
    what: str  # "reworded", "turned", "added", "removed", "moved_here" or "moved_away"
    before: Texts | None  # its words; None where it is new
    after: Texts | None  # None where it is gone
    place: Texts | None = None  # the capability that it comes from or goes to


@dataclass(frozen=True)
class CapabilityChange:
    """A capability that is asked otherwise, or told otherwise, than before."""

    key: str
    name: Texts
    ways: tuple[str, ...]  # empty: its trend goes on
    statements: tuple[StatementChange, ...]
    kept: int  # statements that stay as they are
    name_before: Texts | None  # where it has another name now
    category_before: Texts | None  # where it is in another category now
    retold: bool  # whether explanations or advice differ

    @property
    def is_of_its_own(self) -> bool:
        """Whether more is to be told than that all answers have other words."""
        return bool(self.statements or self.name_before or self.category_before or self.retold)


@dataclass(frozen=True)
class CategoryChange:
    """A category that is not the same."""

    name: Texts
    name_before: Texts | None
    compared: bool  # whether its mean can stand beside that of the last round


@dataclass(frozen=True)
class Renamed:
    """Anything else that has new words."""

    before: Texts
    after: Texts


@dataclass(frozen=True)
class Difference:
    """Everything that differs between two questionnaires of one family, in the order of the newer."""

    kept: int  # capabilities that are asked and told as before
    alike: tuple[CapabilityChange, ...]  # asked as before, but told otherwise
    anew: tuple[CapabilityChange, ...]  # asked otherwise
    added: tuple[Capability, ...]
    removed: tuple[Capability, ...]
    categories: tuple[CategoryChange, ...]
    categories_added: tuple[Category, ...]
    categories_removed: tuple[Category, ...]
    metrics_changed: tuple[KeyMetric, ...]
    metrics_added: tuple[KeyMetric, ...]
    metrics_removed: tuple[KeyMetric, ...]
    answers: tuple[Renamed, ...]  # options of the scale that have other words
    retold: tuple[str, ...]  # which of TEXTS
    languages_added: tuple[str, ...]
    languages_removed: tuple[str, ...]

    @property
    def going_on(self) -> int:
        """Capabilities whose trend goes on."""
        return self.kept + len(self.alike)

    @property
    def is_empty(self) -> bool:
        """Whether respondents and readers will notice nothing."""
        return not any(value for name, value in vars(self).items() if name != "kept")


def difference(before: Instrument, after: Instrument) -> Difference:
    """What is kept, reworded, added, removed and moved from ``before`` to ``after``."""
    categories, metrics = _by_key(before.categories), _by_key(before.key_metrics)
    shared = [each for each in after.capabilities if each.key in before.by_key]
    changes = [_capability_change(before, after, before.by_key[each.key], each) for each in shared]
    regrouped = [
        _category_change(before, after, categories[each.key], each)
        for each in after.categories
        if each.key in categories
    ]
    texts = {name: (getattr(before, name), getattr(after, name)) for name in TEXTS}
    return Difference(
        kept=sum(change is None for change in changes),
        alike=tuple(change for change in changes if change and not change.ways),
        anew=tuple(change for change in changes if change and change.ways),
        added=_without(after.capabilities, before.capabilities),
        removed=_without(before.capabilities, after.capabilities),
        categories=tuple(change for change in regrouped if change),
        categories_added=_without(after.categories, before.categories),
        categories_removed=_without(before.categories, after.categories),
        metrics_changed=tuple(
            each
            for each in after.key_metrics
            if each.key in metrics and not _same_metric(metrics[each.key], each)
        ),
        metrics_added=_without(after.key_metrics, before.key_metrics),
        metrics_removed=_without(before.key_metrics, after.key_metrics),
        answers=tuple(_answers(before.scale, after.scale)),
        retold=tuple(name for name, both in texts.items() if not same_words(*both)),
        languages_added=tuple(each for each in after.languages if each not in before.languages),
        languages_removed=tuple(each for each in before.languages if each not in after.languages),
    )


def _capability_change(
    before: Instrument, after: Instrument, old: Capability, new: Capability
) -> CapabilityChange | None:
    """What became of a capability that both ask about; None where nobody will notice anything."""
    place, home = _places(before)[new.key], _places(after)[new.key]
    ways, renamed = ways_of(before, after, new.key), not same_words(old.name, new.name)
    beside = (old.untitled, old.prerequisites, old.learn_more) != (
        new.untitled,
        new.prerequisites,
        new.learn_more,
    )
    retold = beside or not _same(_told(old), _told(new))
    if not (ways or renamed or retold or place.key != home.key):
        return None
    statements = tuple(_statement_changes(before, after, old, new))
    return CapabilityChange(
        key=new.key,
        name=new.name,
        ways=ways,
        statements=statements,
        kept=len(new.statements) - sum(each.after is not None for each in statements),
        name_before=old.name if renamed else None,
        category_before=place.name if place.key != home.key else None,
        retold=retold,
    )


def _statement_changes(
    before: Instrument, after: Instrument, old: Capability, new: Capability
) -> Iterable[StatementChange]:
    """In the order in which they are asked, and then what is gone."""
    then, now, homes = _by_key(old.statements), _by_key(new.statements), _homes(before)
    for each in new.statements:
        was = then.get(each.key)
        if was is None:
            what = "moved_here" if each.key in homes else "added"
            yield StatementChange(each.key, what, None, each.text, homes.get(each.key))
        elif not same_words(was.text, each.text):
            yield StatementChange(each.key, "reworded", was.text, each.text)
        elif was.reversed != each.reversed:
            yield StatementChange(each.key, "turned", was.text, each.text)
    homes = _homes(after)
    for each in old.statements:
        if each.key not in now:
            what = "moved_away" if each.key in homes else "removed"
            yield StatementChange(each.key, what, each.text, None, homes.get(each.key))


def _category_change(
    before: Instrument, after: Instrument, old: Category, new: Category
) -> CategoryChange | None:
    compared = same_category(before, after, new.key)
    renamed = not same_words(old.name, new.name)
    if compared and not renamed:
        return None
    return CategoryChange(new.name, old.name if renamed else None, compared)


def _answers(before: Scale, after: Scale) -> Iterable[Renamed]:
    words = [
        *((one.label, other.label) for one, other in zip(before.options, after.options, strict=False)),
        (before.dont_know, after.dont_know),
    ]
    return (Renamed(one, other) for one, other in words if not same_words(one, other))


def _told(capability: Capability) -> tuple[Texts, ...]:
    """What is said about a capability beside its name and its statements."""
    advice = (text for level in LEVELS for text in vars(capability.levels[level]).values())
    return (capability.short_name, capability.definition, capability.why, *advice)


def _said(metric: KeyMetric) -> tuple[Texts, ...]:
    """Every text of a key metric."""
    about = (metric.name, metric.short_name, metric.question, metric.definition, metric.why)
    labels = (option.label for option in metric.scale.options)
    read = (metric.elite, *metric.advice.values(), metric.pitfall, metric.measure)
    return (*about, *labels, metric.scale.dont_know, *read)


def _same_metric(one: KeyMetric, other: KeyMetric) -> bool:
    return one.elite_from == other.elite_from and _same(_said(one), _said(other))


def _same(one: Sequence[Texts], other: Sequence[Texts]) -> bool:
    """Whether texts say the same, each beside its counterpart."""
    return len(one) == len(other) and all(map(same_words, one, other))


def _without(those: Iterable[Keyed], known: Iterable[Keyed]) -> tuple[Keyed, ...]:
    """Those whose key none of the known has."""
    keys = {each.key for each in known}
    return tuple(each for each in those if each.key not in keys)


def _by_key(those: Iterable[Keyed]) -> dict[str, Keyed]:
    return {each.key: each for each in those}


def _places(instrument: Instrument) -> dict[str, Category]:
    """The category of each capability, by the capability's key."""
    return {each.key: category for category in instrument.categories for each in category.capabilities}


def _homes(instrument: Instrument) -> dict[str, Texts]:
    """The name of the capability that a statement counts for, by the statement's key."""
    return {each.key: owner.name for owner in instrument.capabilities for each in owner.statements}
