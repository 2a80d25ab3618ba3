"""From frozen scores to the content of a page or a PDF. Nothing is computed here but what can be shown."""

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TypeVar

from django.conf import settings
from django.utils.timezone import localtime

from assessments import disclosure
from assessments.instrument import LEVELS, Capability, Category, Instrument, KeyMetric
from assessments.key_metrics import Edition, meets, read_editions
from assessments.models import Assessment, Comment, Score, ScoreKind
from assessments.queries import load_instrument, previous_assessment
from assessments.scale import translate
from assessments.scoring import SCORING_VERSION

from .content import (
    Advice,
    CapabilityResult,
    CategoryResult,
    CategoryScore,
    InWords,
    KeyMetricResult,
    Reference,
    ReportContent,
    Shown,
    ShownMetric,
    StatementResult,
    Suppressed,
)

Result = TypeVar("Result", CategoryScore | Suppressed, Shown | Suppressed)

Scores = Mapping[tuple[str, str], Score]
"""Scores of one assessment by kind and key."""


@dataclass(frozen=True)
class Occasion:
    """What a report says about itself: who, when, and out of how many."""

    organization: str
    team: str
    round: str
    closed_on: dt.date
    invited: int
    responded: int
    minimum: int
    previous_round: str = ""
    comments: tuple[str, ...] = ()
    joined: int | None = None
    left: int | None = None


def build_content(assessment: Assessment, language: str, *, for_team: bool) -> ReportContent:
    """The content of one closed assessment: six queries, however many people answered.

    ``for_team`` adds the comments, which are for the team alone.
    """
    asked = assessment.round
    instrument = load_instrument(asked.questionnaire)
    previous = previous_assessment(assessment, asked.closed_at)
    occasion = Occasion(
        organization=asked.organization.name,
        team=assessment.team_name,
        round=asked.name,
        closed_on=localtime(asked.closed_at).date(),
        invited=assessment.invited,
        responded=assessment.responded,
        minimum=asked.minimum_responses,
        previous_round=previous.round.name if previous else "",
        comments=_comments(assessment) if for_team else (),
        joined=assessment.joined,
        left=assessment.left,
    )
    return make_content(
        instrument,
        _by_key(assessment.scores.all()),
        occasion,
        language,
        previous=_comparable(instrument, previous) if previous else None,
    )


def _comments(assessment: Assessment) -> tuple[str, ...]:
    texts = tuple(Comment.objects.filter(assessment=assessment).values_list("text", flat=True))
    enough = disclosure.may_show(assessment.responded, assessment.round.minimum_responses)
    return texts if enough and len(texts) >= disclosure.COMMENTS_MINIMUM else ()


def _by_key(scores: Iterable[Score]) -> Scores:
    return {(score.kind, score.key): score for score in scores}


def _comparable(instrument: Instrument, previous: Assessment) -> Scores:
    """Last round's scores of what was asked in the same words then."""
    before = load_instrument(previous.round.questionnaire)
    wording = {capability.key: capability.statements for capability in before.capabilities}
    same = {c.key for c in instrument.capabilities if wording.get(c.key) == c.statements}
    same |= {k.key for k in instrument.categories if {c.key for c in k.capabilities} <= same}
    return {place: score for place, score in _by_key(previous.scores.all()).items() if place[1] in same}


def make_content(
    instrument: Instrument,
    scores: Scores,
    occasion: Occasion,
    language: str,
    *,
    previous: Scores | None = None,
) -> ReportContent:
    """The content made of one team's scores, with last round's beside them where there are any."""
    in_words = disclosure.one_person_changed(occasion.joined, occasion.left)
    writer = _Writer(scores, previous or {}, in_words, occasion.minimum, language)
    edition = reference_edition()
    return ReportContent(
        **vars(occasion),
        previous_in_words=in_words,
        language=language,
        questionnaire=translate(instrument.title, language),
        questionnaire_version=f"{instrument.slug} {instrument.version}",
        questionnaire_source=translate(instrument.source, language),
        scoring_version=next((score.scoring_version for score in scores.values()), SCORING_VERSION),
        edition=edition.title,
        edition_note=edition.note,
        categories=tuple(writer.category(category) for category in instrument.categories),
        key_metrics=tuple(writer.key_metric(metric, edition) for metric in instrument.key_metrics),
        hindrances=writer.hindrances(instrument),
    )


def _number(value: float | None) -> float:
    """A number of a score that is shown. A suppressed one has none, and must not come here."""
    if value is None:
        raise ValueError("a suppressed score was about to be shown")
    return value


