"""The PDF: what it says, what it must not say, and what it is made of."""

from __future__ import annotations

import dataclasses
import io
import json
import re
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any

import pypdf
import pytest
import weasyprint
from django.utils.html import escape

from reports import charts, pdf
from reports.content import PastAction, ReportContent, Suppressed
from reports.templatetags import report_tags
from tests import pseudo
from tests.contents import make_capability, make_category, make_coarse, make_metric, make_report
from tests.contents_full import make_full_report

SPLIT = ("trunk_based_development", "learning")
HOSTILE = '<script>alert(1)</script><a href="javascript:alert(2)">x</a> $5 and $6 & {{ content }}'


def read(document: bytes) -> pypdf.PdfReader:
    return pypdf.PdfReader(io.BytesIO(document))


def words(text: str) -> str:
    """Text without what line and page breaks do to it."""
    return re.sub(r"\s+", "", text)


def text_of(document: bytes) -> str:
    """All text but running heads and page numbers, which may stand in the middle of a sentence."""
    pages = [page.extract_text() for page in read(document).pages]
    return words("".join(re.sub(r"page \d+ of \d+|Team Kestrel · 2026 Q3", "", page) for page in pages))


@cache
def full() -> ReportContent:
    return make_full_report(8, before=7, split=SPLIT, silent=("wip_limits",), comments=("A comment.",))


@cache
def full_pdf() -> bytes:
    return pdf.render(full())


@cache
def full_text() -> str:
    return text_of(full_pdf())


def test_every_capability_is_there_with_its_advice() -> None:
    for capability in full().capabilities:
        assert words(capability.name) in full_text()
        assert words(capability.definition) in full_text()
        for advice in capability.advice:
            assert words(advice.looks_like) in full_text()
            assert words(advice.next_step) in full_text()


def test_every_shown_capability_has_its_pitfall_and_measure() -> None:
    for capability, _ in full().shown():
        (advice,) = capability.advice
        assert words(advice.pitfall) in full_text()
        assert words(advice.measure) in full_text()


def test_every_category_and_metric_is_there_with_its_advice() -> None:
    for part in (*full().categories, *full().key_metrics):
        assert words(part.name) in full_text()
        assert words(part.advice) in full_text()


def test_comments_are_not_in_it() -> None:
    assert "Acomment." not in full_text()


def test_it_explains_itself() -> None:
    for said in ("8 of 9 people answered", "accelerate 2", full().questionnaire_source, full().edition_note):
        assert words(said) in full_text()


def test_a_report_of_a_spreadsheet_claims_no_round() -> None:
    html = pdf.render_html(dataclasses.replace(full(), organization="", invited=None))
    assert html.count("8 responses") == 3
    assert "The round closed" not in html
    assert not re.search(r"\d of \d people answered", html)
    assert '<meta name="author" content="Accelerate Survey">' in html


def test_five_topics_at_most_get_a_question_and_no_two_the_same() -> None:
    keys = [capability.key for capability in full().capabilities][:8]
    content = make_full_report(8, split=keys)
    talks = report_tags.talks(content)
    questions = [question for _capability, question in talks["first"]]
    assert len(set(questions)) == report_tags.TALKS == 5
    assert sum(len(names) for _words, names in talks["others"]) == len(content.disagreements) - 5
    assert talks["first"][0][0].result.two_camps
    assert "Two views in the team" in pdf.render_html(content)


def test_a_suppressed_capability_says_so_and_gives_no_number() -> None:
    hidden = make_capability("Quiet topic", None, previous=45)
    content = make_report([make_category("Culture", [hidden], None)], minimum=5)
    html = pdf.render_html(content)
    assert "Fewer than 5 people answered, so no result is shown" in html
    assert not re.search(r">\s*45\s*<", html)


def test_a_team_below_the_minimum_gets_a_short_report_without_results() -> None:
    content = make_full_report(4)
    document = pdf.render(content)
    assert len(read(document).pages) <= 5
    assert words("Fewer than 5 people answered") in text_of(document)
    assert "<svg" not in pdf.render_html(content)


