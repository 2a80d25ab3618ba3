"""Scoring closed rounds anew, after the method has changed: beside the old scores, never instead of them."""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from statistics import fmean

from django.db import transaction

from .. import disclosure
from ..instrument import Instrument
from ..models import Assessment, Round, Score, ScoreKind, Suppression, User
from ..queries import load_instrument
from ..scoring import SCORING_VERSION
from .audit import Event, record
from .responses import lock_round, sealed_answers
from .scores import make_scores, prior_of

Place = tuple[str, str]
"""Kind and key of a score."""

Scores = Mapping[Place, Score]


class Outcome(Enum):
    """What became of a round."""

    SCORED = "scored"
    CURRENT = "current"  # the present version has scored it
    GONE = "gone"  # its answers have been deleted


@dataclass(frozen=True)
class TeamRescored:
    """What is said differently about one team. Names of results only: no numbers."""

    team: str
    moved: tuple[str, ...] = ()  # capabilities, and what else is shown
    hidden: tuple[str, ...] = ()  # by the new version fewer than the minimum stand behind them
    still_hidden: tuple[str, ...] = ()  # the new version would show them, the round has not


@dataclass(frozen=True)
class Rescored:
    """What became of a round, and of its teams in the order of their names."""

    outcome: Outcome
    teams: tuple[TeamRescored, ...] = ()


@transaction.atomic
def rescore_round(*, round: Round, write: bool, by: User | None, now: dt.datetime) -> Rescored:
    """Score a closed round by the present version; the new scores are kept only if ``write`` says so.

    Of the round's own promise nothing is taken back: its minimum holds, and what was hidden stays
    hidden. Once written, a second time changes nothing. Raises ServiceError for a round that is not closed.
    """
    current = lock_round(round.pk) or round
    rows = sealed_answers(current)
    assessments = list(Assessment.objects.filter(round=current).order_by("team_name", "pk"))
    before = _newest_scores(assessments)
    if all(_version(scores.values()) >= int(SCORING_VERSION) for scores in before.values()):
        return Rescored(Outcome.CURRENT)
    if len(rows) != sum(assessment.responded for assessment in assessments):
        return Rescored(Outcome.GONE)
    instrument = load_instrument(current.questionnaire)
    made = make_scores(
        rows,
        [each.pk for each in assessments],
        instrument,
        minimum=current.minimum_responses,
        prior_sd=prior_of(rows, instrument),
    )
    teams = []
    for assessment in assessments:
        old, new = before[assessment.pk], _by_place(made[assessment.pk])
        kept = _keep_hidden(old, new, instrument)
        teams.append(_compare(assessment, old, new, kept))
        if write:
            _save(kept.values(), assessment)
    if write:
        record(what=Event.RESCORED, subject=current, organization=current.organization, by=by, now=now)
    return Rescored(Outcome.SCORED, tuple(teams))


def _save(scores: Iterable[Score], assessment: Assessment) -> None:
    made = list(scores)
    for score in made:
        score.assessment = assessment
    Score.objects.bulk_create(made, batch_size=500)


def _newest_scores(assessments: Sequence[Assessment]) -> dict[int, Scores]:
    """Of each assessment the scores of the newest version that made any."""
    found: dict[int, list[Score]] = {assessment.pk: [] for assessment in assessments}
    for score in Score.objects.filter(assessment__in=assessments):
        found[score.assessment_id].append(score)
    return {
        pk: _by_place(score for score in scores if int(score.scoring_version) == _version(scores))
        for pk, scores in found.items()
    }


def _version(scores: Iterable[Score]) -> int:
    return max((int(score.scoring_version) for score in scores), default=0)


def _by_place(scores: Iterable[Score]) -> dict[Place, Score]:
    return {(score.kind, score.key): score for score in scores}


# --- Nothing that was hidden is shown ---------------------------------------------------------


