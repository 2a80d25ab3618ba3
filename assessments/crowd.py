"""A demo of any size: hundreds of teams in a tree of groups, and years of quarters behind them.

Made as the small demo is, by the same model of answers and through the services that real use goes
through: groups, teams, rounds, invitations, sealing, scoring, experiments, a coach's care. Three
things are written in bulk, past them: rosters; answers, laid into the empty responses of an open
round, in no order that tells anything; and the mails of the open round, which count as sent and never
are. So closing a round takes most of the time, as it does in real use.

Teams are small and large, and some are too small to be shown. In every quarter people come and go,
some teams begin and others are archived; the first is Team Kestrel. The same seed and the same ``now``
give the same answers.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import count, islice, product
from random import Random

from django.contrib.auth.hashers import make_password
from django.db import transaction

from . import demo
from .models import (
    Action,
    Group,
    Mail,
    MailState,
    Organization,
    Questionnaire,
    Response,
    Round,
    Team,
    TeamMembership,
    TeamRole,
    User,
)
from .queries import load_instrument
from .services import actions, people
from .services.mails import queue_invitations

FEWEST_TEAMS, MOST_TEAMS = 12, 2000
FEWEST_QUARTERS, MOST_QUARTERS = 2, 40

LANDSCAPES = (
    "Bay Canyon Coast Delta Desert Dunes Fells Fjord Forest Glade Heath Highland Island Lagoon Lakes "
    "Marsh Meadow Moor Plain Reef"
).split()
SIDES = ("Centre", "East", "North", "South", "West")
COLOURS = (
    "Amber Ashen Azure Black Blue Bronze Brown Buff Chestnut Cobalt Copper Coral Crimson Dappled Dusky "
    "Ebony Emerald Fair Golden Green Grey Hazel Indigo Ivory Jade Lemon Lilac Maroon Mottled Ochre Olive "
    "Pale Pearl Purple Red Rose Russet Rust Sable Sandy Scarlet Silver Snowy Spotted Tawny Teal Violet "
    "White Yellow Zebra"
).split()
BIRDS = (
    "Auk Bittern Bunting Buzzard Chough Coot Cormorant Crane Curlew Dipper Dove Dunlin Egret Falcon Finch "
    "Gannet Godwit Grebe Gull Harrier Heron Hoopoe Ibis Jay Kite Lapwing Lark Linnet Martin Merlin Osprey "
    "Pipit Plover Puffin Rook Shrike Siskin Snipe Tern Warbler"
).split()

TEAMS_A_GROUP = 20
TOO_SMALL, LATE, ARCHIVED, ABOVE, ALONE, DIVIDED, UNSEEING = 17, 11, 23, 13, 31, 29, 37
"""One team in so many is too small to be shown; begins later; is archived; belongs to a group that others
are in; belongs to none; is of two minds; has people who cannot tell about much."""

GROUP_SD, LEVEL_SD, GROWTH, GROWTH_SD = 0.25, 0.3, 0.02, 0.04
"""How groups and their teams differ, in points, and what a team gains a quarter; see the demo's model."""

LEAVES, JOINS = 0.12, 0.12
"""Shares of teams that somebody leaves, and joins, between two quarters."""

TRIES = 1 / 3
"""Share of teams that try something in each of the last quarters."""

QUARTERS_OF_TRIES = 3
IN_CARE = 12


@dataclass
class _Place:
    """Where a team stands in the tree, and in time."""

    plan: demo.TeamPlan
    group: Group | None
    begins: int  # quarter, counted from 0
    ends: int | None
    team: demo.ModelTeam | None = None  # from its first quarter on, up to its last
    lead: User | None = None
    running: list[Action] = field(default_factory=list)


