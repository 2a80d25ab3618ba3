"""PDFs: against a browser that prints."""

import subprocess
import tempfile

from reports import pdf
from reports.builder import build_content
from reports.templatetags import report_tags

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
