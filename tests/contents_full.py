"""Whole reports made of the shipped questionnaire: real texts and names, made-up answers."""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from assessments import questionnaire_file
from assessments.instrument import Instrument
from assessments.services.scores import make_scores
from reports.builder import Occasion, make_content
from reports.content import ReportContent
from reports.history import Earlier
from reports.results import Results, Scores

QUESTIONNAIRE = Path(__file__).parent.parent / "fixtures" / "questionnaires" / "accelerate-2.yaml"

Answers = dict[str, Any]


@cache
def instrument() -> Instrument:
    """The shipped questionnaire."""
    return questionnaire_file.read(QUESTIONNAIRE.read_text(encoding="utf-8"), QUESTIONNAIRE.name)


def make_answers(
    people: int,
    *,
    seed: int = 1,
    split: Sequence[str] = (),
    silent: Sequence[str] = (),
    lower: float = 0.0,
) -> list[Answers]:
    """What ``people`` people answer: each capability has its own middle, each person a mood.

    In the capabilities of ``split`` every other person says the opposite; on those of ``silent``
    only one in three has a view. All middles are ``lower`` by so many points.
    """
    chance = random.Random(seed)
    middles = {capability.key: chance.uniform(2.0, 6.4) - lower for capability in instrument().capabilities}
    return [_person(chance, number, middles, split, silent) for number in range(people)]


def _person(
    chance: random.Random,
    number: int,
    middles: Mapping[str, float],
    split: Sequence[str],
    silent: Sequence[str],
) -> Answers:
    mood = chance.gauss(0, 0.4)
    answers: Answers = {}
    for capability in instrument().capabilities:
        middle = middles[capability.key] + mood
        if capability.key in split:
            middle = 1.5 if number % 2 else 6.5
        for statement in capability.statements:
            value = min(7, max(1, round(chance.gauss(middle, 0.7))))
            answers[statement.key] = "dk" if capability.key in silent and number % 3 else value
    answers |= {metric.key: chance.choice((3, 3, 4, 4, 5)) for metric in instrument().key_metrics}
    return answers | {"hindrances": chance.sample(sorted(middles)[:6], 3)}


def scores_of(answers: Sequence[Answers], *, minimum: int = 5) -> Scores:
    """The scores of one team by kind and key, as the builder wants them."""
    rows = [("team", each) for each in answers]
    found = make_scores(rows, ["team"], instrument(), minimum=minimum)["team"]
    return {(score.kind, score.key): score for score in found}


def make_full_report(
    people: int = 8,
    *,
    before: int = 0,
    rounds: int = 1,
    split: Sequence[str] = (),
    silent: Sequence[str] = (),
    seed: int = 1,
    comments: Sequence[str] = (),
    language: str = "en",
    **changes: Any,
) -> ReportContent:
    """The report of Team Kestrel, of ``people`` answers.

    ``before`` people answered in each of so many ``rounds`` before, the older the lower. With
    ``joined=1, left=0`` it is one in which exactly one person changed.
    """
    occasion: dict[str, Any] = {
        "organization": "Example Ltd",
        "team": "Team Kestrel",
        "round": "2026 Q3",
        "closed_on": dt.date(2026, 9, 30),
        "invited": people + 1,
        "responded": people,
        "minimum": 5,
        "previous_round": "2026 Q2" if before else "",
        "comments": tuple(comments),
    }
    answers = make_answers(people, seed=seed, split=split, silent=silent)
    return make_content(
        instrument(),
        scores_of(answers),
        Occasion(**occasion | changes),
        language,
        earlier=make_earlier(
            [make_answers(before, seed=seed, lower=0.6 * back) for back in range(rounds if before else 0)]
        ),
    )


def make_earlier(rounds: Sequence[Sequence[Answers]]) -> list[Earlier]:
    """The rounds before 2026 Q3, newest first, from what was answered in each."""
    return [
        Earlier(round_before("2026 Q3", back), instrument(), Results(scores_of(answers), 5))
        for back, answers in enumerate(rounds, start=1)
    ]


def round_before(name: str, back: int) -> str:
    """What the round so many quarters earlier is called."""
    year, quarter = divmod(4 * int(name[:4]) + int(name[-1]) - 1 - back, 4)
    return f"{year} Q{quarter + 1}"
