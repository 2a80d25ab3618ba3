"""The method under invented teams, and that docs/method.md says what comes out."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

from assessments import simulations
from assessments.simulations import Reports, Scorer, Table, change_reports

DOCUMENT = Path(__file__).parents[2] / "docs" / "method.md"

QUICK = ("random-answering", "detectable", "alpha", "intervals")
"""Tables that take a few seconds at most."""

ALARMS_ALLOWED = 0.3
"""Marks of 24 in the report of an unchanged team: what we promise."""


def figures(table: Table) -> list[list[float]]:
    """The table's cells as numbers: 0.07 for 7 %, NaN for words."""

    def number(cell: str) -> float:
        found = re.fullmatch(r"(−?)([\d.]+)( %)?", cell)
        if not found:
            return float("nan")
        return float(found[2]) * (-1 if found[1] else 1) / (100 if found[3] else 1)

    return [[number(cell) for cell in row] for row in table.rows]


def unchanged(people: int = 5, *, runs: int = 1000, scorer: Scorer = simulations.by_capability) -> Reports:
    return change_reports(np.random.default_rng(4), runs, people, scorer=scorer)


# --- What the method promises -----------------------------------------------------------------


@pytest.mark.parametrize("scorer", [simulations.by_capability, simulations.by_own_spread])
def test_an_unchanged_team_of_five_has_hardly_a_mark(scorer: Scorer) -> None:
    """Three in ten reports have one at most, whatever spread of answers the organization knows."""
    reports = unchanged(scorer=scorer)

    assert reports.labels.shape == (1000, 24)
    assert 0 < reports.marked.sum(axis=1).mean() <= ALARMS_ALLOWED
    assert reports.clear.sum(axis=1).mean() < 0.02


def test_marking_whatever_moved_would_break_that_promise() -> None:
    assert unchanged(runs=100).naive.sum(axis=1).mean() > 20 * ALARMS_ALLOWED


def test_real_changes_are_found_where_they_are() -> None:
    reports = change_reports(np.random.default_rng(4), 100, 8, gain=3.0, changed=6)

    assert reports.clear[:, :6].mean() > 0.95
    assert reports.marked[:, 6:].mean() < 0.05
    assert reports.moved[:, :6].mean() == pytest.approx(3.0, abs=0.2)


def test_a_change_of_everything_is_found_sooner_by_category() -> None:
    rng = np.random.default_rng(4)
    categories = change_reports(rng, 200, 5, gain=1.0, scorer=simulations.by_category)
    capabilities = change_reports(rng, 200, 5, gain=1.0)

    assert categories.labels.shape == (200, 5)
    assert categories.marked.mean() > capabilities.marked.mean() + 0.15


def test_intervals_hold_the_truth_as_often_as_they_say_but_in_split_teams() -> None:
    table = simulations.simulate("intervals", runs=1000)
    held = {(row[0], row[1]): cells[2] for row, cells in zip(table.rows, figures(table), strict=True)}
    split = {place for place in held if place[0] == "two camps"}

    assert len(held) == 20
    assert len(split) == 4
    assert all(held[place] >= 0.88 for place in held.keys() - split)
    assert all(0.7 < held[place] < 0.9 for place in split)


def test_trends_find_more_with_every_quarter_and_seldom_what_is_not_there() -> None:
    rows = figures(simulations.simulate("trends", runs=200))

    assert all(nothing <= 0.05 for _people, _quarters, nothing, _rose in rows)
    assert [row[3] for row in rows[:4]] == sorted(row[3] for row in rows[:4])


def test_pooled_means_are_nearer_to_the_truth_than_raw_ones() -> None:
    rows = figures(simulations.simulate("pooling", runs=100))

    assert len(rows) == 6
    assert all(pooled < raw for _teams, _spread, raw, pooled, *_ in rows)
    assert all(held > 0.8 for *_, held, _best in rows)


# --- That the teams are those that are described ----------------------------------------------


def test_people_are_alike_across_quarters_and_capabilities_as_described() -> None:
    levels = simulations._levels(np.random.default_rng(4), 2, 50_000, 2)
    correlated = np.corrcoef([levels[0, :, 0], levels[1, :, 0], levels[0, :, 1]])

    assert levels.std() == pytest.approx(1, abs=0.02)
    assert correlated[0, 1] == pytest.approx(simulations.LASTING, abs=0.02)
    assert correlated[0, 2] == pytest.approx(simulations.HALO, abs=0.02)


def test_the_expected_answer_is_the_mean_of_many() -> None:
    rng = np.random.default_rng(4)
    drawn = simulations._answers(rng, 5.5 + rng.standard_normal((200_000, 1))).mean()

    assert float(simulations._expected(np.array(5.5))) == pytest.approx(float(drawn), abs=0.01)


def test_random_answers_are_counted_and_not_drawn() -> None:
    """All 16,807 patterns of five people: docs/method.md 3.2."""
    patterns = simulations._patterns(5)
    row = simulations.simulate("random-answering").rows[1]

    assert sum(patterns.values()) == 7**5
    assert row == ("5", "7.4 %", "5.9 %", "24 %")


# --- Tables -----------------------------------------------------------------------------------


def test_a_table_is_the_same_every_time_and_another_with_another_seed() -> None:
    first = simulations.simulate("alpha", runs=50)

    assert simulations.simulate("alpha", runs=50) == first
    assert simulations.simulate("alpha", runs=50, seed=2) != first


@pytest.mark.parametrize("name", simulations.TABLES)
def test_every_table_fills_its_columns(name: str) -> None:
    table = simulations.simulate(name, runs=20)

    assert table.rows
    assert {len(row) for row in table.rows} == {len(table.columns)}


def test_a_table_is_markdown() -> None:
    assert Table(("a", "b"), (("1", "2"),)).as_markdown() == "| a | b |\n| --- | --- |\n| 1 | 2 |"


TEXT = """Before.

<!-- simulated: alpha -->
old
<!-- end -->

Between.

<!-- simulated: trends -->
<!-- end -->
"""


def test_a_table_takes_the_place_between_its_markers_and_nothing_else() -> None:
    placed = simulations.place(TEXT, "alpha", Table(("a",), (("1",),)))

    assert placed == TEXT.replace("old\n", "| a |\n| --- |\n| 1 |\n")
    assert simulations.place(placed, "alpha", Table(("a",), (("1",),))) == placed


@pytest.mark.parametrize("text", ["Nothing.\n", TEXT + TEXT])
def test_a_table_without_one_place_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="no single place for the table 'alpha'"):
        simulations.place(text, "alpha", Table(("a",), ()))


# --- The document -----------------------------------------------------------------------------


@pytest.mark.parametrize("name", simulations.TABLES)
def test_the_document_has_a_place_for_every_table(name: str) -> None:
    text = DOCUMENT.read_text(encoding="utf-8")

    assert re.search(rf"<!-- simulated: {name} -->\n\|.*\n<!-- end -->\n", text, re.DOTALL)


@pytest.mark.parametrize("name", QUICK)
def test_the_document_says_what_the_command_prints(name: str) -> None:
    text = DOCUMENT.read_text(encoding="utf-8")

    assert simulations.place(text, name, simulations.simulate(name)) == text


def test_the_document_names_the_runs_and_the_seed() -> None:
    text = " ".join(DOCUMENT.read_text(encoding="utf-8").split())

    assert f"{simulations.RUNS:,} invented teams" in text
    assert f"seed {simulations.SEED}" in text
