"""What holds for every chart: what it is, that it fits, and that a strict page can show it."""

from __future__ import annotations

import re
from itertools import combinations, product

import pytest

from reports import charts
from tests.contents import make_capability, make_metric, make_report, make_shown, make_statement
from tests.reports.charts.examples import (
    ALL,
    GOLDEN,
    KINDS,
    LONG_WORD,
    LOOKS,
    TRENDS,
    Box,
    dot_boxes,
    drawn,
    each_chart,
    each_kind,
    ends,
    find,
    make_priority,
    overlap,
    parse,
    renamed,
    size,
    tag,
    text_boxes,
    texts,
    with_changes,
    with_gaps,
    with_trend,
)

PALETTE = {
    charts.INK,
    charts.MUTED,
    charts.GRID,
    charts.ACCENT,
    charts.ACCENT_SOFT,
    charts.GHOST,
    charts.PAPER,
    "none",
}


HOSTILE = [
    "<script>alert(1)</script>",
    'Tom & Jerry\'s "test" ]]>',
    "$5 and $6 \\frac{1}{2}",
    "Team 🚀 👩‍💻 délivré",
    "שילוב רציף של קוד",
    "持续集成与持续交付的能力",
    "reversed \u202e text \u0000 with \ud800 holes\nand lines",
    "x" * 200,
    LONG_WORD,
    "{name} %s {0}",
    "",
]


@each_kind
def test_same_content_same_bytes(name: str) -> None:
    assert ALL[name](chart_id="a") == ALL[name](chart_id="a") == drawn(name)


@pytest.mark.parametrize("name", LOOKS)
def test_looks_as_before(name: str) -> None:
    assert drawn(name, name) == (GOLDEN / f"{name}.svg").read_text(encoding="utf-8")


@each_kind
def test_is_an_image_with_a_title(name: str) -> None:
    root = parse(drawn(name))
    assert (tag(root), root.get("class"), root.get("role")) == ("svg", "chart", "img")
    assert root.get("aria-labelledby") == "a-title"
    title = root[0]
    assert (tag(title), title.get("id")) == ("title", "a-title")
    assert title.text


def test_title_may_be_given() -> None:
    svg = charts.category_radar(with_gaps(), chart_id="a", title="Say <this> & that")
    assert parse(svg)[0].text == "Say <this> & that"


@each_kind
def test_size_is_in_points_and_equals_the_view_box(name: str) -> None:
    width, height = size(drawn(name))
    root = parse(drawn(name))
    assert (root.get("width"), root.get("height")) == (f"{width:g}pt", f"{height:g}pt")
    assert width == (charts.SPARK_WIDTH if name in TRENDS else charts.WIDTH)


def test_sparklines_are_of_one_height() -> None:
    assert len({size(drawn(name)) for name in TRENDS}) == 1


@each_kind
def test_nothing_that_a_strict_page_forbids(name: str) -> None:
    svg = drawn(name)
    assert {tag(e) for e in parse(svg).iter()} <= {"svg", "title", "path", "text", "circle"}
    names = {name for e in parse(svg).iter() for name in e.attrib}
    assert not {n for n in names if n == "style" or n.startswith("on") or "clip" in n or "opacity" in n}
    assert not re.search(r"<\?xml|<!DOCTYPE|<!--|matplotlib|url\(", svg, re.IGNORECASE)


@each_kind
def test_only_colours_of_the_palette(name: str) -> None:
    colours = {
        e.attrib[name] for e in parse(drawn(name)).iter() for name in ("fill", "stroke") if name in e.attrib
    }
    assert colours <= PALETTE


@each_kind
def test_every_mark_says_its_own_colour(name: str) -> None:
    """So that a page can change it."""
    for element in parse(drawn(name)).iter():
        if tag(element) in ("circle", "text", "path"):
            assert "fill" in element.attrib


@each_kind
def test_ids_belong_to_the_chart(name: str) -> None:
    one, other = (re.findall(r' id="([^"]+)"', drawn(name, chart_id)) for chart_id in ("one", "other"))
    assert one
    assert all(name.startswith("one-") for name in one)
    assert not set(one) & set(other)
    assert "href" not in drawn(name, "one")


@each_chart
def test_labels_and_marks_lie_within_the_picture(name: str) -> None:
    svg = drawn(name)
    width, height = size(svg)
    lines = (path for path in find(svg, "path") if "C" not in path.attrib["d"])
    points = [("a line", (x, y, x, y)) for path in lines for x, y in ends(path)]
    for what, (left, top, right, bottom) in [*text_boxes(svg), *_dots(svg), *points]:
        assert left >= -0.1, what
        assert right <= width + 0.1, what
        assert top >= -0.1, what
        assert bottom <= height + 0.1, what


def _dots(svg: str) -> list[tuple[str, Box]]:
    return [("a dot", box) for box in dot_boxes(svg)]


@each_chart
def test_labels_overlap_neither_each_other_nor_a_dot(name: str) -> None:
    svg = drawn(name)
    labels = list(text_boxes(svg))
    for (text, box), (other_text, other) in [
        *combinations(labels, 2),
        *product(labels, _dots(svg)),
    ]:
        assert not overlap(box, other), (text, other_text)


@pytest.mark.parametrize("manner", ["", "-pseudo"])
@pytest.mark.parametrize("name", [name for name in KINDS if name != "statements"])
def test_no_name_is_cut_short(name: str, manner: str) -> None:
    """Not even 40 % longer; only a statement of a dozen sentences is."""
    assert not [text for text in texts(drawn(name + manner)) if text.endswith("…")]


@each_kind
def test_text_is_large_enough_on_a_phone(name: str) -> None:
    sizes = {float(e.attrib["font-size"].removesuffix("px")) for e in find(drawn(name), "text")}
    assert min(sizes) >= 9


def test_a_radar_is_small() -> None:
    assert len(drawn("radar-8").encode()) < 12_000


@pytest.mark.parametrize("chart_id", ["", "1st", 'a"b', "a b", "ä"])
def test_refuses_what_cannot_begin_an_id(chart_id: str) -> None:
    with pytest.raises(ValueError, match="cannot begin an id"):
        ALL["radar-8"](chart_id=chart_id)


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("name", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_names_stay_text(name: str) -> None:
    category = renamed(with_gaps(), lambda _: name)
    svgs = [
        charts.category_radar(category, chart_id="a"),
        charts.dot_plot([category, category], chart_id="a"),
        charts.category_bars(category, chart_id="a"),
        charts.overview_radar(make_report([category] * 5), chart_id="a"),
        charts.metric_strip(
            make_metric(3, elite=name, short_name=name, band_labels=(name,) * 6), chart_id="a"
        ),
        charts.statement_bars(
            make_capability(name, make_shown(statements=(make_statement(name),))), chart_id="a"
        ),
        charts.slopegraph(renamed(with_changes(), lambda _: name), chart_id="a"),
        charts.sparkline(with_trend(40, 50, 60, name=name, reworded_after=name), chart_id="a"),
        charts.factor_bars(make_priority(name), chart_id="a"),
    ]
    for svg in svgs:
        assert "script" not in {tag(element) for element in parse(svg).iter()}
        assert all(box[2] <= charts.WIDTH + 0.1 and box[0] >= -0.1 for _, box in text_boxes(svg))


def test_matplotlib_is_left_as_it_was() -> None:
    import matplotlib  # noqa: PLC0415 - only this test is about it

    before = dict(matplotlib.rcParams)
    drawn("radar-8")
    assert dict(matplotlib.rcParams) == before
