"""A demo to look around in: an invented organization, six past quarters and an open round.

Everything goes through the services that real use goes through. Only the answers are invented,
by this model, in points of the agreement scale:

    rating = level + growth * quarter + drift + person + camp + statement + noise

rounded to a value of the scale, where

- *level* is the category's usual level plus what is typical of the capability in the
  organization, of the team, and of the capability in the team;
- *growth* is what the team gains a quarter, more in some capabilities than in others;
- *drift* is the capability's own ups and downs in the team, drawn anew each quarter;
- *person* is how kindly somebody judges, the same in every quarter;
- *camp* parts a team that is of two minds: every other person above, the others below;
- *statement* is how easily a statement is agreed with, the same for everybody;
- *noise* is drawn anew for every answer.

Key metrics follow the same model in bands. Three answers in a hundred are *don't know* and two are
skipped; in one team, people cannot tell anything about nearly half of the capabilities, the same
ones in every quarter. Four in five people send their answers; of the others some stop half-way.
People name as their hindrances what they rated low. One team, Kestrel, gets better and has
experiments behind it and before it; from another, Avocet, somebody leaves before the last quarter.

The same seed and the same ``now`` give the same answers. All addresses are at example.org, which
is reserved for examples, so nothing here can reach or belong to a real person.
"""

from __future__ import annotations

import datetime as dt
import json
import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from io import BytesIO
from itertools import cycle, islice
from random import Random
from typing import Any

from django.db import transaction
from django.urls import reverse

from .delivery_files import Options
from .emails import site_address
from .instrument import Capability, Instrument
from .models import (
    ActionState,
    Invitation,
    Organization,
    OrganizationMembership,
    OrganizationRole,
    Questionnaire,
    Response,
    Round,
    Team,
    TeamRole,
    User,
)
from .models.schedules import QUARTERLY
from .queries import load_instrument
from .scale import DONT_KNOW, Answer, Scale
from .schedule import quarter_of
from .services import actions, coaches, deliveries, people, rounds, schedules
from .services.responses import COMMENT, HINDRANCES, save_response
from .tokens import response_of

ORGANIZATION = "Aviary"
PASSWORD = "accelerate-demo"  # noqa: S105  it opens a demo, and is printed for everybody to use
ADMINISTRATOR, COACH, LEAD, MEMBER = "Ada", "Cleo", "Lee", "Mia"
"""Who can sign in. All others only answer."""

PAST_QUARTERS = 6
QUARTER_MONTHS = 3
DAYS_OPEN = 14
DAYS_SINCE_OPENING = 4  # of the open round, so that some have answered and ten days are left
LATEST_OPENING = dt.timedelta(days=75)  # into a quarter, so that a past round ends in its quarter

SENT = 0.8  # share of those invited who send their answers
SENT_SO_FAR = 0.5  # the same in the open round
STOPPED = 0.4  # share of the others who stop half-way
SKIPPED, UNSURE = 0.02, 0.03  # shares of questions left open, and answered with don't know

CATEGORY_LEVELS = {
    "continuous_delivery_practices": 4.3,
    "architecture": 4.4,
    "product_and_process": 4.6,
    "lean_management_and_monitoring": 4.3,
    "culture": 5.2,
}
USUAL_LEVEL = 4.5
METRIC_LEVELS = {
    "lead_time": 3.4,
    "deployment_frequency": 3.3,
    "time_to_restore": 4.2,
    "change_failure_rate": 4.8,
}
USUAL_BAND = 3.5

# Standard deviations in points, and in bands for key metrics
CAPABILITY_SD, TEAM_SD, DRIFT_SD, PERSON_SD, STATEMENT_SD, NOISE_SD = 0.5, 0.5, 0.15, 0.5, 0.25, 0.8


@dataclass(frozen=True)
class TeamPlan:
    """A team of the demo, and what is particular about it."""

    name: str
    group: str
    size: int
    level: float = 0.0  # points above or below the others
    growth: float = 0.0  # points a quarter
    camps: float = 0.0  # points by which each camp is off the middle
    unseen: float = 0.0  # share of capabilities that somebody can tell nothing about
    comments: int = 1  # a round
    renamed: str = ""  # its name from the middle of the past quarters on
    sent_so_far: int | None = None  # in the open round; None draws it
    leaves_before: int | None = None  # the past quarter, counted from 0, before which the last one leaves


