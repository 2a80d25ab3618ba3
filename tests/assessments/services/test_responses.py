"""Answers: saved while the round is open, sealed when it closes."""

from __future__ import annotations

from typing import Any

import pytest

from assessments import tokens
from assessments.models import Assessment, Comment, Invitation, Response, Round, Score, Team
from assessments.services.errors import RoundNotOpen
from assessments.services.responses import delete_old_responses, save_response
from assessments.services.rounds import close_round
from tests import factories
from tests.factories import DAY, NOW


@pytest.fixture
def running(kestrel: Team) -> Round:
    """An open round of Kestrel."""
    return factories.open_round(kestrel.organization)


@pytest.fixture
def token(running: Round) -> str:
    """One of its links."""
    return factories.tokens_of(running)[0]


def save(token: str, answers: dict[str, Any], *, complete: bool = False, now: Any = NOW) -> Response:
    return save_response(token=token, answers=answers, complete=complete, now=now)


def stored(token: str) -> Response:
    number, secret = tokens.from_text(token)
    return Response.objects.get(pk=tokens.response_id(secret, tokens.name_of_round(number)))


# --- Saving -----------------------------------------------------------------------------------


def test_answers_are_kept_in_the_one_response_of_the_link(running: Round, token: str) -> None:
    save(token, {"integration_1": 6, "lead_time": "dk"})

    assert stored(token).answers == {"integration_1": 6, "lead_time": "dk"}
    assert Response.objects.exclude(answers={}).count() == 1
    assert Response.objects.count() == 6


def test_the_last_answer_wins_and_others_stay(token: str) -> None:
    save(token, {"integration_1": 6, "integration_2": 2})
    save(token, {"integration_1": 3, "integration_3": "dk"})

    assert stored(token).answers == {"integration_1": 3, "integration_2": 2, "integration_3": "dk"}


def test_what_is_left_open_is_taken_out_again(token: str) -> None:
    save(token, {"integration_1": 6, "integration_2": 2})
    save(token, {"integration_1": None})

    assert stored(token).answers == {"integration_2": 2}


def test_complete_stays_complete(token: str) -> None:
    save(token, {"integration_1": 6})
    assert not stored(token).complete

    save(token, {}, complete=True)
    save(token, {"integration_1": 5}, complete=False)

    assert stored(token).complete
    assert stored(token).answers == {"integration_1": 5}


def test_sending_twice_counts_once(running: Round, token: str) -> None:
    for _attempt in range(5):
        save(token, {"integration_1": 6}, complete=True)

    assert Response.objects.filter(complete=True).count() == 1


# --- Not saving -------------------------------------------------------------------------------


def test_nothing_is_saved_from_the_end_of_the_round_on(running: Round, token: str) -> None:
    save(token, {"integration_1": 6}, now=running.closes_at - DAY / 86_400)

    with pytest.raises(RoundNotOpen, match="The round has closed"):
        save(token, {"integration_1": 1}, complete=True, now=running.closes_at)
    assert stored(token).answers == {"integration_1": 6}
    assert not stored(token).complete


def test_a_round_that_is_put_off_takes_answers_again(running: Round, token: str) -> None:
    end = running.closes_at
    with pytest.raises(RoundNotOpen):
        save(token, {"integration_1": 6}, now=end)
    Round.objects.filter(pk=running.pk).update(closes_at=end + DAY)

    save(token, {"integration_1": 6}, now=end)

    assert stored(token).answers == {"integration_1": 6}


def test_a_save_is_one_statement(token: str, django_assert_num_queries: Any) -> None:
    save(token, {"integration_1": 6})

    with django_assert_num_queries(1):
        save(token, {"integration_1": 5, "integration_2": 4})


def test_nothing_is_saved_after_the_close(running: Round, token: str) -> None:
    save(token, {"integration_1": 6}, complete=True)
    close_round(round=running, by=None, now=NOW)

    with pytest.raises(RoundNotOpen):
        save(token, {"integration_1": 1}, complete=True)
    assert [response.answers for response in Response.objects.all()] == [{"integration_1": 6}]


def test_nothing_is_saved_before_the_opening(running: Round, token: str) -> None:
    planned = factories.make_round(running.organization, "2026 Q3")
    _number, secret = tokens.from_text(token)

    with pytest.raises(RoundNotOpen):
        save(tokens.to_text(planned.pk, secret), {"integration_1": 1})


@pytest.mark.parametrize("text", ["", "nonsense", "12-short"])
def test_a_text_that_is_no_token_is_refused(running: Round, text: str) -> None:
    with pytest.raises(tokens.InvalidToken):
        save(text, {})


