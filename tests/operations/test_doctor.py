"""Break each part on purpose: the doctor names it, says what to do, and ends with an error."""

from __future__ import annotations

import json
import os
import re
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core import mail
from django.core.files.storage import default_storage
from django.core.management import CommandError, call_command
from django.db import connection
from django.db.utils import OperationalError
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accelerate_survey import settings as product
from accelerate_survey.operations import doctor, health, heartbeats
from accelerate_survey.operations.models import Heartbeat, Part
from assessments.models import Organization, Team, User
from reports import pdf
from reports.services import render_report, request_report
from tests import factories
from tests.assessments.test_saml import METADATA, certificate_of
from tests.journeys.stage import free_port, mail_server
from tests.provider import Provider, make_key, running_provider
from tests.storages import bucket

ROOT = Path(__file__).parents[2]
KEY = "0123456789-abcdefghijklmnopqrstuvwxyz-0123456789-abcdefghijk"
PUBLIC = "https://survey.example.org"
SECONDS = 5

Look = Callable[..., dict[str, dict[str, str]]]


@pytest.fixture
def well(settings: Any, tmp_path: Path, db: None) -> Any:
    """An installation in which nothing is wrong."""
    settings.SECRET_KEY = KEY
    settings.DATA_DIR, settings.MEDIA_ROOT = tmp_path, tmp_path / "files"
    settings.MAIL_FOLDER = settings.EMAIL_FILE_PATH = str(tmp_path / "mails")
    settings.EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
    settings.STATIC_ROOT = tmp_path / "static"
    settings.STATIC_ROOT.mkdir()
    (settings.STATIC_ROOT / "staticfiles.json").touch()
    for part in Part:
        heartbeats.beat(part, timezone.now())
    return settings


@pytest.fixture
def examined(well: Any) -> Look:
    """``examined()``: what the doctor prints, by part; with ``bad`` he has to end with an error."""

    def run(*, bad: str = "", **options: Any) -> dict[str, dict[str, str]]:
        out = StringIO()
        if bad:
            with pytest.raises(CommandError, match=rf"^Broken: {bad}\.$"):
                call_command("doctor", json=True, stdout=out, **options)
        else:
            call_command("doctor", json=True, stdout=out, **options)
        found = {row["part"]: row for row in json.loads(out.getvalue())}
        assert all((row["do"] == "") == (row["state"] == "ok") for row in found.values())
        assert all("\n" not in row["said"] for row in found.values())
        return found

    return run


def test_nothing_is_wrong_with_what_is_well(examined: Look) -> None:
    found = examined()

    assert {part: row for part, row in found.items() if row["state"] != "ok"}.keys() <= {
        "engine"
    }  # in memory
    assert set(health.PARTS) < set(found)


def test_he_tells_people_in_lines(well: Any, capsys: pytest.CaptureFixture[str]) -> None:
    (well.STATIC_ROOT / "staticfiles.json").unlink()

    with pytest.raises(CommandError):
        call_command("doctor")

    lines = capsys.readouterr().out.splitlines()
    assert any(line.startswith("ok       database") for line in lines)
    broken = next(place for place, line in enumerate(lines) if line.startswith("broken   style"))
    assert lines[broken + 1].strip() == "To do: manage.py collectstatic"


# --- Settings ---------------------------------------------------------------------------------


def test_a_site_that_others_can_listen_to(examined: Look, well: Any) -> None:
    well.SITE_URL, well.SECURE = "http://survey.example.org", False

    assert "not encrypted" in examined(bad="address, mail server")["address"]["said"]


def test_a_public_site_that_shows_its_memory(examined: Look, well: Any) -> None:
    well.SITE_URL, well.SECURE, well.DEBUG = PUBLIC, True, True

    assert examined(bad="address, mail server")["address"]["do"] == "Take DEBUG away."


@pytest.mark.parametrize("key", ["short", "a" * 60])
def test_a_key_that_can_be_guessed(examined: Look, well: Any, key: str) -> None:
    well.SECRET_KEY = key

    found = examined(bad="key")["key"]
    assert "guessed" in found["said"]
    assert key not in json.dumps(found)


def test_a_key_beside_the_data_is_told(examined: Look, well: Any) -> None:
    (well.DATA_DIR / "secret-key").write_text(KEY)

    assert "beside the data" in examined()["key"]["said"]


def test_a_proxy_that_is_not_known(examined: Look, well: Any) -> None:
    well.SECURE, well.ALLAUTH_TRUSTED_PROXY_COUNT = True, 0

    assert examined()["proxies"]["state"] == "warning"


# --- Single sign-on ---------------------------------------------------------------------------


