"""Other languages: a respondent's way in German, and pages from right to left with words 40 % longer."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from playwright.sync_api import Browser, Page, expect

from tests import pseudo

from .places import PLACES, Guide, Place
from .stage import Stage, running_stage
from .test_accessibility import HEIGHT, too_wide

IMPORTANT = (
    "sign-in privacy respond-start respond-1 respond-7 respond-review link-broken organization"
    " coach team experiments schedule round-open round-closed settings roster results wall compare bundles"
).split()
"""Places where people spend their time, and those with forms and tables of every kind."""


@pytest.fixture(scope="module")
def pseudo_guide(browser: Browser) -> Iterator[Guide]:
    """Who leads through a survey that also speaks the language of tests/pseudo.py."""
    with running_stage("tests.pseudo_settings") as stage:

        def new_page(_at: str) -> Page:
            made = browser.new_context(base_url=stage.url, reduced_motion="reduce")
            made.set_default_timeout(60_000)
            return made.new_page()

        yield Guide(new_page, stage.set_scene("every_page_in_pseudo"))


def cut_off(page: Page) -> list[str]:
    """Elements that stick out of the window at either side, unless hidden, or in a box that scrolls.

    Boxes to tick reach a bit further than they look, so that their marks stand at the edge of the text.
    """
    return page.evaluate(
        """() => [...document.querySelectorAll('main *, header *, footer *')].filter(one => {
          const box = one.getBoundingClientRect();
          return box.width && (box.left < -1 || box.right > innerWidth + 1)
            && !one.matches('.choice > input')
            && !one.closest('.table-wrap, .visually-hidden, .skip-link, svg *') })
          .slice(0, 3).map(one => one.outerHTML.slice(0, 160))"""
    )


@pytest.mark.parametrize(
    "place", [each for each in PLACES if each.name in IMPORTANT], ids=lambda place: place.name
)
def test_long_words_from_right_to_left_fit_a_small_phone(pseudo_guide: Guide, place: Place) -> None:
    page = pseudo_guide.lead(replace(place, language=pseudo.LANGUAGE))
    page.set_viewport_size({"width": 320, "height": HEIGHT})

    assert page.locator("html").get_attribute("dir") == "rtl"
    assert page.locator("html").get_attribute("lang") == pseudo.LANGUAGE
    assert page.locator("h1").first.inner_text().strip()
    assert (too_wide(page), cut_off(page)) == (False, [])


def test_a_respondent_goes_the_whole_way_in_german(stage: Stage, browser: Browser) -> None:
    """The language is chosen in the head of the page, without scripts; the questions speak it, too."""
    page = browser.new_context(base_url=stage.url, java_script_enabled=False).new_page()
    page.goto(stage.set_scene("one_respondent"))
    page.get_by_role("button", name="Deutsch").click()
    expect(page.locator("html")).to_have_attribute("lang", "de")
    page.get_by_role("button", name="Beginnen").or_(page.get_by_role("link", name="Beginnen")).click()

    expect(page.get_by_role("heading", level=1)).to_have_text("Continuous Delivery")
    expect(page.locator("main")).to_contain_text("Seite 1 von 7, noch etwa 10 Minuten")
    row = page.get_by_role("group", name="Eine neue Testumgebung richten wir vollständig")
    row.get_by_label("Stimme eher zu").check()
    for _number in range(7):
        page.get_by_role("button", name="Weiter").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Durchsehen und abschicken")
    page.get_by_role("button", name="Meine Antworten abschicken").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Vielen Dank")

    page.get_by_role("button", name="English").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Thank you")
