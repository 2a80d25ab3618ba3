"""Reminders: to whom they go, that none comes twice, and that nothing tells who got one."""

from __future__ import annotations

import smtplib
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from django.core import mail
from django.core.mail.backends.locmem import EmailBackend
from django.db import connection
from django.test.utils import CaptureQueriesContext

from assessments.models import Invitation, MailStop, Response, Round, Team, User
from assessments.services import people, reminders, rounds
from tests import factories
from tests.factories import DAY, NOW

SIX = [f"team-kestrel-{number}@example.org" for number in range(6)]


@pytest.fixture
def running(kestrel: Team) -> Round:
    """An open round of Kestrel's six, with two reminders."""
    return factories.open_round(kestrel.organization)


def is_due(running: Round, now: Any) -> bool:
    return reminders.due_reminder(round=running, now=now)


def remind(running: Round, now: Any = NOW + 7 * DAY) -> list[str]:
    """Who gets a mail when the time has come."""
    before = len(mail.outbox)
    if is_due(running, now):
        reminders.send_reminders(round=running)
    return sorted(to for message in mail.outbox[before:] for to in message.to)


def marks(running: Round) -> list[int]:
    return list(Invitation.objects.filter(assessment__round=running).values_list("reminders", flat=True))


# --- When -------------------------------------------------------------------------------------


def test_a_reminder_comes_when_half_of_the_time_has_passed(running: Round) -> None:
    assert not is_due(running, NOW + 7 * DAY - factories.DAY / 24)
    assert remind(running) == SIX
    assert not is_due(running, NOW + 8 * DAY)
    assert remind(running, NOW + 10.5 * DAY) == SIX
    assert not is_due(running, NOW + 13.9 * DAY)


def test_after_a_pause_only_the_newest_reminder_goes(running: Round) -> None:
    assert remind(running, NOW + 11 * DAY) == SIX
    assert remind(running, NOW + 12 * DAY) == []
    assert set(marks(running)) == {2}


@pytest.mark.parametrize("reminders_wanted", [0, 1])
def test_no_more_reminders_than_were_asked_for(kestrel: Team, reminders_wanted: int) -> None:
    running = factories.open_round(kestrel.organization, reminders=reminders_wanted)

    for day in range(14):
        remind(running, NOW + day * DAY)

    assert len(mail.outbox) == 6 * reminders_wanted


def test_rounds_that_are_not_open_remind_nobody(kestrel: Team, running: Round) -> None:
    planned = factories.make_round(kestrel.organization, "2026 Q3")

    assert remind(planned) == []
    assert remind(running, running.closes_at) == []
    rounds.close_round(round=running, by=None, now=NOW + 2 * DAY)
    assert remind(running) == []


def test_a_round_that_closes_while_reminders_wait_reminds_nobody(running: Round) -> None:
    assert is_due(running, NOW + 7 * DAY)
    rounds.close_round(round=running, by=None, now=NOW + 7 * DAY)

    reminders.send_reminders(round=running)

    assert mail.outbox == []


# --- Who --------------------------------------------------------------------------------------


def test_only_those_whose_answers_are_not_complete(running: Round) -> None:
    tokens = factories.tokens_of(running)
    factories.answer(tokens[0], {"integration_1": 4})
    factories.answer(tokens[1], {"integration_1": 4}, complete=False)

    assert remind(running) == SIX[1:]


def test_neither_who_left_nor_who_wants_no_mails(running: Round, kestrel: Team) -> None:
    people.remove_from_team(membership=kestrel.memberships.get(user__email=SIX[0]), by=None)
    MailStop.objects.create(organization=kestrel.organization, user=User.objects.get(email=SIX[1]))

    assert remind(running) == SIX[2:]
    assert marks(running) == [1] * 6


def test_who_joins_after_a_reminder_gets_only_the_next(running: Round, kestrel: Team) -> None:
    remind(running)
    people.add_to_team(team=kestrel, email="nell@example.org", name="Nell", by=None)
    rounds.invite_newcomers(round=running, by=None, now=NOW + 8 * DAY)

    assert remind(running, NOW + 8 * DAY) == []
    assert "nell@example.org" in remind(running, NOW + 11 * DAY)


def test_the_link_is_the_same(running: Round) -> None:
    remind(running)

    told = "".join(str(message.body) for message in mail.outbox)
    assert all(token in told for token in factories.tokens_of(running))


# --- Nothing tells ----------------------------------------------------------------------------


def test_everybody_is_marked_alike(running: Round, kestrel: Team) -> None:
    factories.answer_all(running, kestrel, [5, 5, 5])

    remind(running)

    assert marks(running) == [1] * 6


def test_the_database_is_asked_the_same_whoever_has_answered(kestrel: Team) -> None:
    """The same statements, apart from ids: for a round that nobody answered, and one that all did."""
    asked = []
    for running, values in (
        (factories.open_round(kestrel.organization), []),
        (factories.open_round_elsewhere(), [5] * 6),
    ):
        factories.answer_all(running, running.assessments.get().team, values)
        assert is_due(running, NOW + 7 * DAY)
        with CaptureQueriesContext(connection) as queries:
            reminders.send_reminders(round=running)
        statements = [query["sql"] for query in queries if "SAVEPOINT" not in query["sql"]]
        asked.append(Counter(statement.split(" WHERE ")[0] for statement in statements))

    assert asked[0] == asked[1]
    assert len(mail.outbox) == 6


