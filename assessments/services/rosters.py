"""Rosters from files and pasted addresses: what would change, and changing it."""

import datetime as dt
import hashlib
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace

from django.core.exceptions import ValidationError
from django.db.models.functions import Lower
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from .. import roster_file
from ..models import Group, Organization, Team, TeamMembership, TeamRole, User
from ..roster_file import Mistake, Person, Problem, RosterFileError, Row, key_of
from . import people
from .audit import Event, audited, record
from .errors import ServiceError

MISTAKES_TOLD = 50
BATCH = 500

WORDS = {
    Problem.TOO_LARGE: gettext_lazy(
        "The file is larger than 1 MB. Leave out what is no roster, or split it."
    ),
    Problem.NOT_A_TABLE: gettext_lazy(
        "This is neither CSV nor an Excel workbook. Save it as “CSV UTF-8” or as .xlsx."
    ),
    Problem.NOT_UTF8: gettext_lazy("This is not text in UTF-8. Save the file as “CSV UTF-8” or as .xlsx."),
    Problem.NOT_CSV: gettext_lazy("This is not CSV: a quotation mark stands where none may stand."),
    Problem.NOT_A_WORKBOOK: gettext_lazy(
        "This workbook cannot be read. Open it in your spreadsheet program and save it as .xlsx once more."
    ),
    Problem.WORKBOOK_TOO_LARGE: gettext_lazy(
        "This workbook holds too much. Copy the roster alone into a new one."
    ),
    Problem.TOO_MANY_ROWS: gettext_lazy("The file has more than 5,000 rows. Split it."),
    Problem.TOO_MANY_COLUMNS: gettext_lazy("There are more than 20 columns. Leave out those of no use here."),
    Problem.CELL_TOO_LONG: gettext_lazy("A cell has more than 500 characters. Shorten it."),
    Problem.NO_COLUMN: gettext_lazy(
        "There is no column with this name. The first row has to name the columns."
    ),
    Problem.COLUMN_TWICE: gettext_lazy("This column is there twice. Keep one."),
    Problem.NOBODY: gettext_lazy("Nobody is named here."),
    Problem.EXTRA_CELLS: gettext_lazy(
        "“%(given)s” stands right of the last named column. Put texts with separators in quotation marks."
    ),
    Problem.MISSING: gettext_lazy("This is empty. Fill it in."),
    Problem.TOO_LONG: gettext_lazy("“%(given)s” is longer than %(other)s characters. Shorten it."),
    Problem.NOT_SHOWABLE: gettext_lazy("The text has characters that cannot be shown. Type it again."),
    Problem.NOT_AN_ADDRESS: gettext_lazy(
        "“%(given)s” is no e-mail address. An address is written like ann@example.org."
    ),
    Problem.UNKNOWN_ROLE: gettext_lazy("“%(given)s” is no role. Write lead or member."),
    Problem.TWO_ROLES: gettext_lazy(
        "%(given)s has another role on the same team in row %(other)s. Keep one of them."
    ),
    Problem.TWO_GROUPS: gettext_lazy(
        "“%(given)s” is in another group in row %(other)s. A team is in one group only."
    ),
    Problem.TEAM_ARCHIVED: gettext_lazy(
        "“%(given)s” is archived. Leave it out, or give the team another name."
    ),
    Problem.NAME_NOT_UNIQUE: gettext_lazy("There are two of the name “%(given)s”. Rename one on its page."),
    Problem.NAME_TAKEN: gettext_lazy(
        "“%(given)s” would have the same address as “%(other)s” has. Choose a name that differs more."
    ),
    Problem.NAME_WITHOUT_LETTERS: gettext_lazy(
        "“%(given)s” has no letters or digits to make an address of. Choose another name."
    ),
    Problem.GROUP_ELSEWHERE: gettext_lazy(
        "“%(given)s” is not directly in “%(other)s”. Write its name alone, or the way to it from the top."
    ),
    Problem.GROUP_IN_ITSELF: gettext_lazy("“%(given)s” would be inside itself. Put the groups in order."),
}


def words(mistake: Mistake) -> str:
    """A mistake as people read it: where it is, what it is, what to do."""
    text = WORDS[mistake.problem] % {"given": mistake.given[:60], "other": mistake.other[:60]}
    if mistake.row and mistake.column:
        place = _("Row %(row)d, %(column)s:") % {"row": mistake.row, "column": mistake.column}
    elif mistake.row:
        place = _("Row %(row)d:") % {"row": mistake.row}
    else:
        return text
    return f"{place} {text}"


