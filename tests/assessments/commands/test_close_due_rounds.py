"""``manage.py close_due_rounds``: safe to run every minute, and twice."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.core.management import call_command
from django.utils import timezone

from assessments.models import Round, Team
from assessments.signals import round_closed
from tests import factories
from tests.factories import DAY


@pytest.fixture
def heard() -> Iterator[list[Round]]:
    """The rounds that were said to be closed, and nobody else listening."""
    rounds: list[Round] = []

    def listen(sender: Any, round: Round, **kwargs: Any) -> None:
        rounds.append(round)

    others, round_closed.receivers = round_closed.receivers, []
    round_closed.connect(listen)
    yield rounds
    round_closed.receivers = others
    round_closed.sender_receivers_cache.clear()


def past(team: Team, name: str) -> Round:
    """An open round whose window has ended."""
    return factories.open_round(team.organization, name, now=timezone.now() - 15 * DAY)


def run(capsys: pytest.CaptureFixture[str]) -> str:
    call_command("close_due_rounds")
    return capsys.readouterr().out


def test_what_is_due_is_closed_and_told(kestrel: Team, heard: list[Round], capsys: Any) -> None:
    due = past(kestrel, "2026 Q2")

    assert run(capsys) == "Closed: Aviary, 2026 Q2.\n"
    assert heard == [due]
    assert Round.objects.get().is_closed


def test_a_second_run_does_nothing(kestrel: Team, heard: list[Round], capsys: Any) -> None:
    past(kestrel, "2026 Q2")
    run(capsys)
    before = Round.objects.get().closed_at

    assert run(capsys) == ""
    assert Round.objects.get().closed_at == before
    assert len(heard) == 1


def test_what_is_not_due_stays_open(kestrel: Team, heard: list[Round], capsys: Any) -> None:
    factories.open_round(kestrel.organization, now=timezone.now())

    assert run(capsys) == ""
    assert Round.objects.get().is_open


def test_a_round_that_was_never_opened_stays_planned(kestrel: Team, heard: list[Round], capsys: Any) -> None:
    factories.make_round(kestrel.organization, now=timezone.now() - 15 * DAY)

    assert run(capsys) == ""
    assert Round.objects.get().is_planned


def test_one_rounds_failure_does_not_keep_another_open(
    kestrel: Team, heard: list[Round], capsys: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first is broken, the second is closed all the same, and the failure is told."""
    from assessments.management.commands import close_due_rounds as command  # noqa: PLC0415

    broken = past(kestrel, "2026 Q2")
    elsewhere = factories.make_organization("Elsewhere")
    whole = past(factories.make_team(elsewhere, "Team Elsewhere", 6), "2026 Q3")
    close = command.close_round

    def sometimes(*, round: Round, **values: Any) -> bool:
        if round == broken:
            raise RuntimeError("power cut")
        return close(round=round, **values)

    monkeypatch.setattr(command, "close_round", sometimes)
    with pytest.raises(BaseException, match=r"2026 Q2|power cut"):
        run(capsys)

    whole.refresh_from_db()
    assert whole.is_closed
