"""Looks at every part of an installation: what was found, and what to do about it.

Each look returns one finding and never raises. What needs the database is left out while that is broken.
"""

import datetime as dt
import smtplib
import tempfile
import zoneinfo
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from allauth.socialaccount.adapter import get_adapter
from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.mail import EmailMessage, get_connection
from django.core.mail.backends.smtp import EmailBackend
from django.db import connection
from django.template import TemplateDoesNotExist, TemplateSyntaxError
from django.template.loader import get_template, render_to_string
from django.utils import timezone

from assessments import tokens
from assessments.emails import mails_are_kept
from assessments.models import Invitation, MailKind, Organization, Round
from assessments.oidc import issuer_of

from . import backups, databases, health
from .health import Finding, Look, broken, ok, warning
from .models import Heartbeat

AS_RELEASED = "Put the program's files back as they were released."
PATIENCE = 3
"""Seconds that a server has to answer."""

SKEW = dt.timedelta(seconds=30)
"""So far apart clocks may be: a round that closes is noticed within a minute anyway."""


def examine(now: dt.datetime) -> Iterator[Finding]:
    """One finding after the other, as soon as it is there."""
    for each in WITHOUT_DATABASE:
        yield each()
    database = health.carefully("database", health.look_at_database, now)
    yield database
    if database.is_fine:
        for name, look in WITH_DATABASE.items():
            yield health.carefully(name, look, now)


# --- Settings -------------------------------------------------------------------------------------


def look_at_address() -> Finding:
    """Whether people reach the site in a way that nobody can listen to."""
    if settings.DEBUG and not _is_local():
        return broken("address", "DEBUG shows everybody what is in the memory.", "Take DEBUG away.")
    if settings.SECURE or _is_local():
        return ok("address", f"People reach it at {settings.SITE_URL}.")
    return broken(
        "address",
        f"{settings.SITE_URL} is not encrypted: links and answers can be read on their way.",
        "Put a proxy with a certificate in front, and write https:// in SITE_URL.",
    )


def _is_local() -> bool:
    return urlsplit(settings.SITE_URL).hostname in {"127.0.0.1", "localhost", "::1"}


def look_at_key() -> Finding:
    """Whether SECRET_KEY can be guessed."""
    key = settings.SECRET_KEY
    if len(key) < 50 or len(set(key)) < 5:
        return broken("key", "SECRET_KEY can be guessed.", "Give at least 50 random characters.")
    path = Path(settings.DATA_DIR) / "secret-key"
    if path.is_file() and path.read_text().strip() == key:
        return ok("key", f"It is kept in {path}, beside the data.")
    return ok("key", "It comes from the environment.")


def look_at_proxies() -> Finding:
    """Whether who guesses can be told from who does not."""
    number = settings.ALLAUTH_TRUSTED_PROXY_COUNT
    if settings.SECURE and not number:
        return warning(
            "proxies",
            "With https there is a proxy in front, and TRUSTED_PROXIES says that there is none: whoever "
            "guesses passwords locks everybody out.",
            "Give their number as TRUSTED_PROXIES.",
        )
    return ok("proxies", f"{number} in front.")


# --- Files ----------------------------------------------------------------------------------------


def look_at_files() -> Finding:
    """Whether what is kept on this machine can be."""
    folders = [Path(settings.DATA_DIR)]
    if backups.keeps_files_here():
        folders.append(Path(settings.MEDIA_ROOT))
    for folder in folders:
        try:
            folder.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryFile(dir=folder) as file:
                file.write(b"The doctor was here.")
        except OSError as error:
            return broken(
                "files",
                f"Nothing can be written to {folder}: {error.strerror}.",
                "Give the folder to the user who runs the survey, or name another as DATA_DIR.",
            )
    if left := [path.name for path in Path(settings.DATA_DIR).glob(f"{backups.ASIDE}*")]:
        return warning(
            "files",
            f"A restore was cut off, and the earlier data are still in {', '.join(left)}.",
            "Restore again; when everything is there, delete the folder.",
        )
    return ok("files", f"They can be written to {settings.DATA_DIR}.")


def look_at_storage() -> Finding:
    """Whether reports can be kept, read and deleted."""
    if backups.keeps_files_here():
        return ok("storage", f"Reports are kept in {settings.MEDIA_ROOT}.")
    words = b"The doctor was here."
    try:
        name = default_storage.save("doctor.txt", ContentFile(words))
        with default_storage.open(name) as file:
            whole = file.read() == words
        default_storage.delete(name)
    except Exception as error:  # whatever a library raises is what is to be told
        return broken(
            "storage",
            f"A file could not be written, read and deleted where reports are kept: {_words(error)}.",
            "Look at STORAGE_URL, at what its key may do, and whether the server may be reached from here.",
        )
    if not whole:
        return broken("storage", "What was read is not what was written.", "Name another as STORAGE_URL.")
    return ok("storage", "A file was written, read and deleted where reports are kept.")


