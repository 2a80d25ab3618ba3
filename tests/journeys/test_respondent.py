"""One person and a link: whatever they press, nothing is lost, counts twice or leaves the house."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, expect

from .conftest import DESK, PHONE, Enter
from .stage import Stage, Visitor, until

FIRST_STATEMENT = "version_control_settings"
TARGET = 44
"""The least height and width of what is touched in the questionnaire, in CSS pixels."""


@pytest.fixture(scope="module")
def scene(stage: Stage) -> dict[str, Any]:
    """Teams of two, each for one test."""
    return stage.set_scene("respondents")


@pytest.fixture(scope="module")
def admin(stage: Stage, scene: dict[str, Any]) -> Visitor:
    """Who sees how many have answered."""
    ada = Visitor(stage)
    ada.sign_in(scene["admin"], "a long enough password")
    return ada


@pytest.fixture
def team(scene: dict[str, Any]) -> tuple[str, str]:
    """A team that no other test has: its name and one of its two links."""
    name, links = scene["teams"].popitem()
    return name, links[0]


@pytest.fixture
def link(team: tuple[str, str]) -> str:
    """Somebody's link."""
    return team[1]


def sent(admin: Visitor, scene: dict[str, Any], name: str) -> int:
    """How many of a team have sent their answers, as the administrator sees it."""
    admin.get(scene["round"])
    found = re.search(rf">{name}</a></th>\s*<td[^>]*>(\d+) of 2<", admin.html)
    assert found
    return int(found[1])


def radio(page: Page, key: str, value: int | str) -> Any:
    """One target of a row."""
    return page.locator(f'input[name="{key}"][value="{value}"]')


def stored(stage: Stage, link: str, address: str = "/respond/1/") -> dict[str, str]:
    """What another device shows as answered on a page."""
    other = Visitor(stage)
    other.get(link)
    other.get(address)
    rows = re.findall(r'<input type="radio" name="(\w+)" value="(\w+)"[^>]* checked', other.html)
    return dict(rows)


def begin(page: Page, link: str) -> None:
    """From the link to the first page of questions."""
    page.goto(link)
    page.get_by_role("link", name="Begin").click()
    expect(page).to_have_url(re.compile(r"/respond/1/$"))


# --- Saving ---------------------------------------------------------------------------------------


def test_an_answer_is_saved_as_it_is_given(enter: Enter, stage: Stage, link: str) -> None:
    page = enter(**PHONE)
    begin(page, link)
    radio(page, FIRST_STATEMENT, 6).check()
    expect(page.locator("[data-save-status]")).to_have_text(re.compile("Saved"))
    assert stored(stage, link) == {FIRST_STATEMENT: "6"}


def test_leaving_right_after_a_tap_loses_nothing(enter: Enter, stage: Stage, link: str) -> None:
    page = enter(**PHONE)
    begin(page, link)
    radio(page, FIRST_STATEMENT, 2).check()
    page.goto("/respond/")  # at once: before the answer was sent by itself
    assert until(lambda: stored(stage, link), "the answer is stored") == {FIRST_STATEMENT: "2"}


def test_what_was_not_saved_is_said_and_tried_again(enter: Enter, stage: Stage, link: str) -> None:
    page = enter(**PHONE)
    begin(page, link)
    page.context.set_offline(True)
    radio(page, FIRST_STATEMENT, 3).check()
    expect(page.locator("[data-save-status]")).to_contain_text("Not saved")
    page.context.set_offline(False)
    expect(page.locator("[data-save-status]")).to_have_text(re.compile("Saved"))
    assert stored(stage, link) == {FIRST_STATEMENT: "3"}


def test_everything_works_without_scripts(
    enter: Enter, stage: Stage, admin: Visitor, scene: dict[str, Any], team: tuple[str, str]
) -> None:
    name, link = team
    page = enter(**PHONE, java_script_enabled=False)
    begin(page, link)
    radio(page, FIRST_STATEMENT, "dk").check()
    page.get_by_role("button", name="Save and leave").click()
    expect(page.get_by_text("Welcome back")).to_be_visible()
    assert stored(stage, link) == {FIRST_STATEMENT: "dk"}
    page.get_by_role("link", name="Review and send").click()
    page.get_by_label("Trunk", exact=False).first.check()
    page.get_by_role("button", name="Send my answers").click()
    expect(page.get_by_role("heading", name="Thank you")).to_be_visible()
    assert sent(admin, scene, name) == 1


