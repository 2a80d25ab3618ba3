"""Questionnaires as YAML files that a coach can read and write.

:func:`read` checks a text and makes an Instrument of it; :func:`write` makes the same text
again. Whatever is wrong is told with its line and the reason, all of it at once, so that a mistake
never becomes a question that somebody is asked. The format is explained in fixtures/README.md.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import yaml

from .instrument import LEVELS, Capability, Category, Instrument, KeyMetric, LevelAdvice, Statement
from .key_metrics import KEYS as METRICS
from .scale import DONT_KNOW, Option, Scale, Texts
from .texts import gettext_noop as _
from .yaml_file import scalar

RESERVED_KEYS = frozenset({"team", "hindrances", "comment", DONT_KNOW, "go", "csrfmiddlewaretoken"})
"""Names that mean something else where answers are stored, typed or posted."""

METRIC_ADVICE = ("below", "meets")
MAXIMUM_BYTES = 1_000_000
"""Of what is uploaded; a questionnaire has some 60 kB in each language."""

MOST_NODES = 20_000
"""YAML nodes: a questionnaire has some 3,000 in its first language, and 1,200 in each further one."""

DEEPEST = 20
SHORT_NAME_LENGTH = 24
KEY_LENGTH = 50
NAME_LENGTH = 150
STATEMENT_LENGTH = 300
TEXT_LENGTH = 2000
ADDRESS_LENGTH = 200
HIGHEST_VERSION = 9999
MOST_LANGUAGES = 10
POINTS = 7
"""Options of the agreement scale (docs/method.md, 1.2)."""

BANDS = 6
"""Bands of a key metric (docs/method.md, 8.1)."""

FEWEST_STATEMENTS = 2
"""Of a capability: one alone is too shaky a measure (docs/method.md, 1)."""

MOST_CAPABILITIES = 16
"""Of a category: a chart has no room for more."""

MOST_STATEMENTS = 80
"""Of a questionnaire: more take longer than ten minutes (docs/method.md, 1)."""

_LANGUAGE = re.compile(r"[a-z]{2,3}(-[a-z0-9]{2,8})*")


@dataclass(frozen=True)
class Mistake:
    """What is wrong on a line: a sentence to be translated, and what to put into it afterwards."""

    line: int
    text: str
    values: Mapping[str, object] = field(default_factory=dict)

    def __str__(self) -> str:
        return self.text % self.values


class QuestionnaireFileError(ValueError):
    """The mistakes of a questionnaire file, by line; its text names the file with each."""

    def __init__(self, name: str, mistakes: Iterable[Mistake]) -> None:
        self.mistakes = tuple(sorted(mistakes, key=lambda mistake: mistake.line))
        super().__init__("\n".join(f"{name}, line {mistake.line}: {mistake}" for mistake in self.mistakes))


class _Stopped(Exception):
    """What makes reading on useless."""

    def __init__(self, line: int, text: str, **values: object) -> None:
        super().__init__(text)
        self.mistake = Mistake(line, text, values)


class _Loader(yaml.SafeLoader):
    """Reads YAML as far as a questionnaire needs it: nothing by reference, and no abyss of brackets."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.nodes = self.depth = 0

    def compose_node(self, parent: yaml.Node | None, index: Any) -> yaml.Node | None:
        """The next node with all that is in it."""
        line = self.peek_event().start_mark.line + 1  # type: ignore[no-untyped-call]
        if self.check_event(yaml.AliasEvent):
            raise _Stopped(line, _("an alias (*) stands here; write out what it stands for"))
        self.nodes += 1
        self.depth += 1
        if self.nodes > MOST_NODES:
            raise _Stopped(line, _("the file goes on for too long"))
        if self.depth > DEEPEST:
            raise _Stopped(line, _("this is nested too deeply"))
        node = super().compose_node(parent, index)
        self.depth -= 1
        return node


def _root(text: str) -> yaml.Node:
    """The document in ``text``. Raises _Stopped where there is none, or more than one."""
    not_yaml = _("this is not valid YAML: %(problem)s")
    try:
        root = _Loader(text).get_single_node()
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise _Stopped(line, not_yaml, problem=error.problem) from error
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        raise _Stopped(line, not_yaml, problem=error.reason) from error
    except ValueError as error:  # "\\UFFFFFFFF" is no character
        raise _Stopped(1, not_yaml, problem=error) from error
    if root is None:
        raise _Stopped(1, _("the file is empty"))
    return root