def look_at_static_files() -> Finding:
    """Whether pages find their style sheets."""
    manifest = Path(settings.STATIC_ROOT) / "staticfiles.json"
    if settings.DEBUG or manifest.is_file():
        return ok("style", "The style sheets are collected.")
    return broken(
        "style", f"{manifest} is missing, and without it no page is shown.", "manage.py collectstatic"
    )


def look_at_pdf() -> Finding:
    """Whether a report can be drawn, with the fonts that it needs."""
    try:
        from reports import pdf  # noqa: PLC0415  where the libraries are missing, loading it is what fails
    except (ImportError, OSError) as error:
        return broken(
            "pdf",
            f"The libraries that draw reports cannot be loaded: {_words(error)}.",
            "Install Pango and HarfBuzz: libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0 on Debian.",
        )
    if missing := [name for name in pdf.FONT_FILES if not (pdf.FONTS / name).is_file()]:
        return broken("pdf", f"The fonts {', '.join(missing)} are missing.", AS_RELEASED)
    try:
        for name in (pdf.REPORT, pdf.SUMMARY):
            get_template(name)
        size = len(pdf.render_line("The doctor was here."))
    except Exception as error:  # whatever a library raises is what is to be told
        return broken("pdf", f"No page could be drawn: {_words(error)}.", AS_RELEASED)
    return ok("pdf", f"A page was drawn, of {size} bytes.")


# --- Mails ----------------------------------------------------------------------------------------


def look_at_mail_texts() -> Finding:
    """Whether every mail can be written."""
    names = [f"{kind}{part}.txt" for kind in (*MailKind.values, "reminder") for part in ("_subject", "")]
    for name in (*names, "stop.txt", "mail.html"):
        try:
            render_to_string(f"assessments/mail/{name}", {"organization": Organization(name="-")})
        except (TemplateDoesNotExist, TemplateSyntaxError) as error:
            return broken("mail texts", f"{name} cannot be written: {_words(error)}.", AS_RELEASED)
    return ok("mail texts", "Every mail can be written.")


def look_at_mail_server() -> Finding:
    """Whether it can be reached and takes our name and password. No mail is sent."""
    mailer = get_connection(timeout=PATIENCE)
    if not isinstance(mailer, EmailBackend):
        if mails_are_kept():
            return ok("mail server", f"There is none: mails are kept in {settings.MAIL_FOLDER}.")
        return broken("mail server", "There is none: no mail reaches anybody.", "Name one as EMAIL_URL.")
    try:
        if mailer.open() and mailer.connection:
            mailer.connection.noop()
    except OSError as error:  # smtplib's errors are OSErrors, too
        return broken(
            "mail server",
            f"{mailer.host}, port {mailer.port}: {_refusal(error)}.",
            "Look at EMAIL_URL, and whether the server may be reached from here.",
        )
    finally:
        mailer.close()
    return ok("mail server", f"{mailer.host} answers.")


def send_test_mail(address: str) -> Finding:
    """Send one mail, and say how that went."""
    text = "This mail shows that your survey can send mails. Nothing is to be done."
    message = EmailMessage("A test from your survey", text, to=[address], connection=get_connection())
    try:
        message.send()
    except (OSError, ValueError) as error:
        return broken("test mail", f"It was not taken: {_refusal(error)}.", "Look at EMAIL_URL.")
    return ok("test mail", f"It is on its way to {address}.")


def _refusal(error: Exception) -> str:
    if isinstance(error, smtplib.SMTPResponseException):
        said = error.smtp_error
        return f"{error.smtp_code} {said.decode(errors='replace') if isinstance(said, bytes) else said}"
    return _words(error)


def _words(error: Exception) -> str:
    return " ".join(str(error).split()) or type(error).__name__


# --- What the database knows ----------------------------------------------------------------------


def look_at_engine(now: dt.datetime) -> Finding:
    """Whether the database is set up as it has to be for many to answer at once."""
    if connection.vendor != "sqlite" and databases.is_cut_off():
        said = f"A restore was cut off, and the earlier data are still in the schema {databases.ASIDE}."
        return warning("engine", said, "Restore again; that begins by putting them back.")
    if connection.vendor != "sqlite":
        return ok("engine", f"{connection.display_name}.")
    with connection.cursor() as cursor:
        mode = cursor.execute("PRAGMA journal_mode").fetchone()[0]
        whole = cursor.execute("PRAGMA quick_check(1)").fetchone()[0]
    if whole != "ok":
        return broken("engine", f"The file of the database is damaged: {whole}.", "Restore the last backup.")
    if mode != "wal":
        return warning(
            "engine", f"SQLite, and its journal is in the mode {mode}.", "Keep it on a local disk."
        )
    return ok("engine", "SQLite, and its file is whole.")