# --- Keyboard -------------------------------------------------------------------------------------


def focused(page: Page) -> dict[str, str]:
    """What has the focus."""
    return page.evaluate(
        "() => { const at = document.activeElement;"
        " return {tag: at.tagName, name: at.name || '', value: at.value || '', words: at.innerText || ''} }"
    )


def tab_stops(page: Page) -> list[dict[str, str]]:
    """Everything that the tab key stops at, from the top of the page to its end."""
    stops: list[dict[str, str]] = []
    page.locator("body").evaluate(
        "body => { document.activeElement.blur(); getSelection().removeAllRanges() }"
    )
    while len(stops) < 100:
        page.keyboard.press("Tab")
        here = focused(page)
        if here["tag"] == "BODY" or here in stops[:1]:
            break
        stops.append(here)
    return stops


def test_the_tab_key_stops_once_a_question(enter: Enter, link: str) -> None:
    page = enter(**DESK)
    begin(page, link)
    stops = tab_stops(page)
    rows = [stop["name"] for stop in stops if stop["tag"] == "INPUT" and stop["name"]]
    asked = page.locator("fieldset").count()
    assert asked >= 12
    assert len(rows) == len(set(rows)) == asked
    words = [stop["words"] for stop in stops if stop["name"] not in rows or not stop["name"]]
    assert words == [
        "Skip to the content",
        "Deutsch",
        "Back",
        "",
        "Continue",
        "Save and leave",
        "Who sees what",
    ]  # "" is the box for keys


def test_a_page_is_answered_with_the_keyboard_alone(enter: Enter, stage: Stage, link: str) -> None:
    page = enter(**DESK)
    begin(page, link)
    radio(page, FIRST_STATEMENT, 1).focus()
    asked = page.locator("fieldset").count()
    for place in range(asked):
        page.keyboard.press("Space")
        for _ in range(place % 7):
            page.keyboard.press("ArrowRight")
        page.keyboard.press("Tab")
    assert focused(page)["words"] == "Continue"
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(r"/respond/2/$"))
    assert list(stored(stage, link).values()) == [str(1 + place % 7) for place in range(asked)]


def press_until(page: Page, words: str) -> None:
    """Tab on until the focus is on this link or button."""
    for _ in range(100):
        page.keyboard.press("Tab")
        if focused(page)["words"].strip() == words:
            return
    raise AssertionError(f"the tab key never came to {words!r}")


def test_the_whole_way_is_walked_with_the_keyboard_alone(
    enter: Enter, stage: Stage, admin: Visitor, scene: dict[str, Any], team: tuple[str, str]
) -> None:
    """From the link to the thanks, every question answered, and not one click."""
    name, link = team
    page = enter(**DESK)
    page.goto(link)
    press_until(page, "Begin")
    page.keyboard.press("Enter")
    page.wait_for_url("**/respond/1/")
    asked: dict[str, set[str]] = {}
    while not page.url.endswith("/review/"):
        here = page.url
        names = page.locator("main input[type=radio]").evaluate_all("all => all.map(one => one.name)")
        asked[urlsplit(here).path] = set(names)
        while focused(page)["words"] != "Continue":
            page.keyboard.press("Tab")
            if focused(page)["name"] in names:
                page.keyboard.press("Space")
        page.keyboard.press("Enter")
        page.wait_for_url(lambda url, here=here: url != here)
    assert len(asked) == 7
    assert {address: set(stored(stage, link, address)) for address in asked} == asked
    press_until(page, "Send my answers")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Thank you")).to_be_visible()
    assert sent(admin, scene, name) == 1


def test_the_focus_is_seen_wherever_it_is(enter: Enter, link: str) -> None:
    page = enter(**PHONE)
    begin(page, link)
    page.locator("body").evaluate("body => document.activeElement.blur()")
    stops = len(tab_stops(page))
    hidden = []
    for _ in range(stops):
        page.keyboard.press("Tab")
        seen = page.evaluate(
            """() => { const at = document.activeElement, box = at.getBoundingClientRect();
              const top = document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2);
              return at.contains(top) && getComputedStyle(at).outlineStyle !== 'none' }"""
        )
        hidden += [] if seen else [focused(page)]
    assert hidden == []


