"""``manage.py serve``: everything that ``make run`` needs, in one process that can be stopped.

It prepares the database, the questionnaires, the demo and the static files, and then watches over
two children: the web server and the background worker. Children have sessions of their own, so
that Ctrl-C reaches only this process, which stops them in order.
"""

import errno
import logging
import os
import signal
import socket
import subprocess
import sys
import time
from argparse import ArgumentParser
from collections.abc import Callable, Sequence
from io import StringIO
from pathlib import Path
from types import FrameType
from typing import IO, Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import OperationalError, connections
from django.urls import reverse
from django.utils import timezone

from assessments import demo
from assessments.emails import mails_are_kept, site_address
from assessments.models import Organization

logger = logging.getLogger(__name__)

HOST = "127.0.0.1"
DEFAULT_PORT = 8000
PARENT = os.getppid()
STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

TASKS_PER_WORKER = 100
"""After so many the worker is started anew: WeasyPrint's memory grows from document to document."""

LOOK_AGAIN = 0.2  # seconds between two looks at the children
CALM_DOWN = 5.0  # seconds to wait before a worker that failed is started again
SECONDS_BETWEEN_RUNS = 60.0
GRACE = 15.0  # seconds that a child has to finish what it is doing


class Command(BaseCommand):
    """Start the survey on this machine."""

    help = "Prepare everything and start the web server and the background worker. Ctrl-C stops both."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Where to listen."""
        parser.add_argument("--port", default=os.environ.get("PORT") or str(DEFAULT_PORT))
        parser.add_argument("--no-demo", action="store_true", help="leave an empty database empty")

    def handle(self, *args: Any, port: str, no_demo: bool, **options: Any) -> None:
        """Prepare, start, watch, stop."""
        address = _port(port)
        _require_free(address)
        _give_address_to_children(address)
        _on_stop(signal.default_int_handler)  # whatever comes ends the preparation like Ctrl-C
        try:
            self._prepare(no_demo=no_demo)
            self._serve(address)
        except KeyboardInterrupt:
            self._say("Stopped.")

    def _say(self, text: str) -> None:
        self.stdout.write(text)
        self.stdout.flush()

    def _prepare(self, *, no_demo: bool) -> None:
        self._say("Preparing the database ...")
        try:
            call_command("migrate", interactive=False, verbosity=0)
        except OperationalError as error:
            raise CommandError(f"The database cannot be opened: {error}.") from error
        for path in sorted((Path(settings.BASE_DIR) / "fixtures" / "questionnaires").glob("*.yaml")):
            call_command("import_questionnaire", str(path), stdout=StringIO())
        if not no_demo and not Organization.objects.exists():
            self._say("Inventing a demo ...")
            call_command("create_demo", stdout=StringIO())  # what it says is said below, at every start
        call_command("collectstatic", interactive=False, verbosity=0)

    def _serve(self, port: int) -> None:
        welcome = _welcome()
        connections.close_all()  # the children have their own
        with _log_path().open("w", encoding="utf-8") as log:
            watch = _Watch(port, log)
            watch.start()
            if watch.wait_until_up():
                self._say(welcome)
            watch.run_until_stopped()
        if watch.failed:
            raise CommandError("The web server has stopped by itself; what it said stands above.")
        self._say("Stopped.")


class _Watch:
    """The two children, and how they are kept and ended."""

    def __init__(self, port: int, log: IO[str]) -> None:
        self.port = port
        self.log = log
        self.stopping = False
        self.impatient = False
        self.failed = False
        self.next_run = 0.0  # of the schedule, by time.monotonic
        self.worker_due = 0.0  # when a worker that has ended may be started again, by time.monotonic

    def start(self) -> None:
        """Start both. From now on a signal is noted rather than raised, so that no child gets lost."""
        _on_stop(self._note)
        self.server = self._spawn(_server_command(self.port))
        self.worker = self._spawn(_worker_command(), self.log)

    def _note(self, *_: object) -> None:
        self.impatient = self.stopping  # the second time
        self.stopping = True

    def _spawn(self, command: Sequence[str], log: IO[str] | None = None) -> subprocess.Popen[bytes]:
        return subprocess.Popen(  # noqa: S603  commands of our own
            command,
            cwd=settings.BASE_DIR,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )

    def wait_until_up(self) -> bool:
        """Whether the web server has begun to listen, rather than ended or been told to."""
        while not self.stopping and self.server.poll() is None:
            if _answers(self.port):
                return True
            time.sleep(LOOK_AGAIN)
        return False

    def run_until_stopped(self) -> None:
        """Watch over both until a signal comes or the web server ends."""
        try:
            while not (self.stopping or _make_is_gone()):
                if self.server.poll() is not None:
                    self.failed = self.stopping = True
                self._keep_worker()
                self._run_schedule()
                time.sleep(LOOK_AGAIN)
        finally:
            self._stop()

    def _run_schedule(self) -> None:
        """Once a minute do what is due; what fails is in the log and is tried again."""
        if time.monotonic() < self.next_run:
            return
        self.next_run = time.monotonic() + SECONDS_BETWEEN_RUNS
        try:
            call_command("run_schedule", stdout=self.log)
        except Exception:  # a database that is busy or full must not end the server
            logger.exception("The schedule could not be run")
        connections.close_all()

    def _keep_worker(self) -> None:
        """Start the worker again when it has done its number of tasks, or failed some time ago."""
        code = self.worker.poll()
        if code is None:
            return
        if not self.worker_due:
            self.worker_due = time.monotonic() + (CALM_DOWN if code else 0)
        if time.monotonic() >= self.worker_due:
            self.worker_due = 0.0
            self.worker = self._spawn(_worker_command(), self.log)

    def _stop(self) -> None:
        """Ask both to finish; end what takes too long, or at once at a second Ctrl-C."""
        children = (self.server, self.worker)
        for child in children:
            child.terminate()
        deadline = time.monotonic() + GRACE
        while any(child.poll() is None for child in children):
            if self.impatient or time.monotonic() > deadline:
                for child in children:
                    _kill(child)
            time.sleep(LOOK_AGAIN / 4)


def _on_stop(handler: Callable[[int, FrameType | None], Any]) -> None:
    for number in STOP_SIGNALS:
        # under nohup, a closed terminal is to be ignored
        if number != signal.SIGHUP or signal.getsignal(number) != signal.SIG_IGN:
            signal.signal(number, handler)


def _make_is_gone() -> bool:
    """Whether the ``make`` that started this was ended: it ends its shell, but not the shell's children."""
    return "MAKELEVEL" in os.environ and os.getppid() != PARENT


