"""Rosters: what a file would change, and that it is done whole or not at all."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from auditlog.models import LogEntry
from django.core.exceptions import ValidationError

from assessments.models import Group, Organization, Response, Team, TeamMembership, TeamRole, User
from assessments.queries import newcomers
from assessments.roster_file import Mistake, Person, Problem, RosterFileError, Row, as_table, read
from assessments.services import people, rosters, rounds
from assessments.services.rosters import Entry, Move, Place, RosterPlan
from assessments.tables import as_csv
from tests import factories
from tests.factories import NOW

pytestmark = pytest.mark.django_db

NOTHING = RosterPlan(groups=(), teams=(), moves=(), added=(), roles=(), removed=(), unchanged=0)


def row(team: str, email: str, group: str = "", role: str = "member", number: int = 2) -> Row:
    groups = tuple(group.split(" / ")) if group else ()
    return Row(number, team, groups, email.split("@")[0].title(), email, role)


def plan_of(organization: Organization, *rows: Row, whole: bool = False) -> RosterPlan:
    return rosters.plan_roster(rosters.current_roster(organization), rows, whole=whole)


def problems_of(organization: Organization, *rows: Row) -> list[tuple[Problem, str]]:
    with pytest.raises(RosterFileError) as refused:
        plan_of(organization, *rows)
    return [(mistake.problem, mistake.given) for mistake in refused.value.mistakes]


def load(organization: Organization, *rows: Row, whole: bool = False, by: User | None = None) -> RosterPlan:
    digest = plan_of(organization, *rows, whole=whole).digest
    return rosters.change_roster(
        organization=organization, rows=rows, whole=whole, digest=digest, by=by, now=NOW
    )


def roster_of(team: Team) -> dict[str, str]:
    return dict(team.memberships.values_list("user__email", "role"))


# --- What would change ------------------------------------------------------------------------


def test_new_teams_and_groups_are_planned_from_the_top(aviary: Organization) -> None:
    plan = plan_of(
        aviary, row("Kestrel", "ann@x.org", "Falcons"), row("Wren", "bob@x.org", "Birds / Falcons")
    )

    assert plan.groups == (Place("Birds", ""), Place("Falcons", "Birds"))
    assert plan.teams == (Place("Kestrel", "Falcons"), Place("Wren", "Falcons"))
    assert [entry.email for entry in plan.added] == ["ann@x.org", "bob@x.org"]


def test_who_is_there_already_is_unchanged(kestrel: Team, lee: User, mia: User) -> None:
    plan = plan_of(
        kestrel.organization,
        row("team kestrel", "lee@example.org", role="lead"),
        row("Team Kestrel", "mia@example.org"),
    )

    assert plan == replace(NOTHING, unchanged=2)
    assert plan.is_empty


def test_roles_change(kestrel: Team, mia: User) -> None:
    plan = plan_of(kestrel.organization, row("Team Kestrel", "mia@example.org", role="lead"))

    assert plan.roles == (Entry("Team Kestrel", "Mia", "mia@example.org", "lead"),)


def test_no_role_in_the_file_leaves_leads_alone(aviary: Organization, lee: User) -> None:
    plan = plan_of(
        aviary, row("Team Kestrel", "lee@example.org", role=""), row("Team Kestrel", "a@x.org", role="")
    )

    assert plan.roles == ()
    assert [entry.role for entry in plan.added] == ["member"]


@pytest.mark.parametrize("whole", [True, False])
def test_people_are_taken_off_only_where_the_file_is_the_whole_roster(
    aviary: Organization, sam: User, mia: User, lee: User, whole: bool
) -> None:
    plan = plan_of(aviary, row("Team Sparrow", "new@x.org"), whole=whole)

    assert [entry.email for entry in plan.removed] == (["sam@example.org"] if whole else [])


def test_a_team_moves_to_a_group(aviary: Organization, kestrel: Team) -> None:
    owls = people.create_group(organization=aviary, name="Owls", by=None)
    assert plan_of(aviary, row("Team Kestrel", "a@x.org", "owls")).moves == (
        Move("Team Kestrel", "", "Owls"),
    )

    people.change_team(team=kestrel, name=kestrel.name, group=owls, by=None)
    assert plan_of(aviary, row("Team Kestrel", "a@x.org")).moves == ()
    assert plan_of(aviary, row("Team Kestrel", "a@x.org", "Falcons")).moves == (
        Move("Team Kestrel", "Owls", "Falcons"),
    )


def test_a_person_may_be_on_two_teams(aviary: Organization, sam: User) -> None:
    plan = plan_of(aviary, row("Team Sparrow", "sam@example.org"), row("Team Wren", "sam@example.org"))

    assert plan.unchanged == 1
    assert [entry.team for entry in plan.added] == ["Team Wren"]


def test_a_team_is_found_by_the_name_it_has_now(aviary: Organization, kestrel: Team) -> None:
    people.change_team(team=kestrel, name="Team Falcon", group=None, by=None)

    assert plan_of(aviary, row("Team Falcon", "a@x.org")).teams == ()
    assert problems_of(aviary, row("Team Kestrel", "a@x.org")) == [(Problem.NAME_TAKEN, "Team Kestrel")]


def test_what_contradicts_the_organization_is_named_once(aviary: Organization, kestrel: Team) -> None:
    birds = people.create_group(organization=aviary, name="Birds", by=None)
    people.create_group(organization=aviary, name="Falcons", parent=birds, by=None)
    people.archive_team(team=kestrel, by=None, now=NOW)

    for rows, expected in (
        ([row("Team Kestrel", "a@x.org"), row("Team Kestrel", "b@x.org")], Problem.TEAM_ARCHIVED),
        ([row("?!", "a@x.org")], Problem.NAME_WITHOUT_LETTERS),
        ([row("Wren", "a@x.org", "?!")], Problem.NAME_WITHOUT_LETTERS),
        ([row("Team-A", "a@x.org"), row("Team A", "b@x.org")], Problem.NAME_TAKEN),
        ([row("Wren", "a@x.org", "Owls / Falcons")], Problem.GROUP_ELSEWHERE),
        ([row("Wren", "a@x.org", "Falcons / Birds")], Problem.GROUP_ELSEWHERE),
        ([row("Wren", "a@x.org", "A / B"), row("Tit", "b@x.org", "C / B")], Problem.GROUP_ELSEWHERE),
        ([row("Wren", "a@x.org", "A / B"), row("Tit", "b@x.org", "B / A")], Problem.GROUP_IN_ITSELF),
        ([row("Wren", "a@x.org", "A / A")], Problem.GROUP_IN_ITSELF),
    ):
        assert [problem for problem, _given in problems_of(aviary, *rows)] == [expected]


def test_two_teams_of_one_name_cannot_be_told_apart(aviary: Organization, kestrel: Team, sam: User) -> None:
    people.change_team(team=kestrel, name="Team Sparrow", group=None, by=None)

    assert problems_of(aviary, row("Team Sparrow", "a@x.org")) == [(Problem.NAME_NOT_UNIQUE, "Team Sparrow")]


def test_nothing_of_another_organization_is_seen(zoe: User, kestrel: Team, mia: User) -> None:
    terrarium = Organization.objects.get(name="Terrarium")

    assert rosters.as_rows(rosters.current_roster(terrarium)) == []
    assert plan_of(terrarium, row("Team Kestrel", "mia@example.org"), whole=True).teams == (
        Place("Team Kestrel", ""),
    )


def test_the_roster_as_a_file_changes_nothing(
    aviary: Organization, kestrel: Team, lee: User, sam: User
) -> None:
    birds = people.create_group(organization=aviary, name="Birds", by=None)
    falcons = people.create_group(organization=aviary, name="@Falcons", parent=birds, by=None)
    people.change_team(team=kestrel, name="=Kestrel", group=falcons, by=None)
    people.archive_team(team=factories.make_team(aviary, "Team Dodo", size=2), by=None, now=NOW)
    rows = rosters.as_rows(rosters.current_roster(aviary))

    plan = plan_of(aviary, *read(as_csv(as_table(rows))).rows, whole=True)

    assert plan == replace(NOTHING, unchanged=8)


# --- Words ------------------------------------------------------------------------------------


@pytest.mark.parametrize("problem", Problem)
def test_every_problem_has_words(problem: Problem) -> None:
    assert rosters.words(Mistake(problem, 3, "team", "Kes%s", "5%d")).startswith("Row 3, team: ")
    assert rosters.words(Mistake(problem)).endswith(".")


def test_many_mistakes_are_counted(aviary: Organization) -> None:
    content = "team,e-mail\n" + "Kestrel,nobody\n" * 60

    with pytest.raises(ValidationError) as refused:
        rosters.preview_roster(organization=aviary, content=content.encode(), whole=False)

    assert len(refused.value.messages) == 51
    assert refused.value.messages[0] == (
        "Row 2, e-mail: “nobody” is no e-mail address. An address is written like ann@example.org."
    )
    assert refused.value.messages[-1] == "And 10 more mistakes."


# --- Changing it ------------------------------------------------------------------------------


def test_a_file_is_carried_out(aviary: Organization, kestrel: Team, lee: User, mia: User) -> None:
    load(
        aviary,
        row("Team Kestrel", "lee@example.org", "Birds / Falcons", "member"),
        row("Team Kestrel", "ann@x.org", "Birds / Falcons", "lead"),
        row("Wren", "ann@x.org", "Birds"),
        row("Wren", "mia@example.org"),
        whole=True,
    )

    kestrel.refresh_from_db()
    assert roster_of(kestrel) == {"lee@example.org": TeamRole.MEMBER, "ann@x.org": TeamRole.LEAD}
    assert kestrel.group.name == "Falcons"
    assert kestrel.group.parent.name == "Birds"
    wren = Team.objects.get(slug="wren")
    assert roster_of(wren) == {"ann@x.org": TeamRole.MEMBER, "mia@example.org": TeamRole.MEMBER}
    ann = User.objects.get(email="ann@x.org")
    assert ann.name == "Ann"
    assert not ann.has_usable_password()


def test_doing_it_twice_changes_nothing(aviary: Organization) -> None:
    rows = [row("Wren", "ann@x.org", "Birds"), row("Wren", "bob@x.org")]
    load(aviary, *rows, whole=True)

    assert load(aviary, *rows, whole=True) == replace(NOTHING, unchanged=2)


def test_a_known_person_keeps_name_and_password(aviary: Organization, zoe: User) -> None:
    password = zoe.password
    load(aviary, replace(row("Wren", "zoe@example.org"), name="Somebody"))

    zoe.refresh_from_db()
    assert (zoe.name, zoe.password) == ("Zoe", password)
    assert list(zoe.team_memberships.values_list("team__name", flat=True)) == ["Wren"]


def test_what_changed_meanwhile_is_not_done_unseen(aviary: Organization, kestrel: Team) -> None:
    rows = [row("Team Kestrel", "ann@x.org")]
    shown = plan_of(aviary, *rows, whole=True).digest
    people.add_to_team(team=kestrel, email="late@x.org", name="", by=None)

    with pytest.raises(rosters.RosterChanged) as changed:
        rosters.change_roster(organization=aviary, rows=rows, whole=True, digest=shown, by=None, now=NOW)

    assert "late@x.org" in {entry.email for entry in changed.value.plan.removed}
    assert not User.objects.filter(email="ann@x.org").exists()


def test_a_mistake_half_way_leaves_everything_as_it_was(
    aviary: Organization, kestrel: Team, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = roster_of(kestrel)

    def fail(*args: Any, **options: Any) -> None:
        raise OSError("the disk is full")

    monkeypatch.setattr(TeamMembership.objects, "bulk_create", fail)
    with pytest.raises(OSError, match="full"):
        load(aviary, row("Team Kestrel", "ann@x.org"), row("Wren", "ann@x.org", "Birds"), whole=True)

    assert roster_of(kestrel) == before
    assert not Group.objects.exists()
    assert not User.objects.filter(email="ann@x.org").exists()


def test_who_joins_late_waits_for_an_invitation_and_who_leaves_keeps_the_answer(
    aviary: Organization, kestrel: Team
) -> None:
    running = factories.open_round(aviary)
    factories.answer_all(running, kestrel, [5] * 6)

    load(aviary, row("Team Kestrel", "late@x.org"), whole=True)

    assert newcomers(running) == 1
    assert Response.objects.filter(assessment__round=running, complete=True).count() == 6
    assert [i.email for i in rounds.invite_newcomers(round=running, by=None, now=NOW)] == ["late@x.org"]


def test_the_log_tells_who_did_it(aviary: Organization, kestrel: Team, ada: User, mia: User) -> None:
    load(aviary, row("Team Kestrel", "ann@x.org"), whole=True, by=ada)

    entries = LogEntry.objects.filter(actor=ada)
    told = [entry.additional_data["what"] for entry in entries]
    assert told.count("roster_loaded") == 1
    assert told.count("teammembership_removed") == 7


def test_many_people_cost_few_queries(aviary: Organization, django_assert_max_num_queries: Any) -> None:
    """Counted, not timed: as many for 2,000 people as for 500, but for the batches."""
    rows = [row("Wren", f"p{number}@x.org") for number in range(2_000)]

    with django_assert_max_num_queries(40):
        load(aviary, *rows)

    assert TeamMembership.objects.count() == 2_000


# --- Pasted addresses -------------------------------------------------------------------------


def test_several_people_join_a_team(kestrel: Team, lee: User, ada: User) -> None:
    before = kestrel.memberships.count()
    persons = [Person("Ann", "ann@x.org"), Person("", "bob@x.org"), Person("", "lee@example.org")]

    added = rosters.add_people(team=kestrel, persons=persons, by=ada)

    assert [str(membership.user) for membership in added] == ["Ann", "bob"]
    assert kestrel.memberships.count() == before + 2
    assert kestrel.memberships.get(user=lee).role == TeamRole.LEAD


def test_one_who_cannot_join_keeps_all_out(kestrel: Team) -> None:
    before = roster_of(kestrel)

    with pytest.raises(ValidationError):
        rosters.add_people(
            team=kestrel, persons=[Person("Ann", "ann@x.org"), Person("A" * 151, "bob@x.org")], by=None
        )

    assert roster_of(kestrel) == before
