"""Charts as SVG text, made from report content. The only place of matplotlib; no Django.

Matplotlib draws, :func:`svg.tidy` makes its SVG fit for a page: real text in the page's own font, no
``style`` anywhere (the pages forbid inline styles), one class, a title, ids that cannot collide.
A page may change the colours by attribute selectors such as ``.chart [fill="#1f2933"]``, so no
colours but those of the palette occur, and none is translucent.

Charts are ``WIDTH`` points wide: about a phone's width, so that text keeps its size there. Only a
sparkline is narrower, as it stands in a table.
What is suppressed has a name and a few words, never a point: a gap is not a zero. Its last round
is not drawn either, as there is nothing to compare it with.
"""

from .factors import factor_bars
from .radar import FEWEST_AXES, MOST_AXES, RADIUS, category_chart, category_radar, overview_radar
from .rows import category_bars, dot_plot
from .sentences import (
    describe_capability,
    describe_category,
    describe_caterpillar,
    describe_dot_plot,
    describe_factors,
    describe_funnel,
    describe_metric,
    describe_overview,
    describe_slopes,
    describe_statements,
    describe_trend,
)
from .shared import CUT_SCORES
from .sheet import ACCENT, ACCENT_SOFT, GHOST, GRID, INK, MUTED, PAPER, WIDTH
from .slopes import slopegraph
from .sparks import SPARK_WIDTH, sparkline, sparkline_key
from .statements import statement_bars
from .strips import metric_strip
from .svg import presentation, tidy
from .teams import caterpillar, caterpillar_key, funnel
from .text import clean, text_width, wrap
from .words import WORDS, score_text

__all__ = [
    "ACCENT",
    "ACCENT_SOFT",
    "CUT_SCORES",
    "FEWEST_AXES",
    "GHOST",
    "GRID",
    "INK",
    "MOST_AXES",
    "MUTED",
    "PAPER",
    "RADIUS",
    "SPARK_WIDTH",
    "WIDTH",
    "WORDS",
    "category_bars",
    "category_chart",
    "category_radar",
    "caterpillar",
    "caterpillar_key",
    "clean",
    "describe_capability",
    "describe_category",
    "describe_caterpillar",
    "describe_dot_plot",
    "describe_factors",
    "describe_funnel",
    "describe_metric",
    "describe_overview",
    "describe_slopes",
    "describe_statements",
    "describe_trend",
    "dot_plot",
    "factor_bars",
    "funnel",
    "metric_strip",
    "overview_radar",
    "presentation",
    "score_text",
    "slopegraph",
    "sparkline",
    "sparkline_key",
    "statement_bars",
    "text_width",
    "tidy",
    "wrap",
]
