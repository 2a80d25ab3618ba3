"""``manage.py run_schedule``: a quarter by itself; safe every minute, twice at once, and after a pause."""

from __future__ import annotations

import datetime as dt
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core import mail
from django.core.management import CommandError, call_command
from django.utils import timezone

from assessments import queries
from assessments.models import (
    Invitation,
    Mail,
    MailKind,
    MessageState,
    Organization,
    Response,
    Round,
    Team,
    User,
    Webhook,
)
from assessments.services import rounds, schedules
from assessments.services.actions import start_action
from assessments.signals import round_closed
from tests import factories
from tests.factories import DAY
from tests.receiver import Receiver, answers, hangs_up

OCTOBER = dt.datetime(2026, 10, 1, 12, tzinfo=dt.UTC)
OPENING = dt.datetime(2026, 11, 1, 9, tzinfo=dt.UTC)
MINUTE = dt.timedelta(minutes=1)
ROOT = Path(__file__).parents[3]

Run = Callable[[dt.datetime], str]


@pytest.fixture(autouse=True)
def heard() -> Iterator[list[Round]]:
    """The rounds that were said to be closed, and nobody else listening."""
    closed: list[Round] = []

    def listen(sender: Any, round: Round, **kwargs: Any) -> None:
        closed.append(round)

    others, round_closed.receivers = round_closed.receivers, []
    round_closed.connect(listen)
    yield closed
    round_closed.receivers = others
    round_closed.sender_receivers_cache.clear()


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """``run(now)``: what the command says when the clock shows this."""

    def at(now: dt.datetime) -> str:
        monkeypatch.setattr(timezone, "now", lambda: now)
        call_command("run_schedule")
        return capsys.readouterr().out

    return at


def set_schedule(organization: Organization) -> None:
    """A month before it comes into play."""
    factories.set_schedule(organization, now=OCTOBER)


def subjects() -> list[str]:
    """What was mailed since this was asked last."""
    found = [message.subject for message in mail.outbox]
    mail.outbox.clear()
    return found


def test_a_quarter_by_itself(kestrel: Team, cleo: User, run: Run, heard: list[Round]) -> None:
    set_schedule(kestrel.organization)
    assert run(OPENING - MINUTE) == ""

    assert run(OPENING) == "Opened: Aviary, 2026 Q4.\nPlanned: Aviary, 2027 Q1.\n"
    assert len(subjects()) == 6
    running = queries.open_rounds(kestrel.organization).get()
    factories.answer_all(running, kestrel, [5, 5, 5, 5, 5], now=OPENING + DAY)

    run(OPENING + 7 * DAY)
    run(OPENING + 10.5 * DAY)
    assert len(subjects()) == 2  # to the sixth, twice

    assert run(OPENING + 14 * DAY) == "Closed: Aviary, 2026 Q4.\n"
    assert heard == [running]
    assert {message.to[0] for message in mail.outbox} == set(kestrel.members.values_list("email", flat=True))
    assert len(subjects()) == 6
    run(OPENING + 16 * DAY)
    assert [message.to for message in mail.outbox] == [[cleo.email]]


@pytest.mark.parametrize(
    "moment", [OPENING, OPENING + 7 * DAY, OPENING + 14 * DAY, OPENING + 16 * DAY], ids=str
)
def test_twice_is_once(kestrel: Team, cleo: User, run: Run, moment: dt.datetime) -> None:
    set_schedule(kestrel.organization)
    for day in range((moment - OPENING).days):
        run(OPENING + day * DAY)
    run(moment)
    before, mails = list(Round.objects.values()), len(mail.outbox)

    assert run(moment) == run(moment + MINUTE) == ""

    assert (list(Round.objects.values()), len(mail.outbox)) == (before, mails)


