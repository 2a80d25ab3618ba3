"""Charts to test: of every kind, in every manner of speaking; and how to read an SVG.

The golden files show a change of looks in review. After an intended one, renew them:
``.venv/bin/python -m tests.reports.charts.examples``.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import cache, partial
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from reports import charts
from reports.content import (
    CapabilityResult,
    CategoryResult,
    Change,
    InWords,
    KeyMetricResult,
    Priority,
    ReportContent,
    ShownMetric,
    Trend,
    TrendPoint,
    Votes,
)
from tests.contents import (
    CATEGORIES,
    make_capability,
    make_category,
    make_metric,
    make_report,
    make_shown,
    make_statement,
)

GOLDEN = Path(__file__).parents[1] / "golden"
LOOKS = ("radar-gaps", "metric-3", "dots", "statements", "slopes", "spark", "spark-key", "factors")
"""Those that have a golden file."""

LONG_WORD = "Donaudampfschifffahrtsgesellschaft" * 6

Say = Callable[[str], str]
Draw = partial[str]


# --- Manners of speaking ---------------------------------------------------------------------

_ACCENTED = str.maketrans("aeioucnyAEIOUCN", "àéîöûçñÿÀÉÎÖÛÇÑ")


def plain(text: str) -> str:
    """As it is."""
    return text


def pseudo(text: str) -> str:
    """``text`` as a translator might return it: 40 % longer, placeholders untouched."""
    parts = [
        part if part.startswith("{") else part.translate(_ACCENTED) for part in re.split(r"(\{\w+\})", text)
    ]
    return "".join(parts) + " " + "ẋ" * max(1, round(len(text) * 0.4) - 1)


def compound(text: str) -> str:
    """A name without a space, as long as German likes it."""
    return f"Veränderungsgenehmigungsverfahrens{text.lower().replace(' ', '')}"


def wide(text: str) -> str:
    """As long as ``text``, of the widest letters."""
    return "".join("W" if letter != " " else " " for letter in text)


def chinese(text: str) -> str:
    """As long as ``text``, of characters that our font does not have."""
    return ("持续集成与持续交付的能力" * (1 + len(text) // 12))[: len(text)]


MANNERS: dict[str, Say] = {each.__name__: each for each in (plain, pseudo, compound, wide, chinese)}
PSEUDO_WORDS = {key: text if key in ("n", "decimal") else pseudo(text) for key, text in charts.WORDS.items()}


# --- Content ---------------------------------------------------------------------------------


def renamed(category: CategoryResult, name: Say) -> CategoryResult:
    """``category`` with every name in it put through ``name``."""
    capabilities = tuple(replace(each, short_name=name(each.short_name)) for each in category.capabilities)
    return replace(category, name=name(category.name), capabilities=capabilities)


def renamed_metric(metric: KeyMetricResult, name: Say) -> KeyMetricResult:
    """``metric`` with every text in a strip put through ``name``."""
    result = metric.result
    if isinstance(result, ShownMetric):
        result = replace(result, label=name(result.label))
    labels = tuple(map(name, metric.band_labels))
    return replace(
        metric,
        short_name=name(metric.short_name),
        elite=name(metric.elite),
        band_labels=labels,
        result=result,
    )


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


def coarse(score: int = 60, **changes: Any) -> CapabilityResult:
    """A capability of a small team in which one person has changed."""
    values = {"low": None, "high": None, "agreement": ""} | changes
    return make_capability(result=make_shown(score, **values), previous=InWords(("mixed",)))


def with_coarse() -> CategoryResult:
    """Four capabilities, two of them without an interval."""
    return make_category(capabilities=[make_capability(), coarse(), coarse(90), make_capability(result=45)])


def with_statements(say: Say = plain) -> CapabilityResult:
    statements = (
        make_statement(say("We can release whenever we want to.")),
        make_statement(say("Nobody is neutral about this."), disagree=0, neutral=0, agree=9),
        make_statement(say("Hardly anyone. " * 12), disagree=1, neutral=1, agree=40),
        make_statement(say("Nobody knows."), disagree=0, neutral=0, agree=0, dont_know=9),
    )
    return make_capability(say("Test automation"), make_shown(70, n=9, statements=statements))


def moved(name: str, before: int | None, now: int, label: str = "none") -> CapabilityResult:
    """A capability that was at ``before``; None for a first round."""
    change = Change(label, now - before) if before is not None else None
    return make_capability(name, now, before, change=change)


def with_changes() -> CategoryResult:
    """Changes of all kinds, equal scores, one without a number of last round, and one suppressed."""
    names = CATEGORIES["Continuous delivery"]
    return make_category(
        capabilities=[
            moved(names[0], 80, 85),
            moved(names[1], 35, 60, "clear"),
            moved(names[2], 75, 60, "likely"),
            moved(names[3], 60, 60),
            moved(names[4], 50, 55),
            make_capability(names[5], 60, InWords(("mixed",))),
            make_capability(names[6], None, 45),
            moved(names[7], 90, 95),
        ]
    )


def crowded(before: int | None, now: int) -> CategoryResult:
    """Eight long names that want to stand at the same place."""
    return make_category(
        capabilities=[moved(each.short_name, before, now, "clear") for each in long_names(8).capabilities]
    )


def make_trend(*scores: int | str | None, direction: str = "", reworded_after: str = "") -> Trend:
    """One round after the other: a score, a band, or None where too few answered."""
    points = [
        TrendPoint(
            f"{2024 + n // 4} Q{n % 4 + 1}",
            score if isinstance(score, int) else None,
            (score,) if isinstance(score, str) else ("mixed",) if score else (),
        )
        for n, score in enumerate(scores)
    ]
    return Trend(tuple(points), direction, reworded_after)


def with_trend(
    *scores: int | str | None, name: str = "Continuous integration", **changes: str
) -> CapabilityResult:
    """A capability with a trend of ``scores``."""
    last = scores[-1]
    return make_capability(
        name, last if isinstance(last, int) else None, trend=make_trend(*scores, **changes)
    )


TRENDS = {
    "spark": with_trend(35, 40, None, 45, "mixed", 55, 60, direction="rising"),
    "spark-three": with_trend(70, 65, 70),
    "spark-many": with_trend(*[10, 20, 30, 40, 50, 60, 70, 80, 90, 95] * 2, direction="unclear"),
    "spark-reworded": with_trend(5, 50, 95, 5, reworded_after="2023 Q4"),
    "spark-words": with_trend("mostly_disagree", None, "strongly_agree", 95, reworded_after="2023 Q4"),
    "spark-gone": with_trend(70, 65, None),
    "spark-never": with_trend(None, "mixed", None, reworded_after="2023 Q4"),
}


def with_trends() -> ReportContent:
    """A report in which every mark of a sparkline occurs."""
    capabilities = [replace(each, key=name) for name, each in TRENDS.items()]
    return make_report([make_category(capabilities=capabilities)])


def make_priority(name: str = "Trunk-based development", **changes: Any) -> Priority:
    """A priority of 38.4: TV14's first (docs/method.md, 5.4)."""
    values: dict[str, Any] = {
        "capability": "trunk_based_development",
        "name": name,
        "score": 35,
        "gap": 0.58,
        "steps": 2,
        "reach": 0.8,
        "vote": 0.5,
        "votes": Votes("about_half", None),
        "priority": 34.8,
        "through": ("Continuous delivery",),
        "years": (2016,),
        "clarify": False,
    }
    return Priority(**values | changes)


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
    """The team's answer about the frequency of deployments."""
    return ShownMetric(n=6, band=band, label=FREQUENCY.band_labels[band - 1], meets_elite=band == 6)


