"""Frozen scores as they may be told: in numbers, coarsely, in a word or not at all (docs/method.md, 6.2)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from assessments import disclosure
from assessments.change import Summary
from assessments.instrument import Category
from assessments.models import Score, ScoreKind
from assessments.scoring import SCORING_VERSION

from .content import CategoryScore, InWords, Shown, Suppressed

Scores = Mapping[tuple[str, str], Score]
"""Scores of one assessment by kind and key, all of one version."""


def newest(scores: Iterable[Score]) -> Scores:
    """The scores of one assessment made by the newest version: 10 is newer than 9."""
    found = list(scores)
    version = max((score.scoring_version for score in found), key=int, default=SCORING_VERSION)
    return {(score.kind, score.key): score for score in found if score.scoring_version == version}


def number(value: float | None) -> float:
    """A number of a score that is shown. A suppressed one has none, and must not come here."""
    if value is None:
        raise ValueError("a suppressed score was about to be shown")
    return value


def in_words(result: Shown | CategoryScore) -> InWords:
    """A result in one word, that of its shown score."""
    return InWords((disclosure.band_of_score(result.score),))


@dataclass(frozen=True)
class Results:
    """What one round found out about a team, told as finely as that round's own report may tell it."""

    scores: Scores
    minimum: int
    one_changed: bool = False  # exactly one person differs from a round nearby that was told first

    @property
    def version(self) -> str:
        """The version of the scoring that made the scores."""
        return next((score.scoring_version for score in self.scores.values()), SCORING_VERSION)

    def shown(self, kind: str, key: str) -> Score | None:
        """The score, unless it is missing or suppressed."""
        score = self.scores.get((kind, key))
        return None if score is None or score.suppression else score

    def capability(self, key: str) -> Shown | Suppressed:
        """The result of a capability, without its statements."""
        score = self.shown(ScoreKind.CAPABILITY, key)
        if score is None:
            return Suppressed(self.minimum)
        if self._is_coarse(score):
            return _coarse(score)
        return _less_finely(score) if self.one_changed else _in_full(score)

    def category(self, category: Category) -> CategoryScore | Suppressed:
        """The result of a category; a coarse one where one of its capabilities is."""
        score = self.shown(ScoreKind.CATEGORY, category.key)
        if score is None:
            return Suppressed(self.minimum)
        parts = [self.shown(ScoreKind.CAPABILITY, capability.key) for capability in category.capabilities]
        mean, shown = number(score.mean), int(number(score.n))
        rough = any(part is not None and self._is_coarse(part) for part in parts)
        told = disclosure.coarse_score(mean) if rough else disclosure.display_score(mean)
        band = disclosure.band_of_score(told) if self.one_changed else disclosure.band_of(mean)
        return CategoryScore(told, shown, (band,))

    def _is_coarse(self, score: Score) -> bool:
        return disclosure.is_coarse(int(number(score.n)), one_changed=self.one_changed)

    def summary(self, kind: str, key: str) -> Summary | None:
        """What a comparison needs: people, mean, spread and standard error; None where any is missing."""
        score = self.shown(kind, key)
        if score is None or score.n is None or score.mean is None or score.sd is None or score.se is None:
            return None
        return Summary(n=score.n, mean=score.mean, sd=score.sd, se=score.se)


def _in_full(score: Score) -> Shown:
    mean = number(score.mean)
    low, high = disclosure.display_interval(number(score.low90), number(score.high90))
    return Shown(
        n=int(number(score.n)),
        score=disclosure.display_score(mean),
        low=low,
        high=high,
        bands=disclosure.bands_of(mean, number(score.low80), number(score.high80)),
        level=disclosure.level_of(mean),
        agreement=score.agreement,
        two_camps=score.two_camps,
        dont_know=_dont_know(score),
    )


def _less_finely(score: Score) -> Shown:
    """What a larger team is told: wider intervals, and words of the shown score.

    Exact ends, and words of the exact mean, tell where in its step the mean lies.
    """
    found = _in_full(score)
    low, high = disclosure.display_interval(number(score.low90), number(score.high90))
    low, high = disclosure.coarse_interval(low, high)
    level = disclosure.level_of(disclosure.points_of(found.score))
    return replace(found, low=low, high=high, bands=in_words(found).bands, level=level)


def _coarse(score: Score) -> Shown:
    """A rough score and the words that are made of it, and nothing else."""
    rough = disclosure.coarse_score(number(score.mean))
    return Shown(
        n=int(number(score.n)),
        score=rough,
        low=None,
        high=None,
        bands=(disclosure.band_of_score(rough),),
        level=disclosure.level_of(disclosure.points_of(rough)),
        agreement="",
        two_camps=False,
        dont_know=None,
    )


def _dont_know(score: Score) -> int | None:
    return None if score.dont_know is None else disclosure.display_share(score.dont_know)