def test_two_at_the_same_moment_are_one(kestrel: Team, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """The other one does all its work just when this one has found what is due."""
    set_schedule(kestrel.organization)
    due_opening, calls = queries.due_opening, []

    def other_comes_first(organization: Organization, now: dt.datetime) -> Round | None:
        found = due_opening(organization, now)
        calls.append(found)
        if len(calls) == 1:
            call_command("run_schedule")
        return found

    monkeypatch.setattr(queries, "due_opening", other_comes_first)
    run(OPENING)

    assert len(subjects()) == Invitation.objects.count() == Response.objects.count() == 6
    assert sorted(Round.objects.values_list("name", flat=True)) == ["2026 Q4", "2027 Q1"]


def test_two_that_plan_at_the_same_moment_make_one_round(
    kestrel: Team, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_schedule(kestrel.organization)
    rounds.open_round(round=queries.planned_round(kestrel.organization), by=None, now=OPENING)
    plan_next, calls = schedules.plan_next, []

    def other_comes_first(**values: Any) -> Round | None:
        calls.append(values)
        if len(calls) == 1:
            call_command("run_schedule")
        return plan_next(**values)

    monkeypatch.setattr(schedules, "plan_next", other_comes_first)
    run(OPENING)

    assert queries.planned_round(kestrel.organization) == Round.objects.get(name="2027 Q1")


def test_after_a_week_without_it(kestrel: Team, run: Run) -> None:
    """The window is moved, and of two reminders only the newest goes."""
    set_schedule(kestrel.organization)
    late = OPENING + 7 * DAY
    run(late)
    running = queries.open_rounds(kestrel.organization).get()
    assert (running.opens_at, running.closes_at) == (late, OPENING + 21 * DAY)
    subjects()

    run(late + 13 * DAY)

    assert len(subjects()) == 6


@pytest.mark.parametrize(
    "step",
    [
        "assessments.services.rounds._invite_all",
        "assessments.services.rounds._add_responses",
        "assessments.services.mails.queue_invitations",
        "assessments.services.schedules.plan_next",
    ],
)
def test_a_crash_between_two_steps_is_healed_by_the_next_run(
    kestrel: Team, run: Run, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    def crash(*args: Any, **values: Any) -> None:
        raise RuntimeError("power cut")

    set_schedule(kestrel.organization)
    with monkeypatch.context() as patched:
        patched.setattr(step, crash)
        with pytest.raises(CommandError, match="Aviary"):
            run(OPENING)

    run(OPENING + MINUTE)
    run(OPENING + 2 * MINUTE)

    assert len(subjects()) == Invitation.objects.count() == Response.objects.count() == 6
    assert sorted(Round.objects.values_list("name", flat=True)) == ["2026 Q4", "2027 Q1"]


def test_one_organizations_failure_keeps_no_other_from_its_round(
    kestrel: Team, run: Run, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    terrarium = factories.make_organization("Terrarium")
    factories.make_team(terrarium, "Frogs", size=2)
    set_schedule(kestrel.organization)
    set_schedule(terrarium)
    open_planned = schedules.open_planned

    def sometimes(*, round: Round, now: dt.datetime) -> list[Invitation]:
        if round.organization == kestrel.organization:
            raise RuntimeError("power cut")
        return open_planned(round=round, now=now)

    monkeypatch.setattr(schedules, "open_planned", sometimes)
    with pytest.raises(CommandError, match="Aviary: open"):
        run(OPENING)

    assert queries.open_rounds(terrarium).exists()
    assert not queries.open_rounds(kestrel.organization).exists()
    assert "power cut" in caplog.text


def test_a_round_with_nobody_to_ask_is_skipped_once(aviary: Organization, run: Run) -> None:
    set_schedule(aviary)

    assert run(OPENING) == "Skipped, because no team has anybody on its roster: Aviary, 2026 Q4.\n"
    assert run(OPENING + MINUTE) == ""
    assert [found.name for found in queries.rounds_of(aviary)] == ["2027 Q1"]


def test_answers_are_deleted_when_their_time_is_over(kestrel: Team, run: Run) -> None:
    closed = factories.closed_round(kestrel.organization, kestrel, [5] * 6, now=OCTOBER)
    Organization.objects.update(keep_responses_days=30)

    assert run(closed.closed_at + 30 * DAY - MINUTE) == ""
    assert run(closed.closed_at + 30 * DAY) == "Deleted 6 sealed answers: Aviary.\n"
    assert not Response.objects.exists()


def test_old_results_are_no_news(kestrel: Team, run: Run) -> None:
    """As when a product that sent no such mails is brought up to date."""
    closed = factories.closed_round(kestrel.organization, kestrel, [5] * 6, now=OCTOBER)

    run(closed.closed_at + queries.NEWS)

    assert not Mail.objects.filter(kind=MailKind.RESULTS).exists()


def test_half_way_leads_are_asked_how_their_experiments_go(kestrel: Team, lee: User, run: Run) -> None:
    """Once, for as long as that is half-way."""
    closed = factories.closed_round(kestrel.organization, kestrel, [5] * 6, now=OCTOBER)
    start_action(team=kestrel, round=closed, capability_key="integration", title="Try", by=lee, now=OCTOBER)

    def nudges_at(now: dt.datetime) -> int:
        run(now)
        return Mail.objects.filter(kind=MailKind.NUDGE).count()

    half_way = closed.closed_at + queries.HALF_WAY
    assert nudges_at(half_way - MINUTE) == 0
    assert nudges_at(half_way) == 1
    assert nudges_at(half_way + MINUTE) == 1
    Mail.objects.filter(kind=MailKind.NUDGE).delete()
    assert nudges_at(half_way + queries.NUDGE_WITHIN) == 0


def test_a_newer_close_ends_the_time_of_nudges(kestrel: Team, lee: User, run: Run) -> None:
    closed = factories.closed_round(kestrel.organization, kestrel, [5] * 6, now=OCTOBER)
    start_action(team=kestrel, round=closed, capability_key="integration", title="Try", by=lee, now=OCTOBER)
    factories.closed_round(kestrel.organization, kestrel, [5] * 6, name="Newer", now=OCTOBER + 30 * DAY)

    run(closed.closed_at + queries.HALF_WAY)

    assert not Mail.objects.filter(kind=MailKind.NUDGE).exists()


def test_it_can_go_on_until_it_is_told_to_stop(tmp_path: Path) -> None:
    """As a process of its own, which a container runs; here its database has no tables."""
    own = {
        "DATA_DIR": str(tmp_path),
        "DATABASE_URL": "",
        "DJANGO_SETTINGS_MODULE": "accelerate_survey.settings",
    }
    command = [sys.executable, "manage.py", "run_schedule", "--every", "0.1"]
    with subprocess.Popen(command, cwd=ROOT, env=os.environ | own, stderr=subprocess.PIPE) as going_on:
        assert going_on.stderr is not None
        told = [going_on.stderr.readline(), going_on.stderr.readline()]  # a run that fails is not the last
        going_on.send_signal(signal.SIGTERM)
        going_on.stderr.read()

    assert all(b"The next run tries again" in line for line in told)
    assert going_on.returncode == 0


# --- Webhooks ---------------------------------------------------------------------------------


@pytest.fixture
def chat(settings: Any, kestrel: Team, receiver: Receiver) -> Webhook:
    """A program that is told what happens in Aviary, whose next round is planned."""
    settings.WEBHOOKS_INSIDE = True
    set_schedule(kestrel.organization)
    return factories.add_webhook(kestrel.organization, receiver.url)


def types(receiver: Receiver) -> list[str]:
    """What a program was told since this was asked last."""
    found = [json.loads(got.body)["type"] for got in receiver.got]
    receiver.got.clear()
    return found


def test_other_programs_are_told_of_a_round_that_comes_by_itself(
    chat: Webhook, receiver: Receiver, run: Run
) -> None:
    run(OPENING)
    assert types(receiver) == ["round.opened"]
    run(OPENING + MINUTE)
    assert types(receiver) == []

    run(OPENING + 14 * DAY)
    assert types(receiver) == ["round.closed"]
    run(OPENING + 14 * DAY + MINUTE)
    assert types(receiver) == []


def test_a_program_that_is_ill_is_asked_again_for_three_days(
    chat: Webhook, receiver: Receiver, run: Run
) -> None:
    receiver.answer = answers(500)
    hours = [0, 1 / 60, 6 / 60, 36 / 60, 2.6, 8.6, 20.6, 44.6, 68.6]
    minutes = [round(hour * 60) for hour in hours]
    for minute in sorted(
        {*minutes, *(minute + 5 for minute in minutes), *(minute - 1 for minute in minutes)}
    ):
        run(OPENING + minute * MINUTE)
        assert len(types(receiver)) == (minute in minutes), minute

    assert chat.messages.get().state == MessageState.FAILED


def test_a_program_that_gets_well_is_told_and_not_again(chat: Webhook, receiver: Receiver, run: Run) -> None:
    receiver.answer = hangs_up
    run(OPENING)
    receiver.answer = answers(200)
    run(OPENING + MINUTE)
    run(OPENING + 2 * MINUTE)

    assert types(receiver) == ["round.opened", "round.opened"]
    assert chat.messages.get().state == MessageState.SENT


def test_what_was_told_is_forgotten_after_thirty_days(chat: Webhook, receiver: Receiver, run: Run) -> None:
    run(OPENING)
    run(OPENING + 30 * DAY - MINUTE)
    assert sorted(message.event for message in chat.messages.all()) == ["round.closed", "round.opened"]

    run(OPENING + 30 * DAY)
    assert [message.event for message in chat.messages.all()] == ["round.closed"]
