"""Past rounds brought in from files: whole or not at all, and as a close leaves them."""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
from auditlog.models import LogEntry
from django.core.exceptions import ValidationError

from assessments.answers_file import AnswersFileError, Mistake, Problem, Row
from assessments.models import (
    Action,
    Assessment,
    Comment,
    Invitation,
    Mail,
    Organization,
    Questionnaire,
    RemovedPart,
    Response,
    Round,
    Score,
    ScoreKind,
    Suppression,
    Team,
    User,
)
from assessments.queries import (
    due_mails,
    due_nudge,
    untold_rounds,
)
from assessments.services import imports, mails, people, rescoring, responses
from assessments.services.errors import ServiceError
from assessments.services.imports import ImportChanged, ImportPlan, TeamPart, texts_of
from reports.builder import one_changed
from tests import factories
from tests.factories import DAY, NOW
from tests.instruments import make_instrument

pytestmark = pytest.mark.django_db

LAST_DAY = dt.date(2025, 12, 31)


def plan_of(organization: Organization, rows: Sequence[Row], **fields: Any) -> ImportPlan:
    values: dict[str, Any] = {
        "questionnaire": Questionnaire.objects.first() or factories.make_questionnaire(),
        "name": "2025 Q4",
        "closed_on": LAST_DAY,
        "now": NOW,
    } | fields
    return imports.plan_import(organization=organization, rows=rows, **values)


def refusal(organization: Organization, rows: Sequence[Row] | None = None, **fields: Any) -> str:
    """Why it cannot be brought in. Nothing is left behind."""
    before = Round.objects.count()
    rows = factories.rows_of({"Team Kestrel": [5] * 6}) if rows is None else rows
    with pytest.raises(ValidationError) as refused:
        factories.imported_round(organization, {}, rows=rows, **fields)
    assert Round.objects.count() == before
    return " ".join(refused.value.messages)


# --- What it becomes --------------------------------------------------------------------------


def test_a_past_round_is_closed_sealed_and_scored(kestrel: Team) -> None:
    made = factories.imported_round(kestrel.organization, {"Team Kestrel": [5, 5, 6, 6, 7]})
    assessment = made.assessments.get()

    assert (made.is_closed, made.imported, made.salt, made.name) == (True, True, "", "2025 Q4")
    assert made.closed_at == made.closes_at == dt.datetime(2025, 12, 31, 13, tzinfo=dt.UTC)
    assert (assessment.team, assessment.team_name, assessment.responded) == (kestrel, "Team Kestrel", 5)
    assert (assessment.invited, assessment.joined, assessment.left) == (0, None, None)
    assert (Invitation.objects.count(), Comment.objects.count(), Mail.objects.count()) == (0, 0, 0)


def test_scores_are_those_of_the_same_answers_given_here(kestrel: Team) -> None:
    values = [2, 4, 5, 5, 6, 7]
    here = factories.closed_round(kestrel.organization, kestrel, values)
    brought_in = factories.imported_round(kestrel.organization, {"Team Kestrel": values})

    def scores(of: Round) -> list[list[Any]]:
        found = Score.objects.filter(assessment__round=of).order_by("kind", "key")
        rows = found.values_list(*(field.attname for field in Score._meta.fields[2:]))
        return [[round(value, 9) if isinstance(value, float) else value for value in row] for row in rows]

    assert scores(brought_in) == scores(here)
    assert len(scores(here)) > 5


def test_answers_are_kept_under_random_ids_and_in_random_order(aviary: Organization) -> None:
    factories.make_team(aviary, "Kestrel")
    keys = [statement.key for statement in make_instrument().statements]
    rows = [Row(number + 2, "Kestrel", dict.fromkeys(keys, number % 7 + 1)) for number in range(60)]
    made = factories.imported_round(aviary, {}, rows=rows)
    stored = list(Response.objects.order_by("pk").values_list("answers", flat=True))
    by_place = [answers[keys[0]] for answers in Response.objects.all().values_list("answers", flat=True)]

    assert sorted(answers[keys[0]] for answers in stored) == sorted(row.answers[keys[0]] for row in rows)
    assert by_place != [row.answers[keys[0]] for row in rows]
    assert all(found.pk.version == 4 and found.complete for found in Response.objects.all())
    assert responses.sealed_answers(made)


def test_too_few_have_no_number(kestrel: Team) -> None:
    factories.imported_round(kestrel.organization, {"Team Kestrel": [5] * 4})

    assert set(Score.objects.values_list("suppression", flat=True)) == {Suppression.TOO_FEW}


