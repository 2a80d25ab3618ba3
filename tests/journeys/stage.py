"""The product as it runs in real use: a web server, a worker and a mail server, each for itself.

Web server and worker are processes with a database, a key and static files of their own in a
temporary folder. The mail server is a thread here that keeps what it gets.
"""

from __future__ import annotations

import contextlib
import email
import email.policy
import json
import logging
import os
import random
import re
import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from email.message import EmailMessage
from pathlib import Path
from typing import Any, TypeVar

from aiosmtpd.controller import Controller

from tests.provider import CLIENT, running_provider
from tests.servers import new_database

ROOT = Path(__file__).resolve().parent.parent.parent
HOST = "127.0.0.1"
logging.getLogger("mail.log").setLevel(logging.WARNING)  # aiosmtpd tells every word it hears
PATIENCE = 120
"""Seconds after which something is taken for broken; nothing here usually takes three."""


HERE, WITH_PROVIDER, PROVIDER_ONLY = "here", "with provider", "provider only"
"""Installations: as it comes, with single sign-on for some and second factors for all, without passwords."""

SETTINGS = {WITH_PROVIDER: {"REQUIRE_SECOND_FACTOR": "everybody"}, PROVIDER_ONLY: {"SSO_ONLY": "true"}}


T = TypeVar("T")


def until(reached: Callable[[], T], what: str, seconds: float = PATIENCE) -> T:
    """What ``reached`` returns once that is true; it is asked again until the time is over."""
    end = time.monotonic() + seconds
    pause = threading.Event()
    while not (found := reached()):
        assert time.monotonic() < end, f"{what}: not within {seconds} seconds"
        pause.wait(0.05)
    return found


class Mailbox:
    """What the mail server got, for aiosmtpd to hand it over."""

    def __init__(self) -> None:
        self.mails: list[EmailMessage] = []
        self.arrived = threading.Condition()

    async def handle_DATA(self, server: object, session: object, envelope: Any) -> str:
        """Keep a mail."""
        mail = email.message_from_bytes(envelope.original_content, policy=email.policy.default)
        with self.arrived:
            self.mails.append(mail)
            self.arrived.notify_all()
        return "250 OK"

    def wait_for(self, number: int, *, subject: str, to: str = "") -> list[EmailMessage]:
        """The mails with these words in their subject, as soon as there are so many."""

        def found() -> list[EmailMessage]:
            return [mail for mail in self.mails if subject in mail["Subject"] and to in mail["To"]]

        with self.arrived:
            enough = self.arrived.wait_for(lambda: len(found()) >= number, PATIENCE)
            assert enough, f"{len(found())} of {number} mails with the subject {subject!r} {to}"
            return found()


@dataclass
class Stage:
    """The running product."""

    url: str
    folder: Path
    environment: dict[str, str]
    mailbox: Mailbox
    processes: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def start(self, *command: str, **options: Any) -> subprocess.Popen[bytes]:
        """Start a program of the virtual environment; what it says goes into the log."""
        with (self.folder / "log").open("ab") as log:
            process = subprocess.Popen(
                [sys.executable, *command], cwd=ROOT, env=self.environment, stdout=log, stderr=log, **options
            )
        self.processes.append(process)
        return process

    def manage(self, *arguments: str) -> str:
        """Run a command of manage.py; what it prints."""
        done = subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=ROOT, env=self.environment, capture_output=True, text=True, check=False, timeout=PATIENCE,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        return done.stdout

    def set_scene(self, name: str) -> Any:
        """People, teams and rounds, made by a function of scenes.py in a process of its own."""
        words = f"from tests.journeys import scenes; scenes.tell(scenes.{name})"
        return json.loads(self.manage("shell", "--no-imports", "-c", words))

    def set_up_otherwise(self, **variables: str) -> Stage:
        """The same people and rounds on another web server with other settings, which ends with this one."""
        listener, url = _listen()
        with listener:
            other = replace(self, url=url, environment=self.environment | {"SITE_URL": url} | variables)
            other.serve(listener)
        return other

    def serve(self, listener: socket.socket) -> None:
        """Start the web server; it answers."""
        self.start(
            "-m", "gunicorn", "accelerate_survey.wsgi", f"--bind=fd://{listener.fileno()}", "--workers=2",
            "--threads=4", "--preload", "--graceful-timeout=2", "--no-control-socket",
            pass_fds=[listener.fileno()],
        )  # fmt: skip
        listener.close()  # the web server has it now, and answers as soon as it can
        until(self.answers, "the web server answers")

    def log(self) -> str:
        """What all programs have said."""
        return (self.folder / "log").read_text(encoding="utf-8", errors="replace")

    def answers(self) -> bool:
        """Whether the web server does."""
        dead = [process for process in self.processes if process.poll() is not None]
        assert not dead, self.log()
        try:
            with urllib.request.urlopen(f"{self.url}/account/login/", timeout=PATIENCE) as response:
                return bool(response.status == 200)
        except urllib.error.URLError:
            return False

    def end(self) -> None:
        """End all programs, kindly first."""
        for process in self.processes:
            process.terminate()
        for process in self.processes:
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def free_port() -> int:
    """One that nobody listens on, below those that the system gives to whoever calls somewhere.

    One of those may be given to a caller of the very server that is to listen there and is down just now,
    who then talks to himself.
    """
    for port in random.SystemRandom().sample(range(20_000, 32_000), 100):
        with contextlib.suppress(OSError), socket.create_server((HOST, port)):
            return port
    raise AssertionError("no port is free")