def test_number_keys_answer_only_who_asked_for_them(enter: Enter, stage: Stage, link: str) -> None:
    page = enter(**DESK)
    begin(page, link)
    row = radio(page, FIRST_STATEMENT, 1)
    row.focus()
    page.keyboard.press("5")
    expect(radio(page, FIRST_STATEMENT, 5)).not_to_be_checked()
    page.get_by_label("Answer with the keys 1 to 7").check()
    row.focus()
    page.keyboard.press("5")
    expect(radio(page, FIRST_STATEMENT, 5)).to_be_checked()
    assert focused(page)["value"] == "5"
    page.keyboard.press("9")
    expect(radio(page, FIRST_STATEMENT, 5)).to_be_checked()
    page.keyboard.press("0")
    expect(radio(page, FIRST_STATEMENT, "dk")).to_be_checked()
    until(lambda: stored(stage, link) == {FIRST_STATEMENT: "dk"}, "the answer is stored")


# --- The last page, and the way back --------------------------------------------------------------


def test_the_review_leads_to_the_row_that_is_open(enter: Enter, link: str) -> None:
    page = enter(**PHONE)
    begin(page, link)
    radio(page, FIRST_STATEMENT, 4).check()
    page.get_by_role("button", name="Save and leave").click()
    page.get_by_role("link", name="Review and send").click()
    expect(page.get_by_text("You left these open.")).to_be_visible()
    page.get_by_role("link", name=re.compile("version control")).click()
    expect(page).to_have_url(re.compile(r"/respond/1/#"))
    # the first of the three has an answer, so the second is what is open
    expect(radio(page, "version_control_rebuild", 1)).to_be_focused()
    expect(page.locator("fieldset", has=radio(page, "version_control_rebuild", 1))).to_be_in_viewport()


def test_a_fourth_hindrance_is_refused_kindly(enter: Enter, link: str) -> None:
    page = enter(**PHONE)
    page.goto(link)
    page.goto("/respond/review/")
    boxes = page.locator('input[name="hindrances"]')
    for place in range(3):
        boxes.nth(place).check()
    boxes.nth(5).click(force=True)  # it says that it is disabled, and yet can be reached
    expect(boxes.nth(5)).not_to_be_checked()
    expect(page.get_by_text("Three are chosen.")).to_be_visible()
    boxes.nth(1).uncheck()
    boxes.nth(5).check()


def test_the_back_button_shows_what_was_answered(enter: Enter, stage: Stage, link: str) -> None:
    page = enter(**PHONE)
    begin(page, link)
    radio(page, FIRST_STATEMENT, 7).check()
    page.get_by_role("button", name="Continue").click()
    expect(page).to_have_url(re.compile(r"/respond/2/$"))
    page.go_back()
    expect(page).to_have_url(re.compile(r"/respond/1/$"))
    expect(radio(page, FIRST_STATEMENT, 7)).to_be_checked()
    radio(page, FIRST_STATEMENT, 1).check()
    page.go_forward()
    page.reload()
    until(lambda: stored(stage, link) == {FIRST_STATEMENT: "1"}, "the changed answer is stored")


def test_back_after_sending_offers_to_send_again(
    enter: Enter, admin: Visitor, scene: dict[str, Any], team: tuple[str, str]
) -> None:
    name, link = team
    page = enter(**PHONE)
    page.goto(link)
    page.goto("/respond/review/")
    page.get_by_role("button", name="Send my answers").click()
    expect(page.get_by_role("heading", name="Thank you")).to_be_visible()
    page.go_back()
    page.get_by_role("button", name="Send again").click()
    expect(page.get_by_role("heading", name="Thank you")).to_be_visible()
    assert sent(admin, scene, name) == 1
    page.goto(link)
    expect(page.get_by_text("Your answers have been sent.")).to_be_visible()


def test_a_double_click_sends_one_response(
    enter: Enter, admin: Visitor, scene: dict[str, Any], team: tuple[str, str]
) -> None:
    name, link = team
    page = enter(**DESK)
    page.goto(link)
    page.goto("/respond/review/")
    page.get_by_role("button", name="Send my answers").dblclick()
    expect(page.get_by_role("heading", name="Thank you")).to_be_visible()
    assert sent(admin, scene, name) == 1


