"""The table of OWASP ASVS 5.0 is complete, and what it names is there."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
TABLE = (ROOT / "docs" / "asvs.md").read_text(encoding="utf-8")
PROMISES = (ROOT / "SECURITY.md").read_text(encoding="utf-8")
ROWS = re.findall(r"^\| ([\d.]+) ([^|]+) \| ([12]) \| ([^|]+) \| (.+) \|$", TABLE, re.MULTILINE)
STATUSES = ("met", "not applicable", "open")
CHAPTERS = range(1, 18)
SECTIONS = ["Signing in", "Keys", "What is kept", "Files", "Limits", "What it talks to", "Packages"]

LEVELS = {
    "1": """
    1.2.1 1.2.2 1.2.3 1.2.4 1.2.5 1.3.1 1.3.2 1.5.1 2.1.1 2.2.1 2.2.2 2.3.1 3.2.1 3.2.2 3.3.1 3.4.1 3.4.2
    3.5.1 3.5.2 3.5.3 4.1.1 4.4.1 5.2.1 5.2.2 5.3.1 5.3.2 6.1.1 6.2.1 6.2.2 6.2.3 6.2.4 6.2.5 6.2.6 6.2.7
    6.2.8 6.3.1 6.3.2 6.4.1 6.4.2 7.2.1 7.2.2 7.2.3 7.2.4 7.4.1 7.4.2 8.1.1 8.2.1 8.2.2 8.3.1 9.1.1 9.1.2
    9.1.3 9.2.1 10.4.1 10.4.2 10.4.3 10.4.4 10.4.5 11.3.1 11.3.2 11.4.1 12.1.1 12.2.1 12.2.2 13.4.1 14.2.1
    14.3.1 15.1.1 15.2.1 15.3.1
    """,
    "2": """
    1.1.1 1.1.2 1.2.6 1.2.7 1.2.8 1.2.9 1.3.3 1.3.4 1.3.5 1.3.6 1.3.7 1.3.8 1.3.9 1.3.10 1.3.11 1.4.1 1.4.2
    1.4.3 1.5.2 2.1.2 2.1.3 2.2.3 2.3.2 2.3.3 2.3.4 2.4.1 3.3.2 3.3.3 3.3.4 3.4.3 3.4.4 3.4.5 3.4.6 3.5.4
    3.5.5 3.7.1 3.7.2 4.1.2 4.1.3 4.2.1 4.3.1 4.3.2 4.4.2 4.4.3 4.4.4 5.1.1 5.2.3 5.4.1 5.4.2 5.4.3 6.1.2
    6.1.3 6.2.9 6.2.10 6.2.11 6.2.12 6.3.3 6.3.4 6.4.3 6.4.4 6.5.1 6.5.2 6.5.3 6.5.4 6.5.5 6.6.1 6.6.2 6.6.3
    6.8.1 6.8.2 6.8.3 6.8.4 7.1.1 7.1.2 7.1.3 7.3.1 7.3.2 7.4.3 7.4.4 7.4.5 7.5.1 7.5.2 7.6.1 7.6.2 8.1.2
    8.2.3 8.4.1 9.2.2 9.2.3 9.2.4 10.1.1 10.1.2 10.2.1 10.2.2 10.3.1 10.3.2 10.3.3 10.3.4 10.4.6 10.4.7
    10.4.8 10.4.9 10.4.10 10.4.11 10.5.1 10.5.2 10.5.3 10.5.4 10.5.5 10.6.1 10.6.2 10.7.1 10.7.2 10.7.3
    11.1.1 11.1.2 11.2.1 11.2.2 11.2.3 11.3.3 11.4.2 11.4.3 11.4.4 11.5.1 11.6.1 12.1.2 12.1.3 12.3.1 12.3.2
    12.3.3 12.3.4 13.1.1 13.2.1 13.2.2 13.2.3 13.2.4 13.2.5 13.3.1 13.3.2 13.4.2 13.4.3 13.4.4 13.4.5 14.1.1
    14.1.2 14.2.2 14.2.3 14.2.4 14.3.2 14.3.3 15.1.2 15.1.3 15.2.2 15.2.3 15.3.2 15.3.3 15.3.4 15.3.5 15.3.6
    15.3.7 16.1.1 16.2.1 16.2.2 16.2.3 16.2.4 16.2.5 16.3.1 16.3.2 16.3.3 16.3.4 16.4.1 16.4.2 16.4.3 16.5.1
    16.5.2 16.5.3 17.1.1 17.2.1 17.2.2 17.2.3 17.2.4 17.3.1 17.3.2
    """,
}
"""The numbers of the requirements by their level, as version 5.0.0 of the standard has them."""


def test_every_requirement_is_there_once_at_its_level() -> None:
    wanted = {number: level for level, numbers in LEVELS.items() for number in numbers.split()}

    assert len(wanted) == len(ROWS) == 253
    assert {number: level for number, _name, level, _status, _shown in ROWS} == wanted
    assert Counter(wanted.values()) == {"1": 70, "2": 183}


def test_every_line_says_what_holds_and_what_shows_it() -> None:
    assert TABLE.count("\n| ") == len(ROWS) + len(CHAPTERS)  # a head for each
    bad = [number for number, *_names, status, shown in ROWS if status not in STATUSES or len(shown) < 5]
    assert bad == []


def test_every_name_is_a_short_one() -> None:
    assert [name for _number, name, *_rest in ROWS if not 2 <= len(name.split()) <= 12] == []


def test_every_file_and_test_that_is_named_is_there() -> None:
    missing = []
    for path, test in set(re.findall(r"`((?:[\w.-]+/)*[\w.-]+\.(?:py|md|toml|yaml))(?:::(\w+))?`", TABLE)):
        file = ROOT / path
        if not file.is_file() or (test and f"def {test}(" not in file.read_text(encoding="utf-8")):
            missing.append((path, test))

    assert missing == []


def test_the_totals_are_those_of_the_table() -> None:
    told = re.findall(r"^\| V(\d+) [^|]+ \| (\d+) \| (\d+) \| (\d+) \|$", PROMISES, re.MULTILINE)
    counts = Counter((number.partition(".")[0], status) for number, *_names, status, _shown in ROWS)
    sums = Counter(status for *_names, status, _shown in ROWS)

    assert told == [(str(n), *(str(counts[str(n), status]) for status in STATUSES)) for n in CHAPTERS]
    assert "| **All 253** | **{}** | **{}** | **{}** |".format(*(sums[each] for each in STATUSES)) in PROMISES


@pytest.mark.parametrize("section", SECTIONS)
def test_sections_that_the_table_names_are_there(section: str) -> None:
    assert f"*{section}*" in TABLE
    assert f"### {section}\n" in PROMISES
