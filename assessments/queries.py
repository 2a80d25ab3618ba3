"""Reads that span models."""

import datetime as dt
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any
from zoneinfo import ZoneInfo

from allauth.mfa.models import Authenticator
from auditlog.models import LogEntry
from django.conf import settings
from django.contrib.contenttypes.models import ContentType
from django.db.models import Count, Exists, F, Max, Min, OuterRef, Prefetch, Q, QuerySet

from .access import is_open_to_coaches, results_open_to_coaches
from .instrument import Capability, Category, Instrument, KeyMetric, LevelAdvice, Statement
from .models import (
    Action,
    ActionState,
    Assessment,
    CoachNote,
    Deployment,
    Group,
    Incident,
    Invitation,
    Mail,
    MailKind,
    MailState,
    MessageState,
    Organization,
    OrganizationRole,
    Questionnaire,
    Response,
    Round,
    Score,
    ScoreKind,
    Team,
    TeamMembership,
    TeamRole,
    User,
    Visit,
    Webhook,
    WebhookMessage,
    usable_by,
)
from .models import Capability as CapabilityRow
from .models import Category as CategoryRow
from .scale import Option, Scale

NEWS = dt.timedelta(days=60)
"""So long after its close a round's results are worth a mail; longer than teams have them to themselves."""

_instruments: dict[str, Instrument] = {}
"""Published questionnaires by digest. They never change, so they are read once a process."""


def load_instrument(questionnaire: Questionnaire) -> Instrument:
    """The questionnaire as data."""
    found = _instruments.get(questionnaire.digest)
    if found is None:
        # one for all threads: what is kept for it is found at once, for an equal one by comparing all of it
        found = _instruments.setdefault(questionnaire.digest, _read_instrument(questionnaire))
    return found


def _scale(data: dict[str, Any]) -> Scale:
    return Scale(options=tuple(Option(**option) for option in data["options"]), dont_know=data["dont_know"])


def _read_instrument(questionnaire: Questionnaire) -> Instrument:
    capabilities = CapabilityRow.objects.prefetch_related("statements")
    categories = CategoryRow.objects.filter(questionnaire=questionnaire).prefetch_related(
        Prefetch("capabilities", queryset=capabilities)
    )
    return Instrument(
        slug=questionnaire.slug,
        version=questionnaire.version,
        languages=tuple(questionnaire.languages),
        title=questionnaire.title,
        introduction=questionnaire.introduction,
        source=questionnaire.source,
        scale=_scale(questionnaire.scale),
        categories=tuple(
            Category(
                key=category.key,
                name=category.name,
                description=category.description,
                advice=category.advice,
                capabilities=tuple(_capability(row) for row in category.capabilities.all()),
            )
            for category in categories
        ),
        key_metrics=tuple(
            KeyMetric(
                key=row.key,
                name=row.name,
                short_name=row.short_name,
                question=row.question,
                definition=row.definition,
                why=row.why,
                scale=_scale(row.scale),
                elite_from=row.elite_from,
                elite=row.elite,
                advice=row.advice,
                pitfall=row.pitfall,
                measure=row.measure,
            )
            for row in questionnaire.key_metrics.all()
        ),
        variant_of=questionnaire.family if questionnaire.family != questionnaire.slug else "",
    )


def _capability(row: CapabilityRow) -> Capability:
    return Capability(
        key=row.key,
        name=row.name,
        short_name=row.short_name,
        definition=row.definition,
        why=row.why,
        statements=tuple(
            Statement(key=statement.key, text=statement.text, reversed=statement.reversed)
            for statement in row.statements.all()
        ),
        levels={level: LevelAdvice(**texts) for level, texts in row.levels.items()},
        prerequisites=tuple(row.prerequisites),
        learn_more=row.learn_more,
        untitled=row.untitled,
    )


@dataclass(frozen=True)
class Participation:
    """How many of a team answered so far. Never who."""

    assessment: Assessment
    invited: int
    responded: int