def test_two_tabs_are_one_response_and_neither_loses_an_answer(
    enter: Enter, stage: Stage, admin: Visitor, scene: dict[str, Any], team: tuple[str, str]
) -> None:
    name, link = team
    one = enter(**DESK)
    begin(one, link)
    two = one.context.new_page()
    two.goto("/respond/1/")
    radio(one, FIRST_STATEMENT, 6).check()
    until(lambda: stored(stage, link) == {FIRST_STATEMENT: "6"}, "the first tab's answer is stored")
    radio(two, "version_control_rebuild", 3).check()  # this tab has not seen the other's answer
    expect(two.locator("[data-save-status]")).to_have_text(re.compile("Saved"))
    assert stored(stage, link) == {FIRST_STATEMENT: "6", "version_control_rebuild": "3"}
    for tab in (one, two):
        tab.goto("/respond/review/")
    for tab in (one, two):
        tab.get_by_role("button", name="Send my answers").click()
        expect(tab.get_by_role("heading", name="Thank you")).to_be_visible()
    assert sent(admin, scene, name) == 1


def test_a_tab_left_open_does_not_bring_back_old_answers(enter: Enter, stage: Stage, link: str) -> None:
    one = enter(**DESK)
    begin(one, link)
    radio(one, FIRST_STATEMENT, 2).check()
    until(lambda: stored(stage, link) == {FIRST_STATEMENT: "2"}, "the first answer is stored")
    old = one.context.new_page()
    old.goto("/respond/1/")
    radio(one, FIRST_STATEMENT, 6).check()
    until(lambda: stored(stage, link) == {FIRST_STATEMENT: "6"}, "the newer answer is stored")
    radio(old, "version_control_rebuild", 3).check()
    expect(old.locator("[data-save-status]")).to_have_text(re.compile("Saved"))
    old.get_by_role("button", name="Continue").click()
    expect(old).to_have_url(re.compile(r"/respond/2/$"))
    assert stored(stage, link) == {FIRST_STATEMENT: "6", "version_control_rebuild": "3"}


# --- Watching -------------------------------------------------------------------------------------


def test_who_watches_the_round_sees_an_answer_come(
    enter: Enter, stage: Stage, scene: dict[str, Any], team: tuple[str, str]
) -> None:
    name, link = team
    page = enter(**DESK)
    page.goto(f"/account/login/?next={scene['round']}")
    page.get_by_label("E-mail address").fill(scene["admin"])
    page.get_by_label("Password").fill("a long enough password")
    page.clock.install()
    page.get_by_role("main").get_by_role("button", name="Sign in").click()
    count = page.get_by_role("row").filter(has=page.get_by_role("link", name=name, exact=True)).locator("td")
    page.get_by_text("Close the round").click()
    expect(count).to_have_text("0 of 2")
    Visitor(stage).answer(link, {FIRST_STATEMENT: 5})
    page.clock.run_for(15_000)
    expect(count).to_have_text("1 of 2")
    expect(page.get_by_role("button", name="Close now")).to_be_visible()  # the page was not loaded anew


# --- Links that open nothing ----------------------------------------------------------------------


def close_round(stage: Stage, closing: dict[str, Any]) -> None:
    """While others answer, an administrator presses the button."""
    ada = Visitor(stage)
    ada.sign_in(closing["admin"], "a long enough password")
    ada.get(closing["round"])
    assert "Close now" in ada.html
    ada.post(f"{closing['round']}close/", {})


def test_after_the_close_the_link_says_so(enter: Enter, stage: Stage, scene: dict[str, Any]) -> None:
    page, by_button = enter(**PHONE), enter(**PHONE, java_script_enabled=False)
    links = scene["closing"]["links"]
    begin(page, links[0])
    begin(by_button, links[1])
    close_round(stage, scene["closing"])
    radio(page, FIRST_STATEMENT, 5).check()  # the page is told by itself, without a button
    expect(page.get_by_text("The round has closed. Its links are forgotten then")).to_be_visible()
    radio(by_button, FIRST_STATEMENT, 5).check()
    by_button.get_by_role("button", name="Continue").click()
    expect(by_button.get_by_text("The round has closed. Its links are forgotten then")).to_be_visible()
    response = page.goto(links[0])
    assert response
    assert response.status == 404


