"""Content to PDF. The only place of WeasyPrint.

The same templates make a web page's HTML and this one; what is particular to paper is in
``templates/reports/pdf``. A warm worker keeps fonts and style sheet between documents.
"""

from __future__ import annotations

import gc
import hashlib
import logging
import re
import threading
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from copy import copy
from functools import cache, lru_cache
from math import inf
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from xml.etree import ElementTree

import cssselect2  # type: ignore[import-untyped]
import pydyf
import weasyprint
from django.conf import settings
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from weasyprint.css.properties import INITIAL_VALUES
from weasyprint.draw.text import draw_first_line
from weasyprint.matrix import Matrix
from weasyprint.svg import TAGS as SVG_TAGS
from weasyprint.svg.text import Style, TextBox
from weasyprint.svg.utils import size
from weasyprint.text import line_break
from weasyprint.text.ffi import pango
from weasyprint.text.fonts import FontConfiguration
from weasyprint.text.line_break import split_first_line
from weasyprint.urls import URLFetcher, URLFetcherResponse

from .content import ReportContent
from .summary_content import Summary

REPORT, SUMMARY = "reports/pdf/report.html", "reports/pdf/summary.html"
FONTS = Path(settings.BASE_DIR) / "accelerate_survey" / "static" / "fonts"
FONT_FILES = ("Inter-Regular.ttf", "Inter-SemiBold.ttf", "Inter-Italic.ttf")

CHART = re.compile(
    r'<svg\b[^>]*?class="(?P<class>[^"]*)".*?<title[^>]*>(?P<title>[^<]*)</title>.*?</svg>', re.DOTALL
)
MARGINS = ("@top", "@right", "@bottom", "@left")
VOID = re.compile(r"<((?:meta|br|hr|img|link)\b[^<>]*?)/?>")

logging.getLogger("weasyprint.progress").setLevel(logging.WARNING)  # two lines a page otherwise

_PRESS = threading.Lock()  # Pango's fonts and the collector belong to the whole process


class OwnFontsOnly(URLFetcher):
    """Fetches our own fonts and a document's own charts: what people typed is in every document."""

    def __init__(self, charts: Sequence[str] = ()) -> None:
        super().__init__(allowed_protocols={"file"}, allow_redirects=False)
        self._files = {(FONTS / name).as_uri(): FONTS / name for name in FONT_FILES}
        self._charts = {f"chart:{number}": svg for number, svg in enumerate(charts)}

    def fetch(self, url: str, headers: Any = None) -> URLFetcherResponse:
        """The font or chart at ``url``. Raises ValueError for any other address, of any scheme."""
        if url in self._charts:
            return URLFetcherResponse(url, self._charts[url].encode(), {"Content-Type": "image/svg+xml"})
        if url not in self._files:
            raise ValueError(f"a report does not fetch {url}")
        return URLFetcherResponse(url, self._files[url].read_bytes(), {"Content-Type": "font/ttf"})


class Paper(weasyprint.HTML):
    """The parsed HTML.

    Our templates write HTML that is XML as well but for two elements, and Python's XML parser is ten
    times faster than one that forgives. Charts become images, or each of their lines would be
    matched against the style sheet. What XML refuses, for example a control character that somebody
    typed, is parsed as HTML.
    """

    def __init__(self, html: str) -> None:
        charts: list[str] = []

        def take_out(found: re.Match[str]) -> str:
            charts.append(found[0])
            chart_class, title = found["class"], found["title"].replace('"', "&quot;")
            return f'<img class="{chart_class}" src="chart:{len(charts) - 1}" alt="{title}"/>'

        html = CHART.sub(take_out, html)
        fetcher = OwnFontsOnly(charts)
        try:
            xml = VOID.sub(r"<\1/>", html.removeprefix("<!doctype html>"))
            root = ElementTree.fromstring(xml)  # noqa: S314 our own, and it cannot declare entities
        except ElementTree.ParseError:
            super().__init__(string=html, url_fetcher=fetcher)
        else:
            self.base_url, self.url_fetcher, self.media_type = None, fetcher, "print"
            self.wrapper_element = cssselect2.ElementWrapper.from_html_root(root, content_language=None)
            self.etree_element = self.wrapper_element.etree_element

    def _ua_stylesheets(self, forms: bool = False) -> list[Any]:
        # The built-in one styles all 16 margins of each page, and its pages ever more often; we use
        # two. And it makes footnotes of five kinds ready for each element; we have none.
        (sheet,) = super()._ua_stylesheets(forms)
        sheet = copy(sheet)
        sheet.page_rules = [rule for rule in sheet.page_rules if not _is_margin(rule)]
        sheet.matcher = copy(sheet.matcher)
        sheet.matcher.other_selectors = [
            entry for entry in sheet.matcher.other_selectors if "note" not in (entry[3] or "")
        ]
        return [sheet]


def _is_margin(page_rule: tuple[Any, list[Any], Any]) -> bool:
    _, selectors, _ = page_rule
    return any(margin and margin.startswith(MARGINS) for _, margin, _ in selectors)


def render_html(content: ReportContent) -> str:
    """The PDF's HTML, complete with its style: what a browser would print."""
    return _html(REPORT, content, style=_style())


def render(content: ReportContent) -> bytes:
    """The PDF, tagged and with its fonts. The same content gives the same bytes."""
    return _press(REPORT, content)


def render_summary(content: Summary) -> bytes:
    """The same for the summary of an organization."""
    return _press(SUMMARY, content)


