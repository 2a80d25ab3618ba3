"""The proxy that compose.yaml describes, before a house's web server."""

from __future__ import annotations

import os
import re
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import yaml

from tests.journeys.stage import HOST, ROOT, free_port, until

from .houses import House


@contextmanager
def proxy(home: House) -> Iterator[int]:
    """Caddy, for as long as this lasts; the port on which it takes what is meant for the house."""
    port = free_port()
    place = home.folder / "proxy"
    place.mkdir(exist_ok=True)
    (place / "Caddyfile").write_text(caddyfile(port, home.port))
    with home.log.open("ab") as log:
        process = subprocess.Popen(
            ["caddy", "run", "--config", str(place / "Caddyfile"), "--adapter", "caddyfile"],
            cwd=place, stdout=log, stderr=log,
            env=os.environ | {"HOME": str(place), "XDG_DATA_HOME": "", "XDG_CONFIG_HOME": ""},
        )  # fmt: skip
    try:
        until(lambda: process.poll() is not None or listens(port), "the proxy listens")
        assert process.poll() is None, home.log.read_text()
        yield port
    finally:
        process.terminate()
        process.wait(20)


def caddyfile(port: int, web: int) -> str:
    """What compose.yaml gives the proxy, in the open, on this machine only and with these ports."""
    compose: dict[str, Any] = yaml.safe_load((ROOT / "compose.yaml").read_text())
    text: str = compose["configs"]["proxy"]["content"]
    for there, here in {
        "admin off": f"admin off\n  default_bind {HOST}",
        "http://{$$SITE_NAME}": f"http://{HOST}:{free_port()}",
        "{$$SITE_NAME}": f"http://{HOST}:{port}",
        "web:8000": f"{HOST}:{web}",
    }.items():
        assert there in text, there
        text = text.replace(there, here)
    if version() < (2, 6, 3):
        # Debian's knows the two by one size and the names that they had then
        text = re.sub(r"request_buffers (\S+)", r"buffer_requests\n    max_buffer_size \1", text)
    return text


def version() -> tuple[int, ...]:
    """Caddy's."""
    said = subprocess.run(["caddy", "version"], capture_output=True, text=True, check=True).stdout
    found = re.search(r"(\d+)\.(\d+)\.(\d+)", said)
    assert found, said
    return tuple(map(int, found.groups()))


def listens(port: int) -> bool:
    """Whether anybody does."""
    with socket.socket() as probe:
        return probe.connect_ex((HOST, port)) == 0
