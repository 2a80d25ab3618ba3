"""An attack in a process and a database of its own, whichever settings the caller runs under."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from tests.servers import postgresql

ROOT = Path(__file__).parents[2]


def read_database(engine: str, rounds: int) -> dict[str, Any]:
    """The figures of the attack on ``"sqlite"`` or ``"postgresql"``."""
    return run_on(engine, "tests.attacks.database_reader", str(rounds))


def run_on(engine: str, module: str, *arguments: str) -> dict[str, Any]:
    """What a module prints about a new database of ``"sqlite"`` or ``"postgresql"``."""
    if engine == "sqlite":
        return _run({"DATABASE_URL": ""}, module, *arguments)
    with postgresql() as environment:
        return _run(environment, module, *arguments)


def _run(environment: dict[str, str], module: str, *arguments: str) -> dict[str, Any]:
    with tempfile.TemporaryDirectory(prefix="attack-") as folder:
        fixed = {"DATA_DIR": folder, "SECRET_KEY": "a key for attacks only", "EMAIL_URL": "", "SITE_URL": ""}
        done = subprocess.run(
            [sys.executable, "-m", module, *arguments],
            cwd=ROOT, env={**os.environ, **fixed, "DEBUG": "", **environment},
            capture_output=True, text=True, check=False,
        )  # fmt: skip
    if done.returncode:
        raise RuntimeError(done.stderr)
    return json.loads(done.stdout.splitlines()[-1])