def test_the_ends_of_the_scale_are_not_told_apart() -> None:
    capabilities = [make_capability("Top", 95), make_capability("Low", 5)]
    content = make_report([make_category("Culture", capabilities, 50)])
    html = pdf.render_html(content)
    assert ">95 or more<" in html
    assert ">5 or less<" in html


def test_it_is_tagged_titled_and_in_a_language() -> None:
    document = read(full_pdf())
    catalog = document.trailer["/Root"]
    assert catalog["/MarkInfo"]["/Marked"]
    assert catalog["/StructTreeRoot"]
    assert catalog["/Lang"] == "en"
    assert document.metadata
    assert document.metadata.title == "Team Kestrel, 2026 Q3: how we deliver software"


def test_header_cells_say_what_they_head() -> None:
    document = read(full_pdf())
    numbers = range(1, len(document.xref_objStm) + 500)
    cells = [o for n in numbers if (o := _object(document, n)) and o.get("/S") == "/TH"]
    assert {cell["/A"].get_object()["/Scope"] for cell in cells} == {"/Row", "/Column"}


MANY_HEADERS = "TBL-010"
"""A guess that tables with more header cells than others are broken: ours hide a row behind one cell."""


def errors(document: bytes, folder: Path) -> set[str]:
    """The rules of PDF/UA-1 and WCAG that a program can check, and that the document breaks."""
    path = folder / "report.pdf"
    path.write_bytes(document)
    options = ["--fail-on=never", "--quiet", "--json=-", f"--skip={MANY_HEADERS}"]
    program = [Path(sys.executable).with_name("outloud"), path, *options]
    done = subprocess.run(program, capture_output=True, check=True, text=True)
    (result,) = json.loads(done.stdout)["results"]
    assert not result["error"]
    return {found["rule"] for found in result["findings"] if found["severity"] == "error"}


@pytest.mark.parametrize("kind", ["full", "German", "first", "coarse", "too few", "all hidden"])
def test_a_checker_of_accessibility_finds_no_error(kind: str, tmp_path: Path) -> None:
    keys = [capability.key for capability in full().capabilities]
    contents = {
        "full": full(),
        "German": in_language("de"),
        "first": make_full_report(8),
        "coarse": make_report(
            [make_category("Culture", [make_capability("Topic", make_coarse())], 50)], one_changed=True
        ),
        "too few": make_full_report(4),
        "all hidden": make_full_report(6, silent=keys),
    }
    assert errors(pdf.render(contents[kind]), tmp_path) == set()


def test_the_checker_finds_what_is_wrong(tmp_path: Path) -> None:
    """That it finds nothing means something."""
    bare = weasyprint.HTML(string="<h3>In no language and without a title</h3>").write_pdf()
    assert errors(bare, tmp_path)


def test_links_are_printed() -> None:
    """A mark that says so, or a checker takes print and screen for different documents."""
    links = [each.get_object() for page in read(full_pdf()).pages for each in page.get("/Annots", ())]
    assert links
    assert {link["/F"] for link in links} == {4}


def _object(document: pypdf.PdfReader, number: int) -> pypdf.generic.DictionaryObject | None:
    found = document.get_object(pypdf.generic.IndirectObject(number, 0, document))
    return found if isinstance(found, pypdf.generic.DictionaryObject) else None


def test_all_fonts_are_inter_and_embedded() -> None:
    fonts = {
        font["/BaseFont"]: font
        for page in read(full_pdf()).pages
        for entry in page["/Resources"]["/Font"].values()
        for font in entry.get_object()["/DescendantFonts"].get_object()
        for font in [font.get_object()]
    }
    assert fonts
    for name, font in fonts.items():
        assert "Inter" in name
        descriptor = font["/FontDescriptor"].get_object()
        assert {"/FontFile", "/FontFile2", "/FontFile3"} & set(descriptor)


