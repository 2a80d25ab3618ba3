"""From frozen scores to the content of a page or a PDF. Nothing is computed here but what can be shown."""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

from django.conf import settings
from django.utils.timezone import localtime

from assessments import disclosure
from assessments.disclosure import ROUNDS_REMEMBERED, one_person_changed
from assessments.instrument import LEVELS, Capability, Category, Instrument, KeyMetric
from assessments.key_metrics import Edition, meets, read_editions
from assessments.models import Action, Assessment, Comment, Goal, Score, ScoreKind
from assessments.queries import actions_to_review, line_of, load_instrument, scores_of_earlier
from assessments.scale import translate

from .advice import VOTE_SHARES, Paths, make_plan, read_paths
from .content import (
    UNTOLD_VOTES,
    Advice,
    CapabilityResult,
    CategoryResult,
    Change,
    KeyMetricResult,
    PastAction,
    Reference,
    ReportContent,
    Shown,
    ShownMetric,
    StatementResult,
    Suppressed,
    Votes,
)
from .history import Earlier, History
from .measured import measured_beside
from .results import Results, Scores, newest, number


@dataclass(frozen=True)
class Occasion:
    """What a report says about itself: who, when, and out of how many."""

    organization: str
    team: str
    round: str
    closed_on: dt.date
    invited: int | None  # None where the answers came in a file
    responded: int
    minimum: int
    previous_round: str = ""
    comments: tuple[str, ...] = ()
    joined: int | None = None
    left: int | None = None


def build_content(assessment: Assessment, language: str, *, for_team: bool) -> ReportContent:
    """The content of one closed assessment: five queries, however many people and rounds there were.

    ``for_team`` adds the comments, which are for the team alone.
    """
    asked = assessment.round
    line = list(line_of(assessment))
    at = line.index(assessment)
    before = line[at + 1 :]
    occasion = Occasion(
        organization=asked.organization.name,
        team=assessment.team_name,
        round=asked.name,
        closed_on=localtime(asked.closed_at).date(),
        invited=None if asked.imported else assessment.invited,
        responded=assessment.responded,
        minimum=asked.minimum_responses,
        previous_round=before[0].round.name if before else "",
        comments=_comments(assessment) if for_team else (),
        joined=assessment.joined,
        left=assessment.left,
    )
    content = make_content(
        load_instrument(asked.questionnaire),
        newest(assessment.scores.all()),
        occasion,
        language,
        earlier=_earlier(line, at),
        one_changed=one_changed(line, at),
        actions=actions_to_review(assessment, before[0] if before else None),
        goal=assessment.team.goal,
    )
    return replace(content, measured=measured_beside(assessment.measured, content.key_metrics))


def _comments(assessment: Assessment) -> tuple[str, ...]:
    texts = tuple(Comment.objects.filter(assessment=assessment).values_list("text", flat=True))
    enough = disclosure.may_show(assessment.responded, assessment.round.minimum_responses)
    return texts if enough and len(texts) >= disclosure.COMMENTS_MINIMUM else ()


def _earlier(line: Sequence[Assessment], at: int) -> list[Earlier]:
    """The rounds before the one at this place in the team's line, and what each of them found out."""
    before = line[at + 1 :]
    scores: dict[int, list[Score]] = defaultdict(list)
    for score in scores_of_earlier(before):
        scores[score.assessment_id].append(score)
    return [
        Earlier(
            round=past.round.name,
            instrument=load_instrument(past.round.questionnaire),
            results=Results(
                newest(scores[past.pk]),
                past.round.minimum_responses,
                one_changed(line, place),
            ),
            near=frozenset(newer - at for newer in range(at, place) if one_apart(line, newer, place)),
            imported=past.round.imported,
        )
        for place, past in enumerate(before, start=at + 1)
    ]


def one_changed(rounds: Sequence[Assessment], place: int = 0) -> bool:
    """Whether exactly one person differs from one of the rounds nearby that was told first (6.2 no. 4).

    Rounds stand newest first, all that asked the same questionnaire. What was told first stays as it is:
    mostly the older round, but the newer one where the older was brought in afterwards from a file. What is
    frozen as one person apart and is none of them asked another questionnaire, which may have asked the same.
    """
    one = rounds[place]
    elsewhere = set(one.one_apart) - {each.pk for each in rounds}
    has_neighbour = place + 1 < len(rounds)
    return (
        bool(elsewhere)
        or (has_neighbour and one_person_changed(one.joined, one.left))
        or any(
            other.pk in one.one_apart and _is_near(rounds, *sorted((place, at)))
            for at, other in enumerate(rounds)
        )
    )


