"""From sealed answers to scores that can be stored, or read at once by ``manage.py score``."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

from .. import scoring
from ..instrument import Instrument
from ..models import Score, ScoreKind, Suppression
from .responses import HINDRANCES

Row = tuple[Any, Mapping[str, Any]]
"""One response: the team's label, anything hashable, and its answers."""

CAPABILITY_NUMBERS = ("mean", "sd", "se", "low90", "high90", "low80", "high80")


def make_scores(
    rows: Iterable[Row], teams: Iterable[Any], instrument: Instrument, *, minimum: int, pool: bool = True
) -> dict[Any, list[Score]]:
    """The scores of every team, not saved yet.

    ``teams`` are the labels of those that took part; one without a row in ``rows`` gets
    suppressed scores throughout. Every team has a score for every capability, category (its mean
    and its composite), key metric and hindrance, so that what is missing can be told from what is
    hidden. ``pool`` lets the prior of capabilities be that of these teams together, where they are
    enough: right for an organization, wrong for teams that merely stand in one spreadsheet.
    """
    rows = list(rows)
    columns = [statement.key for statement in instrument.statements] + [
        metric.key for metric in instrument.key_metrics
    ]
    answers = scoring.to_frame(rows, columns)
    votes = scoring.to_votes(
        ((team, given.get(HINDRANCES, ())) for team, given in rows),
        [capability.key for capability in instrument.capabilities],
    )
    prior_sd = scoring.pooled_prior(answers, instrument) if pool else None
    capabilities = scoring.score_capabilities(answers, instrument, minimum=minimum, prior_sd=prior_sd)
    counts = _counts(scoring.statement_counts(answers, instrument, minimum=minimum))
    scores: dict[Any, list[Score]] = {team: [] for team in teams}
    for row in capabilities.itertuples():
        numbers = {name: getattr(row, name) for name in CAPABILITY_NUMBERS}
        scores[row.team].append(
            _score(
                row,
                ScoreKind.CAPABILITY,
                n=row.n,
                **numbers,
                agreement=row.agreement or "",
                two_camps=row.two_camps,
                dont_know=row.dont_know,
                distribution=counts.get((row.team, row.key)),
            )
        )
    for row in scoring.score_categories(capabilities, instrument).itertuples():
        scores[row.team].append(_score(row, ScoreKind.CATEGORY, n=row.capabilities_shown, mean=row.mean))
    for row in scoring.score_composites(answers, instrument, minimum=minimum).itertuples():
        numbers = {name: getattr(row, name) for name in ("n", "mean", "sd", "se")}
        scores[row.team].append(_score(row, ScoreKind.COMPOSITE, **numbers))
    for row in scoring.score_key_metrics(answers, instrument, minimum=minimum).itertuples():
        scores[row.team].append(
            _score(row, ScoreKind.KEY_METRIC, n=row.n, mean=row.band, dont_know=row.dont_know)
        )
    for row in scoring.hindrance_votes(votes, minimum=minimum).itertuples():
        scores[row.team].append(_score(row, ScoreKind.HINDRANCE, n=row.responses, mean=row.share))
    for team, found in scores.items():
        scores[team] = found or _all_suppressed(instrument)
    return scores


def _score(row: Any, kind: ScoreKind, **values: Any) -> Score:
    """A score of one row of a table of results. A suppressed one keeps no value at all."""
    fixed = {"kind": kind, "key": row.key, "scoring_version": scoring.SCORING_VERSION}
    if not row.shown:
        return Score(**fixed, suppression=Suppression.TOO_FEW)
    # NaN is pandas' way to say that there is no number
    return Score(**fixed, **{name: None if value != value else value for name, value in values.items()})


def _counts(table: Any) -> dict[Any, dict[str, dict[str, int]]]:
    """{(team, capability): {statement key: {"disagree": …, "neutral": …, "agree": …, "dont_know": …}}}"""
    found: dict[Any, dict[str, dict[str, int]]] = defaultdict(dict)
    for row in table.itertuples():
        classes = ("disagree", "neutral", "agree", "dont_know")
        found[row.team, row.capability][row.key] = {name: int(getattr(row, name)) for name in classes}
    return found


def _all_suppressed(instrument: Instrument) -> list[Score]:
    capabilities = [capability.key for capability in instrument.capabilities]
    categories = [category.key for category in instrument.categories]
    keys = {
        ScoreKind.CAPABILITY: capabilities,
        ScoreKind.CATEGORY: categories,
        ScoreKind.COMPOSITE: categories,
        ScoreKind.KEY_METRIC: [metric.key for metric in instrument.key_metrics],
        ScoreKind.HINDRANCE: capabilities,
    }
    return [
        Score(kind=kind, key=key, suppression=Suppression.TOO_FEW, scoring_version=scoring.SCORING_VERSION)
        for kind, names in keys.items()
        for key in names
    ]