def _kill(child: subprocess.Popen[bytes]) -> None:
    """End a child with everything that it has started."""
    if child.poll() is None:
        os.killpg(child.pid, signal.SIGKILL)


def _port(text: str) -> int:
    if not (text.isascii() and text.isdigit() and 0 < int(text) < 65536):
        raise CommandError(f"{text!r} is no port. Give a number from 1 to 65535: make run PORT=8001")
    return int(text)


def _answers(port: int) -> bool:
    with socket.socket() as caller:
        return caller.connect_ex((HOST, port)) == 0


def _require_free(port: int) -> None:
    """Refuse a port on which something answers, or which this user may not take."""
    if _answers(port):
        raise CommandError(_taken(port))
    with socket.socket() as attempt:
        attempt.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as gunicorn does
        try:
            attempt.bind((HOST, port))
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                raise CommandError(_taken(port)) from error
            raise CommandError(
                f"Port {port} cannot be used: {error.strerror}. Try: make run PORT=8001"
            ) from error


def _taken(port: int) -> str:
    other = DEFAULT_PORT + 1 if port == DEFAULT_PORT else port + 1
    return f"Port {port} is taken. Stop what runs there, or use another: make run PORT={min(other, 65535)}"


def _give_address_to_children(port: int) -> None:
    """Start anew with the right SITE_URL where a port was chosen and no address was given.

    Settings are read once, when a process starts, and links, cookies and the check of where a
    form comes from all depend on this one. So it is put where settings come from.
    """
    if port != DEFAULT_PORT and not os.environ.get("SITE_URL"):
        os.environ["SITE_URL"] = f"http://{HOST}:{port}"
        sys.stdout.flush()
        os.execv(sys.executable, [sys.executable, *sys.orig_argv[1:]])  # noqa: S606  this very command


def _server_command(port: int) -> list[str]:
    return [
        *[sys.executable, "-m", "gunicorn", "accelerate_survey.wsgi"],
        *["--bind", f"{HOST}:{port}", "--log-level", "warning", "--graceful-timeout", "5"],
    ]


def _worker_command() -> list[str]:
    manage = str(Path(settings.BASE_DIR) / "manage.py")
    options = ["--interval", "1", "--no-startup-delay", "--no-reload", "--max-tasks", str(TASKS_PER_WORKER)]
    return [sys.executable, manage, "db_worker", *options]


def _log_path() -> Path:
    """Where the worker tells what it does: two lines a mail are too many for the terminal."""
    return Path(settings.DATA_DIR) / "worker.log"


def _welcome() -> str:
    """What to tell when everything runs."""
    paragraphs = [
        f"Accelerate Survey runs at {site_address('/')}",
        demo.introduction(timezone.now()),
        f"What the background worker does stands in {_log_path()}. Ctrl-C stops everything.",
    ]
    if mails_are_kept():
        paragraphs.insert(
            2, f"Mails are kept as files; administrators read them at {site_address(reverse('mails'))}"
        )
    return "\n\n".join(paragraph for paragraph in paragraphs if paragraph)
