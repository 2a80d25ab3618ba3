"""The catalogues of translations: made of all texts that are marked in the code, and what they lack.

``make messages`` writes them anew: new texts come in empty, texts that are gone go, translations stay. What
the survey reads are the ``.mo`` files. They are kept beside the ``.po`` files, so that nobody has to make
them where the survey only runs. ``tests/test_translations.py`` asks these functions what is missing.
"""

import sys
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract
from babel.messages.mofile import write_mo
from babel.messages.pofile import PoFileParser, write_po
from django.utils.translation.template import templatize

ROOT = Path(__file__).resolve().parent.parent
APPS = ("accelerate_survey", "assessments", "reports")
LOCALE = ROOT / "accelerate_survey" / "locale"

_ONE, _MANY, _CONTEXT = (1,), (1, 2), ((1, "c"), 2)
KEYWORDS: dict[str, Any] = {
    **dict.fromkeys(["_", "gettext", "gettext_lazy", "gettext_noop"], _ONE),
    **dict.fromkeys(["ngettext", "ngettext_lazy"], _MANY),
    **dict.fromkeys(["pgettext", "pgettext_lazy"], _CONTEXT),
    **dict.fromkeys(["npgettext", "npgettext_lazy"], ((1, "c"), 2, 3)),
}
"""What marks a text, and which of its arguments are texts."""


class PlainCatalog(Catalog):
    """A catalogue whose head says only what readers of it need, so that nothing differs from day to day."""

    def _headers(self) -> list[tuple[str, str]]:
        return [
            ("Language", str(self.locale)),
            ("MIME-Version", "1.0"),
            ("Content-Type", "text/plain; charset=utf-8"),
            ("Content-Transfer-Encoding", "8bit"),
            ("Plural-Forms", self.plural_forms),
        ]

    mime_headers = property(_headers, lambda self, headers: None)
    header_comment = property(
        lambda self: "# Made by `make messages`; the translations are kept.", lambda self, text: None
    )


def sources() -> Iterator[Path]:
    """Every file that can hold texts, always in the same order."""
    for app in APPS:
        for path in sorted((ROOT / app).rglob("*")):
            if path.suffix == ".py" or (
                "templates" in path.parts and path.suffix in {".html", ".txt", ".md"}
            ):
                yield path


def marked(path: Path) -> Iterator[tuple[Any, str | None]]:
    """The texts that a file marks, each with its context; those with a plural are pairs."""
    code = path.read_text(encoding="utf-8")
    if path.suffix != ".py":
        code = "\n".join(line.strip() for line in templatize(code, origin=str(path)).splitlines())
    lines = BytesIO(code.encode())
    for _line, text, _comments, context in extract("python", lines, KEYWORDS, options={"encoding": "utf-8"}):
        yield text, context


def template() -> PlainCatalog:
    """All texts, with the files that they stand in."""
    catalog = PlainCatalog()
    for path in sources():
        for text, context in marked(path):
            catalog.add(text, locations=[(path.relative_to(ROOT).as_posix(), 0)], context=context)
    return catalog


def languages() -> list[str]:
    """Every language with a folder of its own."""
    return sorted(path.name for path in LOCALE.iterdir() if path.is_dir())


def po_file(language: str) -> Path:
    return LOCALE / language / "LC_MESSAGES" / "django.po"


def read(language: str) -> PlainCatalog:
    """The catalogue of a language as it is kept; an empty one where there is none yet."""
    catalog = PlainCatalog(locale=language)
    if po_file(language).exists():
        with po_file(language).open("rb") as lines:
            PoFileParser(catalog).parse(lines)
    return catalog


def fresh(language: str) -> PlainCatalog:
    """That catalogue with all texts that are marked today, and no others."""
    old, new = read(language), PlainCatalog(locale=language)
    for message in template():
        if not message.id:
            continue
        kept = old.get(message.id, message.context)
        string = kept.string if kept and isinstance(kept.string, tuple) == message.pluralizable else ""
        empty = ("",) * new.num_plurals if message.pluralizable else ""
        new.add(
            message.id,
            string or empty,
            locations=message.locations,
            flags=message.flags,
            context=message.context,
        )
    return new


def as_po(catalog: PlainCatalog) -> bytes:
    """The text of a ``.po`` file."""
    target = BytesIO()
    write_po(target, catalog, width=110, include_lineno=False, omit_header=False)
    return target.getvalue()


def as_mo(catalog: PlainCatalog) -> bytes:
    """The same for machines, without texts that nobody has translated yet."""
    target = BytesIO()
    write_mo(target, catalog)
    return target.getvalue()


def gaps(catalog: PlainCatalog) -> list[Message]:
    """What has no translation."""
    return [m for m in catalog if m.id and not all(m.string if isinstance(m.string, tuple) else [m.string])]


def write(language: str) -> PlainCatalog:
    """Write both files of a language."""
    catalog = fresh(language)
    po_file(language).parent.mkdir(parents=True, exist_ok=True)
    po_file(language).write_bytes(as_po(catalog))
    po_file(language).with_suffix(".mo").write_bytes(as_mo(catalog))
    return catalog


if __name__ == "__main__":
    for code in sys.argv[1:] or languages():
        missing = gaps(write(code))
        print(f"{code}: {len(missing)} texts to translate in {po_file(code).relative_to(ROOT)}")
