"""Closed rounds scored anew: beside the old scores, and never showing what was hidden."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from auditlog.models import LogEntry

from assessments.models import Assessment, Round, Score, ScoreKind, Suppression, Team
from assessments.scoring import SCORING_VERSION
from assessments.services.errors import ServiceError
from assessments.services.rescoring import Outcome, Rescored, TeamRescored, rescore_round
from assessments.services.responses import delete_old_responses, sealed_answers
from tests import factories
from tests.factories import DAY, NOW
from tests.instruments import make_instrument

NUMBERS = ("n", "mean", "sd", "se", "low90", "high90", "low80", "high80", "dont_know", "distribution")

VALUES = (6, 6, 5, 5, 4, 4)


@pytest.fixture
def closed(kestrel: Team) -> Round:
    """A closed round in which Kestrel's six answered all of two capabilities."""
    factories.make_questionnaire(make_instrument({"practice": {"integration": 3, "testing": 3}}))
    return factories.closed_round(kestrel.organization, kestrel, VALUES)


def make_old(of: Round, version: str = "1") -> None:
    """Let the round be one that an earlier version scored, when there were no composites."""
    scores = Score._base_manager.filter(assessment__round=of)  # it refuses nothing
    scores.filter(kind=ScoreKind.COMPOSITE).delete()
    scores.update(scoring_version=version)


def change_old(of: Round, key: str, kind: str = ScoreKind.CAPABILITY, **values: Any) -> None:
    """Let the earlier version have said something else."""
    assert Score._base_manager.filter(assessment__round=of, kind=kind, key=key).update(**values)


def hide_old(of: Round, key: str, kind: str = ScoreKind.CAPABILITY) -> None:
    """Let the earlier version have hidden a result."""
    hidden: dict[str, Any] = dict.fromkeys(NUMBERS)
    hidden |= {"agreement": "", "two_camps": False, "suppression": Suppression.TOO_FEW}
    change_old(of, key, kind, **hidden)


def rescore(of: Round, *, write: bool = True, by: Any = None) -> Rescored:
    return rescore_round(round=of, write=write, by=by, now=NOW + 2 * DAY)


def stored(of: Round, version: str = SCORING_VERSION) -> dict[tuple[str, str], Score]:
    scores = Score.objects.filter(assessment__round=of, scoring_version=version)
    return {(score.kind, score.key): score for score in scores}


def numbers(score: Score) -> list[Any]:
    return [getattr(score, name) for name in (*NUMBERS, "agreement", "two_camps", "suppression")]


# --- Beside the old ones ----------------------------------------------------------------------


def test_a_round_of_this_version_is_left_alone(closed: Round) -> None:
    before = Score.objects.count()

    assert rescore(closed) == Rescored(Outcome.CURRENT)
    assert Score.objects.count() == before


def test_new_scores_are_those_that_closing_would_make_now(closed: Round) -> None:
    expected = {place: numbers(score) for place, score in stored(closed).items()}
    make_old(closed)

    assert rescore(closed) == Rescored(Outcome.SCORED, (TeamRescored("Team Kestrel"),))
    assert {place: numbers(score) for place, score in stored(closed).items()} == expected
    assert (ScoreKind.COMPOSITE, "practice") in expected


def test_old_scores_stay_as_they_are(closed: Round) -> None:
    make_old(closed)
    before = list(Score.objects.order_by("pk").values())

    rescore(closed)

    assert list(Score.objects.filter(scoring_version="1").order_by("pk").values()) == before


def test_without_write_the_same_is_said_and_nothing_kept(closed: Round) -> None:
    make_old(closed)
    change_old(closed, "testing", two_camps=True)
    before = list(Score.objects.order_by("pk").values())

    said = rescore(closed, write=False)

    assert said.teams[0].moved == ("testing",)
    assert list(Score.objects.order_by("pk").values()) == before
    assert not LogEntry.objects.filter(additional_data__what="rescored").exists()
    assert rescore(closed) == said


def test_a_second_time_changes_nothing(closed: Round) -> None:
    make_old(closed)
    rescore(closed)
    before = Score.objects.count()

    assert rescore(closed) == Rescored(Outcome.CURRENT)
    assert Score.objects.count() == before


def test_the_newest_old_version_is_compared_by_its_number(closed: Round) -> None:
    """Ten is more than two, though not as a text."""
    make_old(closed, "10")

    assert rescore(closed) == Rescored(Outcome.CURRENT)


def test_it_is_logged(closed: Round, ada: Any) -> None:
    make_old(closed)
    rescore(closed, by=ada)

    entry = LogEntry.objects.get(additional_data__what="rescored")
    assert (entry.actor, entry.object_repr) == (ada, "2026 Q2")


def test_an_open_round_is_refused(kestrel: Team) -> None:
    with pytest.raises(ServiceError, match="is not closed"):
        rescore(factories.open_round(kestrel.organization))


def test_a_round_whose_answers_were_deleted_is_left_alone(closed: Round) -> None:
    make_old(closed)
    organization = closed.organization
    organization.keep_responses_days = 30
    delete_old_responses(organization=organization, now=NOW + 40 * DAY)
    before = Score.objects.count()

    assert rescore(closed) == Rescored(Outcome.GONE)
    assert Score.objects.count() == before


