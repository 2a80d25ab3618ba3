"""A stage, a browser, and people who use it.

The browser is started anew for each module: as long as it runs, its event loop makes Django
refuse the database to other tests in this process.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from .stage import WITH_PROVIDER, Stage, all_installations, running_stage

ARGUMENTS = (
    "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking"
    " --disable-component-update --disable-sync"
).split()
PHONE: dict[str, Any] = {
    "viewport": {"width": 360, "height": 740},
    "device_scale_factor": 2,
    "has_touch": True,
    "is_mobile": True,
}
SECONDS = 60
"""How long a page may take before it is taken for broken: these tests may share two cores with others."""
DESK: dict[str, Any] = {"viewport": {"width": 1280, "height": 900}}


@pytest.fixture(scope="session")
def stage() -> Iterator[Stage]:
    """The running product."""
    with running_stage() as running:
        yield running


@pytest.fixture(scope="session")
def installations(stage: Stage) -> Iterator[dict[str, Stage]]:
    """The running product, and as it runs beside an identity provider."""
    with all_installations(stage) as running:
        yield running


def addresses(installations: dict[str, Stage]) -> list[str]:
    """Where a browser goes when it is led to the identity provider and back."""
    urls = [each.url for each in installations.values()]
    return [*urls, installations[WITH_PROVIDER].environment["OIDC_SERVER"]]


def start_browser(playwright: Any) -> Browser:
    """Chromium, that of the machine."""
    found = [
        path for name in ("chromium", "chromium-browser", "google-chrome") if (path := shutil.which(name))
    ]
    assert found, "no Chromium on this machine: apt-get install chromium"
    return playwright.chromium.launch(executable_path=found[0], args=ARGUMENTS)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Chromium."""
    expect.set_options(timeout=SECONDS * 1000)
    with sync_playwright() as playwright:
        chromium = start_browser(playwright)
        yield chromium
        chromium.close()


class Watch:
    """Notes what must never happen on a page: errors, dialogs, requests to others."""

    def __init__(self, *ours: str) -> None:
        self.hosts = {urlsplit(url).netloc for url in ours}
        self.problems: list[str] = []

    def over(self, context: BrowserContext) -> BrowserContext:
        """Look at everything that happens in this context."""
        context.on("console", self._console)
        context.on("weberror", lambda error: self.problems.append(f"error in a script: {error.error}"))
        context.on("dialog", self._dialog)
        context.on("request", self._request)
        context.on("response", self._response)
        return context

    def _console(self, message: Any) -> None:
        # what could not be loaded is looked at as a response: a page may well be "not found"
        if message.type in {"error", "warning"} and not message.text.startswith("Failed to load resource"):
            self.problems.append(f"console, {message.type}: {message.text}")

    def _dialog(self, dialog: Any) -> None:
        self.problems.append(f"a dialog: {dialog.message}")
        dialog.dismiss()

    def _request(self, request: Any) -> None:
        parts = urlsplit(request.url)
        # Chromium itself shows a PDF with an extension of its own
        if (
            parts.scheme not in {"data", "blob", "about", "chrome", "chrome-extension"}
            and parts.netloc not in self.hosts
        ):
            self.problems.append(f"a request to others: {request.url}")

    def _response(self, response: Any) -> None:
        part_of_a_page = response.request.resource_type not in {"document", "fetch"}
        if response.status >= 500 or (response.status >= 400 and part_of_a_page):
            self.problems.append(f"{response.status} for {response.url}")


Enter = Callable[..., Page]


@pytest.fixture
def enter(browser: Browser, stage: Stage) -> Iterator[Enter]:
    """``enter(**PHONE)``: a page on a device of its own. At the end nothing may have gone wrong on any."""
    watch = Watch(stage.url)
    contexts: list[BrowserContext] = []

    def open_device(**options: Any) -> Page:
        context = watch.over(browser.new_context(base_url=stage.url, **options))
        context.set_default_timeout(SECONDS * 1000)
        contexts.append(context)
        return context.new_page()

    yield open_device
    for context in contexts:
        context.close()
    assert not watch.problems
