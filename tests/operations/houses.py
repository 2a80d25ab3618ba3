"""Installations of their own, each a folder and a database."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.conftest import LONG_KEY

ROOT = Path(__file__).parents[2]


@dataclass
class House:
    """An installation of its own: a folder and a database."""

    folder: Path
    database: dict[str, str]

    @property
    def environment(self) -> dict[str, str]:
        ours = {"DATA_DIR": str(self.folder), "SECRET_KEY": LONG_KEY, "EMAIL_URL": "", "SITE_URL": ""}
        ours |= {"DJANGO_SETTINGS_MODULE": "accelerate_survey.settings"}
        return os.environ | ours | self.database

    def run(self, *command: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, *command],
            cwd=ROOT, env=self.environment, capture_output=True, text=True, check=False,
        )  # fmt: skip

    def manage(self, *command: str) -> subprocess.CompletedProcess[str]:
        return self.run("manage.py", *command)

    def drill(self, *what: str) -> Any:
        done = self.run("-m", "tests.operations.drill", *what)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout.splitlines()[-1])
