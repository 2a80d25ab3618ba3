"""Results as tables: what the pages show, why something is not shown, and no formula."""

from __future__ import annotations

import csv
import datetime as dt
import io
from collections import Counter
from dataclasses import replace
from typing import Any

import pytest

from assessments.tables import as_csv
from reports.comparison_content import Cell, Column, Comparison, Section, TeamRow, total_of
from reports.content import (
    UNTOLD_VOTES,
    Change,
    InWords,
    Measured,
    MeasuredMetric,
    ReportContent,
    Suppressed,
    Trend,
    Votes,
)
from reports.export import COMPARISON, HIDDEN, RESULT, SCORES, comparison_table, scores_table
from tests.contents import (
    make_capability,
    make_category,
    make_coarse,
    make_metric,
    make_report,
    make_shown,
    make_statement,
)
from tests.reports.test_measured import figures, outage, release


def rows(content: ReportContent, kind: str = "") -> list[dict[str, Any]]:
    return [dict(row) for row in scores_table(content).rows if row["kind"] == kind or not kind]


def capabilities(*those: Any) -> list[dict[str, Any]]:
    return rows(make_report([make_category(capabilities=those)]), "capability")


# --- A team's results -----------------------------------------------------------------------------


def test_a_row_for_every_category_capability_and_metric() -> None:
    content = make_report()
    found = rows(content)

    assert Counter(row["kind"] for row in found) == {"category": 5, "capability": 24, "key_metric": 1}
    assert [row["key"] for row in found if row["kind"] == "capability"] == [
        each.key for each in content.capabilities
    ]
    assert set().union(*found) <= set(SCORES)


def test_a_row_says_what_the_page_says() -> None:
    (row,) = capabilities(make_capability("Tea", make_shown(70, dont_know=40)))

    assert {name: row[name] for name in RESULT} == {
        "shown": True, "n": 6, "score": 70, "low90": 55, "high90": 85, "bands": "mostly_agree",
        "agreement": "some_spread", "two_camps": False, "dont_know_percent": 40,
    }  # fmt: skip
    assert row["name"] == "Tea"


def test_a_row_says_what_changed_since_last_round() -> None:
    found = capabilities(
        make_capability("Tea", 70, 85, change=Change("likely", -15), trend=Trend((), "falling")),
        make_capability("Milk", 70, InWords(("mixed",)), trend=Trend((), "")),
        make_capability("Sugar", 70),
    )

    names = ("last_round", "change", "moved", "trend")
    assert [tuple(row.get(name) for name in names) for row in found] == [
        (85, "likely", -15, "falling"),
        ("mixed", None, None, None),
        (None, None, None, None),
    ]


def test_a_coarse_result_has_a_score_and_a_word() -> None:
    category = make_category(capabilities=[make_capability("Tea", make_coarse(60)), make_capability()])
    whole, rough, fine = rows(make_report([category]))[:3]

    assert [row["coarse"] for row in (whole, rough, fine)] == [True, True, False]
    assert (rough["score"], rough["bands"]) == (60, "mixed")
    assert rough["low90"] is rough["high90"] is rough["agreement"] is rough["two_camps"] is None


def test_what_is_hidden_has_a_reason_and_nothing_else() -> None:
    trend = Trend((), "rising")
    category = make_category(capabilities=[make_capability("Tea", None, 45, trend=trend)], result=None)
    found = rows(make_report([category], key_metrics=(make_metric(None),)))

    assert [row["why_not_shown"] for row in found] == ["too_few_capabilities", "too_few", "too_few"]
    for row in found:
        assert row["shown"] is False
        assert {name for name, value in row.items() if value is not None} <= {
            "kind", "key", "name", "shown", "why_not_shown"
        }  # fmt: skip


@pytest.mark.parametrize(("votes", "told"), [(Votes("most", 5), "most"), (UNTOLD_VOTES, None), (None, None)])
def test_votes_are_words(votes: Votes | None, told: str | None) -> None:
    (row,) = capabilities(make_capability("Tea", votes=votes))

    assert row.get("votes") == told
    assert 5 not in row.values()


def test_statements_follow_their_capability() -> None:
    result = make_shown(n=9, statements=(make_statement("We rest."),))
    found = rows(make_report([make_category(capabilities=[make_capability("Tea", result)])]))

    assert [row["kind"] for row in found[:3]] == ["category", "capability", "statement"]
    assert found[2] == {
        "kind": "statement", "key": "tea", "name": "We rest.", "shown": True,
        "disagree": 2, "neutral": 1, "agree": 6,
    }  # fmt: skip


