"""Builders of report content: everything has a sensible value, a test names what it is about.

Names and sentences are made up for the tests, in the lengths that real ones have.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

from reports.content import (
    Advice,
    CapabilityResult,
    CategoryResult,
    CategoryScore,
    Experiment,
    InWords,
    KeyMetricResult,
    Plan,
    Priority,
    Reference,
    ReportContent,
    Shown,
    ShownMetric,
    StatementResult,
    Suppressed,
    Votes,
)

CUTS = (("mostly_disagree", 33), ("mixed", 67), ("mostly_agree", 83), ("strongly_agree", 101))

CATEGORIES: dict[str, tuple[str, ...]] = {
    "Continuous delivery": (
        "Version control",
        "Deployment automation",
        "Continuous integration",
        "Trunk-based development",
        "Test automation",
        "Test data management",
        "Security from the start",
        "Continuous delivery",
    ),
    "Architecture": ("Loose coupling", "Choice of tools"),
    "Product and process": (
        "Customer feedback",
        "Visible flow of work",
        "Small batches",
        "Team experimentation",
    ),
    "Lean management and monitoring": (
        "Light change approval",
        "Monitoring for decisions",
        "Proactive health checks",
        "Limits to work in progress",
        "Visible work",
    ),
    "Culture": (
        "Generative culture",
        "Learning",
        "Collaboration",
        "Meaningful work",
        "Transforming leadership",
    ),
}
"""Five categories, 24 capabilities: the names on the axes."""

SCORES = (85, 60, 70, 35, 55, 40, 65, 50, 30, 75, 60, 45, 70, 95, 55, 65, 40, 20, 80, 75, 60, 85, 70, 55)
BEFORE = (80, 60, 55, 45, 40, 40, 50, 45, 40, 70, 45, 50, 60, 90, 60, 50, 45, 25, 65, 80, 50, 75, 75, 50)


def slug(name: str) -> str:
    """A key made of a name."""
    return "".join(letter if letter.isalnum() else "_" for letter in name.lower())


def band_of(score: int) -> str:
    """The band that a score falls into."""
    return next(band for band, end in CUTS if score < end)


def make_shown(score: int = 70, **changes: Any) -> Shown:
    """A result of six people, 15 to each side uncertain."""
    values: dict[str, Any] = {
        "n": 6,
        "score": score,
        "low": max(5, score - 15),
        "high": min(95, score + 15),
        "bands": (band_of(score),),
        "level": "low" if score < 50 else "middle" if score < 75 else "high",
        "agreement": "some_spread",
        "two_camps": False,
        "dont_know": None,
    }
    return Shown(**values | changes)


def make_coarse(score: int = 70, **changes: Any) -> Shown:
    """A rough result: a small team in which one person has changed."""
    return make_shown(score, **{"low": None, "high": None, "agreement": ""} | changes)


def make_statement(text: str = "We can release whenever we want to.", **changes: Any) -> StatementResult:
    """A statement that nine people answered."""
    values: dict[str, Any] = {"disagree": 2, "neutral": 1, "agree": 6, "dont_know": 0}
    return StatementResult(text=text, **values | changes)


def make_capability(
    name: str = "Continuous integration",
    result: Shown | Suppressed | int | None = 70,
    previous: Shown | InWords | Suppressed | int | None = None,
    **changes: Any,
) -> CapabilityResult:
    """A capability. A bare number stands for a shown score; no ``result`` means too few answers."""
    values: dict[str, Any] = {
        "key": slug(name),
        "name": name,
        "short_name": name,
        "definition": f"What {name} is.",
        "why": "It shortens the way from an idea to its use.",
        "learn_more": "https://dora.dev/capabilities/",
        "result": make_shown(result) if isinstance(result, int) else result or Suppressed(5),
        "previous": make_shown(previous) if isinstance(previous, int) else previous,
        "advice": (
            Advice("middle", "Some of it works.", "Do the rest.", "Doing it all at once.", "Count it."),
        ),
    }
    return CapabilityResult(**values | changes)


def make_category(
    name: str = "Continuous delivery",
    capabilities: Sequence[CapabilityResult] | None = None,
    result: CategoryScore | Suppressed | int | None = 60,
    previous: CategoryScore | InWords | Suppressed | int | None = None,
    **changes: Any,
) -> CategoryResult:
    """A category, of the capabilities that it has in ``CATEGORIES`` unless others are given."""
    if capabilities is None:
        capabilities = _capabilities(name)
    shown = sum(capability.is_shown for capability in capabilities)
    values: dict[str, Any] = {
        "key": slug(name),
        "name": name,
        "description": f"What belongs to {name}.",
        "advice": "Begin with the lowest.",
        "result": _category_score(result, shown) or Suppressed(5),
        "previous": _category_score(previous, shown),
        "capabilities": tuple(capabilities),
    }
    return CategoryResult(**values | changes)


def make_metric(result: ShownMetric | Suppressed | int | None = 4, **changes: Any) -> KeyMetricResult:
    """The lead time. A bare number is the team's band; no ``result`` means too few answers."""
    labels = (
        "more than six months",
        "one to six months",
        "one week to one month",
        "one day to one week",
        "less than one day",
        "less than one hour",
    )
    if isinstance(result, int):
        result = ShownMetric(n=6, band=result, label=labels[result - 1], meets_elite=result >= 6)
    values: dict[str, Any] = {
        "key": "lead_time",
        "name": "Lead time for changes",
        "short_name": "Lead time",
        "question": "How long does it take from commit to production?",
        "definition": "The time from a commit to its running in production.",
        "why": "Short ways give quick answers.",
        "band_labels": labels,
        "elite": "less than one hour",
        "elite_from": 6,
        "references": (Reference("High", "one day to one week"),),
        "pitfall": "Measuring only the last step.",
        "measure": "The median of the last 20 changes.",
        "advice": "Look for the longest wait.",
        "result": result or Suppressed(5),
    }
    return KeyMetricResult(**values | changes)