def _keep_hidden(old: Scores, new: Scores, instrument: Instrument) -> dict[Place, Score]:
    """The new scores without any that the old version had hidden, and without what would tell one."""
    kept = {place: score if _was_shown(place, old) else _hidden(score) for place, score in new.items()}
    for category in instrument.categories:
        places = [(ScoreKind.CAPABILITY, capability.key) for capability in category.capabilities]
        if all(kept[place].suppression == new[place].suppression for place in places):
            continue
        # made of more than is shown, the mean would tell what is not
        for kind in (ScoreKind.CATEGORY, ScoreKind.COMPOSITE):
            kept[kind, category.key] = _hidden(kept[kind, category.key])
        shown = [score.mean for place in places if (score := kept[place]).mean is not None]
        if _was_shown((ScoreKind.CATEGORY, category.key), old) and 2 * len(shown) >= len(places):
            kept[ScoreKind.CATEGORY, category.key] = Score(
                kind=ScoreKind.CATEGORY,
                key=category.key,
                n=len(shown),
                mean=fmean(shown),
                scoring_version=SCORING_VERSION,
            )
    return {place: _with_statements_of(old.get(place), score) for place, score in kept.items()}


def _was_shown(place: Place, old: Scores) -> bool:
    """Whether the old version showed this; a composite that it did not know, by its category."""
    kind, key = place
    score = old.get(place)
    if score is None and kind == ScoreKind.COMPOSITE:
        score = old.get((ScoreKind.CATEGORY, key))
    return score is not None and not score.suppression


def _hidden(score: Score) -> Score:
    return Score(
        kind=score.kind,
        key=score.key,
        suppression=Suppression.TOO_FEW,
        scoring_version=score.scoring_version,
    )


def _with_statements_of(old: Score | None, new: Score) -> Score:
    """The score with those statements alone that were told one by one before."""
    told = (old and old.distribution) or {}
    new.distribution = {
        key: counts for key, counts in (new.distribution or {}).items() if key in told
    } or None
    return new


# --- What is said differently -----------------------------------------------------------------


def _compare(assessment: Assessment, old: Scores, new: Scores, kept: Scores) -> TeamRescored:
    moved, hidden, still_hidden = [], [], []
    for place, score in kept.items():
        if score.kind == ScoreKind.COMPOSITE:
            continue  # never shown
        was, now = _as_shown(old.get(place)), _as_shown(score)
        if was and not now:
            hidden.append(_name(score))
        elif not now and not new[place].suppression:
            still_hidden.append(_name(score))
        elif was != now:
            moved.append(_name(score))
    return TeamRescored(assessment.team_name, tuple(moved), tuple(hidden), tuple(still_hidden))


def _name(score: Score) -> str:
    """The key, after the kind where it is not a capability."""
    return score.key if score.kind == ScoreKind.CAPABILITY else f"{score.get_kind_display()} {score.key}"


def _as_shown(score: Score | None) -> tuple[object, ...]:
    """What a page says of a score, as far as it is made of numbers; empty where it says nothing.

    As finely as any page may say it: one that has to be rough may say the same as before.
    """
    if score is None or score.n is None or score.mean is None:
        return ()
    if score.kind == ScoreKind.KEY_METRIC:
        return score.n, score.mean
    if score.kind == ScoreKind.HINDRANCE:
        counted = score.n >= disclosure.DETAIL_MINIMUM
        return disclosure.vote_words(score.mean), round(score.mean * score.n) if counted else None
    told = score.n, disclosure.display_score(score.mean)
    if score.kind == ScoreKind.CATEGORY:
        return *told, disclosure.band_of(score.mean)
    ends = (score.low90, score.high90, score.low80, score.high80)
    low90, high90, low80, high80 = (score.mean if end is None else end for end in ends)
    interval = disclosure.display_interval(low90, high90)
    bands = disclosure.bands_of(score.mean, low80, high80)
    dont_know = None if score.dont_know is None else disclosure.display_share(score.dont_know)
    return *told, interval, bands, score.agreement, score.two_camps, dont_know, score.distribution