def refusal(error: RosterFileError) -> ValidationError:
    """The first mistakes in words, and how many more there are."""
    texts = [words(mistake) for mistake in error.mistakes[:MISTAKES_TOLD]]
    more = len(error.mistakes) - len(texts)
    if more:
        texts.append(_("And %(number)d more mistakes.") % {"number": more})
    return ValidationError(texts)


# --- What would change ------------------------------------------------------------------------


@dataclass(frozen=True)
class Entry:
    """A person on a team, with their role."""

    team: str
    name: str
    email: str
    role: str


@dataclass(frozen=True)
class Place:
    """A group or a team, and the group that it is in; empty where it is in none."""

    name: str
    group: str


@dataclass(frozen=True)
class Move:
    """A team that goes to another group."""

    team: str
    before: str
    after: str


@dataclass(frozen=True)
class RosterPlan:
    """What a file would change. Groups stand in the order in which they can be made."""

    groups: tuple[Place, ...]
    teams: tuple[Place, ...]
    moves: tuple[Move, ...]
    added: tuple[Entry, ...]
    roles: tuple[Entry, ...]
    removed: tuple[Entry, ...]
    unchanged: int

    @property
    def is_empty(self) -> bool:
        """Whether everything is as the file says already."""
        return not (self.groups or self.teams or self.moves or self.added or self.roles or self.removed)

    @property
    def digest(self) -> str:
        """The same for the same plan: what was shown is compared with what would be done."""
        return hashlib.sha256(repr(self).encode()).hexdigest()


@dataclass(frozen=True)
class TeamNow:
    """A team as it is."""

    name: str
    group: str
    archived: bool
    people: dict[str, Entry]


@dataclass(frozen=True)
class Roster:
    """Who is where now. Groups and teams by the key of their name, people by their address.

    ``groups`` have the key of the group above; ``slugs`` lead to the name that holds them.
    """

    groups: dict[str, Place]
    teams: dict[str, TeamNow]
    group_slugs: dict[str, str]
    team_slugs: dict[str, str]
    names_twice: frozenset[str]


def current_roster(organization: Organization) -> Roster:
    """The organization's roster as it is."""
    groups = list(Group.objects.filter(organization=organization).select_related("parent"))
    teams = list(Team.objects.filter(organization=organization).select_related("group"))
    on_team: dict[int, dict[str, Entry]] = {team.pk: {} for team in teams}
    for team_id, team_name, name, email, role in TeamMembership.objects.filter(
        team__organization=organization
    ).values_list("team_id", "team__name", "user__name", "user__email", "role"):
        on_team[team_id][email.lower()] = Entry(team_name, name, email.lower(), role)
    seen = Counter(key_of(team.name) for team in teams)
    return Roster(
        groups={
            key_of(group.name): Place(group.name, key_of(group.parent.name) if group.parent else "")
            for group in groups
        },
        teams={
            key_of(team.name): TeamNow(
                team.name,
                key_of(team.group.name) if team.group else "",
                team.archived_at is not None,
                on_team[team.pk],
            )
            for team in teams
        },
        group_slugs={group.slug: group.name for group in groups},
        team_slugs={team.slug: team.name for team in teams},
        names_twice=frozenset(key for key, count in seen.items() if count > 1),
    )


def as_rows(roster: Roster) -> list[Row]:
    """The roster as a file has it, without archived teams and those with nobody on them."""
    entries = [
        Row(0, team.name, _path(roster.groups, team.group), entry.name, entry.email, entry.role)
        for team in roster.teams.values()
        if not team.archived
        for entry in team.people.values()
    ]
    return sorted(entries, key=lambda row: (row.team, row.name, row.email))


def _path(groups: dict[str, Place], key: str) -> tuple[str, ...]:
    """A group's name after those of the groups that it is in."""
    names: list[str] = []
    while key:
        names.insert(0, groups[key].name)
        key = groups[key].group
    return tuple(names)


def plan_roster(now: Roster, rows: Iterable[Row], *, whole: bool) -> RosterPlan:
    """What the rows would change; ``whole``: who is not in them leaves the teams that they name.

    Raises RosterFileError with every row that contradicts what is there.
    """
    planning = _Planning(now)
    for row in rows:
        planning.take(row)
    if planning.mistakes:
        raise RosterFileError(planning.mistakes.values())
    return planning.plan(whole=whole)


