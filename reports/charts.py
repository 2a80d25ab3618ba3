"""Charts as SVG text, made from report content. The only place of matplotlib; no Django.

Matplotlib draws, :func:`tidy` makes its SVG fit for a page: real text in the page's own font, no
``style`` anywhere (the pages forbid inline styles), one class, a title, ids that cannot collide.
A page may change the colours by attribute selectors such as ``.chart [fill="#1f2933"]``, so no
colours but those of the palette occur, and none is translucent.

All charts are ``WIDTH`` points wide: about a phone's width, so that text keeps its size there.
What is suppressed has a name and a few words, never a point: a gap is not a zero. Its last round
is not drawn either, as there is nothing to compare it with.
"""

from __future__ import annotations

import io
import logging
import math
import re
import threading
import unicodedata
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import chain, pairwise
from pathlib import Path
from typing import Final, Literal
from xml.etree import ElementTree

from matplotlib import font_manager, rc_context
from matplotlib.backend_bases import RendererBase
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Circle, Polygon
from matplotlib.text import Text
from matplotlib.textpath import text_to_path
from matplotlib.transforms import Affine2D

from assessments.disclosure import BANDS, CUTS, HIGHEST, LOWEST

from .content import (
    CapabilityResult,
    CategoryResult,
    CategoryScore,
    KeyMetricResult,
    ReportContent,
    Shown,
    ShownMetric,
    StatementResult,
    Suppressed,
)

INK: Final = "#1f2933"
MUTED: Final = "#52606d"
GRID: Final = "#cbd2d9"
ACCENT: Final = "#1d5c8f"
ACCENT_SOFT: Final = "#d6e4f0"
GHOST: Final = "#7b8794"
PAPER: Final = "#ffffff"

WIDTH: Final = 340.0
SMALL, NORMAL, LARGE = 9.0, 9.5, 10.5
LEADING: Final = 11.5
RADIUS: Final = 86.0
FEWEST_AXES, MOST_AXES = 4, 8

CUT_SCORES: Final = tuple(100 * (cut - LOWEST) / (HIGHEST - LOWEST) for cut in CUTS)
"""Where each band but the first begins, from 0 to 100."""

WORDS: Final[Mapping[str, str]] = {
    "mostly_disagree": "mostly disagree",
    "mixed": "mixed",
    "mostly_agree": "mostly agree",
    "strongly_agree": "strongly agree",
    "band_range": "{low} to {high}",
    "mostly_agree-strongly_agree": "mostly to strongly agree",
    "lowest": "{score} or less",
    "highest": "{score} or more",
    "too_few": "too few answers",
    "fewer_than": "fewer than {minimum} answered",
    "n": "n {n}",
    "this_round": "this round",
    "last_round": "last round",
    "interval": "90 % interval",
    "disagree": "disagree",
    "neutral": "neutral",
    "agree": "agree",
    "elite": "elite: {elite}",
    "say_score": "{name}: {score}, {bands}.",
    "say_interval": "{name}: {score}, between {low} and {high}, {bands}.",
    "say_previous": "Last round {score}.",
    "say_suppressed": "{name}: {reason}.",
    "say_category": "{name}.",
    "say_range": "{name}: from {low} ({lowest}) to {high} ({highest}).",
    "say_missing": "{count} with too few answers.",
    "say_metric": "{name}: {band}, band {number} of {count}, six being best. Elite performers: {elite}.",
    "say_statement": "{text} {disagree} disagree, {neutral} neutral, {agree} agree.",
}
"""Every word in a chart, in English. Pass a mapping with the same keys for another language."""

Point = tuple[float, float]
Anchor = Literal["start", "middle", "end"]
Words = Mapping[str, str]


# --- Text ------------------------------------------------------------------------------------

_FONTS = Path(__file__).resolve().parent.parent / "accelerate_survey" / "static" / "fonts"
for _name in ("Inter-Regular.ttf", "Inter-SemiBold.ttf"):
    font_manager.fontManager.addfont(_FONTS / _name)

# Only Inter comes in semibold; that the other two do not is no news.
logging.getLogger("matplotlib.font_manager").setLevel(logging.ERROR)

# The last one has a box for every character there is, so that measuring an unknown script gives a
# cautious width and no warning. Page and PDF never see it: they get FONT_STACK.
_FAMILIES = ["Inter", "DejaVu Sans", "Last Resort High-Efficiency"]
FONT_STACK: Final = "Inter, sans-serif"

# Control characters, halves of pairs and direction overrides: not allowed in XML, or a nuisance.
_UNPRINTABLE = re.compile("[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]")


def clean(text: str) -> str:
    """``text`` on one line and without characters that XML forbids."""
    return " ".join(_UNPRINTABLE.sub(" ", text).split())


@lru_cache
def _font(size: float, semibold: bool) -> font_manager.FontProperties:
    return font_manager.FontProperties(family=_FAMILIES, size=size, weight=600 if semibold else 400)


@lru_cache(maxsize=4096)
def text_width(text: str, size: float, semibold: bool = False) -> float:
    """How many points wide ``text`` is when set in Inter."""
    if not text:
        return 0.0
    width, _, _ = text_to_path.get_text_width_height_descent(text, _font(size, semibold), ismath=False)
    return float(width)


def wrap(text: str, width: float, size: float, *, lines: int = 2, semibold: bool = False) -> tuple[str, ...]:
    """``text`` broken into at most ``lines`` lines of ``width`` points; what is too much ends in "…"."""

    def fits(line: str) -> bool:
        return text_width(line, size, semibold) <= width

    done: list[str] = []
    for word in chain.from_iterable(_pieces(each, fits) for each in clean(text).split()):
        if done and fits(f"{done[-1]} {word}"):
            done[-1] += f" {word}"
        elif len(done) < lines:
            done.append(word)
        else:
            done[-1] = _shortened(done[-1], fits)
            break
    return tuple(done)


