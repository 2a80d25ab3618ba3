"""From sealed answers to scores that can be stored, or read at once by ``manage.py score``."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from itertools import chain
from typing import Any

from .. import scoring
from ..instrument import Instrument
from ..models import Assessment, Round, Score, ScoreKind, Suppression
from ..queries import load_instrument
from .responses import HINDRANCES

Row = tuple[Any, Mapping[str, Any]]
"""One response: the team's label, anything hashable, and its answers."""

CAPABILITY_NUMBERS = ("mean", "sd", "se", "low90", "high90", "low80", "high80")


TEAMS_AT_A_TIME = 200


def freeze_scores(of: Round, rows: Iterable[Row]) -> None:
    """Score a round's sealed answers, by assessment id, and keep the scores for good.

    Some teams at a time: a round of a thousand then takes hardly more memory than one of a hundred.
    """
    instrument = load_instrument(of.questionnaire)
    by_assessment: dict[Any, list[Row]] = defaultdict(list)
    for row in rows:
        by_assessment[row[0]].append(row)
    prior_sd = prior_of(chain.from_iterable(by_assessment.values()), instrument)
    assessments = list(Assessment.objects.filter(round=of).values_list("pk", flat=True))
    for first in range(0, len(assessments), TEAMS_AT_A_TIME):
        some = assessments[first : first + TEAMS_AT_A_TIME]
        theirs = chain.from_iterable(by_assessment[assessment] for assessment in some)
        scores = make_scores(theirs, some, instrument, minimum=of.minimum_responses, prior_sd=prior_sd)
        for assessment, found in scores.items():
            for score in found:
                score.assessment_id = assessment
        Score.objects.bulk_create(chain.from_iterable(scores.values()), batch_size=500)


def prior_of(rows: Iterable[Row], instrument: Instrument) -> dict[str, float]:
    """What the teams of one organization tell of how people differ: see :func:`scoring.pooled_prior`."""
    columns = [statement.key for statement in instrument.statements]
    return scoring.pooled_prior(scoring.to_frame(rows, columns), instrument)


def make_scores(
    rows: Iterable[Row],
    teams: Iterable[Any],
    instrument: Instrument,
    *,
    minimum: int,
    prior_sd: Mapping[str, float] | None = None,
) -> dict[Any, list[Score]]:
    """The scores of every team, not saved yet.

    ``teams`` are the labels of those that took part; one without a row in ``rows`` gets
    suppressed scores throughout. Every team has a score for every capability, category (its mean
    and its composite), key metric and hindrance, so that what is missing can be told from what is
    hidden. ``prior_sd`` is that of :func:`prior_of` all teams of an organization; there is none where
    teams merely stand in one spreadsheet.
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