class _Node:
    """A YAML node that knows where it stands and what may be asked of it.

    What is wrong with it is noted once, and then it reads as nothing, so that all mistakes can be
    told together. A part that is missing has no node and nothing more to say.
    """

    def __init__(self, node: yaml.Node | None, mistakes: list[Mistake]) -> None:
        self.node = node
        self.mistakes = mistakes
        self.is_well = node is not None

    def wrong(self, text: str, **values: object) -> None:
        """Note what is wrong here, unless something is known to be."""
        if self.node is not None and self.is_well:
            self.is_well = False
            self.mistakes.append(Mistake(self.node.start_mark.line + 1, text, values))

    def _of(self, node: yaml.Node | None) -> _Node:
        return _Node(node, self.mistakes)

    def fields(self, required: Iterable[str], optional: Iterable[str] = ()) -> dict[str, _Node]:
        """The fields of a mapping, all that are required. Notes what is missing, unknown or there twice."""
        known = (*required, *optional)
        found: dict[str, _Node] = {}
        if not isinstance(self.node, yaml.MappingNode):
            self.wrong(_("expected the fields %(known)s"), known=", ".join(required))
        for key_node, value_node in self.node.value if isinstance(self.node, yaml.MappingNode) else ():
            key = key_node.value if isinstance(key_node, yaml.ScalarNode) else ""
            if key in found:
                self._of(key_node).wrong(_("%(given)s is given twice"), given=repr(key))
            elif key not in known:
                self._of(key_node).wrong(
                    _("%(given)s is not known here; known are %(known)s"),
                    given=repr(key[:KEY_LENGTH]),
                    known=", ".join(known),
                )
            else:
                found[key] = self._of(value_node)
        missing = [key for key in required if key not in found]
        for key in missing if self.is_well else ():
            self._of(self.node).wrong(_("%(given)s is missing"), given=repr(key))
        return found | {key: self._of(None) for key in missing}

    def items(self) -> list[_Node]:
        """The entries of a list that is not empty."""
        if not isinstance(self.node, yaml.SequenceNode) or not self.node.value:
            self.wrong(_("expected a list with at least one entry"))
            return []
        return [self._of(node) for node in self.node.value]

    def value(self) -> Any:
        """A single value, as YAML understands it; None for what is none."""
        if not isinstance(self.node, yaml.ScalarNode):
            self.wrong(_("expected a single value"))
            return None
        return scalar(self.node)

    def string(self, most: int = TEXT_LENGTH) -> str:
        """A text that says something, of so many characters at most."""
        value = self.value()
        if not isinstance(value, str) or not value.strip():
            self.wrong(_("expected a text"))
            return ""
        if value != value.strip() or "\n" in value or not value.isprintable():
            self.wrong(_("the text has line breaks, control characters or spaces at its ends"))
        if value.strip().upper() in {"TBC", "TBD", "TODO"}:
            self.wrong(_("the text is still to be written"))
        if len(value) > most:
            self.wrong(
                _("the text %(given)s is longer than %(most)d characters"), given=_begin(value), most=most
            )
        return value

    def key(self) -> str:
        """A stable name: small letters, digits and underscores."""
        value = self.string()
        if not self.is_well:
            return ""
        if not value.replace("_", "a").isalnum() or not value.isascii() or value != value.lower():
            self.wrong(
                _("the key %(given)s may have small letters, digits and underscores only"),
                given=_begin(value),
            )
        if len(value) > KEY_LENGTH:
            self.wrong(
                _("the key %(given)s is longer than %(most)d characters"),
                given=_begin(value),
                most=KEY_LENGTH,
            )
        if value in RESERVED_KEYS:
            self.wrong(_("the key %(given)s is reserved"), given=repr(value))
        return value if self.is_well else ""

    def language(self) -> str:
        """A language's code."""
        value = self.string()
        if self.is_well and not _LANGUAGE.fullmatch(value):
            self.wrong(_("%(given)s is no code of a language, such as en or pt-br"), given=_begin(value))
        return value

    def integer(self, most: int | None = None) -> int:
        value = self.value()
        if not isinstance(value, int) or isinstance(value, bool) or value < 1:
            self.wrong(_("expected a whole number from 1 on"))
            return 0
        if most and value > most:
            self.wrong(_("expected a whole number from 1 to %(most)d"), most=most)
        return value

    def boolean(self) -> bool:
        value = self.value()
        if not isinstance(value, bool):
            self.wrong(_("expected true or false"))
        return value is True

    def texts(self, languages: tuple[str, ...], most: int = TEXT_LENGTH) -> Texts:
        """A text in every language that the file offers."""
        return {language: node.string(most) for language, node in self.fields(languages).items()}