def test_a_round_that_nobody_answered_has_nothing_to_lose(kestrel: Team) -> None:
    empty = factories.closed_round(kestrel.organization, kestrel, [])
    make_old(empty)

    assert rescore(empty) == Rescored(Outcome.SCORED, (TeamRescored("Team Kestrel"),))
    assert {score.suppression for score in stored(empty).values()} == {Suppression.TOO_FEW}


# --- What is said -----------------------------------------------------------------------------


def test_only_what_is_shown_differently_counts_as_moved(closed: Round) -> None:
    make_old(closed)
    mean = stored(closed, "1")[ScoreKind.CAPABILITY, "integration"].mean
    assert mean is not None
    change_old(closed, "integration", mean=mean + 0.01)
    change_old(closed, "testing", agreement="differ_widely")
    change_old(closed, "practice", ScoreKind.CATEGORY, mean=2.0)
    change_old(closed, "lead_time", ScoreKind.KEY_METRIC, mean=1)

    said = rescore(closed).teams[0]

    assert said.moved == ("testing", "category practice", "key metric lead_time")
    assert (said.hidden, said.still_hidden) == ((), ())


def test_what_too_few_stand_behind_by_the_new_version_is_hidden(kestrel: Team) -> None:
    """Four people gave too few answers for a score: an earlier version may have counted them."""
    factories.make_questionnaire(make_instrument({"practice": {"integration": 3, "testing": 3}}))
    made = factories.open_round(kestrel.organization)
    unsure = {"testing_1": "dk", "testing_2": "dk"}
    factories.answer_all(made, kestrel, VALUES, **unsure)
    factories.rounds.close_round(round=made, by=None, now=NOW + DAY)
    closed = Round.objects.get()
    make_old(closed)
    change_old(closed, "testing", suppression="", n=6, mean=5.0, low90=4.0, high90=6.0, low80=4.5, high80=5.5)

    assert rescore(closed).teams[0].hidden == ("testing",)
    assert stored(closed)[ScoreKind.CAPABILITY, "testing"].mean is None


# --- What was hidden stays hidden -------------------------------------------------------------


def test_a_result_that_was_hidden_stays_hidden(closed: Round) -> None:
    make_old(closed)
    hide_old(closed, "testing")

    said = rescore(closed).teams[0]

    hidden = stored(closed)[ScoreKind.CAPABILITY, "testing"]
    assert said.still_hidden == ("testing",)
    assert (hidden.suppression, hidden.n, hidden.mean) == (Suppression.TOO_FEW, None, None)


def test_a_category_is_not_made_of_what_stays_hidden(kestrel: Team) -> None:
    """Its mean beside the other capability's would tell the hidden one."""
    factories.make_questionnaire(make_instrument({"practice": {"integration": 3, "testing": 3}}))
    made = factories.open_round(kestrel.organization)
    factories.answer_all(made, kestrel, VALUES, testing_1=1, testing_2=1, testing_3=1)
    factories.rounds.close_round(round=made, by=None, now=NOW + DAY)
    closed = Round.objects.get()
    make_old(closed)
    hide_old(closed, "testing")

    rescore(closed)

    new = stored(closed)
    category = new[ScoreKind.CATEGORY, "practice"]
    assert (category.n, category.mean) == (1, new[ScoreKind.CAPABILITY, "integration"].mean)
    assert new[ScoreKind.COMPOSITE, "practice"].suppression == Suppression.TOO_FEW


def test_a_hidden_category_has_no_composite_either(closed: Round) -> None:
    make_old(closed)
    hide_old(closed, "practice", ScoreKind.CATEGORY)

    assert rescore(closed).teams[0].still_hidden == ("category practice",)
    assert stored(closed)[ScoreKind.COMPOSITE, "practice"].mean is None


def test_statements_that_were_not_told_one_by_one_are_not_told_now(aviary: Any) -> None:
    team = factories.make_team(aviary, "Team Heron", size=9)
    closed = factories.closed_round(aviary, team, [5] * 9)
    told = stored(closed)[ScoreKind.CAPABILITY, "integration"].distribution
    assert told is not None
    make_old(closed)
    change_old(closed, "integration", distribution={"integration_2": told["integration_2"]})

    rescore(closed)

    assert stored(closed)[ScoreKind.CAPABILITY, "integration"].distribution == {
        "integration_2": told["integration_2"]
    }


# --- Raw answers ------------------------------------------------------------------------------


def test_sealed_answers_are_the_teams_and_nothing_but_answers(closed: Round) -> None:
    rows = sealed_answers(closed)

    assert {assessment for assessment, _answers in rows} == {Assessment.objects.get().pk}
    assert sorted(answers["integration_1"] for _assessment, answers in rows) == sorted(VALUES)


def test_sealed_answers_are_read_for_scoring_and_for_the_upkeep_of_questionnaires_alone() -> None:
    root = Path(__file__).parents[3]
    files = [path for app in ("assessments", "reports") for path in (root / app).rglob("*.py")]
    readers = {
        path.stem for path in files if re.search(r"\bsealed_answers\b", path.read_text(encoding="utf-8"))
    }

    assert readers == {"responses", "rescoring", "questionnaire_reliability"}