KESTREL = TeamPlan("Team Kestrel", "Hill", 8, level=-0.8, growth=0.3, comments=4, sent_so_far=5)
"""Five of eight have answered the open round: the next answer matters, and can still be given."""

TEAMS = (
    KESTREL,
    TeamPlan("Team Robin", "Hill", 7),
    TeamPlan("Team Avocet", "Shore", 9, level=0.3, comments=3, leaves_before=PAST_QUARTERS - 1),
    TeamPlan("Team Heron", "Shore", 12, level=0.7, comments=4),
    TeamPlan("Team Wren", "Shore", 3, level=0.2),  # too small to be shown, ever
    TeamPlan("Team Duckling", "Woods", 8, level=-0.3, comments=2, renamed="Team Swan"),
    TeamPlan("Team Magpie", "Woods", 10, camps=1.7, comments=3),
    TeamPlan("Team Owl", "Woods", 11, unseen=0.45),
)


@dataclass(frozen=True)
class Try:
    """An experiment of Team Kestrel: decided in one past quarter, looked back on in the next."""

    quarter: int  # counted from 0
    capability: str
    title: str
    state: ActionState = ActionState.OPEN
    outcome: str = ""


TRIES = (
    Try(
        PAST_QUARTERS - 3,
        "wip_limits",
        "No more than four stories in progress, and a card on the wall for each exception",
        ActionState.KEPT,
        "Three exceptions in the whole quarter. What we start we now finish within a week.",
    ),
    Try(
        PAST_QUARTERS - 3,
        "trunk_based_development",
        "Merge every branch on the day it was made",
        ActionState.CHANGED,
        "A day was too short for changes of the database. We allow two days for those.",
    ),
    Try(
        PAST_QUARTERS - 2,
        "test_automation",
        "Whoever mends a fault first writes the test that would have found it",
        ActionState.KEPT,
        "Eleven new tests. Two of them have failed since, before anybody else noticed.",
    ),
    Try(
        PAST_QUARTERS - 2,
        "customer_feedback",
        "One hour a fortnight beside somebody who uses what we build",
        ActionState.DROPPED,
        "We met two people and then nobody had time. We want to try it again with an invitation.",
    ),
    Try(PAST_QUARTERS - 1, "small_batches", "Cut every story until it fits into two days"),
    Try(PAST_QUARTERS - 1, "deployment_automation", "One command that deploys, for all three environments"),
)

NAMES = (
    "Aiko Amir Anouk Arun Astrid Bela Bram Carlos Chidi Clara Dalia Dario Diego Edda Elif Emil Esra Farid "
    "Fatou Felix Freya Gita Goran Greta Hana Hugo Ida Imani Ines Ivo Jana Jonas Juno Kaito Karim Kira "
    "Lars Leila Lucia Luka Malik Marta Mateo Nadia Nils Noor Olga Omar Pavel Pia Priya Quinn Rafa Rosa "
    "Ruth Samir Selma Sofia Tariq Tilda Tomas Uma Vera Wanda Yara Yusuf Zita"
).split()

COMMENTS = (
    "Pairing on the release script helped me a lot. Thank you for taking the time.",
    "I would like us to finish one thing before we start the next.",
    "Our stand-up has become shorter and better. Let us keep it that way.",
    "The tests take too long, so I run them less often than I should.",
    "I never felt blamed when something of mine broke. That is worth a lot.",
    "We talk about small changes, but the big ones still wait in branches.",
    "The board shows our work well. What it does not show is what we wait for.",
    "More time for learning would be welcome, even one afternoon in two weeks.",
    "I learned more from our last incident review than from any course.",
    "It is not clear to me who decides which tools we use.",
    "Talking with the people who use what we build was the best part of this quarter.",
    "Deployments on a Friday no longer scare me.",
    "We could ask the security people earlier. They were glad when we did.",
    "Test data is what costs me most time.",
    "I am proud of how we helped the new colleagues to settle in.",
    "Too many meetings in the mornings, when I could concentrate best.",
    "The new dashboard is good. Now we should look at it together.",
    "Reviews come quickly, and they are kind.",
    "I often do not know why something is urgent.",
    "Let us try the experiment with smaller stories for another quarter.",
    "Waiting for approval from outside takes longer than the work itself.",
    "Thank you for reading these. It made a difference last time.",
    "We should write down what we agreed on. I keep forgetting half of it.",
    "It is easier to say no to new work since we have a limit.",
)


