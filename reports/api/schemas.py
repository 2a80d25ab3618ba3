"""What programs are answered. A name here is a promise: /api/v1/ may gain fields, never lose or change one.

Results are made of what ``reports.content`` holds, which is fit to be shown; what is not has a type without
any number of its own.
"""

import datetime as dt
from typing import Annotated, Literal

from ninja import Schema
from pydantic import ConfigDict, Field

from assessments import access, deliveries
from assessments.models import Action, Assessment, Group, Round, Team
from assessments.queries import Participation

from .. import content

INVITED = "People asked; 0 where imported: that is not known."
IMPORTED = "Answered elsewhere and brought in from a file."


class Answer(Schema):
    """Something in an answer. All its fields are always there."""

    model_config = ConfigDict(from_attributes=True, json_schema_serialization_defaults_required=True)


class Problem(Answer):
    """Why there is no answer (RFC 9457)."""

    title: str
    detail: str = Field(description="A sentence for people: what is wrong, and what to do.")
    status: int


# --- Who is where -------------------------------------------------------------------------------


class OrganizationName(Answer):
    """An organization."""

    slug: str
    name: str


class OwnTeam(Answer):
    """A team that the token's person is on."""

    slug: str
    name: str
    organization: OrganizationName


class Reader(Answer):
    """The token that was shown, and where its person has a role."""

    name: str
    scopes: list[str]
    expires_at: dt.datetime
    organizations: list[OrganizationName] = Field(description="In which the person has a role.")
    teams: list[OwnTeam] = Field(description="That the person is on.")


class TeamInList(Answer):
    """A team."""

    slug: str
    name: str
    group: str | None = Field(description="Slug of the group that it is in.")
    people: int
    archived_at: dt.datetime | None

    @staticmethod
    def resolve_group(team: Team) -> str | None:
        return team.group.slug if team.group else None


class GroupInList(Answer):
    """A node of the tree of groups."""

    slug: str
    name: str
    parent: str | None = Field(description="Slug of the group above it.")

    @staticmethod
    def resolve_parent(group: Group) -> str | None:
        return group.parent.slug if group.parent else None


class QuestionnaireName(Answer):
    """Where a questionnaire is found."""

    slug: str
    version: int


class RoundInList(Answer):
    """A round."""

    id: int
    name: str
    state: Literal["planned", "open", "closed"]
    questionnaire: QuestionnaireName
    opens_at: dt.datetime
    closes_at: dt.datetime
    closed_at: dt.datetime | None
    results_open_at: dt.datetime | None = Field(
        description="From when on others than the team see its results; null before the close."
    )
    minimum: int = Field(description="Answers that a result needs.")
    imported: bool = Field(description=IMPORTED)

    @staticmethod
    def resolve_state(found: Round) -> str:
        if found.is_closed:
            return "closed"
        return "open" if found.is_open else "planned"

    @staticmethod
    def resolve_results_open_at(found: Round) -> dt.datetime | None:
        return access.results_open_to_coaches(found)

    @staticmethod
    def resolve_minimum(found: Round) -> int:
        return found.minimum_responses


class RoundWithCounts(Answer):
    """A round, and how many answered in all of its teams together."""

    round: RoundInList
    teams: int
    invited: int = Field(description=INVITED)
    responded: int


class TeamParticipation(Answer):
    """How many of a team answered. Never who."""

    slug: str
    name: str = Field(description="As it was called in this round.")
    invited: int = Field(description=INVITED)
    responded: int

    @staticmethod
    def resolve_slug(count: Participation) -> str:
        return count.assessment.team.slug

    @staticmethod
    def resolve_name(count: Participation) -> str:
        return count.assessment.team_name


class RoundOfTeam(Answer):
    """A closed round in which a team took part."""

    id: int
    name: str
    closed_at: dt.datetime
    results_open_at: dt.datetime = Field(description="From when on others than the team see its results.")
    invited: int = Field(description=INVITED)
    responded: int
    imported: bool = Field(description=IMPORTED)

    @staticmethod
    def resolve_id(part: Assessment) -> int:
        return part.round_id

    @staticmethod
    def resolve_name(part: Assessment) -> str:
        return part.round.name

    @staticmethod
    def resolve_closed_at(part: Assessment) -> dt.datetime | None:
        return part.round.closed_at

    @staticmethod
    def resolve_results_open_at(part: Assessment) -> dt.datetime | None:
        return access.results_open_to_coaches(part.round)

    @staticmethod
    def resolve_imported(part: Assessment) -> bool:
        return part.round.imported


# --- Results --------------------------------------------------------------------------------------