@contextlib.contextmanager
def mail_server(mailbox: Mailbox | None = None, port: int = 0) -> Iterator[tuple[Mailbox, int]]:
    """A mail server that sends nothing on, and its port."""
    mailbox, port = mailbox or Mailbox(), port or free_port()
    controller = Controller(mailbox, hostname=HOST, port=port)
    controller.start()
    try:
        yield mailbox, port
    finally:
        controller.stop()


def _listen() -> tuple[socket.socket, str]:
    """A port, handed on to the web server so that nobody can take it, and its address."""
    listener = socket.create_server((HOST, 0))
    return listener, f"http://{HOST}:{listener.getsockname()[1]}"


def _environment(folder: Path, url: str, mail_port: int, settings: str) -> dict[str, str]:
    ours = {
        "DJANGO_SETTINGS_MODULE": settings,
        "DATA_DIR": str(folder),
        "STORAGE_URL": "",
        "SECRET_KEY": secrets.token_urlsafe(40),
        "SITE_URL": url,
        "EMAIL_URL": f"smtp://{HOST}:{mail_port}",
        "DEFAULT_FROM_EMAIL": "",
        "TIME_ZONE": "",
        "WEBHOOKS_INSIDE": "true",
        "DEBUG": "",
        "PYTHONWARNINGS": "",
    }
    return os.environ | new_database() | ours


@contextlib.contextmanager
def running_stage(settings: str = "accelerate_survey.settings") -> Iterator[Stage]:
    """The product with an empty database and the questionnaire that it ships."""
    folder = Path(tempfile.mkdtemp(prefix="accelerate-journey-"))
    listener, url = _listen()
    with mail_server() as (mailbox, mail_port):
        stage = Stage(url, folder, _environment(folder, url, mail_port, settings), mailbox)
        try:
            stage.set_scene("empty_stage")
            stage.start("manage.py", "db_worker", "--no-startup-delay", "--interval=0.2")
            stage.serve(listener)
            yield stage
        finally:
            listener.close()
            stage.end()
            shutil.rmtree(folder, ignore_errors=True)


@contextlib.contextmanager
def all_installations(stage: Stage) -> Iterator[dict[str, Stage]]:
    """The stage and, beside it, the two that ask an identity provider."""
    with running_provider() as provider:
        single_sign_on = {
            "OIDC_SERVER": provider.url,
            "OIDC_CLIENT_ID": CLIENT,
            "OIDC_CLIENT_SECRET": "hush",
            "OIDC_NAME": "Meadow account",
        }
        others = {name: stage.set_up_otherwise(**single_sign_on, **more) for name, more in SETTINGS.items()}
        yield {HERE: stage, **others}


class Visitor:
    """Somebody with a very plain browser: it follows links, keeps cookies and posts forms."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self.browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor())
        self.html = ""

    def get(self, address: str) -> str:
        """Open a page; where it led to. What it says is then in ``html``."""
        return self._open(urllib.request.Request(self._full(address)))

    def post(self, address: str, fields: dict[str, Any]) -> str:
        """Post the form on the page; where it led to."""
        found = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', self.html)
        assert found, f"no form on the page before {address}"
        body = urllib.parse.urlencode({"csrfmiddlewaretoken": found[1], **fields}, doseq=True)
        return self._open(urllib.request.Request(self._full(address), data=body.encode()))

    def _full(self, address: str) -> str:
        return address if address.startswith("http") else f"{self.stage.url}{address}"

    def _open(self, request: urllib.request.Request) -> str:
        with self.browser.open(request, timeout=PATIENCE) as response:
            self.html = response.read().decode()
            return str(urllib.parse.urlsplit(response.url).path)

    def sign_in(self, email: str, password: str) -> None:
        """As somebody with an account."""
        self.get("/account/login/")
        assert self.post("/account/login/", {"login": email, "password": password}) != "/account/login/"

    def answer(self, link: str, answers: Mapping[str, Any]) -> None:
        """The whole questionnaire, page by page, up to the page that says thank you."""
        self.get(link)
        self.get("/respond/1/")
        place, number = "/respond/1/", 0
        while place != "/respond/review/":
            number += 1
            assert place == f"/respond/{number}/"
            asked = set(re.findall(r'type="radio" name="(\w+)"', self.html))
            given = {key: answers[key] for key in asked if answers.get(key) is not None}
            place = self.post(place, {"go": "next", **given})
        last = {key: answers[key] for key in ("hindrances", "comment") if key in answers}
        assert self.post(place, last) == "/respond/thanks/"