def _pieces(word: str, fits: Callable[[str], bool]) -> Iterator[str]:
    """``word``, or where it is wider than the column parts of it that are not."""
    while len(word) > 1 and not fits(word):
        # Measuring takes time: halving finds the end of even a very long word in a few steps.
        end = max(1, bisect_left(range(len(word)), True, lo=1, key=lambda n: not fits(word[:n] + "-")) - 1)
        yield word[:end] + ("-" if _hyphenates(word, end) else "")
        word = word[end:]
    yield word


def _hyphenates(word: str, end: int) -> bool:
    """Whether a break at ``end`` shows a hyphen: between letters, but not in scripts without spaces."""
    before, after = word[end - 1], word[end]
    return before.isalpha() and after.isalpha() and unicodedata.east_asian_width(before) not in "WF"


def _shortened(line: str, fits: Callable[[str], bool]) -> str:
    line = line.rstrip("-")
    while line and not fits(line + "…"):
        line = line[:-1]
    return line.rstrip() + "…"


class _Line(Text):
    """One line of text, which starts, ends or has its middle where it says.

    Matplotlib's own ``draw`` measures it with FreeType first, which costs half of a chart's time and
    changes nothing: the SVG has the place and the anchor.
    """

    def draw(self, renderer: RendererBase) -> None:
        renderer.open_group("text", self.get_gid())
        pen = renderer.new_gc()
        pen.set_foreground(self.get_color())
        x, y = self.get_transform().transform(self.get_position())
        _, height = renderer.get_canvas_width_height()
        renderer.draw_text(pen, x, height - y, self.get_text(), self.get_fontproperties(), 0.0, mtext=self)
        pen.restore()
        renderer.close_group("text")


# --- The sheet -------------------------------------------------------------------------------

# ``rc_context`` changes settings of the whole process for a moment: one thread at a time.
_DRAWING = threading.Lock()


class _Sheet:
    """Something to draw on, in points with y downwards. Later marks lie above earlier ones."""

    def __init__(self, left: float = 0.0) -> None:
        self._left = left
        self._figure = Figure(dpi=72)  # at 72 a pixel is a point
        self._figure.patch.set_visible(False)
        self._placing = Affine2D()  # filled in by svg(), when the height is known
        self._marks = 0

    def _order(self) -> int:
        self._marks += 1
        return self._marks

    def text(
        self,
        at: Point,
        text: str,
        *,
        size: float = NORMAL,
        fill: str = INK,
        anchor: Anchor = "start",
        semibold: bool = False,
    ) -> None:
        """Write one line with its baseline at ``at``."""
        sides: dict[Anchor, Literal["left", "center", "right"]]
        sides = {"start": "left", "middle": "center", "end": "right"}
        self._figure.add_artist(
            _Line(
                *at,
                clean(text),
                color=fill,
                fontproperties=_font(size, semibold),
                horizontalalignment=sides[anchor],
                verticalalignment="baseline",
                parse_math=False,  # "$5 and $6" is not a formula
                transform=self._placing,
                zorder=self._order(),
            )
        )

    def lines(
        self,
        runs: Iterable[Sequence[Point]],
        *,
        stroke: str,
        width: float,
        dashes: Point | None = None,
    ) -> None:
        """Draw each of ``runs`` as an open line."""
        points = [point for run in runs for point in (*run, (math.nan, math.nan))]
        if not points:
            return
        # Matplotlib counts dashes in line widths.
        pattern = (0.0, [length / width for length in dashes]) if dashes else None
        self._figure.add_artist(
            Line2D(
                [x for x, _ in points],
                [y for _, y in points],
                color=stroke,
                linewidth=width,
                linestyle=pattern or "-",
                solid_capstyle="butt",
                transform=self._placing,
                zorder=self._order(),
            )
        )

    def dots(
        self, points: Sequence[Point], *, radius: float, fill: str, stroke: str, width: float = 1.0
    ) -> None:
        """Put a round mark on each of ``points``."""
        if not points:
            return
        self._figure.add_artist(
            Line2D(
                [x for x, _ in points],
                [y for _, y in points],
                linestyle="none",
                marker="o",
                markersize=2 * radius,
                markerfacecolor=fill,
                markeredgecolor=stroke,
                markeredgewidth=width,
                transform=self._placing,
                zorder=self._order(),
            )
        )

    def area(self, points: Sequence[Point], *, fill: str, stroke: str = "none", width: float = 0.8) -> None:
        """Fill a polygon."""
        self._figure.add_artist(
            Polygon(
                list(points),
                facecolor=fill,
                edgecolor=stroke,
                linewidth=width if stroke != "none" else 0,
                joinstyle="round",
                transform=self._placing,
                zorder=self._order(),
            )
        )

    def box(self, left: float, top: float, right: float, bottom: float, *, fill: str, stroke: str) -> None:
        """Fill a rectangle."""
        self.area(((left, top), (right, top), (right, bottom), (left, bottom)), fill=fill, stroke=stroke)

    def ring(self, radius: float, *, stroke: str, width: float) -> None:
        """Draw a circle around the origin."""
        self._figure.add_artist(
            Circle(
                (0, 0),
                radius,
                fill=False,
                edgecolor=stroke,
                linewidth=width,
                joinstyle="round",
                transform=self._placing,
                zorder=self._order(),
            )
        )

    def svg(self, top: float, bottom: float, *, chart_id: str, title: str) -> str:
        """The drawing between ``top`` and ``bottom``."""
        if not re.fullmatch(r"[A-Za-z][A-Za-z0-9_-]*", chart_id):
            raise ValueError(f"{chart_id!r} cannot begin an id")
        bottom = top + math.ceil(bottom - top)
        self._figure.set_size_inches(WIDTH / 72, (bottom - top) / 72)
        self._placing.clear().translate(-self._left, -bottom).scale(1, -1)
        raw = io.StringIO()
        with _DRAWING, rc_context({"svg.fonttype": "none", "svg.hashsalt": chart_id}):
            self._figure.savefig(raw, format="svg", metadata={"Date": None})
        return tidy(raw.getvalue(), chart_id=chart_id, title=clean(title))


