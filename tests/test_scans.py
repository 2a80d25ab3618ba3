"""What should not stand in code: looked for by bandit, and by a list of the few places where it may."""

from __future__ import annotations

import ast
import json
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PRODUCT = ("accelerate_survey", "assessments", "reports", "manage.py", "gunicorn.conf.py")
IMPORTS = "B403,B404,B405"
"""That subprocess, pickle and ElementTree are imported says nothing: what is done with them is looked at."""

SAME = {"B703": "S308"}  # mark_safe is found twice
EXPLAINED = re.compile(r"# (?:noqa: (S\d{3})(?:, \w+)*|nosec (B\d{3}))\s+\S.*\w{3}")


def bandit(*targets: str, cwd: Path = ROOT) -> list[dict[str, object]]:
    """What bandit finds, without what a comment of its own explains."""
    done = subprocess.run(
        [sys.executable, "-m", "bandit", "-q", "-f", "json", "-s", IMPORTS, "-r", *targets],
        cwd=cwd, capture_output=True, text=True, check=False,
    )  # fmt: skip
    told = json.loads(done.stdout)
    assert told["errors"] == []
    assert told["metrics"]["_totals"]["loc"] > 0
    return told["results"]


def explained(lines: list[str], rule: str) -> bool:
    """Whether a comment on these lines names the finding, as ruff calls it, and says why it is none."""
    wanted = SAME.get(rule, f"S{rule[1:]}")
    return any(wanted in found.groups() for line in lines for found in EXPLAINED.finditer(line))


def test_bandit_finds_nothing_that_is_not_explained() -> None:
    left = []
    for found in bandit(*PRODUCT):
        lines = (ROOT / str(found["filename"])).read_text(encoding="utf-8").splitlines()
        numbers: list[int] = found["line_range"]  # type: ignore[assignment]
        if not explained([lines[number - 1] for number in numbers], str(found["test_id"])):
            left.append(
                f"{found['filename']}:{found['line_number']} {found['test_id']}: {found['issue_text']}"
            )

    assert left == []


def test_every_exception_for_bandit_has_a_reason() -> None:
    bare = [
        f"{path}:{number}"
        for path in sources()
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if re.search(r"# (?:noqa: S\d|nosec)", line) and not EXPLAINED.search(line)
    ]

    assert bare == []


@pytest.mark.parametrize(
    "line", ["eval(input())", "import os; os.system(input())", "import yaml; yaml.load(input())"]
)
def test_bandit_does_find_something(tmp_path: Path, line: str) -> None:
    (tmp_path / "bad.py").write_text(line)

    assert bandit("bad.py", cwd=tmp_path)


# --- Where the few things stand that could do harm --------------------------------------------

PLACES = {
    # SQL of our own: values are parameters, names are the schema's
    "cursor": {
        "accelerate_survey/operations/databases.py": 4,  # backups: tables by their names
        "accelerate_survey/operations/doctor.py": 2,
        "accelerate_survey/operations/health.py": 1,
        "accelerate_survey/operations/moves.py": 3,  # to PostgreSQL, table by table
        "assessments/models/responses.py": 1,  # a save merged in one statement
        "assessments/services/deliveries.py": 1,  # events, a thousand a statement
        "assessments/services/responses.py": 2,  # what was deleted is overwritten
    },
    # HTML that is not escaped any more: made by our own templates and charts out of escaped parts
    "mark_safe": {
        "assessments/forms.py": 2,
        "reports/pdf.py": 1,
        "reports/templatetags/compare_tags.py": 1,
        "reports/templatetags/report_tags.py": 1,
    },
    "SafeString": {"reports/templatetags/report_tags.py": 3},  # nothing at all
    # what was put aside in a file of our own a moment ago
    "load": {"assessments/services/deliveries.py": 1},
    "raw": {},
    "extra": {},
    "RawSQL": {},
    "eval": {},
    "exec": {},
    "system": {},
    "popen": {},
    "getoutput": {},
}


def sources() -> Iterator[Path]:
    for part in PRODUCT:
        yield from (ROOT / part).rglob("*.py") if (ROOT / part).is_dir() else [ROOT / part]


def calls(path: Path) -> Iterator[ast.Call]:
    return (node for node in ast.walk(ast.parse(path.read_bytes())) if isinstance(node, ast.Call))


def called(call: ast.Call) -> str:
    function = call.func
    return function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")


def test_what_could_do_harm_stands_where_it_is_known_to() -> None:
    found: dict[str, Counter[str]] = {name: Counter() for name in PLACES}
    for path in sources():
        if "migrations" not in path.parts:
            for call in calls(path):
                if called(call) in found:
                    found[called(call)][str(path.relative_to(ROOT))] += 1

    assert found == PLACES


def test_no_program_is_started_by_a_shell() -> None:
    assert not [
        path for path in sources() for call in calls(path) if any(k.arg == "shell" for k in call.keywords)
    ]


def test_templates_escape_all_but_plain_text() -> None:
    """Mails as text and Markdown have no markup to escape; as_markdown looks after the latter."""
    harm = re.compile(r"\|\s*safe(?:seq)?\b|autoescape off|mark_safe")
    found = [
        str(path.relative_to(ROOT))
        for part in ("accelerate_survey", "assessments", "reports")
        for path in (ROOT / part).rglob("templates/**/*")
        if path.is_file() and harm.search(path.read_text(encoding="utf-8"))
    ]

    assert found
    assert [name for name in found if not name.endswith(".txt")] == [
        "assessments/templates/assessments/actions.md"
    ]


def test_scripts_make_no_markup_of_text() -> None:
    harm = re.compile(
        r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function|postMessage"
        r"|localStorage|sessionStorage|indexedDB|document\.cookie|__proto__|paste"
    )
    scripts = [
        path
        for part in ("accelerate_survey", "assessments", "reports")
        for path in (ROOT / part).rglob("*.js")
    ]

    assert scripts
    assert [str(path) for path in scripts if harm.search(path.read_text(encoding="utf-8"))] == []
