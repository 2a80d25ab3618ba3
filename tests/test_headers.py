"""Headers, cookies, hosts and ways out: what has to hold at every address that there is."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from django.contrib.messages import get_messages
from django.core.handlers.wsgi import WSGIRequest
from django.test import Client, RequestFactory
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from accelerate_survey import settings as settings_file
from accelerate_survey.headers import HeadersAreSet
from assessments.models import User
from tests import factories

ROOT = Path(__file__).parent.parent
VALUES = {"org": "aviary", "team": "team-kestrel", "slug": "accelerate", "ending": "csv", "key": "a"}


def every_address() -> Iterator[str]:
    """One for each pattern of the resolver, libraries' included, with something in the place of each part."""

    def walk(patterns: list[URLPattern | URLResolver], prefix: str) -> Iterator[str]:
        for pattern in patterns:
            if isinstance(pattern, URLResolver):
                yield from walk(pattern.url_patterns, prefix + str(pattern.pattern))
            else:
                yield prefix + str(pattern.pattern)

    for route in walk(get_resolver().url_patterns, "/"):
        filled = re.sub(r"\(\?P<(\w+)>[^)]*\)", lambda found: VALUES.get(found[1], "1"), route.strip("^$"))
        yield re.sub(
            r"<(?:\w+:)?(\w+)>",
            lambda found: VALUES.get(found[1], "1"),
            filled.replace("^", "").replace("$", ""),
        )


ADDRESSES = [*every_address(), "/nowhere/", "/static/css/site.css", "/static/none.css"]
METHODS = ("get", "head", "post", "put", "patch", "delete", "options", "trace")


@pytest.fixture(autouse=True)
def no_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    """So many strangers at one address are told to wait; that is tested elsewhere."""
    monkeypatch.setattr("assessments.limits.MISSES_A_MINUTE", 10**9)


def test_all_addresses_are_looked_at() -> None:
    assert len(ADDRESSES) > 120
    assert {"/account/login/", "/respond/", "/api/deliveries/", "/health/"} <= set(ADDRESSES)
    assert not [address for address in ADDRESSES if set(address) & set("<>()?^$")]


@pytest.mark.parametrize("signed_in", [False, True])
def test_whatever_is_asked_every_answer_has_its_headers(client: Client, ada: User, signed_in: bool) -> None:
    """Also refusals, what is missing, and files."""
    if signed_in:
        client.force_login(ada)
    client.raise_request_exception = False
    for address in ADDRESSES:
        for method in METHODS:
            response = getattr(client, method)(address)
            where = f"{method} {address}: {response.status_code}"
            assert response.status_code < 500 or address == "/health/", where
            assert response["X-Content-Type-Options"] == "nosniff", where
            assert response["Referrer-Policy"] == "same-origin", where
            assert response["Cross-Origin-Opener-Policy"] == "same-origin", where
            assert response["Cross-Origin-Resource-Policy"] == "same-origin", where
            assert "camera=()" in response["Permissions-Policy"], where
            assert "frame-ancestors 'none'" in response["Content-Security-Policy"], where
            assert "Access-Control-Allow-Origin" not in response, where
            assert not {"Server", "X-Powered-By"} & set(response.headers), where
            if not (address.startswith("/static/") and response.status_code == 200):
                assert "no-store" in response["Cache-Control"], where
            assert method not in ("trace", "put", "patch", "delete") or response.status_code != 200, where
            response.close()


def test_a_public_site_has_every_answer_ask_for_https(client: Client, ada: User, settings: Any) -> None:
    settings.SECURE_SSL_REDIRECT, settings.SECURE_HSTS_SECONDS = True, 31_536_000
    settings.SECURE_HSTS_INCLUDE_SUBDOMAINS = True
    for address in ADDRESSES:
        answer = client.get(address, secure=True)
        assert answer["Strict-Transport-Security"] == "max-age=31536000; includeSubDomains", address
        answer.close()
        plain = client.get(address)
        assert plain.status_code in (301, 403) or address in ("/health/", "/health/alive/", "/metrics"), (
            address
        )
        assert plain["Content-Security-Policy"], address
        plain.close()


@pytest.mark.parametrize("method", METHODS)
def test_programs_are_not_led_from_http_to_https(client: Client, settings: Any, method: str) -> None:
    """Else a token goes over the network in the open, with every request, and all seems well."""
    settings.SECURE_SSL_REDIRECT = True
    for address in ("/api/deliveries/", "/api/v1/me", "/api/v1/openapi.json", "/api/nowhere"):
        answer = getattr(client, method)(address, headers={"authorization": "Bearer x"})
        assert answer.status_code == 403
        assert b"withdraw it" in answer.content or method == "head"