def frequency(band: int) -> KeyMetricResult:
    """The metric with an answer, and with elite performers from there on."""
    return replace(FREQUENCY, result=answered(band), elite_from=band)


# --- Every chart -----------------------------------------------------------------------------

REPORT = make_report()


def _radars(say: Say) -> dict[str, Draw]:
    return {
        "radar-8": partial(charts.category_radar, renamed(REPORT.categories[0], say)),
        "radar-5": partial(charts.category_radar, renamed(REPORT.categories[3], say)),
        "radar-4": partial(charts.category_radar, renamed(REPORT.categories[2], say)),
        "radar-gaps": partial(charts.category_radar, renamed(with_gaps(), say)),
        "radar-coarse": partial(charts.category_radar, renamed(with_coarse(), say)),
        "overview": partial(
            charts.overview_radar, make_report([renamed(category, say) for category in REPORT.categories])
        ),
    } | {
        f"radar-{kind}-{n}": partial(charts.category_radar, renamed(long_names(n, score), say))
        for n in range(charts.FEWEST_AXES, charts.MOST_AXES + 1)
        for kind, score in (("long", 95), ("none", None))
    }


def _rows(say: Say) -> dict[str, Draw]:
    return {
        "bars": partial(charts.category_bars, renamed(REPORT.categories[1], say)),
        "bars-long": partial(charts.category_bars, renamed(long_names(3), say)),
        "dots": partial(charts.dot_plot, renamed(REPORT.categories[0], say)),
        "dots-all": partial(charts.dot_plot, tuple(renamed(each, say) for each in REPORT.categories)),
        "dots-gaps": partial(charts.dot_plot, renamed(with_gaps(), say)),
        "dots-coarse": partial(charts.dot_plot, renamed(with_coarse(), say)),
        "dots-long": partial(charts.dot_plot, (renamed(with_gaps(), say), renamed(long_names(8), say))),
    }


