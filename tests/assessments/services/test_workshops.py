"""What a team agreed on openly: kept, changed, and never a score."""

from __future__ import annotations

import pytest
from auditlog.models import LogEntry
from django.core.exceptions import ValidationError

from assessments.models import Assessment, Response, Score, Team, User, Workshop
from assessments.services.errors import ServiceError
from assessments.services.people import archive_team
from assessments.services.workshops import (
    delete_workshop,
    finish_workshop,
    hold_workshop,
    reopen_workshop,
    save_answers,
)
from tests import factories
from tests.factories import DAY, NOW


@pytest.fixture
def workshop(kestrel: Team) -> Workshop:
    """One that is going on."""
    return factories.hold_workshop(kestrel, answers={"integration_1": 4})


def agreed() -> dict[str, object]:
    return Workshop.objects.get().answers


def test_a_workshop_begins_with_nothing_agreed(kestrel: Team) -> None:
    held = factories.hold_workshop(kestrel)

    assert (held.held_at, held.finished_at, held.answers) == (NOW, None, {})


def test_answers_are_laid_over_those_before(workshop: Workshop) -> None:
    save_answers(workshop=workshop, answers={"integration_2": "dk", "lead_time": 3}, by=None)
    save_answers(workshop=workshop, answers={"integration_1": 6}, by=None)

    assert agreed() == {"integration_1": 6, "integration_2": "dk", "lead_time": 3}


def test_two_devices_do_not_undo_each_other(workshop: Workshop) -> None:
    other = Workshop.objects.get()
    save_answers(workshop=workshop, answers={"integration_2": 5}, by=None)
    save_answers(workshop=other, answers={"integration_3": 2}, by=None)

    assert agreed() == {"integration_1": 4, "integration_2": 5, "integration_3": 2}


def test_a_finished_workshop_takes_no_answers(workshop: Workshop) -> None:
    finish_workshop(workshop=workshop, by=None, now=NOW + DAY)

    with pytest.raises(ServiceError, match="Reopen it"):
        save_answers(workshop=workshop, answers={"integration_1": 7}, by=None)
    assert agreed() == {"integration_1": 4}
    assert Workshop.objects.get().finished_at == NOW + DAY


def test_a_reopened_workshop_goes_on(workshop: Workshop) -> None:
    finish_workshop(workshop=workshop, by=None, now=NOW + DAY)
    reopen_workshop(workshop=workshop, by=None)
    save_answers(workshop=workshop, answers={"integration_1": 7}, by=None)

    assert agreed() == {"integration_1": 7}


def test_finishing_keeps_what_another_device_saved(workshop: Workshop) -> None:
    save_answers(workshop=Workshop.objects.get(), answers={"integration_1": 7}, by=None)
    finish_workshop(workshop=workshop, by=None, now=NOW)

    assert agreed() == {"integration_1": 7}


def test_a_name_is_used_once_in_a_team(kestrel: Team, workshop: Workshop) -> None:
    with pytest.raises(ValidationError, match="has a workshop with this name already"):
        factories.hold_workshop(kestrel)
    assert factories.hold_workshop(factories.make_team(kestrel.organization, "Team Sparrow"))


def test_an_archived_team_holds_none(kestrel: Team) -> None:
    archive_team(team=kestrel, by=None, now=NOW)

    with pytest.raises(ServiceError, match="archived"):
        factories.hold_workshop(kestrel)


def test_a_deleted_workshop_is_gone(workshop: Workshop) -> None:
    delete_workshop(workshop=workshop, by=None)

    assert not Workshop.objects.exists()


def test_the_log_tells_who_held_and_deleted_it_and_not_what_was_agreed(kestrel: Team, lee: User) -> None:
    questionnaire = factories.make_questionnaire()
    held = hold_workshop(team=kestrel, questionnaire=questionnaire, name="In May", by=lee, now=NOW)
    save_answers(workshop=held, answers={"integration_1": 4}, by=lee)
    delete_workshop(workshop=held, by=lee)

    entries = LogEntry.objects.order_by("pk")
    assert [(entry.actor, entry.additional_data["what"]) for entry in entries] == [
        (lee, "workshop_made"),
        (lee, "workshop_removed"),
    ]
    assert not any("answers" in entry.changes for entry in entries)


def test_a_workshop_makes_no_scores(kestrel: Team, workshop: Workshop) -> None:
    finish_workshop(workshop=workshop, by=None, now=NOW)

    assert [model.objects.count() for model in (Score, Assessment, Response)] == [0, 0, 0]


def test_a_workshop_changes_no_round(kestrel: Team) -> None:
    """A round of four answers stays below the minimum, whatever was agreed beside it."""
    running = factories.open_round(kestrel.organization)
    factories.answer_all(running, kestrel, [5] * 4)
    factories.hold_workshop(kestrel, answers={"integration_1": 7, "integration_2": 7, "integration_3": 7})
    factories.rounds.close_round(round=running, by=None, now=NOW + DAY)

    assert running.assessments.get().responded == 4
    assert set(Score.objects.values_list("mean", flat=True)) == {None}
