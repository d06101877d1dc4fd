"""Label matchers in Alertmanager's syntax: `service="checkout", pod=~"web-.*"`.

Grammar: https://prometheus.io/docs/alerting/latest/configuration/#label-matchers. Regular expressions are RE2's,
anchored at both ends; a label that is absent counts as empty.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import StrEnum

import msgspec

from routing.expressions import ExpressionError, expression, matches


class MatchOp(StrEnum):
    """How the value is compared."""

    EQUAL = "="
    NOT_EQUAL = "!="
    REGEX = "=~"
    NOT_REGEX = "!~"


class MatcherError(ValueError):
    """The text is no matcher; `column` counts characters from 1."""

    def __init__(self, what: str, column: int) -> None:
        super().__init__(f"{what} (character {column})")
        self.what = what
        self.column = column


class Matcher(msgspec.Struct, frozen=True):
    """One comparison with one label."""

    name: str
    op: MatchOp
    value: str

    def matches(self, labels: Mapping[str, str]) -> bool:
        """Whether the label set satisfies this comparison."""
        value = labels.get(self.name, "")
        if self.op is MatchOp.EQUAL:
            return value == self.value
        if self.op is MatchOp.NOT_EQUAL:
            return value != self.value
        found = matches(self.value, value)
        return found if self.op is MatchOp.REGEX else not found

    def __str__(self) -> str:
        """As it is written in a configuration."""
        name = self.name if _PLAIN_NAME.fullmatch(self.name) else _quoted(self.name)
        return f"{name}{self.op}{_quoted(self.value)}"


_PLAIN_NAME = re.compile(r"[a-zA-Z_:][a-zA-Z0-9_:]*")
_SPACE = re.compile(r"\s*")
_WORD = re.compile(r"[^\s{}!=~,\\\"'`]+")
_QUOTED = re.compile(r'"((?:[^"\\]|\\.)*)"', re.DOTALL)
_OP = re.compile(r"=~|!~|!=|=")
_ESCAPE = re.compile(r"\\(x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|.)", re.DOTALL)
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "a": "\a", "b": "\b", "f": "\f", "v": "\v", "\\": "\\", '"': '"'}


def match_all(matchers: tuple[Matcher, ...], labels: Mapping[str, str]) -> bool:
    """Whether every matcher is satisfied."""
    return all(matcher.matches(labels) for matcher in matchers)


def parse_matchers(text: str) -> tuple[Matcher, ...]:
    """The matchers of a comma-separated list, with or without braces around it.

    Raises:
        MatcherError: the text cannot be read, is empty, or holds a regular expression that does not compile.
    """
    end = len(text.rstrip())
    at = _skip(text, 0)
    if text[at : at + 1] == "{":
        if text[end - 1] != "}":
            raise MatcherError("the brace { is never closed", at + 1)
        at, end = _skip(text, at + 1), len(text[: end - 1].rstrip())
    matchers: list[Matcher] = []
    while at < end:
        matcher, at = _matcher(text[:end], at)
        matchers.append(matcher)
        if at < end:
            if text[at] != ",":
                raise MatcherError(f"expected a comma before {text[at:end]!r}", at + 1)
            at = _skip(text, at + 1)
    if not matchers:
        raise MatcherError('no matcher; write for example service="checkout"', 1)
    return tuple(matchers)


def _matcher(text: str, at: int) -> tuple[Matcher, int]:
    name, after = _operand(text, at, "a label name")
    if not name:
        raise MatcherError("the label name is empty", at + 1)
    after = _skip(text, after)
    op = _OP.match(text, after)
    if op is None:
        raise MatcherError(f"expected =, !=, =~ or !~ after {name!r}", after + 1)
    start = _skip(text, op.end())
    value, after = _operand(text, start, "a value")
    matcher = Matcher(name, MatchOp(op.group()), value)
    if matcher.op in {MatchOp.REGEX, MatchOp.NOT_REGEX}:
        try:
            expression(value)
        except ExpressionError as error:
            raise MatcherError(f"the regular expression {value!r} is wrong: {error}", start + 1) from error
    return matcher, _skip(text, after)


def _operand(text: str, at: int, what: str) -> tuple[str, int]:
    quoted = _QUOTED.match(text, at)
    if quoted:
        return _unescaped(quoted.group(1), at), quoted.end()
    word = _WORD.match(text, at)
    if word:
        return word.group(), word.end()
    if text[at : at + 1] == '"':
        raise MatcherError("the quote is never closed", at + 1)
    raise MatcherError(f"expected {what}" + (f", not {text[at]!r}" if at < len(text) else ""), at + 1)


def _unescaped(text: str, at: int) -> str:
    def one(escape: re.Match[str]) -> str:
        code = escape.group(1)
        if len(code) > 1:
            return chr(int(code[1:], 16))
        # Alertmanager's older parser keeps an unknown escape as it is, so that regular expressions read naturally.
        return _ESCAPES.get(code, "\\" + code)

    try:
        return _ESCAPE.sub(one, text)
    except (ValueError, OverflowError) as error:
        raise MatcherError("an escape names no character", at + 1) from error


def _quoted(text: str) -> str:
    plain = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    # Line ends and control characters of other kinds would break the file or the line a matcher is pasted into.
    return '"' + "".join(one if one.isprintable() else _escaped(one) for one in plain) + '"'


def _escaped(character: str) -> str:
    number = ord(character)
    return f"\\u{number:04x}" if number < 0x10000 else f"\\U{number:08x}"


def _skip(text: str, at: int) -> int:
    space = _SPACE.match(text, at)
    return space.end() if space else at
