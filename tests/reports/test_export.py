"""Numbers for spreadsheets: what the page shows, and no formula."""

from __future__ import annotations

import csv
import io

from reports.content import Change, InWords, ReportContent
from reports.export import COLUMNS, as_csv, rows
from tests.contents import make_capability, make_category, make_coarse, make_metric, make_report


def table(content: ReportContent) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(as_csv(content).removeprefix("\ufeff"))))


def test_a_row_for_every_capability_and_metric() -> None:
    content = make_report()
    found = table(content)

    assert [row["key"] for row in found] == [c.key for c in content.capabilities] + [
        m.key for m in content.key_metrics
    ]
    assert list(found[0]) == COLUMNS


def test_a_row_says_what_the_page_says() -> None:
    row = table(make_report([make_category(capabilities=[make_capability("Tea", 70)])]))[0]

    assert (row["name"], row["shown"], row["n"], row["score"]) == ("Tea", "yes", "6", "70")
    assert (row["low90"], row["high90"], row["agreement"], row["two_camps"]) == (
        "55",
        "85",
        "some_spread",
        "no",
    )


def test_a_row_says_what_changed_since_last_round() -> None:
    capabilities = [
        make_capability("Tea", 70, 85, change=Change("likely", -15)),
        make_capability("Milk", 70, InWords(("mixed",))),
        make_capability("Sugar", 70),
    ]
    found = table(make_report([make_category(capabilities=capabilities)]))[:3]

    assert [(row["last_round"], row["change"], row["moved"]) for row in found] == [
        ("85", "likely", "-15"),
        ("mixed", "", ""),
        ("", "", ""),
    ]


def test_a_coarse_result_has_a_score_and_a_word() -> None:
    row = table(make_report([make_category(capabilities=[make_capability("Tea", make_coarse(60))])]))[0]

    assert (row["score"], row["bands"], row["two_camps"]) == ("60", "mixed", "no")
    assert row["low90"] == row["high90"] == row["agreement"] == ""


def test_what_is_hidden_has_empty_cells() -> None:
    content = make_report(
        [make_category(capabilities=[make_capability("Tea", None, 45)])], key_metrics=(make_metric(None),)
    )

    for row in table(content):
        assert row["shown"] == "no"
        assert {row[name] for name in COLUMNS[6:17]} == {""}


def test_names_of_others_do_no_harm() -> None:
    content = make_report(
        [make_category(capabilities=[make_capability('=HYPERLINK("x")', 70)])], team="@SUM(A1)"
    )

    assert table(content)[0]["team"] == "'@SUM(A1)"
    assert table(content)[0]["name"] == '\'=HYPERLINK("x")'


def test_spreadsheets_read_it_as_utf_8() -> None:
    assert as_csv(make_report(team="Füchse")).encode().startswith(b"\xef\xbb\xbf")
    assert next(rows(make_report(team="Füchse")))["team"] == "Füchse"
