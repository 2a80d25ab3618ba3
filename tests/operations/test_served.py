"""The survey as gunicorn serves it, with canaries in all that a device tells: none is in log or figures."""

from __future__ import annotations

import json
import re
import socket
import subprocess
import sys
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import LONG_KEY
from tests.factories import PASSWORD
from tests.journeys.stage import until

from .test_backups import House

ROOT = Path(__file__).parents[2]
TOKEN = "0123456789abcdef0123456789abcdef"
DEVICE, PROGRAM, REMARK = "203.0.113.77", "Canary/7.7", "canary: the canteen is faster"


class Served:
    """A running web server."""

    def __init__(self, house: House, links: list[str]) -> None:
        self.links, self.device = links, DEVICE
        self.browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor())
        listener = socket.create_server(("127.0.0.1", 0))
        port = listener.getsockname()[1]
        self.url, self.log = f"http://127.0.0.1:{port}", house.folder / f"log-{port}"
        environment = house.environment | {"LOG_FORMAT": "json", "METRICS_TOKEN": TOKEN}
        environment |= {"TRUSTED_PROXIES": "1", "WEB_CONCURRENCY": "2"}
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "gunicorn", "accelerate_survey.wsgi", f"--bind=fd://{listener.fileno()}"],
                cwd=ROOT, env=environment, stdout=log, stderr=log, pass_fds=[listener.fileno()],
            )  # fmt: skip
        listener.close()
        self.figures = [
            place / f"survey-metrics-{self.process.pid}" for place in map(Path, ("/dev/shm", "/tmp"))
        ]

    def ask(self, path: str, fields: dict[str, str] | None = None, **headers: str) -> tuple[int, str]:
        """A request from a device that tells much of itself; the status and what was answered."""
        told = {"User-Agent": PROGRAM, "X-Forwarded-For": self.device, "Referer": "http://canary/", **headers}
        data = urllib.parse.urlencode(fields).encode() if fields else None
        request = urllib.request.Request(f"{self.url}{path}", data=data, headers=told)
        try:
            with self.browser.open(request, timeout=60) as response:
                return response.status, response.read().decode()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.read().decode()

    def metrics(self) -> str:
        status, text = self.ask("/metrics", Authorization=f"Bearer {TOKEN}")
        assert status == 200
        return text

    def answers(self) -> bool:
        try:
            return self.ask("/health/alive/")[0] == 200
        except OSError:
            return False

    def post(self, path: str, page: str, **fields: str) -> tuple[int, str]:
        """Send the form of a page."""
        token = re.findall(r'name="csrfmiddlewaretoken" value="(\w+)"', page)[0]
        return self.ask(path, {"csrfmiddlewaretoken": token, **fields})

    def say(self, words: bytes) -> None:
        """Something that need not be a request."""
        with socket.create_connection(("127.0.0.1", int(self.url.rsplit(":")[-1]))) as wire:
            wire.sendall(words)
            wire.recv(1000)


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> House:
    house = House(tmp_path_factory.mktemp("served"), {"DATABASE_URL": ""})
    assert house.manage("collectstatic", "--no-input", "--verbosity", "0").returncode == 0
    return house


@pytest.fixture(scope="module")
def links(house: House) -> list[str]:
    return list(house.drill("furnish")["links"])


@pytest.fixture
def served(house: House, links: list[str]) -> Iterator[Served]:
    running = Served(house, links)
    try:
        until(running.answers, "the web server answers")
        yield running
    finally:
        running.process.kill()
        running.process.wait()


def test_what_is_told_of_a_day(served: Served) -> None:
    """Somebody answers, signs in, guesses, sends what is no request; then the server is told to stop."""
    before = served.metrics()
    served.ask(f"/respond/{served.links[0]}/")
    _, page = served.ask("/respond/review/")
    _, page = served.post("/respond/review/", page, comment=REMARK)
    assert "Thank you" in page
    assert served.metrics() == before  # an answer moves nothing

    for _ in range(12):  # by both processes, each of which counts for itself
        _, page = served.ask("/account/login/")
    served.post("/account/login/", page, login="canary@example.org", password="canary")
    for path in ("/o/canary/teams/canary/", "/canary/", f"/respond/{served.links[0]}/canary/"):
        served.ask(path)
    served.say(f"GET /respond/{served.links[1]}/ HTTP/9.9\r\nUser-Agent: {PROGRAM}\r\n\r\n".encode())
    after = served.metrics()
    served.process.terminate()
    assert served.process.wait(60) == 0

    # twelve times, once with a password, and once sent on from a team's page
    assert counted(after, "account_login") - counted(before, "account_login") == 14
    log = served.log.read_text()
    secrets = [*served.links, *(link.partition("-")[2] for link in served.links), REMARK, LONG_KEY, TOKEN]
    secrets += [DEVICE, "canary", "Canary", "example.org", "Kestrel", "kestrel", "/respond/"]
    assert [word for word in secrets if word in log + after] == []
    lines = [json.loads(line) for line in log.splitlines() if line.startswith("{")]
    assert {line.get("route") for line in lines} >= {"account_login", "unknown", "respond"}
    of_gunicorn = re.compile(r"\[[-\d]+ [:\d]+ \+0000\] \[\d+\] \[INFO\] ")
    assert [
        line for line in log.splitlines() if not line.startswith("{") and not of_gunicorn.match(line)
    ] == []
    assert not any(place.exists() for place in served.figures)


def counted(figures: str, route: str) -> float:
    line = rf'^survey_requests_total{{route="{route}",status="\d+"}} (\S+)$'
    return sum(map(float, re.findall(line, figures, re.MULTILINE)))


# --- What all processes know together ---------------------------------------------------------


def sign_in(served: Served, email: str, password: str, number: int) -> str:
    """The page that follows; each time from another device, so that only the account is counted."""
    served.browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor())
    served.device = f"203.0.113.{number}"
    _, page = served.ask("/account/login/")
    return served.post("/account/login/", page, login=email, password=password)[1]


def test_wrong_passwords_are_counted_by_all_processes_together(served: Served, house: House) -> None:
    """On SQLite, too: each for itself would let whoever guesses try as often again, and a code in twice."""
    make = "from tests import factories; factories.make_user('Robin')"
    assert house.manage("shell", "--command", make).returncode == 0
    robin = "robin@example.org"
    waits = ["Too many" in sign_in(served, robin, "wrong", number) for number in range(14)]

    assert waits == [False] * 5 + [True] * 9
    assert "Too many" in sign_in(served, robin, PASSWORD, 15)