def test_the_outline_names_chapters_and_capabilities() -> None:
    titles: list[str] = []

    def gather(entries: list) -> None:
        for entry in entries:
            if isinstance(entry, list):
                gather(entry)
            else:
                titles.append(entry.title)

    gather(read(full_pdf()).outline)
    assert "At a glance" in titles
    assert {capability.name for capability in full().capabilities} <= set(titles)


def test_the_outline_is_in_the_order_of_the_parts() -> None:
    titles = [entry.title for entry in read(full_pdf()).outline if not isinstance(entry, list)]
    assert titles == [
        "Who answered, and how sure we are",
        "What became of your experiments",
        "What you agree on, and where you are of two minds",
        "What to try next",
        "The categories",
        "Figures about delivery",
        "What has moved",
        "Every capability",
        "How this was made",
        "The arithmetic",
    ]


def test_what_was_typed_about_experiments_is_inert() -> None:
    action = PastAction(HOSTILE, "learning", HOSTILE, HOSTILE, "kept", HOSTILE, None)
    html = pdf.render_html(dataclasses.replace(full(), past_actions=(action,)))
    assert html.count(escape(HOSTILE)) == 4
    assert "<script" not in html


def test_a_coarse_report_shows_no_interval_and_says_why() -> None:
    capabilities = [make_capability(f"Topic {n}", make_coarse(30 + 10 * n)) for n in range(4)]
    category = make_category("Culture", capabilities, 50)
    content = make_report([category], previous_in_words=True, one_changed=True, joined=1, left=0)
    html = pdf.render_html(content)
    assert "in steps of 10, and without intervals" in html
    assert "interval 30" not in html
    assert not re.search(r"\bNone\b(?! of this)", html)


def test_page_numbers_in_the_contents_are_right() -> None:
    document = read(full_pdf())
    contents = document.pages[1].extract_text()
    for title in ("What to try next", "The categories", "Every capability", "The arithmetic"):
        number = int(re.search(rf"{title}[\s.]*?(\d+)\s*$", contents, re.MULTILINE)[1])  # type: ignore[index]
        assert title in document.pages[number - 1].extract_text()
        assert f"page {number} of {len(document.pages)}" in document.pages[number - 1].extract_text()


def test_it_is_of_a_readable_length() -> None:
    assert 18 <= len(read(full_pdf()).pages) <= 27


def test_the_same_content_gives_the_same_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "12345")
    assert pdf.render(full()) == full_pdf()


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:9/x.css",
        "https://example.org/x.png",
        "ftp://example.org/x",
        "file:///etc/passwd",
        "data:text/plain,hello",
        "gopher://example.org/",
        "javascript:alert(1)",
        (pdf.FONTS / "OFL.txt").as_uri(),
        (pdf.FONTS / "Inter-Regular.ttf").as_uri() + "/../../css/site.css",
    ],
)
def test_the_fetcher_refuses_all_but_our_fonts(url: str) -> None:
    with pytest.raises(ValueError, match="does not fetch"):
        pdf.OwnFontsOnly().fetch(url)


def test_the_fetcher_gives_our_fonts() -> None:
    for name in pdf.FONT_FILES:
        assert pdf.OwnFontsOnly().fetch((pdf.FONTS / name).as_uri()).read()[:4] == b"\x00\x01\x00\x00"


def test_a_style_sheet_cannot_fetch_either(caplog: pytest.LogCaptureFixture) -> None:
    css = "@import url(file:///etc/passwd); body { background: url(http://127.0.0.1:9/x.png) }"
    fetcher = pdf.OwnFontsOnly()
    sheet = weasyprint.CSS(string=css, url_fetcher=fetcher)
    html = weasyprint.HTML(string='<img src="file:///etc/passwd"><p>x', url_fetcher=fetcher)
    assert html.write_pdf(stylesheets=[sheet]).startswith(b"%PDF")
    assert caplog.text.count("does not fetch") == 3