class _Planning:
    """A plan while its rows are read."""

    def __init__(self, now: Roster) -> None:
        self.now = now
        self.groups = dict(now.groups)
        self.slugs = {"group": dict(now.group_slugs), "team": dict(now.team_slugs)}
        self.teams: dict[str, Row] = {}
        self.group_of: dict[str, str] = {}
        self.people: dict[str, dict[str, Row]] = {}
        self.mistakes: dict[tuple[Problem, str, str], Mistake] = {}

    def take(self, row: Row) -> None:
        above = ""
        for name in row.groups:
            above = self._group(row, name, above)
        key = key_of(row.team)
        if key not in self.teams:
            self.teams[key] = row
            self._team(row, key)
        if above:
            self.group_of[key] = above
        self.people.setdefault(key, {}).setdefault(row.email, row)

    def _wrong(self, problem: Problem, row: Row, column: str, given: str, other: str = "") -> None:
        """Each mistake is told once, not in each row that shares it."""
        self.mistakes.setdefault(
            (problem, key_of(given), other), Mistake(problem, row.number, column, given, other)
        )

    def _take_slug(self, row: Row, column: str, name: str) -> None:
        try:
            slug = people.make_slug(name)
        except ServiceError:
            self._wrong(Problem.NAME_WITHOUT_LETTERS, row, column, name)
            return
        holder = self.slugs[column].setdefault(slug, name)
        if holder != name:
            self._wrong(Problem.NAME_TAKEN, row, column, name, holder)

    def _group(self, row: Row, name: str, above: str) -> str:
        """The group's key; noted as a new one where there is none."""
        key = key_of(name)
        known = self.groups.get(key)
        if known is None:
            self._take_slug(row, "group", name)
            self.groups[key] = Place(name, above)
        elif above and known.group != above:
            if key in self.now.groups or known.group:
                self._wrong(Problem.GROUP_ELSEWHERE, row, "group", name, self.groups[above].name)
            elif known.name in _path(self.groups, above):
                self._wrong(Problem.GROUP_IN_ITSELF, row, "group", name)
            else:
                self.groups[key] = replace(known, group=above)
        return key

    def _team(self, row: Row, key: str) -> None:
        known = self.now.teams.get(key)
        if known is None:
            self._take_slug(row, "team", row.team)
        elif key in self.now.names_twice:
            self._wrong(Problem.NAME_NOT_UNIQUE, row, "team", row.team)
        elif known.archived:
            self._wrong(Problem.TEAM_ARCHIVED, row, "team", row.team)

    def plan(self, *, whole: bool) -> RosterPlan:
        added: list[Entry] = []
        roles: list[Entry] = []
        removed: list[Entry] = []
        unchanged = 0
        for key, rows in self.people.items():
            known = self.now.teams.get(key)
            name = known.name if known else self.teams[key].team
            before = known.people if known else {}
            for email, row in rows.items():
                if email not in before:
                    added.append(
                        Entry(
                            name,
                            row.name or email.split("@")[0][: roster_file.LENGTHS["name"]],
                            email,
                            row.role or TeamRole.MEMBER.value,
                        )
                    )
                elif row.role not in ("", before[email].role):
                    roles.append(replace(before[email], role=row.role))
                else:
                    unchanged += 1
            if whole:
                removed += [entry for email, entry in before.items() if email not in rows]
        new_groups = [key for key in self.groups if key not in self.now.groups]
        new_groups.sort(key=lambda key: len(_path(self.groups, key)))
        return RosterPlan(
            groups=tuple(
                Place(self.groups[key].name, self._name(self.groups[key].group)) for key in new_groups
            ),
            teams=tuple(
                Place(row.team, self._name(self.group_of.get(key, "")))
                for key, row in self.teams.items()
                if key not in self.now.teams
            ),
            moves=tuple(
                Move(known.name, self._name(known.group), self._name(key_now))
                for key, key_now in self.group_of.items()
                if (known := self.now.teams.get(key)) and known.group != key_now
            ),
            added=_in_order(added),
            roles=_in_order(roles),
            removed=_in_order(removed),
            unchanged=unchanged,
        )

    def _name(self, key: str) -> str:
        return self.groups[key].name if key else ""


def _in_order(entries: list[Entry]) -> tuple[Entry, ...]:
    return tuple(sorted(entries, key=lambda entry: (entry.team, entry.name, entry.email)))


# --- Changing it ------------------------------------------------------------------------------


