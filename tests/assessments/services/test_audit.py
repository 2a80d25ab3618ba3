"""The log: what administrators, coaches and leads did, and nothing of those who answer."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from auditlog.models import LogEntry
from auditlog.registry import auditlog
from django.core.exceptions import ValidationError

from assessments import models
from assessments.models import Organization, OrganizationRole, Round, Team, User
from assessments.services import audit, people, rounds
from tests import factories
from tests.factories import DAY, NOW

SECRET_OF_PEOPLE = {
    models.Assessment, models.Care, models.CoachNote, models.Comment, models.Invitation,
    models.Mail, models.MailStop, models.Response, models.Score, models.Visit,
}  # fmt: skip


def entries(organization: Organization) -> list[tuple[User | None, str, str]]:
    found = LogEntry.objects.filter(additional_data__organization=organization.pk).order_by("pk")
    return [(entry.actor, entry.additional_data["what"], entry.object_repr) for entry in found]


def test_nothing_that_knows_of_answers_is_watched() -> None:
    assert not set(auditlog.get_models()) & SECRET_OF_PEOPLE
    assert set(auditlog.get_models()) == set(audit.LOGGED)


@pytest.mark.parametrize(
    ("model", "field"),
    [
        (models.Round, "salt"),
        (models.User, "password"),
        (models.Workshop, "answers"),
        (models.Action, "outcome"),
    ],
)
def test_secrets_are_not_watched(model: Any, field: str) -> None:
    watched = auditlog.get_model_fields(model)["include_fields"]

    assert watched
    assert field not in watched


def test_who_did_what(aviary: Organization, ada: User) -> None:
    team = people.create_team(organization=aviary, name="Team Kestrel", by=ada)
    membership = people.add_to_team(team=team, email="mia@example.org", name="Mia", by=ada)
    people.remove_from_team(membership=membership, by=ada)
    people.archive_team(team=team, by=ada, now=NOW)
    people.archive_team(team=team, by=ada, now=NOW)

    assert entries(aviary) == [
        (ada, "team_made", "Team Kestrel"),
        (ada, "teammembership_made", "Team Kestrel"),
        (ada, "teammembership_removed", "Team Kestrel"),
        (ada, "archived", "Team Kestrel"),
    ]


def test_what_changed_is_kept(aviary: Organization, kestrel: Team, ada: User) -> None:
    people.change_team(team=kestrel, name="Team Falcon", group=None, by=ada)

    assert LogEntry.objects.get().changes == {"name": ["Team Kestrel", "Team Falcon"]}


def test_what_nobody_does_is_not_logged(aviary: Organization, kestrel: Team) -> None:
    """Imports, the demo, the command line."""
    people.change_team(team=kestrel, name="Team Falcon", group=None, by=None)

    assert entries(aviary) == []


def test_what_fails_is_not_logged(aviary: Organization, ada: User) -> None:
    people.create_team(organization=aviary, name="Team Kestrel", by=ada)
    with pytest.raises(ValidationError, match="already"):
        people.create_team(organization=aviary, name="Team Kestrel", by=ada)

    assert len(entries(aviary)) == 1


def test_a_new_person_is_told_by_number_alone(aviary: Organization, kestrel: Team, ada: User) -> None:
    people.add_to_team(team=kestrel, email="nina@example.org", name="Nina", by=ada)

    assert "nina" not in str(LogEntry.objects.values()).lower()


def test_an_entry_is_its_own_organizations(aviary: Organization, kestrel: Team, ada: User, zoe: User) -> None:
    people.change_team(team=kestrel, name="Team Falcon", group=None, by=ada)

    assert entries(Organization.objects.get(slug="terrarium")) == []


def test_no_address_of_a_computer_is_kept(
    aviary: Organization, kestrel: Team, sign_in: Any, ada: User
) -> None:
    sign_in(ada).post("/o/aviary/teams/team-kestrel/change/", {"name": "Team Falcon"})

    entry = LogEntry.objects.get()
    assert (entry.actor, entry.remote_addr, entry.remote_port, entry.cid) == (ada, None, None, None)
    assert entry.actor_email is None


def test_a_service_in_a_service_leaves_the_outer_one_its_actor(
    aviary: Organization, ada: User, cleo: User
) -> None:
    @audit.audited
    def outer(*, organization: Organization, by: User) -> None:
        people.create_group(organization=organization, name="Inside", by=cleo)
        organization.name = "Outside"
        organization.save()

    outer(organization=aviary, by=ada)

    assert entries(aviary) == [(cleo, "group_made", "Inside"), (ada, "organization_changed", "Outside")]


def test_who_acts_is_known_in_one_thread_only(aviary: Organization, ada: User) -> None:
    seen: list[object] = []

    @audit.audited
    def service(*, organization: Organization, by: User) -> None:
        other = threading.Thread(target=lambda: seen.append(audit._acting.get()))
        other.start()
        other.join()
        seen.append(audit._acting.get())

    service(organization=aviary, by=ada)

    assert seen[0] is None
    assert seen[1] is not None
    assert audit._acting.get() is None


def test_a_service_about_nothing_cannot_be_logged(ada: User) -> None:
    with pytest.raises(TypeError):
        audit.audited(lambda *, by: None)(by=ada)


# --- Rounds -----------------------------------------------------------------------------------


def test_a_round_is_opened_and_closed_in_one_entry_each(
    aviary: Organization, kestrel: Team, ada: User
) -> None:
    made = factories.make_round(aviary, by=ada)
    rounds.open_round(round=made, by=ada, now=NOW)
    rounds.open_round(round=made, by=ada, now=NOW)
    people.add_to_team(team=kestrel, email="late@example.org", name="Late", by=None)
    rounds.invite_newcomers(round=made, by=ada, now=NOW)
    rounds.invite_newcomers(round=made, by=ada, now=NOW)
    rounds.close_round(round=made, by=ada, now=NOW + DAY)
    rounds.close_round(round=made, by=ada, now=NOW + DAY)

    assert entries(aviary) == [
        (ada, what, "2026 Q2") for what in ("round_made", "opened", "invited", "closed")
    ]
    assert LogEntry.objects.latest("pk").timestamp == NOW + DAY


def test_a_round_that_closes_by_itself_says_so(aviary: Organization, kestrel: Team) -> None:
    factories.closed_round(aviary, kestrel, [5] * 6)

    assert [entry.additional_data["by_itself"] for entry in LogEntry.objects.all()] == [True, True]


def test_answering_leaves_no_trace(aviary: Organization, kestrel: Team, ada: User) -> None:
    made = factories.open_round(aviary)
    before = LogEntry.objects.count()
    factories.answer_all(made, kestrel, [3] * 6, comment="Nothing of this is logged")
    assert LogEntry.objects.count() == before

    rounds.close_round(round=made, by=ada, now=NOW + DAY)

    entry = LogEntry.objects.exclude(additional_data__what="opened").get()
    assert (entry.additional_data, entry.changes) == ({"organization": aviary.pk, "what": "closed"}, None)
    assert (entry.object_repr, entry.serialized_data, entry.changes_text) == ("2026 Q2", None, "")


def test_the_salt_is_in_no_entry(aviary: Organization, kestrel: Team, ada: User) -> None:
    made = factories.make_round(aviary, by=ada)
    rounds.open_round(round=made, by=ada, now=NOW)

    assert Round.objects.get().salt not in str(LogEntry.objects.values())


def test_roles_are_logged(aviary: Organization, ada: User) -> None:
    people.set_organization_role(
        organization=aviary, email="cleo@example.org", name="Cleo", role=OrganizationRole.COACH, by=ada
    )
    given = people.set_organization_role(
        organization=aviary, email="cleo@example.org", name="", role=OrganizationRole.ADMINISTRATOR, by=ada
    )
    people.remove_organization_role(membership=given, by=ada)

    changes = [entry.changes["role"] for entry in LogEntry.objects.order_by("pk")]
    assert changes == [["None", "coach"], ["coach", "administrator"], ["administrator", "None"]]


def test_what_programs_do_over_and_over_is_logged_once_a_day(
    aviary: Organization, kestrel: Team, ada: User, cleo: User
) -> None:
    sparrow = factories.make_team(aviary, "Team Sparrow")

    def read(team: Team, by: User, after: float = 0) -> None:
        audit.record_daily(
            what=audit.Event.RESULTS_READ, subject=team, organization=aviary, by=by, now=NOW + after * DAY
        )

    for after in (0, 0.5, 0.99, 1, 1.5):
        read(kestrel, cleo, after)
    read(sparrow, cleo)
    read(kestrel, ada)

    assert entries(aviary) == [
        (cleo, "results_read", "Team Kestrel"),
        (cleo, "results_read", "Team Kestrel"),
        (cleo, "results_read", "Team Sparrow"),
        (ada, "results_read", "Team Kestrel"),
    ]
