"""A disk that is full while people save, and has room again later: a small one in memory."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any

from tests.journeys.stage import until

from .houses import crowd, house
from .killed import PEOPLE

SIZE = "12m"


@contextmanager
def small_disk() -> Iterator[Path | None]:
    """A folder in which there is little room; None where nobody lets us make one."""
    with tempfile.TemporaryDirectory(prefix="fault-") as place:
        command = ["mount", "-t", "tmpfs", "-o", f"size={SIZE}", "tmpfs", place]
        if os.geteuid() or subprocess.run(command, check=False, capture_output=True).returncode:
            yield None
            return
        try:
            yield Path(place)
        finally:
            subprocess.run(["umount", "--lazy", place], check=True)


def fill_disk(saves: int) -> dict[str, Any]:
    """Twice the disk is full until everybody has been refused."""
    with small_disk() as disk, house({"DATA_DIR": str(disk)} if disk else None) as home:
        if disk is None:
            return {"not performed": "no right to make a small disk"}
        home.variables["STATIC_ROOT"] = str(home.folder / "static")
        links = home.scene("furnish", str(PEOPLE))["links"]
        home.start("web")
        until(home.answers, "the web server answers")
        people = crowd(home, links[:PEOPLE], saves // PEOPLE)

        def fill() -> None:
            """Once the journal is empty, as after each run of the schedule: every save needs room."""
            before = [person.failures["503"] for person in people.persons]
            with closing(sqlite3.connect(disk / "survey.sqlite3")) as database:
                database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            with (disk / "filler").open("wb", buffering=0) as filler, suppress(OSError):
                while filler.write(b"\0" * 4096):
                    pass
            free(before)

        def free(before: list[int]) -> None:
            """When all have been refused, or after half a minute."""
            with suppress(AssertionError):
                until(
                    lambda: all(
                        now.failures["503"] > then for now, then in zip(people.persons, before, strict=True)
                    ),
                    "everybody is refused", 30,
                )  # fmt: skip
            (disk / "filler").unlink(missing_ok=True)

        people.go([fill, fill])
        pages = [person.pages.get(503, "") for person in people.persons]
        found = people.figures(home)
        return found | {"told": all("counts as not stored" in page for page in pages if page)}