# --- From matplotlib's SVG to ours -----------------------------------------------------------

_DROPPED = {"metadata", "style", "clipPath"}
_NUMBER = re.compile(r"-?\d+\.\d+")


def tidy(raw: str, *, chart_id: str, title: str) -> str:
    """Matplotlib's SVG without styles, clip paths, groups and metadata, titled and with own ids."""
    source = ElementTree.fromstring(raw)  # noqa: S314 - matplotlib wrote it a moment ago
    root = ElementTree.Element(
        "svg",
        {
            "xmlns": "http://www.w3.org/2000/svg",
            "class": "chart",
            "role": "img",
            "aria-labelledby": f"{chart_id}-title",
            "viewBox": source.get("viewBox", ""),
            "width": source.get("width", ""),
            "height": source.get("height", ""),
            "font-family": FONT_STACK,
            **_global_style(source),
        },
    )
    ElementTree.SubElement(root, "title", {"id": f"{chart_id}-title"}).text = title
    root.extend(_plain(source, _new_ids(source, chart_id)))
    for element in (root, *root):
        element.tail = "\n"  # one mark a line
    root[0].tail = "\n"
    root.text = "\n"
    return ElementTree.tostring(root, encoding="unicode")


def _local(name: str) -> str:
    """A tag or attribute without its namespace: ``{http://www.w3.org/1999/xlink}href`` is ``href``."""
    return name.rpartition("}")[2]


def _global_style(source: ElementTree.Element) -> dict[str, str]:
    """What matplotlib's only style sheet, ``*{…}``, says."""
    style = source.find(".//{*}style")
    return {} if style is None else presentation((style.text or "").strip().strip("*{}"))


def _new_ids(source: ElementTree.Element, chart_id: str) -> dict[str, str]:
    """The ids that something refers to, each with its new name."""
    references = (value for use in source.iter() for key, value in use.items() if _local(key) == "href")
    return {old.lstrip("#"): f"{chart_id}-{n}" for n, old in enumerate(dict.fromkeys(references), start=1)}


def _plain(parent: ElementTree.Element, ids: Mapping[str, str]) -> Iterator[ElementTree.Element]:
    """The children of ``parent`` that are seen, with groups dissolved."""
    for child in parent:
        name = _local(child.tag)
        if name in _DROPPED:
            continue
        if name == "g":
            yield from _plain(child, ids)
            continue
        element = ElementTree.Element(name, _attributes(child, ids))
        element.text = child.text if name == "text" else None
        element.extend(_plain(child, ids))
        if name != "defs" or len(element):
            yield element


def _attributes(element: ElementTree.Element, ids: Mapping[str, str]) -> dict[str, str]:
    """The attributes of ``element`` as they are kept, its style among them."""
    kept: dict[str, str] = {}
    for key, value in element.items():
        match _local(key):
            case "style":
                kept |= presentation(value)
            case "id":
                kept |= {"id": ids[value]} if value in ids else {}
            case "href":
                kept["href"] = f"#{ids[value.lstrip('#')]}"
            case "d" | "x" | "y":
                kept[_local(key)] = _rounded(" ".join(value.split()))
            case "transform" if value.startswith("rotate(-0 "):
                pass
            case "clip-path":
                pass
            case name:
                kept[name] = value
    kept.pop("font-family", None)  # the root has it
    if "id" in kept:  # a mark takes its colours from each use, where a page's selectors find them
        kept = {name: value for name, value in kept.items() if name not in ("fill", "stroke")}
    return kept


def _rounded(numbers: str) -> str:
    """Two decimals are finer than any printer."""
    return _NUMBER.sub(lambda found: f"{round(float(found[0]), 2) + 0.0:g}", numbers)


def presentation(style: str) -> dict[str, str]:
    """The declarations of a style as presentation attributes, without those that say the default."""
    pairs = (declaration.split(":", 1) for declaration in style.split(";") if ":" in declaration)
    found: dict[str, str] = {}
    for name, value in ((name.strip(), value.strip()) for name, value in pairs):
        found |= _font_attributes(value) if name == "font" else {name: value}
    if found.get("stroke-dashoffset") == "0":
        del found["stroke-dashoffset"]
    return found


def _font_attributes(shorthand: str) -> dict[str, str]:
    """``font: 600 10px 'Inter'`` spelled out: there is no presentation attribute ``font``."""
    found = re.fullmatch(r"(?P<before>.*?)(?P<size>[\d.]+(?:px|pt))(?:/\S+)?\s+(?P<family>.+)", shorthand)
    if found is None:
        raise ValueError(f"cannot read font: {shorthand!r}")
    attributes = {"font-size": found["size"], "font-family": found["family"]}
    for word in found["before"].split():
        if word.isdigit() or word == "bold":
            attributes["font-weight"] = word
        elif word in ("italic", "oblique"):
            attributes["font-style"] = word
    return attributes


# --- Parts that several charts share ---------------------------------------------------------


def _words(words: Words | None) -> Words:
    return {**WORDS, **(words or {})}


def score_text(score: int, words: Words | None = None) -> str:
    """A score as it is read: the ends of the scale are not told apart."""
    key = {5: "lowest", 95: "highest"}.get(score)
    return _words(words)[key].format(score=score) if key else str(score)


def _bands_text(bands: Sequence[str], words: Words) -> str:
    joined = words.get("-".join(bands))
    return joined or words["band_range"].format(low=words[bands[0]], high=words[bands[-1]])