def _is_near(rounds: Sequence[Assessment], newer: int, older: int) -> bool:
    """Whether so few rounds lay between two when both were there.

    What was brought in between them afterwards does not make either less rough than it was told.
    """
    both = max(rounds[newer].pk, rounds[older].pk)
    between = sum(each.pk < both for each in rounds[newer + 1 : older])
    return between < ROUNDS_REMEMBERED


def one_apart(rounds: Sequence[Assessment], newer: int, older: int) -> bool:
    """Whether exactly one person was asked in one of the two and not in the other: frozen at their close."""
    one, other = rounds[newer], rounds[older]
    neighbours = older == newer + 1 and one_person_changed(one.joined, one.left)
    return neighbours or other.pk in one.one_apart or one.pk in other.one_apart


def make_content(
    instrument: Instrument,
    scores: Scores,
    occasion: Occasion,
    language: str,
    *,
    earlier: Sequence[Earlier] = (),
    one_changed: bool = False,
    actions: Iterable[Action] = (),
    goal: str = Goal.DELIVERY_PERFORMANCE,
) -> ReportContent:
    """The content made of one team's scores.

    ``earlier`` are the team's rounds before, newest first; ``one_changed`` is what the function of this
    name says; ``actions`` are the experiments to look back on; ``goal`` is what the next ones are to lead to.
    """
    results = Results(scores, occasion.minimum, one_changed)
    history = History(occasion.round, instrument, results, tuple(earlier))
    cautions = history.cautions(occasion.joined, occasion.left, occasion.invited)
    writer = _Writer(
        history,
        history.capability_changes(cautious=bool(cautions)),
        history.category_changes(cautious=bool(cautions)),
        language,
    )
    edition = reference_edition()
    content = ReportContent(
        **vars(occasion),
        previous_in_words=history.in_words,
        one_changed=one_changed,
        cautions=cautions,
        compared=len(writer.changes),
        left_out=tuple(writer.text(capability.short_name) for capability in history.left_out()),
        language=language,
        questionnaire=translate(instrument.title, language),
        questionnaire_version=f"{instrument.slug} {instrument.version}",
        questionnaire_source=translate(instrument.source, language),
        scoring_version=history.results.version,
        edition=edition.title,
        edition_note=translate(edition.note, language),
        categories=tuple(writer.category(category) for category in instrument.categories),
        key_metrics=tuple(writer.key_metric(metric, edition) for metric in instrument.key_metrics),
        hindrances=writer.hindrances(instrument),
        past_actions=tuple(writer.past_action(action) for action in actions),
    )
    return replace(content, plan=make_plan(content, published_paths(), goal))