def participation(of: Round, team: Team | None = None) -> list[Participation]:
    """Participation by team, in alphabetical order; frozen figures once the round has closed."""
    assessments = Assessment.objects.filter(round=of).select_related("team").order_by("team_name", "pk")
    if team:
        assessments = assessments.filter(team=team)
    if of.is_closed:
        return [Participation(found, found.invited, found.responded) for found in assessments]
    return participation_so_far(assessments)


def participation_so_far(assessments: QuerySet[Assessment]) -> list[Participation]:
    """The same for assessments of open rounds: two queries, however many they are."""
    counted = assessments.annotate(asked=Count("invitations"))
    responded = dict(
        Response.objects.filter(assessment__in=assessments.order_by(), complete=True)
        .values_list("assessment")
        .annotate(number=Count("pk"))
        .order_by()
    )
    return [Participation(found, found.asked, responded.get(found.pk, 0)) for found in counted]


def due_rounds(now: dt.datetime) -> QuerySet[Round]:
    """Open rounds whose window has ended."""
    return Round.objects.filter(closes_at__lte=now, closed_at__isnull=True).exclude(salt="").order_by("pk")


def open_rounds(organization: Organization) -> QuerySet[Round]:
    """The rounds that take answers, the one that closes last first."""
    rounds = Round.objects.filter(organization=organization, closed_at=None).exclude(salt="")
    return rounds.select_related("organization").order_by("-closes_at")


def half_opened_rounds(organization: Organization) -> list[Round]:
    """Open rounds in which somebody was invited and has nothing to answer in: a crash came in between."""
    return [
        found
        for found in open_rounds(organization)
        if Invitation.objects.filter(assessment__round=found).count()
        > Response.objects.filter(assessment__round=found).count()
    ]


def planned_round(organization: Organization) -> Round | None:
    """The round that the schedule has planned."""
    planned = Round.objects.filter(organization=organization, opens_itself=True, closed_at=None, salt="")
    return planned.select_related("organization").order_by("opens_at").first()


def due_opening(organization: Organization, now: dt.datetime) -> Round | None:
    """The planned round whose time has come. While another is open, it waits."""
    planned = planned_round(organization)
    if planned is None or planned.opens_at > now or open_rounds(organization).exists():
        return None
    return planned


def untold_rounds(organization: Organization, now: dt.datetime) -> QuerySet[Round]:
    """Closed rounds about whose results not everybody has a mail yet, while that is still news."""
    return Round.objects.filter(
        Q(team_told=False) | Q(coaches_told=False), organization=organization, closed_at__gt=now - NEWS
    )


def people_to_ask(organization: Organization) -> int:
    """How many people a round that opens now would invite; who is on two teams is asked for each."""
    return TeamMembership.objects.filter(team__organization=organization, team__archived_at=None).count()


def usable_questionnaires(organization: Organization) -> QuerySet[Questionnaire]:
    """The published questionnaires that an organization may use: everybody's and its own."""
    return Questionnaire.objects.filter(usable_by(organization)).order_by("slug", "-version")


def newest_questionnaires(organization: Organization) -> QuerySet[Questionnaire]:
    """The newest version of each questionnaire that an organization may use."""
    usable = usable_questionnaires(organization)
    newer = usable.filter(slug=OuterRef("slug"), version__gt=OuterRef("version"))
    return usable.exclude(Exists(newer))


def questionnaires_of(organization: Organization) -> QuerySet[Questionnaire]:
    """The same, all versions, each with how many of the organization's rounds ask it."""
    own = Q(rounds__organization=organization)
    return usable_questionnaires(organization).annotate(asked=Count("rounds", filter=own))


def next_version(organization: Organization, slug: str) -> int:
    """The number for what an organization publishes under a name."""
    own = Questionnaire.objects.filter(organization=organization, slug=slug)
    newest: int | None = own.aggregate(newest=Max("version"))["newest"]
    return (newest or 0) + 1