@dataclass(frozen=True)
class Demo:
    """What was made."""

    organization: Organization
    past: tuple[Round, ...]
    open: Round  # its mails are still to be queued


@dataclass(frozen=True)
class ModelPerson:
    """Somebody who answers, with what stays the same about them over the quarters."""

    email: str
    kindness: float  # points
    camp: int  # 1 or -1
    unseen: frozenset[str]  # capabilities and key metrics that they can tell nothing about


@dataclass
class ModelTeam:
    """A team with the parts of the model that stay the same over the quarters."""

    plan: TeamPlan
    row: Team
    people: list[ModelPerson]
    levels: dict[str, float]  # by capability or key metric
    growth: dict[str, float]
    comments: Iterable[str]


# --- Reading ----------------------------------------------------------------------------------


def address_of(name: str) -> str:
    """The e-mail address of somebody in the demo."""
    return f"{name.lower()}@example.org"


def find_demo() -> Organization | None:
    """The organization of the demo. No real one has an administrator at example.org."""
    membership = OrganizationMembership.objects.filter(
        organization__name=ORGANIZATION, user__email=address_of(ADMINISTRATOR)
    ).select_related("organization")
    found = membership.first()
    return found.organization if found else None


def respondent_link(now: dt.datetime) -> str | None:
    """A link to answer as somebody of Team Kestrel who has not sent their answers yet.

    None when there is no demo, none of its rounds is open, or everybody has answered. The link is
    derived anew, as for a mail, and the same until its answers are sent.
    """
    invitations = Invitation.objects.filter(
        assessment__round__organization=find_demo(),
        assessment__round__closed_at=None,
        assessment__round__closes_at__gt=now,
        assessment__team_name=KESTREL.name,
        token_hash__isnull=False,
        email__endswith="@example.org",
    ).select_related("assessment__round")
    for invitation in invitations.order_by("email"):
        token = rounds.link_token(invitation, invitation.assessment.round)
        if not _response(token).complete:
            return site_address(reverse("respond_enter", args=[token]))
    return None


def _response(token: str) -> Response:
    return Response.objects.get(pk=response_of(token))


def introduction(now: dt.datetime) -> str:
    """What to tell somebody who starts the demo; empty when there is none."""
    if find_demo() is None:
        return ""
    roles = {
        ADMINISTRATOR: "administers the organization",
        COACH: "coaches its teams",
        LEAD: f"leads {KESTREL.name}",
        MEMBER: f"is a member of {KESTREL.name}",
    }
    lines = [f'The demo\'s people sign in at {site_address("/")} with the password "{PASSWORD}":']
    lines += [f"  {address_of(name):<18} {role}" for name, role in roles.items()]
    link = respondent_link(now)
    if link:
        lines += [f"To answer the open round as somebody of {KESTREL.name}, without signing in:", f"  {link}"]
    return "\n".join(lines)


# --- Making -----------------------------------------------------------------------------------


