"""What a result page, a PDF and an export are made of: plain data, no Django.

Everything here is already fit to be read by the team: numbers are rounded and capped as
``assessments.disclosure`` demands, texts are in one language. What must not be shown has no
number at all: its place is taken by :class:`Suppressed`, so that no template can print it.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar

if TYPE_CHECKING:
    from assessments.deliveries import Figures  # which loads scipy


@dataclass(frozen=True)
class Suppressed:
    """A result that fewer people gave than the minimum. It carries no number."""

    kind: ClassVar = "suppressed"  # in JSON, where a type has no name

    minimum: int  # how many answers would have been needed


@dataclass(frozen=True)
class InWords:
    """Last round's result where a number of it could give the answers of one person away."""

    kind: ClassVar = "in_words"

    bands: tuple[str, ...]


@dataclass(frozen=True)
class Change:
    """How a result moved since last round (docs/method.md, 4.3).

    Exists only where both results are shown as numbers and were asked in the same words.
    """

    label: str  # one of assessments.change.LABELS: "clear", "likely" or "none"
    moved: int | None  # this score less last round's, both as shown; None for a category, whose people count


@dataclass(frozen=True)
class TrendPoint:
    """One round in a trend: a score, or words where numbers would give somebody away, or a gap."""

    round: str
    score: int | None  # as shown
    bands: tuple[str, ...]  # empty where too few answered


@dataclass(frozen=True)
class Trend:
    """A capability over the rounds, oldest first, ending with this one; two points at least.

    It begins where it was last asked otherwise (docs/method.md, 4.3).
    """

    points: tuple[TrendPoint, ...]
    direction: str  # "rising", "falling", "unclear"; empty below four rounds with numbers
    reworded_after: str = ""  # the last round that asked otherwise


@dataclass(frozen=True)
class AskedAnew:
    """Where the past of a capability ends: beyond it something else was asked."""

    after: str  # the last round that asked otherwise
    ways: tuple[str, ...]  # some of assessments.instrument_diff.WAYS


@dataclass(frozen=True)
class Votes:
    """How many hold a capability for one of their three biggest hindrances (docs/method.md, 5.4)."""

    words: str  # "few", "about_half" or "most"; "untold" where they could give one person's votes away
    number: int | None  # only from eight answers on


UNTOLD_VOTES = Votes("untold", None)
"""Of every capability alike, whether anybody named it or not: it counts for nothing."""


@dataclass(frozen=True)
class StatementResult:
    """How a statement was answered, in three classes. Exists only from eight answers on."""

    text: str
    disagree: int  # 1 to 3 on the seven-point scale
    neutral: int  # 4
    agree: int  # 5 to 7
    dont_know: int


@dataclass(frozen=True)
class Shown:
    """The result of a capability.

    ``score``, ``low`` and ``high`` are whole numbers from 5 to 95 in steps of 5 (the ends of
    the 90 % interval are rounded outward); 5 reads "5 or less" and 95 reads "95 or more".

    A coarse result has a score in steps of 10, one band, no interval and nothing about agreement: a small
    team of which exactly one person differs from a round nearby that was told first (docs/method.md, 6.2).
    """

    kind: ClassVar = "shown"

    n: int  # people with a score
    score: int
    low: int | None  # None, like ``high``, in a coarse result
    high: int | None
    bands: tuple[str, ...]  # one or two of disclosure.BANDS, lowest first
    level: str  # one of instrument.LEVELS
    agreement: str  # "close", "some_spread" or "differ_widely"; empty in a coarse result
    two_camps: bool
    dont_know: int | None  # share of don't know in percent, rounded to 10; only when it is high
    statements: tuple[StatementResult, ...] = ()

    @property
    def is_coarse(self) -> bool:
        """Whether only a rough score may be shown."""
        return self.low is None


@dataclass(frozen=True)
class Advice:
    """What a capability looks like at one level, and what to do there."""

    level: str
    looks_like: str
    next_step: str
    pitfall: str
    measure: str