def test_a_link_of_no_round_is_refused(running: Round) -> None:
    with pytest.raises(RoundNotOpen):
        save(tokens.to_text(10**17, bytes(32)), {})


def test_a_made_up_link_of_an_open_round_changes_nothing(running: Round) -> None:
    with pytest.raises((RoundNotOpen, Response.DoesNotExist)):
        save(tokens.to_text(running.pk, bytes(32)), {"integration_1": 1}, complete=True)
    assert not Response.objects.exclude(answers={}).exists()


# --- Sealing ----------------------------------------------------------------------------------


def test_only_complete_responses_survive(running: Round) -> None:
    done, begun, *_untouched = factories.tokens_of(running)
    save(done, {"integration_1": 6}, complete=True)
    save(begun, {"integration_1": 1})

    close_round(round=running, by=None, now=NOW)

    assert list(Response.objects.values_list("answers", "complete")) == [({"integration_1": 6}, True)]


def test_no_id_hash_or_salt_of_an_open_round_survives(running: Round, kestrel: Team) -> None:
    factories.answer_all(running, kestrel, [5] * 6)
    old = set(Response.objects.values_list("pk", flat=True))

    close_round(round=running, by=None, now=NOW)

    assert not old & set(Response.objects.values_list("pk", flat=True))
    assert set(Invitation.objects.values_list("token_hash", flat=True)) == {None}
    assert Round.objects.get(pk=running.pk).salt == ""


def test_invitations_stay_without_their_links(running: Round) -> None:
    before = set(Invitation.objects.values_list("pk", "email"))

    close_round(round=running, by=None, now=NOW)

    assert set(Invitation.objects.values_list("pk", "email")) == before


def test_comments_are_cut_off_the_answers(running: Round) -> None:
    for number, token in enumerate(factories.tokens_of(running)):
        comment = {"comment": f"Remark {number}"} if number < 4 else {}
        save(token, {"integration_1": 5} | comment, complete=True)

    close_round(round=running, by=None, now=NOW)

    assert set(Comment.objects.values_list("text", flat=True)) == {f"Remark {number}" for number in range(4)}
    assert list(Response.objects.values_list("answers", flat=True)) == [{"integration_1": 5}] * 6


def test_comments_of_what_was_not_sent_are_gone(running: Round, token: str) -> None:
    save(token, {"comment": "Half-way"})

    close_round(round=running, by=None, now=NOW)

    assert not Comment.objects.exists()


def test_another_rounds_answers_stay(running: Round, token: str) -> None:
    other = factories.open_round_elsewhere()
    before = set(Response.objects.filter(assessment__round=other).values_list("pk", flat=True))

    close_round(round=running, by=None, now=NOW)

    assert set(Response.objects.filter(assessment__round=other).values_list("pk", flat=True)) == before
    assert Invitation.objects.filter(assessment__round=other, token_hash=None).count() == 0


# --- Keeping answers for a while only ---------------------------------------------------------


def kept(team: Team, days: int | None) -> Round:
    """A closed round of an organization that keeps answers for so long."""
    closed = factories.closed_round(team.organization, team, [5] * 6, other={"comment": "Tea"})
    team.organization.keep_responses_days = days
    team.organization.save()
    return closed


def delete_old(team: Team, now: Any) -> int:
    return delete_old_responses(organization=team.organization, now=now)


def test_answers_are_deleted_after_their_time_and_scores_stay(kestrel: Team) -> None:
    closed = kept(kestrel, 400)
    end = closed.closed_at + 400 * DAY
    before = list(Score.objects.values()), list(Assessment.objects.values())

    assert delete_old(kestrel, end - DAY) == 0
    assert delete_old(kestrel, end) == 12
    assert delete_old(kestrel, end) == 0

    assert not Response.objects.exists()
    assert not Comment.objects.exists()
    assert (list(Score.objects.values()), list(Assessment.objects.values())) == before


def test_answers_are_kept_for_ever_where_nothing_else_was_chosen(kestrel: Team) -> None:
    closed = kept(kestrel, None)

    assert delete_old(kestrel, closed.closed_at + 10_000 * DAY) == 0
    assert Response.objects.count() == 6


def test_answers_of_open_rounds_and_of_other_organizations_are_left_alone(kestrel: Team) -> None:
    closed = kept(kestrel, 30)
    frogs = factories.make_team(factories.make_organization("Terrarium"), "Frogs", size=6)
    kept(frogs, None)
    factories.open_round(kestrel.organization, "2026 Q3")

    delete_old(kestrel, closed.closed_at + 90 * DAY)

    assert Response.objects.filter(assessment__team=frogs).count() == 6
    assert Response.objects.filter(assessment__team=kestrel, complete=False).count() == 6
