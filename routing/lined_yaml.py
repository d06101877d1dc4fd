"""YAML that remembers where each value stood, so that every problem can name its line.

Only `true` and `false` are booleans: of YAML 1.1's other spellings (`on`, `no`, `y`) people mean the word,
as in the country code `NO` or the key `on:`. Aliases are refused unless asked for, and then bounded, since they let a
small file grow without bound.
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
#: libyaml's loader where it was built, else the one in Python.
_BASE: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class _Loader(_BASE):  # type: ignore[misc]
    """Leaves the meaning of plain words to `_scalar`: working out tags nobody reads is a tenth of the time."""

    def resolve(self, kind: type, value: str, implicit: object) -> str:  # noqa: ARG002 - the signature is yaml's
        return _TAGS.get(kind, "tag:yaml.org,2002:str")


_TAGS: dict[type, str] = {yaml.MappingNode: "tag:yaml.org,2002:map", yaml.SequenceNode: "tag:yaml.org,2002:seq"}


def load_documents(text: str, *, aliased: int = 0) -> list[Any]:
    """Every document of the text, empty ones left out: `LinedDict`, `LinedList` or a scalar each.

    `aliased` is how many nodes aliases and merge keys may add to a document.

    Raises:
        YamlError: the text is not YAML, has a doubled key, or uses more aliases than that.
    """
    try:
        loader = _Loader(text)
        try:
            documents = []
            while loader.check_node():
                node = loader.get_node()
                value = _Builder(aliased).value(node)
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


class _Builder:
    """Turns one document's nodes into values."""

    def __init__(self, aliased: int) -> None:
        self._left = aliased
        self._seen: set[int] = set()
        self._open: set[int] = set()

    def value(self, node: yaml.Node) -> Any:
        line = node.start_mark.line + 1
        if id(node) in self._open:
            raise YamlError("an alias (*name) contains itself", line)
        if id(node) in self._seen:
            self._left -= 1
            if self._left < 0:
                raise YamlError("aliases (*name) are not supported; write the value out", line)
        self._seen.add(id(node))
        if isinstance(node, yaml.ScalarNode):
            return _scalar(node)
        self._open.add(id(node))
        result = self._mapping(node) if isinstance(node, yaml.MappingNode) else self._sequence(node)
        self._open.discard(id(node))
        return result

    def _sequence(self, node: yaml.Node) -> LinedList:
        items = LinedList(self.value(item) for item in node.value)
        items.line = node.start_mark.line + 1
        items.lines = [item.start_mark.line + 1 for item in node.value]
        return items

    def _mapping(self, node: yaml.Node) -> LinedDict:
        result = LinedDict()
        result.line = node.start_mark.line + 1
        result.lines = {}
        merged: list[LinedDict] = []
        for key_node, value_node in node.value:
            line = key_node.start_mark.line + 1
            if not isinstance(key_node, yaml.ScalarNode):
                raise YamlError("a key must be a plain word", line)
            key = str(key_node.value)
            if key in result:
                raise YamlError(f"the key {key!r} stands twice in one mapping", line)
            value = self.value(value_node)
            if key == "<<" and not key_node.style:
                merged += [part for part in (value if isinstance(value, list) else [value]) if _is_lined(part)]
                continue
            result[key] = value
            result.lines[key] = line
        for part in merged:
            for key in part.keys() - result.keys():
                result[key], result.lines[key] = part[key], part.lines[key]
        return result


def _is_lined(value: object) -> bool:
    return isinstance(value, LinedDict)


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