def test_reminding_changes_no_response(running: Round, kestrel: Team) -> None:
    factories.answer_all(running, kestrel, [5, 5, 5])
    before = list(Response.objects.order_by("pk").values())

    remind(running)

    assert list(Response.objects.order_by("pk").values()) == before


# --- Trouble with the mail server -------------------------------------------------------------

Server = Callable[[Callable[[str], None]], None]


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Server:
    """Have the mail server do something with each address before it takes the mail."""
    send = EmailBackend.send_messages

    def behave(how: Callable[[str], None]) -> None:
        def send_messages(self: EmailBackend, messages: Any) -> int:
            for message in messages:
                how(message.to[0])
            return send(self, messages)

        monkeypatch.setattr(EmailBackend, "send_messages", send_messages)

    return behave


def busy(address: str) -> None:
    raise smtplib.SMTPDataError(451, b"come again later")


def well(address: str) -> None:
    pass


def test_a_server_that_takes_nothing_leaves_no_mark(running: Round, kestrel: Team, server: Server) -> None:
    """Marks would stand at those who were gone through before the first mail: all of them had answered."""
    factories.answer_all(running, kestrel, [5] * 5)
    server(busy)
    assert remind(running) == []
    assert marks(running) == [0] * 6

    server(well)

    assert remind(running) == SIX[5:]


def test_a_server_that_cannot_be_reached_leaves_no_mark(
    running: Round, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(self: EmailBackend) -> None:
        raise ConnectionRefusedError

    with monkeypatch.context() as patched:
        patched.setattr(EmailBackend, "open", refuse)
        assert remind(running) == []
    assert marks(running) == [0] * 6

    assert remind(running) == SIX


def test_a_server_that_dies_half_way_reminds_nobody_twice(
    running: Round, kestrel: Team, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whole batches are marked, whoever answered; the rest of the broken one goes without."""
    monkeypatch.setattr(reminders, "BATCH", 2)
    taken: list[str] = []

    opening = EmailBackend.open

    def dies_after_three(self: EmailBackend) -> Any:
        if len(taken) == 3:
            raise ConnectionRefusedError
        return opening(self)

    monkeypatch.setattr(EmailBackend, "open", dies_after_three)
    server(taken.append)
    first = remind(running)
    assert (len(first), sorted(marks(running))) == (3, [0, 0, 1, 1, 1, 1])

    monkeypatch.setattr(EmailBackend, "open", opening)
    second = remind(running)

    assert len(second) == 2
    assert not set(first) & set(second)
    assert marks(running) == [1] * 6


def test_an_address_that_is_refused_for_good_stops_nobody_else(running: Round, server: Server) -> None:
    def refuse_the_first(address: str) -> None:
        if address == SIX[0]:
            raise smtplib.SMTPRecipientsRefused({address: (550, b"unknown here")})

    server(refuse_the_first)

    assert remind(running) == SIX[1:]
    assert remind(running) == []


def test_a_full_mailbox_stops_nobody_else(running: Round, server: Server) -> None:
    taken: list[str] = []

    def the_third_is_full(address: str) -> None:
        taken.append(address)
        if len(taken) == 3:
            raise smtplib.SMTPRecipientsRefused({address: (452, b"mailbox full")})

    server(the_third_is_full)

    assert len(remind(running)) == 5
    assert remind(running) == []


def test_an_address_that_no_mail_can_be_written_to_stops_nobody_else(running: Round, kestrel: Team) -> None:
    odd = f"a@{'ü' * 62}.de"
    Invitation.objects.filter(email=SIX[0]).update(email=odd)
    kestrel.members.filter(email=SIX[0]).update(email=odd)

    assert remind(running) == SIX[1:]


def test_a_mail_that_may_have_gone_out_is_not_sent_again(running: Round, server: Server) -> None:
    def fall_silent(address: str) -> None:
        mail.outbox.append(mail.EmailMessage(to=[address]))
        raise TimeoutError

    server(fall_silent)
    assert remind(running) == SIX

    server(well)

    assert remind(running) == []


def test_a_worker_that_dies_sends_nothing_twice(running: Round, server: Server) -> None:
    def power_cut(address: str) -> None:
        raise KeyboardInterrupt

    server(power_cut)
    with pytest.raises(KeyboardInterrupt):
        remind(running)
    assert marks(running) == [1] * 6

    server(well)

    assert remind(running) == []


def test_the_log_names_nobody(running: Round, server: Server, caplog: pytest.LogCaptureFixture) -> None:
    server(busy)

    remind(running)

    assert "The mail server took no reminder" in caplog.text
    assert "@" not in caplog.text


def test_two_workers_send_each_reminder_once(running: Round, server: Server) -> None:
    """The other one comes in the middle of the first one's work."""
    others: list[str] = []

    def other_worker(address: str) -> None:
        if not others:
            others.append(address)
            reminders.send_reminders(round=running)

    server(other_worker)

    assert remind(running) == SIX
