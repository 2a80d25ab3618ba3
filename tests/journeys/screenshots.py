"""Pictures of every page at 360 and 1280 px, light and dark, for people to look at.

python -m tests.journeys.screenshots FOLDER [name ...]
"""

import sys
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from .conftest import start_browser
from .places import PLACES, Guide
from .stage import all_installations, running_stage

WIDTHS = (360, 1280)


def take(folder: Path, names: list[str]) -> None:
    """One picture a page, width and colour scheme."""
    folder.mkdir(parents=True, exist_ok=True)
    with (
        running_stage() as stage,
        all_installations(stage) as installations,
        sync_playwright() as playwright,
    ):
        browser = start_browser(playwright)

        def new_page(at: str) -> Page:
            address = installations[at].url
            page = browser.new_context(base_url=address, viewport={"width": 360, "height": 740}).new_page()
            page.set_default_timeout(60_000)
            return page

        guide = Guide(new_page, stage.set_scene("every_page"))
        for place in PLACES:
            if names and place.name not in names:
                continue
            try:
                page = guide.lead(place)
            except AssertionError as error:
                print(error)
                continue
            for width in WIDTHS:
                page.set_viewport_size({"width": width, "height": 800})
                for scheme in ("light", "dark"):
                    page.emulate_media(color_scheme=scheme)
                    page.screenshot(path=folder / f"{place.name}-{width}-{scheme}.png", full_page=True)
        browser.close()


if __name__ == "__main__":
    take(Path(sys.argv[1]), sys.argv[2:])