@dataclass(frozen=True)
class _Writer:
    """Writes results in one language, and nothing that may not be shown."""

    scores: Scores
    before: Scores
    before_in_words: bool
    minimum: int
    language: str

    def text(self, texts: dict[str, str]) -> str:
        return translate(texts, self.language)

    def category(self, category: Category) -> CategoryResult:
        place = (ScoreKind.CATEGORY, category.key)
        return CategoryResult(
            key=category.key,
            name=self.text(category.name),
            description=self.text(category.description),
            advice=self.text(category.advice),
            result=self._category_score(self.scores.get(place)),
            previous=self._before(self._category_score(self.before[place])) if place in self.before else None,
            capabilities=tuple(self.capability(capability) for capability in category.capabilities),
        )

    def _before(self, result: Result) -> Result | InWords:
        """Last round's result as it may stand beside this one's."""
        if self.before_in_words and not isinstance(result, Suppressed):
            return InWords((disclosure.band_of_score(result.score),))
        return result

    def _category_score(self, score: Score | None) -> CategoryScore | Suppressed:
        if score is None or score.suppression:
            return Suppressed(self.minimum)
        return CategoryScore(
            score=disclosure.display_score(_number(score.mean)),
            shown=int(_number(score.n)),
            bands=(disclosure.band_of(_number(score.mean)),),
        )

    def capability(self, capability: Capability) -> CapabilityResult:
        place = (ScoreKind.CAPABILITY, capability.key)
        result = self._shown(self.scores.get(place), capability)
        return CapabilityResult(
            key=capability.key,
            name=self.text(capability.name),
            short_name=self.text(capability.short_name),
            definition=self.text(capability.definition),
            why=self.text(capability.why),
            learn_more=capability.learn_more,
            result=result,
            previous=self._before(self._shown(self.before[place], capability))
            if place in self.before
            else None,
            advice=tuple(
                self._advice(capability, level)
                for level in LEVELS
                if isinstance(result, Suppressed) or level == result.level
            ),
        )

    def _shown(self, score: Score | None, capability: Capability) -> Shown | Suppressed:
        if score is None or score.suppression:
            return Suppressed(self.minimum)
        low, high = disclosure.display_interval(_number(score.low90), _number(score.high90))
        return Shown(
            n=int(_number(score.n)),
            score=disclosure.display_score(_number(score.mean)),
            low=low,
            high=high,
            bands=disclosure.bands_of(_number(score.mean), _number(score.low80), _number(score.high80)),
            level=disclosure.level_of(_number(score.mean)),
            agreement=score.agreement,
            two_camps=score.two_camps,
            dont_know=None if score.dont_know is None else disclosure.display_share(score.dont_know),
            statements=self._statements(score, capability),
        )

    def _statements(self, score: Score, capability: Capability) -> tuple[StatementResult, ...]:
        """How many disagree and agree; beside last round's they would tell how the one who changed does."""
        if not score.distribution or self.before_in_words:
            return ()
        return tuple(
            StatementResult(text=self.text(statement.text), **score.distribution[statement.key])
            for statement in capability.statements
            if statement.key in score.distribution
        )

    def _advice(self, capability: Capability, level: str) -> Advice:
        texts = vars(capability.levels[level])
        return Advice(level=level, **{name: self.text(value) for name, value in texts.items()})

    def key_metric(self, metric: KeyMetric, edition: Edition) -> KeyMetricResult:
        score = self.scores.get((ScoreKind.KEY_METRIC, metric.key))
        result: ShownMetric | Suppressed = Suppressed(self.minimum)
        if score and not score.suppression:
            band = int(_number(score.mean))
            label = self.text(metric.scale.options[band - 1].label)
            result = ShownMetric(
                n=int(_number(score.n)), band=band, label=label, meets_elite=meets(metric, band)
            )
        met = isinstance(result, ShownMetric) and result.meets_elite
        return KeyMetricResult(
            key=metric.key,
            name=self.text(metric.name),
            short_name=self.text(metric.short_name),
            question=self.text(metric.question),
            definition=self.text(metric.definition),
            why=self.text(metric.why),
            band_labels=tuple(self.text(option.label) for option in metric.scale.options),
            elite=self.text(metric.elite),
            elite_from=metric.elite_from,
            references=tuple(
                Reference(level=level.name, text=getattr(level, metric.key)) for level in edition.levels
            ),
            pitfall=self.text(metric.pitfall),
            measure=self.text(metric.measure),
            advice=self.text(metric.advice["meets" if met else "below"]),
            result=result,
        )

    def hindrances(self, instrument: Instrument) -> tuple[tuple[str, str], ...]:
        """What was named, most often first, in words (docs/method.md, 5.4)."""
        named = [
            (score.mean, self.text(capability.name))
            for capability in instrument.capabilities
            if (score := self.scores.get((ScoreKind.HINDRANCE, capability.key))) and score.mean
        ]
        named.sort(key=lambda vote: -vote[0])
        return tuple((name, disclosure.vote_words(share)) for share, name in named)


@cache
def _editions() -> tuple[Edition, ...]:
    path = Path(settings.BASE_DIR) / "fixtures" / "benchmarks" / "key-metrics.yaml"
    return read_editions(path.read_text(encoding="utf-8"), path.name)


def reference_edition() -> Edition:
    """The newest edition whose figures were read in the published report itself."""
    return max((e for e in _editions() if e.levels and e.verification == "report"), key=lambda e: e.year)
