"""Who may see and do what."""

from __future__ import annotations

import pytest
from django.core.exceptions import PermissionDenied
from django.http import Http404

from assessments import access, tokens
from assessments.access import ROLE_PERMISSIONS, Permission
from assessments.models import (
    Invitation,
    Organization,
    OrganizationRole,
    Round,
    Scope,
    Team,
    TeamRole,
    User,
)
from assessments.services import people, programs, rounds
from tests import factories
from tests.factories import DAY, NOW

# --- The table --------------------------------------------------------------------------------

TABLE = {
    #                     administrator, coach, lead, member
    "VIEW_ORGANIZATION": (True, True, False, False),
    "MANAGE_ORGANIZATION": (True, False, False, False),
    "MANAGE_PEOPLE": (True, False, False, False),
    "MANAGE_ROUNDS": (True, False, False, False),
    "VIEW_PARTICIPATION": (True, True, True, False),
    "VIEW_TEAM": (True, True, True, True),
    "MANAGE_ROSTER": (True, False, True, False),
    "VIEW_RESULTS": (True, True, True, True),
    "HOLD_WORKSHOPS": (True, True, True, False),
    "MANAGE_ACTIONS": (False, False, True, False),
    "COACH_TEAMS": (False, True, False, False),
}
ROLES = (OrganizationRole.ADMINISTRATOR, OrganizationRole.COACH, TeamRole.LEAD, TeamRole.MEMBER)


@pytest.mark.parametrize("permission", Permission, ids=lambda permission: permission.name)
def test_each_permission_belongs_to_these_roles(permission: Permission) -> None:
    assert tuple(permission in ROLE_PERMISSIONS[role] for role in ROLES) == TABLE[permission.name]


def test_every_role_is_in_the_table() -> None:
    assert set(ROLE_PERMISSIONS) == set(OrganizationRole) | set(TeamRole)


def test_roles_in_a_team_and_its_organization_add_up(aviary: Organization, kestrel: Team, cleo: User) -> None:
    people.add_to_team(team=kestrel, email=cleo.email, name="", role=TeamRole.LEAD, by=None)

    held = access.team_permissions(cleo, kestrel)

    assert held == ROLE_PERMISSIONS[OrganizationRole.COACH] | ROLE_PERMISSIONS[TeamRole.LEAD]
    assert access.organization_permissions(cleo, aviary) == ROLE_PERMISSIONS[OrganizationRole.COACH]


def test_a_role_in_one_team_gives_nothing_in_another(lee: User, sam: User, kestrel: Team) -> None:
    assert access.team_permissions(sam, kestrel) == access.NOBODY


# --- Loaders ----------------------------------------------------------------------------------


def test_who_has_the_permission_gets_the_object(ada: User, lee: User, kestrel: Team) -> None:
    assert access.get_organization(ada, "aviary", Permission.MANAGE_PEOPLE) == kestrel.organization
    assert access.get_team(lee, "aviary", "team-kestrel", Permission.MANAGE_ROSTER) == kestrel


@pytest.mark.parametrize("permission", [Permission.VIEW_ORGANIZATION, Permission.MANAGE_PEOPLE])
def test_an_organization_does_not_exist_for_strangers_and_team_members(
    zoe: User, lee: User, permission: Permission
) -> None:
    for user in (zoe, lee):
        with pytest.raises(Http404):
            access.get_organization(user, "aviary", permission)


def test_who_may_look_is_told_what_they_may_not_do(cleo: User) -> None:
    with pytest.raises(PermissionDenied, match="make teams and groups"):
        access.get_organization(cleo, "aviary", Permission.MANAGE_PEOPLE)


@pytest.mark.parametrize("permission", [Permission.VIEW_TEAM, Permission.VIEW_RESULTS])
def test_a_team_does_not_exist_for_strangers_and_other_teams(
    zoe: User, sam: User, kestrel: Team, permission: Permission
) -> None:
    for user in (zoe, sam):
        with pytest.raises(Http404):
            access.get_team(user, "aviary", kestrel.slug, permission)


def test_a_member_may_look_at_the_team_and_not_change_it(mia: User, kestrel: Team) -> None:
    assert access.get_team(mia, "aviary", kestrel.slug, Permission.VIEW_TEAM) == kestrel
    with pytest.raises(PermissionDenied, match="add people"):
        access.get_team(mia, "aviary", kestrel.slug, Permission.MANAGE_ROSTER)


def test_a_team_is_found_in_its_own_organization_only(zoe: User, kestrel: Team) -> None:
    with pytest.raises(Http404):
        access.get_team(zoe, "terrarium", kestrel.slug, Permission.VIEW_TEAM)


def test_what_does_not_exist_is_not_found(ada: User) -> None:
    with pytest.raises(Http404):
        access.get_organization(ada, "nowhere", Permission.VIEW_ORGANIZATION)
    with pytest.raises(Http404):
        access.get_team(ada, "aviary", "nobody", Permission.VIEW_TEAM)
    with pytest.raises(Http404):
        access.get_round(ada, "aviary", 10**30, Permission.VIEW_PARTICIPATION)


