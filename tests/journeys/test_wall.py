"""What hangs on a wall is one sheet of paper, whatever the names; on the page no label lies on another."""

from __future__ import annotations

import io

import pypdf
import pytest
from playwright.sync_api import Page

from .conftest import DESK, PHONE, Enter
from .places import PASSWORD
from .stage import Stage


@pytest.fixture(scope="module")
def scene(stage: Stage) -> dict:
    """Two teams with results, one low and divided, one content."""
    return stage.set_scene("walls")


def sign_in(page: Page, email: str) -> None:
    page.goto("/account/login/")
    page.locator('[name="login"]').fill(email)
    page.locator('[name="password"]').fill(PASSWORD)
    page.get_by_role("main").get_by_role("button", name="Sign in").click()
    page.get_by_role("button", name="Sign out").wait_for()


def test_it_is_printed_on_one_page_of_a4(enter: Enter, scene: dict) -> None:
    page = enter(**DESK)
    sign_in(page, scene["coach"])
    for path in scene["walls"]:
        page.goto(path)
        (sheet,) = pypdf.PdfReader(io.BytesIO(page.pdf(prefer_css_page_size=True))).pages

        width, height = (round(float(side) / 72 * 25.4) for side in sheet.mediabox[2:])
        assert (width, height) == (210, 297)
        text = sheet.extract_text()
        assert "To talk about" in text
        assert "What we could try next" in text
        assert "8 of 8 people answered" in text


def test_nothing_on_it_is_cut_off_with_names_as_long_as_ours(enter: Enter, scene: dict) -> None:
    """Only what is longer than any shipped text would be cut off at the end of a line."""
    page = enter(**DESK)
    sign_in(page, scene["coach"])
    page.goto(scene["walls"][0])
    page.emulate_media(media="print")
    page.set_viewport_size({"width": 680, "height": 1000})  # the width of A4 without its margins

    cut = page.evaluate(
        "[...document.querySelectorAll('.wall, .wall :is(h2, h3, p)')].filter("
        "one => one.scrollHeight > one.clientHeight + 1).map(one => one.outerHTML.slice(0, 99))"
    )
    assert cut == []


@pytest.mark.parametrize("device", [DESK, PHONE])
def test_a_long_label_pushes_the_next_one_down(enter: Enter, scene: dict, device: dict) -> None:
    page = enter(**device)
    sign_in(page, scene["coach"])
    page.goto(scene["walls"][0].removesuffix("wall/"))

    assert page.locator(".labelled b").count() > 10
    overlapping = page.evaluate(
        """() => [...document.querySelectorAll(".labelled b")].filter(label => {
            label.textContent = "A label of more lines than the text beside it, ".repeat(9);
            const row = label.closest(".labelled").getBoundingClientRect();
            return label.getBoundingClientRect().bottom > row.bottom + 1;
        }).map(label => label.parentElement.className)"""
    )
    assert overlapping == []
