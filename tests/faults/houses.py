"""Installations of their own in which a fault is made, and people who go on saving meanwhile."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import environ
from django.db import connections
from django.db.utils import load_backend

from tests.journeys.stage import HOST, ROOT, free_port, until

APPLICATION = "accelerate_survey.wsgi"
KEY = "0123456789-abcdefghijklmnopqrstuvwxyz-0123456789-abcdefghijk"


@contextmanager
def on_database(url: str, blocker: Any, **fields: str) -> Iterator[None]:
    """This process with another database than usual."""
    usual = connections["default"]
    settings = {**usual.settings_dict, "OPTIONS": {}, "CONN_MAX_AGE": 0}
    settings |= environ.Env.db_url_config(url) | fields
    connections["default"] = load_backend(settings["ENGINE"]).DatabaseWrapper(settings, "default")
    try:
        with blocker.unblock():
            yield
    finally:
        connections["default"].close()
        connections["default"] = usual


@dataclass
class House:
    """Web server and worker, which can be killed and started anew."""

    folder: Path
    variables: dict[str, str]
    port: int = field(default_factory=free_port)
    running: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)
    application: str = APPLICATION

    @property
    def environment(self) -> dict[str, str]:
        ours = {"DATA_DIR": str(self.folder), "SECRET_KEY": KEY, "EMAIL_URL": "", "DEBUG": ""}
        ours |= {"SITE_URL": f"http://{HOST}:{self.port}", "DATABASE_URL": "", "WEB_CONCURRENCY": "2"}
        ours |= {"DJANGO_SETTINGS_MODULE": "accelerate_survey.settings", "PYTHONWARNINGS": ""}
        return os.environ | ours | self.variables

    def scene(self, *what: str) -> Any:
        """What a function of scene.py tells."""
        done = self.run("-m", "tests.faults.scene", *what)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout.splitlines()[-1])

    def run(self, *command: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, *command],
            cwd=ROOT, env=self.environment, capture_output=True, text=True, check=False, timeout=300,
        )  # fmt: skip

    def start(self, name: str) -> None:
        """``"web"`` or ``"worker"``, in a session of its own, so that all of it can be killed at once."""
        command = {
            "web": ["-m", "gunicorn", self.application, f"--bind={HOST}:{self.port}"],
            "worker": ["manage.py", "db_worker", "--no-startup-delay", "--interval=0.2"],
        }[name]
        with self.log.open("ab") as log:
            self.running[name] = subprocess.Popen(
                [sys.executable, *command], cwd=ROOT, env=self.environment,
                stdout=log, stderr=log, start_new_session=True,
            )  # fmt: skip

    @property
    def log(self) -> Path:
        return self.folder / "log"

    def answers(self) -> bool:
        """Whether the web server does."""
        try:
            with urllib.request.urlopen(f"http://{HOST}:{self.port}/health/alive/", timeout=60):
                return True
        except OSError:
            return False

    def kill(self, name: str) -> None:
        """As a power cut does: all of its processes at once."""
        process = self.running.pop(name)
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()

    def kill_web_worker(self) -> None:
        """One of the web server's processes, as the kernel does when memory is short."""
        master = self.running["web"].pid
        children = Path(f"/proc/{master}/task/{master}/children").read_text().split()
        if children:
            os.kill(int(children[0]), signal.SIGKILL)

    def end(self) -> None:
        for name in list(self.running):
            self.kill(name)


@contextmanager
def house(variables: dict[str, str] | None = None, folder: Path | None = None) -> Iterator[House]:
    """A new one, on SQLite unless the variables say otherwise."""
    with tempfile.TemporaryDirectory(prefix="fault-", ignore_cleanup_errors=True) as place:
        built = House(folder or Path(place), variables or {})
        try:
            yield built
        finally:
            built.end()


class _StayHere(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: Any) -> None:
        return None


