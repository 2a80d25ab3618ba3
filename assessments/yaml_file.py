"""YAML as people write it: every value knows its line, and what may be asked of it.

A file is read node by node and never turned into objects, so a mistake is told with file, line
and reason, and nothing in a file can make more of itself than it is long.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, ClassVar, Self

import yaml

LONGEST_VALUE = 100
"""Characters of a number, a date or a truth value: to make one of a million digits takes minutes."""


def scalar(node: yaml.ScalarNode) -> Any:
    """What YAML takes a single value for; None for what it can make nothing of.

    A date in month 99, a tag of Python's, a tag that the text does not fit, for which PyYAML has no words.
    """
    if node.tag != "tag:yaml.org,2002:str" and len(node.value) > LONGEST_VALUE:
        return None
    try:
        return yaml.SafeLoader("").construct_object(node)
    except (ValueError, LookupError, ArithmeticError, AttributeError, yaml.YAMLError):
        return None


class YamlFileError(ValueError):
    """A mistake in a file; its text names file, line and reason."""


class Node:
    """A YAML node that knows where it stands."""

    refusal: ClassVar[type[YamlFileError]] = YamlFileError

    def __init__(self, node: yaml.Node, name: str) -> None:
        self.node = node
        self.name = name

    @classmethod
    def compose(cls, text: str, name: str) -> Self:
        """The root of a file; ``name`` is how errors call it. Raises ``refusal``."""
        try:
            root = yaml.compose(text, Loader=yaml.SafeLoader)
        except yaml.MarkedYAMLError as error:
            line = error.problem_mark.line + 1 if error.problem_mark else 1
            raise cls.refusal(f"{name}, line {line}: this is not valid YAML: {error.problem}") from error
        except (yaml.YAMLError, RecursionError, ValueError) as error:  # "\\UFFFFFFFF" is no character
            raise cls.refusal(f"{name}, line 1: this is not valid YAML: {error}") from error
        if root is None:
            raise cls.refusal(f"{name}, line 1: the file is empty")
        return cls(root, name)

    def error(self, reason: str) -> YamlFileError:
        """What is wrong here, with its place."""
        return self.refusal(f"{self.name}, line {self.node.start_mark.line + 1}: {reason}")

    @property
    def is_mapping(self) -> bool:
        """Whether it has fields."""
        return isinstance(self.node, yaml.MappingNode)

    def pairs(self) -> Iterator[tuple[str, Self, Self]]:
        """A mapping's entries: the key as it is written, its node, its value. Refuses a key given twice."""
        if not isinstance(self.node, yaml.MappingNode):
            raise self.error("expected entries such as “key: value”")
        found: set[str] = set()
        for key_node, value_node in self.node.value:
            key, here = str(key_node.value), type(self)(key_node, self.name)
            if key in found:
                raise here.error(f"'{key}' is given twice")
            found.add(key)
            yield key, here, type(self)(value_node, self.name)

    def fields(self, required: Iterable[str], optional: Iterable[str] = ()) -> dict[str, Self]:
        """The fields of a mapping. Refuses what is missing, unknown or there twice."""
        if not self.is_mapping:
            raise self.error(f"expected the fields {', '.join(required)}")
        found: dict[str, Self] = {}
        for key, here, value in self.pairs():
            if key not in (*required, *optional):
                raise here.error(f"'{key}' is not known here; known are {', '.join((*required, *optional))}")
            found[key] = value
        for key in required:
            if key not in found:
                raise self.error(f"'{key}' is missing")
        return found

    def items(self) -> list[Self]:
        """The entries of a list that is not empty."""
        if not isinstance(self.node, yaml.SequenceNode) or not self.node.value:
            raise self.error("expected a list with at least one entry")
        return [type(self)(node, self.name) for node in self.node.value]

    def value(self) -> Any:
        """A single value, as YAML understands it."""
        if not isinstance(self.node, yaml.ScalarNode):
            raise self.error("expected a single value")
        return scalar(self.node)

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

    def integer(self) -> int:
        """A whole number from 1 on."""
        value = self.value()
        if not isinstance(value, int) or isinstance(value, bool) or value < 1:
            raise self.error("expected a whole number from 1 on")
        return value

    def boolean(self) -> bool:
        """True or false."""
        value = self.value()
        if not isinstance(value, bool):
            raise self.error("expected true or false")
        return value