BANDS = "One or two of mostly_disagree, mixed, mostly_agree, strongly_agree; the lowest first."
SCORE = "5 to 95 in steps of 5 or 10; 5 is 5 or less, 95 is 95 or more."


class Suppressed(Answer):
    """What too few people answered. It has no number."""

    kind: Literal["suppressed"]
    reason: Literal["too_few"] = "too_few"
    minimum: int = Field(description="Answers that would have been needed.")


class SuppressedMean(Answer):
    """A category of which less than half of the capabilities are shown. It has no number."""

    kind: Literal["suppressed"]
    reason: Literal["too_few_capabilities"] = "too_few_capabilities"
    minimum: int = Field(description="Answers that each of them would have needed.")


class InWords(Answer):
    """An earlier result that must not stand beside this one as a number: one person joined or left."""

    kind: Literal["in_words"]
    bands: list[str] = Field(description=BANDS)


class Shown(Answer):
    """The result of a capability. A rough one has no interval and nothing about agreement."""

    kind: Literal["shown"]
    n: int = Field(description="People with a score.")
    score: int = Field(description=SCORE)
    low: int | None = Field(description="Lower end of the 90 % interval, rounded outward.")
    high: int | None
    bands: list[str] = Field(description=BANDS)
    agreement: str = Field(description="close, some_spread, differ_widely, or empty.")
    two_camps: bool = Field(description="Always false where agreement is empty: it is not told.")
    dont_know: int | None = Field(description="Percent, rounded to 10; only where it is high.")


class ShownMean(Answer):
    """The mean of the shown capabilities of a category."""

    kind: Literal["shown"]
    score: int = Field(description=SCORE)
    shown: int = Field(description="How many capabilities it is made of.")
    bands: list[str] = Field(description=BANDS)


class ShownBefore(Answer):
    """What stood there last round, by its own report."""

    kind: Literal["shown"]
    score: int = Field(description=SCORE)
    bands: list[str] = Field(description=BANDS)


class ShownMetric(Answer):
    """The team's answer about a key metric."""

    kind: Literal["shown"]
    n: int
    band: int = Field(description="1 is the slowest or worst, 6 the best.")
    label: str
    meets_elite: bool


Result = Annotated[Shown | Suppressed, Field(discriminator="kind")]
Mean = Annotated[ShownMean | SuppressedMean, Field(discriminator="kind")]
Metric = Annotated[ShownMetric | Suppressed, Field(discriminator="kind")]
Before = Annotated[ShownBefore | InWords, Field(discriminator="kind")]


class Change(Answer):
    """How a result moved since last round."""

    label: str = Field(description="clear, likely or none.")
    moved: int | None = Field(description="The score less last round's; null for a category.")


class _Compared(Answer):
    key: str
    name: str
    previous: Before | None = Field(
        description="Null without a result now or then, and where it was not asked, or in other words."
    )
    change: Change | None

    @staticmethod
    def resolve_previous(found: content.CapabilityResult | content.CategoryResult) -> object:
        is_told = found.is_shown and not isinstance(found.previous, content.Suppressed)
        return found.previous if is_told else None


class CapabilityResult(_Compared):
    """One capability."""

    result: Result


class CategoryResult(_Compared):
    """One category with its capabilities."""

    result: Mean
    capabilities: list[CapabilityResult]


class KeyMetricResult(Answer):
    """One of the four key metrics, as the team states it."""

    key: str
    name: str
    result: Metric


class MeasuredMetric(Answer):
    """A key metric as a team states it and as its deliveries say it; empty where they cannot tell."""

    key: str
    stated: str
    measured: str


class Frequency(Answer):
    """How often a service was deployed."""

    deployments: int
    per_week: float


class LeadTime(Answer):
    """From commit to deployment, in hours."""

    median: float
    p85: float


class FailureRate(Answer):
    """Deployments that caused an incident. Shares from 0 to 1, with a 95 % interval."""

    failed: int
    share: float
    low: float
    high: float


class Recovery(Answer):
    """From a failed deployment to the end of its incidents, in hours; few of them have no middle."""

    deployments: int
    median: float | None

    @staticmethod
    def resolve_median(found: deliveries.Recovery) -> float | None:
        return found.median if found.deployments >= deliveries.FEW else None


class Figures(Answer):
    """What the events of one service say; null where they cannot tell (docs/deliveries.md)."""

    frequency: Frequency
    lead_time: LeadTime | None
    failure_rate: FailureRate | None
    recovery: Recovery | None
    rework: float | None


class Measured(Answer):
    """What deployments and incidents of one service say about the three months before the round."""

    service: str
    first_day: dt.date
    last_day: dt.date
    metrics: list[MeasuredMetric]
    figures: Figures