def _begin(value: str) -> str:
    """The beginning of what was given, as a mistake shows it."""
    return repr(value if len(value) <= NAME_LENGTH else f"{value[:KEY_LENGTH]}…")


class _Once:
    """Notes what was used before."""

    def __init__(self) -> None:
        self.seen: set[tuple[str, str]] = set()

    def _is_new(self, kind: str, value: str) -> bool:
        known = (kind, value) in self.seen
        self.seen.add((kind, value))
        return not known

    def key(self, node: _Node) -> str:
        """A key that nothing else has."""
        key = node.key()
        if key and not self._is_new("", key):
            node.wrong(_("the key %(given)s is used twice"), given=repr(key))
        return key

    def name(self, node: _Node, languages: tuple[str, ...]) -> Texts:
        """A name that nothing else has: pages and tables tell things apart by it."""
        texts = node.texts(languages, NAME_LENGTH)
        for language, name in texts.items():
            if name and not self._is_new(language, name):
                node.wrong(_("the name %(given)s is used twice"), given=repr(name))
        return texts


class _Reader:
    """Reads the parts of a questionnaire, and keeps what has to be unlike in all of it."""

    def __init__(self, languages: tuple[str, ...]) -> None:
        self.languages = languages
        self.categories = _Once()
        self.capabilities = _Once()
        self.statements = _Once()  # and metrics: both are columns of a response
        self.prerequisites: list[tuple[str, _Node]] = []  # and whose they are

    def texts(self, node: _Node, most: int = TEXT_LENGTH) -> Texts:
        return node.texts(self.languages, most)

    def scale(self, node: _Node, size: int) -> Scale:
        fields = node.fields(["options", "dont_know"])
        options: list[Option] = []
        for entry in fields["options"].items():
            option = entry.fields(["value", "label"])
            value, expected = option["value"].integer(), len(options) + 1
            if value != expected:
                option["value"].wrong(
                    _("expected %(expected)d: options run upward from 1, the worst first"), expected=expected
                )
            options.append(Option(value=expected, label=self.texts(option["label"], NAME_LENGTH)))
        if len(options) != size:
            fields["options"].wrong(
                _("expected %(size)d options: the scoring method is made for that many"), size=size
            )
        return Scale(options=tuple(options), dont_know=self.texts(fields["dont_know"], NAME_LENGTH))

    def statement(self, node: _Node) -> Statement:
        fields = node.fields(["key", "text"], ["reversed"])
        return Statement(
            key=self.statements.key(fields["key"]),
            text=self.texts(fields["text"], STATEMENT_LENGTH),
            reversed=fields["reversed"].boolean() if "reversed" in fields else False,
        )

    def statements_of(self, node: _Node) -> tuple[Statement, ...]:
        found = tuple(self.statement(entry) for entry in node.items())
        if len(found) < FEWEST_STATEMENTS:
            node.wrong(
                _("expected at least %(least)d statements: one alone is too shaky a measure"),
                least=FEWEST_STATEMENTS,
            )
        if len({statement.reversed for statement in found}) > 1:
            node.wrong(_("either all statements of a capability are reversed, or none"))
        return found

    def level(self, node: _Node) -> LevelAdvice:
        fields = node.fields(["looks_like", "next_step", "pitfall", "measure"])
        return LevelAdvice(**{name: self.texts(part) for name, part in fields.items()})

    def short_name(self, node: _Node) -> Texts:
        return self.texts(node, SHORT_NAME_LENGTH)

    def address(self, node: _Node) -> str:
        value = node.string(ADDRESS_LENGTH)
        if not value.startswith("https://"):
            node.wrong(_("expected an address that starts with https://"))
        return value

    def capability(self, node: _Node) -> Capability:
        fields = node.fields(
            ["key", "name", "short_name", "definition", "why", "levels", "statements"],
            ["learn_more", "prerequisites", "untitled"],
        )
        key = self.capabilities.key(fields["key"])
        prerequisites = fields["prerequisites"].items() if "prerequisites" in fields else []
        self.prerequisites += [(key, entry) for entry in prerequisites]
        return Capability(
            key=key,
            name=self.capabilities.name(fields["name"], self.languages),
            short_name=self.short_name(fields["short_name"]),
            definition=self.texts(fields["definition"]),
            why=self.texts(fields["why"]),
            learn_more=self.address(fields["learn_more"]) if "learn_more" in fields else "",
            prerequisites=tuple(entry.key() for entry in prerequisites),
            untitled=fields["untitled"].boolean() if "untitled" in fields else False,
            levels={level: self.level(entry) for level, entry in fields["levels"].fields(LEVELS).items()},
            statements=self.statements_of(fields["statements"]),
        )

    def category(self, node: _Node) -> Category:
        fields = node.fields(["key", "name", "description", "advice", "capabilities"])
        capabilities = tuple(self.capability(entry) for entry in fields["capabilities"].items())
        if len(capabilities) > MOST_CAPABILITIES:
            fields["capabilities"].wrong(
                _("there are %(number)d capabilities; a chart has room for %(most)d"),
                number=len(capabilities),
                most=MOST_CAPABILITIES,
            )
        return Category(
            key=self.categories.key(fields["key"]),
            name=self.categories.name(fields["name"], self.languages),
            description=self.texts(fields["description"]),
            advice=self.texts(fields["advice"]),
            capabilities=capabilities,
        )

    def key_metric(self, node: _Node) -> KeyMetric:
        names = ["definition", "why", "elite", "pitfall", "measure"]
        fields = node.fields(
            ["key", "name", "short_name", "question", "scale", "elite_from", "advice", *names]
        )
        key = self.statements.key(fields["key"])
        if key not in METRICS:
            fields["key"].wrong(
                _("%(given)s is none of the metrics that can be read: %(known)s"),
                given=repr(key),
                known=", ".join(METRICS),
            )
        scale = self.scale(fields["scale"], BANDS)
        elite_from = fields["elite_from"].integer()
        if elite_from > BANDS:
            fields["elite_from"].wrong(_("expected a value of the scale, 1 to %(high)d"), high=BANDS)
        advice = fields["advice"].fields(METRIC_ADVICE)
        return KeyMetric(
            key=key,
            name=self.texts(fields["name"], NAME_LENGTH),
            short_name=self.short_name(fields["short_name"]),
            question=self.texts(fields["question"], STATEMENT_LENGTH),
            scale=scale,
            elite_from=elite_from,
            advice={name: self.texts(entry) for name, entry in advice.items()},
            **{name: self.texts(fields[name]) for name in names},
        )

    def check_prerequisites(self, known: Iterable[str]) -> None:
        keys = set(known)
        for capability, node in self.prerequisites:
            key = node.key()
            if key not in keys - {capability}:
                node.wrong(
                    _("%(capability)s names the prerequisite %(given)s, which is no capability here"),
                    capability=capability,
                    given=repr(key),
                )


