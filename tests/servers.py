"""A PostgreSQL server of our own, in a temporary folder and reachable from nowhere else.

``python -m tests.servers pytest …`` runs the tests on one: what it starts finds it as TEST_DATABASE_URL, and
whatever needs a database of its own takes ``new_database()``, which is SQLite where there is no such server.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg

FOLDERS = ("usr/lib/postgresql/*/bin", "*/homebrew/opt/postgresql*/bin")
"""Where packages put the server's programs when they are not on the PATH."""

SERVER = "TEST_DATABASE_URL"
"""The variable that names the server on which the tests run."""


def program(name: str) -> str:
    """One of PostgreSQL's own, wherever it is."""
    if found := shutil.which(name):
        return found
    everywhere = (path for folder in FOLDERS for path in Path("/").glob(f"{folder}/{name}"))
    return str(max(everywhere, key=lambda path: path.stat().st_mtime))


def unprivileged() -> dict[str, str | list[str]]:
    """How to start a program that refuses to run as root: the server's own user comes with its package."""
    return {} if os.geteuid() else {"user": "postgres", "group": "postgres", "extra_groups": []}


@contextmanager
def postgresql() -> Iterator[dict[str, str]]:
    """A running server, as the environment that leads Django to it."""
    home = Path(tempfile.mkdtemp(prefix="survey-", dir="/tmp"))  # the path of a socket must be short
    who = unprivileged()
    if who:
        shutil.chown(home, "postgres", "postgres")

    def run(name: str, *arguments: str) -> None:
        subprocess.run(
            [program(name), "-D", str(home / "data"), *arguments],
            check=True, cwd=home, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **who,
        )  # fmt: skip

    # sorted and compared as people do, like most servers out there and unlike SQLite
    people = ["--locale=C", "--locale-provider=icu", "--icu-locale=en-US"]
    run("initdb", "-U", "postgres", "--auth=trust", "--encoding=UTF8", *people, "--no-sync")
    try:
        options = (
            f"-c listen_addresses='' -c unix_socket_directories={home} -c fsync=off -c max_connections=200"
        )
        run("pg_ctl", "-w", "-l", str(home / "log"), "-o", options, "start")
        try:
            yield {"DATABASE_URL": f"postgres:///{home}/postgres", "PGUSER": "postgres"}
        finally:
            run("pg_ctl", "-w", "-m", "immediate", "stop")
    finally:
        shutil.rmtree(home)


def another_database(server: dict[str, str]) -> dict[str, str]:
    """An empty database on a server of ours, as the environment that leads Django to it."""
    address, _, there = server["DATABASE_URL"].rpartition("/")
    name = f"survey_{uuid.uuid4().hex}"
    where = {"host": address.removeprefix("postgres://"), "user": server["PGUSER"], "dbname": there}
    with psycopg.connect(**where, autocommit=True) as admin:
        admin.execute(f"CREATE DATABASE {name}")
    return server | {"DATABASE_URL": f"{address}/{name}"}


def new_database() -> dict[str, str]:
    """An empty database on the engine on which the tests run: the environment that leads Django to it."""
    if SERVER not in os.environ:
        return {"DATABASE_URL": ""}
    return another_database({"DATABASE_URL": os.environ[SERVER], "PGUSER": os.environ["PGUSER"]})


if __name__ == "__main__":
    with postgresql() as environment:
        inner = os.environ | environment | {SERVER: environment["DATABASE_URL"]}
        sys.exit(subprocess.run([sys.executable, "-m", *sys.argv[1:]], env=inner, check=False).returncode)
