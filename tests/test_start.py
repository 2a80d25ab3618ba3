"""What makes no sense in the environment is refused at the start, in one sentence that shows no password."""

from __future__ import annotations

import os
import runpy
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured

from accelerate_survey.start import CANNOT_START

ROOT = Path(__file__).parent.parent
LONG_KEY = "0123456789-abcdefghijklmnopqrstuvwxyz-0123456789-abcdefghijk"
PUBLIC = "https://survey.example.org"


@pytest.fixture
def start(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Any:
    """``start(TIME_ZONE="Mars")``: the settings of a new installation with these variables."""
    for name in (
        "DATABASE_URL",
        "EMAIL_URL",
        "SITE_URL",
        "SECRET_KEY",
        "TIME_ZONE",
        "LOG_FORMAT",
        "WEB_THREADS",
    ):
        monkeypatch.setenv(name, "")
    monkeypatch.setenv("DATA_DIR", str(tmp_path / "data"))

    def settings(**variables: str) -> dict[str, Any]:
        for name, value in variables.items():
            monkeypatch.setenv(name, value)
        return runpy.run_path(str(ROOT / "accelerate_survey" / "settings.py"))

    return settings


OIDC = {"OIDC_SERVER": "https://login.example.org", "OIDC_CLIENT_ID": "survey", "OIDC_CLIENT_SECRET": "hush"}
REFUSED = [
    ({"SITE_URL": "survey.example.org"}, "SITE_URL"),
    ({"SITE_URL": PUBLIC, "SECRET_KEY": "short"}, "SECRET_KEY"),
    ({"DATABASE_URL": "mysql://survey:hush@localhost/survey"}, "DATABASE_URL"),
    ({"DATABASE_URL": "postgres://survey:hush/hush@localhost/survey"}, "DATABASE_URL"),
    ({"DATABASE_URL": "hush"}, "DATABASE_URL"),
    ({"EMAIL_URL": "smtp+starttls://survey:hush@localhost"}, "EMAIL_URL"),
    ({"EMAIL_URL": "smtp://survey:hush#hush@localhost"}, "EMAIL_URL"),
    ({"TIME_ZONE": "Mars"}, "TIME_ZONE"),
    ({"TIME_ZONE": "Europe"}, "TIME_ZONE"),
    ({"TIME_ZONE": "../etc/passwd"}, "TIME_ZONE"),
    ({"TRUSTED_PROXIES": "one"}, "TRUSTED_PROXIES"),
    ({"TRUSTED_PROXIES": "-1"}, "TRUSTED_PROXIES"),
    ({"DEBUG": "maybe"}, "DEBUG"),
    ({"LOG_FORMAT": "xml"}, "LOG_FORMAT"),
    ({"METRICS_TOKEN": "hush"}, "METRICS_TOKEN"),
    ({"SENTRY_DSN": "hush"}, "SENTRY_DSN"),
    ({"STORAGE_URL": "hush"}, "STORAGE_URL"),
    ({"STORAGE_URL": "gs://key:hush@storage.example.org/reports"}, "STORAGE_URL"),
    ({"STORAGE_URL": "s3://key:hush@storage.example.org"}, "STORAGE_URL"),
    ({"STORAGE_URL": "s3://key:hush@storage.example.org/reports/hush"}, "STORAGE_URL"),
    ({"STORAGE_URL": "s3://key@storage.example.org/reports"}, "STORAGE_URL"),
    ({"STORAGE_URL": "s3://key:hush@/reports"}, "STORAGE_URL"),
    ({"STORAGE_URL": "s3://key:hu/sh@storage.example.org/reports"}, "STORAGE_URL"),
    ({"STORAGE_URL": "s3://key:hush@storage.example.org:x/reports"}, "STORAGE_URL"),
    ({"STORAGE_URL": "s3://key:hush@storage.example.org/reports?acl=public-read"}, "STORAGE_URL"),
    ({"STORAGE_URL": "s3://key:hush@storage.example.org/reports?tls=maybe"}, "STORAGE_URL"),
    ({"STORAGE_URL": "s3://key:hush@storage.example.org/reports#hush"}, "STORAGE_URL"),
    ({"WEB_THREADS": "many"}, "WEB_THREADS"),
    ({"WEB_THREADS": "0"}, "WEB_THREADS"),
    ({"OIDC_SERVER": "login.example.org"}, "OIDC_SERVER"),
    ({"OIDC_SERVER": "http://login.example.org"}, "OIDC_SERVER"),
    ({"OIDC_SERVER": "https://login.example.org"}, "OIDC_SERVER, OIDC_CLIENT_ID and OIDC_CLIENT_SECRET"),
    ({"SAML_METADATA_URL": "ftp://login.example.org"}, "SAML_METADATA_URL"),
    ({"SAML_METADATA_URL": "https://login.example.org"}, "SSO_DOMAINS"),
    ({"SSO_ROLES": "acme:coach=coaches"}, "SSO_ROLES"),
    (OIDC | {"SSO_ROLES": "acme:owner=owners"}, "SSO_ROLES"),
    (OIDC | {"SSO_ROLES": "coaches"}, "SSO_ROLES"),
    ({"SSO_ONLY": "true"}, "SSO_ONLY"),
    (OIDC | {"SSO_ONLY": "perhaps"}, "SSO_ONLY"),
    ({"REQUIRE_SECOND_FACTOR": "some"}, "REQUIRE_SECOND_FACTOR"),
    ({"DATA_DIR": str(ROOT / "manage.py" / "data")}, "DATA_DIR"),
]


def test_single_sign_on_is_read(start: Any) -> None:
    rules = {"SSO_ROLES": "acme:administrator=survey admins, acme:coach=coaches", "SSO_ONLY": "yes"}
    made = start(**OIDC, **rules)
    (app,) = made["SOCIALACCOUNT_PROVIDERS"]["openid_connect"]["APPS"]
    assert app["settings"]["server_url"] == "https://login.example.org"
    assert made["SSO_ROLES"] == [("acme", "administrator", "survey admins"), ("acme", "coach", "coaches")]
    assert not made["MFA_PASSKEY_LOGIN_ENABLED"]


@pytest.mark.parametrize(("variables", "name"), REFUSED, ids=[str(each) for each, _name in REFUSED])
def test_nonsense_is_refused_by_its_name(start: Any, variables: dict[str, str], name: str) -> None:
    with pytest.raises(ImproperlyConfigured, match=rf"^{name}\b.*\.$") as refused:
        start(**variables)

    assert "\n" not in str(refused.value)
    assert "hush" not in str(refused.value)


def test_a_key_that_was_lost_half_way_is_not_made_up_anew(start: Any, tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "secret-key").touch()

    with pytest.raises(ImproperlyConfigured, match="put it back"):
        start()


def test_what_makes_sense_is_taken(start: Any) -> None:
    settings = start(
        SITE_URL=PUBLIC,
        SECRET_KEY=LONG_KEY,
        DATABASE_URL="postgres://survey:a%2Fb%40c@localhost:5432/survey",
        EMAIL_URL="smtp+tls://survey:a%23b@mail.example.org:587",
        TIME_ZONE="Europe/Zurich",
        DEBUG="off",
        LOG_FORMAT="json",
        OTHER_HOSTS="web 10.0.0.7",
        METRICS_TOKEN=LONG_KEY,
        SENTRY_DSN="https://key@sentry.example.org/1",
        STORAGE_URL="s3://key:a%2Fb@storage.example.org:9000/reports?region=eu-central-1",
    )

    assert settings["DATABASES"]["default"]["PASSWORD"] == "a/b@c"
    assert settings["EMAIL_HOST_PASSWORD"] == "a#b"
    storage = settings["STORAGES"]["default"]["OPTIONS"]
    assert (storage["secret_key"], storage["region_name"]) == ("a/b", "eu-central-1")
    assert (storage["endpoint_url"], storage["bucket_name"]) == (
        "https://storage.example.org:9000",
        "reports",
    )
    assert storage["file_overwrite"] is False
    assert settings["DEBUG"] is False
    assert {"survey.example.org", "web", "10.0.0.7"} <= set(settings["ALLOWED_HOSTS"])


def test_only_a_web_server_pools_its_connections(start: Any) -> None:
    """As many as it has threads; a command has one connection, and says at once what is wrong with it."""
    command = start(DATABASE_URL="postgres:///survey?sslmode=require")["DATABASES"]["default"]
    web = start(WEB_THREADS="7")["DATABASES"]["default"]

    assert command["OPTIONS"] == {"sslmode": "require"}
    assert web["OPTIONS"]["sslmode"] == "require"
    assert web["OPTIONS"]["pool"] == {"min_size": 1, "max_size": 7, "timeout": 5}
    assert (web["CONN_MAX_AGE"], web["CONN_HEALTH_CHECKS"]) == (0, True)


def run(*command: str, data: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    """A program in an environment of its own."""
    environment = os.environ | {"DATA_DIR": str(data), "DATABASE_URL": "", "SITE_URL": "", **variables}
    environment |= {"DJANGO_SETTINGS_MODULE": "accelerate_survey.settings"}
    return subprocess.run(
        [sys.executable, *command],
        cwd=ROOT, env=environment, capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip


@pytest.mark.parametrize("command", ["migrate", "run_schedule", "doctor"])
def test_a_command_ends_with_the_sentence_and_nothing_else(command: str, tmp_path: Path) -> None:
    done = run("manage.py", command, data=tmp_path, TIME_ZONE="Mars")

    assert done.returncode == CANNOT_START
    assert done.stderr.splitlines() == [
        "TIME_ZONE is 'Mars': give a zone of the IANA list, such as Europe/Zurich."
    ]
    assert done.stdout == ""


def test_who_wants_to_know_where_is_told(tmp_path: Path) -> None:
    done = run("manage.py", "migrate", "--traceback", data=tmp_path, TIME_ZONE="Mars")

    assert done.returncode != 0
    assert "Traceback" in done.stderr


def test_a_web_server_does_not_try_again_for_ever(tmp_path: Path) -> None:
    # one worker: when a second one ends while gunicorn stops for the first, its words are gunicorn's own
    options = [f"--bind=unix:{tmp_path / 'socket'}", "--workers=1"]

    done = run("-m", "gunicorn", "accelerate_survey.wsgi", *options, data=tmp_path, TIME_ZONE="Mars")

    assert done.returncode == CANNOT_START
    assert done.stderr.count("TIME_ZONE is 'Mars'") == 1
    assert "Traceback" not in done.stderr


def test_a_database_that_is_not_there_is_told_by_its_own_words(tmp_path: Path) -> None:
    nowhere = "postgres://survey:hush@127.0.0.1:9/survey"

    done = run("manage.py", "run_schedule", "--skip-checks", data=tmp_path, DATABASE_URL=nowhere)

    assert done.returncode == CANNOT_START
    (line,) = done.stderr.splitlines()
    assert line.startswith("The database did not do what was asked: ")
    assert "refused" in line
    assert "hush" not in line