MEASURED = Measured(
    "shop",
    figures(release(1, 5), release(8, 7), incidents=(outage(8, 3),)),
    (
        MeasuredMetric("lead_time", "Lead time", "less than one day", "less than one day", 0),
        MeasuredMetric("time_to_restore", "Time to restore", "", "less than one day", 0),
        MeasuredMetric("change_failure_rate", "Failures", "0 to 5 %", "more than 30 %", 4),
    ),
)


def test_what_is_measured_stands_beside_what_is_stated() -> None:
    found = rows(make_report(measured=(MEASURED,)), "measured")

    names = ("key", "service", "measured", "bands_apart", "n", "value", "unit")
    assert [tuple(row.get(name) for name in names) for row in found] == [
        ("lead_time", "shop", "less than one day", 0, 2, 6.0, "hours"),
        ("time_to_restore", "shop", "less than one day", None, 1, None, "hours"),  # few have no middle
        ("change_failure_rate", "shop", "more than 30 %", 4, 2, 50.0, "percent"),
        ("rework", "shop", None, None, 2, 0.0, "percent"),
    ]


def test_what_cannot_be_measured_is_empty() -> None:
    empty = replace(MEASURED, figures=figures(), service="")
    found = rows(make_report(measured=(empty,)), "measured")

    assert [row.get("value") for row in found] == [None] * 4
    assert {row["service"] for row in found} == {None}


def test_too_few_answers_leave_nothing_measured_either() -> None:
    """As on the page."""
    assert rows(make_report(responded=4, measured=(MEASURED,)), "measured") == []


def test_every_table_says_of_what_it_is() -> None:
    assert scores_table(make_report()).about == {
        "team": "Team Kestrel",
        "round": "2026 Q3",
        "closed_on": dt.date(2026, 9, 30),
        "organization": "Example Ltd",
        "invited": 8,
        "responded": 6,
        "minimum": 5,
        "previous_round": "2026 Q2",
        "questionnaire": "accelerate 1",
        "scoring": "1",
    }


def test_names_of_others_do_no_harm() -> None:
    category = make_category(capabilities=[make_capability('=HYPERLINK("x")', 70)])
    text = as_csv(scores_table(make_report([category], team="@SUM(A1)"))).decode("utf-8-sig")
    found = list(csv.DictReader(io.StringIO(text)))

    assert {row["team"] for row in found} == {"'@SUM(A1)"}
    assert found[1]["name"] == '\'=HYPERLINK("x")'


# --- Teams beside each other ----------------------------------------------------------------------

TEA = Column("tea", "Tea", "Drinks")


def compared(*cells: Cell, sections: int = 1) -> list[dict[str, Any]]:
    """One capability of some teams, all in one group, or in as many groups alike."""
    teams = tuple(TeamRow(f"t{at}", f"Team {at}", (cell,), "3") for at, cell in enumerate(cells))
    totals = (total_of(cell.now for cell in cells),)
    some = tuple(Section(("Birds", f"Group {at}"), teams, totals) for at in range(sections))
    table = comparison_table(Comparison((TEA,), some, totals, 5), round="2026 Q3")
    assert table.about == {"round": "2026 Q3", "minimum": 5}
    assert set().union(*table.rows) <= set(COMPARISON)
    return [dict(row) for row in table.rows]


def test_teams_stand_as_on_the_page_and_their_mean_last() -> None:
    found = compared(Cell(make_shown(70)), Cell(make_shown(40, n=12), make_shown(55)))

    assert [(row["kind"], row["group"], row.get("team"), row["score"], row["n"]) for row in found] == [
        ("team", "Birds / Group 0", "Team 0", 70, 6),
        ("team", "Birds / Group 0", "Team 1", 40, 12),
        ("all", None, None, 50, 18),
    ]
    assert [row.get("before") for row in found] == [None, 55, None]
    assert (found[0]["category"], found[0]["key"], found[0]["scoring"]) == ("Drinks", "tea", "3")
    assert found[2]["teams"] == 2


def test_groups_have_a_mean_where_there_are_several() -> None:
    found = compared(Cell(make_shown(70)), Cell(make_shown(40)), sections=2)

    assert [row["kind"] for row in found] == ["team", "team", "group", "team", "team", "group", "all"]


def test_what_is_hidden_in_a_comparison_has_a_reason() -> None:
    found = compared(Cell(Suppressed(5)), Cell(make_shown(70), InWords(("mixed",))))

    assert [row.get("why_not_shown") for row in found] == ["too_few", None, "too_few_teams"]
    assert found[1]["before"] == "mixed"
    for row in (found[0], found[2]):
        assert not [name for name in (*RESULT[1:], *HIDDEN[:1], "teams") if row.get(name) is not None]
