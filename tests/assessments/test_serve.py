"""``manage.py serve``: refuses a taken port, starts everything, and leaves nothing behind."""

import os
import re
import runpy
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from assessments.management.commands import serve
from tests import factories as f
from tests.journeys.stage import free_port

ROOT = Path(__file__).parent.parent.parent
PATIENCE = 180  # seconds, for a machine that is busy with other tests


def environment(data: Path) -> dict[str, str]:
    """That of a person who has just fetched the product, but for where its data go."""
    ours = {"DATA_DIR": str(data), "DJANGO_SETTINGS_MODULE": "accelerate_survey.settings"}
    inherited = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    return inherited | ours


def descendants(pid: int) -> set[int]:
    """The processes that a process has started, and those that they have."""
    listing = subprocess.run(["ps", "-A", "-o", "pid=,ppid="], capture_output=True, text=True, check=True)
    parents = dict(map(int, line.split()) for line in listing.stdout.splitlines())
    found = {child for child, parent in parents.items() if parent == pid}
    return found | {grandchild for child in found for grandchild in descendants(child)}


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


class Server:
    """A running ``manage.py serve``."""

    def __init__(self, data: Path) -> None:
        self.port = free_port()
        self.said = data / "said.txt"
        with self.said.open("wb") as said:
            self.process = subprocess.Popen(
                [sys.executable, "manage.py", "serve", "--port", str(self.port), "--no-demo"],
                cwd=ROOT, env=environment(data), stdout=said, stderr=said, start_new_session=True,
            )  # fmt: skip

    def wait_until(self, words: str) -> None:
        deadline = time.monotonic() + PATIENCE
        while words not in self.said.read_text():
            assert self.process.poll() is None, self.said.read_text()
            assert time.monotonic() < deadline, self.said.read_text()
            time.sleep(0.1)

    def get(self, path: str) -> int:
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=PATIENCE) as answer:
            return int(answer.status)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    running = Server(tmp_path)
    yield running
    for pid in [*descendants(running.process.pid), running.process.pid]:
        if is_alive(pid):
            os.kill(pid, signal.SIGKILL)
    running.process.wait()


def test_it_starts_answers_restarts_its_worker_and_ends_all_it_started(server: Server) -> None:
    server.wait_until("Accelerate Survey runs")
    assert server.get("/account/login/") == 200
    assert f"http://127.0.0.1:{server.port}/mails/" in server.said.read_text()

    log = server.said.parent / "worker.log"
    while not log.read_text():  # its first line names the worker
        time.sleep(0.1)
    children = descendants(server.process.pid)
    assert len(children) >= 3  # the web server, one of its workers or more, the background worker

    worker = next(pid for pid in children if "db_worker" in command_of(pid))
    os.kill(worker, signal.SIGTERM)
    deadline = time.monotonic() + PATIENCE
    while not (
        again := {p for p in descendants(server.process.pid) if "db_worker" in command_of(p)} - {worker}
    ):
        assert time.monotonic() < deadline
        time.sleep(0.1)

    server.process.send_signal(signal.SIGTERM)
    assert server.process.wait(timeout=PATIENCE) == 0
    assert server.said.read_text().endswith("Stopped.\n")
    assert "Traceback" not in server.said.read_text()
    assert not [pid for pid in children | again if is_alive(pid)]


def command_of(pid: int) -> str:
    return subprocess.run(["ps", "-o", "args=", "-p", str(pid)], capture_output=True, text=True).stdout


def test_stopping_while_it_prepares_leaves_no_traceback(server: Server) -> None:
    server.wait_until("Preparing")
    server.process.send_signal(signal.SIGINT)
    assert server.process.wait(timeout=PATIENCE) == 0
    assert "Traceback" not in server.said.read_text()


def test_a_taken_port_is_told_before_anything_is_done(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        sentence = f"Port {port} is taken. Stop what runs there, or use another: make run PORT="
        with pytest.raises(CommandError, match=re.escape(sentence)):
            call_command("serve", port=str(port))


def test_the_sentence_about_the_usual_port_names_the_next_one() -> None:
    assert serve._taken(8000) == (
        "Port 8000 is taken. Stop what runs there, or use another: make run PORT=8001"
    )


@pytest.mark.parametrize("port", ["0", "65536", "http", "", "-1", "٨٠٠٠"])
def test_what_is_no_port_is_refused(port: str) -> None:
    with pytest.raises(CommandError, match="is no port"):
        call_command("serve", port=port)


def of_gunicorn(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What gunicorn.conf.py sets."""
    for name in ("PROMETHEUS_MULTIPROC_DIR", "WEB_THREADS"):
        monkeypatch.setenv(name, "")  # which the file sets, for the web server alone
    return runpy.run_path(str(ROOT / "gunicorn.conf.py"))


def test_the_access_log_stays_off_and_no_control_socket_is_opened(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = of_gunicorn(monkeypatch)
    assert settings["control_socket_disable"] is True
    assert settings["accesslog"] is None
    assert "--access-logfile" not in serve._server_command(8000)


def test_no_connection_is_kept_by_a_process(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = of_gunicorn(monkeypatch)
    assert settings["keepalive"] == 0
    assert settings["worker_class"] == "accelerate_survey.web_process.WebProcess"


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The commands that serve calls."""
    found: list[str] = []
    monkeypatch.setattr(serve, "call_command", lambda name, *args, **options: found.append(name))
    return found


@pytest.mark.django_db
def test_an_empty_database_gets_the_demo(calls: list[str]) -> None:
    serve.Command()._prepare(no_demo=False)
    assert calls == ["migrate", "import_questionnaire", "create_demo", "collectstatic"]


@pytest.mark.django_db
def test_a_database_in_use_does_not(calls: list[str]) -> None:
    f.make_organization("Terrarium")
    serve.Command()._prepare(no_demo=False)
    assert "create_demo" not in calls


@pytest.mark.django_db
def test_nor_one_that_is_to_stay_empty(calls: list[str]) -> None:
    serve.Command()._prepare(no_demo=True)
    assert "create_demo" not in calls