def compared_with(organization: Organization, instrument: Instrument) -> Questionnaire | None:
    """What a new version is laid beside: what the organization asked last of its family, else the newest."""
    family = Q(family=instrument.family) & ~Q(slug=instrument.slug, version=instrument.version)
    usable = usable_questionnaires(organization).filter(family)
    opened = Round.objects.filter(organization=organization, questionnaire__in=usable)
    last = opened.exclude(closed_at=None, salt="").order_by("-opens_at", "-pk").first()
    return last.questionnaire if last else usable.order_by("-published_at", "-pk").first()


def predecessor(of: Questionnaire) -> Questionnaire | None:
    """The version before; before the first of a variant, what was the newest of its family then."""
    published = Questionnaire.objects.exclude(published_at=None)
    older = published.filter(slug=of.slug, version__lt=of.version).order_by("-version").first()
    if older or of.family == of.slug:
        return older
    family = published.filter(
        Q(organization=None) | Q(organization=of.organization_id),
        family=of.family,
        published_at__lte=of.published_at,
    )
    return family.exclude(slug=of.slug).order_by("-published_at", "-pk").first()


def due_mails(now: dt.datetime) -> QuerySet[Mail]:
    """Mails whose next attempt has come, oldest first."""
    return Mail.objects.filter(state=MailState.WAITING, due_at__lte=now).order_by("pk")


def mails_of_a_day(organization: Organization, now: dt.datetime) -> int:
    """How many mails the organization has caused within 24 hours; reminders leave no rows to count."""
    recent = Mail.objects.filter(organization=organization, changed_at__gt=now - dt.timedelta(days=1))
    return recent.exclude(state=MailState.STOPPED).count()


def mail_counts(mails: QuerySet[Mail]) -> dict[str, int]:
    """How many mails are in which state, by the state's name; none that has no mail."""
    counted = dict(mails.order_by().values_list("state").annotate(number=Count("pk")))
    return {str(state.label): counted[state] for state in MailState if state in counted}


def due_messages(now: dt.datetime) -> QuerySet[WebhookMessage]:
    """Messages to other programs whose next attempt has come, oldest first."""
    due = WebhookMessage.objects.filter(state=MessageState.WAITING, due_at__lte=now)
    return due.order_by("created_at", "pk")


def webhooks_of(organization: Organization) -> QuerySet[Webhook]:
    """The addresses that are told, each with how many of its messages were ``taken``, wait and were not."""
    counts = {
        name: Count("messages", filter=Q(messages__state=state))
        for name, state in (
            ("taken", MessageState.SENT),
            ("waiting", MessageState.WAITING),
            ("given_up", MessageState.FAILED),
        )
    }
    return organization.webhooks.annotate(**counts)


def newcomers(of: Round) -> int:
    """How many people joined a roster of the round's teams and have no invitation yet."""
    invited = set(Assessment.objects.filter(round=of).values_list("team_id", "invitations__email"))
    rosters = TeamMembership.objects.filter(team__assessments__round=of).values_list("team_id", "user__email")
    return sum(1 for entry in rosters if entry not in invited)


def my_organizations(user: User) -> QuerySet[Organization]:
    """The organizations in which the user has a role."""
    return Organization.objects.filter(memberships__user=user).order_by("name")


def second_factors(user: User) -> QuerySet[Authenticator]:
    """By what else than a password the user signs in; recovery codes only stand in for these."""
    return Authenticator.objects.filter(user=user).exclude(type=Authenticator.Type.RECOVERY_CODES)


def owes_second_factor(user: User) -> bool:
    """Whether the user has to set one up, as settings.REQUIRE_SECOND_FACTOR says."""
    if not settings.REQUIRE_SECOND_FACTOR or second_factors(user).exists():
        return False
    return settings.REQUIRE_SECOND_FACTOR == "everybody" or user.organization_memberships.exists()


def log_of(organization: Organization, now: dt.datetime) -> QuerySet[LogEntry]:
    """What was done in the organization, newest first; no experiment that is still its team's alone."""
    entries = LogEntry.objects.filter(additional_data__organization=organization.pk)
    rounds = Round.objects.filter(organization=organization, closed_at__gt=now - NEWS)
    untold = Action.objects.filter(
        team__isnull=False, round__in=[of.pk for of in rounds if not is_open_to_coaches(of, now)]
    )
    content_type = ContentType.objects.get_for_model(Action)
    entries = entries.exclude(content_type=content_type, object_id__in=untold.values("pk"))
    return entries.select_related("actor", "content_type").order_by("-timestamp", "-pk")


