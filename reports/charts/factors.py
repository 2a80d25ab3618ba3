"""Factors: why a capability is among the next to work on, as three bars."""

from __future__ import annotations

from ..content import Priority
from .sentences import describe_factors
from .shared import write
from .sheet import ACCENT, ACCENT_SOFT, INK, LARGE, LEADING, NORMAL, SMALL, WIDTH, Sheet
from .text import text_width, wrap
from .words import Words, all_words, factor_text, factors_of, score_text

_BAR = 8.0
_WHOLE = 120.0  # the length of a factor of 1
_ROW = 17.0
_GAP = 8.0


def factor_bars(priority: Priority, *, chart_id: str, title: str = "", words: Words | None = None) -> str:
    """Gap, reach and vote of a priority, each from 0 to 1, with the figures that they come from."""
    sheet, said = Sheet(), all_words(words)
    factors, reasons = factors_of(priority), _reasons(priority, said)
    names = {factor: wrap(said[factor], WIDTH / 4, NORMAL, lines=1) for factor in factors}
    left = _GAP + max(text_width(line, NORMAL) for lines in names.values() for line in lines)
    y = 0.0
    for factor, share in factors.items():
        write(sheet, (0, y + 10), names[factor], size=NORMAL, fill=INK)
        y = _draw_factor(sheet, left, y, share, (factor_text(share, said), reasons[factor]))
    return sheet.svg(0, y, chart_id=chart_id, title=title or describe_factors(priority, words))


def _draw_factor(sheet: Sheet, left: float, top: float, share: float, texts: tuple[str, str]) -> float:
    """A bar, its figure and where that comes from; returns the lower edge."""
    value, reason = texts
    y = top + 2.5
    sheet.box(left, y, left + _WHOLE, y + _BAR, fill=ACCENT_SOFT, stroke="none")
    if share > 0:
        sheet.box(left, y, left + _WHOLE * share, y + _BAR, fill=ACCENT, stroke=ACCENT)
    sheet.lines([((left, y - 2), (left, y + _BAR + 2))], stroke=INK, width=0.8)
    sheet.text((left + _WHOLE + _GAP, top + 10), value, size=LARGE, semibold=True)
    x = left + _WHOLE + 2 * _GAP + text_width("0.00", LARGE, semibold=True)
    after = write(sheet, (x, top + 10), wrap(reason, WIDTH - x, SMALL, lines=3))
    return after - LEADING - 10 + _ROW


def _reasons(priority: Priority, words: Words) -> dict[str, str]:
    """What each factor is made of, in the figures that the report prints."""
    votes = priority.votes
    if votes is None:
        vote = words["named_nobody"]
    elif votes.number is None:
        vote = words[f"named_{votes.words}"]
    else:
        vote = words["named"].format(number=votes.number)
    return {
        "gap": words["from_score"].format(score=score_text(priority.score, words)),
        "reach": words["steps"].format(number=priority.steps) if priority.steps else words["no_path"],
        "vote": vote,
    }
