"""Organizations, groups, teams, and who is who in them."""

from __future__ import annotations

import pytest
from django.core.exceptions import ValidationError

from assessments.models import Organization, OrganizationRole, Team, TeamRole, User
from assessments.services import people
from assessments.services.errors import ServiceError
from tests import factories
from tests.factories import DAY, NOW

pytestmark = pytest.mark.django_db


def test_an_address_is_made_of_the_name() -> None:
    organization = people.create_organization(name="Großes Unternehmen & Söhne")

    assert organization.slug == "groes-unternehmen-sohne"
    assert organization.minimum_responses == 5


@pytest.mark.parametrize("name", ["", "!!!", "—", "   "])
def test_a_name_without_letters_makes_no_address(name: str) -> None:
    with pytest.raises(ServiceError, match="no letters or digits"):
        people.create_organization(name=name)


def test_a_long_name_makes_an_address_that_fits() -> None:
    organization = people.create_organization(name="a" * 49 + " b" * 20)

    assert len(organization.slug) <= 50
    assert not organization.slug.endswith("-")


def test_the_minimum_does_not_go_below_the_floor() -> None:
    assert people.create_organization(name="Four", minimum_responses=4).minimum_responses == 4
    with pytest.raises(ValidationError, match="the minimum is four"):
        people.create_organization(name="Three", minimum_responses=3)


def test_names_of_teams_are_unique_in_an_organization(aviary: Organization) -> None:
    people.create_team(organization=aviary, name="Kestrel", by=None)

    with pytest.raises(ValidationError, match="There is a team with this name already"):
        people.create_team(organization=aviary, name="kestrel!", by=None)
    assert people.create_team(organization=factories.make_organization("Other"), name="Kestrel", by=None)


def test_a_renamed_team_keeps_its_address(kestrel: Team) -> None:
    people.change_team(team=kestrel, name="Team Falcon", group=None, by=None)

    assert (kestrel.name, kestrel.slug) == ("Team Falcon", "team-kestrel")


def test_groups_form_a_tree(aviary: Organization) -> None:
    top = people.create_group(organization=aviary, name="Birds", by=None)
    below = people.create_group(organization=aviary, name="Falcons", parent=top, by=None)
    team = people.create_team(organization=aviary, name="Kestrel", group=below, by=None)

    assert team.group.parent == top


def test_archiving_twice_keeps_the_first_date(kestrel: Team) -> None:
    people.archive_team(team=kestrel, by=None, now=NOW)
    people.archive_team(team=kestrel, by=None, now=NOW + DAY)

    assert Team.objects.get().archived_at == NOW


# --- People -----------------------------------------------------------------------------------


def test_a_person_is_found_by_address_in_any_case(kestrel: Team) -> None:
    first = people.add_to_team(team=kestrel, email="Lee@Example.org", name="Lee", by=None)
    again = people.add_to_team(team=kestrel, email=" LEE@example.ORG ", name="Somebody", by=None)

    assert first.user == again.user
    assert (again.user.email, again.user.name) == ("lee@example.org", "Lee")
    assert kestrel.memberships.filter(user=first.user).count() == 1


def test_a_new_person_cannot_sign_in_yet(kestrel: Team) -> None:
    user = people.add_to_team(team=kestrel, email="lee@example.org", name="", by=None).user

    assert user.name == "lee"
    assert not user.has_usable_password()


@pytest.mark.parametrize("address", ["", "lee", "lee@", "lee @example.org", "lee@example.org\n"])
def test_what_is_no_address_is_no_person(kestrel: Team, address: str) -> None:
    before = User.objects.count()
    if address.strip() == "lee@example.org":
        assert people.add_to_team(team=kestrel, email=address, name="", by=None).user.email == address.strip()
        return

    with pytest.raises(ValidationError):
        people.add_to_team(team=kestrel, email=address, name="Lee", by=None)
    assert User.objects.count() == before


def test_adding_again_changes_the_role(kestrel: Team, mia: User) -> None:
    membership = people.add_to_team(team=kestrel, email=mia.email, name="", role=TeamRole.LEAD, by=None)

    assert membership.role == TeamRole.LEAD
    assert kestrel.memberships.filter(user=mia).count() == 1


def test_unknown_roles_are_refused(aviary: Organization, kestrel: Team) -> None:
    with pytest.raises(ValidationError):
        people.add_to_team(team=kestrel, email="a@example.org", name="A", role="coach", by=None)
    with pytest.raises(ValidationError):
        people.set_organization_role(
            organization=aviary, email="a@example.org", name="A", role="lead", by=None
        )
    assert not User.objects.filter(email="a@example.org").exists()


def test_a_person_off_the_roster_still_exists(kestrel: Team, mia: User) -> None:
    people.remove_from_team(membership=kestrel.memberships.get(user=mia), by=None)

    assert not kestrel.memberships.filter(user=mia).exists()
    assert User.objects.filter(pk=mia.pk).exists()


# --- The last administrator -------------------------------------------------------------------


def test_the_only_administrator_stays(aviary: Organization, ada: User, cleo: User) -> None:
    with pytest.raises(ServiceError, match="only administrator"):
        people.remove_organization_role(membership=aviary.memberships.get(user=ada), by=ada)
    with pytest.raises(ServiceError, match="only administrator"):
        people.set_organization_role(
            organization=aviary, email=ada.email, name="", role=OrganizationRole.COACH, by=ada
        )
    assert aviary.memberships.get(user=ada).role == OrganizationRole.ADMINISTRATOR


def test_one_of_two_administrators_may_go(aviary: Organization, ada: User, cleo: User) -> None:
    people.set_organization_role(
        organization=aviary, email=cleo.email, name="", role=OrganizationRole.ADMINISTRATOR, by=ada
    )
    people.remove_organization_role(membership=aviary.memberships.get(user=ada), by=cleo)

    assert list(aviary.members.all()) == [cleo]


def test_a_coach_may_always_go(aviary: Organization, ada: User, cleo: User) -> None:
    people.remove_organization_role(membership=aviary.memberships.get(user=cleo), by=ada)

    assert list(aviary.members.all()) == [ada]