def _previous_score(now: CapabilityResult | CategoryResult) -> int | None:
    """Last round's score where there is something to compare it with."""
    if isinstance(now.result, Suppressed) or not isinstance(now.previous, (Shown, CategoryScore)):
        return None
    return now.previous.score


def _write(
    sheet: _Sheet,
    at: Point,
    lines: Sequence[str],
    *,
    size: float = SMALL,
    fill: str = MUTED,
    anchor: Anchor = "start",
) -> float:
    """Set ``lines`` below each other from the baseline ``at``; returns the baseline after the last."""
    x, y = at
    for line in lines:
        sheet.text((x, y), line, size=size, fill=fill, anchor=anchor)
        y += LEADING
    return y


@dataclass(frozen=True)
class _Sign:
    """An entry of the legend: how to draw it from a point on, and its word."""

    draw: Callable[[_Sheet, Point], None]
    word: str


_SIGN_WIDTH = 22.0
_SIGN_GAP = 16.0


def _score_sign(sheet: _Sheet, at: Point) -> None:
    _short_line(sheet, at, stroke=ACCENT, width=1.6)
    _score_dots(sheet, [(at[0] + 9, at[1])])


def _ghost_sign(sheet: _Sheet, at: Point) -> None:
    _short_line(sheet, at, stroke=GHOST, width=1.1, dashes=(3, 2))


def _interval_sign(sheet: _Sheet, at: Point) -> None:
    _short_line(sheet, at, stroke=ACCENT, width=0.9)


def _dot_sign(sheet: _Sheet, at: Point) -> None:
    _score_dots(sheet, [(at[0] + 14, at[1])])


def _ghost_dot_sign(sheet: _Sheet, at: Point) -> None:
    _ghost_dots(sheet, [(at[0] + 14, at[1])], radius=4)


def _short_line(sheet: _Sheet, at: Point, *, stroke: str, width: float, dashes: Point | None = None) -> None:
    sheet.lines([(at, (at[0] + 18, at[1]))], stroke=stroke, width=width, dashes=dashes)


def _score_dots(sheet: _Sheet, points: Sequence[Point]) -> None:
    sheet.dots(points, radius=2.8, fill=ACCENT, stroke=ACCENT)


def _ghost_dots(sheet: _Sheet, points: Sequence[Point], *, radius: float) -> None:
    sheet.dots(points, radius=radius, fill=PAPER, stroke=GHOST)


def _legend(sheet: _Sheet, middle: float, y: float, signs: Sequence[_Sign]) -> float:
    """Explain the signs in rows around ``middle``; returns the lower edge."""
    rows: list[list[_Sign]] = [[]]
    for sign in signs:
        if rows[-1] and _row_width([*rows[-1], sign]) > WIDTH:
            rows.append([])
        rows[-1].append(sign)
    for row in rows:
        x = middle - _row_width(row) / 2
        for sign in row:
            sign.draw(sheet, (x, y - 3.2))
            sheet.text((x + _SIGN_WIDTH, y), sign.word, size=SMALL, fill=MUTED)
            x += _row_width([sign]) + _SIGN_GAP
        y += LEADING + 2
    return y - LEADING + 2


def _row_width(row: Sequence[_Sign]) -> float:
    widths = [_SIGN_WIDTH + text_width(clean(sign.word), SMALL) for sign in row]
    return sum(widths) + _SIGN_GAP * (len(row) - 1)


# --- Radars ----------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Axis:
    """One direction of a radar. Without a score it is a gap."""

    name: str
    score: int | None
    previous: int | None
    interval: tuple[int, int] | None = None


@dataclass(frozen=True)
class _Label:
    """The words at the end of an axis, laid out: the name above the value."""

    x: float
    top: float
    anchor: Anchor
    names: tuple[str, ...]
    values: tuple[str, ...]

    @property
    def bottom(self) -> float:
        """Where the descenders of the value end."""
        return self.top + LEADING * (len(self.names) + len(self.values)) + 2


def category_chart(
    category: CategoryResult, *, chart_id: str, title: str = "", words: Words | None = None
) -> str:
    """The capabilities of a category: a radar, or bars where they are too few for one."""
    draw = category_bars if len(category.capabilities) < FEWEST_AXES else category_radar
    return draw(category, chart_id=chart_id, title=title, words=words)


def category_radar(
    category: CategoryResult, *, chart_id: str, title: str = "", words: Words | None = None
) -> str:
    """The capabilities of a category in the order of the questionnaire, from 4 to 8 of them."""
    axes = [_capability_axis(capability) for capability in category.capabilities]
    return _radar(axes, chart_id=chart_id, title=title or describe_category(category, words), words=words)


def overview_radar(
    content: ReportContent, *, chart_id: str, title: str = "", words: Words | None = None
) -> str:
    """The scores of the categories."""
    axes = [_category_axis(category) for category in content.categories]
    return _radar(axes, chart_id=chart_id, title=title or describe_overview(content, words), words=words)


def _capability_axis(capability: CapabilityResult) -> _Axis:
    result = capability.result
    if isinstance(result, Suppressed):
        return _Axis(capability.short_name, None, None)
    interval = (result.low, result.high)
    return _Axis(capability.short_name, result.score, _previous_score(capability), interval)


def _category_axis(category: CategoryResult) -> _Axis:
    score = category.result.score if isinstance(category.result, CategoryScore) else None
    return _Axis(category.name, score, _previous_score(category))