@pytest.mark.parametrize(
    "name", [HOSTILE, "قسم التطوير", "\u202eevil", "A" * 200, "word " * 40, "开发团队", "Zalgo z̸̢̛"]
)
def test_hostile_names_are_inert(name: str) -> None:
    capabilities = [make_capability(f"{name} {n}", 50, key=f"k{n}") for n in range(4)]
    category = make_category(name, capabilities, key="c")
    content = make_report([category] * 5, team=name, round=name, key_metrics=(make_metric(name=name),))
    content = dataclasses.replace(content, hindrances=((name, "most"),))
    html = pdf.render_html(content)
    assert "<script" not in html
    assert '<a href="javascript:' not in html
    document = read(pdf.render(content))
    raw = str([_object(document, n) for n in range(1, 400)])
    assert "javascript:" not in raw.replace(name, "").lower() or "/URI" not in raw
    assert not {"/JS", "/JavaScript", "/Launch", "/EmbeddedFile"} & set(re.findall(r"/\w+", raw))


def test_texts_are_escaped() -> None:
    assert escape(HOSTILE) in pdf.render_html(make_report(team=HOSTILE))


def test_chart_words_are_those_of_the_charts() -> None:
    assert report_tags.chart_words() == dict(charts.WORDS)


def test_everything_suppressed_still_makes_a_report() -> None:
    keys = [capability.key for capability in full().capabilities]
    content = make_full_report(6, silent=keys)
    assert not any(capability.is_shown for capability in content.capabilities)
    assert all(isinstance(category.result, Suppressed) for category in content.categories)
    assert words("Where people mostly disagree") in text_of(pdf.render(content))


@pytest.mark.parametrize("width", [60, 97, 150, 233, 340, 460])
def test_lines_break_where_they_would_without_our_shortcuts(
    width: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    texts = [capability.definition for capability in full().capabilities]
    texts += ["Donaudampfschifffahrtsgesellschaft " * 5, "قسم التطوير والتشغيل " * 9, "a\u00a0b c" * 30]
    html = "".join(f'<p style="width:{width}pt">{text}</p>' for text in texts)

    def pages() -> list[str]:
        document = weasyprint.HTML(string=html).write_pdf(uncompressed_pdf=True)
        return [page.extract_text() for page in read(document).pages]

    ours = pages()
    monkeypatch.setattr(pdf.line_break, "Layout", pdf.line_break.Layout.__base__)
    assert ours == pages()


# --- Other languages --------------------------------------------------------------------------


def in_language(language: str) -> ReportContent:
    return make_full_report(8, before=7, rounds=4, split=SPLIT, silent=("wip_limits",), language=language)


def test_a_german_report_is_german_in_every_word() -> None:
    document = pdf.render(in_language("de"))
    text = " ".join(page.extract_text() for page in read(document).pages)

    assert read(document).trailer["/Root"]["/Lang"] == "de"
    assert words("Wer geantwortet hat und wie sicher wir sind") in words(text)
    assert "Seite 3 von" in text
    assert "30. September 2026" in text
    text = re.sub(r"Research\s+and\s+Assessment", "", text)  # a name
    assert re.findall(r"\b(?:the|and|with|your|score|answers?|people|page|week|less)\b", text) == []


def test_every_text_of_a_report_is_marked(settings: Any) -> None:
    content = in_language(pseudo.LANGUAGE)
    with pseudo.spoken(settings):
        html = pdf.render_html(content)

    assert pseudo.plain_words(html, set(pseudo.texts_of(content.as_json()))) == set()
    assert '<html lang="ar" dir="rtl">' in html


def test_long_words_from_right_to_left_stay_on_the_page(settings: Any) -> None:
    with pseudo.spoken(settings):
        document = read(pdf.render(in_language(pseudo.LANGUAGE)))
    width = document.pages[0].mediabox.right
    found: list[tuple[float, str]] = []
    for page in document.pages:
        page.extract_text(
            visitor_text=lambda text, place, line, *_others: found.append(
                (place[0] * line[4] + place[4], text.strip())
            )
        )

    assert len(found) > 1000
    assert [(x, text) for x, text in found if text and not 0 <= x <= width] == []
