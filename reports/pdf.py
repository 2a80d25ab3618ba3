"""Content to PDF. The only place of WeasyPrint.

The same templates make a web page's HTML and this one; what is particular to paper is in
``templates/reports/pdf``. A warm worker keeps fonts and style sheet between documents.
"""

from __future__ import annotations

import gc
import hashlib
import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from math import inf
from pathlib import Path
from typing import Any

import pydyf
import weasyprint
from django.conf import settings
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.safestring import SafeString, mark_safe
from weasyprint.css.properties import INITIAL_VALUES
from weasyprint.draw.text import draw_first_line
from weasyprint.matrix import Matrix
from weasyprint.svg import TAGS as SVG_TAGS
from weasyprint.svg.text import Style, TextBox
from weasyprint.svg.utils import size
from weasyprint.text.fonts import FontConfiguration
from weasyprint.text.line_break import split_first_line
from weasyprint.urls import URLFetcher, URLFetcherResponse

from .content import ReportContent

FONTS = Path(settings.BASE_DIR) / "accelerate_survey" / "static" / "fonts"
FONT_FILES = ("Inter-Regular.ttf", "Inter-SemiBold.ttf", "Inter-Italic.ttf")

logging.getLogger("weasyprint.progress").setLevel(logging.WARNING)  # two lines a page otherwise

_PRESS = threading.Lock()  # Pango's fonts and the collector belong to the whole process


class OwnFontsOnly(URLFetcher):
    """Fetches our own fonts and nothing else: what people typed is in every document."""

    def __init__(self) -> None:
        super().__init__(allowed_protocols={"file"}, allow_redirects=False)
        self._files = {(FONTS / name).as_uri(): FONTS / name for name in FONT_FILES}

    def fetch(self, url: str, headers: Any = None) -> URLFetcherResponse:
        """The font at ``url``. Raises ValueError for any other address, of any scheme."""
        if url not in self._files:
            raise ValueError(f"a report does not fetch {url}")
        return URLFetcherResponse(url, self._files[url].read_bytes(), {"Content-Type": "font/ttf"})


def render_html(content: ReportContent) -> str:
    """The PDF's HTML, complete with its style: what a browser would print."""
    return _html(content, style=_style())


def render(content: ReportContent) -> bytes:
    """The PDF, tagged and with its fonts. The same content gives the same bytes."""
    with _PRESS, _uncollected():
        html = _html(content)
        fetcher, fonts, css = _equipment()
        document = weasyprint.HTML(string=html, url_fetcher=fetcher)
        pdf: bytes = document.write_pdf(
            font_config=fonts,
            stylesheets=[css],
            pdf_variant="pdf/ua-1",
            pdf_identifier=hashlib.sha256(html.encode()).digest()[:16],
            finisher=_add_scopes,
        )
    return pdf


def _html(content: ReportContent, style: str = "") -> str:
    with translation.override(content.language):
        return render_to_string("reports/pdf/report.html", {"content": content, "style": style})


@cache
def _style() -> SafeString:
    fonts = {"fonts": FONTS.as_uri()}
    return mark_safe(render_to_string("reports/pdf/report.css", fonts))  # noqa: S308 our own file


@cache
def _equipment() -> tuple[OwnFontsOnly, FontConfiguration, weasyprint.CSS]:
    fetcher, fonts = OwnFontsOnly(), FontConfiguration()
    return fetcher, fonts, weasyprint.CSS(string=_style(), font_config=fonts, url_fetcher=fetcher)


@contextmanager
def _uncollected() -> Iterator[None]:
    """No garbage collection meanwhile: a document is a million objects, none of them garbage yet."""
    before = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if before:
            gc.enable()


def _add_scopes(document: weasyprint.Document, pdf: pydyf.PDF) -> None:
    """Say of each header cell what it heads, as PDF/UA asks; WeasyPrint does not (its issue 2508)."""
    elements = {o.reference: o for o in pdf.objects if isinstance(o, pydyf.Dictionary) and "P" in o}
    for cell in elements.values():
        if cell.get("S") == "/TH":
            section = elements[elements[cell["P"]]["P"]]
            cell["A"]["Scope"] = "/Column" if section["S"] == "/THead" else "/Row"


def _write_chart_text(svg: Any, node: Any, font_size: float) -> None:
    """Write a chart's text as one line.

    WeasyPrint itself sets each letter on its own, which costs half of a chart's time, loses the
    kerning, and tears Arabic apart. Our charts need no more than a position and an anchor.
    """
    if not node.text:
        return
    style = Style(INITIAL_VALUES)
    style.font_config = svg.font_config
    style["font_family"] = [family.strip() for family in node.get("font-family", "sans-serif").split(",")]
    style["font_weight"] = int(node.get("font-weight", 400))
    style["font_size"] = font_size
    layout, _, _, width, _, baseline = split_first_line(node.text, style, svg.context, inf, 0)
    shift = {"middle": width / 2, "end": width}.get(node.get("text-anchor"), 0)
    x, y = (size(node.get(name, "0"), font_size, svg.inner_width) for name in "xy")
    fill, stroke = svg.set_graphical_state(node, font_size)
    box = TextBox(layout, style)
    box.baseline = baseline
    svg.stream.begin_text()
    layout.reactivate(style)
    svg.fill_stroke(fill, stroke, text=True)
    draw_first_line(svg.stream, box, "none", "none", Matrix(d=-1, e=x - shift, f=y))
    svg.stream.end_text()


SVG_TAGS["text"] = _write_chart_text
