"""Attack 5: texts that would like to be something else, in every place into which anyone can type.

``plant`` writes one of them into every column of text; ``Crawler`` follows every link and fills in every
form as one person. What a browser or a spreadsheet would make of the answers is told by ``harm_of``.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections import Counter, deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urldefrag, urljoin, urlsplit

import openpyxl
import tinyhtml5
from django.apps import apps
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection, models, transaction
from django.http import HttpResponseBase
from django.test import Client
from django.urls import Resolver404, resolve

TEXTS = {
    "markup": """'"></title></textarea></script></style></svg>--><hostile onload=hostile()>""",
    "address": "javascript:hostile()// onmouseover=hostile() &lt;hostile&gt;&#60;hostile&#62;",
    "template": "{{ 7|add:13370000 }}{% debug %}${7*1910001} %(hostile)s %s {0} {hostile} %",
    "formula": '=HYPERLINK("https://hostile.example/")\r\nBcc: hostile@example.org\r\n\r\n<hostile>',
}
"""Each fits into the narrowest column, with several tries at once: ends of all that it could stand in, then
an element; an address that runs, an attribute, entities; templates and placeholders of Django, Python and
others; a formula, and lines of a header."""

RESULT = "13370007"
"""What the template of TEXTS would come to, if anything worked it out."""

MACHINE = frozenset(
    "password slug key digest token_hash salt time_zone language family capability_key scoring_version"
    " agreement state file".split()
)
"""Columns that the product fills in by itself, or from a list."""


# --- Planting -------------------------------------------------------------------------------------


def plant(text: str) -> int:
    """Write the text into every column of text, past all checks; how many columns there are."""
    found = 0
    for model in (
        each for app in ("assessments", "reports") for each in apps.get_app_config(app).get_models()
    ):
        for column in model._meta.concrete_fields:
            if is_typed(column):
                found += 1
                _fill(model, column, text)
    return found


def is_typed(column: models.Field[Any, Any]) -> bool:
    """Whether it holds what somebody has typed, in a field or in a file."""
    kinds = (models.CharField, models.TextField, models.JSONField)
    return isinstance(column, kinds) and not (
        isinstance(column, models.SlugField) or column.choices or column.name in MACHINE
    )


def _fill(model: type[models.Model], column: models.Field[Any, Any], text: str) -> None:
    quoted = connection.ops.quote_name
    command = (
        f"UPDATE {quoted(model._meta.db_table)} SET {quoted(column.column)} = %s WHERE "
        f"{quoted(model._meta.pk.column)} = %s"
    )  # by hand, because what is published or sealed cannot be saved
    rows = list(model._base_manager.exclude(**{column.name: None}).values_list("pk", column.name))
    plain = re.sub(r"""[^!-~]|["\\]""", "", text)
    with connection.cursor() as cursor:
        for number, (key, value) in enumerate(rows):
            if isinstance(column, models.JSONField):
                new = json.dumps(in_every_language(value, text))
            elif isinstance(column, models.EmailField):
                new = f'"{plain}{number}"@example.org'  # an address may be like that
            elif isinstance(column, models.URLField):
                new = f"https://example.org/{plain}{number}"
            else:
                new = f"{text[: (column.max_length or 999) - 9]} {number}" if value else value
            cursor.execute(command, [new, model._meta.pk.get_db_prep_value(key, connection)])


def in_every_language(value: Any, text: str) -> Any:
    """A value of JSON with another text wherever it has one in English or German."""
    if isinstance(value, dict):
        return {
            key: text if key in {"en", "de"} and isinstance(each, str) else in_every_language(each, text)
            for key, each in value.items()
        }
    if isinstance(value, list):
        return [in_every_language(each, text) for each in value]
    return value


# --- What would happen ----------------------------------------------------------------------------


def read(response: HttpResponseBase) -> tuple[bytes, Any]:
    """What an answer holds, and the tree that a browser makes of it when it is a page."""
    content: bytes = response.getvalue() if response.streaming else response.content  # type: ignore[attr-defined]
    is_page = response.get("Content-Type", "").startswith("text/html")
    return content, tinyhtml5.parse(content.decode(), namespace_html_elements=False) if is_page else None


def harm_of(response: HttpResponseBase, content: bytes, page: Any) -> set[str]:
    """What goes wrong with an answer where it arrives."""
    found = {f"header {name}" for name, value in response.items() if set(value) & set("<>\r\n")}
    match response.get("Content-Type", "").split(";")[0]:
        case "text/html":
            found |= harm_of_page(page)
        case "text/csv":
            found |= harm_of_rows(csv.reader(io.StringIO(content.decode("utf-8-sig"))))
        case "application/json":
            json.loads(content)
        case kind if kind.endswith("spreadsheetml.sheet"):
            sheets = openpyxl.load_workbook(io.BytesIO(content)).worksheets
            cells = (cell for sheet in sheets for row in sheet.iter_rows() for cell in row)
            found |= {f"formula in {cell.coordinate}" for cell in cells if cell.data_type == "f"}
    return found


