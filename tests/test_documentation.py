"""Documents fail when they fall behind."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent

COMMANDS = sorted(
    path.stem
    for app in ("assessments", "reports")
    for path in (ROOT / app / "management" / "commands").glob("*.py")
    if not path.stem.startswith("_")
)
PARTS = sorted(
    f"{app}/{path.name}"
    for app in ("assessments", "reports")
    for path in (ROOT / app).iterdir()
    if (path.suffix == ".py" and path.stem != "__init__")
    or (path.is_dir() and (path / "__init__.py").is_file() and path.name != "migrations")
)


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
    """By its name, with or without the ending."""
    name = part.split("/")[1].removesuffix(".py")

    assert re.search(rf"\b{name}\b", read("ARCHITECTURE.md"))


@pytest.mark.parametrize("document", ["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "SECURITY.md"])
def test_links_inside_the_repository_lead_somewhere(document: str) -> None:
    text = read(document)
    paths = [link.split("#")[0] for link in re.findall(r"\]\(([^)\s]+)\)", text) if "://" not in link]

    assert [
        path for path in paths if path and not path.startswith("mailto:") and not (ROOT / path).exists()
    ] == []