def my_teams(user: User) -> QuerySet[Team]:
    """The teams that the user is on."""
    return (
        Team.objects.filter(memberships__user=user, archived_at=None)
        .select_related("organization")
        .order_by("organization__name", "name")
    )


def closed_assessments(team: Team) -> QuerySet[Assessment]:
    """The team's results, newest first."""
    return (
        Assessment.objects.filter(team=team, round__closed_at__isnull=False)
        .select_related("round")
        .order_by("-round__closed_at", "-pk")
    )


def assessments_before(of: Round, before: dt.datetime) -> QuerySet[Assessment]:
    """All that the round's teams were asked in rounds that closed before a moment, newest first."""
    found = Assessment.objects.filter(team__assessments__round=of, round__closed_at__lt=before)
    return found.select_related("round__questionnaire").order_by("-round__closed_at", "-pk")


def line_of(assessment: Assessment) -> QuerySet[Assessment]:
    """The team's closed parts in rounds of the same questionnaire in any version, newest first."""
    found = Assessment.objects.filter(
        team=assessment.team_id,
        round__questionnaire__family=assessment.round.questionnaire.family,
        round__closed_at__isnull=False,
    )
    return found.select_related("round__questionnaire").order_by("-round__closed_at", "-pk")


def scores_of_earlier(earlier: Sequence[Assessment]) -> QuerySet[Score]:
    """What trends need of a team's rounds, newest first, and what a comparison needs of the newest."""
    wanted = Q(assessment__in=earlier, kind=ScoreKind.CAPABILITY)
    wanted |= Q(assessment__in=earlier[:1], kind__in=[ScoreKind.CATEGORY, ScoreKind.COMPOSITE])
    return Score.objects.filter(wanted).defer("distribution")


def actions_to_review(assessment: Assessment, previous: Assessment | None) -> QuerySet[Action]:
    """The experiments that the team decided on in its last round, and older ones that still go on."""
    older = Q(state=ActionState.OPEN, round__closed_at__lt=assessment.round.closed_at)
    decided = Q(round=previous.round) if previous else Q(pk=None)
    return (
        Action.objects.filter(decided | older, team=assessment.team_id).select_related("round").order_by("pk")
    )


@dataclass(frozen=True)
class ServiceEvents:
    """What is known of one service's deliveries."""

    service: str
    deployments: int
    incidents: int
    first: dt.datetime | None  # deployment
    last: dt.datetime | None


def deliveries_of(team: Team) -> list[ServiceEvents]:
    """What is known of the team's deliveries, by service: two queries, however many events."""
    deployed = Deployment.objects.filter(team=team).values("service").order_by("service")
    broken = Incident.objects.filter(team=team).values_list("service").order_by("service")
    incidents = dict(broken.annotate(number=Count("pk")))
    found = {
        row["service"]: ServiceEvents(**row, incidents=incidents.pop(row["service"], 0))
        for row in deployed.annotate(
            deployments=Count("pk"), first=Min("finished_at"), last=Max("finished_at")
        )
    }
    found |= {name: ServiceEvents(name, 0, number, None, None) for name, number in incidents.items()}
    return sorted(found.values(), key=lambda events: events.service)


def teams_of(organization: Organization) -> QuerySet[Team]:
    """The organization's teams with the size of their rosters, by group and name."""
    return (
        Team.objects.filter(organization=organization)
        .select_related("group")
        .annotate(people=Count("memberships"))
        .order_by("group__name", "name", "pk")
    )


def rounds_of(organization: Organization) -> QuerySet[Round]:
    """The organization's rounds, newest first, with the number of teams in each."""
    rounds = Round.objects.filter(organization=organization).annotate(teams=Count("assessments"))
    return rounds.order_by("-opens_at", "-pk")