def test_headers_that_a_page_has_set_stay(rf: RequestFactory) -> None:
    from django.http import HttpResponse  # noqa: PLC0415  only here

    def page(request: WSGIRequest) -> HttpResponse:
        return HttpResponse(headers={"Cache-Control": "max-age=60", "Permissions-Policy": "midi=(self)"})

    answer = HeadersAreSet(page)(rf.get("/"))

    assert (answer["Cache-Control"], answer["Permissions-Policy"]) == ("max-age=60", "midi=(self)")


# --- Cookies ----------------------------------------------------------------------------------


def test_no_script_reads_a_cookie(client: Client, zoe: User) -> None:
    client.get("/account/login/")
    client.post("/account/login/", {"login": zoe.email, "password": factories.PASSWORD})
    client.get("/")

    assert {"sid", "csrf"} <= set(client.cookies)
    for name, cookie in client.cookies.items():
        assert cookie["httponly"], name
        assert cookie["samesite"] == "Lax", name
        assert (cookie["path"], cookie["domain"]) == ("/", ""), name


def test_on_a_public_site_every_cookie_says_that_it_is_for_https_alone() -> None:
    """The names are part of that: no browser takes them over http, or from a neighbour."""
    text = Path(settings_file.__file__).read_text(encoding="utf-8")

    assert '("__Host-sid", "__Host-csrf") if SECURE' in text
    assert 'RESPOND_COOKIE_NAME = "__Secure-respond" if SECURE' in text
    assert "SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE" in text


def test_what_a_page_says_of_people_stands_in_no_cookie(client: Client, ada: User, kestrel: object) -> None:
    client.force_login(ada)
    before = set(client.cookies)

    answer = client.post(
        "/o/aviary/teams/team-kestrel/people/new/",
        {"email": "new@example.org", "name": "Newcomer", "role": "member"},
    )

    assert answer.status_code == 302
    assert [str(each) for each in get_messages(answer.wsgi_request)] == ["Newcomer is on the team."]
    assert set(client.cookies) == before


# --- Hosts ------------------------------------------------------------------------------------

FORGED = [
    {"host": "evil.example"},
    {"host": "testserver.evil.example"},
    {"host": "testserver@evil.example"},
    {"host": "testserver:80@evil.example"},
    {"host": "evil.example\ttestserver"},
    {"host": ""},
]


@pytest.mark.parametrize("forged", FORGED, ids=lambda forged: forged["host"] or "none")
def test_another_host_is_refused_at_every_address(client: Client, db: None, forged: dict[str, str]) -> None:
    for address in ADDRESSES:
        if address.startswith(("/static/", "/api/v1/openapi")):
            continue  # they ask for no host, and say none
        answer = client.get(address, headers=forged)
        assert "evil.example" not in answer.headers.get("Location", ""), address
        assert b"evil.example" not in b"".join(answer), address
    assert (
        client.post("/account/password/reset/", {"email": "a@example.org"}, headers=forged).status_code == 400
    )


@pytest.mark.parametrize(
    "name", ["x-forwarded-host", "x-host", "x-forwarded-server", "forwarded", "x-original-url"]
)
def test_no_mail_has_a_link_to_where_a_header_says(
    client: Client, zoe: User, mailoutbox: list[EmailMessage], name: str, settings: Any
) -> None:
    client.post("/account/password/reset/", {"email": zoe.email}, headers={name: "evil.example"})
    for thread in threading.enumerate():
        if thread.name == "hand over":
            thread.join()

    (mail,) = mailoutbox
    assert "evil.example" not in mail.message().as_string()
    assert set(re.findall(r"https?://[^/\s]+", mail.body)) == {settings.SITE_URL}


# --- Ways out ---------------------------------------------------------------------------------

ELSEWHERE = [
    "//evil.example",
    "https://evil.example",
    "https:evil.example",
    "/\\evil.example",
    "\\\\evil.example",
    "///evil.example",
    "http:///evil.example",
    "javascript:alert(1)",
    "data:text/html,x",
    "\t//evil.example",
    "/%09/evil.example",
    "https://testserver@evil.example",
    "https://testserver.evil.example",
]


@pytest.mark.parametrize("where", ELSEWHERE)
@pytest.mark.parametrize("parameter", ["next", "redirect", "url", "return_to", "back"])
def test_no_parameter_leads_elsewhere(client: Client, ada: User, where: str, parameter: str) -> None:
    """At any address, looking or posting, signed in or not."""
    for signed_in in (False, True):
        if signed_in:
            client.force_login(ada)
        for address in ADDRESSES:
            if not address.startswith(
                ("/account/", "/respond/", "/o/aviary/teams/team-kestrel/notes/", "/o/aviary/coach/")
            ):
                continue
            for method in ("get", "post"):
                asked = reverse("home") if address == "" else address
                answer = getattr(client, method)(asked, {parameter: where})
                target = answer.headers.get("Location", "")
                assert re.fullmatch(r"|/(?![/\\]).*", target), f"{method} {asked} leads to {target}"
                answer.close()
            if signed_in:
                client.force_login(ada)  # one of them signs out
