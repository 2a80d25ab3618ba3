"""Rounds: planned, opened, closed, and what none of it may give away."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.core.management import call_command
from django.db import connection, connections
from django.test.utils import CaptureQueriesContext
from scipy import stats

from assessments.models import (
    Assessment,
    Comment,
    Invitation,
    Organization,
    Questionnaire,
    Response,
    Round,
    Score,
    Team,
)
from assessments.services import people, rounds
from assessments.services.errors import ServiceError
from assessments.tokens import name_of_round, response_id
from tests import factories
from tests.factories import DAY, NOW
from tests.instruments import make_instrument


@pytest.fixture
def running(kestrel: Team) -> Round:
    """An open round of Kestrel's six."""
    return factories.open_round(kestrel.organization)


def pairs(of: Round) -> dict[Any, Any]:
    """Invitations and the responses that their secrets lead to."""
    name = name_of_round(of.pk)
    invitations = Invitation.objects.filter(assessment__round=of)
    return {found.pk: response_id(rounds.secret_of(found, of), name) for found in invitations}


def everything() -> dict[str, list[Any]]:
    """All rows that opening and closing touch."""
    models = (Round, Assessment, Invitation, Response, Comment, Score)
    return {
        model.__name__: sorted(model.objects.values(), key=lambda row: str(row["id"])) for model in models
    }


def open_now(of: Round) -> list[Invitation]:
    return rounds.open_round(round=of, by=None, now=NOW)


def close_now(of: Round) -> bool:
    return rounds.close_round(round=of, by=None, now=NOW + DAY)


# --- Planning ---------------------------------------------------------------------------------


def test_a_planned_round_asks_nobody(kestrel: Team) -> None:
    planned = factories.make_round(kestrel.organization)

    assert planned.is_planned
    assert not Invitation.objects.exists()


def test_a_round_ends_after_it_begins(aviary: Organization) -> None:
    with pytest.raises(ValidationError, match="The round has to open before it closes"):
        factories.make_round(aviary, closes_at=NOW)


# --- Opening ----------------------------------------------------------------------------------


def test_opening_invites_everybody_on_a_roster(kestrel: Team) -> None:
    factories.make_team(kestrel.organization, "Team Sparrow", size=2)
    factories.make_team(kestrel.organization, "Empty")
    planned = factories.make_round(kestrel.organization)

    invitations = open_now(planned)

    assert planned.is_open
    assert len(invitations) == 8
    assert sorted(Assessment.objects.values_list("team_name", flat=True)) == ["Team Kestrel", "Team Sparrow"]


def test_every_invitation_leads_to_an_empty_response_of_its_team(running: Round) -> None:
    found = pairs(running)
    assessments = dict(Invitation.objects.values_list("pk", "assessment_id"))

    assert dict(Response.objects.values_list("pk", "assessment_id")) == {
        response: assessments[invitation] for invitation, response in found.items()
    }
    assert set(Response.objects.values_list("complete", flat=True)) == {False}


def test_a_person_on_two_teams_is_asked_for_each(kestrel: Team) -> None:
    sparrow = factories.make_team(kestrel.organization, "Team Sparrow")
    people.add_to_team(team=sparrow, email="team-kestrel-0@example.org", name="", by=None)

    running = factories.open_round(kestrel.organization)

    assert len(factories.tokens_of(running)) == len(set(factories.tokens_of(running))) == 7


def test_archived_teams_and_other_organizations_are_not_asked(kestrel: Team) -> None:
    people.archive_team(team=kestrel, by=None, now=NOW)
    factories.make_team(factories.make_organization("Terrarium"), "Frogs", size=3)
    factories.make_team(kestrel.organization, "Team Sparrow", size=1)

    running = factories.open_round(kestrel.organization)

    assert [assessment.team_name for assessment in running.assessments.all()] == ["Team Sparrow"]


def test_the_promised_minimum_is_that_of_the_opening(kestrel: Team) -> None:
    planned = factories.make_round(kestrel.organization)
    Organization.objects.update(minimum_responses=7)
    planned.refresh_from_db()

    open_now(planned)
    Organization.objects.update(minimum_responses=5)

    assert Round.objects.get().minimum_responses == 7


def test_opening_twice_changes_nothing(running: Round) -> None:
    before = everything()

    again = open_now(running)

    assert everything() == before
    assert {found.pk for found in again} == set(pairs(running))


def test_a_crash_between_the_two_transactions_is_healed_by_opening_again(
    kestrel: Team, monkeypatch: pytest.MonkeyPatch
) -> None:
    planned = factories.make_round(kestrel.organization)
    with monkeypatch.context() as patched:
        patched.setattr(rounds, "_add_responses", crash)
        with pytest.raises(RuntimeError):
            open_now(planned)
    assert (Invitation.objects.count(), Response.objects.count()) == (6, 0)

    open_now(planned)

    assert set(Response.objects.values_list("pk", flat=True)) == set(pairs(planned).values())