def groups_of(organization: Organization) -> QuerySet[Group]:
    """The organization's groups by name, without their parents' rows."""
    return Group.objects.filter(organization=organization).order_by("name", "pk")


def compared_assessments(of: Round) -> QuerySet[Assessment]:
    """The round's teams by name."""
    return Assessment.objects.filter(round=of).select_related("team").order_by("team_name", "pk")


def lineages(of: Round) -> dict[int, list[Assessment]]:
    """By team of the round, all its closed assessments about the same questionnaire, newest first.

    One query, however many teams; the rows hold only what tells how many people changed.
    """
    wanted = Q(
        round__organization=of.organization_id,
        round__questionnaire__family=of.questionnaire.family,
        round__closed_at__isnull=False,
    )
    rows = (
        Assessment.objects.filter(wanted, team__assessments__round=of)
        .only("team", "round", "joined", "left", "one_apart")
        .order_by("-round__closed_at", "-pk")
    )
    found: dict[int, list[Assessment]] = {}
    for row in rows:
        found.setdefault(row.team_id, []).append(row)
    return found


def capability_scores(of: Round) -> QuerySet[Score]:
    """What every team of a round said about the capabilities."""
    scores = Score.objects.filter(assessment__round=of, kind=ScoreKind.CAPABILITY)
    return scores.defer("distribution")


def comparable_rounds(of: Round) -> QuerySet[Round]:
    """The organization's rounds before a closed one that asked the same questionnaire, newest first."""
    return (
        Round.objects.filter(
            organization=of.organization_id,
            questionnaire__family=of.questionnaire.family,
            closed_at__lt=of.closed_at,
        )
        .select_related("questionnaire")
        .order_by("-closed_at", "-pk")
    )


def reported(of: Round, teams: Sequence[str]) -> QuerySet[Assessment]:
    """The round's assessments of a few teams, with all that their own pages need."""
    return Assessment.objects.filter(round=of, team__slug__in=teams).select_related(
        "round__questionnaire", "round__organization", "team"
    )


@dataclass(frozen=True)
class TeamInCare:
    """What a coach wants to know about a team at a glance."""

    team: Team
    running: list[Participation]  # the team's part in open rounds
    results: Assessment | None  # the newest that coaches may see
    waiting: dt.datetime | None  # when newer ones, which are still the team's alone, open to coaches
    experiments: list[Action]  # the open ones, what is due first in front
    due: int  # so many of them are due
    note: CoachNote | None  # the coach's newest


class NewsKind(Enum):
    """What can be new about a team."""

    RESULTS = "results"
    STARTED = "started"
    ENDED = "ended"


@dataclass(frozen=True)
class News:
    """Something that became known of a team."""

    at: dt.datetime
    kind: NewsKind
    of: Assessment | Action

    @property
    def headline(self) -> Any:
        """What its line is about: results of one round stand on one line, however many teams' they are."""
        return self.of.round if self.kind == NewsKind.RESULTS else self


@dataclass(frozen=True)
class Overview:
    """The teams in a coach's care by name, and what is new about them, newest first."""

    since: dt.datetime
    today: dt.date  # on the organization's clock
    newest: Round | None  # whose results coaches may see
    teams: list[TeamInCare]
    news: list[News]