def test_the_minimum_is_that_of_the_organization(kestrel: Team) -> None:
    Organization.objects.update(minimum_responses=7)
    made = factories.imported_round(kestrel.organization, {"Team Kestrel": [5] * 6})

    assert made.minimum_responses == 7
    assert not Score.objects.filter(suppression="").exists()


@pytest.mark.parametrize(("days", "kept"), [(None, 6), (400, 6), (120, 0)])
def test_answers_that_are_too_old_to_be_kept_are_not_stored(
    kestrel: Team, days: int | None, kept: int
) -> None:
    """The last day of 2025 is 124 days before now."""
    Organization.objects.update(keep_responses_days=days)
    made = factories.imported_round(kestrel.organization, {"Team Kestrel": [5] * 6})

    assert (Response.objects.count(), made.assessments.get().responded) == (kept, 6)
    assert Score.objects.filter(kind=ScoreKind.CAPABILITY, suppression="").exists()


def test_a_day_is_one_of_the_organizations_clock(kestrel: Team) -> None:
    Organization.objects.update(time_zone="Pacific/Auckland")
    made = factories.imported_round(kestrel.organization, {"Team Kestrel": [5] * 6})

    assert (made.closed_at.date(), made.opens_at.isoformat()) == (LAST_DAY, "2025-12-30T11:00:00+00:00")


def test_nobody_is_told_and_nobody_is_nudged(kestrel: Team, lee: User, cleo: User) -> None:
    closed_on = NOW.date() - dt.timedelta(days=50)
    made = factories.imported_round(kestrel.organization, {"Team Kestrel": [5] * 6}, closed_on=closed_on)
    Action.objects.create(team=kestrel, round=made, capability_key="integration", title="T", started_at=NOW)

    assert not untold_rounds(kestrel.organization, NOW).exists()
    assert mails.queue_results(round=made, now=NOW) == []
    assert due_nudge(kestrel.organization, NOW) is None
    assert not due_mails(NOW + 9 * DAY).exists()


def test_it_can_be_scored_anew(kestrel: Team) -> None:
    made = factories.imported_round(kestrel.organization, {"Team Kestrel": [5] * 6})
    Score.objects.all()._raw_delete(Score.objects.db)

    found = rescoring.rescore_round(round=made, write=True, by=None, now=NOW)

    assert found.outcome == rescoring.Outcome.SCORED
    assert Score.objects.exists()


def test_the_log_says_who_brought_it_in(kestrel: Team, ada: User) -> None:
    made = factories.imported_round(kestrel.organization, {"Team Kestrel": [5] * 6}, by=ada)
    entry = LogEntry.objects.get(additional_data__what="round_imported")

    assert (entry.actor, entry.object_repr, entry.object_id) == (ada, "2025 Q4", made.pk)
    assert LogEntry.objects.count() == 1


# --- Teams ------------------------------------------------------------------------------------


def test_teams_are_known_by_name_or_address_and_may_be_archived(aviary: Organization) -> None:
    kestrel, wren = (factories.make_team(aviary, name) for name in ("Team Kestrel", "Wren"))
    people.archive_team(team=wren, by=None, now=NOW)
    rows = factories.rows_of({"team  KESTREL": [5] * 3, "team-kestrel": [6] * 3, "wren": [4] * 2})
    made = factories.imported_round(aviary, {}, rows=rows)

    assert dict(made.assessments.values_list("team", "responded")) == {kestrel.pk: 6, wren.pk: 2}


def test_every_team_that_is_none_is_named_once_with_its_rows(kestrel: Team) -> None:
    factories.make_team(factories.make_organization("Elsewhere"), "Wren")
    text = refusal(
        kestrel.organization, factories.rows_of({"Team Kestrel": [5] * 6, "Wren": [5] * 3, "Robin": [5]})
    )

    assert "Row 8: There is no team “Wren”." in text
    assert "Rows of it: 3." in text
    assert "Row 11: There is no team “Robin”." in text


def test_two_teams_of_one_name_are_told_apart_by_their_addresses(aviary: Organization) -> None:
    factories.make_team(aviary, "Wren")
    robin = factories.make_team(aviary, "Robin")
    people.change_team(team=robin, name="wren", group=None, by=None)

    assert "Write it as in its page's address: robin, wren." in refusal(
        aviary, factories.rows_of({"Wren ": [5]})
    )
    made = factories.imported_round(aviary, {"robin": [5] * 5})
    assert made.assessments.get().team == robin


