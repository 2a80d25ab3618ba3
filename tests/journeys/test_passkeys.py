"""A passkey, from its making to signing in with nothing else, by an authenticator that the browser has."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from .conftest import DESK
from .places import PASSWORD, show_that_it_is_me
from .stage import Stage


@pytest.fixture
def home(stage: Stage) -> str:
    """A passkey belongs to a name: an IP address is none."""
    return stage.url.replace("127.0.0.1", "localhost")


def with_authenticator(page: Page) -> Any:
    """Give the browser one that is always willing."""
    session = page.context.new_cdp_session(page)
    session.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True,
        "isUserVerified": True, "automaticPresenceSimulation": True,
    }  # fmt: skip
    session.send("WebAuthn.addVirtualAuthenticator", {"options": options})
    return session


def test_a_passkey_takes_the_place_of_the_password(browser: Browser, stage: Stage, home: str) -> None:
    scene = stage.set_scene("locksmith")
    page = browser.new_context(**DESK).new_page()
    with_authenticator(page)
    page.goto(f"{home}/account/login/")
    page.locator('[name="login"]').fill(scene["admin"])
    page.locator('[name="password"]').fill(PASSWORD)
    page.get_by_role("main").get_by_role("button", name="Sign in").click()

    page.goto(f"{home}/account/security/passkeys/new/")
    show_that_it_is_me(page)
    page.get_by_label("Name").fill("Laptop")
    page.get_by_role("button", name="Add it").click()
    expect(page.get_by_role("heading", name="Recovery codes")).to_be_visible()
    expect(page.locator(".codes li")).to_have_count(10)
    page.get_by_role("link", name="I have kept them").click()
    expect(page.get_by_role("row", name="Laptop")).to_be_visible()

    page.get_by_role("banner").get_by_role("button", name="Sign out").click()
    page.get_by_role("button", name="Use a passkey").click()
    expect(page.get_by_role("banner").get_by_role("button", name="Sign out")).to_be_visible()

    page.goto(f"{home}/account/security/")
    page.get_by_role("link", name="Remove Laptop").click()
    show_that_it_is_me(page)
    page.get_by_role("button", name="Remove the passkey").click()
    expect(page.get_by_role("row", name="Laptop")).to_have_count(0)