@transaction.atomic
def create(
    *,
    questionnaire: Questionnaire,
    teams: int,
    quarters: int,
    seed: int,
    now: dt.datetime,
    tell: Callable[[str], object] = str,
) -> demo.Demo:
    """Make an organization of so many teams with so many closed rounds and an open one, or nothing.

    ``tell`` is given a line for each round. Raises ValueError for sizes beyond the limits.
    """
    _check("teams", teams, FEWEST_TEAMS, MOST_TEAMS)
    _check("quarters", quarters, FEWEST_QUARTERS, MOST_QUARTERS)
    organization = people.create_organization(name=demo.ORGANIZATION)
    administrator = demo.add_officials(organization)
    chance = Random(seed)  # noqa: S311  it invents answers and guards nothing
    crowd = _Crowd(organization, demo.Model(load_instrument(questionnaire), chance), teams, quarters)
    opened = now - dt.timedelta(days=demo.DAYS_SINCE_OPENING)
    past: list[Round] = []
    for quarter, opens_at in enumerate(demo.past_openings(opened, quarters)):
        crowd.enter(quarter, opens_at)
        of = demo.ask(organization, questionnaire, opens_at, administrator)
        crowd.answer(of, quarter, so_far=False)
        demo.end(of, administrator)
        past.append(of)
        if quarter >= quarters - QUARTERS_OF_TRIES:
            crowd.experiment(of, now)
        answered = of.assessments.values_list("responded", flat=True)
        tell(f"{of}: {len(answered)} teams, {sum(answered)} answers")
    crowd.enter(quarters, opened)
    current = demo.ask(organization, questionnaire, opened, administrator, reminders=0)
    demo.go_on_asking(organization, questionnaire, now)
    crowd.answer(current, quarters, so_far=True)
    queue_invitations(round=current, now=now)
    Mail.objects.filter(round=current).update(state=MailState.SENT, attempts=1)
    demo.care(organization, crowd.near_kestrel(), past[-1], now)
    return demo.Demo(organization, tuple(past), current)


def _check(what: str, number: int, least: int, most: int) -> None:
    if not least <= number <= most:
        raise ValueError(f"The number of {what} has to be from {least} to {most}.")


class _Crowd:
    """All teams, moved from quarter to quarter."""

    def __init__(self, organization: Organization, model: demo.Model, teams: int, quarters: int) -> None:
        self.organization, self.model, self.chance = organization, model, model.chance
        self.names = _names()
        known = {capability.key for capability in model.instrument.capabilities}
        self.ideas = [idea for idea in demo.TRIES if idea.capability in known]
        self.places = self._places(_add_groups(organization, teams), teams, quarters)

    def _places(self, groups: Sequence[Group], teams: int, quarters: int) -> list[_Place]:
        """Kestrel, and the others by a name that is drawn."""
        kinds = self.chance.sample(list(product(COLOURS, BIRDS)), teams - 1)
        levels = [self.model.draw(GROUP_SD) for _group in groups]
        pace = min(1, demo.PAST_QUARTERS / quarters)  # as much better at the end as in the small demo
        kestrel = replace(demo.KESTREL, growth=demo.KESTREL.growth * pace)
        places = [_Place(kestrel, groups[0], 0, None)]
        for number, kind in enumerate(kinds, start=1):
            home = number % len(groups)
            plan = demo.TeamPlan(
                name=f"Team {' '.join(kind)}",
                group=groups[home].name,
                size=3 if number % TOO_SMALL == 0 else self.chance.randint(5, 14),
                level=levels[home] + self.model.draw(LEVEL_SD),
                growth=GROWTH + self.model.draw(GROWTH_SD),
                camps=1.7 if number % DIVIDED == 0 else 0.0,
                unseen=0.45 if number % UNSEEING == 0 else 0.0,
            )
            begins = self.chance.randrange(1, quarters) if number % LATE == 0 else 0
            ends = quarters - 1 if number % ARCHIVED == 0 else None
            places.append(_Place(plan, _home(groups[home], number), begins, ends))
        return places

    def enter(self, quarter: int, at: dt.datetime) -> None:
        """What happens to the teams before a quarter's round: some begin, some end, people come and go."""
        for place in self.places:
            if place.team is None and place.begins == quarter:
                self._begin(place)
            elif place.team and place.ends == quarter:
                people.archive_team(team=place.team.row, by=None, now=at)
                place.team = None
            elif place.team:
                self._turn_over(place.team)

    def _begin(self, place: _Place) -> None:
        row = people.create_team(
            organization=self.organization, name=place.plan.name, group=place.group, by=None
        )
        known = [demo.LEAD, demo.MEMBER] if place.plan.name == demo.KESTREL.name else []
        names = [*known, *islice(self.names, place.plan.size - len(known))]
        users = _add_people(row, names)
        for user in users[: len(known)]:
            demo.let_in(user)
        place.team, place.lead = self.model.team(place.plan, row, names), users[0]

    def _turn_over(self, team: demo.ModelTeam) -> None:
        """Somebody leaves, but no lead, and somebody joins."""
        if len(team.people) > 3 and self.chance.random() < LEAVES:
            leaver = team.people.pop()
            TeamMembership.objects.filter(team=team.row, user__email=leaver.email).delete()
        if len(team.people) > 3 and self.chance.random() < JOINS:
            name = next(self.names)
            _add_people(team.row, [name], TeamRole.MEMBER)
            team.people.append(self.model.person(team.plan, name, len(team.people)))

    def answer(self, of: Round, quarter: int, *, so_far: bool) -> None:
        """Lay what people answer into the empty responses of their teams."""
        empty: dict[int, list[Response]] = defaultdict(list)
        for row in Response.objects.filter(assessment__round=of).select_related("assessment"):
            empty[row.assessment.team_id].append(row)
        for place in self.places:
            if place.team:
                rows = empty[place.team.row.pk]
                answered = self.model.responses(place.team, quarter, so_far=so_far)
                for row, (_person, answers, complete) in zip(rows, answered, strict=False):
                    row.answers = {key: value for key, value in answers.items() if value is not None}
                    row.complete = complete
        Response.objects.filter(assessment__round=of).delete()
        Response.objects.bulk_create((row for rows in empty.values() for row in rows), batch_size=500)

    def experiment(self, of: Round, now: dt.datetime) -> None:
        """What the teams tried so far comes to its end, and some try something new."""
        for place in self.places:
            for action in place.running:
                self._finish(action, of.closes_at)
            place.running = []
            if place.team and place.lead and self.chance.random() < TRIES and self.ideas:
                place.running = [self._start(place.team.row, place.lead, of, now)]

    def _start(self, team: Team, lead: User, of: Round, now: dt.datetime) -> Action:
        idea = self.chance.choice(self.ideas)
        return actions.start_action(
            team=team,
            round=of,
            capability_key=idea.capability,
            title=idea.title,
            by=None,
            owner=lead,
            due=(now + dt.timedelta(days=self.chance.randint(-20, 60))).date(),
            now=of.closes_at,
        )

    def _finish(self, action: Action, now: dt.datetime) -> None:
        end = self.chance.choice([idea for idea in demo.TRIES if idea.outcome])
        actions.finish_action(action=action, state=end.state, outcome=end.outcome, by=None, now=now)

    def near_kestrel(self) -> list[Team]:
        """Kestrel and some teams of its group that are still asked."""
        kestrel = self.places[0]
        rows = [place.team.row for place in self.places if place.team and place.group == kestrel.group]
        return rows[:IN_CARE]


