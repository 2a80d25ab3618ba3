"""``manage.py simulate_method``."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from assessments import simulations

TEXT = "Before.\n<!-- simulated: detectable -->\n<!-- end -->\nAfter.\n"


@pytest.fixture
def document(tmp_path: Path) -> Path:
    """A document with a place for one table."""
    path = tmp_path / "method.md"
    path.write_text(TEXT, encoding="utf-8")
    return path


def test_one_table_is_printed_and_its_time_told_apart_from_it(capsys: pytest.CaptureFixture[str]) -> None:
    call_command("simulate_method", "--only", "alpha", "--runs", "20", "--seed", "3")

    printed = capsys.readouterr()
    table = simulations.simulate("alpha", runs=20, seed=3).as_markdown()
    assert printed.out == f"\nalpha\n\n{table}\n"
    assert re.fullmatch(r"alpha: \d+ s\n", printed.err)


def test_all_tables_are_printed_by_default(capsys: pytest.CaptureFixture[str]) -> None:
    call_command("simulate_method", "--runs", "2")

    assert [line for line in capsys.readouterr().out.splitlines() if line in simulations.TABLES] == list(
        simulations.TABLES
    )


def test_a_table_is_written_into_its_place(document: Path, capsys: pytest.CaptureFixture[str]) -> None:
    call_command("simulate_method", "--only", "detectable", "--write", str(document))

    table = simulations.simulate("detectable").as_markdown()
    assert document.read_text(encoding="utf-8") == TEXT.replace("-->\n<!-- end", f"-->\n{table}\n<!-- end")
    assert capsys.readouterr().out == ""


def test_a_document_without_a_place_is_refused_before_the_work(document: Path) -> None:
    with pytest.raises(CommandError, match="no single place for the table 'random-answering'"):
        call_command("simulate_method", "--write", str(document))

    assert document.read_text(encoding="utf-8") == TEXT


def test_a_document_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="cannot be read: No such file"):
        call_command("simulate_method", "--only", "detectable", "--write", str(tmp_path / "none.md"))


@pytest.mark.parametrize("wrong", [("--runs", "0"), ("--runs", "many"), ("--only", "nothing")])
def test_what_makes_no_sense_is_refused(wrong: tuple[str, str]) -> None:
    with pytest.raises(CommandError):
        call_command("simulate_method", *wrong)
