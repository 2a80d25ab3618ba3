"""The questionnaire as data: what is asked, on which scale, and what is advised.

An :class:`Instrument` is one published version of a questionnaire, read from a file in
``fixtures/questionnaires`` (see :mod:`assessments.questionnaire_file`) or from the database
(see :mod:`assessments.queries`). Forms, scoring and reports all read this one shape.
It knows no Django and never changes.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from .scale import Scale, Texts

LEVELS = ("low", "middle", "high")
"""The three levels of advice; which one applies is decided by ``scale.level_of``."""


@dataclass(frozen=True)
class Statement:
    """One sentence to agree or disagree with."""

    key: str  # unique in the instrument and stable over versions: same key, same meaning
    text: Texts
    reversed: bool = False  # agreeing is worse; holds for all statements of a capability or for none


@dataclass(frozen=True)
class LevelAdvice:
    """What a capability looks like at one level, and what to do there."""

    looks_like: Texts
    next_step: Texts
    pitfall: Texts
    measure: Texts


@dataclass(frozen=True)
class Capability:
    """One of the 24 capabilities."""

    key: str
    name: Texts
    short_name: Texts  # for the axes of charts: 24 characters at most
    definition: Texts
    why: Texts
    statements: tuple[Statement, ...]
    levels: dict[str, LevelAdvice]  # one for each of LEVELS
    prerequisites: tuple[str, ...] = ()  # keys of capabilities
    learn_more: str = ""  # an https address, or empty
    untitled: bool = False  # asked without its name above it (Westrum's culture items)


@dataclass(frozen=True)
class Category:
    """A family of capabilities: a page of the questionnaire, a chart of the report."""

    key: str
    name: Texts
    description: Texts
    advice: Texts  # how to work on the category as a whole
    capabilities: tuple[Capability, ...]


@dataclass(frozen=True)
class KeyMetric:
    """One of the four key delivery metrics, asked in ordered bands."""

    key: str
    name: Texts
    short_name: Texts
    question: Texts
    definition: Texts
    why: Texts
    scale: Scale  # six ordered bands: 1 is the slowest or worst, 6 the best
    elite_from: int  # the lowest band that meets the source text's elite threshold
    elite: Texts  # that threshold in words
    advice: dict[str, Texts]  # "below" and "meets" the threshold: what to do next
    pitfall: Texts
    measure: Texts


@dataclass(frozen=True)
class Instrument:
    """One numbered version of a questionnaire."""

    slug: str
    version: int
    languages: tuple[str, ...]
    title: Texts
    introduction: Texts
    source: Texts
    scale: Scale  # the one agreement scale of all statements
    categories: tuple[Category, ...]
    key_metrics: tuple[KeyMetric, ...]
    variant_of: str = ""  # the family of which it is a variant; empty where it is its own

    @property
    def family(self) -> str:
        """Questionnaires of one family share keys, and their rounds one trend."""
        return self.variant_of or self.slug

    def __hash__(self) -> int:
        return hash((self.slug, self.version))  # the texts are dictionaries, which have none

    @cached_property
    def capabilities(self) -> tuple[Capability, ...]:
        """All capabilities, in the order in which they are asked."""
        return tuple(capability for category in self.categories for capability in category.capabilities)

    @cached_property
    def by_key(self) -> dict[str, Capability]:
        """The capabilities by their keys."""
        return {capability.key: capability for capability in self.capabilities}

    @cached_property
    def statements(self) -> tuple[Statement, ...]:
        """All statements, in the order in which they are asked."""
        return tuple(statement for capability in self.capabilities for statement in capability.statements)
