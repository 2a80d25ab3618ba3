"""Content to PDF. The only place of WeasyPrint."""

from __future__ import annotations

import hashlib
import logging
import threading
from functools import cache
from pathlib import Path
from typing import Any

import pydyf
import weasyprint
from django.conf import settings
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.safestring import mark_safe
from weasyprint.text.fonts import FontConfiguration
from weasyprint.urls import FatalURLFetchingError, URLFetcher, URLFetcherResponse

from .content import ReportContent

FONTS = Path(settings.BASE_DIR) / "accelerate_survey" / "static" / "fonts"
FONT_FILES = ("Inter-Regular.ttf", "Inter-SemiBold.ttf", "Inter-Italic.ttf")


logging.getLogger("weasyprint.progress").setLevel(logging.WARNING)


class OwnFilesOnly(URLFetcher):
    """Fetches our own fonts and nothing else: names and texts of others are in every document."""

    def __init__(self) -> None:
        super().__init__(allowed_protocols={"file"}, allow_redirects=False)
        self._files = {(FONTS / name).as_uri(): FONTS / name for name in FONT_FILES}

    def fetch(self, url: str, headers: Any = None) -> URLFetcherResponse:
        if url not in self._files:
            raise ValueError(f"a report does not fetch {url}")
        return URLFetcherResponse(url, self._files[url].read_bytes(), {"Content-Type": "font/ttf"})


def _css() -> str:
    return render_to_string("reports/pdf/report.css").replace("FONTS", FONTS.as_uri())


@cache
def _press() -> tuple[OwnFilesOnly, FontConfiguration, weasyprint.CSS]:
    fetcher, fonts = OwnFilesOnly(), FontConfiguration()
    return fetcher, fonts, weasyprint.CSS(string=_css(), font_config=fonts, url_fetcher=fetcher)


_LOCK = threading.Lock()


def render_html(content: ReportContent, style=True) -> str:
    with translation.override(content.language):
        return render_to_string("reports/pdf/report.html", {"content": content, "style": mark_safe(_css()) if style else ""})


def render(content: ReportContent) -> bytes:
    html = render_html(content, style=False)
    with _LOCK:
        fetcher, fonts, css = _press()
        document = weasyprint.HTML(string=html, url_fetcher=fetcher).render(font_config=fonts, stylesheets=[css])
        return document.write_pdf(
            pdf_variant="pdf/ua-1", pdf_identifier=hashlib.sha256(html.encode()).digest()[:16]
        )
