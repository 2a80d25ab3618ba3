"""A language that nobody speaks: each word with accents, in brackets and 40 % longer.

It is made of the English texts while tests run and is never shipped. Where it is Arabic, pages also run
from right to left. What stands on a page in plain letters is no text that a translator gets to see.
"""

from __future__ import annotations

import gettext
import re
from collections.abc import Iterator
from contextlib import contextmanager
from html.parser import HTMLParser
from typing import Any

from django.apps import apps
from django.utils import translation
from django.utils.translation import trans_real

LANGUAGE = "ar"

_LETTERS = str.maketrans(
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ",
    "áƀçđéƒǧĥíĵķľɱñóƥɋŕšťúṽŵẋýžÁƁÇĐÉƑǦĤÍĴĶĽṀÑÓƤɊŔŠŤÚṼŴẊÝŽ",
)
_KEPT = re.compile(r"(%\(\w+\)[a-z]|%%|%[a-z]|\{\w*\}|</?[a-z][^>]*>|&#?\w+;|https?://[^\s”]*)")
_WORD = re.compile(r"[A-Za-z]+")


def pseudo(text: str) -> str:
    """The text in it; placeholders, tags and addresses stay."""
    body = text.strip()
    if not body:
        return text
    parts = _KEPT.split(body)
    made = "".join(part if at % 2 else _WORD.sub(_longer, part) for at, part in enumerate(parts))
    return text.replace(body, f"⟦{made}⟧")


def _longer(word: re.Match[str]) -> str:
    return (word[0] + word[0][: round(0.4 * len(word[0]))]).translate(_LETTERS)


class PseudoTranslation(gettext.NullTranslations):
    """Translates whatever Django asks for."""

    def gettext(self, message: str) -> str:
        return pseudo(message.rpartition("\x04")[2])

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        return self.gettext(msgid1 if n == 1 else msgid2)

    def language(self) -> str:
        return LANGUAGE

    def to_language(self) -> str:
        return LANGUAGE


@contextmanager
def spoken(settings: Any) -> Iterator[None]:
    """The survey in this language, in this process."""
    settings.LANGUAGES = [*settings.LANGUAGES, (LANGUAGE, "Pseudo")]
    before = trans_real._translations.get(LANGUAGE)
    trans_real._translations[LANGUAGE] = PseudoTranslation()
    try:
        with translation.override(LANGUAGE):
            yield
    finally:
        del trans_real._translations[LANGUAGE]
        if before:
            trans_real._translations[LANGUAGE] = before


# --- What is not in it ------------------------------------------------------------------------

TOLD = {"alt", "aria-label", "aria-description", "placeholder", "title", "content"}
"""Attributes that are read out, besides those in which scripts find their words."""

LITERAL = {"code", "kbd", "pre", "samp", "script", "style", "option"}
"""Elements whose content is no prose, or data."""

NAMES = frozenset(
    "Accelerate Survey DORA DevOps CSV Excel JSON Markdown YAML PDF English Deutsch UTC Welch zip M n".split()
)
"""The same in every language."""

_PLAIN = re.compile(r"[A-Za-z]{2,}")
_ADDRESS = re.compile(r"https?://\S+|\S+@\S+")


class _Reader(HTMLParser):
    """Gathers what people read or hear of a page."""

    VOID = frozenset({"meta", "link", "input", "br", "img", "hr"})

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.texts: list[str] = []
        self.drawn: list[str] = []  # in charts, where names are broken into lines

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "meta" and dict(attrs).get("name") != "description":
            return
        words = [value or "" for name, value in attrs if name in TOLD or name in SCRIPT_WORDS]
        self.texts += words
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        while self.open and self.open.pop() != tag:
            pass

    def handle_data(self, data: str) -> None:
        if not LITERAL.intersection(self.open):
            (self.drawn if "text" in self.open else self.texts).append(data)


SCRIPT_WORDS = {"data-saved", "data-refused", "data-failed", "data-limit-reached", "data-label", "data-page"}


def plain_words(html: str, data: set[str]) -> set[str]:
    """Texts of a page that have plain words in them, though neither names nor data."""
    reader = _Reader()
    reader.feed(html)
    known = sorted((text for text in data if _PLAIN.search(text)), key=len, reverse=True)
    words = {word for text in known for word in _PLAIN.findall(text)} | NAMES
    found = {" ".join(text.split()) for text in reader.drawn if not words.issuperset(_PLAIN.findall(text))}
    for text in reader.texts:
        left = _ADDRESS.sub(" ", text)
        if not _PLAIN.search(left):
            continue
        for each in known:
            left = left.replace(each, " ")
        if {word for word in _PLAIN.findall(left) if word not in NAMES}:
            found.add(" ".join(text.split()))
    return found


def data_of_database() -> set[str]:
    """Every text in every row."""
    rows = (row for model in apps.get_models() for row in model._default_manager.values())
    return {text for row in rows for text in texts_of(row)}


def texts_of(value: object) -> Iterator[str]:
    """All texts in it, as they are and in the small letters of a sentence."""
    if isinstance(value, str):
        yield from (value, value.lower())
    elif isinstance(value, dict):
        for each in value.values():
            yield from texts_of(each)
    elif isinstance(value, list | tuple):
        for each in value:
            yield from texts_of(each)
