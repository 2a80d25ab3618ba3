"""Reports of questionnaires that are not the shipped one: fewer capabilities, more, others, other words."""

from __future__ import annotations

import datetime as dt
import io
import random
import re
from dataclasses import replace
from typing import Any

import pypdf
import pytest
from django.template.loader import render_to_string

from assessments.instrument import Instrument, Statement
from assessments.services.scores import make_scores
from assessments.variants import vary
from reports import charts, pdf
from reports.builder import Occasion, make_content
from reports.content import AskedAnew, ReportContent
from reports.history import Earlier
from reports.results import Results, newest
from reports.templatetags import report_tags
from tests.factories import random_answers
from tests.instruments import make_instrument, text

WHEN = dt.date(2026, 9, 30)


def scores_of(instrument: Instrument, seed: int = 1, people: int = 9) -> Any:
    chance = random.Random(seed)
    rows = [("team", random_answers(instrument, chance)) for _ in range(people)]
    return newest(make_scores(rows, ["team"], instrument, minimum=5)["team"])


def report_of(instrument: Instrument, *before: Instrument) -> ReportContent:
    """A team's report, after rounds that asked other questionnaires, the newest first."""
    occasion = Occasion("Example Ltd", "Team Kestrel", "2026 Q3", WHEN, 9, 9, 5, "Q-1" if before else "")
    earlier = [
        Earlier(f"Q-{back}", asked, Results(scores_of(asked, back + 1), 5))
        for back, asked in enumerate(before, start=1)
    ]
    return make_content(instrument, scores_of(instrument), occasion, "en", earlier=earlier)


def paper(content: ReportContent) -> str:
    """The words of the PDF."""
    sheets = pypdf.PdfReader(io.BytesIO(pdf.render(content))).pages
    return re.sub(r"\s+", " ", " ".join(sheet.extract_text() for sheet in sheets))


def moved(content: ReportContent) -> str:
    """What the page says about movement."""
    html = render_to_string("reports/parts/moved.html", {"content": content})
    return re.sub(r"\s+", " ", re.sub("<[^>]+>", " ", html))


# --- Shapes -----------------------------------------------------------------------------------

SHAPES: dict[str, dict[str, dict[str, int]]] = {
    "one capability": {"a": {"x": 2}},
    "three categories": {key: {f"{key}{n}": 2 for n in range(4)} for key in "abc"},
    "nine categories": {key: {f"{key}1": 2} for key in "abcdefghi"},
    "a category of two and one of sixteen": {
        "a": {"x": 2, "y": 2},
        "b": {f"b{n}": 2 for n in range(16)},
    },
}


@pytest.mark.parametrize("shape", SHAPES)
def test_a_questionnaire_of_any_shape_becomes_a_page_and_a_pdf(shape: str) -> None:
    instrument = make_instrument(SHAPES[shape])
    content = report_of(instrument, instrument)
    found = paper(content)

    for capability in content.capabilities:
        assert capability.name in found
    page = render_to_string("reports/parts/report.html", {"content": content, "assessment": None})
    assert all(f'id="category-{category.key}"' in page for category in content.categories)


@pytest.mark.parametrize(("categories", "drawn"), [(3, False), (4, True), (8, True), (9, False)])
def test_categories_too_few_or_too_many_for_a_radar_are_a_table(categories: int, drawn: bool) -> None:
    content = report_of(make_instrument({key: {f"{key}1": 2} for key in "abcdefghi"[:categories]}))
    html = render_to_string("reports/parts/glance.html", {"content": content})

    assert ("<svg" in html, "<details>" in html) == (drawn, drawn)
    assert html.count("<tr>") == categories + 1
    assert bool(report_tags.overview_radar(content)) is drawn


@pytest.mark.parametrize(("capabilities", "chart"), [(1, "bars"), (3, "bars"), (4, "radar"), (8, "radar")])
def test_capabilities_too_few_for_a_radar_are_bars(capabilities: int, chart: str) -> None:
    content = report_of(make_instrument({"a": {f"x{n}": 2 for n in range(capabilities)}}))
    (category,) = content.categories
    draw = {"bars": charts.category_bars, "radar": charts.category_radar}[chart]

    drawn = draw(category, chart_id="shape-a", words=report_tags.chart_words())
    assert report_tags.category_chart(category) == drawn


