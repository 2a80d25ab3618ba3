"""How a process of the web server ends connections: beside a real one, and step by step."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future
from contextlib import closing, contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from gunicorn.config import Config
from gunicorn.glogging import Logger

from accelerate_survey import web_process
from accelerate_survey.web_process import WebProcess

ROOT = Path(__file__).parents[1]
LONG = b"x" * 200_000
ASK = b"GET /%b HTTP/1.1\r\nHost: localhost\r\n\r\n"


def app(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    """Answers at length, in a word or late, and never reads what it is sent."""
    answer = LONG if environ["PATH_INFO"] == "/long" else b"short"
    if environ["PATH_INFO"] == "/late":
        time.sleep(0.5)
    start_response("200 OK", [("Content-Length", str(len(answer)))])
    return [answer]


@contextmanager
def server(seconds: int) -> Iterator[tuple[subprocess.Popen[bytes], int]]:
    """One process with two threads, else as gunicorn.conf.py has it, with so long to stop; its port."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        given = (
            f"--bind=fd://{listener.fileno()} --workers=1 --threads=2 --graceful-timeout={seconds}".split()
        )
        process = subprocess.Popen(
            [sys.executable, "-m", "gunicorn", "tests.test_web_process:app", "--log-level=error", *given],
            cwd=ROOT,
            pass_fds=[listener.fileno()],
        )
        port = listener.getsockname()[1]
    try:
        with closing(ask(port, ASK % b"")) as first:
            assert whole(first).endswith(b"short")  # it has started
        yield process, port
    finally:
        process.terminate()
        process.wait(60)


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    with server(1) as (_process, port):
        yield port


def ask(port: int, words: bytes) -> socket.socket:
    connection = socket.create_connection(("127.0.0.1", port), timeout=60)
    connection.sendall(words)
    return connection


def whole(connection: socket.socket) -> bytes:
    """All that is said until the other end says that nothing more comes."""
    return b"".join(iter(lambda: connection.recv(65_536), b""))


def test_who_reads_slowly_keeps_nobody_waiting(port: int) -> None:
    slow = [ask(port, ASK % b"long") for _ in range(20)]  # gunicorn by itself would wait two seconds for each
    try:
        with closing(ask(port, ASK % b"")) as mine:
            mine.settimeout(15)
            assert whole(mine).endswith(b"short")
        assert whole(slow[-1]).endswith(LONG)
    finally:
        for each in slow:
            each.close()


def test_an_answer_arrives_whole_although_nobody_read_what_was_sent(port: int) -> None:
    head = b"POST /long HTTP/1.1\r\nHost: localhost\r\nContent-Length: 300000\r\n\r\n"
    with closing(ask(port, head + b"y" * 300_000)) as mine:
        assert whole(mine).endswith(LONG)


def test_who_waits_when_it_is_told_to_stop_is_still_answered() -> None:
    with server(60) as (process, port):
        waiting = [ask(port, ASK % b"late") for _ in range(10)]
        time.sleep(0.2)  # two of them are being answered
        process.terminate()
        try:
            assert all(whole(each).endswith(b"short") for each in waiting)
        finally:
            for each in waiting:
                each.close()


# --- Step by step -----------------------------------------------------------------------------


@pytest.fixture
def process() -> Iterator[WebProcess]:
    config = Config()
    config.set("threads", 3)
    made = WebProcess(1, os.getpid(), [], None, 30, config, Logger(config))
    made.poller = web_process.selectors.DefaultSelector()
    made.nr_conns = 10
    yield made
    for sock in list(made.leaving):
        made.part_from(sock)
    made.poller.close()
    made.tmp.close()


def finish(process: WebProcess) -> socket.socket:
    """A connection whose last answer was given; its other end."""
    mine, other = socket.socketpair()
    done: Future[bool] = Future()
    done.set_result(False)
    process.finish_request(SimpleNamespace(sock=mine), done)
    other.settimeout(10)
    return other


def step(process: WebProcess) -> None:
    for key, _events in process.poller.select(10):
        key.data(key.fileobj)


def test_it_takes_no_more_than_it_has_threads(process: WebProcess) -> None:
    assert process.worker_connections == 3


def test_it_says_that_nothing_more_comes_and_waits_for_the_same(process: WebProcess) -> None:
    with closing(finish(process)) as other:
        assert other.recv(1) == b""
        assert (process.nr_conns, len(process.leaving)) == (9, 1)
        other.sendall(b"more")
        step(process)  # which is dropped
        assert len(process.leaving) == 1
        other.shutdown(socket.SHUT_WR)
        step(process)
        assert not process.leaving
        assert not process.poller.get_map()


def test_it_does_not_wait_for_ever(process: WebProcess, monkeypatch: pytest.MonkeyPatch) -> None:
    with closing(finish(process)):
        process.murder_pending()
        assert len(process.leaving) == 1
        monkeypatch.setattr(web_process.time, "monotonic", lambda: float("inf"))
        process.murder_pending()
        assert not process.leaving


def test_nor_for_too_many_at_once(process: WebProcess, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(web_process, "MOST", 2)
    others = [finish(process) for _ in range(3)]
    assert len(process.leaving) == 2
    with pytest.raises(BrokenPipeError):  # the first had to go
        others[0].sendall(b"more")
    others[1].sendall(b"more")
    for each in others:
        each.close()


def test_who_has_gone_already_is_not_waited_for(process: WebProcess) -> None:
    mine, other = socket.socketpair()
    other.close()
    mine.close()
    done: Future[bool] = Future()
    done.set_result(False)
    process.finish_request(SimpleNamespace(sock=mine), done)
    assert (process.nr_conns, len(process.leaving)) == (9, 0)
