"""Second factors, sessions, and who has to have what before any other page opens."""

from __future__ import annotations

import base64
import datetime as dt
import logging
import re
from collections.abc import Iterator
from typing import Any

import pytest
import time_machine
from allauth.account.forms import EmailAwarePasswordResetTokenGenerator
from allauth.account.utils import user_pk_to_url_str
from allauth.mfa.adapter import get_adapter as get_mfa_adapter
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.core import mail
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from assessments.models import Organization, OrganizationRole, User
from assessments.services import people
from tests import factories
from tests.authenticator import SECRET, code_of
from tests.factories import PASSWORD

LOGIN, SECURITY = "/account/login/", "/account/security/"
TRIES = 5
"""Wrong passwords for one address within five minutes, after which even the right one has to wait."""


HALF_A_MINUTE = dt.timedelta(seconds=30)


@pytest.fixture
def clock() -> Iterator[time_machine.Coordinates]:
    """A clock that stands at the start of a minute, until a test moves it on."""
    with time_machine.travel(timezone.now().replace(second=0, microsecond=0), tick=False) as stopped:
        yield stopped


def sign_in(client: Client, user: User, password: str = PASSWORD, **headers: str) -> Any:
    return client.post(LOGIN, {"login": user.email, "password": password}, headers=headers)


def set_up_app(client: Client, user: User) -> tuple[str, list[str]]:
    """Sign in and set up an app: its secret and the recovery codes."""
    sign_in(client, user)
    show_that_it_is_me(client)
    page = client.get("/account/security/app/").content.decode()
    found = re.search(r'class="secret">(\w+)<', page)
    assert found
    answer = client.post("/account/security/app/", {"code": code_of(found[1])}, follow=True)
    return found[1], re.findall(r"<code>([\w-]+)</code>", answer.content.decode())


def second_step(client: Client, user: User, code: str) -> bool:
    """Sign in anew with the password and a code; whether that is enough."""
    client.post("/account/logout/")
    sign_in(client, user)
    client.post("/account/login/second/", {"code": code})
    return signed_in(client)


def show_that_it_is_me(client: Client) -> None:
    client.post(f"{SECURITY}again/", {"password": PASSWORD})


def asks_again(answer: Any) -> bool:
    """Whether one has to show first that it is oneself."""
    return answer.status_code == 302 and answer["Location"].split("?")[0] == f"{SECURITY}again/"


def signed_in(client: Client) -> bool:
    return client.get(SECURITY).status_code == 200


# --- Brute force ------------------------------------------------------------------------------


def test_after_five_wrong_passwords_the_right_one_has_to_wait_too(client: Client, lee: User) -> None:
    statuses = [sign_in(client, lee, "wrong").status_code for _ in range(14)]

    assert set(statuses[:TRIES]) == {200}
    assert set(statuses[TRIES:]) <= {200, 429}
    sign_in(client, lee)
    assert not signed_in(client)


def test_a_made_up_address_of_a_proxy_helps_nobody(client: Client, lee: User) -> None:
    for number in range(TRIES + 4):
        sign_in(client, lee, "wrong", X_Forwarded_For=f"203.0.113.{number}")
    sign_in(client, lee, X_Forwarded_For="203.0.113.99")
    assert not signed_in(client)


def test_a_session_begins_anew_when_somebody_signs_in(client: Client, lee: User) -> None:
    client.get(LOGIN)
    session = client.session
    session["kept"] = "before"
    session.save()
    before = session.session_key
    sign_in(client, lee)
    assert client.session.session_key != before


# --- An authenticator app ---------------------------------------------------------------------


def test_with_an_app_the_password_is_half_the_way(
    client: Client, lee: User, clock: time_machine.Coordinates
) -> None:
    secret, codes = set_up_app(client, lee)
    assert len(codes) == 10
    client.post("/account/logout/")
    clock.shift(HALF_A_MINUTE)

    assert sign_in(client, lee)["Location"].startswith("/account/login/second/")
    assert not signed_in(client)
    assert client.post("/account/login/second/", {"code": "000000"}).status_code == 200
    assert not signed_in(client)
    client.post("/account/login/second/", {"code": code_of(secret)})
    assert signed_in(client)