@pytest.mark.parametrize(("capabilities", "figures"), [(3, 1), (8, 2), (9, 1), (16, 1)])
def test_capabilities_too_many_for_a_radar_are_dots_alone(capabilities: int, figures: int) -> None:
    content = report_of(make_instrument({"a": {f"x{n}": 2 for n in range(capabilities)}}))
    html = render_to_string(
        "reports/parts/category.html", {"category": content.categories[0], "content": content}
    )

    assert html.count("<svg") == html.count("<figure") == figures


def test_where_no_path_leads_anywhere_nothing_is_said_to_be_fine() -> None:
    content = report_of(make_instrument({"a": {"tea": 2, "coffee": 2}}))
    html = render_to_string("reports/parts/next.html", {"content": content})

    assert "Nothing is proposed: no published research links" in html
    assert "Nothing stands out" not in html


def test_a_report_with_one_metric_speaks_of_no_four() -> None:
    content = report_of(make_instrument(metrics=["lead_time"]))
    html = pdf.render_html(content)

    assert "four" not in html.lower().replace("fourfold", "").split("<h2", 1)[1].split('id="method"')[0]


# --- What was asked otherwise -----------------------------------------------------------------

BASE = make_instrument(
    {"practice": {"integration": 3, "deployment": 3, "alerts": 3}, "culture": {"learning": 3}}
)


def varied(**options: Any) -> Instrument:
    """A variant of BASE without the second statement of integration, and without alerts."""
    asked = [s.key for s in BASE.statements if s.key != "integration_2" and not s.key.startswith("alerts")]
    values: dict[str, Any] = {"added": {"learning": [text("A new one")]}} | options
    return vary(BASE, slug="ours", version=1, title=text("Ours"), asked=asked, **values)


def test_the_report_says_since_when_and_why_trends_begin() -> None:
    content = report_of(varied(), BASE, BASE)
    by_key = {capability.key: capability for capability in content.capabilities}

    assert by_key["integration"].anew == AskedAnew("Q-1", ("removed",))
    assert by_key["learning"].anew == AskedAnew("Q-1", ("added",))
    assert by_key["deployment"].anew is None
    assert content.left_out == ("Short of alerts",)
    assert content.cautions == ("wording",)
    for said in (moved(content), paper(content)):
        assert "asked otherwise up to Q-1; since then statements were left out." in said
        assert "asked otherwise up to Q-1; since then statements were added." in said
        assert "Asked in Q-1 and not this time: Short of alerts." in said


def test_what_has_the_same_reason_stands_in_one_sentence() -> None:
    options = tuple(replace(each, label=text(f"new {each.value}")) for each in BASE.scale.options)
    later = replace(BASE, version=2, scale=replace(BASE.scale, options=options))
    content = report_of(later, BASE)

    assert [names for _anew, names in report_tags.asked_anew(content)] == [
        [capability.short_name for capability in content.capabilities]
    ]
    assert "No earlier round has results" in moved(content)
    assert moved(content).count("since then the answers have other words.") == 1


def test_the_mean_of_a_category_with_a_capability_less_is_not_compared() -> None:
    practice, culture = report_of(varied(added={}), BASE).categories

    assert (practice.previous, practice.change) == (None, None)
    assert culture.previous is not None


def test_what_is_left_out_and_comes_back_goes_on() -> None:
    content = report_of(BASE, varied(added={}), BASE)
    alerts = next(each for each in content.capabilities if each.key == "alerts")

    assert (alerts.previous, alerts.anew) == (None, None)
    assert [point.round for point in alerts.trend.points] == ["Q-2", "2026 Q3"]
    assert "not asked last round" in moved(content)


def test_texts_of_a_questionnaire_are_never_mark_up() -> None:
    hostile = "<b>{{ content }}</b> %(x)s {0}"
    capability = BASE.by_key["integration"]
    changed = replace(
        capability,
        name=text(hostile),
        short_name=text("<i>{{ x }}</i> %s {y}"),
        statements=(*capability.statements[:2], Statement("integration_3", text(hostile))),
    )
    practice = replace(BASE.categories[0], name=text(hostile), capabilities=(changed,))
    metric = replace(BASE.key_metrics[0], question=text(hostile), definition=text(hostile))
    instrument = replace(BASE, categories=(practice,), key_metrics=(metric,), title=text(hostile))
    content = report_of(instrument, instrument)
    html = pdf.render_html(content) + render_to_string("reports/parts/report.html", {"content": content})

    assert "<b>{{ content }}" not in html
    assert "<i>{{ x }}" not in html
    assert "{{ content }}" in html.replace("&lt;b&gt;", "")
    assert "{{ x }}" in paper(content)
