"""YAML that remembers where each value stood, so that every problem can name its line.

Only `true` and `false` are booleans: of YAML 1.1's other spellings (`on`, `no`, `y`) people mean the word,
as in the country code `NO` or the key `on:`. Aliases are refused, since they let a small file grow without bound.
"""

from __future__ import annotations

import re
from typing import Any

import yaml


class YamlError(ValueError):
    """The text is not YAML; `line` counts from 1."""

    def __init__(self, what: str, line: int) -> None:
        super().__init__(what)
        self.what = what
        self.line = line


class LinedDict(dict[str, Any]):
    """A mapping with the line it began on and the line of each key."""

    line: int
    lines: dict[str, int]


class LinedList(list[Any]):
    """A sequence with the line it began on and the line of each item."""

    line: int
    lines: list[int]


_INT = re.compile(r"[-+]?(0|[1-9][0-9]*)")
_FLOAT = re.compile(r"[-+]?[0-9]+\.[0-9]*([eE][-+]?[0-9]+)?")
_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def load_documents(text: str) -> list[Any]:
    """Every document of the text, empty ones left out: `LinedDict`, `LinedList` or a scalar each.

    Raises:
        YamlError: the text is not YAML, has a doubled key, or uses an alias.
    """
    try:
        loader = _LOADER(text)
        try:
            documents = []
            while loader.check_node():
                node = loader.get_node()
                value = _value(node, set())
                if value is not None:
                    documents.append(value)
            return documents
        finally:
            loader.dispose()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise YamlError(str(error.problem or "not YAML"), mark.line + 1 if mark else 1) from error
    except yaml.YAMLError as error:
        raise YamlError(str(error).split("\n", 1)[0], 1) from error


def _value(node: yaml.Node, seen: set[int]) -> Any:
    if id(node) in seen:
        raise YamlError("aliases (*name) are not supported; write the value out", node.start_mark.line + 1)
    seen.add(id(node))
    if isinstance(node, yaml.MappingNode):
        return _mapping(node, seen)
    if isinstance(node, yaml.SequenceNode):
        items = LinedList(_value(item, seen) for item in node.value)
        items.line = node.start_mark.line + 1
        items.lines = [item.start_mark.line + 1 for item in node.value]
        return items
    return _scalar(node)


def _mapping(node: yaml.MappingNode, seen: set[int]) -> LinedDict:
    result = LinedDict()
    result.line = node.start_mark.line + 1
    result.lines = {}
    for key_node, value_node in node.value:
        line = key_node.start_mark.line + 1
        if not isinstance(key_node, yaml.ScalarNode):
            raise YamlError("a key must be a plain word", line)
        key = str(key_node.value)
        if key in result:
            raise YamlError(f"the key {key!r} stands twice in one mapping", line)
        result[key] = _value(value_node, seen)
        result.lines[key] = line
    return result


def _scalar(node: yaml.Node) -> Any:
    text = str(node.value)
    if getattr(node, "style", None):  # quoted or block text is never anything but text; libyaml says "" for plain
        return text
    lowered = text.lower()
    if lowered in {"", "~", "null"}:
        return None
    if lowered in {"true", "false"}:
        return lowered == "true"
    if _INT.fullmatch(text):
        return int(text)
    if _FLOAT.fullmatch(text):
        return float(text)
    return text