@dataclass(frozen=True)
class CapabilityResult:
    """One of the 24 capabilities in one report."""

    key: str
    name: str
    short_name: str
    definition: str
    why: str
    learn_more: str
    result: Shown | Suppressed
    previous: (
        Shown | InWords | Suppressed | None
    )  # last round; None where it was not asked or worded differently
    advice: tuple[Advice, ...]  # that of the team's level; all three where no level can be told
    change: Change | None = None
    trend: Trend | None = None
    anew: AskedAnew | None = None  # None where every round that asked about it did so alike
    votes: Votes | None = None  # None where nobody named it, or too few answered

    @property
    def is_shown(self) -> bool:
        """Whether enough people answered."""
        return isinstance(self.result, Shown)


@dataclass(frozen=True)
class CategoryScore:
    """The mean of the shown capabilities of a category, 5 to 95 in steps of 5."""

    kind: ClassVar = "shown"

    score: int
    shown: int  # capabilities that the mean is made of
    bands: tuple[str, ...]


@dataclass(frozen=True)
class CategoryResult:
    """One of the five categories in one report."""

    key: str
    name: str
    description: str
    advice: str
    result: CategoryScore | Suppressed
    previous: CategoryScore | InWords | Suppressed | None
    capabilities: tuple[CapabilityResult, ...]
    change: Change | None = None  # of people's means over the category: one test instead of many

    @property
    def is_shown(self) -> bool:
        """Whether at least half of the capabilities are shown."""
        return isinstance(self.result, CategoryScore)


@dataclass(frozen=True)
class ShownMetric:
    """The team's answer about a key metric: the lower median of the bands."""

    kind: ClassVar = "shown"

    n: int
    band: int  # 1 worst to 6 best
    label: str
    meets_elite: bool


@dataclass(frozen=True)
class Reference:
    """One row of a published edition about one metric."""

    level: str
    text: str


@dataclass(frozen=True)
class KeyMetricResult:
    """One of the four key metrics in one report."""

    key: str
    name: str
    short_name: str
    question: str
    definition: str
    why: str
    band_labels: tuple[str, ...]  # worst to best
    elite: str
    elite_from: int
    references: tuple[Reference, ...]  # of the edition that the report names
    pitfall: str
    measure: str
    advice: str  # for the answer; for "below" where it is not known
    result: ShownMetric | Suppressed


@dataclass(frozen=True)
class PastAction:
    """An experiment that the team wrote down, and where its capability has gone since."""

    title: str
    capability: str  # the capability's key
    name: str  # the capability's short name
    round: str  # in which it was decided
    state: str  # one of assessments.models.ActionState
    outcome: str
    change: Change | None


@dataclass(frozen=True)
class Priority:
    """Why a capability is, or is not, the next to work on (docs/method.md, 5.4).

    ``priority = 100 * gap * reach * (1 + vote) / 2``, from nothing but what the report shows:
    the score as it is printed, and the vote as it is printed. So the reader can do it again.
    """

    capability: str  # key
    name: str  # short name
    score: int  # as shown
    gap: float  # 0 to 1
    steps: int | None  # on the shortest published path to the goal; None where there is none
    reach: float  # 0 to 1
    vote: float  # 0 to 1
    votes: Votes | None
    priority: float  # 0 to 100
    through: tuple[str, ...]  # short names of what lies on the path between it and the goal
    years: tuple[int, ...]  # of the reports that published the path's first step
    clarify: bool  # answers differ widely: talk about why first


@dataclass(frozen=True)
class Experiment:
    """One of the next experiments that a report proposes."""

    priority: Priority
    advice: Advice  # what to do at the team's level
    in_top: int  # in how many of ten redraws it is among the first three


@dataclass(frozen=True)
class Plan:
    """What to try next, and everything that speaks for and against it."""

    goal: str  # one of assessments.models.Goal
    experiments: tuple[Experiment, ...]  # three at most, the first one first
    ranked: tuple[Priority, ...]  # every capability with a score, highest priority first
    depends_on_discount: bool  # with a discount of 0.5 or none the first three would be others
    bottleneck: tuple[str, ...]  # keys, from the goal backwards, each the lowest driver of the one before
    drivers: tuple[str, ...]  # keys of the lowest drivers of continuous delivery, which is a result
    draws: int  # how often the scores were redrawn