def _radar(axes: Sequence[_Axis], *, chart_id: str, title: str, words: Words | None) -> str:
    if not FEWEST_AXES <= len(axes) <= MOST_AXES:
        raise ValueError(f"a radar has {FEWEST_AXES} to {MOST_AXES} axes, not {len(axes)}")
    sheet, said = _Sheet(left=-WIDTH / 2), _words(words)
    scores = [axis.score for axis in axes]
    ghosts = [axis.previous for axis in axes]
    if None not in scores:
        sheet.area(_corners(scores), fill=ACCENT_SOFT)
    _draw_web(sheet, len(axes))
    _draw_ring_labels(sheet, [scores, ghosts])
    _draw_ghost(sheet, ghosts)
    _draw_intervals(sheet, axes)
    sheet.lines(_runs(scores), stroke=ACCENT, width=1.6)
    _score_dots(sheet, _corners(scores))
    labels = [_radar_label(n, axes, said) for n in range(len(axes))]
    for axis, label in zip(axes, labels, strict=True):
        _draw_label(sheet, label, shown=axis.score is not None)
    bottom = _legend(sheet, 0, max(label.bottom for label in labels) + 20, _radar_signs(axes, said))
    return sheet.svg(min(label.top for label in labels) - 2, bottom, chart_id=chart_id, title=title)


def _direction(n: float, count: int) -> Point:
    """The way of the n-th axis from the middle: the first goes up, the others follow clockwise."""
    angle = 2 * math.pi * n / count
    return math.sin(angle), -math.cos(angle)


def _on_axis(n: int, count: int, score: float) -> Point:
    x, y = _direction(n, count)
    return x * RADIUS * score / 100, y * RADIUS * score / 100


def _corners(scores: Sequence[int | None]) -> list[Point]:
    return [_on_axis(n, len(scores), score) for n, score in enumerate(scores) if score is not None]


def _runs(scores: Sequence[int | None]) -> list[list[Point]]:
    """Lines between neighbours that are both shown: one closed line, or a run from gap to gap."""
    count = len(scores)
    if None not in scores:
        corners = _corners(scores)
        return [[*corners, corners[0]]]
    first = scores.index(None)
    runs: list[list[Point]] = [[]]
    for n in ((first + step) % count for step in range(1, count + 1)):
        score = scores[n]
        if score is None:
            runs.append([])
        else:
            runs[-1].append(_on_axis(n, count, score))
    return [run for run in runs if len(run) > 1]


def _draw_web(sheet: _Sheet, count: int) -> None:
    spokes = [((0.0, 0.0), _on_axis(n, count, 100)) for n in range(count)]
    sheet.lines(spokes, stroke=GRID, width=0.6)
    for score in (*CUT_SCORES, 100):
        sheet.ring(RADIUS * score / 100, stroke=GRID, width=0.6 if score < 100 else 1.0)


def _draw_ring_labels(sheet: _Sheet, outlines: Sequence[Sequence[int | None]]) -> None:
    """Number the rings just inside their lines, between two axes where fewest lines pass."""
    x, y = _direction(_calmest_sector(outlines), len(outlines[0]))
    for score in (*CUT_SCORES, 100):
        at = RADIUS * score / 100 - 5.5
        sheet.text((x * at, y * at + 3.2), f"{score:.0f}", size=SMALL, fill=MUTED, anchor="middle")


def _calmest_sector(outlines: Sequence[Sequence[int | None]]) -> float:
    """The way between two axes on which numbers stand farthest from the outlines.

    Only ways that go rather up or down: sideways the numbers would touch each other.
    """
    count = len(outlines[0])
    ways = [n + 0.5 for n in range(count) if abs(_direction(n + 0.5, count)[1]) > 0.6]
    return max(ways, key=lambda way: min(8.0, _clearance(way, outlines)))


def _clearance(way: float, outlines: Sequence[Sequence[int | None]]) -> float:
    """How far the nearest outline passes from a ring's number, in points."""
    numbers = [RADIUS * score / 100 - 5.5 for score in (*CUT_SCORES, 100)]
    nearest = RADIUS
    for scores in outlines:
        before, after = scores[int(way)], scores[(int(way) + 1) % len(scores)]
        if before is None or after is None:
            continue
        # Half-way between the axes a straight side passes at the harmonic mean times cos(half angle).
        side = 2 * before * after / max(1, before + after) * math.cos(math.pi / len(scores)) * RADIUS / 100
        nearest = min(nearest, *(abs(side - number) for number in numbers))
    return nearest


def _draw_ghost(sheet: _Sheet, ghosts: Sequence[int | None]) -> None:
    if any(score is not None for score in ghosts):
        sheet.lines(_runs(ghosts), stroke=GHOST, width=1.1, dashes=(3, 2))
        _ghost_dots(sheet, _corners(ghosts), radius=1.9)


def _draw_intervals(sheet: _Sheet, axes: Sequence[_Axis]) -> None:
    ends = [(n, axis.interval) for n, axis in enumerate(axes) if axis.interval is not None]
    runs = [[_on_axis(n, len(axes), low), _on_axis(n, len(axes), high)] for n, (low, high) in ends]
    sheet.lines(runs, stroke=ACCENT, width=0.9)


def _radar_label(n: int, axes: Sequence[_Axis], words: Words) -> _Label:
    x, y = _direction(n, len(axes))
    anchor: Anchor = "middle" if abs(x) < 0.2 else "start" if x > 0 else "end"
    at = x * (RADIUS + 9) if anchor != "middle" else 0.0
    room = 118.0 if anchor == "middle" else WIDTH / 2 - abs(at)
    axis = axes[n]
    names = wrap(axis.name, room, NORMAL, lines=3)
    value = words["too_few"] if axis.score is None else score_text(axis.score, words)
    shown = axis.score is not None
    values = wrap(value, room, LARGE if shown else SMALL, semibold=shown)
    height = LEADING * (len(names) + len(values)) - 1
    middle = y * (RADIUS + 8 + height / 2)
    return _Label(at, middle - height / 2, anchor, names, values)