@transaction.atomic
def create(*, questionnaire: Questionnaire, seed: int, now: dt.datetime) -> Demo:
    """Make the whole demo, or nothing.

    One transaction, so what keeps links and answers of an open round apart on PostgreSQL (two
    transactions, see ``open_round``) is lost here; these people are invented.
    """
    chance = Random(seed)  # noqa: S311  it invents answers and guards nothing
    instrument = load_instrument(questionnaire)
    organization = people.create_organization(name=ORGANIZATION)
    administrator = add_officials(organization)
    model = Model(instrument, chance)
    teams = _add_teams(organization, model)
    opened = now - dt.timedelta(days=DAYS_SINCE_OPENING)
    past = []
    for quarter, opens_at in enumerate(past_openings(opened)):
        if quarter == PAST_QUARTERS // 2:
            _rename(teams)
        _let_go(teams, quarter)
        of = ask(organization, questionnaire, opens_at, administrator)
        _answer(of, teams, model, quarter, opens_at + dt.timedelta(days=2), so_far=False)
        end(of, administrator)
        past.append(of)
    _experiment(teams[TEAMS.index(KESTREL)].row, past, instrument)
    _deliver(teams[TEAMS.index(KESTREL)].row, past, now)
    current = ask(organization, questionnaire, opened, administrator)
    go_on_asking(organization, questionnaire, now)
    _answer(current, teams, model, PAST_QUARTERS, now, so_far=True)
    care(organization, Team.objects.filter(name__in=IN_CARE), past[-1], now)
    return Demo(organization, tuple(past), current)


def past_openings(opened: dt.datetime, quarters: int = PAST_QUARTERS) -> list[dt.datetime]:
    """When the rounds of the quarters before ``opened`` were opened, oldest first, one in each quarter."""
    into = min(opened - _quarter_start(opened, 0), LATEST_OPENING)
    return [_quarter_start(opened, -back) + into for back in range(quarters, 0, -1)]