class Person:
    """Saves the first page again and again, with another number in it each time, until that is stored.

    The number's digits stand in the page's answers, all of them, so a page that is half of one save and
    half of another holds none.
    """

    def __init__(self, home: House, link: str) -> None:
        self.home, self.link = home, link
        cookies = urllib.request.HTTPCookieProcessor()
        self.browser = urllib.request.build_opener(cookies, _StayHere)
        self.ask(f"/respond/{link}/")
        page = self.ask("/respond/1/")[1]
        (self.form, *_) = re.findall(r'name="csrfmiddlewaretoken" value="(\w+)"', page)
        self.keys = sorted(set(re.findall(r'type="radio" name="(\w+)"', page)))
        self.acknowledged = self.tried = 0
        self.sent = False
        self.failures: Counter[str] = Counter()
        self.pages: dict[int, str] = {}

    def ask(self, path: str, fields: dict[str, Any] | None = None) -> tuple[int, str]:
        data = urllib.parse.urlencode(fields).encode() if fields is not None else None
        request = urllib.request.Request(f"http://{HOST}:{self.home.port}{path}", data=data)
        try:
            with self.browser.open(request, timeout=60) as response:
                return response.status, response.read().decode()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.read().decode()

    def post(self, path: str, fields: dict[str, Any]) -> bool:
        """Whether it was acknowledged; what went wrong otherwise is counted."""
        try:
            status, page = self.ask(path, {"csrfmiddlewaretoken": self.form, **fields})
        except OSError:
            self.failures["no answer"] += 1
            return False
        if status != 303:
            self.failures[str(status)] += 1
            self.pages[status] = page
        return status == 303

    def save(self, number: int) -> None:
        self.tried = number
        self.until_stored("/respond/1/", {"go": "next"} | self.written(number))
        self.acknowledged = number

    def send(self) -> None:
        self.until_stored("/respond/review/", {})
        self.sent = True

    def until_stored(self, path: str, fields: dict[str, Any]) -> None:
        until(lambda: self.post(path, fields), "an answer is stored")

    def written(self, number: int) -> dict[str, int]:
        digits = [number // 7**place % 7 + 1 for place in range(6)]
        return {key: digits[place % 6] for place, key in enumerate(self.keys)}

    def judge(self, stored: dict[str, Any]) -> str:
        """``"whole"``, ``"lost"`` or ``"half"``."""
        answers = {key: stored["answers"].get(key) for key in self.keys}
        if answers == self.written(self.acknowledged) and stored["complete"] >= self.sent:
            return "whole"
        known = [answers == self.written(number) for number in range(self.tried + 1)]
        return "lost" if any(known) else "half"


@dataclass
class Crowd:
    """People who save at the same time."""

    persons: list[Person]
    saves: int
    seconds: float = 0.0

    @property
    def acknowledged(self) -> int:
        return sum(person.acknowledged for person in self.persons)

    def go(self, faults: list[Callable[[], None]]) -> None:
        """All save, and evenly over their time a fault is made and then the next; at last they send."""
        total, began = self.saves * len(self.persons), time.perf_counter()
        ended = threading.Event()

        def make_faults() -> None:
            for place, fault in enumerate(faults, start=1):
                due = total * place // (len(faults) + 1)
                until(lambda due=due: self.acknowledged >= due or ended.is_set(), "people save", 600)
                if ended.is_set():
                    return
                fault()

        def answer(person: Person) -> None:
            for number in range(1, self.saves + 1):
                person.save(number)
            person.send()

        with ThreadPoolExecutor(len(self.persons) + 1) as pool:
            faulty = pool.submit(make_faults)
            try:
                list(pool.map(answer, self.persons))
            finally:
                ended.set()
            faulty.result()
        self.seconds = time.perf_counter() - began

    def figures(self, home: House) -> dict[str, Any]:
        """What became of all that was acknowledged."""
        told = home.scene("tell", *(person.link for person in self.persons))
        judged = Counter(person.judge(told["stored"][person.link]) for person in self.persons)
        failures = sum((person.failures for person in self.persons), Counter())
        return {
            "acknowledged": self.acknowledged + len(self.persons),
            "lost": judged["lost"],
            "half": judged["half"],
            "errors": dict(failures),
            "seconds": round(self.seconds),
            "sound": told["sound"],
            "mails": told["mails"],
        }


def crowd(home: House, links: list[str], saves: int) -> Crowd:
    return Crowd([Person(home, link) for link in links], saves)
