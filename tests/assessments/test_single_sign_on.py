"""Single sign-on: who comes in, with which roles, and what is not believed."""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import io
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import time_machine
from allauth.mfa.models import Authenticator
from allauth.mfa.utils import encrypt
from allauth.socialaccount.models import SocialAccount, SocialToken
from django.conf import settings as current
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone

from assessments.models import OrganizationMembership, OrganizationRole, User
from tests import factories
from tests.authenticator import SECRET
from tests.provider import CLIENT, Provider, make_key, running_provider

DOOR, CALLBACK, LOGIN = "/account/sso/oidc/", "/account/sso/oidc/callback/", "/account/login/"
RULES = [("aviary", "administrator", "admins"), ("aviary", "coach", "coaches")]


@pytest.fixture
def provider(settings: Any) -> Iterator[Provider]:
    """An identity provider that is set up here."""
    with running_provider() as running:
        app = {
            "provider_id": "oidc",
            "name": "Aviary account",
            "client_id": CLIENT,
            "secret": "hush",
            "settings": {"server_url": running.url, "scope": ["openid"], "oauth_pkce_enabled": True},
        }
        settings.SOCIALACCOUNT_PROVIDERS = {"openid_connect": {"APPS": [app]}}
        yield running


def sign_on(client: Client, address: str = DOOR, **changes: str) -> Any:
    """There and back, as a browser goes."""
    there = client.get(address)
    assert there.status_code == 302, there.content
    asked = {name: values[0] for name, values in parse_qs(urlsplit(there["Location"]).query).items()}
    assert asked["code_challenge_method"] == "S256"
    return client.get(CALLBACK, {"code": "good", "state": asked["state"]} | changes)


def told(provider: Provider, user: User | str, **claims: Any) -> None:
    """Whom the provider speaks of."""
    address = user if isinstance(user, str) else user.email
    provider.claims = {"email": address, "email_verified": True, "name": "Robin"} | claims


def is_in(client: Client) -> bool:
    return client.get("/account/security/").status_code == 200


# --- Who comes in -----------------------------------------------------------------------------


def test_who_is_known_by_the_address_comes_in(client: Client, provider: Provider, lee: User) -> None:
    told(provider, lee.email.upper())
    assert sign_on(client)["Location"] == "/"
    assert is_in(client)
    assert User.objects.filter(email__iexact=lee.email).count() == 1


def test_who_came_before_comes_in_under_a_new_address(client: Client, provider: Provider, lee: User) -> None:
    told(provider, lee)
    sign_on(client)
    client.post("/account/logout/")
    told(provider, "lee.married@example.org")
    sign_on(client)
    assert is_in(client)
    assert client.session["_auth_user_id"] == str(lee.pk)


@pytest.mark.parametrize("before", ["another person", "another provider"])
def test_an_address_is_good_once(client: Client, provider: Provider, lee: User, before: str) -> None:
    """Who gets a colleague's address is not that colleague; no provider speaks for another's people."""
    told(provider, lee)
    sign_on(client)
    client.post("/account/logout/")
    if before == "another person":
        told(provider, lee, sub="person-8", groups=["admins"])
    else:
        SocialAccount.objects.update(provider="https://idp.example.org/")
    answer = sign_on(client)

    assert answer.status_code == 403
    assert "with another account before" in answer.content.decode()
    assert not is_in(client)
    assert SocialAccount.objects.get().user == lee

    out = io.StringIO()
    call_command("forget_sign_on", lee.email.upper(), stdout=out)
    assert out.getvalue().startswith("1 forgotten")
    sign_on(client)
    assert client.session["_auth_user_id"] == str(lee.pk)


def test_who_has_the_address_keeps_role_and_all_when_somebody_else_is_refused(
    client: Client, provider: Provider, lee: User, settings: Any
) -> None:
    settings.SSO_ROLES = RULES
    told(provider, lee, groups=["coaches"])
    sign_on(client)
    told(provider, lee, sub="person-8", groups=["admins"])
    assert sign_on(Client()).status_code == 403
    assert OrganizationMembership.objects.get(user=lee).role == OrganizationRole.COACH


