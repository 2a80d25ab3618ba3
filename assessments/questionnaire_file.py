"""Questionnaires as YAML files that a coach can read and write.

:func:`read` checks a text and makes an Instrument of it; :func:`write` makes the same text
again. Whatever is wrong is told with the file, the line and the reason, so that a mistake
never becomes a question that somebody is asked. The format is explained in fixtures/README.md.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import Any

import yaml

from .instrument import LEVELS, Capability, Category, Instrument, KeyMetric, LevelAdvice, Statement
from .key_metrics import KEYS as METRICS
from .scale import DONT_KNOW, Option, Scale, Texts

RESERVED_KEYS = frozenset({"team", "hindrances", "comment", DONT_KNOW})
"""Names that mean something else where answers are stored or typed."""

METRIC_ADVICE = ("below", "meets")
SHORT_NAME_LENGTH = 24
KEY_LENGTH = 50
POINTS = 7
"""Options of the agreement scale (docs/method.md, 1.2)."""

BANDS = 6
"""Bands of a key metric (docs/method.md, 8.1)."""


class QuestionnaireFileError(ValueError):
    """A mistake in a questionnaire file; its text names file, line and reason."""


class _Node:
    """A YAML node that knows where it stands and what may be asked of it."""

    def __init__(self, node: yaml.Node, name: str) -> None:
        self.node = node
        self.name = name

    def error(self, reason: str) -> QuestionnaireFileError:
        return QuestionnaireFileError(f"{self.name}, line {self.node.start_mark.line + 1}: {reason}")

    def fields(self, required: Iterable[str], optional: Iterable[str] = ()) -> dict[str, _Node]:
        """The fields of a mapping. Refuses what is missing, unknown or there twice."""
        if not isinstance(self.node, yaml.MappingNode):
            raise self.error(f"expected the fields {', '.join(required)}")
        found: dict[str, _Node] = {}
        for key_node, value_node in self.node.value:
            key = str(key_node.value)
            here = _Node(key_node, self.name)
            if key in found:
                raise here.error(f"'{key}' is given twice")
            if key not in (*required, *optional):
                raise here.error(f"'{key}' is not known here; known are {', '.join((*required, *optional))}")
            found[key] = _Node(value_node, self.name)
        for key in required:
            if key not in found:
                raise self.error(f"'{key}' is missing")
        return found

    def items(self) -> list[_Node]:
        """The entries of a list that is not empty."""
        if not isinstance(self.node, yaml.SequenceNode) or not self.node.value:
            raise self.error("expected a list with at least one entry")
        return [_Node(node, self.name) for node in self.node.value]

    def value(self) -> Any:
        """A single value, as YAML understands it."""
        if not isinstance(self.node, yaml.ScalarNode):
            raise self.error("expected a single value")
        try:
            return yaml.SafeLoader("").construct_object(self.node)
        except (ValueError, yaml.YAMLError):
            return None  # a date in month 99, a tag of Python's: nothing that any field expects

    def string(self) -> str:
        """A text that says something."""
        value = self.value()
        if not isinstance(value, str) or not value.strip():
            raise self.error("expected a text")
        if value != value.strip() or "\n" in value or not value.isprintable():
            raise self.error("the text has line breaks, control characters or spaces at its ends")
        if value.strip().upper() in {"TBC", "TBD", "TODO"}:
            raise self.error("the text is still to be written")
        return value

    def key(self) -> str:
        """A stable name: small letters, digits and underscores."""
        value = self.string()
        if not value.replace("_", "a").isalnum() or not value.isascii() or value != value.lower():
            raise self.error(f"the key {value!r} may have small letters, digits and underscores only")
        if len(value) > KEY_LENGTH:
            raise self.error(f"the key {value!r} is longer than {KEY_LENGTH} characters")
        if value in RESERVED_KEYS:
            raise self.error(f"the key {value!r} is reserved")
        return value

    def integer(self) -> int:
        value = self.value()
        if not isinstance(value, int) or isinstance(value, bool) or value < 1:
            raise self.error("expected a whole number from 1 on")
        return value

    def boolean(self) -> bool:
        value = self.value()
        if not isinstance(value, bool):
            raise self.error("expected true or false")
        return value

    def texts(self, languages: tuple[str, ...]) -> Texts:
        """A text in every language that the file offers."""
        return {language: node.string() for language, node in self.fields(languages).items()}


class _Keys:
    """Refuses a key that was used before."""

    def __init__(self) -> None:
        self.seen: set[str] = set()

    def take(self, node: _Node) -> str:
        key = node.key()
        if key in self.seen:
            raise node.error(f"the key {key!r} is used twice")
        self.seen.add(key)
        return key


def _scale(node: _Node, languages: tuple[str, ...], size: int) -> Scale:
    fields = node.fields(["options", "dont_know"])
    options: list[Option] = []
    for entry in fields["options"].items():
        option = entry.fields(["value", "label"])
        value = option["value"].integer()
        if value != len(options) + 1:
            raise option["value"].error(
                f"expected {len(options) + 1}: options run upward from 1, the worst first"
            )
        options.append(Option(value=value, label=option["label"].texts(languages)))
    if len(options) != size:
        raise fields["options"].error(f"expected {size} options: the scoring method is made for that many")
    return Scale(options=tuple(options), dont_know=fields["dont_know"].texts(languages))


def _statement(node: _Node, languages: tuple[str, ...], keys: _Keys) -> Statement:
    fields = node.fields(["key", "text"], ["reversed"])
    return Statement(
        key=keys.take(fields["key"]),
        text=fields["text"].texts(languages),
        reversed=fields["reversed"].boolean() if "reversed" in fields else False,
    )


def _level(node: _Node, languages: tuple[str, ...]) -> LevelAdvice:
    fields = node.fields(["looks_like", "next_step", "pitfall", "measure"])
    return LevelAdvice(**{name: field.texts(languages) for name, field in fields.items()})


def _short_name(node: _Node, languages: tuple[str, ...]) -> Texts:
    texts = node.texts(languages)
    for text in texts.values():
        if len(text) > SHORT_NAME_LENGTH:
            raise node.error(f"{text!r} is longer than {SHORT_NAME_LENGTH} characters")
    return texts


def _capability(node: _Node, languages: tuple[str, ...], keys: _Keys, statement_keys: _Keys) -> Capability:
    fields = node.fields(
        ["key", "name", "short_name", "definition", "why", "levels", "statements"],
        ["learn_more", "prerequisites", "untitled"],
    )
    statements = tuple(_statement(entry, languages, statement_keys) for entry in fields["statements"].items())
    if len({statement.reversed for statement in statements}) > 1:
        raise fields["statements"].error("either all statements of a capability are reversed, or none")
    learn_more = fields["learn_more"].string() if "learn_more" in fields else ""
    if learn_more and not learn_more.startswith("https://"):
        raise fields["learn_more"].error("expected an address that starts with https://")
    return Capability(
        key=keys.take(fields["key"]),
        name=fields["name"].texts(languages),
        short_name=_short_name(fields["short_name"], languages),
        definition=fields["definition"].texts(languages),
        why=fields["why"].texts(languages),
        learn_more=learn_more,
        prerequisites=tuple(entry.key() for entry in fields["prerequisites"].items())
        if "prerequisites" in fields
        else (),
        untitled=fields["untitled"].boolean() if "untitled" in fields else False,
        levels={level: _level(entry, languages) for level, entry in fields["levels"].fields(LEVELS).items()},
        statements=statements,
    )


def _key_metric(node: _Node, languages: tuple[str, ...], keys: _Keys) -> KeyMetric:
    texts = ["name", "question", "definition", "why", "elite", "pitfall", "measure"]
    fields = node.fields(["key", "short_name", "scale", "elite_from", "advice", *texts])
    key = keys.take(fields["key"])
    if key not in METRICS:
        raise fields["key"].error(f"{key!r} is none of the metrics that can be read: {', '.join(METRICS)}")
    scale = _scale(fields["scale"], languages, BANDS)
    elite_from = fields["elite_from"].integer()
    if elite_from not in scale.values:
        raise fields["elite_from"].error(f"expected a value of the scale, {scale.low} to {scale.high}")
    return KeyMetric(
        key=key,
        short_name=_short_name(fields["short_name"], languages),
        scale=scale,
        elite_from=elite_from,
        advice={
            name: entry.texts(languages) for name, entry in fields["advice"].fields(METRIC_ADVICE).items()
        },
        **{name: fields[name].texts(languages) for name in texts},
    )


def _check_prerequisites(node: _Node, instrument: Instrument) -> None:
    known = {capability.key for capability in instrument.capabilities}
    for capability in instrument.capabilities:
        for key in capability.prerequisites:
            if key not in known - {capability.key}:
                raise node.error(
                    f"{capability.key} names the prerequisite {key!r}, which is no capability here"
                )


def read(text: str, name: str) -> Instrument:
    """The questionnaire in ``text``; ``name`` is how errors call the file.

    Raises QuestionnaireFileError for anything that is not a complete, consistent questionnaire.
    """
    try:
        root = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise QuestionnaireFileError(
            f"{name}, line {line}: this is not valid YAML: {error.problem}"
        ) from error
    except (yaml.YAMLError, RecursionError) as error:
        raise QuestionnaireFileError(f"{name}, line 1: this is not valid YAML: {error}") from error
    if root is None:
        raise QuestionnaireFileError(f"{name}, line 1: the file is empty")
    node = _Node(root, name)
    fields = node.fields(
        [
            "slug",
            "version",
            "languages",
            "title",
            "introduction",
            "source",
            "scale",
            "categories",
            "key_metrics",
        ]
    )
    languages = tuple(entry.string() for entry in fields["languages"].items())
    if len(set(languages)) < len(languages):
        raise fields["languages"].error("a language is given twice")
    keys, category_keys, statement_keys = _Keys(), _Keys(), _Keys()

    def category(entry: _Node) -> Category:
        parts = entry.fields(["key", "name", "description", "advice", "capabilities"])
        return Category(
            key=category_keys.take(parts["key"]),
            name=parts["name"].texts(languages),
            description=parts["description"].texts(languages),
            advice=parts["advice"].texts(languages),
            capabilities=tuple(
                _capability(part, languages, keys, statement_keys) for part in parts["capabilities"].items()
            ),
        )

    instrument = Instrument(
        slug=fields["slug"].key(),
        version=fields["version"].integer(),
        languages=languages,
        title=fields["title"].texts(languages),
        introduction=fields["introduction"].texts(languages),
        source=fields["source"].texts(languages),
        scale=_scale(fields["scale"], languages, POINTS),
        categories=tuple(category(entry) for entry in fields["categories"].items()),
        # metrics share the statements' space of keys: both are columns of a response
        key_metrics=tuple(
            _key_metric(entry, languages, statement_keys) for entry in fields["key_metrics"].items()
        ),
    )
    _check_prerequisites(fields["categories"], instrument)
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


def write(instrument: Instrument) -> str:
    """The one text of a questionnaire: ``read(write(x)) == x``."""
    return yaml.dump(as_data(instrument), Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=100)


def digest(instrument: Instrument) -> str:
    """What tells two contents apart: the SHA-256 of the written text, in hexadecimal."""
    return hashlib.sha256(write(instrument).encode()).hexdigest()