def test_a_round_is_found_in_its_own_organization_only(ada: User, zoe: User, kestrel: Team) -> None:
    planned = factories.make_round(kestrel.organization)

    assert access.get_round(ada, "aviary", planned.pk, Permission.MANAGE_ROUNDS) == planned
    with pytest.raises(Http404):
        access.get_round(zoe, "terrarium", planned.pk, Permission.MANAGE_ROUNDS)


# --- Results ----------------------------------------------------------------------------------


def load(user: User, of: Round, now: object = NOW + DAY) -> object:
    """Kestrel's results in a round, as a user would load them."""
    return access.get_assessment(user, "aviary", "team-kestrel", of.pk, Permission.VIEW_RESULTS, now)


@pytest.fixture
def team_first(kestrel: Team) -> Round:
    """A round that Kestrel sees two days before others; it closed at NOW + DAY."""
    return factories.closed_round(kestrel.organization, kestrel, [5] * 6, team_first_days=2)


def test_the_team_sees_its_results_at_once(lee: User, mia: User, team_first: Round) -> None:
    assert load(lee, team_first) == load(mia, team_first) == team_first.assessments.get()


@pytest.mark.parametrize("who", ["ada", "cleo"])
def test_others_are_told_from_when_on(who: str, request: pytest.FixtureRequest, team_first: Round) -> None:
    with pytest.raises(PermissionDenied, match=r"The team sees its results first\..*(May 7|7 May)"):
        load(request.getfixturevalue(who), team_first)


def test_others_see_them_from_that_moment_on(cleo: User, team_first: Round) -> None:
    opening = team_first.closed_at + 2 * DAY

    assert load(cleo, team_first, opening)
    with pytest.raises(PermissionDenied):
        load(cleo, team_first, opening - DAY / 86_400)


def test_a_coach_on_the_team_sees_them_with_the_team(kestrel: Team, cleo: User, team_first: Round) -> None:
    people.add_to_team(team=kestrel, email=cleo.email, name="", by=None)

    assert load(cleo, team_first)


def test_other_teams_never_see_them(sam: User, zoe: User, team_first: Round) -> None:
    for user in (sam, zoe):
        with pytest.raises(Http404):
            load(user, team_first, NOW + 99 * DAY)


def test_there_are_no_results_before_the_close(mia: User, ada: User, kestrel: Team) -> None:
    running = factories.open_round(kestrel.organization)

    for user in (mia, ada):
        with pytest.raises(Http404):
            load(user, running, NOW + 99 * DAY)


def test_a_team_that_did_not_take_part_has_no_results(
    ada: User, team_first: Round, aviary: Organization
) -> None:
    factories.make_team(aviary, "Team Sparrow")

    with pytest.raises(Http404):
        access.get_assessment(
            ada, "aviary", "team-sparrow", team_first.pk, Permission.VIEW_RESULTS, NOW + 99 * DAY
        )


# --- Links ------------------------------------------------------------------------------------


@pytest.fixture
def running(kestrel: Team) -> Round:
    """An open round of Kestrel."""
    return factories.open_round(kestrel.organization)


def test_a_link_opens_its_own_invitation(running: Round) -> None:
    for invitation in Invitation.objects.select_related("assessment__round"):
        assert access.get_invitation(factories.token_of(invitation), NOW) == invitation


@pytest.mark.parametrize("text", ["", "12", "nonsense", "1-" + "é" * 43, "1-" + "A" * 43])
def test_a_made_up_link_is_unknown(running: Round, text: str) -> None:
    with pytest.raises(access.LinkUnknown):
        access.get_invitation(text, NOW)


def test_the_secret_of_one_round_opens_no_other(running: Round) -> None:
    other = factories.open_round_elsewhere()
    _number, secret = tokens.from_text(factories.tokens_of(running)[0])

    with pytest.raises(access.LinkUnknown):
        access.get_invitation(tokens.to_text(other.pk, secret), NOW)


def test_a_link_is_over_from_the_end_of_the_round_on(running: Round) -> None:
    token = factories.tokens_of(running)[0]

    assert access.get_invitation(token, running.closes_at - DAY)
    with pytest.raises(access.LinkOver):
        access.get_invitation(token, running.closes_at)


def test_a_link_of_a_closed_round_is_like_a_made_up_one(running: Round) -> None:
    token = factories.tokens_of(running)[0]

    rounds.close_round(round=running, by=None, now=NOW)

    with pytest.raises(access.LinkUnknown):
        access.get_invitation(token, NOW)


# --- Programs -----------------------------------------------------------------------------------


def test_a_token_of_somebody_who_may_not_sign_in_is_none(cleo: User) -> None:
    _token, text = programs.make_token(name="BI", scopes=Scope.values, days=30, by=cleo, now=NOW)
    assert access.get_reader(text, NOW)

    User.objects.filter(pk=cleo.pk).update(is_active=False)

    assert access.get_reader(text, NOW) is None