def test_a_crash_leaves_nothing(kestrel: Team, monkeypatch: pytest.MonkeyPatch) -> None:
    def crash(*args: object) -> None:
        raise RuntimeError("no power")

    monkeypatch.setattr(imports, "freeze_scores", crash)
    with pytest.raises(RuntimeError):
        factories.imported_round(kestrel.organization, {"Team Kestrel": [5] * 6})

    assert not any(model.objects.exists() for model in (Round, Assessment, Response, Score, LogEntry))


# --- Which rounds can be brought in -----------------------------------------------------------


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"name": ""}, "This field cannot be blank."),
        ({"name": "n" * 101}, "at most 100 characters"),
        ({"name": "2025\u202eQ4"}, "characters that cannot be shown"),
        ({"name": "2025\nQ4"}, "characters that cannot be shown"),
        ({"closed_on": NOW.date()}, "Give a day that has passed"),
        ({"closed_on": dt.date(2099, 1, 1)}, "Give a day that has passed"),
        ({"closed_on": dt.date(1999, 12, 31)}, "from 2000 on"),
        ({"closed_on": dt.date(1, 1, 1)}, "from 2000 on"),
    ],
)
def test_name_and_day_have_to_be_good(kestrel: Team, fields: dict[str, Any], reason: str) -> None:
    assert reason in refusal(kestrel.organization, **fields)


def test_no_name_and_no_day_twice(kestrel: Team) -> None:
    factories.imported_round(kestrel.organization, {"Team Kestrel": [5] * 6})

    assert "There is a round with this name already." in refusal(
        kestrel.organization, closed_on=dt.date(2025, 9, 30)
    )
    assert "2025 Q4 closed on this day already." in refusal(kestrel.organization, name="Other")


def test_only_what_came_before_the_first_round_held_here(kestrel: Team) -> None:
    factories.make_round(kestrel.organization, "Planned", now=NOW - 300 * DAY)
    factories.open_round(kestrel.organization, "Running", now=NOW - 200 * DAY)

    assert "before Running opened" in refusal(kestrel.organization, closed_on=dt.date(2025, 12, 1))
    assert factories.imported_round(
        kestrel.organization, {"Team Kestrel": [5] * 6}, closed_on=dt.date(2025, 9, 1)
    )


def test_rounds_about_another_questionnaire_do_not_stand_in_the_way(kestrel: Team) -> None:
    factories.closed_round(kestrel.organization, kestrel, [5] * 6, now=NOW - 300 * DAY)
    other = factories.make_questionnaire(replace(make_instrument(), slug="other"))

    assert factories.imported_round(kestrel.organization, {"Team Kestrel": [5] * 6}, questionnaire=other)


def test_an_older_version_can_be_brought_in_and_another_organizations_own_cannot(kestrel: Team) -> None:
    old = factories.make_questionnaire()
    factories.make_questionnaire(replace(make_instrument(), version=2))
    assert factories.imported_round(kestrel.organization, {"Team Kestrel": [5] * 6}, questionnaire=old)

    Questionnaire.objects.filter(pk=old.pk)._update(
        [(Questionnaire._meta.get_field("organization"), None, factories.make_organization("Elsewhere").pk)]
    )
    assert "cannot use this questionnaire" in refusal(
        kestrel.organization, name="2025 Q3", closed_on=dt.date(2025, 9, 30), questionnaire=old
    )


# --- One person more or less (docs/method.md, 6.2 no. 4) --------------------------------------


def apart(of: Round) -> list[int]:
    """The rounds from which one person of the round's one team may differ."""
    found = of.assessments.get().one_apart
    return sorted(Assessment.objects.filter(pk__in=found).values_list("round_id", flat=True))


def quarter(team: Team, people_answering: int, back: int) -> Round:
    day = LAST_DAY - dt.timedelta(days=90 * back)
    return factories.imported_round(
        team.organization, {team.name: [5] * people_answering}, f"{back} back", closed_on=day
    )


def test_two_imported_rounds_are_one_person_apart_if_their_numbers_are(kestrel: Team) -> None:
    old, same, newer = quarter(kestrel, 6, 3), quarter(kestrel, 6, 2), quarter(kestrel, 5, 1)
    oldest = quarter(kestrel, 7, 4)

    assert [apart(each) for each in (old, same)] == [[], []]
    assert apart(newer) == sorted([old.pk, same.pk])
    assert apart(oldest) == sorted([old.pk, same.pk])  # brought in last: it is the one that knows