@dataclass(frozen=True)
class Preview:
    """A file that can be carried out: what it says, what it would change, and what was not read."""

    rows: tuple[Row, ...]
    ignored: tuple[str, ...]
    plan: RosterPlan


def preview_roster(*, organization: Organization, content: bytes, whole: bool) -> Preview:
    """What a file would change; nothing is changed. Raises ValidationError with every mistake."""
    try:
        found = roster_file.read(content)
        plan = plan_roster(current_roster(organization), found.rows, whole=whole)
    except RosterFileError as error:
        raise refusal(error) from error
    return Preview(found.rows, found.ignored, plan)


class RosterChanged(ServiceError):
    """The roster is not what it was when the plan was shown; this is the plan by now."""

    def __init__(self, plan: RosterPlan) -> None:
        super().__init__(_("The roster has changed meanwhile. Look at what would change by now."))
        self.plan = plan


@audited
def change_roster(
    *,
    organization: Organization,
    rows: Iterable[Row],
    whole: bool,
    digest: str,
    by: User | None,
    now: dt.datetime,
) -> RosterPlan:
    """Carry out the plan that was shown, all of it or, after any mistake, nothing.

    People are written many at a time, and the log gets one line for those who are new.
    Raises RosterChanged where the plan has become another one, and ValidationError.
    """
    # two at a time would make the same people twice
    Organization.objects.select_for_update(no_key=True).get(pk=organization.pk)
    try:
        plan = plan_roster(current_roster(organization), rows, whole=whole)
    except RosterFileError as error:
        raise refusal(error) from error
    if plan.digest != digest:
        raise RosterChanged(plan)
    teams = _make_places(organization, plan, by)
    _change_people(organization, plan)
    _add_people(teams, plan.added)
    record(what=Event.ROSTER_LOADED, subject=organization, organization=organization, by=by, now=now)
    return plan


def _make_places(organization: Organization, plan: RosterPlan, by: User | None) -> dict[str, Team]:
    """Make and move what the plan says; the organization's teams by key."""
    groups = {key_of(group.name): group for group in organization.groups.all()}
    for place in plan.groups:
        groups[key_of(place.name)] = people.create_group(
            organization=organization, name=place.name, parent=groups.get(key_of(place.group)), by=by
        )
    teams = {key_of(team.name): team for team in organization.teams.all()}
    for place in plan.teams:
        teams[key_of(place.name)] = people.create_team(
            organization=organization, name=place.name, group=groups.get(key_of(place.group)), by=by
        )
    for move in plan.moves:
        team = teams[key_of(move.team)]
        people.change_team(team=team, name=team.name, group=groups[key_of(move.after)], by=by)
    return teams


def _change_people(organization: Organization, plan: RosterPlan) -> None:
    memberships = {
        (key_of(membership.team.name), membership.user.email.lower()): membership
        for membership in TeamMembership.objects.filter(team__organization=organization).select_related(
            "team", "user"
        )
    }
    for entry in plan.roles:
        membership = memberships[key_of(entry.team), entry.email]
        membership.role = entry.role
        membership.save(update_fields=["role"])
    for entry in plan.removed:
        memberships[key_of(entry.team), entry.email].delete()


def _add_people(teams: dict[str, Team], entries: Iterable[Entry]) -> None:
    names: dict[str, str] = {}
    for entry in entries:
        names.setdefault(entry.email, entry.name)
    users: dict[str, User] = {
        user.email.lower(): user for user in User.objects.alias(lower=Lower("email")).filter(lower__in=names)
    }
    missing = [User(email=email, name=name) for email, name in names.items() if email not in users]
    for user in missing:
        user.set_unusable_password()
    users |= {user.email: user for user in User.objects.bulk_create(missing, batch_size=BATCH)}
    TeamMembership.objects.bulk_create(
        (
            TeamMembership(team=teams[key_of(entry.team)], user=users[entry.email], role=entry.role)
            for entry in entries
        ),
        batch_size=BATCH,
    )


@audited
def add_people(*, team: Team, persons: Iterable[Person], by: User | None) -> list[TeamMembership]:
    """Put several people on the team, all or none; those who were on it already keep their role.

    The memberships that are new.
    """
    on_team = {email.lower() for email in team.memberships.values_list("user__email", flat=True)}
    return [
        people.add_to_team(team=team, email=person.email, name=person.name, role=TeamRole.MEMBER, by=by)
        for person in persons
        if person.email not in on_team
    ]
