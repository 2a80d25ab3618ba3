"""A PostgreSQL server of our own, in a temporary folder and reachable from nowhere else."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

FOLDERS = ("usr/lib/postgresql/*/bin", "*/homebrew/opt/postgresql*/bin")
"""Where packages put the server's programs when they are not on the PATH."""


def _program(name: str) -> str:
    if found := shutil.which(name):
        return found
    everywhere = (path for folder in FOLDERS for path in Path("/").glob(f"{folder}/{name}"))
    return str(max(everywhere, key=lambda path: path.stat().st_mtime))


def _unprivileged() -> dict[str, str | list[str]]:
    """How to start a program that refuses to run as root: the server's own user comes with its package."""
    return {} if os.geteuid() else {"user": "postgres", "group": "postgres", "extra_groups": []}


@contextmanager
def postgresql() -> Iterator[dict[str, str]]:
    """A running server, as the environment that leads Django to it."""
    home = Path(tempfile.mkdtemp(prefix="attack-", dir="/tmp"))  # the path of a socket must be short
    who = _unprivileged()
    if who:
        shutil.chown(home, "postgres", "postgres")

    def run(program: str, *arguments: str) -> None:
        subprocess.run(
            [_program(program), "-D", str(home / "data"), *arguments],
            check=True, cwd=home, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **who,
        )  # fmt: skip

    run("initdb", "-U", "postgres", "--auth=trust", "--encoding=UTF8", "--locale=C", "--no-sync")
    try:
        options = f"-c listen_addresses='' -c unix_socket_directories={home} -c fsync=off"
        run("pg_ctl", "-w", "-l", str(home / "log"), "-o", options, "start")
        try:
            yield {"DATABASE_URL": f"postgres:///{home}/postgres", "PGUSER": "postgres"}
        finally:
            run("pg_ctl", "-w", "-m", "immediate", "stop")
    finally:
        shutil.rmtree(home)