def test_sign_ons_are_forgotten_for_all_or_for_none(client: Client, provider: Provider, lee: User) -> None:
    told(provider, lee)
    sign_on(client)
    with pytest.raises(CommandError, match=r"nobody with the address no@example\.org\. Nothing was done"):
        call_command("forget_sign_on", lee.email, "no@example.org")
    assert SocialAccount.objects.exists()
    assert is_in(client)
    call_command("forget_sign_on", "--all", stdout=io.StringIO())
    assert not SocialAccount.objects.exists()
    assert not is_in(client)


def test_a_stranger_is_told_whom_to_ask(client: Client, provider: Provider, db: None) -> None:
    told(provider, "eve@example.org")
    answer = sign_on(client)
    assert answer.status_code == 403
    assert "eve@example.org" in answer.content.decode()
    assert not User.objects.exists()
    assert not is_in(client)


@pytest.mark.parametrize("proven", [False, "false", None, 0])
def test_an_address_that_nobody_vouches_for_is_nobodys(
    client: Client, provider: Provider, lee: User, proven: object
) -> None:
    told(provider, lee, email_verified=proven)
    assert sign_on(client).status_code == 403
    assert not is_in(client)


@pytest.mark.parametrize(
    "claims",
    [{"aud": "another"}, {"iss": "https://evil.example"}, {"exp": 1}],
    ids=["for another", "from another", "too old"],
)
def test_tokens_that_are_not_for_us_are_not_believed(
    client: Client, provider: Provider, lee: User, claims: dict[str, Any]
) -> None:
    told(provider, lee, **claims)
    assert sign_on(client).status_code in (401, 502)
    assert not is_in(client)


def test_a_token_that_somebody_else_signed_is_not_believed(
    client: Client, provider: Provider, lee: User
) -> None:
    told(provider, lee)
    provider.signs_with = make_key()
    assert sign_on(client).status_code in (401, 502)
    assert not is_in(client)


@pytest.mark.parametrize("algorithm", ["none", "HS256"])
def test_a_token_that_no_key_of_the_provider_signed_is_not_believed(
    client: Client, provider: Provider, lee: User, algorithm: str
) -> None:
    told(provider, lee)
    provider.algorithm = algorithm
    provider.signs_with = None if algorithm == "none" else "hush" * 16
    assert sign_on(client).status_code == 401
    assert not is_in(client)


def test_a_provider_that_calls_itself_by_another_name_is_not_believed(
    client: Client, provider: Provider, lee: User
) -> None:
    told(provider, lee, iss="https://another.example")
    provider.calls_itself = "https://another.example"
    assert sign_on(client).status_code in (401, 502)
    assert not is_in(client)


def test_who_did_not_begin_here_does_not_come_in(client: Client, provider: Provider, lee: User) -> None:
    """Else somebody could sign others in as themselves."""
    told(provider, lee)
    assert sign_on(client, state="made-up").status_code in (401, 502)
    assert not is_in(client)


def test_what_one_browser_began_no_other_goes_on_with(client: Client, provider: Provider, lee: User) -> None:
    told(provider, lee)
    began = parse_qs(urlsplit(Client().get(DOOR)["Location"]).query)
    assert sign_on(client, state=began["state"][0]).status_code in (401, 502)
    assert not is_in(client)


def test_a_code_comes_with_what_this_browser_alone_began(
    client: Client, provider: Provider, lee: User
) -> None:
    """So that the provider refuses one that was begun elsewhere (PKCE)."""
    told(provider, lee)
    verifiers = []
    for browser in (client, Client()):
        challenge = parse_qs(urlsplit(browser.get(DOOR)["Location"]).query)
        browser.get(CALLBACK, {"code": "good", "state": challenge["state"][0]})
        verifiers.append(provider.asked["code_verifier"])
        digest = hashlib.sha256(verifiers[-1].encode()).digest()
        assert base64.urlsafe_b64encode(digest).decode().rstrip("=") == challenge["code_challenge"][0]
    assert verifiers[0] != verifiers[1]
    assert min(len(verifier) for verifier in verifiers) >= 43


