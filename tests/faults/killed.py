"""Web server and worker killed while people save; reloaded; the database server started anew."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import time
from collections import Counter
from collections.abc import Callable
from typing import Any

from tests.journeys.stage import until
from tests.servers import postgresql, program, unprivileged

from .houses import crowd, house

PEOPLE = 8


def kill_all(saves: int, kills: int, mails: int = 60) -> dict[str, Any]:
    """``kills`` times a process of the web server, all of it, or the worker dies, in turn."""
    with house() as home:
        links = home.scene("furnish", str(max(mails, PEOPLE)))["links"]
        for name in ("web", "worker"):
            home.start(name)
        until(home.answers, "the web server answers")
        people = crowd(home, links[:PEOPLE], saves // PEOPLE)

        def anew(name: str) -> Callable[[], None]:
            def fault() -> None:
                home.kill(name)
                home.start(name)

            return fault

        ways = [home.kill_web_worker, anew("web"), anew("worker")]
        people.go([ways[place % 3] for place in range(kills)])
        until(lambda: not home.scene("tell")["mails"].get("waiting"), "mails go out", 600)
        found = people.figures(home)
        kept = [
            address
            for path in (home.folder / "mails").glob("*.log")
            for address in re.findall(r"^To: (.+)$", path.read_text(), re.MULTILINE)
        ]
        found["kills"] = kills
        found["mails twice"] = sum(number > 1 for number in Counter(kept).values())
        found["mails not sent"] = max(mails, PEOPLE) - len(kept)
        found["counted"] = home.scene("close")["counted"]
        return found


def reload_all(saves: int, reloads: int = 10) -> dict[str, Any]:
    """The web server reads everything anew, as after an upgrade, while people save."""
    with house() as home:
        links = home.scene("furnish", str(PEOPLE))["links"]
        home.start("web")
        until(home.answers, "the web server answers")
        people = crowd(home, links[:PEOPLE], saves // PEOPLE)
        master = home.running["web"].pid
        people.go([lambda: os.kill(master, signal.SIGHUP)] * reloads)
        return people.figures(home) | {"reloads": reloads}


def restart_database(saves: int, restarts: int = 3) -> dict[str, Any]:
    """PostgreSQL is cut off and started anew while people save."""
    with postgresql() as server, house(server) as home:
        links = home.scene("furnish", str(PEOPLE))["links"]
        home.start("web")
        until(home.answers, "the web server answers")
        people = crowd(home, links[:PEOPLE], saves // PEOPLE)
        back: list[float] = []

        def restart() -> None:
            _restart(server)
            began = time.perf_counter()
            before = [person.acknowledged for person in people.persons]
            until(
                lambda: all(
                    now.acknowledged > then or now.sent
                    for now, then in zip(people.persons, before, strict=True)
                ),
                "everybody saves again",
            )
            back.append(time.perf_counter() - began)

        people.go([restart] * restarts)
        pages = [person.pages.get(503, "") for person in people.persons]
        found = people.figures(home)
        found["told"] = all("counts as not stored" in page for page in pages if page)
        return found | {"restarts": restarts, "everybody saves again after": round(max(back), 2)}


def _restart(server: dict[str, str]) -> None:
    home = server["DATABASE_URL"].removeprefix("postgres://").removesuffix("/postgres")
    options = f"-c listen_addresses='' -c unix_socket_directories={home} -c fsync=off"
    subprocess.run(
        [
            program("pg_ctl"), "-D", f"{home}/data", "-w", "-m", "immediate",
            "-l", f"{home}/log", "-o", options, "restart",
        ],
        check=True, cwd=home, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **unprivileged(),
    )  # fmt: skip