def care_of(coach: User, organization: Organization, now: dt.datetime) -> Overview:
    """What a coach's own page shows: eight queries, however many teams.

    To whoever never marked the news as seen, that of the last 60 days is new. What came out of a
    round, experiments too, is told from when on coaches may see its results.
    """
    teams = Team.objects.filter(cares__coach=coach, organization=organization, archived_at=None)
    visit = Visit.objects.filter(coach=coach, organization=organization).first()
    since = visit.at if visit else now - NEWS
    today = now.astimezone(ZoneInfo(organization.time_zone)).date()
    closed = list(_closed_parts(teams))
    actions = [row for row in _experiments(teams, since) if _told_from(row) <= now]
    running = Assessment.objects.filter(team__in=teams, round__closed_at=None).exclude(round__salt="")
    counts = participation_so_far(running.select_related("round").order_by("round__closes_at", "pk"))
    notes = CoachNote.objects.filter(coach=coach, team__in=teams)

    parts_by, actions_by, notes_by = _by_team(closed), _by_team(actions), _by_team(notes)
    counts_by = _by_team(counts, lambda count: count.assessment)

    def about(team: Team) -> TeamInCare:
        parts = parts_by[team.pk]
        going_on = [row for row in actions_by[team.pk] if row.state == ActionState.OPEN]
        return TeamInCare(
            team=team,
            running=counts_by[team.pk],
            results=next((row for row in parts if _told_from(row) <= now), None),
            waiting=_told_from(parts[0]) if parts and _told_from(parts[0]) > now else None,
            experiments=going_on,
            due=sum(row.due is not None and row.due <= today for row in going_on),
            note=next(iter(notes_by[team.pk]), None),
        )

    news = [row for row in _news(closed, actions) if since < row.at <= now]
    news.sort(key=lambda row: row.at, reverse=True)
    closed_rounds = Round.objects.filter(organization=organization).exclude(closed_at=None)
    newest = next(
        (of for of in closed_rounds.order_by("-closed_at", "-pk") if is_open_to_coaches(of, now)), None
    )
    return Overview(since=since, today=today, newest=newest, teams=[about(team) for team in teams], news=news)


def _closed_parts(teams: QuerySet[Team]) -> QuerySet[Assessment]:
    """The teams' parts in closed rounds, newest first."""
    found = Assessment.objects.filter(team__in=teams).exclude(round__closed_at=None)
    found = found.select_related("round", "team").defer("measured", "one_apart")
    return found.order_by("-round__closed_at", "team_name", "pk")


def _experiments(teams: QuerySet[Team], since: dt.datetime) -> QuerySet[Action]:
    """The teams' experiments that are open, or whose end is told since then; what is due first in front."""
    # what ends in its team's own days is told after them
    wanted = Q(state=ActionState.OPEN) | Q(closed_at__gt=since - NEWS)
    found = Action.objects.filter(wanted, team__in=teams).exclude(round__closed_at=None)
    return found.select_related("round", "team").order_by(F("due").asc(nulls_last=True), "pk")


def _told_from(row: Assessment | Action) -> dt.datetime:
    """From when on coaches see what came out of a round that has closed."""
    at = results_open_to_coaches(row.round)
    if at is None:
        raise ValueError("the round has not closed")
    return at


def _news(closed: Iterable[Assessment], actions: Iterable[Action]) -> Iterator[News]:
    """All that ever became known, each at the moment from which on coaches see it."""
    for assessment in closed:
        yield News(_told_from(assessment), NewsKind.RESULTS, assessment)
    for action in actions:
        told_from = _told_from(action)
        yield News(max(action.started_at, told_from), NewsKind.STARTED, action)
        if action.closed_at:
            yield News(max(action.closed_at, told_from), NewsKind.ENDED, action)


def _by_team(rows: Iterable[Any], of: Callable[[Any], Any] = lambda row: row) -> dict[int, list[Any]]:
    """Rows by their team's number, in their order; an empty list for any other number."""
    found: dict[int, list[Any]] = defaultdict(list)
    for row in rows:
        found[of(row).team_id].append(row)
    return found


def open_actions(organization: Organization, team: Team | None) -> QuerySet[Action]:
    """The experiments of a team that go on, or without a team those of the organization itself."""
    return actions_of(organization, team).filter(state=ActionState.OPEN)


def actions_of(organization: Organization, team: Team | None) -> QuerySet[Action]:
    """All experiments of a team, or without a team those of the organization itself; newest round first."""
    found = Action.objects.filter(team=team, round__organization=organization)
    return found.select_related("round__questionnaire", "owner").order_by("-round__closed_at", "pk")


def team_actions(team: Team, now: dt.datetime, *, is_own: bool) -> list[Action]:
    """All experiments of a team, to others than itself those out of results that are open to them."""
    found = actions_of(team.organization, team)
    return [action for action in found if is_own or is_open_to_coaches(action.round, now)]


