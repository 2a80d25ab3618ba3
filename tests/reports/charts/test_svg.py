"""From matplotlib to our SVG."""

from __future__ import annotations

import pytest

from reports import charts


def test_presentation_spells_out_styles() -> None:
    assert charts.presentation("fill: none; stroke: #cbd2d9; stroke-dashoffset: 0") == {
        "fill": "none",
        "stroke": "#cbd2d9",
    }
    assert charts.presentation("font: italic 600 9.5px/1.2 'Inter', serif; text-anchor: end") == {
        "font-size": "9.5px",
        "font-family": "'Inter', serif",
        "font-weight": "600",
        "font-style": "italic",
        "text-anchor": "end",
    }


def test_presentation_refuses_a_font_that_it_cannot_read() -> None:
    with pytest.raises(ValueError, match="cannot read font"):
        charts.presentation("font: caption")


def test_tidy_keeps_only_what_is_seen() -> None:
    raw = """<?xml version="1.0"?>
    <svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"
         width="9pt" height="9pt" viewBox="0 0 9 9">
     <metadata/><!-- made by hand --><defs><style>*{stroke-linejoin: round}</style></defs>
     <g id="figure_1"><g clip-path="url(#p)">
      <path id="p1" clip-path="url(#p)" d="M 0.004 -0.001 L 1.239999 2" style="fill: #ffffff"/>
      <defs><path id="m1" d="M 0 2.204 C C C C C C C C z" style="stroke: #ffffff"/></defs>
      <use xlink:href="#m1" x="1" y="2.0" style="fill: #ffffff"/></g></g>
     <defs><clipPath id="p"/></defs></svg>"""
    assert charts.tidy(raw, chart_id="a", title="T").splitlines()[1:] == [
        '<title id="a-title">T</title>',
        '<path d="M 0 0 L 1.24 2" fill="#ffffff" />',
        '<circle cx="1" cy="2" r="2.2" fill="#ffffff" />',
        "</svg>",
    ]


def test_tidy_refuses_a_mark_that_is_not_round() -> None:
    raw = """<svg xmlns="http://www.w3.org/2000/svg"><defs><path id="m" d="M 0 2 L 1 1"/></defs></svg>"""
    with pytest.raises(ValueError, match="not a round mark"):
        charts.tidy(raw, chart_id="a", title="T")