def look_at_links(now: dt.datetime) -> Finding:
    """Whether SECRET_KEY is the one with which the links of open rounds were made."""
    for running in Round.objects.exclude(salt=""):
        invitation = Invitation.objects.filter(assessment__round=running).first()
        if invitation is None:
            continue
        secret = tokens.make_secret(settings.SECRET_KEY, running.salt, invitation.pk)
        if invitation.token_hash != tokens.invitation_hash(secret, tokens.name_of_round(running.pk)):
            return broken(
                "links",
                "SECRET_KEY is another one than when a round that is open was opened: links that were sent "
                "go on working, but those in reminders and in mails that are sent again would open nothing.",
                "Put the earlier SECRET_KEY back before the next reminder goes out.",
            )
    return ok("links", "Links of open rounds fit SECRET_KEY.")


def look_at_time_zones(now: dt.datetime) -> Finding:
    """Whether rounds can open and close at the times of their places."""
    for name in {settings.TIME_ZONE, *Organization.objects.values_list("time_zone", flat=True)}:
        try:
            zoneinfo.ZoneInfo(name)
        except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
            return broken("time zones", f"There are no data about {name!r}.", "Install the package tzdata.")
    return ok("time zones", "All that are used are known.")


def look_at_clock(now: dt.datetime) -> Finding:
    """Whether the clock here and the database's agree."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT clock_timestamp()")
            apart = abs(timezone.now() - cursor.fetchone()[0])
    else:  # the same machine; but it may have been set back
        seen = Heartbeat.objects.order_by("-at").values_list("at", flat=True).first()
        apart = max(seen - now, dt.timedelta()) if seen else dt.timedelta()
    if apart > SKEW:
        return broken(
            "clock",
            f"Clocks are {apart.total_seconds():.0f} seconds apart: rounds would close early or late.",
            "Let every machine set its clock by itself (NTP).",
        )
    return ok("clock", "It agrees with the database's.")


def look_at_sso(now: dt.datetime) -> Finding:
    """Whether people can come from the identity providers, and rules for roles name organizations."""
    part, providers = "single sign-on", settings.SOCIALACCOUNT_PROVIDERS
    if not providers:
        return ok(part, "There is none: people sign in with what they have chosen here.")
    for kind, name in (("openid_connect", "OIDC_SERVER"), ("saml", "SAML_METADATA_URL")):
        for app in providers.get(kind, {}).get("APPS", ()):
            try:
                (_ask_oidc if kind == "openid_connect" else _ask_saml)(app["settings"])
            except Exception as error:  # whatever a library raises is what is to be told
                return broken(
                    part,
                    f"Nobody can come from {app['name']}: {_words(error)}.",
                    f"Look at {name}, and whether the provider may be reached from here.",
                )
    named = {organization for organization, _role, _group in settings.SSO_ROLES}
    if missing := named - set(Organization.objects.filter(slug__in=named).values_list("slug", flat=True)):
        return warning(
            part,
            f"SSO_ROLES names {', '.join(sorted(missing))}, and there is no such organization: nobody gets "
            "a role by that.",
            "Write the part of the address after /o/, or make the organization.",
        )
    names = [app["name"] for each in providers.values() for app in each["APPS"]]
    return ok(part, f"People can come from {', '.join(names)}.")


def _ask_oidc(app: dict[str, Any]) -> None:
    server = app["server_url"]
    address = server if "/.well-known/" in server else f"{server}/.well-known/openid-configuration"
    said = _fetched(address).json()
    for name in ("issuer", "authorization_endpoint", "token_endpoint", "userinfo_endpoint", "jwks_uri"):
        if not said.get(name):
            raise ValueError(f"{address} names no {name}")
    if said["issuer"].rstrip("/") != issuer_of(server):
        raise ValueError(f"it calls itself {said['issuer']}, which has to be the address that is asked")
    _fetched(said["jwks_uri"])


def _fetched(address: str) -> Any:
    with get_adapter().get_requests_session() as session:
        answer = session.get(address)
        answer.raise_for_status()
        return answer


def _ask_saml(app: dict[str, Any]) -> None:
    from onelogin.saml2 import idp_metadata_parser as saml  # noqa: PLC0415  few need it, and it is large

    read = saml.OneLogin_Saml2_IdPMetadataParser.parse_remote
    idp = app["idp"]
    said = read(idp["metadata_url"], entity_id=idp["entity_id"] or None, timeout=PATIENCE)
    if not said.get("idp", {}).get("singleSignOnService"):
        raise ValueError("its metadata name no way to sign on by redirect")
    if not (said["idp"].get("x509cert") or said["idp"].get("x509certMulti")):
        raise ValueError("its metadata hold no certificate")


WITHOUT_DATABASE: tuple[Callable[[], Finding], ...] = (
    look_at_address,
    look_at_key,
    look_at_proxies,
    look_at_files,
    look_at_storage,
    look_at_static_files,
    look_at_pdf,
    look_at_mail_texts,
    look_at_mail_server,
)
WITH_DATABASE: dict[str, Look] = {
    "engine": look_at_engine,
    "links": look_at_links,
    "time zones": look_at_time_zones,
    "clock": look_at_clock,
    "single sign-on": look_at_sso,
    **{name: each for name, each in health.PARTS.items() if name != "database"},
}
