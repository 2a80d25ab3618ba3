"""From matplotlib's SVG to ours: real text, no styles, ids that cannot collide."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Final
from xml.etree import ElementTree

FONT_STACK: Final = "Inter, sans-serif"

_DROPPED = {"metadata", "style", "clipPath"}
_NUMBER = re.compile(r"-?\d+\.\d+")


def tidy(raw: str, *, chart_id: str, title: str) -> str:
    """Matplotlib's SVG without styles, clip paths, groups and metadata, titled and with own ids."""
    source = ElementTree.fromstring(raw)  # noqa: S314 - matplotlib wrote it a moment ago
    root = ElementTree.Element(
        "svg",
        {
            "xmlns": "http://www.w3.org/2000/svg",
            "class": "chart",
            "role": "img",
            "aria-labelledby": f"{chart_id}-title",
            "viewBox": source.get("viewBox", ""),
            "width": source.get("width", ""),
            "height": source.get("height", ""),
            "font-family": FONT_STACK,
            **_global_style(source),
        },
    )
    ElementTree.SubElement(root, "title", {"id": f"{chart_id}-title"}).text = title
    root.extend(_plain(source, _new_ids(source, chart_id)))
    for element in (root, *root):
        element.tail = "\n"  # one mark a line
    root[0].tail = "\n"
    root.text = "\n"
    return ElementTree.tostring(root, encoding="unicode")


def _local(name: str) -> str:
    """A tag or attribute without its namespace: ``{http://www.w3.org/1999/xlink}href`` is ``href``."""
    return name.rpartition("}")[2]


def _global_style(source: ElementTree.Element) -> dict[str, str]:
    """What matplotlib's only style sheet, ``*{…}``, says."""
    style = source.find(".//{*}style")
    return {} if style is None else presentation((style.text or "").strip().strip("*{}"))


def _new_ids(source: ElementTree.Element, chart_id: str) -> dict[str, str]:
    """The ids that something refers to, each with its new name."""
    references = (value for use in source.iter() for key, value in use.items() if _local(key) == "href")
    return {old.lstrip("#"): f"{chart_id}-{n}" for n, old in enumerate(dict.fromkeys(references), start=1)}


def _plain(parent: ElementTree.Element, ids: Mapping[str, str]) -> Iterator[ElementTree.Element]:
    """The children of ``parent`` that are seen, with groups dissolved."""
    for child in parent:
        name = _local(child.tag)
        if name in _DROPPED:
            continue
        if name == "g":
            yield from _plain(child, ids)
            continue
        element = ElementTree.Element(name, _attributes(child, ids))
        element.text = child.text if name == "text" else None
        element.extend(_plain(child, ids))
        if name != "defs" or len(element):
            yield element


def _attributes(element: ElementTree.Element, ids: Mapping[str, str]) -> dict[str, str]:
    """The attributes of ``element`` as they are kept, its style among them."""
    kept: dict[str, str] = {}
    for key, value in element.items():
        match _local(key):
            case "style":
                kept |= presentation(value)
            case "id":
                kept |= {"id": ids[value]} if value in ids else {}
            case "href":
                kept["href"] = f"#{ids[value.lstrip('#')]}"
            case "d" | "x" | "y":
                kept[_local(key)] = _rounded(" ".join(value.split()))
            case "transform" if value.startswith("rotate(-0 "):
                pass
            case "clip-path":
                pass
            case name:
                kept[name] = value
    kept.pop("font-family", None)  # the root has it
    if "id" in kept:  # a mark takes its colours from each use, where a page's selectors find them
        kept = {name: value for name, value in kept.items() if name not in ("fill", "stroke")}
    return kept


def _rounded(numbers: str) -> str:
    """Two decimals are finer than any printer."""
    return _NUMBER.sub(lambda found: f"{round(float(found[0]), 2) + 0.0:g}", numbers)


def presentation(style: str) -> dict[str, str]:
    """The declarations of a style as presentation attributes, without those that say the default."""
    pairs = (declaration.split(":", 1) for declaration in style.split(";") if ":" in declaration)
    found: dict[str, str] = {}
    for name, value in ((name.strip(), value.strip()) for name, value in pairs):
        found |= _font_attributes(value) if name == "font" else {name: value}
    if found.get("stroke-dashoffset") == "0":
        del found["stroke-dashoffset"]
    return found


def _font_attributes(shorthand: str) -> dict[str, str]:
    """``font: 600 10px 'Inter'`` spelled out: there is no presentation attribute ``font``."""
    found = re.fullmatch(r"(?P<before>.*?)(?P<size>[\d.]+(?:px|pt))(?:/\S+)?\s+(?P<family>.+)", shorthand)
    if found is None:
        raise ValueError(f"cannot read font: {shorthand!r}")
    attributes = {"font-size": found["size"], "font-family": found["family"]}
    for word in found["before"].split():
        if word.isdigit() or word == "bold":
            attributes["font-weight"] = word
        elif word in ("italic", "oblique"):
            attributes["font-style"] = word
    return attributes
