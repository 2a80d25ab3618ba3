"""Organizations, groups, teams, and who is who in them."""

from __future__ import annotations

import pytest
from auditlog.models import LogEntry
from django.core.exceptions import ValidationError

from assessments.models import (
    Assessment,
    Goal,
    Invitation,
    Mail,
    MailKind,
    MailState,
    Organization,
    OrganizationRole,
    Response,
    Round,
    Score,
    Team,
    TeamRole,
    User,
)
from assessments.services import actions, people, rounds
from assessments.services.errors import ServiceError
from reports.builder import build_content
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


def test_a_team_chooses_its_goal(kestrel: Team) -> None:
    assert kestrel.goal == Goal.DELIVERY_PERFORMANCE

    people.choose_goal(team=kestrel, goal=Goal.LESS_BURNOUT, by=None)

    kestrel.refresh_from_db()
    assert kestrel.goal == Goal.LESS_BURNOUT
    assert (kestrel.name, kestrel.slug) == ("Team Kestrel", "team-kestrel")


def test_a_goal_is_one_of_those_that_paths_lead_to(kestrel: Team) -> None:
    with pytest.raises(ValidationError, match="not a valid choice"):
        people.choose_goal(team=kestrel, goal="fame", by=None)
    kestrel.refresh_from_db()
    assert kestrel.goal == Goal.DELIVERY_PERFORMANCE


def test_groups_form_a_tree(aviary: Organization) -> None:
    top = people.create_group(organization=aviary, name="Birds", by=None)
    below = people.create_group(organization=aviary, name="Falcons", parent=top, by=None)
    team = people.create_team(organization=aviary, name="Kestrel", group=below, by=None)

    assert team.group.parent == top


def test_archiving_twice_keeps_the_first_date(kestrel: Team) -> None:
    people.archive_team(team=kestrel, by=None, now=NOW)
    people.archive_team(team=kestrel, by=None, now=NOW + DAY)

    assert Team.objects.get().archived_at == NOW


# --- Settings ---------------------------------------------------------------------------------


def change(organization: Organization, **other: object) -> Organization:
    names = ("name", "time_zone", "language", "minimum_responses", "keep_responses_days")
    values = {name: getattr(organization, name) for name in names} | other
    return people.change_organization(organization=organization, by=None, **values)


def test_an_organization_keeps_its_address(aviary: Organization) -> None:
    change(aviary, name="Birds", time_zone="Europe/Berlin", minimum_responses=7, keep_responses_days=400)

    kept = Organization.objects.values(
        "slug", "name", "time_zone", "minimum_responses", "keep_responses_days"
    )
    assert kept.get() == {
        "slug": "aviary",
        "name": "Birds",
        "time_zone": "Europe/Berlin",
        "minimum_responses": 7,
        "keep_responses_days": 400,
    }


