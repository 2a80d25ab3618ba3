"""What a coach keeps: the teams in their care, notes of their own, and what they have seen."""

from __future__ import annotations

import datetime as dt

import pytest
from auditlog.models import LogEntry
from django.core.exceptions import ValidationError

from assessments.models import Care, CoachNote, Organization, OrganizationRole, Team, User, Visit
from assessments.services import coaches, people
from assessments.services.errors import ServiceError
from tests import factories
from tests.factories import DAY, NOW


def in_care(coach: User) -> list[str]:
    return list(Care.objects.filter(coach=coach).order_by("team__name").values_list("team__name", flat=True))


def write(team: Team, by: User, text: str = "They laugh a lot.") -> CoachNote:
    return coaches.write_note(team=team, text=text, by=by, now=NOW)


def test_a_choice_takes_the_place_of_the_one_before(aviary: Organization, kestrel: Team, cleo: User) -> None:
    sparrow, owl = factories.make_team(aviary, "Team Sparrow"), factories.make_team(aviary, "Team Owl")
    coaches.choose_care(organization=aviary, teams=[kestrel, sparrow], by=cleo)
    kept = Care.objects.get(team=kestrel).pk

    coaches.choose_care(organization=aviary, teams=[kestrel, owl], by=cleo)

    assert in_care(cleo) == ["Team Kestrel", "Team Owl"]
    assert Care.objects.get(team=kestrel).pk == kept


def test_several_coaches_may_look_after_a_team(
    aviary: Organization, kestrel: Team, cleo: User, ada: User
) -> None:
    for coach in (cleo, ada):
        coaches.choose_care(organization=aviary, teams=[kestrel], by=coach)
    coaches.choose_care(organization=aviary, teams=[], by=ada)

    assert (in_care(cleo), in_care(ada)) == (["Team Kestrel"], [])


def test_a_choice_changes_nothing_in_another_organization(
    aviary: Organization, kestrel: Team, cleo: User
) -> None:
    elsewhere = factories.make_organization("Elsewhere")
    frog = factories.make_team(elsewhere, "Team Frog")
    coaches.choose_care(organization=elsewhere, teams=[frog], by=cleo)
    coaches.choose_care(organization=aviary, teams=[kestrel], by=cleo)

    with pytest.raises(ServiceError, match="another organization"):
        coaches.choose_care(organization=aviary, teams=[frog], by=cleo)
    assert in_care(cleo) == ["Team Frog", "Team Kestrel"]


def test_a_note_is_written_and_deleted(kestrel: Team, cleo: User) -> None:
    note = write(kestrel, cleo)
    assert (note.coach, note.written_at) == (cleo, NOW)

    coaches.delete_note(note=note, by=cleo)

    assert not CoachNote.objects.exists()


def test_nobody_deletes_the_note_of_another(kestrel: Team, cleo: User, ada: User) -> None:
    note = write(kestrel, cleo)

    with pytest.raises(ServiceError, match="Only who wrote"):
        coaches.delete_note(note=note, by=ada)
    assert CoachNote.objects.exists()


def test_an_empty_note_is_refused(kestrel: Team, cleo: User) -> None:
    with pytest.raises(ValidationError):
        write(kestrel, cleo, "")


@pytest.mark.parametrize(
    ("untils", "seen"),
    [
        ([NOW - DAY], NOW - DAY),
        ([NOW + DAY], NOW),  # nobody has seen what lies ahead
        ([NOW - DAY, NOW - 2 * DAY], NOW - DAY),  # a page that was left open for long
        ([NOW - 2 * DAY, NOW - DAY], NOW - DAY),
    ],
)
def test_what_was_seen_never_becomes_news_again(
    aviary: Organization, cleo: User, untils: list[dt.datetime], seen: dt.datetime
) -> None:
    for until in untils:
        visit = coaches.mark_seen(organization=aviary, until=until, by=cleo, now=NOW)

    assert visit.at == Visit.objects.get().at == seen


def test_nothing_of_it_is_logged(aviary: Organization, kestrel: Team, cleo: User) -> None:
    coaches.choose_care(organization=aviary, teams=[kestrel], by=cleo)
    coaches.delete_note(note=write(kestrel, cleo), by=cleo)
    coaches.mark_seen(organization=aviary, until=NOW, by=cleo, now=NOW)

    assert not LogEntry.objects.exists()


def test_who_is_forgotten_keeps_nothing_here(aviary: Organization, kestrel: Team, cleo: User) -> None:
    """Though they go on elsewhere."""
    elsewhere = factories.make_organization("Elsewhere")
    people.set_organization_role(
        organization=elsewhere, email=cleo.email, name="", role=OrganizationRole.COACH, by=None
    )
    for team in (kestrel, factories.make_team(elsewhere, "Team Frog")):
        write(team, cleo)
        coaches.choose_care(organization=team.organization, teams=[team], by=cleo)
        coaches.mark_seen(organization=team.organization, until=NOW, by=cleo, now=NOW)

    people.forget_person(organization=aviary, email=cleo.email, by=None, now=NOW)

    assert [note.team.organization for note in CoachNote.objects.all()] == [elsewhere]
    assert [care.team.organization for care in Care.objects.all()] == [elsewhere]
    assert [visit.organization for visit in Visit.objects.all()] == [elsewhere]


def test_with_a_person_go_their_notes(aviary: Organization, kestrel: Team, cleo: User) -> None:
    write(kestrel, cleo)

    people.forget_person(organization=aviary, email=cleo.email, by=None, now=NOW)

    assert not User.objects.filter(pk=cleo.pk).exists()
    assert not CoachNote.objects.exists()