def crash(*args: object, **values: object) -> None:
    raise RuntimeError("power cut")


def test_a_round_without_people_is_not_opened(aviary: Organization) -> None:
    planned = factories.make_round(aviary)

    with pytest.raises(ServiceError, match="Add people first"):
        open_now(planned)
    assert Round.objects.get().is_planned
    assert not Assessment.objects.exists()


def test_a_round_whose_end_has_passed_is_not_opened(kestrel: Team) -> None:
    planned = factories.make_round(kestrel.organization)

    with pytest.raises(ServiceError, match="would end before it begins"):
        rounds.open_round(round=planned, by=None, now=planned.closes_at)
    assert Round.objects.get().is_planned


def test_a_closed_round_is_not_opened_again(running: Round) -> None:
    close_now(running)

    with pytest.raises(ServiceError, match="has closed"):
        open_now(running)


def test_a_round_that_closes_meanwhile_gets_no_new_responses(
    running: Round, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Opening again heals in a second transaction, and the round may have closed before that."""
    lock, calls = rounds.lock_round, []

    def closes_before_the_second(round_id: int) -> Round | None:
        calls.append(round_id)
        if len(calls) == 2:
            close_now(Round.objects.get(pk=round_id))
        return lock(round_id)

    monkeypatch.setattr(rounds, "lock_round", closes_before_the_second)

    with pytest.raises(ServiceError, match="closed while it was being opened"):
        open_now(running)


# --- Late joiners -----------------------------------------------------------------------------


@pytest.fixture
def late(running: Round, kestrel: Team) -> list[Invitation]:
    """The invitations of two who joined after the opening."""
    for name in ("nell", "omar"):
        people.add_to_team(team=kestrel, email=f"{name}@example.org", name="", by=None)
    return rounds.invite_newcomers(round=running, by=None, now=NOW)


def test_only_late_joiners_are_invited(running: Round, late: list[Invitation]) -> None:
    assert sorted(found.email for found in late) == ["nell@example.org", "omar@example.org"]
    assert rounds.invite_newcomers(round=running, by=None, now=NOW) == []


def test_a_late_joiner_changes_no_id_and_no_answer(running: Round, kestrel: Team) -> None:
    factories.answer_all(running, kestrel, [3, 4])
    before = dict(Response.objects.values_list("pk", "answers"))
    invitations = dict(Invitation.objects.values_list("pk", "token_hash"))
    people.add_to_team(team=kestrel, email="nell@example.org", name="", by=None)

    rounds.invite_newcomers(round=running, by=None, now=NOW)

    after = dict(Response.objects.values_list("pk", "answers"))
    assert before.items() <= after.items()
    assert invitations.items() <= dict(Invitation.objects.values_list("pk", "token_hash")).items()
    assert set(after) == set(pairs(running).values())
    assert len(after) == 7


def test_nobody_joins_a_round_that_is_not_open(kestrel: Team, running: Round) -> None:
    planned = factories.make_round(kestrel.organization, "2026 Q3")

    with pytest.raises(ServiceError, match="is not open"):
        rounds.invite_newcomers(round=planned, by=None, now=NOW)
    with pytest.raises(ServiceError, match="is not open"):
        rounds.invite_newcomers(round=running, by=None, now=running.closes_at)
    close_now(running)
    with pytest.raises(ServiceError, match="is not open"):
        rounds.invite_newcomers(round=running, by=None, now=NOW)


# --- Closing ----------------------------------------------------------------------------------


def test_closing_freezes_the_counts(running: Round, kestrel: Team) -> None:
    factories.answer_all(running, kestrel, [5, 5, 5, 5])
    people.remove_from_team(membership=kestrel.memberships.first(), by=None)

    assert close_now(running)

    assert list(Assessment.objects.values_list("invited", "responded")) == [(6, 4)]
    assert (running.closed_at, running.salt) == (NOW + DAY, "")


def test_closing_freezes_which_earlier_rounds_are_one_person_apart(kestrel: Team) -> None:
    """Whether somebody left or joined, however long ago, and in no other team; case is no difference."""
    organization = kestrel.organization
    sparrow = factories.make_team(organization, "Team Sparrow", size=5)
    first = one_more_round(organization, 1)
    people.remove_from_team(
        membership=kestrel.memberships.get(user__email="team-kestrel-0@example.org"), by=None
    )
    second = one_more_round(organization, 2)
    Invitation.objects.filter(assessment__round=second, email="team-kestrel-1@example.org").update(
        email="Team-Kestrel-1@example.org"
    )
    people.add_to_team(team=kestrel, email="team-kestrel-0@example.org", name="", by=None)
    third = one_more_round(organization, 3)
    people.add_to_team(team=kestrel, email="new-0@example.org", name="", by=None)
    people.add_to_team(team=kestrel, email="new-1@example.org", name="", by=None)
    people.remove_from_team(membership=kestrel.memberships.get(user__email="new-1@example.org"), by=None)
    fourth = one_more_round(organization, 4)

    assert [apart(of, kestrel) for of in (first, second, third, fourth)] == [
        [],
        [first],
        [second],
        [third, first],
    ]
    assert [apart(of, sparrow) for of in (first, second, third, fourth)] == [[]] * 4


def one_more_round(organization: Organization, number: int) -> Round:
    """A round of an hour, later than those before."""
    now = NOW + number * DAY
    made = factories.open_round(organization, f"Round {number}", now=now)
    assert rounds.close_round(round=made, by=None, now=now + DAY / 24)
    return made


def apart(of: Round, team: Team) -> list[Round]:
    """The earlier rounds that are frozen as one person apart from this one."""
    frozen = of.assessments.get(team=team).one_apart
    return [Assessment.objects.get(pk=pk, team=team).round for pk in frozen]


def round_of(questionnaire: Questionnaire, organization: Organization, number: int) -> Round:
    """A round of a day that asks a certain questionnaire."""
    now = NOW + number * DAY
    made = factories.open_round(organization, f"Round {number}", now=now, questionnaire=questionnaire)
    rounds.close_round(round=made, by=None, now=now + DAY / 24)
    return made


def test_another_questionnaires_rounds_can_be_one_person_apart(kestrel: Team) -> None:
    """It may ask the same under another name: then the difference is the person's answer all the same."""
    first = one_more_round(kestrel.organization, 1)
    people.remove_from_team(membership=kestrel.memberships.first(), by=None)
    other = factories.make_questionnaire(replace(make_instrument(), slug="other"))
    made = round_of(other, kestrel.organization, 2)

    assert apart(made, kestrel) == [first]
    assert made.assessments.get().left is None  # since a round that is not compared with this one


def test_of_other_questionnaires_two_rounds_are_remembered(kestrel: Team) -> None:
    before = [one_more_round(kestrel.organization, number) for number in (1, 2, 3)]
    people.remove_from_team(membership=kestrel.memberships.first(), by=None)
    other = factories.make_questionnaire(replace(make_instrument(), slug="other"))

    assert apart(round_of(other, kestrel.organization, 4), kestrel) == [before[2], before[1]]
    own = Questionnaire.objects.get(slug="test")
    assert apart(round_of(own, kestrel.organization, 5), kestrel) == before[::-1]  # of its own all are


def test_closing_costs_the_same_after_many_rounds(kestrel: Team) -> None:
    with CaptureQueriesContext(connection) as few:
        one_more_round(kestrel.organization, 1)
    for number in range(2, 5):
        one_more_round(kestrel.organization, number)
    with CaptureQueriesContext(connection) as many:
        one_more_round(kestrel.organization, 5)

    assert len(many) <= len(few)


def test_closing_twice_changes_nothing(running: Round, kestrel: Team) -> None:
    factories.answer_all(running, kestrel, [5] * 6, comment="Tea")
    close_now(running)
    before = everything()

    assert rounds.close_round(round=running, by=None, now=NOW + 2 * DAY) is False

    assert everything() == before


@pytest.mark.parametrize("step", ["seal", "freeze_scores", "_freeze_counts"])
def test_a_crash_while_closing_leaves_the_round_open_and_whole(
    running: Round, kestrel: Team, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    factories.answer_all(running, kestrel, [5] * 4, comment="Tea")
    before = everything()

    with monkeypatch.context() as patched:
        patched.setattr(rounds, step, crash)
        with pytest.raises(RuntimeError):
            close_now(running)

    assert everything() == before
    assert close_now(Round.objects.get())


def test_a_crash_after_scoring_leaves_the_round_open_and_whole(
    running: Round, kestrel: Team, monkeypatch: pytest.MonkeyPatch
) -> None:
    factories.answer_all(running, kestrel, [5] * 6)
    before = everything()

    with monkeypatch.context() as patched:
        patched.setattr(Round, "save", crash)
        with pytest.raises(RuntimeError):
            close_now(running)

    assert everything() == before


def test_a_round_that_was_never_opened_is_not_closed(kestrel: Team) -> None:
    with pytest.raises(ServiceError, match="never opened"):
        close_now(factories.make_round(kestrel.organization))


def test_a_round_that_nobody_answered_can_be_closed(running: Round) -> None:
    close_now(running)

    assert set(Score.objects.values_list("suppression", flat=True)) == {"too_few"}


def test_one_round_is_open_at_a_time(running: Round) -> None:
    second = factories.make_round(running.organization, "2026 Q3")

    with pytest.raises(ServiceError, match="2026 Q2 is still open"):
        rounds.open_round(round=second, by=None, now=NOW)
    assert not Assessment.objects.filter(round=second).exists()


def test_closing_one_round_leaves_others_open(running: Round) -> None:
    other = factories.open_round_elsewhere()
    before = Response.objects.filter(assessment__round=other).count()

    close_now(running)

    other.refresh_from_db()
    assert other.is_open
    assert Response.objects.filter(assessment__round=other).count() == before


# --- The order of rows tells nothing ----------------------------------------------------------

PEOPLE = 80
CHANCE = 0.48
"""Of 80 shuffled rows, one order in 50,000 agrees with another as much as this (Spearman)."""


def in_order_of_storage(table: str) -> list[str]:
    """The ids of a table's rows as they lie on disk."""
    place = "ctid" if connection.vendor == "postgresql" else "rowid"
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT id FROM {table} ORDER BY {place}")
        return [str(row[0]).replace("-", "") for row in cursor.fetchall()]


def places(order: list[Any]) -> dict[Any, int]:
    return {found: place for place, found in enumerate(order)}


def agreement(one: list[Any], two: list[Any]) -> float:
    """How far two orders of the same things agree: 0 not at all, 1 wholly."""
    other = places(two)
    return abs(stats.spearmanr(range(len(one)), [other[found] for found in one]).statistic)


def test_the_order_of_responses_tells_nothing(aviary: Organization) -> None:
    """Neither of invitations nor of the roster, neither before nor after the close, with late joiners."""
    team = factories.make_team(aviary, size=PEOPLE - 1)
    running = factories.open_round(aviary)
    people.add_to_team(team=team, email="zz@example.org", name="", by=None)
    rounds.invite_newcomers(round=running, by=None, now=NOW)
    linked = {response.hex: invitation.hex for invitation, response in pairs(running).items()}
    emails = {found.pk.hex: found.email for found in Invitation.objects.all()}
    roster = list(team.memberships.order_by("pk").values_list("user__email", flat=True))
    marks = random.sample(range(7**3), PEOPLE)
    answers = dict(zip(linked, marks, strict=True))
    whose = {mark: linked[response] for response, mark in answers.items()}
    for response in Response.objects.all():
        mark = answers[response.pk.hex]
        response.answers = {f"integration_{n + 1}": mark // 7**n % 7 + 1 for n in range(3)}
        response.complete = True
        response.save()

    invitations = in_order_of_storage("assessments_invitation")
    before = [linked[response] for response in in_order_of_storage("assessments_response")]
    assert agreement(before, invitations) < CHANCE
    assert agreement([emails[found] for found in before], roster) < CHANCE
    assert agreement([emails[found] for found in invitations], roster) < CHANCE

    close_now(running)

    sealed = {response.pk.hex: response.answers for response in Response.objects.all()}
    after = [
        whose[sum((sealed[found][f"integration_{n + 1}"] - 1) * 7**n for n in range(3))]
        for found in in_order_of_storage("assessments_response")
    ]
    invitations_after = in_order_of_storage("assessments_invitation")
    assert agreement(after, invitations_after) < CHANCE
    assert agreement(after, invitations) < CHANCE
    assert agreement(after, before) < CHANCE
    assert agreement(invitations_after, invitations) < CHANCE


# --- The file forgets -------------------------------------------------------------------------


@pytest.fixture
def file_database(tmp_path: Path, django_db_blocker: Any) -> Iterator[Path]:
    """The product's database in a file, as it is run; the tests' own is in memory."""
    usual = connections["default"]
    own = usual.copy()
    own.settings_dict = usual.settings_dict | {"NAME": str(tmp_path / "survey.sqlite3")}
    with django_db_blocker.unblock():
        connections["default"] = own
        try:
            call_command("migrate", verbosity=0)
            yield tmp_path
        finally:
            own.close()
            connections["default"] = usual


def found_in(folder: Path, texts: list[str]) -> set[str]:
    """Which of the texts stand in a file of the folder."""
    stored = b"".join(path.read_bytes() for path in sorted(folder.iterdir()))
    return {text for text in texts if text.encode() in stored}


@pytest.mark.own_engine
def test_after_the_close_the_file_has_no_byte_of_a_link(file_database: Path) -> None:
    organization = factories.make_organization()
    team = factories.make_team(organization, size=6)
    running = factories.open_round(organization)
    factories.answer_all(running, team, [5] * 5, comment="A remark in its answer")
    secrets = [running.salt, *Invitation.objects.values_list("token_hash", flat=True)]
    secrets += [pk.hex for pk in Response.objects.values_list("pk", flat=True)]
    assert found_in(file_database, secrets) == set(secrets)

    close_now(running)

    assert found_in(file_database, secrets) == set()
    assert Response.objects.count() == 5