@dataclass(frozen=True)
class MeasuredMetric:
    """A key metric of one service: what the team states beside what its events say."""

    key: str
    name: str  # short name
    stated: str  # the team's answer; empty where too few answered
    measured: str  # the same question answered by the events; empty where they cannot tell
    apart: int  # bands between the two; 0 where one of them is missing

    @property
    def is_finding(self) -> bool:
        """Whether the two are so far apart that it is worth finding out why (docs/method.md, 8.3)."""
        return self.apart >= 2


@dataclass(frozen=True)
class Measured:
    """What deployments and incidents of one service say about the three months before the round."""

    service: str  # empty where it has no name
    figures: Figures
    metrics: tuple[MeasuredMetric, ...]  # in the order of the questionnaire

    @property
    def first_day(self) -> dt.date:
        """Where the three months begin."""
        return dt.date.fromisoformat(self.figures.start)

    @property
    def last_day(self) -> dt.date:
        """Where they end."""
        return dt.date.fromisoformat(self.figures.end) - dt.timedelta(days=1)


@dataclass(frozen=True)
class ReportContent:
    """Everything that the page and the PDF of one assessment say."""

    organization: str
    team: str
    round: str
    closed_on: dt.date
    language: str
    invited: int | None  # None where the answers came in a file
    responded: int
    minimum: int
    previous_round: str  # empty in a first round
    questionnaire: str  # title, for people
    questionnaire_version: str  # "accelerate 1"
    questionnaire_source: str
    scoring_version: str
    edition: str  # of the published benchmarks
    edition_note: str
    categories: tuple[CategoryResult, ...]
    key_metrics: tuple[KeyMetricResult, ...]
    comments: tuple[str, ...]
    hindrances: tuple[tuple[str, str], ...]  # (capability name, "few" | "about_half" | "most")
    joined: int | None = None  # people asked now and not in the previous round; None in a first round
    left: int | None = None
    previous_in_words: bool = False  # one person joined or left, or may have: see InWords
    one_changed: bool = False  # one person differs from a round nearby that was told first: see Shown
    # why no change is called clear: "roster", "imported", "wording"; or why nothing is compared: "scoring"
    cautions: tuple[str, ...] = ()
    compared: int = 0  # capabilities whose change was tested
    left_out: tuple[str, ...] = ()  # short names of what the previous round asked about and this one does not
    past_actions: tuple[PastAction, ...] = ()
    plan: Plan | None = None  # None where too few answered
    measured: tuple[Measured, ...] = ()  # by service; empty where no events were brought in

    @cached_property
    def capabilities(self) -> tuple[CapabilityResult, ...]:
        """All capabilities, in the order of the questionnaire."""
        return tuple(capability for category in self.categories for capability in category.capabilities)

    @property
    def enough(self) -> bool:
        """Whether the team as a whole gave enough answers for anything to be shown."""
        return self.responded >= self.minimum

    def shown(self) -> Iterator[tuple[CapabilityResult, Shown]]:
        """The capabilities that can be shown, each with its result."""
        for capability in self.capabilities:
            if isinstance(capability.result, Shown):
                yield capability, capability.result

    @cached_property
    def disagreements(self) -> tuple[CapabilityResult, ...]:
        """Capabilities that the team sees very differently."""
        return tuple(c for c, r in self.shown() if r.two_camps or r.agreement == "differ_widely")

    @cached_property
    def band_counts(self) -> dict[str, int]:
        """How many capabilities have their score in each band, by the lowest band named."""
        counts: dict[str, int] = {}
        for _, result in self.shown():
            counts[result.bands[0]] = counts.get(result.bands[0], 0) + 1
        return counts

    def as_json(self) -> dict[str, Any]:
        """The content as it is frozen in a report."""
        return asdict(self) | {"closed_on": self.closed_on.isoformat()}
