"""Passwords and what they open: which are taken, how they are changed, when a session is over."""

from __future__ import annotations

import logging
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth.password_validation import validate_password
from django.contrib.sessions.models import Session
from django.core.exceptions import ValidationError
from django.test import Client

from accelerate_survey import settings as product
from assessments.models import User
from tests import factories

LONG = "korrekt horse 电池 staple " * 4
CHANGE = "/account/password/change/"


def enter(user: User, password: str = factories.PASSWORD) -> Client:
    client = Client()
    client.post("/account/login/", {"login": user.email, "password": password})
    return client


def is_in(client: Client) -> bool:
    return client.get("/").headers.get("Location", "") != "/account/login/?next=/"


@pytest.mark.parametrize(
    "password",
    [
        "short pass",
        "aaaaaaaaaaaaaaaa!",
        "0000000000 1",
        "CORRECT horse",
        LONG,
        "\u202epassphrase of mine",
        "密码就是这样一句长话吧",
    ],
)
def test_long_enough_ones_are_taken_whatever_they_are_made_of(ada: User, password: str) -> None:
    validate_password(password, ada)


@pytest.mark.parametrize(
    ("password", "why"),
    [
        ("ninechars", "too short"),
        ("1234567890", "too common"),
        ("password123", "guess"),
        ("Aviary-2026!", "guess"),
        ("AccelerateSurvey1", "guess"),
        ("Accelerate Dora", "guess"),
        ("ada@example.org", "similar"),
    ],
)
def test_what_others_would_try_first_is_refused(ada: User, password: str, why: str) -> None:
    with pytest.raises(ValidationError) as told:
        validate_password(password, ada)

    assert why in " ".join(told.value.messages)


def test_own_words_with_enough_beside_them_are_taken(ada: User) -> None:
    validate_password("aviary of my grandmother", ada)


@pytest.mark.parametrize("password", [f" {LONG}", LONG.upper(), "x" * 72 + "different after bcrypt's end"])
def test_it_is_compared_as_it_was_typed(zoe: User, password: str) -> None:
    zoe.set_password(password)
    zoe.save()

    assert is_in(enter(zoe, password))
    for other in (password.strip() + "x", password.swapcase(), password[:72], password[:-1]):
        assert not is_in(enter(zoe, other))


def test_a_new_one_needs_the_old_one_and_ends_all_other_sessions(zoe: User) -> None:
    here, elsewhere = enter(zoe), enter(zoe)
    new = {"password1": LONG, "password2": LONG}

    assert here.post(CHANGE, {"oldpassword": "wrong", **new}).status_code == 200
    assert is_in(elsewhere)
    assert here.post(CHANGE, {"oldpassword": factories.PASSWORD, **new}).status_code == 302

    assert is_in(here)
    assert not is_in(elsewhere)
    assert is_in(enter(zoe, LONG))


def test_its_field_hides_it_and_lets_programs_fill_it_in(client: Client, zoe: User) -> None:
    page = client.get("/account/login/").content.decode()

    assert 'type="password"' in page
    assert 'autocomplete="current-password"' in page
    assert "paste" not in page  # nor is there a script that hears of it: tests/test_scans.py


def test_they_are_kept_as_argon2_has_them() -> None:
    assert product.PASSWORD_HASHERS[0].endswith(".Argon2PasswordHasher")  # the tests have a fast one


def test_there_is_nobody_whom_we_did_not_make(db: None) -> None:
    assert not User.objects.exists()


# --- Sessions ---------------------------------------------------------------------------------


def test_signing_in_begins_a_new_session(zoe: User) -> None:
    client = Client()
    client.cookies[settings.SESSION_COOKIE_NAME] = "a" * 32
    client.post("/account/login/", {"login": zoe.email, "password": factories.PASSWORD})
    first = client.cookies[settings.SESSION_COOKIE_NAME].value
    client.post("/account/logout/")
    client.post("/account/login/", {"login": zoe.email, "password": factories.PASSWORD})

    assert len({"a" * 32, first, client.cookies[settings.SESSION_COOKIE_NAME].value}) == 3


def test_signing_out_ends_it_on_the_server(zoe: User) -> None:
    client = enter(zoe)
    kept = client.cookies[settings.SESSION_COOKIE_NAME].value
    client.post("/account/logout/")
    client.cookies[settings.SESSION_COOKIE_NAME] = kept

    assert not is_in(client)
    assert not Session.objects.filter(session_key=kept).exists()


@pytest.mark.parametrize("gone", ["not active", "deleted"])
def test_who_may_not_sign_in_any_more_is_out_at_once(zoe: User, gone: str) -> None:
    client = enter(zoe)
    assert is_in(client)

    if gone == "deleted":
        zoe.delete()
    else:
        User.objects.update(is_active=False)

    assert not is_in(client)
    assert not is_in(enter(zoe))


def test_every_page_behind_the_sign_in_leads_out(sign_in: Any, ada: User) -> None:
    assert 'action="/account/logout/"' in sign_in(ada).get("/o/aviary/").content.decode()


# --- The log ----------------------------------------------------------------------------------


def test_the_log_tells_of_every_try_and_never_what_was_typed(
    zoe: User, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "accelerate_survey.sign_in")

    enter(zoe, "a wrong password")
    client = enter(zoe)
    client.post(CHANGE, {"oldpassword": factories.PASSWORD, "password1": LONG, "password2": LONG})
    client.post("/account/logout/")
    told = [record.message for record in caplog.records if record.name == "accelerate_survey.sign_in"]

    assert told == [
        "event=sign_in_failed",
        f"event=signed_in user={zoe.pk}",
        f"event=password_changed user={zoe.pk}",
        f"event=signed_out user={zoe.pk}",
    ]
    assert not any(word in caplog.text for word in (zoe.email, "wrong password", LONG, factories.PASSWORD))


def test_nobodys_mailbox_is_filled_with_links(
    client: Client, zoe: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    handed_over: list[object] = []
    monkeypatch.setattr("assessments.accounts._hand_over", handed_over.append)

    answers = [
        client.post("/account/password/reset/", {"email": zoe.email}).status_code for _time in range(6)
    ]

    assert answers == [302] * 5 + [429]
    assert len(handed_over) <= 5