def make_report(categories: Sequence[CategoryResult] | None = None, **changes: Any) -> ReportContent:
    """The report of Team Kestrel: 24 capabilities and a metric, with a round before."""
    if categories is None:
        categories = [
            make_category(name, result=55 + 5 * n, previous=50 + 5 * n) for n, name in enumerate(CATEGORIES)
        ]
    values: dict[str, Any] = {
        "organization": "Example Ltd",
        "team": "Team Kestrel",
        "round": "2026 Q3",
        "closed_on": dt.date(2026, 9, 30),
        "language": "en",
        "invited": 8,
        "responded": 6,
        "minimum": 5,
        "previous_round": "2026 Q2",
        "questionnaire": "Accelerate",
        "questionnaire_version": "accelerate 1",
        "questionnaire_source": "Accelerate (2018)",
        "scoring_version": "1",
        "edition": "2024",
        "edition_note": "Clusters of one year, not limits.",
        "categories": tuple(categories),
        "key_metrics": (make_metric(),),
        "comments": (),
        "hindrances": (),
    }
    return ReportContent(**values | changes)


def make_priority(**changes: Any) -> Priority:
    """Trunk-based development: 35, two steps from the goal, named by most."""
    values: dict[str, Any] = {
        "capability": "trunk_based_development",
        "name": "Trunk-based development",
        "score": 35,
        "gap": 0.58,
        "steps": 2,
        "reach": 0.8,
        "vote": 5 / 6,
        "votes": Votes("most", None),
        "priority": 100 * 0.58 * 0.8 * (1 + 5 / 6) / 2,
        "through": ("Continuous delivery",),
        "years": (2018, 2020),
        "clarify": False,
    }
    return Priority(**values | changes)


def make_plan(*priorities: Priority, in_top: int = 9, **changes: Any) -> Plan:
    """A plan whose experiments are the first three of these."""
    advice = Advice("middle", "Some of it works.", "Do the rest.", "Doing it all at once.", "Count it.")
    values: dict[str, Any] = {
        "goal": "delivery_performance",
        "experiments": tuple(Experiment(priority, advice, in_top) for priority in priorities[:3]),
        "ranked": tuple(priorities),
        "depends_on_discount": False,
        "bottleneck": (),
        "drivers": (),
        "draws": 2000,
    }
    return Plan(**values | changes)


def _capabilities(category: str) -> tuple[CapabilityResult, ...]:
    everything = [name for names in CATEGORIES.values() for name in names]
    names = CATEGORIES[category]
    first = everything.index(names[0])
    return tuple(make_capability(name, SCORES[n], BEFORE[n]) for n, name in enumerate(names, start=first))


def _category_score(
    result: CategoryScore | InWords | Suppressed | int | None, shown: int
) -> CategoryScore | InWords | Suppressed | None:
    if isinstance(result, int):
        return CategoryScore(score=result, shown=shown, bands=(band_of(result),))
    return result
