"""An upgrade whose process is killed at random moments, on a server; it is simply started anew."""

from __future__ import annotations

import random
import subprocess
import sys
import threading
from typing import Any

from tests.journeys.stage import ROOT
from tests.servers import postgresql

from .houses import house


def kill_migration(kills: int, seed: int) -> dict[str, Any]:
    """From nothing to the newest version; then it is said whether that is whole."""
    chance = random.Random(seed)
    with postgresql() as server, house(server) as home:
        killed = 0
        for _try in range(kills):
            migrating = subprocess.Popen(
                [sys.executable, "manage.py", "migrate"],
                cwd=ROOT, env=home.environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            )  # fmt: skip
            lines = chance.randint(4, 30)
            for _line, _text in zip(range(lines), migrating.stdout or (), strict=False):
                pass
            threading.Event().wait(chance.random() / 50)
            migrating.kill()
            migrating.communicate()
            killed += migrating.returncode == -9
        last = home.run("manage.py", "migrate")
        checked = home.run("manage.py", "migrate", "--check")
        links = home.scene("furnish", "8")["links"]
        return {
            "kills": killed,
            "seed": seed,
            "failed": [last.returncode, checked.returncode],
            "links": len(links),
            "sound": home.scene("tell", *links)["sound"],
        }