def test_a_code_is_good_once(client: Client, lee: User) -> None:
    _secret, codes = set_up_app(client, lee)
    assert [second_step(client, lee, codes[0]) for _time in range(2)] == [True, False]


@pytest.mark.parametrize("later", [1, 29, 31])
def test_what_the_app_showed_is_not_taken_twice(
    client: Client, lee: User, clock: time_machine.Coordinates, later: int
) -> None:
    secret, _codes = set_up_app(client, lee)
    clock.shift(HALF_A_MINUTE)
    code = code_of(secret)
    assert second_step(client, lee, code)
    clock.shift(dt.timedelta(seconds=later))
    assert not second_step(client, lee, code)


@pytest.mark.usefixtures("clock")
def test_nor_is_the_code_with_which_it_was_set_up(client: Client, lee: User) -> None:
    secret, _codes = set_up_app(client, lee)
    assert not second_step(client, lee, code_of(secret))


@pytest.mark.parametrize(("later", "good"), [(-1, False), (0, True), (29, True), (30, False)])
def test_a_code_is_good_for_its_own_half_minute(
    client: Client, lee: User, clock: time_machine.Coordinates, later: int, good: bool
) -> None:
    secret, _codes = set_up_app(client, lee)
    clock.shift(2 * HALF_A_MINUTE)
    code = code_of(secret)
    clock.shift(dt.timedelta(seconds=later))
    assert second_step(client, lee, code) is good


def test_secrets_are_long_and_no_two_alike(client: Client, lee: User, mia: User) -> None:
    (secret, codes), (other, others) = set_up_app(client, lee), set_up_app(Client(), mia)
    assert len(base64.b32decode(secret)) == 20
    assert secret != other
    assert {len(code) for code in codes + others if code.isdecimal()} == {8}
    assert len({*codes, *others}) == 20


def test_codes_are_not_guessed(client: Client, lee: User, clock: time_machine.Coordinates) -> None:
    secret, _codes = set_up_app(client, lee)
    client.post("/account/logout/")
    clock.shift(HALF_A_MINUTE)
    sign_in(client, lee)
    for number in range(12):
        client.post("/account/login/second/", {"code": f"{number:06}"})
    client.post("/account/login/second/", {"code": code_of(secret)})
    assert not signed_in(client)


def test_the_database_alone_makes_no_codes(client: Client, lee: User) -> None:
    secret, _codes = set_up_app(client, lee)
    kept = str(Authenticator.objects.values_list("data", flat=True))
    assert secret not in kept


def test_what_is_kept_encrypted_cannot_be_changed() -> None:
    adapter = get_mfa_adapter()
    kept = adapter.encrypt(SECRET)
    assert adapter.decrypt(kept) == SECRET
    for place in range(len(kept) - 1):  # the last sign is padding
        changed = kept[:place] + ("A" if kept[place] != "A" else "B") + kept[place + 1 :]
        assert adapter.decrypt(changed) != SECRET


def test_recovery_codes_are_shown_once(client: Client, lee: User) -> None:
    _secret, codes = set_up_app(client, lee)
    page = client.get("/account/security/codes/").content.decode()
    assert not any(code in page for code in codes)


def test_a_factor_is_set_up_only_after_the_password_was_shown_again(client: Client, lee: User) -> None:
    """Whoever finds a browser open changes nothing."""
    sign_in(client, lee)
    for address in ("app/", "passkeys/new/"):
        assert asks_again(client.get(f"{SECURITY}{address}"))
    client.post("/account/security/again/", {"password": "wrong"})
    assert client.get(f"{SECURITY}app/").status_code == 302


def test_nor_is_one_taken_away(client: Client, lee: User) -> None:
    set_up_app(Client(), lee)
    client.force_login(lee)
    for address in ("app/remove/", "codes/", "codes/new/"):
        assert asks_again(client.get(f"{SECURITY}{address}"))
        client.post(f"{SECURITY}{address}")
    assert Authenticator.objects.filter(user=lee).count() == 2


def test_a_new_password_goes_round_no_second_factor(client: Client, lee: User) -> None:
    set_up_app(client, lee)
    client.post("/account/logout/")
    lee.refresh_from_db()  # a link is no good any more after a sign-in
    key, new = EmailAwarePasswordResetTokenGenerator().make_token(lee), "quite another password"
    page = client.get(f"/account/password/reset/key/{user_pk_to_url_str(lee)}-{key}/")
    client.post(page["Location"], {"password1": new, "password2": new})
    assert not signed_in(client)

    assert sign_in(client, lee, new)["Location"].startswith("/account/login/second/")
    assert not signed_in(client)