def _slopes(say: Say) -> dict[str, Draw]:
    categories = {
        "slopes": with_changes(),
        "slopes-4": REPORT.categories[2],
        "slopes-gaps": with_gaps(),
        "slopes-first": make_category(capabilities=[moved(name, None, 70) for name in CATEGORIES["Culture"]]),
        "slopes-none": long_names(4, None),
        "slopes-high": crowded(5, 95),
        "slopes-low": crowded(95, 5),
        "slopes-same": crowded(None, 50),
        "slopes-steps": make_category(
            capabilities=[
                moved(name, 95 - 5 * n, 5 + 5 * n) for n, name in enumerate(CATEGORIES["Continuous delivery"])
            ]
        ),
    }
    return {name: partial(charts.slopegraph, renamed(category, say)) for name, category in categories.items()}


def _trends(say: Say) -> dict[str, Draw]:
    sparks = {
        name: partial(charts.sparkline, replace(each, short_name=say(each.short_name)))
        for name, each in TRENDS.items()
    }
    return sparks | {"spark-key": partial(charts.sparkline_key, with_trends())}


def _others(say: Say) -> dict[str, Draw]:
    priorities = {
        "factors": make_priority(say("Trunk-based development")),
        "factors-number": make_priority(
            say("Trunk-based development"), votes=Votes("few", 12), score=95, gap=0.0
        ),
        "factors-none": make_priority(say("Learning"), steps=None, reach=0.0, vote=0.0, votes=None),
        "factors-most": make_priority(
            votes=Votes("most", None), vote=1.0, gap=1.0, reach=1.0, steps=1, score=5
        ),
    }
    return {
        "statements": partial(charts.statement_bars, with_statements(say)),
        "metric-none": partial(charts.metric_strip, renamed_metric(FREQUENCY, say)),
        **{
            f"metric-{n}": partial(charts.metric_strip, renamed_metric(frequency(n), say))
            for n in range(1, 7)
        },
        **{name: partial(charts.factor_bars, priority) for name, priority in priorities.items()},
    }


def _named(say: Say) -> dict[str, Draw]:
    return _radars(say) | _rows(say) | _slopes(say) | _trends(say) | _others(say)


KINDS = tuple(_named(plain))
ALL: dict[str, Draw] = _named(plain)
for _manner, _say in MANNERS.items():
    if _say is not plain:
        _words = PSEUDO_WORDS if _say is pseudo else None
        ALL |= {f"{name}-{_manner}": partial(draw, words=_words) for name, draw in _named(_say).items()}


@cache
def drawn(name: str, chart_id: str = "a") -> str:
    """Drawn once, however many tests look at it."""
    return ALL[name](chart_id=chart_id)


each_chart = pytest.mark.parametrize("name", ALL)
each_kind = pytest.mark.parametrize("name", KINDS)


# --- Reading an SVG --------------------------------------------------------------------------


def parse(svg: str) -> ElementTree.Element:
    return ElementTree.fromstring(svg)


def tag(element: ElementTree.Element) -> str:
    return element.tag.rpartition("}")[2]


def title_of(svg: str) -> str:
    """The sentence in the chart's place."""
    return parse(svg)[0].text or ""


def texts(svg: str) -> list[str]:
    return [element.text or "" for element in parse(svg).iter() if tag(element) == "text"]


def find(svg: str, name: str, **attributes: str) -> list[ElementTree.Element]:
    wanted = {key.replace("_", "-"): value for key, value in attributes.items()}
    return [e for e in parse(svg).iter() if tag(e) == name and wanted.items() <= e.attrib.items()]


def score_dots(svg: str) -> list[ElementTree.Element]:
    """The round marks of this round, without that of the legend, which comes last."""
    return find(svg, "circle", fill=charts.ACCENT)[:-1]


def size(svg: str) -> tuple[float, float]:
    """Width and height in points."""
    _, _, width, height = parse(svg).attrib["viewBox"].split()
    return float(width), float(height)


Box = tuple[float, float, float, float]


def text_boxes(svg: str) -> Iterator[tuple[str, Box]]:
    """Each text with the room that it takes, as matplotlib measures it."""
    for element in find(svg, "text"):
        points = float(element.attrib["font-size"].removesuffix("px"))
        width = charts.text_width(element.text or "", points, element.get("font-weight") == "600")
        x, y = float(element.attrib["x"]), float(element.attrib["y"])
        left = x - width * {"middle": 0.5, "end": 1.0}.get(element.get("text-anchor", "start"), 0.0)
        yield element.text or "", (left, y - 0.74 * points, left + width, y + 0.21 * points)


def dot_boxes(svg: str) -> Iterator[Box]:
    """The room that each round mark takes."""
    for circle in find(svg, "circle"):
        x, y, radius = (float(circle.attrib[name]) for name in ("cx", "cy", "r"))
        yield x - radius, y - radius, x + radius, y + radius


def ends(path: ElementTree.Element) -> Iterator[tuple[float, float]]:
    """The points of a path made of straight lines."""
    numbers = [float(number) for number in re.findall(r"-?[\d.]+", path.attrib["d"])]
    return zip(numbers[::2], numbers[1::2], strict=True)


def overlap(one: Box, other: Box) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


if __name__ == "__main__":
    for _name in LOOKS:
        (GOLDEN / f"{_name}.svg").write_text(drawn(_name, _name), encoding="utf-8")
