"""Something to draw on, in points, with the few marks and colours that charts are made of."""

from __future__ import annotations

import io
import math
import re
import threading
from collections.abc import Iterable, Sequence
from typing import Final, Literal

from matplotlib import rc_context
from matplotlib.backend_bases import RendererBase
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Circle, Polygon
from matplotlib.text import Text
from matplotlib.transforms import Affine2D

from .svg import tidy
from .text import clean, font

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

Point = tuple[float, float]
Anchor = Literal["start", "middle", "end"]

# ``rc_context`` changes settings of the whole process for a moment: one thread at a time.
_DRAWING = threading.Lock()


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


class Sheet:
    """Something to draw on, in points with y downwards. Later marks lie above earlier ones."""

    def __init__(self, left: float = 0.0, width: float = WIDTH) -> None:
        self.width = width
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
                fontproperties=font(size, semibold),
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
        self._figure.set_size_inches(self.width / 72, (bottom - top) / 72)
        self._placing.clear().translate(-self._left, -bottom).scale(1, -1)
        raw = io.StringIO()
        with _DRAWING, rc_context({"svg.fonttype": "none", "svg.hashsalt": chart_id}):
            self._figure.savefig(raw, format="svg", metadata={"Date": None})
        return tidy(raw.getvalue(), chart_id=chart_id, title=clean(title))