def oidc(url: str) -> dict[str, Any]:
    app = {"name": "Aviary account", "settings": {"server_url": url}}
    return {"openid_connect": {"APPS": [app]}}


def saml(path: Path) -> dict[str, Any]:
    idp = {"metadata_url": path.as_uri(), "entity_id": ""}
    return {"saml": {"APPS": [{"name": "Aviary account", "settings": {"idp": idp}}]}}


@pytest.mark.parametrize("page", ["", "/.well-known/openid-configuration"])
def test_a_provider_that_answers(examined: Look, well: Any, page: str) -> None:
    with running_provider() as provider:
        well.SOCIALACCOUNT_PROVIDERS = oidc(provider.url + page)
        assert examined()["single sign-on"]["said"] == "People can come from Aviary account."


def test_a_provider_that_does_not_answer(examined: Look, well: Any) -> None:
    well.SOCIALACCOUNT_PROVIDERS = oidc(f"http://127.0.0.1:{free_port()}")

    assert "Look at OIDC_SERVER" in examined(bad="single sign-on")["single sign-on"]["do"]


def test_an_address_that_is_no_providers(examined: Look, well: Any, monkeypatch: Any) -> None:
    monkeypatch.setattr(Provider, "answer", lambda *_: {"issuer": "somebody"})
    with running_provider() as provider:
        well.SOCIALACCOUNT_PROVIDERS = oidc(provider.url)
        assert "names no authorization_endpoint" in examined(bad="single sign-on")["single sign-on"]["said"]


def test_a_provider_that_calls_itself_by_another_name(examined: Look, well: Any) -> None:
    with running_provider() as provider:
        provider.calls_itself = "https://another.example"
        well.SOCIALACCOUNT_PROVIDERS = oidc(provider.url)
        assert (
            "calls itself https://another.example" in examined(bad="single sign-on")["single sign-on"]["said"]
        )


@pytest.mark.parametrize("text", [None, "", "<a/>", "no metadata"])
def test_metadata_that_are_none(examined: Look, well: Any, tmp_path: Path, text: str | None) -> None:
    if text is not None:
        (tmp_path / "idp.xml").write_text(text)
    well.SOCIALACCOUNT_PROVIDERS = saml(tmp_path / "idp.xml")

    assert "Look at SAML_METADATA_URL" in examined(bad="single sign-on")["single sign-on"]["do"]


def test_metadata_with_and_without_a_certificate(examined: Look, well: Any, tmp_path: Path) -> None:
    lines = "".join(certificate_of(make_key()).splitlines()[1:-1])
    text = METADATA.format(idp="https://idp.example.org", certificate=lines)
    well.SOCIALACCOUNT_PROVIDERS = saml(tmp_path / "idp.xml")

    (tmp_path / "idp.xml").write_text(text)
    assert examined()["single sign-on"]["state"] == "ok"
    (tmp_path / "idp.xml").write_text(
        re.sub("<[^<]*KeyDescriptor.*KeyDescriptor>", "", text, flags=re.DOTALL)
    )
    assert "certificate" in examined(bad="single sign-on")["single sign-on"]["said"]


def test_a_rule_for_an_organization_that_there_is_not(examined: Look, well: Any) -> None:
    factories.make_organization("Aviary")
    well.SSO_ROLES = [("aviary", "coach", "coaches"), ("avairy", "coach", "coaches")]
    with running_provider() as provider:
        well.SOCIALACCOUNT_PROVIDERS = oidc(provider.url)
        found = examined()["single sign-on"]

    assert (found["state"], "avairy" in found["said"], "aviary" in found["said"]) == ("warning", True, False)


# --- Files ------------------------------------------------------------------------------------


def test_a_folder_that_nothing_can_be_written_to(examined: Look, well: Any) -> None:
    (well.DATA_DIR / "file").touch()
    well.MEDIA_ROOT = well.DATA_DIR / "file" / "files"

    found = examined(bad="files")["files"]
    assert str(well.MEDIA_ROOT) in found["said"]


def test_what_a_restore_has_left_that_was_cut_off(examined: Look, well: Any) -> None:
    (well.DATA_DIR / ".survey-x1y2").mkdir()

    found = examined()["files"]
    assert (found["state"], ".survey-x1y2" in found["said"]) == ("warning", True)


def test_he_leaves_nothing_behind(examined: Look, well: Any) -> None:
    examined()

    assert {path.name for path in well.DATA_DIR.iterdir()} == {"files", "static", "mails"}
    assert list((well.DATA_DIR / "files").iterdir()) == []