@dataclass(frozen=True)
class _Writer:
    """Writes results in one language, and nothing that may not be shown."""

    history: History
    changes: Mapping[str, Change]  # by capability
    category_changes: Mapping[str, Change]
    language: str

    @property
    def results(self) -> Results:
        return self.history.results

    def text(self, texts: dict[str, str]) -> str:
        return translate(texts, self.language)

    def category(self, category: Category) -> CategoryResult:
        return CategoryResult(
            key=category.key,
            name=self.text(category.name),
            description=self.text(category.description),
            advice=self.text(category.advice),
            result=self.results.category(category),
            previous=self.history.last_category(category),
            capabilities=tuple(self.capability(capability) for capability in category.capabilities),
            change=self.category_changes.get(category.key),
        )

    def capability(self, capability: Capability) -> CapabilityResult:
        result = self.results.capability(capability.key)
        if isinstance(result, Shown):
            result = replace(result, statements=self._statements(capability))
        return CapabilityResult(
            key=capability.key,
            name=self.text(capability.name),
            short_name=self.text(capability.short_name),
            definition=self.text(capability.definition),
            why=self.text(capability.why),
            learn_more=capability.learn_more,
            result=result,
            previous=self.history.last_capability(capability),
            advice=tuple(
                self._advice(capability, level)
                for level in LEVELS
                if isinstance(result, Suppressed) or level == result.level
            ),
            change=self.changes.get(capability.key),
            trend=self.history.trend(capability),
            anew=self.history.asked_anew(capability),
            votes=self._votes(capability.key),
        )

    def _statements(self, capability: Capability) -> tuple[StatementResult, ...]:
        """How many disagree and agree, the most agreed with first (docs/method.md, 7).

        Beside last round's they would tell how the one who changed does.
        """
        score = self.results.shown(ScoreKind.CAPABILITY, capability.key)
        if score is None or not score.distribution or self.results.one_changed:
            return ()
        told = [
            StatementResult(text=self.text(statement.text), **score.distribution[statement.key])
            for statement in capability.statements
            if statement.key in score.distribution
        ]
        return tuple(sorted(told, key=lambda statement: statement.disagree - statement.agree))

    def _votes(self, key: str) -> Votes | None:
        """Who named it; beside an earlier round's votes they would tell which the one who changed gave."""
        score = self.results.shown(ScoreKind.HINDRANCE, key)
        if score and self.results.one_changed:
            return UNTOLD_VOTES
        if score is None or not score.mean:
            return None
        people = int(number(score.n))
        counted = people >= disclosure.DETAIL_MINIMUM
        return Votes(disclosure.vote_words(score.mean), round(score.mean * people) if counted else None)

    def past_action(self, action: Action) -> PastAction:
        """An experiment beside where its capability has gone since."""
        return PastAction(
            title=action.title,
            capability=action.capability_key,
            name=self._short_name(action.capability_key),
            round=action.round.name,
            state=action.state,
            outcome=action.outcome,
            change=self.changes.get(action.capability_key),
        )

    def _short_name(self, key: str) -> str:
        """What a capability is called; one that is not asked about any more keeps its last name."""
        instruments = [self.history.instrument, *(past.instrument for past in self.history.earlier)]
        names = (c.short_name for asked in instruments for c in asked.capabilities if c.key == key)
        found = next(names, None)
        return self.text(found) if found else key

    def _advice(self, capability: Capability, level: str) -> Advice:
        texts = vars(capability.levels[level])
        return Advice(level=level, **{name: self.text(value) for name, value in texts.items()})

    def key_metric(self, metric: KeyMetric, edition: Edition) -> KeyMetricResult:
        score = self.results.shown(ScoreKind.KEY_METRIC, metric.key)
        result: ShownMetric | Suppressed = Suppressed(self.results.minimum)
        if score:
            band = int(number(score.mean))
            label = self.text(metric.scale.options[band - 1].label)
            result = ShownMetric(
                n=int(number(score.n)), band=band, label=label, meets_elite=meets(metric, band)
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
                Reference(level=level.name, text=self.text(getattr(level, metric.key)))
                for level in edition.levels
            ),
            pitfall=self.text(metric.pitfall),
            measure=self.text(metric.measure),
            advice=self.text(metric.advice["meets" if met else "below"]),
            result=result,
        )

    def hindrances(self, instrument: Instrument) -> tuple[tuple[str, str], ...]:
        """What was named, in words, the strongest first; an order by votes would tell more (5.4, 6.2)."""
        if self.results.one_changed:
            return ()
        named = [
            (self.text(capability.name), disclosure.vote_words(score.mean))
            for capability in instrument.capabilities
            if (score := self.results.shown(ScoreKind.HINDRANCE, capability.key)) and score.mean
        ]
        return tuple(sorted(named, key=lambda vote: -VOTE_SHARES[vote[1]]))


BENCHMARKS = Path(settings.BASE_DIR) / "fixtures" / "benchmarks"


@cache
def _editions() -> tuple[Edition, ...]:
    path = BENCHMARKS / "key-metrics.yaml"
    return read_editions(path.read_text(encoding="utf-8"), path.name)


@cache
def published_paths() -> Paths:
    """What the research says leads to what."""
    path = BENCHMARKS / "paths.yaml"
    return read_paths(path.read_text(encoding="utf-8"), path.name)


def reference_edition() -> Edition:
    """The newest edition whose figures were read in the published report itself."""
    return max((e for e in _editions() if e.levels and e.verification == "report"), key=lambda e: e.year)