@pytest.mark.parametrize("wrong", [{"minimum_responses": 3}, {"time_zone": "Mars/Olympus"}])
def test_a_wrong_setting_changes_nothing(aviary: Organization, wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        change(aviary, name="Birds", **wrong)

    assert Organization.objects.get().name == "Aviary"


def test_an_open_round_keeps_the_minimum_that_it_promised(aviary: Organization, kestrel: Team) -> None:
    running = factories.open_round(aviary)
    planned = factories.make_round(aviary, "2026 Q3")
    change(aviary, minimum_responses=7)
    factories.answer_all(running, kestrel, [5] * 6)
    rounds.close_round(round=running, by=None, now=NOW + DAY)
    rounds.open_round(round=planned, by=None, now=NOW + 2 * DAY)

    assert (running.minimum_responses, planned.minimum_responses) == (5, 7)
    assert not Score.objects.exclude(suppression="").exists()


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


# --- Forgetting a person ----------------------------------------------------------------------


def forget(organization: Organization, email: str, by: User | None = None) -> None:
    people.forget_person(organization=organization, email=email, by=by, now=NOW)


def numbers(of: Round) -> list[object]:
    """Every count and every number of a round, as stored and as shown."""
    assessments = list(Assessment.objects.filter(round=of).select_related("round__questionnaire"))
    return [
        list(Score.objects.filter(assessment__round=of).order_by("pk").values()),
        list(Response.objects.filter(assessment__round=of).order_by("pk").values()),
        [(each.invited, each.responded, each.joined, each.left) for each in assessments],
        [build_content(each, "en", for_team=True).as_json() for each in assessments],
    ]


def test_nobody_remembers_a_forgotten_person(
    aviary: Organization, kestrel: Team, ada: User, mia: User
) -> None:
    """Neither the rosters, nor old and open invitations, mails and the log."""
    factories.closed_round(aviary, kestrel, [5] * 6)
    running = factories.open_round(aviary, "2026 Q3", now=NOW + 90 * DAY)
    for assessment in Assessment.objects.all():
        Mail.objects.create(
            organization=aviary, kind=MailKind.INVITATION, assessment=assessment, email="Mia@Example.org",
            due_at=NOW, error="550 mia@example.org is unknown",
        )  # fmt: skip
    people.add_to_team(team=kestrel, email=mia.email, name="", role=TeamRole.LEAD, by=ada)
    people.change_team(team=kestrel, name="Team Falcon", group=None, by=mia)

    forget(aviary, " MIA@example.org ".strip(), ada)

    assert not User.objects.filter(email=mia.email).exists()
    kept = [model.objects.values() for model in (User, Invitation, Mail, LogEntry)]
    assert "mia" not in str([list(rows) for rows in kept]).lower()
    assert set(Mail.objects.values_list("state", flat=True)) == {MailState.STOPPED}
    assert running.assessments.get().invitations.filter(email__endswith="@forgotten.invalid").count() == 1


def test_forgetting_changes_no_number(aviary: Organization, kestrel: Team, ada: User, mia: User) -> None:
    factories.closed_round(aviary, kestrel, [3, 4, 5, 6, 7, 5])
    later = factories.closed_round(aviary, kestrel, [2, 4, 5, 6, 7, 5], name="2026 Q3", now=NOW + 90 * DAY)
    before = numbers(later)

    forget(aviary, mia.email, ada)

    assert numbers(later) == before


def test_the_link_of_a_forgotten_person_still_works(
    aviary: Organization, kestrel: Team, ada: User, mia: User
) -> None:
    factories.closed_round(aviary, kestrel, [5] * 6)
    running = factories.open_round(aviary, "2026 Q3", now=NOW + 90 * DAY)
    token = factories.token_of(Invitation.objects.get(assessment__round=running, email=mia.email))

    forget(aviary, mia.email, ada)
    factories.answer(token, {"integration_1": 4}, now=NOW + 91 * DAY)
    rounds.close_round(round=running, by=ada, now=NOW + 92 * DAY)

    assessment = running.assessments.get()
    assert assessment.responded == 1
    assert (assessment.joined, assessment.left) == (0, 0)  # the same seven and ada's none: nobody changed


def test_who_belongs_elsewhere_stays_there(
    aviary: Organization, kestrel: Team, ada: User, mia: User, zoe: User
) -> None:
    terrarium = Organization.objects.get(slug="terrarium")
    gecko = people.create_team(organization=terrarium, name="Team Gecko", by=None)
    people.add_to_team(team=gecko, email=mia.email, name="", by=zoe)
    factories.make_questionnaire()
    factories.open_round(terrarium)
    people.add_to_team(team=kestrel, email=mia.email, name="", role=TeamRole.LEAD, by=ada)

    forget(aviary, mia.email, ada)

    assert list(mia.teams.all()) == [gecko]
    assert Invitation.objects.filter(email=mia.email).count() == 1
    meant = {
        entry.additional_data["organization"]: entry.additional_data["person"]
        for entry in LogEntry.objects.filter(additional_data__has_key="person")
    }
    assert meant == {aviary.pk: None, terrarium.pk: mia.pk}


def test_an_experiment_goes_on_without_its_owner(
    aviary: Organization, kestrel: Team, ada: User, mia: User, zoe: User
) -> None:
    closed = factories.closed_round(aviary, kestrel, [5] * 6)
    terrarium = Organization.objects.get(slug="terrarium")
    people.set_organization_role(
        organization=terrarium, email=mia.email, name="", role=OrganizationRole.COACH, by=zoe
    )
    started = actions.start_action(
        team=kestrel, round=closed, capability_key="integration", title="Try", by=ada, owner=mia, now=NOW
    )

    forget(aviary, mia.email, ada)

    started.refresh_from_db()
    assert (started.title, started.owner) == ("Try", None)
    assert list(mia.organizations.all()) == [terrarium]


def test_what_a_forgotten_person_did_stays(aviary: Organization, kestrel: Team, ada: User, lee: User) -> None:
    people.remove_from_team(membership=kestrel.memberships.exclude(user=lee).first(), by=lee)

    forget(aviary, lee.email, ada)

    done = [(entry.additional_data["what"], entry.actor) for entry in LogEntry.objects.order_by("pk")]
    assert done == [("teammembership_removed", None), ("forgotten", ada)]


def test_the_only_administrator_is_not_forgotten(aviary: Organization, ada: User) -> None:
    with pytest.raises(ServiceError, match="only administrator"):
        forget(aviary, ada.email, ada)

    assert aviary.memberships.get().user == ada


@pytest.mark.parametrize("email", ["nobody@example.org", "zoe@example.org"])
def test_a_stranger_cannot_be_forgotten(aviary: Organization, ada: User, zoe: User, email: str) -> None:
    """And nobody can find out here who belongs to another organization."""
    with pytest.raises(ServiceError, match="Nobody with this address"):
        forget(aviary, email, ada)

    assert User.objects.filter(email="zoe@example.org").exists()


def test_an_invitation_without_an_account_is_forgotten_too(
    aviary: Organization, kestrel: Team, ada: User
) -> None:
    factories.closed_round(aviary, kestrel, [5] * 6)
    email = Invitation.objects.first().email
    User.objects.filter(email=email).delete()

    forget(aviary, email, ada)

    assert not Invitation.objects.filter(email=email).exists()
