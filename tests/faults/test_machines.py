"""Two machines on one PostgreSQL and one bucket, each of whose programs is killed once: nothing is lost."""

from __future__ import annotations

from typing import Any

import pytest

from tests.journeys.stage import until
from tests.servers import postgresql
from tests.storages import bucket

from .houses import Crowd, House, Person, house

pytestmark = pytest.mark.own_engine
TEAMS, PEOPLE, SAVES = 2, 6, 4


def start(home: House) -> None:
    for name in ("web", "worker"):
        home.start(name)
    until(home.answers, "the web server answers")


def killed(home: House, name: str) -> None:
    """And started anew."""
    home.kill(name)
    home.start(name)


def reports_of(home: House) -> dict[str, Any]:
    """Once none waits any more."""

    def told() -> dict[str, Any]:
        found = home.scene("tell_reports")
        return {} if "pending" in found["states"] else found

    return until(told, "the reports are made")


def test_two_machines_of_which_each_is_killed_lose_nothing() -> None:
    with postgresql() as server, bucket() as url:
        shared = server | {"STORAGE_URL": url}
        with house(shared) as one, house(shared) as other:
            links = one.scene("furnish", str(PEOPLE), str(TEAMS))["links"]
            assert other.run("manage.py", "collectstatic", "--no-input").returncode == 0
            for home in (one, other):
                start(home)
            half = len(links) // 2
            persons = [Person(one, link) for link in links[:half]]
            persons += [Person(other, link) for link in links[half:]]

            people = Crowd(persons, SAVES)
            people.go([lambda: killed(one, "web"), lambda: killed(other, "web")])
            found = people.figures(one)
            counted = one.scene("close_and_report")["counted"]
            for home in (one, other):
                killed(home, "worker")
            one.scene("age_tasks")
            assert other.run("manage.py", "run_schedule").returncode == 0
            reports = reports_of(other)

            assert (found["lost"], found["half"]) == (0, 0)
            assert set(found["errors"]) <= {"no answer"}
            assert counted == TEAMS * PEOPLE
            assert reports == {"states": {"ready": TEAMS}, "read": TEAMS}
            assert not (one.folder / "files").exists()
            assert not (other.folder / "files").exists()