def read(text: str, name: str) -> Instrument:
    """The questionnaire in ``text``; ``name`` is how errors call the file.

    Raises QuestionnaireFileError for anything that is not a complete, consistent questionnaire.
    """
    mistakes: list[Mistake] = []
    try:
        instrument = _instrument(_Node(_root(text), mistakes))
    except _Stopped as stopped:
        raise QuestionnaireFileError(name, [stopped.mistake]) from stopped
    if mistakes:
        raise QuestionnaireFileError(name, mistakes)
    return instrument


def _instrument(node: _Node) -> Instrument:
    texts = ["title", "introduction", "source"]
    fields = node.fields(
        ["slug", "version", "languages", *texts, "scale", "categories", "key_metrics"], ["family"]
    )
    languages = tuple(entry.language() for entry in fields["languages"].items())
    if len(set(languages)) < len(languages):
        fields["languages"].wrong(_("a language is given twice"))
    if len(languages) > MOST_LANGUAGES:
        fields["languages"].wrong(_("expected at most %(most)d languages"), most=MOST_LANGUAGES)
    reader, slug = _Reader(languages), fields["slug"].key()
    family = fields["family"].key() if "family" in fields else slug
    instrument = Instrument(
        slug=slug,
        version=fields["version"].integer(HIGHEST_VERSION),
        languages=languages,
        title=reader.texts(fields["title"], NAME_LENGTH),
        introduction=reader.texts(fields["introduction"]),
        source=reader.texts(fields["source"]),
        scale=reader.scale(fields["scale"], POINTS),
        categories=tuple(reader.category(entry) for entry in fields["categories"].items()),
        key_metrics=tuple(reader.key_metric(entry) for entry in fields["key_metrics"].items()),
        variant_of=family if family != slug else "",
    )
    reader.check_prerequisites(capability.key for capability in instrument.capabilities)
    asked = len(instrument.statements)
    if asked > MOST_STATEMENTS:
        fields["categories"].wrong(
            _("there are %(number)d statements; more than %(most)d take longer than ten minutes"),
            number=asked,
            most=MOST_STATEMENTS,
        )
    return instrument