@pytest.mark.parametrize(("answered", "one_apart"), [(4, True), (5, False), (6, True), (7, False)])
def test_a_round_that_closes_here_is_compared_by_how_many_answered(
    kestrel: Team, answered: int, one_apart: bool
) -> None:
    """Of the six who are asked here five answer."""
    past = quarter(kestrel, answered, 1)
    here = factories.closed_round(kestrel.organization, kestrel, [5] * 5)
    part = here.assessments.get()

    assert (part.joined, part.left, part.invited) == (None, None, 6)
    assert apart(here) == ([past.pk] if one_apart else [])


@pytest.mark.parametrize(("answered", "one_apart"), [(4, True), (5, False), (6, True), (7, False)])
def test_a_round_that_closed_here_before_the_import_is_compared_too(
    kestrel: Team, answered: int, one_apart: bool
) -> None:
    here = factories.closed_round(kestrel.organization, kestrel, [5] * 5)
    past = quarter(kestrel, answered, 1)

    assert apart(past) == ([here.pk] if one_apart else [])
    assert apart(here) == []  # what was told first stays as it was


def test_another_teams_rounds_are_not_compared(aviary: Organization, kestrel: Team) -> None:
    factories.make_team(aviary, "Wren")
    factories.imported_round(aviary, {"Wren": [5] * 5}, "Wrens", closed_on=dt.date(2025, 3, 1))
    assert apart(factories.imported_round(aviary, {"Team Kestrel": [5] * 6})) == []


@pytest.mark.parametrize("back", [1, -1])  # it may be older or younger
def test_another_questionnaires_rounds_are_compared_for_they_may_ask_the_same(
    kestrel: Team, back: int
) -> None:
    here = factories.closed_round(kestrel.organization, kestrel, [5] * 5)
    other = factories.make_questionnaire(replace(make_instrument(), slug="other"))
    past = factories.imported_round(
        kestrel.organization, {"Team Kestrel": [5] * 6}, closed_on=(NOW - 9 * back * DAY).date(),
        now=NOW + 30 * DAY, questionnaire=other,
    )  # fmt: skip

    assert apart(past) == [here.pk]
    assert apart(here) == []  # what was told first stays as it was


def test_of_another_questionnaire_the_two_rounds_before_and_the_two_after_are_compared(kestrel: Team) -> None:
    others = [quarter(kestrel, 5, back) for back in range(6)]
    other = factories.make_questionnaire(replace(make_instrument(), slug="other"))
    between = factories.imported_round(
        kestrel.organization, {"Team Kestrel": [5] * 6}, "Between", closed_on=LAST_DAY - 225 * DAY,
        questionnaire=other,
    )  # fmt: skip

    assert apart(between) == sorted(others[back].pk for back in (1, 2, 3, 4))


# --- What was shown is what is done -----------------------------------------------------------


def test_the_plan_tells_teams_and_what_nobody_answered(kestrel: Team) -> None:
    factories.make_team(kestrel.organization, "Aviators")
    rows = [
        row._replace(answers={"integration_1": 5})
        for row in factories.rows_of({"Team Kestrel": [5] * 6, "Aviators": [4]})
    ]
    plan = plan_of(kestrel.organization, rows)

    assert plan.teams == (TeamPart("Aviators", 1, False), TeamPart("Team Kestrel", 6, True))
    assert "integration_1" not in plan.unanswered
    assert {"integration_2", "lead_time"} <= set(plan.unanswered)
    assert (plan.minimum, plan.keeps_answers) == (5, True)
    assert not Round.objects.exists()


def test_another_plan_than_the_one_that_was_shown_is_not_carried_out(kestrel: Team) -> None:
    rows = factories.rows_of({"Team Kestrel": [5] * 6})
    plan = plan_of(kestrel.organization, rows)
    Organization.objects.update(minimum_responses=8)

    with pytest.raises(ImportChanged) as changed:
        factories.imported_round(kestrel.organization, {}, rows=rows, digest=plan.digest)

    assert changed.value.plan.teams == (TeamPart("Team Kestrel", 6, False),)
    assert not Round.objects.exists()
    assert factories.imported_round(kestrel.organization, {}, rows=rows, digest=changed.value.plan.digest)


# --- Files ------------------------------------------------------------------------------------


def read(content: str, mapping: str | None = None) -> Any:
    return imports.read_file(
        lines=io.BytesIO(content.encode()),
        questionnaire=factories.make_questionnaire(),
        mapping=mapping.encode() if mapping is not None else None,
        mapping_name="map.yaml",
        most=3,
    )


def test_a_file_is_a_spreadsheet_or_with_a_mapping_an_export_of_limesurvey() -> None:
    mapping = "team_column: Q1\nincomplete: true\nstatements: {integration_1: Q2}\n"

    assert read("team,integration_1\nA,5\n").rows == (Row(2, "A", {"integration_1": 5}),)
    assert read("Q1,Q2,Q3\nA,5,x\n", mapping).rows == (Row(2, "A", {"integration_1": 5}),)