def render_line(text: str) -> bytes:
    """One page with one line in the fonts of the reports, to see whether drawing works here."""
    with _PRESS:
        fonts, css = _equipment()
        html = format_html("<!doctype html><html><body><p>{}</p></body></html>", text)
        page: bytes = Paper(html).write_pdf(font_config=fonts, stylesheets=[css])
    return page


def _press(template: str, content: ReportContent | Summary) -> bytes:
    with _PRESS, _uncollected():
        html = _html(template, content)
        fonts, css = _equipment()
        pdf: bytes = Paper(html).write_pdf(
            font_config=fonts,
            stylesheets=[css],
            pdf_variant="pdf/ua-1",
            pdf_identifier=hashlib.sha256(html.encode()).digest()[:16],
            finisher=_finish,
        )
    return pdf


def _html(template: str, content: ReportContent | Summary, style: str = "") -> str:
    with translation.override(content.language):
        return render_to_string(template, {"content": content, "style": style})


@cache
def _style() -> SafeString:
    fonts = {"fonts": FONTS.as_uri()}
    return mark_safe(render_to_string("reports/pdf/report.css", fonts))  # noqa: S308 our own file


@cache
def _equipment() -> tuple[FontConfiguration, weasyprint.CSS]:
    fetcher, fonts = OwnFontsOnly(), FontConfiguration()
    return fonts, weasyprint.CSS(string=_style(), font_config=fonts, url_fetcher=fetcher)


@cache
def _set_aside() -> None:
    """Once a process: what is loaded by now stays, so no later collection has to go through it."""
    gc.collect()
    gc.freeze()


@contextmanager
def _uncollected() -> Iterator[None]:
    """No garbage collection meanwhile: a document is a million objects, none of them garbage yet."""
    before = gc.isenabled()
    _set_aside()
    gc.disable()
    try:
        yield
    finally:
        if before:
            gc.enable()


class _Written(pydyf.Object):
    """An object that is written once. For the identifier pydyf asks for each a second time."""

    def __init__(self, number: int, data: bytes, *, compressible: bool) -> None:
        super().__init__()
        self.number, self._data, self._compressible = number, data, compressible

    @property
    def data(self) -> bytes:
        return self._data

    @property
    def compressible(self) -> bool:
        return self._compressible


def _finish(document: weasyprint.Document, pdf: pydyf.PDF) -> None:
    _add_scopes(document, pdf)
    _print_links(pdf)
    pdf.objects[1:] = [_Written(o.number, o.data, compressible=o.compressible) for o in pdf.objects[1:]]


def _add_scopes(document: weasyprint.Document, pdf: pydyf.PDF) -> None:
    """Say of each header cell what it heads, as PDF/UA asks; WeasyPrint does not (its issue 2508)."""
    elements = {o.reference: o for o in pdf.objects if isinstance(o, pydyf.Dictionary) and "P" in o}
    for cell in elements.values():
        if cell.get("S") == "/TH":
            section = elements[elements[cell["P"]]["P"]]
            cell["A"]["Scope"] = "/Column" if section["S"] == "/THead" else "/Row"


def _print_links(pdf: pydyf.PDF) -> None:
    """Mark links as printed, as PDF/UA wants all that is not hidden."""
    for found in pdf.objects:
        if isinstance(found, pydyf.Dictionary) and found.get("Type") == "/Annot":
            found["F"] = 4


@lru_cache(maxsize=32)
def _chart_style(families: str, weight: int, font_size: float, fonts: FontConfiguration) -> Style:
    style = Style(INITIAL_VALUES)
    style.font_config = fonts
    style["font_family"] = [family.strip() for family in families.split(",")]
    style["font_weight"] = weight
    style["font_size"] = font_size
    return style


def _write_chart_text(svg: Any, node: Any, font_size: float) -> None:
    """Write a chart's text as one line.

    WeasyPrint itself sets each letter on its own, which costs half of a chart's time, loses the
    kerning, and tears Arabic apart. Our charts need no more than a position and an anchor.
    """
    if not node.text:
        return
    families, weight = node.get("font-family", "sans-serif"), int(node.get("font-weight", 400))
    style = _chart_style(families, weight, font_size, svg.font_config)
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
weasyprint.svg.size = lru_cache(maxsize=4096)(size)  # most nodes have one of a few sizes

# pydyf presses as hard as zlib can, which takes thrice as long for a hundredth of the size
pydyf.zlib = SimpleNamespace(compressobj=lambda level: zlib.compressobj(6))


class _KeptLayout(line_break.Layout):
    """A line of text that is shaped once.

    WeasyPrint throws each away when it is measured, to save memory, and makes it anew to draw it;
    that is a tenth of the time of a report. To draw, it lets Pango take the text for one paragraph,
    which throws the lines away as well: so say that at once.
    """

    _line_ends: int | None = None

    def setup(self, style: Any) -> None:
        super().setup(style)
        pango.pango_layout_set_single_paragraph_mode(self.layout, True)

    def set_text(self, text: str, justify: bool = False) -> None:
        # WeasyPrint asks of each line whether a word more would not fit. Pango has said that: what
        # was broken into lines starts with this text, and the text goes on after its first line.
        if self._line_ends is None or len(text.encode()) <= self._line_ends or not self.text.startswith(text):
            super().set_text(text, justify)

    def get_first_line(self) -> Any:
        line, self._line_ends = super().get_first_line()
        return line, self._line_ends

    def deactivate(self) -> None:
        pass

    def reactivate(self, style: Any) -> None:
        pass  # only justified text is set in another way when it is drawn


line_break.Layout = _KeptLayout