@pytest.mark.django_db(transaction=True)
def test_the_log_tells_of_second_factors(client: Client, lee: User, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "accelerate_survey.sign_in")
    set_up_app(client, lee)
    client.post(f"{SECURITY}codes/new/")
    client.post(f"{SECURITY}app/remove/")
    set_up_app(client, lee)
    assert not second_step(client, lee, "wrong")

    told = [record for record in caplog.records if record.name == "accelerate_survey.sign_in"]
    words = " ".join(record.message for record in told).replace(f" user={lee.pk}", "").replace("event=", "")
    assert words.split() == [
        "signed_in", "second_factor_added", "second_factor_added", "recovery_codes_made",
        "second_factor_removed", "second_factor_removed",
        "second_factor_added", "second_factor_added", "signed_out", "second_factor_failed",
    ]  # fmt: skip
    assert told[-1].levelname == "WARNING"


# --- Who has to have one ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("asked", "led"),
    [("", set()), ("administrators", {"ada", "cleo"}), ("everybody", {"ada", "cleo", "lee"})],
)
def test_who_has_to_have_a_second_factor_sets_it_up_first(
    client: Client, ada: User, cleo: User, lee: User, settings: Any, asked: str, led: set[str]
) -> None:
    settings.REQUIRE_SECOND_FACTOR = asked
    found = set()
    for user in (ada, cleo, lee):
        client.force_login(user)
        answer = client.get("/o/aviary/")
        if answer.status_code == 302 and answer["Location"] == SECURITY:
            found.add(user.name.lower())
        assert client.get("/privacy/").status_code == 200
        page = client.get(SECURITY)
        assert page.status_code == 200
        is_led_back = user.name.lower() in found
        assert (reverse("api_tokens") in page.content.decode()) is not is_led_back
    assert found == led


def test_with_one_all_pages_open(client: Client, ada: User, settings: Any) -> None:
    settings.REQUIRE_SECOND_FACTOR = "everybody"
    set_up_app(client, ada)
    assert client.get("/o/aviary/").status_code == 200


# --- Sessions ---------------------------------------------------------------------------------


def test_sessions_are_listed_and_ended(client: Client, lee: User) -> None:
    other = Client(headers={"user-agent": "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Firefox/140.0"})
    sign_in(other, lee)
    sign_in(client, lee)
    assert "Firefox on Linux" in client.get(SECURITY).content.decode()

    session = UserSession.objects.exclude(session_key=client.session.session_key).get()
    assert session.ip == "0.0.0.0"
    show_that_it_is_me(client)
    client.post(reverse("account_end_session", args=[session.pk]))
    assert not signed_in(other)
    assert signed_in(client)


def test_sessions_are_ended_only_after_the_password_was_shown_again(client: Client, lee: User) -> None:
    other = Client()
    sign_in(other, lee)
    sign_in(client, lee)
    session = UserSession.objects.exclude(session_key=client.session.session_key).get()
    for address in (reverse("account_end_session", args=[session.pk]), reverse("account_end_other_sessions")):
        assert asks_again(client.post(address))
    assert signed_in(other)
    assert "127.0.0.1" not in str(dict(client.session))  # where somebody comes from is not kept meanwhile


def test_a_session_ends_two_weeks_after_it_began_however_much_it_is_used(
    client: Client, lee: User, clock: time_machine.Coordinates
) -> None:
    client.post(LOGIN, {"login": lee.email, "password": PASSWORD, "remember": "on"})
    for _day in range(13):
        clock.shift(dt.timedelta(days=1))
        show_that_it_is_me(client)  # which changes the session
        assert signed_in(client)
    clock.shift(dt.timedelta(days=1, seconds=1))
    assert not signed_in(client)


def test_it_begins_with_the_sign_in(client: Client, lee: User, clock: time_machine.Coordinates) -> None:
    session = client.session
    session["kept"] = "before"
    session.save()
    clock.shift(dt.timedelta(days=13))
    sign_in(client, lee)
    clock.shift(dt.timedelta(days=2))
    assert signed_in(client)