class _Dumper(yaml.SafeDumper):
    """Writes long texts folded, nothing by reference and lists indented."""

    def ignore_aliases(self, data: Any) -> bool:
        return True

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> Any:
        return super().increase_indent(flow, False)


def _represent_text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    style = ">" if len(text) > 80 else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Dumper.add_representer(str, _represent_text)


def _scale_data(scale: Scale) -> dict[str, Any]:
    return {
        "options": [{"value": option.value, "label": option.label} for option in scale.options],
        "dont_know": scale.dont_know,
    }


def _capability_data(capability: Capability) -> dict[str, Any]:
    data: dict[str, Any] = {
        "key": capability.key,
        "name": capability.name,
        "short_name": capability.short_name,
    }
    data |= {"definition": capability.definition, "why": capability.why}
    if capability.learn_more:
        data["learn_more"] = capability.learn_more
    if capability.prerequisites:
        data["prerequisites"] = list(capability.prerequisites)
    if capability.untitled:
        data["untitled"] = True
    data["statements"] = [
        {"key": statement.key} | ({"reversed": True} if statement.reversed else {}) | {"text": statement.text}
        for statement in capability.statements
    ]
    data["levels"] = {level: dict(vars(capability.levels[level])) for level in LEVELS}
    return data


def _key_metric_data(metric: KeyMetric) -> dict[str, Any]:
    names = (
        "key name short_name question definition why scale elite_from elite advice pitfall measure".split()
    )
    return {name: getattr(metric, name) for name in names} | {"scale": _scale_data(metric.scale)}


def as_data(instrument: Instrument) -> dict[str, Any]:
    """The questionnaire as plain lists and dictionaries, in the order of the file."""
    return {
        "slug": instrument.slug,
        **({"family": instrument.variant_of} if instrument.variant_of else {}),
        "version": instrument.version,
        "languages": list(instrument.languages),
        "title": instrument.title,
        "introduction": instrument.introduction,
        "source": instrument.source,
        "scale": _scale_data(instrument.scale),
        "categories": [
            {
                "key": category.key,
                "name": category.name,
                "description": category.description,
                "advice": category.advice,
                "capabilities": [_capability_data(capability) for capability in category.capabilities],
            }
            for category in instrument.categories
        ],
        "key_metrics": [_key_metric_data(metric) for metric in instrument.key_metrics],
    }


def _in_order(data: Any, languages: Sequence[str]) -> Any:
    """The same with the languages of each text in one order. PostgreSQL keeps JSON in an order of its own."""
    if isinstance(data, dict):
        names = [name for name in languages if name in data] if data.keys() <= {*languages} else data
        return {name: _in_order(data[name], languages) for name in names}
    return [_in_order(each, languages) for each in data] if isinstance(data, list) else data


def write(instrument: Instrument) -> str:
    """The one text of a questionnaire: ``read(write(x)) == x``."""
    data = _in_order(as_data(instrument), instrument.languages)
    return yaml.dump(data, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=100)


def digest(instrument: Instrument) -> str:
    """What tells two contents apart: the SHA-256 of the written text, in hexadecimal."""
    return hashlib.sha256(write(instrument).encode()).hexdigest()
