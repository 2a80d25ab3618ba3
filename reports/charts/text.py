"""Text as it is measured and broken: Inter, its width, lines that fit (matplotlib's fonts)."""

from __future__ import annotations

import logging
import re
import unicodedata
from bisect import bisect_left
from collections.abc import Callable, Iterator
from functools import lru_cache
from itertools import chain
from pathlib import Path
from typing import Final

from matplotlib import font_manager
from matplotlib.textpath import text_to_path

_FONTS = Path(__file__).resolve().parents[2] / "accelerate_survey" / "static" / "fonts"
for _name in ("Inter-Regular.ttf", "Inter-SemiBold.ttf"):
    font_manager.fontManager.addfont(_FONTS / _name)

# Only Inter comes in semibold; that the other two do not is no news.
logging.getLogger("matplotlib.font_manager").setLevel(logging.ERROR)

# The last one has a box for every character there is, so that measuring an unknown script gives a
# cautious width and no warning. Page and PDF never see it: they get ``svg.FONT_STACK``.
_FAMILIES = ["Inter", "DejaVu Sans", "Last Resort High-Efficiency"]
FONT_STACK: Final = "Inter, sans-serif"

# Control characters, halves of pairs and direction overrides: not allowed in XML, or a nuisance.
_UNPRINTABLE = re.compile("[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]")


def clean(text: str) -> str:
    """``text`` on one line and without characters that XML forbids."""
    return " ".join(_UNPRINTABLE.sub(" ", text).split())


@lru_cache
def font(size: float, semibold: bool) -> font_manager.FontProperties:
    return font_manager.FontProperties(family=_FAMILIES, size=size, weight=600 if semibold else 400)


@lru_cache(maxsize=4096)
def text_width(text: str, size: float, semibold: bool = False) -> float:
    """How many points wide ``text`` is when set in Inter."""
    if not text:
        return 0.0
    width, _, _ = text_to_path.get_text_width_height_descent(text, font(size, semibold), ismath=False)
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
        end = word.rfind("-", 1, end) + 1 or end  # where it has a hyphen of its own
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
