"""Documents fail when they fall behind."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

import pytest

from assessments import roster_file
from assessments.views.actions import COLUMNS as ACTIONS
from reports.export import COMPARISON, SCORES

ROOT = Path(__file__).parent.parent

APPS = ("assessments", "reports", "accelerate_survey/operations")
COMMANDS = sorted(
    path.stem
    for app in APPS
    for path in (ROOT / app / "management" / "commands").glob("*.py")
    if not path.stem.startswith("_")
)
PARTS = sorted(
    {
        path.name.removesuffix(".py")
        for app in APPS
        for path in (ROOT / app).iterdir()
        if (path.suffix == ".py" and path.stem != "__init__")
        or (path.is_dir() and (path / "__init__.py").is_file() and path.name != "migrations")
    }
)
DOCUMENTS = ["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "SECURITY.md", "docs/operations.md"]


def read(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def test_the_example_names_exactly_the_variables_that_are_read() -> None:
    settings = read("accelerate_survey/settings.py")
    wanted = set(re.findall(r'(?:_value|env(?:\.\w+)?)\(\s*"([A-Z_]+)"', settings))
    named = set(re.findall(r"^# ([A-Z_]+)=", read(".env.example"), re.MULTILINE))

    assert wanted
    assert named == wanted


def test_the_example_changes_nothing_until_it_is_edited() -> None:
    lines = [line for line in read(".env.example").splitlines() if line.strip()]

    assert [line for line in lines if not line.startswith("#")] == []


@pytest.mark.parametrize("command", COMMANDS)
def test_the_readme_mentions_every_command(command: str) -> None:
    assert command in read("README.md")


@pytest.mark.parametrize("part", PARTS)
def test_the_architecture_mentions_every_module(part: str) -> None:
    assert re.search(rf"\b{part}\b", read("ARCHITECTURE.md"))


@pytest.mark.parametrize(
    "columns",
    [SCORES, COMPARISON, ACTIONS, roster_file.COLUMNS],
    ids=["scores", "comparison", "actions", "roster"],
)
def test_the_columns_of_tables_are_explained(columns: Sequence[str]) -> None:
    assert [name for name in columns if f"`{name}`" not in read("docs/tables.md")] == []


@pytest.mark.parametrize(
    "document", ["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "SECURITY.md", "docs/operations.md"]
)
def test_links_inside_the_repository_lead_somewhere(document: str) -> None:
    text = read(document)
    paths = [link.split("#")[0] for link in re.findall(r"\]\(([^)\s]+)\)", text) if "://" not in link]

    folder = (ROOT / document).parent
    assert [
        path for path in paths if path and not path.startswith("mailto:") and not (folder / path).exists()
    ] == []