def test_when_the_time_is_over_the_link_says_so(enter: Enter, scene: dict[str, Any]) -> None:
    page = enter(**PHONE)
    response = page.goto(scene["over"])
    assert response
    assert response.status == 410
    expect(page.get_by_role("heading", name="The round is over")).to_be_visible()


@pytest.mark.parametrize("cut", [1, 20, 43])
def test_a_link_cut_off_by_a_mail_program_is_explained(enter: Enter, scene: dict[str, Any], cut: int) -> None:
    page = enter(**PHONE)
    whole = scene["over"].rstrip("/")
    response = page.goto(whole[:-cut])
    assert response
    assert response.status == 404
    expect(page.get_by_text("Copy the whole link from your invitation")).to_be_visible()


# --- What it costs, and where it fits -------------------------------------------------------------


def test_the_first_visit_is_small_and_stays_in_the_house(enter: Enter, stage: Stage, link: str) -> None:
    page = enter(**PHONE)  # whose watch refuses every request to another host
    wire = page.context.new_cdp_session(page)
    wire.send("Network.enable")
    loaded: list[tuple[str, float]] = []
    addresses: dict[str, str] = {}
    cached: set[str] = set()

    def request(event: dict[str, Any]) -> None:
        if "redirectResponse" in event:
            loaded.append((event["redirectResponse"]["url"], event["redirectResponse"]["encodedDataLength"]))
        addresses[event["requestId"]] = event["request"]["url"]

    def finished(event: dict[str, Any]) -> None:
        if event["requestId"] not in cached and event["encodedDataLength"]:
            loaded.append((addresses[event["requestId"]], event["encodedDataLength"]))

    wire.on("Network.requestWillBeSent", request)
    wire.on("Network.requestServedFromCache", lambda event: cached.add(event["requestId"]))
    wire.on("Network.loadingFinished", finished)
    page.goto(link, wait_until="networkidle")
    page.get_by_role("link", name="Begin").click()
    page.wait_for_load_state("networkidle")
    weight = sum(size for _address, size in loaded) / 1000
    for address, size in loaded:
        print(f"{size:8.0f}  {address.removeprefix(stage.url)[:60]}")
    print(f"{len(loaded)} requests, {weight:.1f} kB")
    assert any("/respond/1/" in address for address, _size in loaded)
    assert len(loaded) < 8
    assert weight < 100


PLACES = ["/respond/", "/respond/1/", "/respond/7/", "/respond/review/", "/respond/thanks/"]


@pytest.mark.parametrize("width", [320, 360])
def test_targets_are_large_enough_for_a_thumb(enter: Enter, link: str, width: int) -> None:
    page = enter(**PHONE | {"viewport": {"width": width, "height": 740}})
    page.goto(link)
    small = []
    for place in PLACES:
        page.goto(place)
        small += page.locator(":is(a, button, input, textarea, summary):visible").evaluate_all(
            """(all, [place, least]) => all
              .filter(one => !one.closest('.skip-link, p:not(.actions, .number-keys)'))
              .map(one => {
                const boxes = [one, one.closest('label')].filter(Boolean).map(b => b.getBoundingClientRect());
                const size = side => Math.round(Math.max(...boxes.map(box => box[side])));
                return [place, one.name || one.innerText, size('width'), size('height')] })
              .filter(([, , wide, high]) => wide < least || high < least)""",
            [place, TARGET],
        )
    assert small == []


@pytest.mark.parametrize("width", [320, 360])
def test_nothing_has_to_be_scrolled_sideways(enter: Enter, link: str, width: int) -> None:
    page = enter(viewport={"width": width, "height": 740})
    page.goto(link)
    wide = []
    for place in PLACES:
        page.goto(place)
        wide += [place] * page.evaluate(
            "document.documentElement.scrollWidth > document.documentElement.clientWidth"
        )
    assert wide == []


def test_the_seven_answers_stand_in_one_row_on_every_device(enter: Enter, link: str) -> None:
    for width in (320, 360, 768, 1280):
        page = enter(viewport={"width": width, "height": 900})
        page.goto(link)
        page.goto("/respond/1/")
        tops = page.locator(f'input[name="{FIRST_STATEMENT}"]:not([value="dk"])').evaluate_all(
            "all => all.map(one => Math.round(one.getBoundingClientRect().top))"
        )
        assert len(tops) == 7
        assert len(set(tops)) == 1
