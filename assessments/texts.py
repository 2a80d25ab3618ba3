"""Texts that people typed: which can be shown, and which a spreadsheet or Markdown would take for more."""

import re
import unicodedata

BIDI_CONTROLS = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
"""They reverse what stands after them, on pages and in mails."""

UNSHOWABLE = frozenset({"Cc", "Cs", "Co", "Cn"})
"""Unicode's categories of control characters, halves of pairs, private and unassigned ones."""

FORMULA_STARTS = frozenset("=+-@＝＋－＠")  # noqa: RUF001  full-width signs work too


def gettext_noop(text: str) -> str:
    """Mark a text as one that is translated where it is shown: the pure core knows no language."""
    return text


def is_showable(text: str) -> bool:
    """Whether a page can show every character of it; line breaks and tabs count as such."""
    if text.isascii() and text.isprintable():  # nearly every text there is, and ten times as fast
        return True
    return not any(
        character in BIDI_CONTROLS
        or (unicodedata.category(character) in UNSHOWABLE and character not in "\n\r\t")
        for character in text
    )


def safe_cell(value: object) -> object:
    """A text that no spreadsheet takes for a formula; numbers stay numbers."""
    if not isinstance(value, str):
        return value
    # spreadsheets skip spaces and invisible characters before they look for a formula
    begin = next((c for c in value if not c.isspace() and unicodedata.category(c) not in {"Cf", "Cc"}), "")
    dangerous = begin in FORMULA_STARTS or value[:1] in {"\t", "\r", "\n"}
    return f"'{value}" if dangerous and value else value


def bare_cell(text: str) -> str:
    """The text that ``safe_cell`` was given."""
    inside = text.removeprefix("'")
    return inside if safe_cell(inside) == text else text


MARKDOWN_SIGNS = re.compile(r"[\\`*_\[\]<>&|~#$]")
"""They mean something anywhere in a line of Markdown."""

MARKDOWN_STARTS = re.compile(r"^(\d{0,9})([-+=.)])", re.MULTILINE)
"""They make a list or a heading of the line that they begin."""


def as_markdown(text: str) -> str:
    """A text of any number of lines that Markdown shows as it was typed."""
    lines = (line.strip() for line in text.splitlines())
    escaped = MARKDOWN_SIGNS.sub(r"\\\g<0>", "\n".join(lines))
    return MARKDOWN_STARTS.sub(r"\1\\\2", escaped).strip()


BROWSERS = {"Edg": "Edge", "OPR/": "Opera", "Firefox": "Firefox", "Chrom": "Chrome", "Safari": "Safari"}
SYSTEMS = {
    "Windows": "Windows", "Android": "Android", "iPhone": "iPhone", "iPad": "iPad", "CrOS": "ChromeOS",
    "Mac OS": "macOS", "Linux": "Linux",
}  # fmt: skip


def device_of(user_agent: str) -> tuple[str, str]:
    """The browser and the system that a browser says it is; empty where it is none that we know."""
    found = [
        next((name for word, name in names.items() if word in user_agent), "")
        for names in (BROWSERS, SYSTEMS)
    ]
    return found[0], found[1]