@pytest.mark.parametrize("came", ["cross-site", "same-site"])
def test_whoever_was_led_here_from_elsewhere_presses_the_button_first(
    client: Client, provider: Provider, db: None, came: str
) -> None:
    answer = client.get(f"{DOOR}?next=/o/aviary/", headers={"sec-fetch-site": came})
    assert (answer.status_code, answer["Location"]) == (302, f"{LOGIN}?next=/o/aviary/")
    page = client.get(answer["Location"]).content.decode()
    assert f"{DOOR}?next=/o/aviary/" in page.replace("%2F", "/")
    for here in ("same-origin", "none"):
        assert client.get(DOOR, headers={"sec-fetch-site": here})["Location"].startswith(provider.url)


@pytest.mark.parametrize("where", ["//evil.example", "https://evil.example", "/\\evil.example"])
def test_the_way_back_leads_nowhere_else(client: Client, provider: Provider, lee: User, where: str) -> None:
    told(provider, lee)
    assert sign_on(client, f"{DOOR}?next={where}")["Location"] == "/"


def test_the_way_back_leads_to_where_one_was_going(client: Client, provider: Provider, lee: User) -> None:
    told(provider, lee)
    assert sign_on(client, f"{DOOR}?next=/o/aviary/")["Location"] == "/o/aviary/"


def test_a_provider_that_does_not_answer_is_told_in_words_and_can_be_tried_again(
    client: Client, provider: Provider, settings: Any, db: None
) -> None:
    (app,) = settings.SOCIALACCOUNT_PROVIDERS["openid_connect"]["APPS"]
    app["settings"]["server_url"] = "http://127.0.0.1:9"
    answer = client.get(f"{DOOR}?next=/o/aviary/")
    assert answer.status_code == 502
    page = answer.content.decode()
    assert "was not reached" in page
    assert f"{LOGIN}?next=/o/aviary/" in page.replace("%2F", "/")


@pytest.mark.parametrize(
    ("error", "words"),
    [("access_denied", "You cancelled"), ("server_error", "could not be believed")],
)
def test_who_was_refused_there_is_told_what_to_do_and_comes_to_where_they_were_going(
    client: Client, provider: Provider, db: None, caplog: pytest.LogCaptureFixture, error: str, words: str
) -> None:
    began = parse_qs(urlsplit(client.get(f"{DOOR}?next=/o/aviary/")["Location"]).query)
    answer = client.get(CALLBACK, {"error": error, "state": began["state"][0]})
    assert answer.status_code == 401
    page = answer.content.decode()
    assert words in page
    assert f"{LOGIN}?next=/o/aviary/" in page.replace("%2F", "/")
    assert f"Single sign-on failed: {error}" in caplog.text


def test_the_log_takes_no_words_from_an_address(
    client: Client, db: None, provider: Provider, caplog: pytest.LogCaptureFixture
) -> None:
    assert client.get(CALLBACK, {"error": "eve@example.org\nwas here"}).status_code == 401
    assert "Single sign-on failed" in caplog.text
    assert "eve" not in caplog.text


def test_nothing_of_what_the_provider_said_is_kept(client: Client, provider: Provider, lee: User) -> None:
    told(provider, lee, phone_number="+41 44 000 00 00")
    page = sign_on(client)
    assert lee.socialaccount_set.get().extra_data == {}
    assert not SocialToken.objects.exists()
    for token in ("opens-nothing", provider.id_token().split(".")[0]):
        assert token not in str(dict(client.session)) + str(page.headers) + str(client.cookies)


