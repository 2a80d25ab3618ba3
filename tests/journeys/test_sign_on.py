"""Single sign-on in the browser: there, back to where one was going, and out again."""

from __future__ import annotations

from playwright.sync_api import Browser, expect

from .conftest import PHONE, SECONDS, Watch, addresses
from .places import sign_on
from .stage import PROVIDER_ONLY, Stage


def test_a_coach_comes_from_the_provider_and_signs_out(
    browser: Browser, installations: dict[str, Stage]
) -> None:
    there = installations[PROVIDER_ONLY]
    scene, watch = there.set_scene("guest_house"), Watch(*addresses(installations))
    context = watch.over(browser.new_context(base_url=there.url, **PHONE))
    context.set_default_timeout(SECONDS * 1000)
    page = context.new_page()
    page.goto(scene["coach_page"])
    expect(page.get_by_role("textbox")).to_have_count(0)  # there is no password to be asked for

    sign_on(scene["coach"], "Cancel")(page)
    expect(page.get_by_role("heading", level=1)).to_have_text("You are not signed in")
    page.get_by_role("link", name="Try again").click()
    sign_on(scene["coach"])(page)
    expect(page).to_have_url(f"{there.url}{scene['coach_page']}")
    expect(page.get_by_role("checkbox", name=scene["team"])).to_be_visible()

    page.get_by_role("banner").get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("link", name="Sign in with Meadow account")).to_be_visible()
    page.go_back()
    page.reload()
    expect(page.get_by_role("link", name="Sign in with Meadow account")).to_be_visible()
    context.close()
    assert not watch.problems
