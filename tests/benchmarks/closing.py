"""Closing a round: how it grows, what it needs, and what of it is scoring."""

import json
import math
import random
import statistics
import subprocess
import sys
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd
from django.utils import timezone
from scipy import stats

from assessments import scoring
from assessments.instrument import Instrument
from assessments.models import Response, Round, Score, Team, TeamMembership, TeamRole, User
from assessments.queries import load_instrument
from tests import factories

from .measure import ROOT, in_turns, report

Numbers = npt.NDArray[np.float64]

TURNS = 3
FEW_TEAMS, MANY_TEAMS, RESPONSES = 100, 1000, 10
SKIPPED = 0.02
MEGABYTES = 200
"""By so much memory may grow while a round of MANY_TEAMS is closed."""


def _answered_round(name: str, teams: int) -> Round:
    """An open round in which everybody has answered at random; rosters and answers are written in bulk."""
    organization = factories.make_organization(name)
    made = Team.objects.bulk_create(
        Team(organization=organization, name=f"Team {number}", slug=f"team-{number}")
        for number in range(teams)
    )
    people = User.objects.bulk_create(
        User(email=f"{name.lower()}-{number}@example.org", name=f"Person {number}", password="!")
        for number in range(teams * RESPONSES)
    )
    TeamMembership.objects.bulk_create(
        TeamMembership(team=made[number // RESPONSES], user=user, role=TeamRole.MEMBER)
        for number, user in enumerate(people)
    )
    opened = factories.open_round(organization, "Round", now=timezone.now() - factories.DAY)
    instrument, chance = load_instrument(opened.questionnaire), random.Random(name)
    asked = [*instrument.statements, *instrument.key_metrics]
    capabilities = [capability.key for capability in instrument.capabilities]
    responses = list(Response.objects.filter(assessment__round=opened))
    for response in responses:
        response.answers = {each.key: _given(chance) for each in asked if chance.random() > SKIPPED}
        response.answers["hindrances"] = chance.sample(capabilities, 3)
        response.complete = True
    Response.objects.bulk_update(responses, ["answers", "complete"], batch_size=500)
    return opened


def _given(chance: random.Random) -> int | str:
    """One person in twenty cannot tell."""
    return "dk" if chance.random() < 0.05 else chance.randint(1, 5)


def _close(opened: Round) -> dict[str, float]:
    """Seconds and megabytes that a process of its own needs to close it."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.benchmarks.close_one", str(opened.pk)],
        cwd=ROOT, capture_output=True, check=True, text=True,
    )  # fmt: skip
    found: dict[str, float] = json.loads(done.stdout)
    return found


def _as_one_array(given: Numbers, sizes: Sequence[int], metrics: Sequence[int]) -> list[Numbers]:
    """The same numbers from one array, teams × people × questions, in numpy alone.

    As somebody would write it who needs no tables: gaps are NaN, *don't know* is 0, all teams are of one
    size, and the prior is at hand.
    """
    found, first, known = [], 0, np.where(given == scoring.DONT_KNOW_VALUE, np.nan, given)
    for size in sizes:
        items, raw = known[:, :, first : first + size], given[:, :, first : first + size]
        first += size
        rated = (~np.isnan(items)).sum(axis=2)
        person = np.where(rated >= (size + 1) // 2, np.nansum(items, axis=2) / np.maximum(rated, 1), np.nan)
        n = (~np.isnan(person)).sum(axis=1)
        mean = np.nanmean(person, axis=1)
        squares = np.nansum((person - mean[:, np.newaxis]) ** 2, axis=1)
        se = np.sqrt((3 * 1.2**2 + squares) / (3 + n - 1) / n)
        found += [n, mean, np.sqrt(squares / (n - 1)), se]
        for confidence in (0.90, 0.80):
            half = stats.t.ppf(0.5 + confidence / 2, 3 + n - 1) * se
            found += [np.maximum(mean - half, 1), np.minimum(mean + half, 7)]
        means = np.nanmean(items, axis=1, keepdims=True)
        found.append(np.nanmean(np.nanmean(np.abs(items - means), axis=1), axis=1))
        found += [(person <= 3).sum(axis=1), (person >= 5).sum(axis=1)]
        found.append((raw == scoring.DONT_KNOW_VALUE).sum(axis=(1, 2)) / (~np.isnan(raw)).sum(axis=(1, 2)))
        found += [(raw == value).sum(axis=1) for value in range(8)]
        found += [(items < 4).sum(axis=1), (items == 4).sum(axis=1), (items > 4).sum(axis=1)]
    bands = np.sort(known[:, :, metrics], axis=1)
    middle = (~np.isnan(bands)).sum(axis=1, keepdims=True) - 1
    found.append(np.take_along_axis(bands, np.maximum(middle, 0) // 2, axis=1))
    return found


def _score_tables(answers: pd.DataFrame, instrument: Instrument) -> None:
    """The same by the product's own functions."""
    prior_sd = scoring.pooled_prior(answers, instrument)
    scoring.score_capabilities(answers, instrument, minimum=5, prior_sd=prior_sd)
    scoring.statement_counts(answers, instrument, minimum=5)
    scoring.score_key_metrics(answers, instrument, minimum=5)


def _bench_scoring(opened: Round) -> bool:
    """Scoring the answers of many teams against the same numbers as one array that has no gap."""
    instrument = load_instrument(opened.questionnaire)
    statements = [statement.key for statement in instrument.statements]
    metrics = [metric.key for metric in instrument.key_metrics]
    rows = Response.objects.filter(assessment__round=opened).values_list("assessment_id", "answers")
    answers = scoring.to_frame(rows, [*statements, *metrics]).sort_index(kind="stable")
    given = answers.to_numpy().reshape(MANY_TEAMS, RESPONSES, -1)
    sizes = [len(capability.statements) for capability in instrument.capabilities]
    places = list(range(len(statements), given.shape[2]))
    ours, bare = in_turns(
        lambda: _score_tables(answers, instrument), lambda: _as_one_array(given, sizes, places), 7
    )
    return report(
        f"Scoring {MANY_TEAMS:,} teams of {RESPONSES} against the same numbers as one array",
        ours / bare,
        "at most 3",
        ours <= 3 * bare,
        f"{ours * 1000:.0f} ms against {bare * 1000:.0f} ms, median of 7 in turns",
    )


def bench_closing() -> bool:
    """Closing a round of many teams: how it grows, what it needs, and what of it is scoring."""
    met = [_bench_scoring(many := _answered_round("Many closing", MANY_TEAMS))]
    few = [_close(_answered_round(f"Few closing {number}", FEW_TEAMS)) for number in range(TURNS)]
    all_of_many = _close(many)
    fewer = statistics.median(each["seconds"] for each in few)
    exponent = math.log(all_of_many["seconds"] / fewer) / math.log(MANY_TEAMS / FEW_TEAMS)
    responses = MANY_TEAMS * RESPONSES
    met.append(
        report(
            f"Closing a round, {FEW_TEAMS} to {MANY_TEAMS:,} teams of {RESPONSES}, exponent of growth",
            exponent,
            "at most 1.1",
            exponent <= 1.1,
            f"{all_of_many['seconds']:.1f} s against {fewer:.1f} s; {responses:,} responses, "
            f"{Score.objects.filter(assessment__round=many).count():,} scores written",
        )
    )
    grown = all_of_many["grown"]
    met.append(
        report(
            f"Memory that closing {MANY_TEAMS:,} teams takes, MB",
            grown,
            f"at most {MEGABYTES}",
            grown <= MEGABYTES,
            f"{statistics.median(each['grown'] for each in few):.0f} MB for {FEW_TEAMS} teams",
        )
    )
    return all(met)