def _draw_label(sheet: _Sheet, label: _Label, *, shown: bool) -> None:
    start = (label.x, label.top + NORMAL - 1)
    y = _write(sheet, start, label.names, size=NORMAL, fill=INK if shown else MUTED, anchor=label.anchor)
    for n, line in enumerate(label.values):
        at = (label.x, y + 1 + n * LEADING)
        size, fill = (LARGE, INK) if shown else (SMALL, MUTED)
        sheet.text(at, line, size=size, fill=fill, anchor=label.anchor, semibold=shown)


def _radar_signs(axes: Sequence[_Axis], words: Words) -> list[_Sign]:
    signs = [_Sign(_score_sign, words["this_round"])]
    if any(axis.previous is not None for axis in axes):
        signs.append(_Sign(_ghost_sign, words["last_round"]))
    if any(axis.interval is not None for axis in axes):
        signs.append(_Sign(_interval_sign, words["interval"]))
    return signs


# --- Rows: dots or bars ----------------------------------------------------------------------

_ROW = 28.0  # from one capability to the next
_LANE = 16.5  # from the top of a row to the middle of its dots: nearer to its own name than to the next
_TALL = 5.0  # how far a cut line reaches from there, up and down
_CAP = 2.5  # the same for the ends of an interval


def dot_plot(
    categories: CategoryResult | Sequence[CategoryResult],
    *,
    chart_id: str,
    title: str = "",
    words: Words | None = None,
) -> str:
    """Every capability of one or more categories: score, interval, last round, number of answers."""
    many = [categories] if isinstance(categories, CategoryResult) else list(categories)
    title = title or describe_dot_plot(many, words)
    return _row_chart(many, bars=False, chart_id=chart_id, title=title, words=words)


def category_bars(
    category: CategoryResult, *, chart_id: str, title: str = "", words: Words | None = None
) -> str:
    """A category of too few capabilities for a radar, as bars."""
    title = title or describe_category(category, words)
    return _row_chart([category], bars=True, chart_id=chart_id, title=title, words=words)


def _row_chart(
    categories: Sequence[CategoryResult], *, bars: bool, chart_id: str, title: str, words: Words | None
) -> str:
    sheet, said = _Sheet(), _words(words)
    y = _draw_band_words(sheet, said)
    for category in categories:
        if len(categories) > 1:
            y = _write(sheet, (0, y + 15), wrap(category.name, WIDTH, LARGE), size=LARGE, fill=ACCENT)
            y -= LEADING - 7
        for capability in category.capabilities:
            y = _draw_row(sheet, y, capability, said, bar=bars)
    _draw_scale(sheet, y + 7)
    shown = [capability for category in categories for capability in category.capabilities]
    bottom = _legend(sheet, WIDTH / 2, y + 27, _row_signs(shown, said))
    return sheet.svg(0, bottom, chart_id=chart_id, title=title)


def _along(score: float) -> float:
    """Where a score from 0 to 100 stands from left to right."""
    return 1 + (WIDTH - 2) * score / 100


def _draw_band_words(sheet: _Sheet, words: Words) -> float:
    """The words of the bands over their parts of the scale; returns the lower edge."""
    parts = list(zip(BANDS, pairwise((0, *CUT_SCORES, 100)), strict=True))
    lines = [wrap(words[band], _along(to) - _along(start) - 3, SMALL) for band, (start, to) in parts]
    most = max(len(each) for each in lines)
    for each, (_, (start, to)) in zip(lines, parts, strict=True):
        at = (_along((start + to) / 2), 9 + LEADING * (most - len(each)))
        _write(sheet, at, each, anchor="middle")
    return LEADING * most + 6


def _draw_row(sheet: _Sheet, top: float, capability: CapabilityResult, words: Words, *, bar: bool) -> float:
    """Draw a capability from ``top`` on; returns the lower edge."""
    result = capability.result
    if isinstance(result, Suppressed):
        return _draw_suppressed_row(sheet, top, capability, result, words)
    n, score = words["n"].format(n=result.n), score_text(result.score, words)
    column = WIDTH - max(28, text_width(n, SMALL) + 8)
    room = column - text_width(score, LARGE, semibold=True) - 10
    after = _write(sheet, (0, top + 9), wrap(capability.short_name, room, NORMAL), size=NORMAL, fill=INK)
    sheet.text((column, top + 9), score, size=LARGE, anchor="end", semibold=True)
    sheet.text((WIDTH, top + 9), n, size=SMALL, fill=MUTED, anchor="end")
    extra = after - top - 9 - LEADING + (4 if bar else 0)  # a bar keeps off the descenders
    _draw_lane(sheet, top + _LANE + extra, result, _previous_score(capability), bar=bar)
    return top + _ROW + extra


def _draw_suppressed_row(
    sheet: _Sheet, top: float, capability: CapabilityResult, result: Suppressed, words: Words
) -> float:
    reason = words["fewer_than"].format(minimum=result.minimum)
    room = WIDTH - text_width(reason, SMALL) - 10
    after = _write(sheet, (0, top + 9), wrap(capability.short_name, room, NORMAL), size=NORMAL)
    sheet.text((WIDTH, top + 9), reason, size=SMALL, fill=MUTED, anchor="end")
    return after - LEADING + 11


def _draw_lane(sheet: _Sheet, y: float, result: Shown, previous: int | None, *, bar: bool) -> None:
    if bar:
        sheet.box(_along(0), y - 5, _along(result.score), y + 5, fill=ACCENT_SOFT, stroke="none")
    cuts = [((_along(cut), y - _TALL), (_along(cut), y + _TALL)) for cut in CUT_SCORES]
    sheet.lines([*cuts, ((_along(0), y), (_along(100), y))], stroke=GRID, width=0.6)
    if previous is not None:
        _ghost_dots(sheet, [(_along(previous), y)], radius=4)
    _draw_whisker(sheet, y, _along(result.low), _along(result.high))
    _score_dots(sheet, [(_along(result.score), y)])


