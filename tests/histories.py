"""Builders of a team's rounds without a database: one capability, scored as a test says."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from assessments.instrument import Instrument
from assessments.models import Score, ScoreKind, Suppression
from reports.history import Earlier, History
from reports.results import Results, newest
from tests.instruments import make_instrument, text

INSTRUMENT = make_instrument({"practice": {"integration": 3}})
INTEGRATION = INSTRUMENT.capabilities[0]
PRACTICE = INSTRUMENT.categories[0]


def make_score(mean: float | None, kind: str = ScoreKind.CAPABILITY, **changes: Any) -> Score:
    """The score of the one capability, or of its category; without a mean a suppressed one."""
    key = "integration" if kind in (ScoreKind.CAPABILITY, ScoreKind.HINDRANCE) else "practice"
    values: dict[str, Any] = {"kind": kind, "key": key, "scoring_version": "2"}
    if mean is None:
        values |= {"suppression": Suppression.TOO_FEW}
    else:
        values |= {"n": 24, "mean": mean, "sd": 1.0, "se": 0.3, "agreement": "close"}
        values |= {"low90": mean, "high90": mean, "low80": mean, "high80": mean}
    return Score(**values | changes)


def make_results(mean: float | None, *, one_changed: bool = False, **changes: Any) -> Results:
    """One round's results: a capability and its category, whose composite has the same numbers."""
    kinds = (ScoreKind.CAPABILITY, ScoreKind.CATEGORY, ScoreKind.COMPOSITE)
    return Results(newest(make_score(mean, kind, **changes) for kind in kinds), 5, one_changed)


def make_earlier(back: int, mean: float | None, *near: int, **changes: Any) -> Earlier:
    """The round so many before this one; exactly one person differs from the newer rounds ``near``."""
    return Earlier(f"R-{back}", INSTRUMENT, make_results(mean, **changes), frozenset(near))


def make_history(mean: float | None, *earlier: Earlier, **changes: Any) -> History:
    """This round among earlier ones, newest first."""
    one_changed = any(0 in past.near for past in earlier[:2])
    return History("R0", INSTRUMENT, make_results(mean, one_changed=one_changed, **changes), earlier)


def reworded(instrument: Instrument) -> Instrument:
    """The next version, in which the capability is asked in other words."""
    capability = instrument.capabilities[0]
    statements = tuple(replace(each, text=text(f"{each.key} anew")) for each in capability.statements)
    category = replace(instrument.categories[0], capabilities=(replace(capability, statements=statements),))
    return replace(instrument, version=instrument.version + 1, categories=(category,))
