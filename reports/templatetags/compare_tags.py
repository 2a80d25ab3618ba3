"""Cells and charts of teams beside each other."""

from functools import lru_cache, partial

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from .. import charts
from ..charts.words import short_score
from ..comparison_content import Cell, Spread, TeamRow, Total
from ..content import InWords, ReportContent, Shown, Suppressed
from .report_tags import bands, drawn

register = template.Library()


@register.filter
def heats(team: TeamRow) -> SafeString:
    """All of a team's results as cells: twelve thousand steps of a template take as long as all else."""
    language = get_language() or ""
    return mark_safe("".join(_heat(cell, language) for cell in team.cells))  # noqa: S308  of safe cells


def _heat(cell: Cell, language: str) -> SafeString:
    """One result, with the other round's where there is one."""
    now = cell.now
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
    return _dash("few", _("fewer than {minimum} answered").format(minimum=minimum))


def _dash(kind: str, reason: str) -> SafeString:
    """A cell without a number, and why."""
    return format_html(
        '<td class="heat {}"><span aria-hidden="true">–</span> <span class="visually-hidden">{}</span></td>',
        kind,
        reason,
    )


@register.filter
def heat_total(total: Total | None) -> SafeString:
    """The mean of several teams as a cell."""
    if total is None:
        return _dash("none", _("fewer than two teams have a score"))
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
def caterpillar_part(spread: Spread, place: int) -> SafeString:
    """One of several."""
    return drawn(_without_key, spread, f"caterpillar-{place}", get_language() or "")


_without_key = partial(charts.caterpillar, key=False)


@register.simple_tag
def caterpillar_key(spread: Spread) -> SafeString:
    """What the signs of several mean."""
    return drawn(charts.caterpillar_key, spread, "caterpillar-key", get_language() or "")


@register.simple_tag
def funnel(spread: Spread) -> SafeString:
    """The teams' scores by number of answers."""
    return drawn(charts.funnel, spread, "funnel", get_language() or "")


@register.simple_tag
def beside(content: ReportContent, place: int) -> SafeString:
    """One team's capabilities, as on its own page."""
    return drawn(charts.dot_plot, content.categories, f"beside-{place}", get_language() or "")
