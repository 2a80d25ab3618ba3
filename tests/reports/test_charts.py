"""Charts: what they show, what they must not show, and that they fit on page and paper.

The golden files show a change of looks in review. After an intended one, renew them:
``.venv/bin/python -m tests.reports.test_charts``.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import cache, partial
from itertools import combinations
from pathlib import Path
from xml.etree import ElementTree

import pytest

from reports import charts
from reports.content import CapabilityResult, CategoryResult, CategoryScore, Shown, ShownMetric, Suppressed
from tests.contents import (
    CATEGORIES,
    make_capability,
    make_category,
    make_metric,
    make_report,
    make_shown,
    make_statement,
)

GOLDEN = Path(__file__).parent / "golden"
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
LONG_WORD = "Donaudampfschifffahrtsgesellschaft" * 6
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
PSEUDO = str.maketrans("aeioucnyAEIOUCN", "àéîöûçñÿÀÉÎÖÛÇÑ")


# --- Helpers ---------------------------------------------------------------------------------


def pseudo(text: str) -> str:
    """``text`` as a translator might return it: 40 % longer, placeholders untouched."""
    parts = [
        part if part.startswith("{") else part.translate(PSEUDO) for part in re.split(r"(\{\w+\})", text)
    ]
    return "".join(parts) + " " + "ẋ" * max(1, round(len(text) * 0.4) - 1)


PSEUDO_WORDS = {key: text if key == "n" else pseudo(text) for key, text in charts.WORDS.items()}


def renamed(category: CategoryResult, name: Callable[[str], str]) -> CategoryResult:
    """``category`` with every name in it put through ``name``."""
    capabilities = tuple(replace(each, short_name=name(each.short_name)) for each in category.capabilities)
    return replace(category, name=name(category.name), capabilities=capabilities)


def with_gaps() -> CategoryResult:
    """Eight capabilities, three of them with too few answers; their last round had enough."""
    scores: list[int | None] = [85, 60, None, None, 55, 40, None, 50]
    names = CATEGORIES["Continuous delivery"]
    return make_category(
        capabilities=[make_capability(name, score, 45) for name, score in zip(names, scores, strict=True)]
    )


def long_names(count: int, score: int | None = 95) -> CategoryResult:
    """``count`` capabilities with names of 24 characters and the widest value."""
    names = ["Transformationsbegleiter", "Loosely coupled services", "Limits to unplanned work"] * 3
    return make_category(capabilities=[make_capability(name, score, 5) for name in names[:count]])


def with_statements() -> CapabilityResult:
    statements = (
        make_statement(),
        make_statement("Nobody is neutral about this.", disagree=0, neutral=0, agree=9),
        make_statement("Hardly anyone. " * 12, disagree=1, neutral=1, agree=40),
        make_statement("Nobody knows.", disagree=0, neutral=0, agree=0, dont_know=9),
    )
    return make_capability(result=make_shown(70, n=9, statements=statements))


FREQUENCY = make_metric(
    None,
    short_name="Deployment frequency",
    band_labels=(
        "fewer than once per six months",
        "between once per month and once every six months",
        "between once per week and once per month",
        "between once per day and once per week",
        "between once per hour and once per day",
        "on demand, several times a day",
    ),
    elite="on demand, several deployments a day",
)


def answered(band: int) -> ShownMetric:
    return ShownMetric(n=6, band=band, label=FREQUENCY.band_labels[band - 1], meets_elite=band == 6)


REPORT = make_report()
ALL: dict[str, partial[str]] = {
    "radar-8": partial(charts.category_radar, REPORT.categories[0]),
    "radar-5": partial(charts.category_radar, REPORT.categories[3]),
    "radar-4": partial(charts.category_radar, REPORT.categories[2]),
    "radar-gaps": partial(charts.category_radar, with_gaps()),
    "radar-pseudo": partial(charts.category_radar, renamed(with_gaps(), pseudo), words=PSEUDO_WORDS),
    "overview": partial(charts.overview_radar, REPORT),
    "bars": partial(charts.category_bars, REPORT.categories[1]),
    "dots": partial(charts.dot_plot, REPORT.categories[0]),
    "dots-all": partial(charts.dot_plot, REPORT.categories),
    "dots-gaps": partial(charts.dot_plot, with_gaps()),
    "dots-pseudo": partial(
        charts.dot_plot,
        [renamed(with_gaps(), pseudo), renamed(long_names(8), pseudo)],
        words=PSEUDO_WORDS,
    ),
    "statements": partial(charts.statement_bars, with_statements()),
    "metric-none": partial(charts.metric_strip, FREQUENCY),
    "metric-pseudo": partial(
        charts.metric_strip,
        replace(
            FREQUENCY,
            elite=pseudo(FREQUENCY.elite),
            band_labels=tuple(map(pseudo, FREQUENCY.band_labels)),
            result=replace(answered(2), label=pseudo(answered(2).label)),
        ),
        words=PSEUDO_WORDS,
    ),
}
for _n in range(4, 9):
    _long = renamed(long_names(_n), pseudo)
    _none = renamed(long_names(_n, None), pseudo)
    ALL[f"radar-long-{_n}"] = partial(charts.category_radar, long_names(_n))
    ALL[f"radar-long-pseudo-{_n}"] = partial(charts.category_radar, _long, words=PSEUDO_WORDS)
    ALL[f"radar-none-pseudo-{_n}"] = partial(charts.category_radar, _none, words=PSEUDO_WORDS)
for _n in range(1, 7):
    ALL[f"metric-{_n}"] = partial(charts.metric_strip, replace(FREQUENCY, result=answered(_n), elite_from=_n))


@cache
def drawn(name: str, chart_id: str = "a") -> str:
    """Drawn once, however many tests look at it."""
    return ALL[name](chart_id=chart_id)


each_chart = pytest.mark.parametrize("name", ALL)


def parse(svg: str) -> ElementTree.Element:
    return ElementTree.fromstring(svg)


def tag(element: ElementTree.Element) -> str:
    return element.tag.rpartition("}")[2]


def texts(svg: str) -> list[str]:
    return [element.text or "" for element in parse(svg).iter() if tag(element) == "text"]


def find(svg: str, name: str, **attributes: str) -> list[ElementTree.Element]:
    wanted = {key.replace("_", "-"): value for key, value in attributes.items()}
    return [e for e in parse(svg).iter() if tag(e) == name and wanted.items() <= e.attrib.items()]


def score_dots(svg: str) -> list[ElementTree.Element]:
    """The round marks of this round, without that of the legend, which comes last."""
    return find(svg, "use", fill=charts.ACCENT)[:-1]


Box = tuple[float, float, float, float]


def text_boxes(svg: str) -> Iterator[tuple[str, Box]]:
    """Each text with the room that it takes, as matplotlib measures it."""
    for element in find(svg, "text"):
        size = float(element.attrib["font-size"].removesuffix("px"))
        width = charts.text_width(element.text or "", size, element.get("font-weight") == "600")
        x, y = float(element.attrib["x"]), float(element.attrib["y"])
        left = x - width * {"middle": 0.5, "end": 1.0}.get(element.get("text-anchor", "start"), 0.0)
        yield element.text or "", (left, y - 0.74 * size, left + width, y + 0.21 * size)


def overlap(one: Box, other: Box) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


# --- The SVG ---------------------------------------------------------------------------------


@each_chart
def test_same_content_same_bytes(name: str) -> None:
    assert ALL[name](chart_id="a") == ALL[name](chart_id="a") == drawn(name)


@pytest.mark.parametrize("name", ["radar-gaps", "metric-3"])
def test_looks_as_before(name: str) -> None:
    assert drawn(name, name) == (GOLDEN / f"{name}.svg").read_text(encoding="utf-8")


@each_chart
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


@each_chart
def test_size_is_in_points_and_equals_the_view_box(name: str) -> None:
    root = parse(drawn(name))
    _, _, width, height = root.attrib["viewBox"].split()
    assert (root.get("width"), root.get("height")) == (f"{width}pt", f"{height}pt")
    assert float(width) == charts.WIDTH


@each_chart
def test_nothing_that_a_strict_page_forbids(name: str) -> None:
    svg = drawn(name)
    assert {tag(e) for e in parse(svg).iter()} <= {"svg", "title", "path", "text", "use", "defs"}
    names = {name for e in parse(svg).iter() for name in e.attrib}
    assert not {n for n in names if n == "style" or n.startswith("on") or "clip" in n or "opacity" in n}
    assert not re.search(r"<\?xml|<!DOCTYPE|<!--|matplotlib|url\(", svg, re.IGNORECASE)


@each_chart
def test_only_colours_of_the_palette(name: str) -> None:
    colours = {
        e.attrib[name] for e in parse(drawn(name)).iter() for name in ("fill", "stroke") if name in e.attrib
    }
    assert colours <= PALETTE


@each_chart
def test_every_mark_says_its_own_colour(name: str) -> None:
    """So that a page can change it: selectors do not reach into what ``use`` copies."""
    for element in parse(drawn(name)).iter():
        if tag(element) in ("use", "text") or (tag(element) == "path" and "id" not in element.attrib):
            assert "fill" in element.attrib
        if "id" in element.attrib and tag(element) == "path":
            assert not {"fill", "stroke"} & element.attrib.keys()


@each_chart
def test_ids_and_references_belong_to_the_chart(name: str) -> None:
    one, other = (re.findall(r' id="([^"]+)"', drawn(name, chart_id)) for chart_id in ("one", "other"))
    assert one
    assert all(name.startswith("one-") for name in one)
    assert not set(one) & set(other)
    references = set(re.findall(r'href="#([^"]+)"', drawn(name, "one")))
    assert references <= set(one)


@each_chart
def test_labels_lie_within_the_picture(name: str) -> None:
    svg = drawn(name)
    height = float(parse(svg).attrib["viewBox"].split()[3])
    for text, (left, top, right, bottom) in text_boxes(svg):
        assert left >= -0.1, text
        assert right <= charts.WIDTH + 0.1, text
        assert top >= 0, text
        assert bottom <= height, text


@each_chart
def test_labels_do_not_overlap(name: str) -> None:
    for (text, box), (other_text, other) in combinations(text_boxes(drawn(name)), 2):
        assert not overlap(box, other), (text, other_text)


@each_chart
def test_text_is_large_enough_on_a_phone(name: str) -> None:
    sizes = {float(e.attrib["font-size"].removesuffix("px")) for e in find(drawn(name), "text")}
    assert min(sizes) >= 9


def test_a_radar_is_small() -> None:
    assert len(drawn("radar-8").encode()) < 12_000


@pytest.mark.parametrize("chart_id", ["", "1st", 'a"b', "a b", "ä"])
def test_refuses_what_cannot_begin_an_id(chart_id: str) -> None:
    with pytest.raises(ValueError, match="cannot begin an id"):
        ALL["radar-8"](chart_id=chart_id)


# --- Text ------------------------------------------------------------------------------------


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
    ]
    for svg in svgs:
        assert "script" not in {tag(element) for element in parse(svg).iter()}
        assert all(box[2] <= charts.WIDTH + 0.1 and box[0] >= -0.1 for _, box in text_boxes(svg))


def test_dollars_are_no_formula() -> None:
    category = renamed(with_gaps(), lambda _: "$5 and $6")
    assert "$5 and $6" in texts(charts.category_radar(category, chart_id="a"))


def test_clean_drops_what_xml_forbids_and_joins_lines() -> None:
    assert charts.clean(" a\x00b\n\tc \u202ed\ud800\uffff ") == "a b c d"


def test_wrap_keeps_short_text_and_breaks_at_spaces() -> None:
    assert charts.wrap("Version control", 100, 9.5) == ("Version control",)
    assert charts.wrap("Continuous integration", 75, 9.5) == ("Continuous", "integration")
    assert charts.wrap("", 75, 9.5) == ()


def test_wrap_hyphenates_a_long_word_and_shortens_the_rest() -> None:
    lines = charts.wrap(LONG_WORD, 60, 9.5)
    assert lines[0].endswith("-")
    assert lines[1].endswith("…")
    assert len(lines) == 2
    assert all(charts.text_width(line, 9.5) <= 60 for line in lines)


def test_wrap_sets_no_hyphen_in_scripts_without_spaces() -> None:
    assert not charts.wrap("持续集成与持续交付的能力", 60, 9.5)[0].endswith("-")


def test_inter_is_the_measured_font() -> None:
    assert charts.text_width("Inter", 1000) == pytest.approx(2136, abs=40)  # in DejaVu it would be 2350
    assert charts.text_width("Inter", 10, semibold=True) > charts.text_width("Inter", 10)


def test_semibold_is_for_current_values_only() -> None:
    svg = drawn("radar-gaps")
    assert [e.text for e in find(svg, "text", font_weight="600")] == ["85", "60", "55", "40", "50"]


@pytest.mark.parametrize(("score", "text"), [(5, "5 or less"), (70, "70"), (95, "95 or more")])
def test_score_text(score: int, text: str) -> None:
    assert charts.score_text(score) == text
    svg = charts.category_radar(make_category(capabilities=[make_capability(result=score)] * 4), chart_id="a")
    assert text in texts(svg)


# --- What is suppressed ----------------------------------------------------------------------

SECRET = make_shown(37, n=1237, low=12, high=62)


def suppressed_now() -> CapabilityResult:
    return make_capability("Hidden", None, SECRET)


@pytest.mark.parametrize("draw", [charts.category_radar, charts.dot_plot, charts.category_bars])
def test_suppressed_has_words_but_no_number_and_no_point(draw: Callable[..., str]) -> None:
    others = [make_capability(name, 70, 60) for name in CATEGORIES["Product and process"]]
    svg = draw(make_category(capabilities=[*others, suppressed_now()]), chart_id="a")
    without = draw(make_category(capabilities=others), chart_id="a")
    assert "Hidden" in texts(svg)
    assert {"too few answers", "fewer than 5 answered"} & set(texts(svg))
    assert len(score_dots(svg)) == len(score_dots(without)) == 4
    assert len(find(svg, "use")) == len(find(without, "use"))
    assert not re.search(r"\b(37|1237|12|62)\b", " ".join([*texts(svg), parse(svg)[0].text or ""]))


def test_suppressed_results_differ_in_nothing_but_the_name() -> None:
    """Whatever the last round was, the picture of a suppressed capability is the same."""
    others = [make_capability(name, 70, 60) for name in CATEGORIES["Product and process"]]
    pictures = {
        charts.category_radar(
            make_category(capabilities=[*others, replace(hidden, previous=before)]), chart_id="a"
        )
        + charts.dot_plot(
            make_category(capabilities=[*others, replace(hidden, previous=before)]), chart_id="a"
        )
        for hidden in [suppressed_now()]
        for before in (SECRET, make_shown(90), Suppressed(5), None)
    }
    assert len(pictures) == 1


def test_suppressed_category_is_a_gap_in_the_overview() -> None:
    categories = [make_category(name, previous=45) for name in CATEGORIES]
    categories[2] = replace(categories[2], result=Suppressed(5), previous=CategoryScore(37, 4, ("mixed",)))
    svg = charts.overview_radar(make_report(categories), chart_id="a")
    assert len(score_dots(svg)) == len(find(svg, "use", stroke=charts.GHOST)) == 4
    assert "too few answers" in texts(svg)
    assert "37" not in (parse(svg)[0].text or "")


def test_suppressed_metric_fills_no_cell() -> None:
    assert not find(drawn("metric-none"), "path", fill=charts.ACCENT)
    assert "fewer than 5 answered" in texts(drawn("metric-none"))
    assert len(find(drawn("metric-3"), "path", fill=charts.ACCENT)) == 1


def test_a_gap_is_not_a_zero() -> None:
    svg = drawn("radar-gaps")
    assert len(score_dots(svg)) == 5
    assert all(
        (float(dot.attrib["x"]) - 170) ** 2 + (float(dot.attrib["y"]) - middle(svg)) ** 2 > 30**2
        for dot in score_dots(svg)
    )


def middle(svg: str) -> float:
    """The height of a radar's middle: that of the first spoke's beginning."""
    spokes = find(svg, "path", stroke=charts.GRID)[0].attrib["d"]
    return float(spokes.split()[2])


def test_a_gap_breaks_the_line_and_the_fill() -> None:
    whole, gaps = drawn("radar-8"), drawn("radar-gaps")
    assert find(whole, "path", fill=charts.ACCENT_SOFT)
    assert not find(gaps, "path", fill=charts.ACCENT_SOFT)
    outline = find(gaps, "path", stroke=charts.ACCENT, stroke_width="1.6")[0].attrib["d"]
    assert [len(run.split("L")) for run in outline.split("M")[1:]] == [2, 3]  # 5–6, and 8–1–2


def test_a_lone_capability_between_gaps_is_a_point_without_a_line() -> None:
    capabilities = [make_capability(result=score) for score in (70, None, 60, None)]
    svg = charts.category_radar(make_category(capabilities=capabilities), chart_id="a")
    assert len(score_dots(svg)) == 2
    assert len(find(svg, "path", stroke=charts.ACCENT, stroke_width="1.6")) == 1  # the legend's


def test_a_radar_without_any_answer_has_labels_only() -> None:
    capabilities = [make_capability(result=None)] * 4
    svg = charts.category_radar(make_category(capabilities=capabilities), chart_id="a")
    assert not score_dots(svg)
    assert texts(svg).count("too few answers") + texts(svg).count("answers") >= 4


# --- Radars and rows -------------------------------------------------------------------------


@pytest.mark.parametrize("count", [0, 1, 2, 3, 9])
def test_a_radar_has_four_to_eight_axes(count: int) -> None:
    with pytest.raises(ValueError, match=f"4 to 8 axes, not {count}"):
        charts.category_radar(make_category(capabilities=[make_capability()] * count), chart_id="a")


def test_few_capabilities_are_drawn_as_bars() -> None:
    two, four = REPORT.categories[1], REPORT.categories[2]
    assert charts.category_chart(two, chart_id="a") == charts.category_bars(two, chart_id="a")
    assert charts.category_chart(four, chart_id="a") == charts.category_radar(four, chart_id="a")


def test_a_radar_names_rings_axes_and_values_in_the_order_asked() -> None:
    said = texts(drawn("radar-8"))
    assert said[:4] == ["33", "67", "83", "100"]
    order = [said.index(word) for word in ("Version control", "Deployment", "Continuous", "Trunk-based")]
    assert order == sorted(order)


def test_scores_stand_where_they_belong() -> None:
    capabilities = [make_capability(result=score) for score in (80, 40, 60, 20)]
    svg = charts.category_radar(make_category(capabilities=capabilities), chart_id="a")
    x, y, scale = 170, middle(svg), charts.RADIUS / 100
    expected = [(x, y - 80 * scale), (x + 40 * scale, y), (x, y + 60 * scale), (x - 20 * scale, y)]
    found = [(float(dot.attrib["x"]), float(dot.attrib["y"])) for dot in score_dots(svg)]
    assert found == [pytest.approx(point, abs=0.02) for point in expected]


def test_last_round_is_dashed_grey_and_unfilled() -> None:
    svg = drawn("radar-8")
    ghosts = find(svg, "path", stroke=charts.GHOST)
    assert ghosts
    assert all(ghost.get("fill") == "none" and "stroke-dasharray" in ghost.attrib for ghost in ghosts)
    assert all("stroke-dasharray" not in e.attrib for e in find(svg, "path", stroke=charts.ACCENT))
    assert "last round" in texts(svg)


def test_a_first_round_has_no_ghost() -> None:
    category = make_category(capabilities=[make_capability()] * 4)
    for svg in (charts.category_radar(category, chart_id="a"), charts.dot_plot(category, chart_id="a")):
        assert charts.GHOST not in svg
        assert "last round" not in texts(svg)


def test_the_overview_has_no_intervals() -> None:
    assert "90 % interval" not in texts(drawn("overview"))
    assert "90 % interval" in texts(drawn("radar-8"))


def test_cuts_are_those_of_the_answer_scale() -> None:
    assert [round(cut) for cut in charts.CUT_SCORES] == [33, 67, 83]


def test_dot_plot_names_bands_once_and_categories_only_where_there_are_several() -> None:
    one, several = texts(drawn("dots")), texts(drawn("dots-all"))
    assert several.count("mostly disagree") == several.count("mixed") == several.count("strongly") == 1
    assert "Culture" in several
    assert "Continuous delivery" in several
    assert one.count("Continuous delivery") == 1  # the capability of that name
    assert several.count("n 6") == 24


def test_dots_stand_between_the_ends_of_the_scale() -> None:
    category = make_category(capabilities=[make_capability(result=score) for score in (5, 50, 95)])
    found = [float(dot.attrib["x"]) for dot in score_dots(charts.dot_plot(category, chart_id="a"))]
    assert found == pytest.approx([17.9, 170, 322.1], abs=0.02)


# --- Key metrics and statements --------------------------------------------------------------


def test_metric_strip_fills_the_teams_cell_and_names_it() -> None:
    svg = drawn("metric-3")
    fills = [
        path.get("fill") for path in find(svg, "path") if path.get("stroke") in (charts.GHOST, charts.ACCENT)
    ]
    assert fills == [charts.PAPER] * 2 + [charts.ACCENT] + [charts.PAPER] * 3
    assert [e.text for e in find(svg, "text", font_weight="600")] == [answered(3).label]


def test_metric_strip_marks_the_elite_threshold() -> None:
    svg = charts.metric_strip(make_metric(3, elite_from=5), chart_id="a")
    line = find(svg, "path", stroke=charts.INK)[0].attrib["d"].split()
    assert float(line[1]) == pytest.approx(charts.WIDTH * 4 / 6, abs=1)
    assert "elite: less than one hour" in texts(svg)


def test_statement_bars_print_the_counts() -> None:
    said = texts(drawn("statements"))
    assert said[:3] == ["disagree", "agree", "neutral"]
    assert [text for text in said if text.isdigit()] == list("261") + list("090") + ["1", "40", "1"] + list(
        "000"
    )


@pytest.mark.parametrize("capability", [make_capability(), make_capability(result=None)])
def test_statement_bars_need_statements(capability: CapabilityResult) -> None:
    with pytest.raises(ValueError, match="not shown"):
        charts.statement_bars(capability, chart_id="a")


# --- In words --------------------------------------------------------------------------------


def test_describe_capability() -> None:
    shown = make_shown(70, low=55, high=85, bands=("mixed", "mostly_agree"))
    sentence = "Continuous integration: 70, between 55 and 85, mixed to mostly agree."
    assert charts.describe_capability(make_capability(result=shown)) == sentence
    assert (
        charts.describe_capability(make_capability(result=shown, previous=60)) == f"{sentence} Last round 60."
    )
    assert charts.describe_capability(make_capability(result=None)) == (
        "Continuous integration: fewer than 5 answered."
    )


@pytest.mark.parametrize(
    ("bands", "text"),
    [
        (("mixed",), "mixed"),
        (("mostly_disagree", "mixed"), "mostly disagree to mixed"),
        (("mostly_agree", "strongly_agree"), "mostly to strongly agree"),
        (("mixed", "strongly_agree"), "mixed to strongly agree"),
    ],
)
def test_bands_in_words(bands: tuple[str, ...], text: str) -> None:
    assert charts.describe_capability(make_capability(result=make_shown(bands=bands))).endswith(f", {text}.")


def test_describe_category_names_every_capability() -> None:
    said = charts.describe_category(with_gaps())
    assert said.startswith("Continuous delivery. Version control: 85,")
    assert "Security from the start: fewer than 5 answered." in said


def test_describe_overview() -> None:
    said = charts.describe_overview(REPORT)
    assert said.startswith("Continuous delivery: 55, mixed. Last round 50. Architecture: 60, mixed.")


def test_describe_dot_plot_is_short_for_several_categories() -> None:
    assert charts.describe_dot_plot([with_gaps()]) == charts.describe_category(with_gaps())
    said = charts.describe_dot_plot([with_gaps(), make_category("Culture", [make_capability(result=None)])])
    assert said == (
        "Continuous delivery: from 40 (Test data management) to 85 (Version control). "
        "3 with too few answers. Culture: too few answers."
    )


def test_describe_metric() -> None:
    assert charts.describe_metric(make_metric(3)) == (
        "Lead time: one week to one month, band 3 of 6, six being best. Elite performers: less than one hour."
    )
    assert charts.describe_metric(make_metric(None)) == "Lead time: fewer than 5 answered."


def test_describe_statements() -> None:
    shown = make_shown(statements=(make_statement("We release daily."),))
    assert charts.describe_statements(make_capability(result=shown)) == (
        "Continuous integration. We release daily. 2 disagree, 1 neutral, 6 agree."
    )


def test_words_may_be_in_another_language() -> None:
    words = {"mixed": "teils, teils", "too_few": "zu wenige Antworten", "this_round": "diese Runde"}
    assert "teils, teils" in charts.describe_overview(REPORT, words)
    said = texts(charts.category_radar(with_gaps(), chart_id="a", words=words))
    assert {"diese Runde", "zu wenige Antworten", "last round"} <= set(said)


# --- Tidying ---------------------------------------------------------------------------------


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
      <defs><path id="m1" d="M 1 1" style="stroke: #ffffff"/></defs>
      <use xlink:href="#m1" x="1" y="2.0" style="fill: #ffffff"/></g></g>
     <defs><clipPath id="p"/></defs></svg>"""
    assert charts.tidy(raw, chart_id="a", title="T").splitlines()[1:] == [
        '<title id="a-title">T</title>',
        '<path d="M 0 0 L 1.24 2" fill="#ffffff" />',
        '<defs><path id="a-1" d="M 1 1" /></defs>',
        '<use href="#a-1" x="1" y="2" fill="#ffffff" />',
        "</svg>",
    ]


def test_matplotlib_is_left_as_it_was() -> None:
    import matplotlib  # noqa: PLC0415 - only this test is about it

    before = dict(matplotlib.rcParams)
    drawn("radar-8")
    assert dict(matplotlib.rcParams) == before


def test_shown_needs_no_previous() -> None:
    """A worded-differently capability has a score, but no ghost."""
    capabilities = [make_capability(result=70, previous=before) for before in (60, None, Suppressed(5), 50)]
    svg = charts.category_radar(make_category(capabilities=capabilities), chart_id="a")
    assert len(score_dots(svg)) == 4
    assert len(find(svg, "use", fill=charts.PAPER, stroke=charts.GHOST)) == 2
    assert all(isinstance(each.result, Shown) for each in capabilities)


if __name__ == "__main__":
    for _name in ("radar-gaps", "metric-3"):
        (GOLDEN / f"{_name}.svg").write_text(drawn(_name, _name), encoding="utf-8")