def _draw_whisker(sheet: _Sheet, y: float, left: float, right: float) -> None:
    """An interval with its ends marked, or last round's circle upon one would look like the end."""
    caps = [((x, y - _CAP), (x, y + _CAP)) for x in (left, right)]
    sheet.lines([((left, y), (right, y)), *caps], stroke=ACCENT, width=1.0)


def _whisker_sign(sheet: _Sheet, at: Point) -> None:
    _draw_whisker(sheet, at[1], at[0], at[0] + 18)


def _draw_scale(sheet: _Sheet, y: float) -> None:
    """The numbers of the cuts, once at the foot."""
    anchors: dict[float, Anchor] = {0: "start", 100: "end"}
    for score in (0, *CUT_SCORES, 100):
        anchor = anchors.get(score, "middle")
        sheet.text((_along(score), y), f"{score:.0f}", size=SMALL, fill=MUTED, anchor=anchor)


def _row_signs(capabilities: Sequence[CapabilityResult], words: Words) -> list[_Sign]:
    signs = [_Sign(_dot_sign, words["this_round"])]
    if any(_previous_score(capability) is not None for capability in capabilities):
        signs.append(_Sign(_ghost_dot_sign, words["last_round"]))
    return [*signs, _Sign(_whisker_sign, words["interval"])]


# --- Key metrics -----------------------------------------------------------------------------

_CELL_GAP, _CELL_HEIGHT = 3.0, 14.0


def metric_strip(
    metric: KeyMetricResult, *, chart_id: str, title: str = "", words: Words | None = None
) -> str:
    """The ordered answers about a key metric as cells, the team's one filled and named."""
    sheet, said = _Sheet(), _words(words)
    cells = _cells(len(metric.band_labels))
    top = _draw_answer(sheet, metric, cells, said)
    chosen = metric.result.band if isinstance(metric.result, ShownMetric) else None
    for band, (left, right) in enumerate(cells, start=1):
        fill, stroke = (ACCENT, ACCENT) if band == chosen else (PAPER, GHOST)
        sheet.box(left, top, right, top + _CELL_HEIGHT, fill=fill, stroke=stroke)
    y = _draw_elite(sheet, top, metric, cells, said)
    y = _draw_ends(sheet, y, metric)
    return sheet.svg(0, y, chart_id=chart_id, title=title or describe_metric(metric, words))


def _cells(count: int) -> list[Point]:
    """Left and right edge of each cell."""
    wide = (WIDTH - 1 - _CELL_GAP * (count - 1)) / count
    return [(0.5 + n * (wide + _CELL_GAP), 0.5 + n * (wide + _CELL_GAP) + wide) for n in range(count)]


def _draw_answer(sheet: _Sheet, metric: KeyMetricResult, cells: Sequence[Point], words: Words) -> float:
    """Write the team's answer over its cell, as far as the edges allow; returns the top of the cells."""
    result = metric.result
    if isinstance(result, Suppressed):
        return _write(sheet, (0, 9), [words["fewer_than"].format(minimum=result.minimum)]) - 4
    lines = wrap(result.label, WIDTH, LARGE, semibold=True)
    half = max(text_width(line, LARGE, semibold=True) for line in lines) / 2
    left, right = cells[result.band - 1]
    middle = min(max((left + right) / 2, half), WIDTH - half)
    for n, line in enumerate(lines):
        sheet.text((middle, 10 + n * 13), line, size=LARGE, anchor="middle", semibold=True)
    return 17 + 13.0 * (len(lines) - 1)


def _draw_elite(
    sheet: _Sheet, top: float, metric: KeyMetricResult, cells: Sequence[Point], words: Words
) -> float:
    """Mark where the elite threshold begins; returns the next baseline."""
    x = max(0.6, cells[metric.elite_from - 1][0] - _CELL_GAP / 2)
    foot = top + _CELL_HEIGHT + 13
    sheet.lines([((x, top - 3), (x, foot))], stroke=INK, width=1.2)
    anchor: Anchor = "start" if x < WIDTH / 2 else "end"
    room = max(x, WIDTH - x) - 5
    lines = wrap(words["elite"].format(elite=metric.elite), room, SMALL)
    return _write(sheet, (x + (5 if anchor == "start" else -5), foot), lines, fill=INK, anchor=anchor)


def _draw_ends(sheet: _Sheet, y: float, metric: KeyMetricResult) -> float:
    """Name the worst and the best answer; returns the lower edge."""
    worst = wrap(metric.band_labels[0], WIDTH / 2 - 10, SMALL)
    best = wrap(metric.band_labels[-1], WIDTH / 2 - 10, SMALL)
    ends = (_write(sheet, (0, y + 2), worst), _write(sheet, (WIDTH, y + 2), best, anchor="end"))
    return max(ends) - LEADING + 4


# --- Statements ------------------------------------------------------------------------------

_BAR = 12.0


@dataclass(frozen=True)
class _Scale:
    """Where shares stand: disagree and agree from one line to both sides, neutral apart at the right.

    So each of the three has a straight edge to be compared along, whatever the others are.
    """

    whole: float = 95.0  # the width of all answers
    middle: float = 110.0
    apart: float = 230.0
    heads: tuple[tuple[str, float, Anchor], ...] = field(
        default=(("disagree", 105.0, "end"), ("agree", 115.0, "start"), ("neutral", 230.0, "start"))
    )


_SCALE = _Scale()


def statement_bars(
    capability: CapabilityResult, *, chart_id: str, title: str = "", words: Words | None = None
) -> str:
    """How each statement of a capability was answered. Raises ValueError where that is not shown."""
    statements = capability.result.statements if isinstance(capability.result, Shown) else ()
    if not statements:
        raise ValueError(f"the statements of {capability.key} are not shown")
    sheet, said = _Sheet(), _words(words)
    for word, x, anchor in _SCALE.heads:
        sheet.text((x, 9), said[word], size=SMALL, fill=MUTED, anchor=anchor)
    y = 13.0
    for statement in statements:
        y = _draw_statement(sheet, y, statement)
    title = title or describe_statements(capability, words)
    return sheet.svg(0, y - 3, chart_id=chart_id, title=title)