class Results(Answer):
    """A team's results in a closed round, as its page tells them to others than the team."""

    organization: str = Field(description="Its name.")
    team: str = Field(description="As it was called in this round.")
    round: str = Field(description="Its name.")
    closed_on: dt.date
    invited: int = Field(description=INVITED)
    responded: int
    imported: bool = Field(description=IMPORTED)
    minimum: int = Field(description="Answers that a result needs.")
    previous_round: str = Field(description="Empty in a first round.")
    previous_in_words: bool = Field(
        description="Exactly one person joined or left since last round, or may have."
    )
    cautions: list[str] = Field(
        description="Why no change is called clear: roster, imported, wording; "
        "or why nothing is compared: scoring."
    )
    questionnaire_version: str
    scoring_version: str
    edition: str = Field(description="Of the published reports that key metrics are compared with.")
    categories: list[CategoryResult]
    key_metrics: list[KeyMetricResult]
    measured: list[Measured] = Field(description="By service; empty where nothing else is shown either.")

    @staticmethod
    def resolve_invited(found: content.ReportContent) -> int:
        return found.invited or 0

    @staticmethod
    def resolve_imported(found: content.ReportContent) -> bool:
        return found.invited is None

    @staticmethod
    def resolve_measured(found: content.ReportContent) -> tuple[content.Measured, ...]:
        return found.measured if found.enough else ()


# --- Teams side by side ---------------------------------------------------------------------------


class Total(Answer):
    """The mean over the people of all teams of which the capability is shown."""

    score: int
    people: int
    teams: int


class ComparedCapability(Answer):
    """A capability over all teams of a round."""

    key: str
    name: str
    category: str
    total: Total | None


class LowInMost(Answer):
    """A capability that is low in more than half of the teams."""

    capability: str
    low: int
    shown: int


class LowInFew(Answer):
    """A capability that is low in one team or two, and in no other."""

    capability: str
    teams: list[str]


class Comparison(Answer):
    """A round over all of its teams. With results of too few teams, lists are empty."""

    is_possible: bool
    minimum: int = Field(description="Answers that a result needs.")
    capabilities: list[ComparedCapability]
    low_in_most: list[LowInMost]
    low_in_few: list[LowInFew]


class ComparedResult(Answer):
    """What one team said about one capability."""

    capability: str
    result: Result


class ComparedTeam(Answer):
    """A team among the others of its round. Teams stand by group and name, never by score."""

    slug: str
    name: str
    group: list[str] = Field(description="Names of its groups, from the root of the tree on.")
    results: list[ComparedResult]


# --- Experiments ----------------------------------------------------------------------------------


class RoundName(Answer):
    """A round."""

    id: int
    name: str


class Experiment(Answer):
    """What a team, or the organization itself, tries."""

    id: int
    round: RoundName = Field(description="Out of whose results it came.")
    capability: str = Field(description="The capability's key.")
    title: str
    first_step: str
    measure: str
    owner: str | None = Field(description="A name.")
    due: dt.date | None
    state: Literal["open", "kept", "changed", "dropped"]
    outcome: str
    started_at: dt.datetime
    closed_at: dt.datetime | None

    @staticmethod
    def resolve_capability(action: Action) -> str:
        return action.capability_key

    @staticmethod
    def resolve_owner(action: Action) -> str | None:
        return str(action.owner) if action.owner else None


# --- The questionnaire ----------------------------------------------------------------------------

Texts = dict[str, str]
"""One text by language: ``{"en": "Strongly agree"}``."""


class Option(Answer):
    """One answer that can be chosen."""

    value: int
    label: Texts


class Scale(Answer):
    """The answers that can be chosen, worst first."""

    options: list[Option]
    dont_know: Texts


class Statement(Answer):
    """A sentence to agree or disagree with."""

    key: str
    text: Texts
    reversed: bool = Field(description="Agreeing is worse.")


class Capability(Answer):
    """A capability and how it is asked about."""

    key: str
    name: Texts
    definition: Texts
    why: Texts
    statements: list[Statement]


class Category(Answer):
    """A family of capabilities."""

    key: str
    name: Texts
    description: Texts
    capabilities: list[Capability]


class KeyMetric(Answer):
    """One of the four key metrics and how it is asked about."""

    key: str
    name: Texts
    question: Texts
    scale: Scale


class Questionnaire(Answer):
    """A published version of a questionnaire, each text in all of its languages."""

    slug: str
    version: int
    languages: list[str]
    title: Texts
    introduction: Texts
    source: Texts
    scale: Scale = Field(description="For all statements.")
    categories: list[Category]
    key_metrics: list[KeyMetric]