def _quarter_start(moment: dt.datetime, shift: int) -> dt.datetime:
    """The first moment of the quarter that lies ``shift`` quarters after that of ``moment``."""
    year, quarter = divmod(moment.year * 4 + (moment.month - 1) // QUARTER_MONTHS + shift, 4)
    return dt.datetime(year, quarter * QUARTER_MONTHS + 1, 1, tzinfo=moment.tzinfo)


def round_name(opened: dt.datetime) -> str:
    """The name of the round that is opened then, as a schedule would call it: ``2026 Q3``."""
    return f"{opened.year} Q{quarter_of(opened.month)}"


def add_officials(organization: Organization) -> User:
    """The administrator and the coach; the administrator is who does all that follows."""
    for name, role in ((ADMINISTRATOR, OrganizationRole.ADMINISTRATOR), (COACH, OrganizationRole.COACH)):
        membership = people.set_organization_role(
            organization=organization, email=address_of(name), name=name, role=role, by=None
        )
        let_in(membership.user)
    return User.objects.get(email=address_of(ADMINISTRATOR))


def let_in(user: User) -> None:
    """Give the person the demo's password."""
    user.set_password(PASSWORD)
    user.save()


def _add_teams(organization: Organization, model: Model) -> list[ModelTeam]:
    """The tree of teams. Nobody is said to do it, as it would fill the log with what happens only now."""
    groups = {
        name: people.create_group(organization=organization, name=name, by=None)
        for name in dict.fromkeys(plan.group for plan in TEAMS)
    }
    names = iter(NAMES)
    teams = []
    for plan in TEAMS:
        row = people.create_team(organization=organization, name=plan.name, group=groups[plan.group], by=None)
        known = [LEAD, MEMBER] if plan is KESTREL else []
        members = [*known, *islice(names, plan.size - len(known))]
        _add_members(row, members)
        teams.append(model.team(plan, row, members))
    return teams


def _add_members(team: Team, names: Sequence[str]) -> None:
    """Put them on the roster; the first one leads the team."""
    for name in names:
        role = TeamRole.LEAD if name == names[0] else TeamRole.MEMBER
        membership = people.add_to_team(team=team, email=address_of(name), name=name, role=role, by=None)
        if name in (LEAD, MEMBER):
            let_in(membership.user)


def _rename(teams: list[ModelTeam]) -> None:
    for team in teams:
        if team.plan.renamed:
            people.change_team(team=team.row, name=team.plan.renamed, group=team.row.group, by=None)


def _let_go(teams: list[ModelTeam], quarter: int) -> None:
    """Take those off their rosters who leave before this quarter."""
    for team in teams:
        if team.plan.leaves_before == quarter:
            leaver = team.people.pop()
            membership = team.row.memberships.get(user__email=leaver.email)
            people.remove_from_team(membership=membership, by=None)


def _experiment(kestrel: Team, past: Sequence[Round], instrument: Instrument) -> None:
    """Write Kestrel's experiments down after each quarter, and what came of them after the next one."""
    lead = User.objects.get(email=address_of(LEAD))
    known = {capability.key for capability in instrument.capabilities}
    for one in TRIES:
        if one.capability not in known:
            continue
        decided = past[one.quarter]
        action = actions.start_action(
            team=kestrel,
            round=decided,
            capability_key=one.capability,
            title=one.title,
            by=lead,
            owner=lead,
            now=decided.closes_at,
        )
        if one.state != ActionState.OPEN:
            actions.finish_action(
                action=action,
                state=one.state,
                outcome=one.outcome,
                by=lead,
                now=past[one.quarter + 1].closes_at,
            )


def ask(
    organization: Organization,
    questionnaire: Questionnaire,
    opens_at: dt.datetime,
    by: User,
    reminders: int = rounds.DEFAULT_REMINDERS,
) -> Round:
    """Open the round of a quarter."""
    of = rounds.create_round(
        organization=organization,
        questionnaire=questionnaire,
        name=round_name(opens_at),
        opens_at=opens_at,
        closes_at=opens_at + dt.timedelta(days=DAYS_OPEN),
        team_first_days=0,  # so that Ada and Cleo can look at a round that was closed just now
        reminders=reminders,
        by=None,
    )
    rounds.open_round(round=of, by=by, now=opens_at)
    return of


def end(of: Round, by: User) -> None:
    """Close a round of the past, about which nobody gets a mail any more."""
    rounds.close_round(round=of, by=by, now=of.closes_at)
    Round.objects.filter(pk=of.pk).update(team_told=True, coaches_told=True)


def go_on_asking(organization: Organization, questionnaire: Questionnaire, now: dt.datetime) -> None:
    """From now on rounds come by themselves, on the first of each quarter."""
    schedules.set_schedule(
        organization=organization,
        questionnaire=questionnaire,
        months=QUARTERLY,
        day=1,
        time=dt.time(9),
        days_open=DAYS_OPEN,
        reminders=2,
        team_first_days=2,
        is_active=True,
        by=None,
        now=now,
    )


def _answer(
    of: Round, teams: list[ModelTeam], model: Model, quarter: int, now: dt.datetime, *, so_far: bool
) -> None:
    """Let the people of all teams answer by their links, as many as do by then."""
    invitations = Invitation.objects.filter(assessment__round=of)
    tokens = {invitation.email: rounds.link_token(invitation, of) for invitation in invitations}
    for team in teams:
        for person, answers, complete in model.responses(team, quarter, so_far=so_far):
            save_response(token=tokens[person.email], answers=answers, complete=complete, now=now)


# --- The model of the answers -----------------------------------------------------------------


class Model:
    """Draws what people answer; the module's docstring says how."""

    def __init__(self, instrument: Instrument, chance: Random) -> None:
        self.instrument = instrument
        self.chance = chance
        self.levels = {
            capability.key: CATEGORY_LEVELS.get(category.key, USUAL_LEVEL) + self.draw(CAPABILITY_SD)
            for category in instrument.categories
            for capability in category.capabilities
        } | {metric.key: METRIC_LEVELS.get(metric.key, USUAL_BAND) for metric in instrument.key_metrics}
        self.ease = {statement.key: self.draw(STATEMENT_SD) for statement in instrument.statements}

    def draw(self, sd: float) -> float:
        """A number around zero."""
        return self.chance.gauss(0, sd)

    def team(self, plan: TeamPlan, row: Team, names: Sequence[str]) -> ModelTeam:
        """What stays the same about a team and its people."""
        members = [self.person(plan, name, number) for number, name in enumerate(names)]
        levels = {key: level + plan.level + self.draw(TEAM_SD) for key, level in self.levels.items()}
        growth = {key: plan.growth * self.chance.uniform(0.4, 1.6) for key in self.levels}
        own_order = self.chance.sample(COMMENTS, len(COMMENTS))
        return ModelTeam(plan, row, members, levels, growth, cycle(own_order))

    def person(self, plan: TeamPlan, name: str, number: int) -> ModelPerson:
        """Somebody of a team; every other one is of the camp that judges kindly."""
        camp = 1 if number % 2 else -1
        return ModelPerson(address_of(name), self.draw(PERSON_SD), camp, self._some(plan.unseen))

    def _some(self, share: float) -> frozenset[str]:
        return frozenset(key for key in self.levels if self.chance.random() < share)

    def responses(
        self, team: ModelTeam, quarter: int, *, so_far: bool
    ) -> Iterator[tuple[ModelPerson, dict[str, Any], bool]]:
        """Who of a team answers in a quarter, what, and whether it is sent."""
        drift = self.drift()
        sent, stopped = self.turnout(team, so_far=so_far)
        comments = list(islice(team.comments, min(team.plan.comments, len(sent))))
        for person in sent:
            answers = self.answers(team, person, quarter, drift)
            answers[HINDRANCES] = self.hindrances(answers) or None
            answers[COMMENT] = comments.pop() if comments else None
            yield person, answers, True
        for person in stopped:
            yield person, self.first_part(self.answers(team, person, quarter, drift)), False

    def drift(self) -> dict[str, float]:
        """A quarter's ups and downs in one team."""
        return {key: self.draw(DRIFT_SD) for key in self.levels}

    def turnout(self, team: ModelTeam, *, so_far: bool) -> tuple[list[ModelPerson], list[ModelPerson]]:
        """Who sends their answers, and who stops half-way."""
        # those who can sign in have not answered the open round yet: it is theirs to try
        able = [person for person in team.people if not so_far or person.email not in SIGN_IN_ADDRESSES]
        sent = self.chance.sample(able, self._number_sent(team, so_far=so_far))
        # Kestrel's link in the open round starts with an empty questionnaire
        is_theirs = so_far and team.plan.name == KESTREL.name
        rest = [] if is_theirs else [person for person in able if person not in sent]
        return sent, [person for person in rest if self.chance.random() < STOPPED]

    def _number_sent(self, team: ModelTeam, *, so_far: bool) -> int:
        if so_far and team.plan.sent_so_far is not None:
            return team.plan.sent_so_far
        return math.floor(len(team.people) * (SENT_SO_FAR if so_far else SENT) + self.chance.random())

    def answers(
        self, team: ModelTeam, person: ModelPerson, quarter: int, drift: dict[str, float]
    ) -> dict[str, Any]:
        """One person's answers to all statements and key metrics, but for those they skip."""
        common = person.kindness + person.camp * team.plan.camps
        given: dict[str, Any] = {}
        for capability in self.instrument.capabilities:
            level = self._level(team, capability.key, quarter, drift) + common
            for statement in capability.statements:
                answer = self._answer(level + self.ease[statement.key], self.instrument.scale)
                if statement.reversed and isinstance(answer, int):
                    answer = self.instrument.scale.low + self.instrument.scale.high - answer
                given[statement.key] = DONT_KNOW if capability.key in person.unseen else answer
        for metric in self.instrument.key_metrics:
            level = self._level(team, metric.key, quarter, drift) + person.kindness / 2
            given[metric.key] = self._answer(level, metric.scale)
        return {key: value for key, value in given.items() if self.chance.random() >= SKIPPED}

    def _level(self, team: ModelTeam, key: str, quarter: int, drift: dict[str, float]) -> float:
        return team.levels[key] + team.growth[key] * quarter + drift[key]

    def _answer(self, level: float, scale: Scale) -> Answer:
        value = round(level + self.draw(NOISE_SD))
        return DONT_KNOW if self.chance.random() < UNSURE else min(max(value, scale.low), scale.high)

    def first_part(self, answers: dict[str, Any]) -> dict[str, Any]:
        """The answers up to where somebody stopped."""
        return dict(islice(answers.items(), math.ceil(len(answers) * self.chance.uniform(0.1, 0.9))))

    def hindrances(self, answers: dict[str, Any]) -> list[str]:
        """Up to three capabilities that the person rated low, in the order of the questionnaire."""
        ratings = {c.key: self._rating(c, answers) + self.draw(1) for c in self.instrument.capabilities}
        number = self.chance.randrange(4)
        worst = sorted(ratings, key=lambda key: ratings[key])[:number]
        return [key for key in ratings if key in worst]

    def _rating(self, capability: Capability, answers: dict[str, Any]) -> float:
        """What the person thinks of a capability; the middle where they did not say."""
        scale = self.instrument.scale
        values = [
            scale.low + scale.high - value if statement.reversed else value
            for statement in capability.statements
            if isinstance(value := answers.get(statement.key), int)
        ]
        return sum(values) / len(values) if values else (scale.low + scale.high) / 2


SIGN_IN_ADDRESSES = frozenset(address_of(name) for name in (ADMINISTRATOR, COACH, LEAD, MEMBER))


# --- Deliveries ---------------------------------------------------------------------------------


def _deliver(kestrel: Team, past: Sequence[Round], now: dt.datetime) -> None:
    """Bring in what Kestrel's pipeline would have sent since before the first round, and measure it."""
    lines = "\n".join(json.dumps(event) for event in _deliveries(past[0].opens_at, now))
    stream = BytesIO(lines.encode())
    deliveries.load_deliveries(team=kestrel, stream=stream, options=Options("shop"), by=None, now=now)
    # rounds that closed long ago are not measured anew by what is brought in
    deliveries.freeze(assessments=kestrel.assessments.exclude(round__closed_at=None))


def _deliveries(opened: dt.datetime, now: dt.datetime) -> Iterable[dict[str, Any]]:
    """Ever more deployments of ever younger commits; one in seven breaks something and is mended at once."""
    chance = Random(1)  # noqa: S311  of its own, so that the answers stay what they are without it
    begin = opened - dt.timedelta(days=100)
    finished, number = begin, 0
    while True:
        pace = 9 - 6 * (finished - begin) / (now - begin)  # days between two, on average: from nine to three
        finished += dt.timedelta(days=chance.uniform(0.2, 1.8) * pace)
        if finished >= now:
            return
        number += 1
        ages = [chance.uniform(0.1, 1.5) * pace for _ in range(chance.randint(1, 6))]  # days
        commits = [(finished - dt.timedelta(days=age)).isoformat() for age in ages]
        yield _release(f"run-{number}", finished, commits=commits)
        if chance.random() < 1 / 7:
            found = finished + dt.timedelta(hours=chance.uniform(0.2, 4))
            mended = found + dt.timedelta(hours=chance.uniform(0.5, 30))
            if mended < now:
                yield {
                    "kind": "incident",
                    "key": f"INC-{number}",
                    "deployment": f"run-{number}",
                    "started_at": found.isoformat(),
                    "resolved_at": mended.isoformat(),
                }
                yield _release(f"run-{number}-again", mended, unplanned=True)


def _release(key: str, finished: dt.datetime, **more: Any) -> dict[str, Any]:
    return {"kind": "deployment", "key": key, "finished_at": finished.isoformat(), **more}


# --- The coach ----------------------------------------------------------------------------------

IN_CARE = ("Team Kestrel", "Team Magpie", "Team Owl")
NOTE = (
    "They merge daily now and are proud of it. Next time: ask Lee who could deploy while he is on holiday, "
    "and leave time for the two who said little."
)


def care(organization: Organization, teams: Iterable[Team], last: Round, now: dt.datetime) -> None:
    """These teams are in the coach's care; a note about Kestrel, and a last visit before the last results."""
    coach = User.objects.get(email=address_of(COACH))
    coaches.choose_care(organization=organization, teams=list(teams), by=coach)
    kestrel = Team.objects.get(organization=organization, name=KESTREL.name)
    coaches.write_note(team=kestrel, text=NOTE, by=coach, now=now - dt.timedelta(days=6))
    coaches.mark_seen(organization=organization, until=last.opens_at, by=coach, now=now)
