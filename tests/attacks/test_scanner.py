"""Scanners find nothing in the survey, and would find it if it were there."""

from __future__ import annotations

import sqlite3
import urllib.request
from collections.abc import Iterator
from contextlib import closing
from http.cookiejar import CookieJar
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.attacks import scanner
from tests.journeys.stage import HOST
from tests.receiver import running_receiver

SECONDS = 3
"""How long each crawls; at full length, make attack."""

LINKS = "/says?word=1", "/bird?number=1", "/leads?to=1", "/file?name=1", "/fetches?url=1"


class Weak(BaseHTTPRequestHandler):
    """A little site that does everything wrong."""

    def do_GET(self) -> None:
        """Do as the address says."""
        address = urlsplit(self.path)
        ((value,), *_more) = [*parse_qs(address.query).values(), [""]]
        self.send_response(302 if address.path == "/leads" else 200)
        self.send_header("Content-Type", "text/html")
        self.send_header("Set-Cookie", "visits=1")
        if address.path == "/leads":
            self.send_header("Location", value.splitlines()[0])
        self.end_headers()
        page = getattr(self, f"_{address.path[1:]}", self._start)(value)
        self.wfile.write(f"<html><body>{page}</body></html>".encode())

    def log_message(self, *_: object) -> None:
        """Say nothing."""

    def _start(self, _value: str) -> str:
        return "".join(f'<a href="{link}">one</a>' for link in LINKS)

    def _says(self, value: str) -> str:
        return value

    def _bird(self, value: str) -> str:
        with closing(sqlite3.connect(":memory:")) as database:
            database.executescript("CREATE TABLE birds (number, name); INSERT INTO birds VALUES (1, 'owl');")
            try:
                return str(database.execute(f"SELECT name FROM birds WHERE number = {value}").fetchall())
            except sqlite3.Error as error:
                return f"sqlite3.OperationalError: {error}"

    def _file(self, value: str) -> str:
        return "root:x:0:0:root" if value.endswith("etc/passwd") else "none"

    def _fetches(self, value: str) -> str:
        if value.startswith(f"http://{HOST}:"):
            with urllib.request.urlopen(value) as answer:
                return str(answer.read())
        return "none"


@pytest.fixture
def weak() -> Iterator[str]:
    """The address of a weak site."""
    with ThreadingHTTPServer((HOST, 0), Weak) as server:
        thread = Thread(target=server.serve_forever, args=[0.02])
        thread.start()
        yield f"http://{HOST}:{server.server_address[1]}"
        server.shutdown()
        thread.join()


def test_crawling_finds_nothing() -> None:
    with scanner.site() as target:
        found = scanner.scan_all(target, SECONDS, "--depth=1", "--max-parameters=8")

    told = {role: str(each) for role, each in found.items()}
    assert not any(each.findings for each in found.values()), told
    assert all(each.inside and len(each.asked) > 20 for each in found.values()), told


def test_crawling_finds_what_is_there(weak: str) -> None:
    with running_receiver() as endpoint:
        found = scanner.crawl(f"{weak}/", scanner.Guest(weak), endpoint).findings

    wanted = ["CSP is not set", "X-Frame-Options", "Secure flag", "HttpOnly flag", "XSS", "SQL", "Redirect"]
    wanted += ["local file disclosure", "asked of others"]
    assert [each for each in wanted if not any(each in finding for finding in found)] == [], found


def test_injecting_finds_what_is_there(weak: str) -> None:
    (found,) = scanner.inject(f"{weak}/bird?number=1", CookieJar()).findings
    assert "number (GET)" in found
