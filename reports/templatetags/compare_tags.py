"""Cells and charts of teams beside each other."""

from functools import lru_cache

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from .. import charts
from ..charts.words import short_score
from ..comparison_content import Cell, Spread, Total
from ..content import InWords, ReportContent, Shown, Suppressed
from .report_tags import bands, drawn

register = template.Library()


@register.filter
def heat(cell: Cell) -> SafeString:
    """A team's result as a cell of the table, with the other round's where there is one."""
    now, language = cell.now, get_language() or ""
    if isinstance(now, Suppressed):
        return _too_few(now.minimum, language)
    return _shown(now.score, now.is_coarse, _before(cell.before), language)


def _before(result: Shown | InWords | Suppressed | None) -> str:
    """The other round's result in small; nothing where it is not compared."""
    match result:
        case Shown():
            return f"≈\u00a0{result.score}" if result.is_coarse else short_score(result.score)
        case InWords():
            return bands(result.bands)
        case Suppressed():
            return "–"
        case _:
            return ""


@lru_cache(maxsize=4096)
def _shown(score: int, coarse: bool, before: str, language: str) -> SafeString:
    """There are some hundred different cells, and twelve thousand on a page: each is written once."""
    text = f"≈\u00a0{score}" if coarse else short_score(score)
    if not before:
        return format_html('<td class="heat h{}">{}</td>', score, text)
    return format_html(
        '<td class="heat h{}">{} <small><span class="visually-hidden">{}</span> {}</small></td>',
        score,
        text,
        _("before:"),
        before,
    )


@lru_cache(maxsize=64)
def _too_few(minimum: int, language: str) -> SafeString:
    reason = _("fewer than {minimum} answered").format(minimum=minimum)
    return format_html(
        '<td class="heat few"><span aria-hidden="true">–</span> <span class="visually-hidden">{}</span></td>',
        reason,
    )


@register.filter
def heat_total(total: Total | None) -> SafeString:
    """The mean of several teams as a cell."""
    if total is None:
        return mark_safe('<td class="heat none">–</td>')
    return _shown(total.score, False, "", get_language() or "")


@register.filter
def path(names: tuple[str, ...]) -> str:
    """A group where it stands in the tree."""
    return " / ".join(names)


@register.simple_tag
def caterpillar(spread: Spread) -> SafeString:
    """The teams' estimates with their intervals."""
    return drawn(charts.caterpillar, spread, "caterpillar", get_language() or "")


@register.simple_tag
def funnel(spread: Spread) -> SafeString:
    """The teams' scores by number of answers."""
    return drawn(charts.funnel, spread, "funnel", get_language() or "")


@register.simple_tag
def beside(content: ReportContent, place: int) -> SafeString:
    """One team's capabilities, as on its own page."""
    return drawn(charts.dot_plot, content.categories, f"beside-{place}", get_language() or "")
