"""What the survey is made of: locks with the digests of every package, its licences, and a list of all that.

``make lock`` writes the locks, ``make sbom`` the list (CycloneDX 1.6). ``tests/test_supply.py`` asks the same
functions whether locks, licences and lowest versions are as they should be.
"""

import re
import subprocess
import sys
from collections.abc import Iterator
from importlib.metadata import metadata
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
REQUIREMENTS = {"requirements.txt": "requirements.lock", "tests/requirements.txt": "tests/requirements.lock"}
OLDEST_PYTHON = "3.11"

WANTED = re.compile(
    r"\b(MIT(-0|-CMU)?|0?BSD|Apache|MPL|Mozilla|PSF|Python Software Foundation|ISC|Zlib|CC0)\b", re.IGNORECASE
)
"""Licences that ask for no more than to be named, or for changes of their own files to be shown."""

EXCEPTIONS = {
    "psycopg": "LGPL: the driver of PostgreSQL, used as it is; only its own changes would have to be shown",
    "psycopg-binary": "LGPL: the same",
    "psycopg-pool": "LGPL: the same",
}
"""Stronger licences, and why they may stay. None is the GPL."""


def pins(text: str) -> dict[str, str]:
    """Name and version of every package that a requirements file or a lock pins."""
    found = re.findall(r"^([A-Za-z0-9._-]+)(?:\[[\w,-]+\])?==([^\s;\\]+)", text, re.MULTILINE)
    return {re.sub(r"[-_.]+", "-", name).lower(): version for name, version in found}


def digests(lock: str) -> dict[str, list[str]]:
    """The SHA-256 digests of each package's files, by its name."""
    found: dict[str, list[str]] = {}
    for block in re.split(r"\n(?=\S)", lock):
        for name in pins(block):
            found[name] = re.findall(r"--hash=sha256:([0-9a-f]{64})", block)
    return found


def write_locks() -> None:
    """Ask the registry for the digests; the pins are ours."""
    for source, lock in REQUIREMENTS.items():
        subprocess.run(
            [
                *[sys.executable, "-m", "uv", "pip", "compile", "--quiet", "--no-deps", "--no-header"],
                *["--no-annotate", "--universal", "--python-version", OLDEST_PYTHON, "--generate-hashes"],
                *["--no-emit-index-url", "--no-emit-find-links", "--output-file", lock, source],
            ],
            cwd=ROOT,
            check=True,
        )


Told = dict[str, Any]
"""What a package says of itself."""


def licences(told: Told) -> list[str]:
    """What a package says that its licence is; several are a choice."""
    if said := told.get("license_expression"):
        return [said]
    named = [line for line in told.get("classifier", []) if line.startswith("License ::")]
    return [line.rsplit(" :: ", 1)[-1] for line in named] or [told.get("license", "none")[:60]]


def is_wanted(told: Told) -> bool:
    """Whether one of a package's licences is none stronger than the product's own."""
    return any(WANTED.search(licence) for licence in licences(told))


def installed() -> Iterator[tuple[str, str, Told]]:
    """Name, version and what is told of all that the survey runs on."""
    for name, version in sorted(pins((ROOT / "requirements.txt").read_text()).items()):
        yield name, version, dict(metadata(name).json)


def write_sbom(target: Path) -> None:
    """The list for other tools."""
    # only this command needs it
    from cyclonedx.model import HashAlgorithm, HashType  # noqa: PLC0415
    from cyclonedx.model.bom import Bom  # noqa: PLC0415
    from cyclonedx.model.component import Component, ComponentType  # noqa: PLC0415
    from cyclonedx.model.license import DisjunctiveLicense  # noqa: PLC0415
    from cyclonedx.output.json import JsonV1Dot6  # noqa: PLC0415
    from packageurl import PackageURL  # noqa: PLC0415

    by_name = digests((ROOT / "requirements.lock").read_text())
    bom = Bom()
    survey = Component(name="accelerate-survey", type=ComponentType.APPLICATION, bom_ref="survey")
    bom.metadata.component = survey
    for name, version, told in installed():
        purl = PackageURL("pypi", name=name, version=version)
        package = Component(
            name=name,
            version=version,
            purl=purl,
            bom_ref=str(purl),
            licenses=[DisjunctiveLicense(name=licence) for licence in licences(told)],
            hashes=[HashType(alg=HashAlgorithm.SHA_256, content=each) for each in by_name[name]],
        )
        bom.components.add(package)
        bom.register_dependency(survey, [package])
    target.parent.mkdir(exist_ok=True)
    target.write_text(JsonV1Dot6(bom).output_as_string(indent=1))


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["lock"]:
            write_locks()
        case ["sbom"]:
            write_sbom(ROOT / "var" / "sbom.json")
            print("Written: var/sbom.json")
        case _:
            sys.exit("Usage: supply.py lock|sbom")