def test_all_others_are_ended_at_once(client: Client, lee: User) -> None:
    others = [Client(), Client()]
    for each in (*others, client):
        sign_in(each, lee)
    show_that_it_is_me(client)
    client.post(reverse("account_end_other_sessions"))
    assert [signed_in(each) for each in (*others, client)] == [False, False, True]


def test_a_new_password_ends_all_other_sessions(client: Client, lee: User) -> None:
    other = Client()
    sign_in(other, lee)
    sign_in(client, lee)
    new = "quite another password"
    client.post("/account/password/change/", {"oldpassword": PASSWORD, "password1": new, "password2": new})
    assert [signed_in(each) for each in (other, client)] == [False, True]


def test_nobody_ends_sessions_of_others(client: Client, lee: User, mia: User) -> None:
    other = Client()
    sign_in(other, mia)
    sign_in(client, lee)
    show_that_it_is_me(client)
    session = UserSession.objects.get(user=mia)
    assert client.post(reverse("account_end_session", args=[session.pk])).status_code == 404
    assert signed_in(other)


# --- A lost device ----------------------------------------------------------------------------


def lose(client: Client, email: str, **other: str) -> Any:
    return client.post("/o/aviary/people/lost-device/", {"email": email} | other)


def test_an_administrator_signs_somebody_out(client: Client, ada: User, lee: User) -> None:
    set_up_app(other := Client(), lee)
    client.force_login(ada)

    assert lose(client, lee.email.upper()).status_code == 302
    assert not signed_in(other)
    assert Authenticator.objects.filter(user=lee).exists()
    assert "ended all sessions of Lee" in client.get("/o/aviary/log/").content.decode()


def test_lost_second_factors_are_taken_away(client: Client, ada: User, lee: User) -> None:
    set_up_app(Client(), lee)
    client.force_login(ada)

    lose(client, lee.email, second_factors="on")
    assert not Authenticator.objects.filter(user=lee).exists()
    assert "took away the second factors of Lee" in client.get("/o/aviary/log/").content.decode()
    assert not mail.outbox


@pytest.mark.parametrize("whose", ["zoe", "ada", "nobody"])
def test_second_factors_of_strangers_and_ones_own_stay(
    client: Client, ada: User, zoe: User, whose: str
) -> None:
    for user in (ada, zoe):
        set_up_app(Client(), user)
    client.force_login(ada)

    assert lose(client, f"{whose}@example.org", second_factors="on").status_code == 422
    assert Authenticator.objects.filter(type=Authenticator.Type.TOTP).count() == 2


@pytest.mark.parametrize("by_both", [False, True])
def test_who_has_a_role_elsewhere_keeps_them_unless_it_is_the_same_administrator(
    client: Client, ada: User, zoe: User, lee: User, by_both: bool
) -> None:
    """Else anybody could weaken an account by adding its address to a team of their own."""
    terrarium = Organization.objects.get(slug="terrarium")
    team = factories.make_team(terrarium, "Team Gecko")
    people.add_to_team(team=team, email=lee.email, name=lee.name, by=zoe)
    if by_both:
        people.set_organization_role(
            organization=terrarium,
            email=ada.email,
            name=ada.name,
            role=OrganizationRole.ADMINISTRATOR,
            by=zoe,
        )
    set_up_app(Client(), lee)
    client.force_login(ada)

    answer = lose(client, lee.email, second_factors="on")
    assert answer.status_code == (302 if by_both else 422)
    assert Authenticator.objects.filter(user=lee).exists() is not by_both
    assert by_both or "a role in another organization" in answer.content.decode()


def test_a_coach_elsewhere_has_no_say(client: Client, ada: User, zoe: User, lee: User) -> None:
    for user, role in ((ada, OrganizationRole.COACH), (lee, OrganizationRole.COACH)):
        people.set_organization_role(
            organization=Organization.objects.get(slug="terrarium"),
            email=user.email,
            name=user.name,
            role=role,
            by=zoe,
        )
    set_up_app(Client(), lee)
    client.force_login(ada)

    assert lose(client, lee.email, second_factors="on").status_code == 422
    assert Authenticator.objects.filter(user=lee).exists()