def test_a_font_that_is_missing(examined: Look, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.copytree(pdf.FONTS, tmp_path / "fonts")
    (tmp_path / "fonts" / "Inter-Italic.ttf").unlink()
    monkeypatch.setattr(pdf, "FONTS", tmp_path / "fonts")

    assert "Inter-Italic.ttf" in examined(bad="pdf")["pdf"]["said"]


def test_a_template_of_reports_that_is_missing(examined: Look, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pdf, "REPORT", "reports/pdf/gone.html")

    assert "gone.html" in examined(bad="pdf")["pdf"]["said"]


def test_a_library_that_is_missing(examined: Look, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "reports.pdf", None)
    monkeypatch.delattr("reports.pdf")

    assert "libpango" in examined(bad="pdf")["pdf"]["do"]


def test_a_page_that_cannot_be_drawn(examined: Look, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(text: str) -> bytes:
        raise RuntimeError("no glyphs")

    monkeypatch.setattr(pdf, "render_line", fail)

    assert "no glyphs" in examined(bad="pdf")["pdf"]["said"]


@pytest.mark.parametrize("harm", ["missing", "spoilt"])
def test_a_mail_that_cannot_be_written(examined: Look, well: Any, tmp_path: Path, harm: str) -> None:
    shutil.copytree(ROOT / "assessments" / "templates", tmp_path / "templates")
    folders = [tmp_path / "templates", ROOT / "reports" / "templates"]
    template = tmp_path / "templates" / "assessments" / "mail" / "nudge.txt"
    if harm == "missing":
        template.unlink()
    else:
        template.write_text("{% if %}")
    well.TEMPLATES = [well.TEMPLATES[0] | {"DIRS": folders, "APP_DIRS": False}]

    assert "nudge.txt" in examined(bad="mail texts")["mail texts"]["said"]


# --- Mail server ------------------------------------------------------------------------------


@pytest.fixture
def smtp(well: Any) -> Any:
    """Mails go to this machine's port 9, where nobody is."""
    well.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    well.EMAIL_HOST, well.EMAIL_PORT = "127.0.0.1", 9
    return well


def test_a_mail_server_that_answers(examined: Look, smtp: Any) -> None:
    with mail_server() as (mailbox, smtp.EMAIL_PORT):
        assert examined()["mail server"]["state"] == "ok"

    assert mailbox.mails == []


def test_a_mail_server_that_is_not_there(examined: Look, smtp: Any) -> None:
    smtp.EMAIL_PORT = free_port()

    assert "refused" in examined(bad="mail server")["mail server"]["said"]


def test_a_mail_server_that_does_not_take_our_password(examined: Look, smtp: Any) -> None:
    """It offers no way to sign in at all; the answer never shows the password."""
    smtp.EMAIL_HOST_USER, smtp.EMAIL_HOST_PASSWORD = "survey", "hush"
    with mail_server() as (_mailbox, smtp.EMAIL_PORT):
        found = examined(bad="mail server")["mail server"]

    assert "AUTH" in found["said"]
    assert "hush" not in json.dumps(found)


@pytest.fixture
def silence() -> Iterator[int]:
    """A port that takes every connection and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener.getsockname()[1]


def test_a_mail_server_that_is_silent_is_not_waited_for(smtp: Any, silence: int) -> None:
    smtp.EMAIL_PORT = silence
    began = time.monotonic()

    assert not doctor.look_at_mail_server().is_fine
    assert time.monotonic() - began < SECONDS


def test_a_public_site_without_a_mail_server(examined: Look, well: Any) -> None:
    well.SITE_URL, well.SECURE, well.ALLAUTH_TRUSTED_PROXY_COUNT = PUBLIC, True, 1

    assert "reaches nobody" not in examined(bad="mail server")["mail server"]["do"]


def test_a_test_mail_is_sent_when_asked_for(examined: Look, smtp: Any) -> None:
    with mail_server() as (mailbox, smtp.EMAIL_PORT):
        found = examined(send_test_mail="ada@example.org")
        (sent,) = mailbox.wait_for(1, subject="A test")

    assert sent["To"] == "ada@example.org"
    assert found["test mail"]["state"] == "ok"


@pytest.mark.parametrize("address", ["ada@example.org", "ada@example.org\nBcc: eve@example.org"])
def test_a_test_mail_that_is_not_taken(examined: Look, smtp: Any, address: str) -> None:
    found = examined(bad="mail server, test mail", send_test_mail=address)

    assert found["test mail"]["state"] == "broken"
    assert mail.outbox == []


# --- The database, and what it knows ----------------------------------------------------------


def test_a_database_that_is_gone_is_told_once(examined: Look, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*args: Any, **kwargs: Any) -> None:
        raise OperationalError("connection refused")

    with monkeypatch.context() as broken:
        broken.setattr(connection, "cursor", refuse)
        found = examined(bad="database")

    assert "connection refused" in found["database"]["said"]
    assert not {"worker", "schedule", "links"} & set(found)


@pytest.mark.parametrize("part", Part)
def test_a_part_that_does_not_run(examined: Look, part: Part) -> None:
    Heartbeat.objects.filter(part=part).delete()

    assert examined(bad=part.value)[part.value]["said"] == "It has never been seen."


def test_a_key_that_is_not_that_of_the_open_round(examined: Look, well: Any, kestrel: Team) -> None:
    """Reminders would lead nowhere, and go to everybody."""
    factories.open_round(kestrel.organization, now=timezone.now())
    factories.make_team(factories.make_organization("Empty"))
    assert examined()["links"]["state"] == "ok"

    well.SECRET_KEY = KEY[::-1]

    assert "earlier SECRET_KEY" in examined(bad="links")["links"]["do"]


def test_once_the_round_has_closed_another_key_does_no_harm(examined: Look, well: Any, kestrel: Team) -> None:
    factories.closed_round(kestrel.organization, kestrel, [5] * 6)

    well.SECRET_KEY = KEY[::-1]

    assert examined()["links"]["state"] == "ok"


def test_a_zone_that_this_machine_does_not_know(examined: Look, aviary: Organization) -> None:
    Organization.objects.update(time_zone="Mars/Base")

    assert "Mars/Base" in examined(bad="time zones")["time zones"]["said"]


@pytest.mark.own_engine
def test_a_clock_that_was_set_back(examined: Look) -> None:
    heartbeats.beat(Part.WORKER, timezone.now() + 2 * doctor.SKEW)

    assert "apart" in examined(bad="clock")["clock"]["said"]


def test_the_command_ends_with_an_error_of_its_own(tmp_path: Path) -> None:
    """A new installation, in a process of its own: things are missing, and none of them is a traceback."""
    nowhere = {"DATABASE_URL": f"postgres://survey:hush@127.0.0.1:{free_port()}/survey", "SITE_URL": ""}
    nowhere |= {"DATA_DIR": str(tmp_path), "SECRET_KEY": "", "EMAIL_URL": ""}
    nowhere |= {"DJANGO_SETTINGS_MODULE": "accelerate_survey.settings"}
    done = subprocess.run(
        [sys.executable, "manage.py", "doctor"],
        cwd=ROOT, env=os.environ | nowhere,
        capture_output=True, text=True, check=False,
    )  # fmt: skip

    assert done.returncode == 1
    assert done.stderr.splitlines() == ["CommandError: Broken: style, database."]
    assert "refused" in done.stdout
    assert "hush" not in done.stdout


# --- Reports in a bucket ----------------------------------------------------------------------


@pytest.fixture
def kept_in(well: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], None]]:
    """``kept_in(url)``: reports are kept where this STORAGE_URL says."""

    def keep(url: str) -> None:
        monkeypatch.setenv("STORAGE_URL", url)
        well.STORAGES = well.STORAGES | {"default": product._storage()}

    yield keep
    default_storage.connection.meta.client.close()


def test_reports_can_be_kept_in_a_bucket(examined: Look, kept_in: Callable[[str], None]) -> None:
    with bucket() as url:
        kept_in(url)

        assert examined()["storage"]["said"] == "A file was written, read and deleted where reports are kept."
        assert list(default_storage.bucket.objects.all()) == []


def test_a_bucket_that_is_not_there(examined: Look, kept_in: Callable[[str], None]) -> None:
    with bucket() as url:
        kept_in(url.replace("/reports", "/nowhere"))

        found = examined(bad="storage")["storage"]

    assert "does not exist" in found["said"]
    assert "STORAGE_URL" in found["do"]


def test_a_report_in_a_bucket_is_read_on_its_page(
    kept_in: Callable[[str], None], kestrel: Team, ada: User, sign_in: Callable[[User], Client]
) -> None:
    """Through us, who know who may; nobody is sent to the bucket."""
    closed = factories.closed_round(kestrel.organization, kestrel, [5] * 7)
    with bucket() as url:
        kept_in(url)
        report, _ = request_report(assessment=closed.assessments.get())
        render_report(report=report, language="en", now=timezone.now())

        where = reverse("report_pdf", args=[kestrel.organization.slug, kestrel.slug, closed.pk])
        page = sign_in(ada).get(where)
        told = b"".join(page.streaming_content)
        page.close()

        assert told.startswith(b"%PDF")
        assert [each.key for each in default_storage.bucket.objects.all()] == [report.file.name]
