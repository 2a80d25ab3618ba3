"""From matplotlib's SVG to ours: real text, real circles, no styles, no ids but the title's."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Final
from xml.etree import ElementTree

FONT_STACK: Final = "Inter, sans-serif"

_DROPPED = {"metadata", "style", "clipPath", "defs"}
_NUMBER = re.compile(r"-?\d+\.\d+")
_RADIUS = re.compile(r"M 0 ([\d.]+)")


def tidy(raw: str, *, chart_id: str, title: str) -> str:
    """Matplotlib's SVG without styles, clip paths, groups and metadata, with a title, marks as circles."""
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
    root.extend(_plain(source, _radii(source)))
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


def _radii(source: ElementTree.Element) -> dict[str, str]:
    """The radius of each round mark by what refers to it: a path of eight curves that begins at its foot.

    Raises ValueError for a mark that is not round: ``Sheet.dots`` draws no others.
    """
    found = {}
    for mark in source.iterfind(".//{*}defs/{*}path"):
        outline = " ".join(mark.get("d", "").split())
        foot = _RADIUS.match(outline)
        if foot is None or outline.count("C") != 8:
            raise ValueError(f"not a round mark: {outline!r}")
        found[f"#{mark.get('id')}"] = _rounded(foot[1])
    return found


def _plain(parent: ElementTree.Element, radii: Mapping[str, str]) -> Iterator[ElementTree.Element]:
    """The children of ``parent`` that are seen, with groups dissolved."""
    for child in parent:
        name = _local(child.tag)
        if name in _DROPPED:
            continue
        if name == "g":
            yield from _plain(child, radii)
        elif name == "use":
            yield _circle(_attributes(child), radii)
        else:
            element = ElementTree.Element(name, _attributes(child))
            element.text = child.text if name == "text" else None
            yield element


def _circle(use: Mapping[str, str], radii: Mapping[str, str]) -> ElementTree.Element:
    """A round mark where it is used: smaller than the curves, and drawn faster into a PDF."""
    kept = {name: value for name, value in use.items() if name not in ("href", "x", "y")}
    return ElementTree.Element("circle", {"cx": use["x"], "cy": use["y"], "r": radii[use["href"]], **kept})


def _attributes(element: ElementTree.Element) -> dict[str, str]:
    """The attributes of ``element`` as they are kept, its style among them."""
    kept: dict[str, str] = {}
    for key, value in element.items():
        match _local(key):
            case "style":
                kept |= presentation(value)
            case "id" | "clip-path":
                pass
            case "d" | "x" | "y":
                kept[_local(key)] = _rounded(" ".join(value.split()))
            case "transform" if value.startswith("rotate(-0 "):
                pass
            case name:
                kept[name] = value
    kept.pop("font-family", None)  # the root has it
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
