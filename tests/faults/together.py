"""Two that do the same at once, and a worker that is killed in the middle of a batch."""

from __future__ import annotations

import random
import subprocess
import sys
from typing import Any

from tests.journeys.stage import ROOT, until

from .houses import House, house


def schedules(environment: dict[str, str], *, teams: int, at_once: int = 2) -> dict[str, Any]:
    """So many runs of the schedule begin together; then a worker does all that was queued."""
    with house(environment) as home:
        made = home.scene("prepare_schedule", str(teams))
        runs = [
            subprocess.Popen(
                [sys.executable, "manage.py", "run_schedule"],
                cwd=ROOT, env=home.environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
            )
            for _ in range(at_once)
        ]  # fmt: skip
        said = [each.communicate()[1].decode() for each in runs]
        once_more = home.run("manage.py", "run_schedule")
        worked = home.run("manage.py", "db_worker", "--batch", "--no-startup-delay")
        failed = [each.returncode for each in [*runs, once_more, worked]]
        return home.scene("tell_schedule") | {"people": made["people"], "failed": failed, "said": said}


def opening_and_closing(environment: dict[str, str], rounds: int) -> dict[str, Any]:
    with house(environment) as home:
        return home.scene("open_and_close", str(rounds))


def reports(*, teams: int, kills: int, seed: int) -> dict[str, Any]:
    """A batch of reports, whose worker dies so often at random moments, and is started anew."""
    chance = random.Random(seed)
    with house() as home:
        home.scene("prepare_schedule", str(teams))
        assert home.run("manage.py", "run_schedule").returncode == 0
        killed = 0
        while killed < kills:
            before = _ready(home)
            home.start("worker")
            some = before + chance.randint(0, max(1, teams // (kills + 1)))
            until(lambda some=some: _ready(home) >= min(some, teams), "reports are made")
            home.kill("worker")
            killed += 1
        home.scene("age_tasks")
        assert home.run("manage.py", "run_schedule").returncode == 0
        worked = home.run("manage.py", "db_worker", "--batch", "--no-startup-delay")
        assert worked.returncode == 0, worked.stderr
        return home.scene("tell_schedule") | {"kills": killed, "seed": seed}


def _ready(home: House) -> int:
    """How many files there are."""
    return len(list((home.folder / "files" / "reports").glob("*.pdf")))