def _draw_statement(sheet: _Sheet, top: float, statement: StatementResult) -> float:
    """Draw a sentence and its bars; returns the lower edge."""
    y = _write(sheet, (0, top + 11), wrap(statement.text, WIDTH, NORMAL, lines=3), size=NORMAL, fill=INK)
    y -= LEADING - 5
    whole = statement.disagree + statement.neutral + statement.agree
    point = _SCALE.whole / whole if whole else 0.0
    _draw_segment(sheet, y, _SCALE.middle, -point * statement.disagree, statement.disagree, PAPER, INK)
    _draw_segment(sheet, y, _SCALE.middle, point * statement.agree, statement.agree, ACCENT, PAPER)
    _draw_segment(sheet, y, _SCALE.apart, point * statement.neutral, statement.neutral, GRID, INK)
    for x in (_SCALE.middle, _SCALE.apart):
        sheet.lines([((x, y - 2), (x, y + _BAR + 2))], stroke=INK, width=0.8)
    return y + _BAR + 8


def _draw_segment(
    sheet: _Sheet, top: float, base: float, length: float, count: int, fill: str, ink: str
) -> None:
    """A bar from ``base`` with its count inside, or beyond its end where it is too short."""
    if count:
        edge = MUTED if fill == PAPER else fill
        sheet.box(base, top, base + length, top + _BAR, fill=fill, stroke=edge)
    room = abs(length) - text_width(str(count), SMALL) >= 5
    away = math.copysign(7, length)
    x = base + length / 2 if room else base + length + away
    sheet.text((x, top + 9.2), str(count), size=SMALL, fill=ink if room else MUTED, anchor="middle")


# --- The same in words -----------------------------------------------------------------------


def describe_capability(capability: CapabilityResult, words: Words | None = None) -> str:
    """For example "Continuous integration: 70, between 55 and 85, mixed to mostly agree."."""
    said, result = _words(words), capability.result
    if isinstance(result, Suppressed):
        reason = said["fewer_than"].format(minimum=result.minimum)
        return said["say_suppressed"].format(name=capability.short_name, reason=reason)
    sentence = said["say_interval"].format(
        name=capability.short_name,
        score=score_text(result.score, said),
        low=score_text(result.low, said),
        high=score_text(result.high, said),
        bands=_bands_text(result.bands, said),
    )
    return _with_previous(sentence, capability, said)


def describe_category(category: CategoryResult, words: Words | None = None) -> str:
    """Every capability of a category."""
    head = _words(words)["say_category"].format(name=category.name)
    return " ".join([head, *(describe_capability(each, words) for each in category.capabilities)])


def describe_overview(content: ReportContent, words: Words | None = None) -> str:
    """The score of every category."""
    return " ".join(_category_sentence(category, _words(words)) for category in content.categories)


def describe_dot_plot(
    categories: CategoryResult | Sequence[CategoryResult], words: Words | None = None
) -> str:
    """Every capability of one category; of several only the ends, as a table stands beside them."""
    many = [categories] if isinstance(categories, CategoryResult) else list(categories)
    if len(many) == 1:
        return describe_category(many[0], words)
    return " ".join(_range_sentence(category, _words(words)) for category in many)


def describe_metric(metric: KeyMetricResult, words: Words | None = None) -> str:
    """The answer to a key metric and the elite threshold."""
    said, result = _words(words), metric.result
    if isinstance(result, Suppressed):
        reason = said["fewer_than"].format(minimum=result.minimum)
        return said["say_suppressed"].format(name=metric.short_name, reason=reason)
    return said["say_metric"].format(
        name=metric.short_name,
        band=result.label,
        number=result.band,
        count=len(metric.band_labels),
        elite=metric.elite,
    )


def describe_statements(capability: CapabilityResult, words: Words | None = None) -> str:
    """How many disagreed and agreed with each statement."""
    said = _words(words)
    statements = capability.result.statements if isinstance(capability.result, Shown) else ()
    counts = (
        said["say_statement"].format(
            text=each.text, disagree=each.disagree, neutral=each.neutral, agree=each.agree
        )
        for each in statements
    )
    return " ".join([said["say_category"].format(name=capability.short_name), *counts])


def _with_previous(sentence: str, now: CapabilityResult | CategoryResult, words: Words) -> str:
    previous = _previous_score(now)
    if previous is None:
        return sentence
    return f"{sentence} {words['say_previous'].format(score=score_text(previous, words))}"


def _category_sentence(category: CategoryResult, words: Words) -> str:
    result = category.result
    if isinstance(result, Suppressed):
        return words["say_suppressed"].format(name=category.name, reason=words["too_few"])
    bands = _bands_text(result.bands, words)
    score = score_text(result.score, words)
    sentence = words["say_score"].format(name=category.name, score=score, bands=bands)
    return _with_previous(sentence, category, words)


def _range_sentence(category: CategoryResult, words: Words) -> str:
    shown = [(each.result.score, each) for each in category.capabilities if isinstance(each.result, Shown)]
    if not shown:
        return words["say_suppressed"].format(name=category.name, reason=words["too_few"])
    (low, lowest), (high, highest) = (
        min(shown, key=lambda pair: pair[0]),
        max(shown, key=lambda pair: pair[0]),
    )
    sentence = words["say_range"].format(
        name=category.name,
        low=score_text(low, words),
        lowest=lowest.short_name,
        high=score_text(high, words),
        highest=highest.short_name,
    )
    missing = len(category.capabilities) - len(shown)
    return f"{sentence} {words['say_missing'].format(count=missing)}" if missing else sentence