def harm_of_page(page: Any) -> set[str]:
    """What a browser would do, as it reads the page, that a text made it do."""
    found = {"template worked out"} if RESULT in "".join(page.itertext()) else set()
    for element in page.iter():
        if not isinstance(element.tag, str):  # a comment
            if "hostile" in (element.text or ""):
                found.add("comment")
            continue
        name = element.tag.split("}")[-1]
        if name == "hostile" or (name in {"script", "style"} and "hostile" in (element.text or "")):
            found.add(f"element {name}")
        found |= {f"{name} {attribute}" for attribute, value in element.items() if _does(attribute, value)}
    return found


def _does(attribute: str, value: str) -> bool:
    attribute = attribute.split("}")[-1].lower()
    if attribute in {"href", "src", "action", "formaction", "data", "srcdoc", "srcset", "poster"}:
        return not value.startswith(("/", "?", "#", "https://", "http://", "mailto:")) and "hostile" in value
    return (
        attribute.startswith("on") or attribute == "hostile" or (attribute == "style" and "hostile" in value)
    )


def harm_of_rows(rows: Iterator[list[str]]) -> set[str]:
    """Cells of a CSV file that a spreadsheet would work out."""
    return {
        f"formula {cell[:20]}"
        for row in rows
        for cell in row
        if cell[:1] in set("=+-@\t\r") and not re.fullmatch(r"[+-]?[\d.]+(e[+-]\d+)?", cell)
    }


# --- Going everywhere -----------------------------------------------------------------------------


@dataclass
class Crawler:
    """Somebody who follows every link and fills in every form of the pages, with a text in every field."""

    client: Client
    text: str
    often: int
    """So many pages of each sort, which is its route with the names in its query."""
    seen: Counter[str] = field(default_factory=Counter)
    known: set[str] = field(default_factory=set)
    sent: set[str] = field(default_factory=set)
    harm: dict[str, set[str]] = field(default_factory=dict)

    def walk(self, *starts: str) -> None:
        """Go on from these addresses until nothing is new."""
        waiting = deque(starts)
        while waiting:
            address = urldefrag(waiting.popleft())[0]
            sort = _sort_of(address)
            if address in self.known or self.seen[sort] == self.often:
                continue
            self.known.add(address)
            self.seen[sort] += 1
            with taken_back():
                leads_to, page = self._ask("get", address)
            if leads_to:
                waiting.append(leads_to)
            if page is None:
                continue
            links = (urljoin(address, link.get("href", "")) for link in page.iter("a"))
            waiting.extend(link for link in links if link.startswith("/") and not urlsplit(link).netloc)
            for form in page.iter("form"):
                self._send(address, form)

    def _send(self, address: str, form: Any) -> None:
        """Fill in and send a form: first all fields, then only those that take any text."""
        target = urljoin(address, form.get("action") or "")
        names = sorted({each.get("name", "") for each in form.iter() if each.get("name")})
        if (sort := f"{_sort_of(target)} {names}") in self.sent:
            return
        self.sent.add(sort)
        cookies = self.client.cookies.copy()
        for everywhere in (True, False):
            fields = filled_in(form, self.text, everywhere=everywhere)
            with taken_back():
                leads_to, _page = self._ask(form.get("method", "get").lower(), target, fields)
                if leads_to:
                    self._ask("get", leads_to)
            self.client.cookies = cookies.copy()  # it may have signed us out

    def _ask(self, method: str, address: str, fields: Any = None) -> tuple[str, Any]:
        """Where the answer leads, and its page. What goes wrong, be it an exception, is noted as harm."""
        try:
            response: HttpResponseBase = getattr(self.client, method)(address, fields)
            content, page = read(response)
            harm = harm_of(response, content, page)
        except Exception as error:
            self.harm[f"{method} {address}"] = {repr(error)}
            return "", None
        if harm:
            self.harm[f"{method} {address}"] = harm
        leads_to = urljoin(address, response["Location"]) if response.has_header("Location") else ""
        return leads_to, page


def _sort_of(address: str) -> str:
    parts = urlsplit(address)
    try:
        route = resolve(parts.path).route
    except Resolver404:
        route = parts.path
    return f"{route}?{re.sub(r'=[^&]*', '', parts.query)}"


@contextmanager
def taken_back() -> Iterator[None]:
    """What is done inside leaves no trace."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def filled_in(form: Any, text: str, *, everywhere: bool) -> dict[str, Any]:
    """The fields of a form as somebody would send them who types the text wherever it can be typed."""
    fields: dict[str, Any] = {}
    for each in form.iter():
        name, kind = each.get("name"), each.get("type", "text")
        if not name:
            continue
        if each.tag == "textarea" or (each.tag == "input" and kind in {"text", "search"}):
            fields[name] = text
        elif each.tag == "select":
            values = [option.get("value", "") for option in each.iter("option")]
            fields.setdefault(name, next(filter(None, values), ""))
        elif each.tag == "input" and kind == "file":
            fields[name] = SimpleUploadedFile(f"{text}.csv", f"team,e-mail\r\n{text},{text}\r\n".encode())
        elif each.tag == "input" and kind in {"hidden", "checkbox", "radio"}:
            fields.setdefault(name, each.get("value", "on"))
        elif each.tag == "input":  # email, url, number, date, password
            fields[name] = text if everywhere else (each.get("value") or _plausible(kind))
    return fields


def _plausible(kind: str) -> str:
    return {
        "email": "somebody@example.org",
        "url": "https://example.org/",
        "number": "4",
        "date": "2026-03-02",
    }.get(kind, "x")
