"""``manage.py rescore``."""

from __future__ import annotations

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from assessments.models import Round, Score, ScoreKind, Team
from assessments.scoring import SCORING_VERSION
from assessments.services.responses import delete_old_responses
from tests import factories
from tests.factories import DAY, NOW


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> list[str]:
    call_command("rescore", *arguments)
    return capsys.readouterr().out.splitlines()


@pytest.fixture
def closed(kestrel: Team) -> Round:
    """A closed round that an earlier version scored, and saw more disagreement in."""
    made = factories.closed_round(kestrel.organization, kestrel, [6, 6, 5, 5, 4, 4])
    scores = Score._base_manager.filter(assessment__round=made)
    scores.update(scoring_version="1")
    scores.filter(kind=ScoreKind.CAPABILITY).update(agreement="differ_widely")
    return made


SAID = [
    f"Aviary, 2026 Q2: scored anew, by version {SCORING_VERSION}.",
    "  Team Kestrel: 1 shown differently (integration).",
]


def test_it_says_what_would_be_shown_differently(closed: Round, capsys: pytest.CaptureFixture[str]) -> None:
    before = Score.objects.count()

    assert run(capsys) == [
        *SAID,
        "Nothing was written. With --write the new scores are kept beside the old ones.",
    ]
    assert Score.objects.count() == before


def test_it_writes_when_it_is_told_to_and_once(closed: Round, capsys: pytest.CaptureFixture[str]) -> None:
    before = Score.objects.count()

    assert run(capsys, "--write") == SAID
    assert Score.objects.count() == 2 * before
    assert run(capsys, "--write") == [f"Aviary, 2026 Q2: scored by version {SCORING_VERSION} already."]
    assert Score.objects.count() == 2 * before


def test_a_round_without_answers_is_named_and_skipped(
    closed: Round, capsys: pytest.CaptureFixture[str]
) -> None:
    closed.organization.keep_responses_days = 30
    delete_old_responses(organization=closed.organization, now=NOW + 40 * DAY)

    assert run(capsys, "--write") == ["Aviary, 2026 Q2: skipped, because its answers have been deleted."]


def test_one_round_or_one_organization_can_be_chosen(
    closed: Round, capsys: pytest.CaptureFixture[str]
) -> None:
    elsewhere = factories.make_organization("Elsewhere")
    other = factories.closed_round(elsewhere, factories.make_team(elsewhere, "Team Far", 6), [5] * 6)

    assert [line.split(":")[0] for line in run(capsys) if line[0] != " "][:2] == [
        "Aviary, 2026 Q2",
        "Elsewhere, 2026 Q2",
    ]
    assert run(capsys, "--round", str(closed.pk))[:2] == SAID
    assert run(capsys, "--organization", elsewhere.slug) == [
        f"Elsewhere, {other}: scored by version {SCORING_VERSION} already."
    ]


def test_open_rounds_take_no_part(kestrel: Team, capsys: pytest.CaptureFixture[str]) -> None:
    factories.open_round(kestrel.organization)

    assert run(capsys) == []


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("wrong", "message"),
    [(("--round", "99"), "no closed round 99"), (("--organization", "none"), "no organization 'none'")],
)
def test_what_is_not_there_is_told(wrong: tuple[str, str], message: str) -> None:
    with pytest.raises(CommandError, match=message):
        call_command("rescore", *wrong)
