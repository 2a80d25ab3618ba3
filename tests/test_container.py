"""The image and what runs in it, as far as that can be seen without an engine for containers."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.core.management import get_commands

ROOT = Path(__file__).parent.parent
DOCKERFILE = (ROOT / "Dockerfile").read_text()
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "compose.yaml").read_text())
OURS = [name for name, service in COMPOSE["services"].items() if service["image"] == "accelerate-survey"]


def instructions() -> list[tuple[str, str]]:
    """What the Dockerfile says, without comments and with its lines put together."""
    text = re.sub(r"^\s*#.*\n", "", DOCKERFILE, flags=re.MULTILINE).replace("\\\n", " ")
    return [
        (word, " ".join(rest.split()))
        for word, _space, rest in (line.partition(" ") for line in text.splitlines() if line.strip())
    ]


def test_packages_are_those_of_the_lock() -> None:
    (installing,) = [rest for word, rest in instructions() if word == "RUN" and "pip install" in rest]

    assert "--require-hashes" in installing
    assert "requirements.lock" in installing


def test_the_process_is_nobody_special() -> None:
    said = instructions()
    last_user = max(place for place, (word, _rest) in enumerate(said) if word == "USER")

    assert said[last_user][1] == "survey"
    assert [word for word, _rest in said[last_user:] if word == "RUN"] == []


def test_the_image_can_tell_how_it_is() -> None:
    (check,) = [rest for word, rest in instructions() if word == "HEALTHCHECK"]

    assert "/health/alive/" in check  # a mail that waits is no reason to keep everybody out


def test_what_is_copied_is_there_and_no_secret_is() -> None:
    ignored = (ROOT / ".dockerignore").read_text().split()

    assert ".*" in ignored  # .env and .git
    assert "var" in ignored
    assert all((ROOT / name).exists() for name in ("requirements.lock", "manage.py", "accelerate_survey"))


@pytest.mark.parametrize("name", OURS)
def test_services_of_ours_have_no_more_rights_than_they_need(name: str) -> None:
    service = COMPOSE["services"][name]

    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert "ports" not in service
    assert "privileged" not in service


def test_only_the_proxy_can_be_reached_from_outside() -> None:
    reached = [name for name, service in COMPOSE["services"].items() if service.get("ports")]

    assert reached == ["proxy"]
    assert COMPOSE["services"]["database"]["networks"] == ["inside"]
    assert COMPOSE["networks"]["inside"]["internal"] is True


def test_commands_that_are_run_exist() -> None:
    text = (ROOT / "compose.yaml").read_text()
    named = set(re.findall(r"manage\.py[\", ]+(\w+)", text))

    assert named
    assert named <= set(get_commands())


def test_variables_of_the_survey_are_known_ones() -> None:
    known = set(re.findall(r"^# ([A-Z_]+)=", (ROOT / ".env.example").read_text(), re.MULTILINE))

    assert set(COMPOSE["x-survey"]["environment"]) <= known


def test_the_secret_stands_in_no_file() -> None:
    for variable in ("SECRET_KEY", "DATABASE_PASSWORD"):
        assert re.search(rf"\$\{{{variable}:\?", (ROOT / "compose.yaml").read_text())


def test_every_volume_and_network_is_declared() -> None:
    services = COMPOSE["services"].values()
    volumes = {each.split(":")[0] for service in services for each in service.get("volumes", [])}
    networks = {each for service in services for each in service.get("networks", [])}

    assert volumes == set(COMPOSE["volumes"])
    assert networks == set(COMPOSE["networks"])


def test_proxies_lead_no_program_from_http_to_https() -> None:
    caddy = COMPOSE["configs"]["proxy"]["content"]
    plain = caddy[caddy.index("http://") : caddy.index("\n{$$SITE_NAME}")]
    nginx = (ROOT / "docs" / "deploy.md").read_text(encoding="utf-8")

    assert re.search(r'handle /api/\* \{\s+respond "[^"]+" 403', plain)
    assert "location /api/ { return 403; }" in nginx
    assert "ssl_protocols TLSv1.2 TLSv1.3;" in nginx
    assert nginx.count("proxy_set_header X-Request-ID $request_id;") == nginx.count("proxy_pass ")