def _names() -> Iterator[str]:
    """The names of as many people as are wanted, each once: Aiko.Aiko, Amir.Aiko, … Aiko.Aiko.2, …"""
    for turn in count(1):
        for last, first in product(demo.NAMES, demo.NAMES):
            yield f"{first}.{last}" if turn == 1 else f"{first}.{last}.{turn}"


def _add_people(team: Team, names: Sequence[str], first: TeamRole = TeamRole.LEAD) -> list[User]:
    """Put new people on a roster; the first gets this role."""
    users = User.objects.bulk_create(
        User(email=demo.address_of(name), name=name.replace(".", " "), password=make_password(None))
        for name in names
    )
    TeamMembership.objects.bulk_create(
        TeamMembership(team=team, user=user, role=TeamRole.MEMBER if place else first)
        for place, user in enumerate(users)
    )
    return users


def _add_groups(organization: Organization, teams: int) -> list[Group]:
    """The tree; its leaves, each with room for some teams."""
    leaves = max(4, teams // TEAMS_A_GROUP)
    roots = [
        people.create_group(organization=organization, name=name, by=None)
        for name in LANDSCAPES[: max(2, leaves // len(SIDES))]
    ]
    places = islice(product(SIDES, roots), leaves)
    return [
        people.create_group(organization=organization, name=f"{root} {side}", parent=root, by=None)
        for side, root in places
    ]


def _home(leaf: Group, number: int) -> Group | None:
    """Most teams belong to a leaf of the tree, some to the group above it, and a few to none."""
    if number % ALONE == 0:
        return None
    return leaf.parent if number % ABOVE == 0 else leaf
