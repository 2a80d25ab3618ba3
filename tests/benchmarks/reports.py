"""PDFs: against a browser that prints, and as large as a questionnaire may make them."""

import dataclasses
import io
import subprocess
import tempfile
from typing import Any

import pypdf

from assessments.questionnaire_file import TEXT_LENGTH
from reports import pdf
from reports.builder import build_content
from reports.templatetags import report_tags
from tests.contents_full import make_full_report

from .measure import DATA, filled_round, find_browser, in_turns, report

CHROMIUM = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-extensions",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-pdf-header-footer",
]


def bench_pdf() -> bool:
    """A full report from a warm worker against Chromium, started fresh, that prints the same HTML."""
    browser = find_browser()
    made = filled_round("Report", {"Kestrel": 8})
    content = build_content(made.assessments.get(), "en", for_team=False)
    page, printed = DATA / "report.html", DATA / "report.pdf"
    page.write_text(pdf.render_html(content), encoding="utf-8")

    def chromium() -> None:
        with tempfile.TemporaryDirectory() as profile:
            options = [f"--user-data-dir={profile}", f"--print-to-pdf={printed}"]
            subprocess.run([browser, *CHROMIUM, *options, page.as_uri()], check=True, capture_output=True)

    def anew() -> None:
        report_tags.drawn.cache_clear()
        pdf.render(content)

    ours, theirs = in_turns(anew, chromium, 7)
    ratio = ours / theirs
    return report(
        "Full PDF from a warm worker, charts drawn anew, against fresh Chromium",
        ratio,
        "at most 1.0",
        ratio <= 1.0,
        f"{ours:.2f} s against {theirs:.2f} s, median of 7 in turns",
    )


def bench_largest_pdf() -> bool:
    """Each text as long as it may be, against those that we ship: nobody can make a worker draw for long."""
    usual = make_full_report(1000, before=8, rounds=8, comments=["word " * 400] * 300)
    largest = _with_long_texts(usual)
    pages = [len(pypdf.PdfReader(io.BytesIO(pdf.render(each))).pages) for each in (usual, largest)]
    long, short = in_turns(lambda: pdf.render(largest), lambda: pdf.render(usual), 5)
    ratio = (long / pages[1]) / (short / pages[0])
    return report(
        "A page of the largest report that a questionnaire allows, against one of the usual",
        ratio,
        "at most 1",
        ratio <= 1 and pages[1] > 2 * pages[0],
        f"{pages[1]} pages in {long:.1f} s against {pages[0]} in {short:.1f} s, median of 5 in turns",
    )


def _with_long_texts(value: Any) -> Any:
    """All that is a text, and no name or key, filled up to the longest that is taken."""
    if isinstance(value, str):
        return value if len(value) <= 60 else f"{value} {'many more words ' * 150}"[:TEXT_LENGTH]
    if isinstance(value, tuple | list):
        return type(value)(map(_with_long_texts, value))
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        given = [each.name for each in dataclasses.fields(value) if each.init]
        return dataclasses.replace(value, **{name: _with_long_texts(getattr(value, name)) for name in given})
    return value
