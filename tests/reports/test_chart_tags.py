"""Chart tags: drawn once a language, in the words of the page."""

from __future__ import annotations

import pytest
from django.template import engines
from django.utils import translation

from reports import charts
from reports.templatetags import report_tags
from tests.contents import make_capability
from tests.reports.charts.examples import (
    TRENDS,
    make_priority,
    parse,
    texts,
    with_changes,
    with_statements,
    with_trends,
)

CALLS = {
    "{% slopegraph what %}": (with_changes(), charts.slopegraph),
    "{% sparkline what %}": (TRENDS["spark"], charts.sparkline),
    "{% sparkline_key what %}": (with_trends(), charts.sparkline_key),
    "{% factor_bars what %}": (make_priority(), charts.factor_bars),
    "{% statement_bars what %}": (with_statements(), charts.statement_bars),
}


def render(call: str, what: object) -> str:
    return engines["django"].from_string("{% load report_tags %}" + call).render({"what": what})


@pytest.mark.parametrize("call", CALLS)
def test_a_tag_draws_its_chart(call: str) -> None:
    what, draw = CALLS[call]
    svg = render(call, what)
    assert texts(svg) == texts(draw(what, chart_id="a"))
    assert parse(svg)[0].get("id") == parse(svg).get("aria-labelledby")


def test_without_a_trend_there_is_no_sparkline() -> None:
    assert render("{% sparkline what %}", make_capability()) == ""


def test_what_was_drawn_for_a_page_once_is_drawn() -> None:
    category = with_changes()
    assert report_tags.slopegraph(category) is report_tags.slopegraph(with_changes())


def test_numbers_are_written_as_the_language_of_the_page_writes_them() -> None:
    with translation.override("de"):
        assert "0,58" in texts(render("{% factor_bars what %}", make_priority()))
    assert "0.58" in texts(render("{% factor_bars what %}", make_priority()))


def test_charts_on_a_page_have_ids_of_their_own() -> None:
    ids = [parse(render(call, what)).get("aria-labelledby") for call, (what, _) in CALLS.items()]
    assert len(set(ids)) == len(ids)