@pytest.mark.parametrize(
    ("content", "mapping", "begins"),
    [
        ("team,integration_1\nA,9\n,5", None, ["Row 2, integration_1: “9”", "Row 3, team: There is no team"]),
        ("team,integration_1" + "\nA,5" * 4, None, ["The file has more than 5,000 rows."]),
        ("Q1\nA\n", "statements:", ["map.yaml, line 1: expected"]),
    ],
)
def test_mistakes_are_sentences(content: str, mapping: str | None, begins: list[str]) -> None:
    with pytest.raises(ValidationError) as refused:
        read(content, mapping)

    texts = refused.value.messages
    assert [text[: len(begin)] for text, begin in zip(texts, begins, strict=True)] == begins


@pytest.mark.parametrize("problem", Problem)
def test_every_problem_has_words_that_say_what_to_do(problem: Problem) -> None:
    (text,) = texts_of(AnswersFileError([Mistake(problem, 3, "c", "given", "other")]))

    assert text.startswith("Row 3, c: ")
    assert text.endswith(".")
    assert "%" not in text


# --- Taking it out again ----------------------------------------------------------------------


def test_an_imported_round_goes_with_all_that_came_out_of_it(kestrel: Team, ada: User) -> None:
    factories.closed_round(kestrel.organization, kestrel, [5] * 6)
    before = Score.objects.count(), Response.objects.count()
    made = quarter(kestrel, 6, 1)

    imports.remove_round(round=made, by=ada)

    assert Round.objects.get().name == "2026 Q2"
    assert (Score.objects.count(), Response.objects.count()) == before
    entry = LogEntry.objects.get(additional_data__what="round_removed")
    assert (entry.actor, entry.object_repr) == (ada, "1 back")


def test_a_round_that_was_held_here_stays(kestrel: Team) -> None:
    held = factories.closed_round(kestrel.organization, kestrel, [5] * 6)

    with pytest.raises(ServiceError, match="Only a round that was brought in"):
        imports.remove_round(round=held, by=None)
    assert Round.objects.exists()


def test_a_round_that_experiments_came_out_of_stays(kestrel: Team) -> None:
    made = quarter(kestrel, 6, 1)
    Action.objects.create(team=kestrel, round=made, capability_key="integration", title="T", started_at=NOW)

    with pytest.raises(ServiceError, match="Experiments came out of this round"):
        imports.remove_round(round=made, by=None)
    assert made.assessments.exists()


def test_a_round_because_of_which_another_is_told_roughly_stays(kestrel: Team) -> None:
    """Else that one would be told exactly, to somebody who has kept the report of this one."""
    told_first, rough = quarter(kestrel, 6, 2), quarter(kestrel, 5, 1)

    with pytest.raises(ServiceError, match="One person may differ between this round and 1 back"):
        imports.remove_round(round=told_first, by=None)
    imports.remove_round(round=rough, by=None)
    imports.remove_round(round=told_first, by=None)
    assert not Round.objects.exists()


@pytest.mark.parametrize(("answered", "rough"), [(5, True), (6, False), (7, True), (8, False)])
def test_the_same_round_once_more_with_another_row_is_one_person_apart(
    kestrel: Team, answered: int, rough: bool
) -> None:
    """The row that was missing would be the difference of the new report and the one that somebody kept."""
    imports.remove_round(round=quarter(kestrel, 6, 1), by=None)
    again = quarter(kestrel, answered, 1).assessments.get()

    assert bool(again.one_apart) is rough
    assert one_changed([again]) is rough


def test_what_was_removed_is_laid_beside_the_next_round_here_for_half_a_year(kestrel: Team) -> None:
    for back in (0, 3):
        imports.remove_round(round=quarter(kestrel, 6, back), by=None)
    parts = list(RemovedPart.objects.order_by("-closed_at"))

    assert factories.closed_round(kestrel.organization, kestrel, [5] * 5).assessments.get().one_apart == [
        parts[0].assessment
    ]


def test_of_what_showed_nothing_nothing_is_kept(kestrel: Team) -> None:
    imports.remove_round(round=quarter(kestrel, 4, 1), by=None)
    assert not RemovedPart.objects.exists()


def test_removing_twice_is_told(kestrel: Team) -> None:
    made = quarter(kestrel, 6, 1)
    again = Round.objects.get(pk=made.pk)
    imports.remove_round(round=made, by=None)

    with pytest.raises(ServiceError):
        imports.remove_round(round=again, by=None)
