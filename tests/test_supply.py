"""What the survey is made of: locked, licensed, and no older than the last known hole."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parent.parent

FLOORS = {
    "django": (5, 2, 19),
    "weasyprint": (70,),  # the first whose fetcher can be closed
    "pillow": (12,),
    "cryptography": (46,),
    "gunicorn": (23,),  # the first that refuses smuggled requests
    "requests": (2, 32, 4),
    "urllib3": (2, 6),
    "lxml": (6,),
    "pyyaml": (6, 0, 1),
}
"""Below these there are known holes. Where a network is, ``pip-audit --strict`` tells of newer ones."""


@pytest.fixture(scope="module")
def supply() -> ModuleType:
    """The script that writes locks and lists."""
    spec = importlib.util.spec_from_file_location("supply", ROOT / ".ci" / "supply.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def read(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def test_locks_pin_what_the_requirements_pin(supply: ModuleType) -> None:
    run = supply.pins(read("requirements.txt"))
    test = supply.pins(read("tests/requirements.txt"))

    assert supply.pins(read("requirements.lock")) == run, "run make lock"
    assert supply.pins(read("tests/requirements.lock")) == run | test, "run make lock"


@pytest.mark.parametrize("lock", ["requirements.lock", "tests/requirements.lock"])
def test_every_package_has_digests_and_no_address(supply: ModuleType, lock: str) -> None:
    text = read(lock)

    assert [name for name, found in supply.digests(text).items() if not found] == []
    assert "://" not in text
    assert "--index" not in text


def test_no_licence_is_stronger_than_ours(supply: ModuleType) -> None:
    stronger = {name for name, _version, told in supply.installed() if not supply.is_wanted(told)}

    assert stronger == set(supply.EXCEPTIONS)


def test_a_licence_that_asks_for_more_would_be_found(supply: ModuleType) -> None:
    told = {"classifier": ["License :: OSI Approved :: GNU General Public License v3 (GPLv3)"]}

    assert not supply.is_wanted(told)


def test_nothing_is_older_than_the_last_known_hole(supply: ModuleType) -> None:
    locked = supply.pins(read("requirements.lock"))
    versions = {name: tuple(int(part) for part in locked[name].split(".")[:3]) for name in FLOORS}

    assert [name for name, floor in FLOORS.items() if versions[name] < floor] == []


def test_the_list_names_every_package_with_its_digests(supply: ModuleType, tmp_path: Path) -> None:
    supply.write_sbom(tmp_path / "sbom.json")
    told = json.loads((tmp_path / "sbom.json").read_text())

    assert told["specVersion"] == "1.6"
    assert {each["name"]: each["version"] for each in told["components"]} == supply.pins(
        read("requirements.lock")
    )
    assert all(each["hashes"] and each["licenses"] for each in told["components"])
