"""The four key delivery metrics: a team's band, and what published reports say about them.

The rows of a report are medians of clusters found in one year. They are printed beside a
team's answer for orientation and never used as thresholds (docs/method.md 8.2).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import yaml

from .instrument import KeyMetric
from .scale import Texts

KEYS = ("lead_time", "deployment_frequency", "time_to_restore", "change_failure_rate")
"""The key metrics, in the order of the source text. They are the keys of a level, too."""


VERIFICATIONS = ("report", "secondary")
"""How far figures were checked: read in the report itself, or in somebody else's account of it."""


class BenchmarksFileError(ValueError):
    """A benchmarks file that cannot be used; says which file, where in it, and why."""


@dataclass(frozen=True)
class Level:
    """One row of a published table: what a cluster of respondents answered."""

    name: str
    share: int | None  # percent of the respondents; None where it is not known
    lead_time: Texts
    deployment_frequency: Texts
    time_to_restore: Texts
    change_failure_rate: Texts
    verification: str  # one of VERIFICATIONS; that of its edition unless the file says otherwise


@dataclass(frozen=True)
class Edition:
    """What one report published about the key metrics."""

    year: int
    title: str
    publisher: str
    source: str  # where it can be read
    verification: str  # one of VERIFICATIONS
    note: Texts
    levels: tuple[Level, ...]  # as printed, best first; empty where the report has none


def lower_median(bands: Iterable[int | None]) -> int | None:
    """The lower median of the bands that were given: a band somebody chose, never one between two.

    None (don't know, skipped) is left out; None when nothing is left. 4 4 5 3 6 5 gives 4.
    Source: docs/method.md 8.3.
    """
    given = sorted(band for band in bands if band is not None)
    return given[(len(given) - 1) // 2] if given else None


def meets(metric: KeyMetric, band: int) -> bool:
    """Whether ``band`` meets the source text's elite threshold of this one metric.

    Raises ValueError for a band that the metric's scale does not have.
    """
    if band not in metric.scale.values:
        raise ValueError(f"{band} is not a band of {metric.key}")
    return band >= metric.elite_from


def read_editions(text: str, name: str) -> tuple[Edition, ...]:
    """The editions in the YAML ``text`` of a benchmarks file, in its order.

    ``name`` is the file's name for messages. Raises BenchmarksFileError when the text is not YAML,
    something is missing or empty, has the wrong type, or is not known.
    """
    root = Entry.read(text, name)
    root.allow("editions")
    editions = tuple(_edition(entry) for entry in root.entries("editions", "edition"))
    root.require(bool(editions), "no edition")
    return editions


@dataclass(frozen=True)
class Entry:
    """One mapping of a benchmarks file, and where it stands."""

    content: Any
    where: str

    @classmethod
    def read(cls, text: str, name: str) -> Entry:
        """The whole of a file. Raises BenchmarksFileError when it is not YAML."""
        try:
            return cls(yaml.safe_load(text), name)
        except yaml.YAMLError as error:
            raise BenchmarksFileError(f"{name}: not valid YAML: {error}") from error

    def require(self, condition: bool, reason: str) -> None:
        """Raise BenchmarksFileError with place and reason unless the condition holds."""
        if not condition:
            raise BenchmarksFileError(f"{self.where}: {reason}")

    def allow(self, *keys: str) -> None:
        """Refuse what is no mapping, and keys that nobody would read: most likely a slip."""
        self.require(isinstance(self.content, dict), "not a mapping")
        unknown = [str(key) for key in self.content if key not in keys]
        self.require(not unknown, f"not known: {', '.join(unknown)}")

    def text(self, key: str) -> str:
        """A text that must be there and say something."""
        value = self.content.get(key)
        self.require(value not in (None, ""), f"{key} is missing")
        self.require(isinstance(value, str) and bool(value.strip()), f"{key} is not a text: {value!r}")
        return str(value).strip()

    def texts(self, key: str) -> Texts:
        """A text by language, or one that needs no translation: a figure, such as 0–15 %."""
        if not isinstance(self.content.get(key), dict):
            return {"en": self.text(key)}
        by_language = Entry(self.content[key], f"{self.where}: {key}")
        return {language: by_language.text(language) for language in by_language.content}

    def year(self) -> int:
        """The year of a report."""
        value = self.content.get("year")
        self.require(value is not None, "year is missing")
        self.require(type(value) is int and 2000 <= value <= 2100, f"year is not a year: {value!r}")
        return int(value)

    def share(self) -> int | None:
        """A percentage, where it is known."""
        value = self.content.get("share")
        if value is None:
            return None
        self.require(type(value) is int and 0 < value <= 100, f"share is not a whole percentage: {value!r}")
        return int(value)

    def verification(self) -> str:
        """How far the figures were checked."""
        return self.one_of("verification", VERIFICATIONS)

    def one_of(self, key: str, known: tuple[str, ...]) -> str:
        """One of a few words."""
        value = self.text(key)
        self.require(value in known, f"{key} is not one of {', '.join(known)}: {value!r}")
        return value

    def entries(self, key: str, noun: str) -> list[Entry]:
        """The mappings of a list; it may be empty but not missing, so that nothing is forgotten."""
        self.require(key in self.content, f"{key} is missing")
        found = self.content[key]
        self.require(isinstance(found, list), f"{key} is not a list")
        return [Entry(entry, f"{self.where}: {noun} {number}") for number, entry in enumerate(found, 1)]


def _edition(entry: Entry) -> Edition:
    texts = ("title", "publisher", "source")
    entry.allow("year", *texts, "note", "verification", "levels")
    verification = entry.verification()
    return Edition(
        year=entry.year(),
        verification=verification,
        note=entry.texts("note"),
        levels=tuple(_level(level, verification) for level in entry.entries("levels", "level")),
        **{key: entry.text(key) for key in texts},
    )


def _level(entry: Entry, of_edition: str) -> Level:
    entry.allow("name", *KEYS, "share", "verification")
    return Level(
        share=entry.share(),
        verification=entry.verification() if "verification" in entry.content else of_edition,
        name=entry.text("name"),
        **{key: entry.texts(key) for key in KEYS},
    )