def capability_of(action: Action) -> Capability:
    """What an experiment is about, in the words in which its round asked about it."""
    known = load_instrument(action.round.questionnaire).capabilities
    return next(capability for capability in known if capability.key == action.capability_key)


def possible_owners(organization: Organization, team: Team | None) -> QuerySet[User]:
    """Who can take an experiment on: the people of the team, or those with a role in the organization."""
    own = User.objects.filter(team_memberships__team=team) if team else organization.members.all()
    return own.order_by("name", "email")


def last_closed_round(organization: Organization) -> Round | None:
    """The organization's newest results."""
    closed = Round.objects.filter(organization=organization, closed_at__isnull=False)
    return closed.order_by("-closed_at", "-pk").first()


HALF_WAY = dt.timedelta(days=45)
"""So long after a round's close half of the three months until the next one have passed."""

NUDGE_WITHIN = dt.timedelta(days=14)
"""So late a nudge still goes out, after a pause; an experiment that begins later gets none."""


def due_nudge(organization: Organization, now: dt.datetime) -> Round | None:
    """The newest closed round, when its people are to be asked half-way how their experiments go.

    Never one that was brought in: it makes no mails.
    """
    last = last_closed_round(organization)
    if last is None or last.closed_at is None or last.imported:
        return None
    return last if HALF_WAY <= now - last.closed_at < HALF_WAY + NUDGE_WITHIN else None


def people_to_nudge(of: Round) -> list[tuple[int, str]]:
    """Assessments and addresses: the leads of teams with open experiments, and those who own one.

    Whoever left the team is none of them, and a team that has been asked already is passed over.
    """
    going_on = Action.objects.filter(state=ActionState.OPEN, team=OuterRef("team"))
    asked = Mail.objects.filter(kind=MailKind.NUDGE, assessment__team=OuterRef("team"), round=of)
    memberships = TeamMembership.objects.filter(
        Q(role=TeamRole.LEAD) | Exists(going_on.filter(owner=OuterRef("user"))),
        Exists(going_on),
        ~Exists(asked),
        team__assessments__round=of,
        team__archived_at=None,
    ).order_by("team", "user")
    assessments = dict(Assessment.objects.filter(round=of).values_list("team_id", "pk"))
    return [(assessments[team], email) for team, email in memberships.values_list("team_id", "user__email")]


def officials_to_nudge(of: Round) -> list[str]:
    """Addresses: the owners of the organization's own open experiments; administrators for what nobody owns.

    None once somebody has been asked after this round.
    """
    owned = open_actions(of.organization, None).filter(owner=OuterRef("user"))
    nobodys = _nobodys_actions(of.organization)
    asked = Mail.objects.filter(kind=MailKind.NUDGE, assessment=None, round=of)
    memberships = of.organization.memberships.filter(
        Exists(owned) | Q(Exists(nobodys), role=OrganizationRole.ADMINISTRATOR), ~Exists(asked)
    )
    return list(memberships.order_by("user").values_list("user__email", flat=True))


def _nobodys_actions(organization: Organization) -> QuerySet[Action]:
    """The organization's own open experiments that no one with a role in it owns."""
    return open_actions(organization, None).exclude(owner__in=organization.members.all())


def actions_to_nudge(assessment: Assessment, user: User) -> QuerySet[Action]:
    """The team's open experiments, as long as the user is on the team."""
    going_on = Action.objects.filter(state=ActionState.OPEN, team=assessment.team_id)
    return going_on.filter(team__memberships__user=user).order_by("pk")


def organization_actions_to_nudge(organization: Organization, user: User) -> QuerySet[Action]:
    """The organization's own open experiments that the user sees to, as long as they have a role in it."""
    membership = organization.memberships.filter(user=user).first()
    wanted = Q(owner=user) if membership else Q(pk=None)
    if membership and membership.role == OrganizationRole.ADMINISTRATOR:
        wanted |= Q(pk__in=_nobodys_actions(organization).values("pk"))
    return open_actions(organization, None).filter(wanted)