def test_an_app_that_was_set_up_here_is_asked_for_none_the_less(
    client: Client, provider: Provider, lee: User
) -> None:
    Authenticator.objects.create(user=lee, type=Authenticator.Type.TOTP, data={"secret": encrypt(SECRET)})
    told(provider, lee)
    assert sign_on(client)["Location"].startswith("/account/login/second/")
    assert not is_in(client)


def test_a_session_ends_with_the_browser(client: Client, provider: Provider, lee: User) -> None:
    told(provider, lee)
    sign_on(client)
    assert client.cookies[current.SESSION_COOKIE_NAME]["max-age"] == ""


def test_a_session_ends_two_weeks_after_it_began_whatever_the_provider_says(
    client: Client, provider: Provider, lee: User
) -> None:
    told(provider, lee)
    with time_machine.travel(timezone.now(), tick=False) as clock:
        sign_on(client)
        clock.shift(dt.timedelta(days=14))
        assert not is_in(client)
        provider.claims |= {"exp": int(timezone.now().timestamp()) + 300}
        sign_on(client)
        assert is_in(client)


# --- Roles ------------------------------------------------------------------------------------


def role_of(user: User) -> str | None:
    found = OrganizationMembership.objects.filter(user=user, organization__slug="aviary").first()
    return found.role if found else None


def test_groups_give_roles_and_take_them(
    client: Client, provider: Provider, ada: User, lee: User, settings: Any
) -> None:
    settings.SSO_ROLES = RULES
    for groups, role in (
        (["coaches"], OrganizationRole.COACH),
        (["coaches", "admins"], OrganizationRole.ADMINISTRATOR),
        (["others"], None),
    ):
        told(provider, lee, groups=groups)
        sign_on(client)
        assert role_of(lee) == role
        client.post("/account/logout/")
    client.force_login(ada)
    log = client.get("/o/aviary/log/").content.decode()
    assert "made them coach of Aviary" in log
    assert "give no role in Aviary any more" in log


def test_a_group_lets_a_stranger_in(client: Client, provider: Provider, ada: User, settings: Any) -> None:
    settings.SSO_ROLES = RULES
    told(provider, "robin@example.org", groups="coaches")
    sign_on(client)
    robin = User.objects.get(email="robin@example.org")
    assert (robin.name, role_of(robin), is_in(client)) == ("Robin", OrganizationRole.COACH, True)


def test_the_last_administrator_stays(client: Client, provider: Provider, ada: User, settings: Any) -> None:
    settings.SSO_ROLES = RULES
    told(provider, ada, groups=[])
    sign_on(client)
    assert role_of(ada) == OrganizationRole.ADMINISTRATOR


def test_a_role_that_no_rule_names_is_left_alone(
    client: Client, provider: Provider, ada: User, cleo: User, settings: Any
) -> None:
    settings.SSO_ROLES = RULES[:1]
    told(provider, cleo, groups=[])
    sign_on(client)
    assert role_of(cleo) == OrganizationRole.COACH


# --- Without passwords ------------------------------------------------------------------------


def test_where_there_are_no_passwords_no_page_asks_for_one(
    client: Client, provider: Provider, lee: User, settings: Any
) -> None:
    settings.SSO_ONLY = settings.SOCIALACCOUNT_ONLY = True
    page = client.get("/account/login/").content.decode()
    assert "Sign in with Aviary account" in page
    assert 'type="password"' not in page
    client.post("/account/login/", {"login": lee.email, "password": factories.PASSWORD})
    assert not is_in(client)
    for address in ("password/reset/", "password/change/"):
        assert client.get(f"/account/{address}").status_code in (302, 404)
        assert client.post(f"/account/{address}", {"email": lee.email}).status_code in (302, 404)


def test_who_came_by_single_sign_on_has_shown_enough(
    client: Client, provider: Provider, ada: User, settings: Any
) -> None:
    settings.REQUIRE_SECOND_FACTOR = "everybody"
    told(provider, ada)
    sign_on(client)
    assert client.get("/o/aviary/").status_code == 200
    assert "is not enough here" not in client.get("/account/security/").content.decode()
