"""How a questionnaire is laid out on pages: one category a page, a long one on several."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property, lru_cache

from .instrument import Capability, Category, Instrument, KeyMetric

LONG_CATEGORY = 6
"""A category with more capabilities than this is asked on several pages."""

SECONDS_PER_STATEMENT = 7
SECONDS_PER_METRIC = 15


@dataclass(frozen=True)
class Page:
    """One page of the questionnaire: part of a category, or the key metrics."""

    number: int  # from 1 on
    category: Category | None
    part: int  # from 1 on where a category is split, else 0
    capabilities: tuple[Capability, ...]
    key_metrics: tuple[KeyMetric, ...]

    @cached_property
    def keys(self) -> tuple[str, ...]:
        """The keys of everything that is asked here."""
        statements = tuple(s.key for capability in self.capabilities for s in capability.statements)
        return statements + tuple(metric.key for metric in self.key_metrics)

    @property
    def seconds(self) -> int:
        """How long an unhurried person takes."""
        return SECONDS_PER_STATEMENT * (len(self.keys) - len(self.key_metrics)) + SECONDS_PER_METRIC * len(
            self.key_metrics
        )


@lru_cache(maxsize=128)  # not without end: every preview has an instrument of its own
def pages_of(instrument: Instrument) -> tuple[Page, ...]:
    """All pages in the order in which they are asked."""
    pages: list[Page] = []
    for category in instrument.categories:
        parts = math.ceil(len(category.capabilities) / LONG_CATEGORY)
        size = math.ceil(len(category.capabilities) / parts)
        for part in range(parts):
            chunk = category.capabilities[part * size : (part + 1) * size]
            pages.append(Page(len(pages) + 1, category, part + 1 if parts > 1 else 0, chunk, ()))
    pages.append(Page(len(pages) + 1, None, 0, (), instrument.key_metrics))
    return tuple(pages)


def minutes_left(pages: tuple[Page, ...], number: int) -> int:
    """Honest minutes from the page with this number to the end, at least one."""
    return max(1, math.ceil(sum(page.seconds for page in pages[number - 1 :]) / 60))
