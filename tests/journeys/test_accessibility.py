"""Every page for everybody: axe finds nothing in both colour schemes, and nothing is cut off at any width."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from axe_playwright_python.base import AxeBase
from django.template.loader import render_to_string
from django.test import RequestFactory
from playwright.sync_api import Browser, Page

from .conftest import Watch, addresses
from .places import PLACES, Guide, Place
from .stage import HERE, Stage

MARKUP = """<img src=x onerror=alert(1)>'"&amp;{{ 7|add:1 }}"""
"""What a team is called in ``scenes.every_page``."""

WIDTHS, SCHEMES = (320, 610, 768, 1280, 1920), ("light", "dark")
NARROW, WIDE = 320, 1280
"""The widths at which axe looks, too: pages have two layouts."""

HEIGHT = 800


class Axe(AxeBase):
    """axe-core, injected once a page."""

    def run(self, page: Page) -> list[str]:
        """What it finds, with its rules of best practice, in words."""
        if page.evaluate("typeof axe === 'undefined'"):
            page.evaluate(self.axe_script)
        found = page.evaluate(
            "axe.run({resultTypes: ['violations']}).then(results => results.violations.map("
            "found => [found.id, found.help, found.nodes.slice(0, 3).map(node => node.html.slice(0, 160))]))"
        )
        return [f"{rule}: {words}: {nodes}" for rule, words, nodes in found]


@pytest.fixture(scope="module")
def guide(browser: Browser, installations: dict[str, Stage]) -> Iterator[Guide]:
    """Who leads to all places, and knows what went wrong there."""
    scene = installations[HERE].set_scene("every_page")
    watch = Watch(*addresses(installations))
    contexts = []

    def new_page(at: str) -> Page:
        context = watch.over(browser.new_context(base_url=installations[at].url, reduced_motion="reduce"))
        context.set_default_timeout(60_000)
        contexts.append(context)
        return context.new_page()

    yield Guide(new_page, scene, watch.problems)
    for context in contexts:
        context.close()


@pytest.fixture(scope="module")
def axe() -> Axe:
    """The examiner."""
    return Axe()


def too_wide(page: Page) -> bool:
    """Whether the page scrolls sideways."""
    return bool(page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth"))


def cut_off(page: Page) -> list[str]:
    """Elements that stick out of the window, unless in a box that scrolls or hidden on purpose."""
    return page.evaluate(
        """() => [...document.querySelectorAll('main *')].filter(one => {
          const box = one.getBoundingClientRect();
          return box.width && box.right > innerWidth + 1
            && !one.closest('.table-wrap, .visually-hidden, .skip-link, svg *') })
          .slice(0, 3).map(one => one.outerHTML.slice(0, 120))"""
    )


def holes(page: Page) -> list[str]:
    """Sentences with something missing, or something left over: "to 7, .", "5:35 a.m..", "{{ name }}"."""
    text = page.locator("body").inner_text().replace(f" {MARKUP}", "").replace(MARKUP, "")
    return re.findall(
        r".*(?: [,.;:](?: |$)|, ,|\w\.\.(?:\s|$)|\{\{|\{%|%\(|\bNone\b(?! of)|\( ?\)).*", text, re.MULTILINE
    )


@pytest.mark.parametrize("place", PLACES, ids=lambda place: place.name)
def test_axe_finds_nothing_and_nothing_is_cut_off(guide: Guide, axe: Axe, place: Place) -> None:
    guide.problems.clear()
    page = guide.lead(place)
    assert examine(page, axe, is_long=place.long) | {"problems": guide.problems} == {"problems": []}


@pytest.mark.parametrize("name", ["400", "403", "403_csrf", "404", "429", "500", "503"])
def test_nor_on_pages_that_say_what_went_wrong(guide: Guide, axe: Axe, name: str) -> None:
    page = guide.new_page(HERE)
    html = render_to_string(f"{name}.html", request=RequestFactory().get("/"))
    page.route("**/went-wrong/", lambda route: route.fulfill(content_type="text/html", body=html))
    guide.problems.clear()
    page.goto("/went-wrong/")
    assert examine(page, axe) | {"problems": guide.problems} == {"problems": []}


def examine(page: Page, axe: Axe, *, is_long: bool = False) -> dict[Any, list[str]]:
    """What is wrong with it, by width and scheme."""
    found: dict[Any, list[str]] = {"holes": holes(page)}
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": HEIGHT})
        # a very long page takes long: there, one scheme at each width has to do
        for scheme in SCHEMES if not is_long else [SCHEMES[width == NARROW]]:
            if width in (NARROW, WIDE):
                page.emulate_media(color_scheme=scheme)
                found[width, scheme] = axe.run(page)
        found[width, "reflow"] = cut_off(page) if not too_wide(page) else ["the page scrolls sideways"]
    return {where: what for where, what in found.items() if what}


def test_axe_does_find_something_on_a_bad_page(guide: Guide, axe: Axe) -> None:
    """The examiner itself is examined."""
    page = guide.new_page(HERE)
    page.set_content(
        "<html><body><img src='data:,'><p style='color:#aaa;background:#fff'>pale</p></body></html>"
    )
    assert {words.partition(":")[0] for words in axe.run(page)} >= {
        "image-alt",
        "color-contrast",
        "html-has-lang",
    }
