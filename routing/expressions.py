"""Regular expressions as Prometheus and Alertmanager have them: RE2, whose time grows with the text and nothing else.

Expressions and the values they meet are written by strangers to one another (silences on a view, labels in an alert),
and one that backtracks would stop the engine. Syntax: https://github.com/google/re2/wiki/Syntax.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import re2

#: Instructions one expression compiles to, at most; thousands of names joined by | stay below.
LARGEST = 5_000
#: Instructions of expressions that are tried together. With the memory below, RE2 always has room for its states.
TOGETHER = 20_000
_MEMORY = 64 * 1024 * 1024


class ExpressionError(ValueError):
    """It does not compile."""


class Expressions:
    """Several expressions, matched against whole values at once."""

    def __init__(self, texts: Sequence[str]) -> None:
        self._sets: list[tuple[int, re2.Set]] = []
        size = TOGETHER
        for number, text in enumerate(texts):
            of_this = _size(text)
            if size + of_this > TOGETHER:
                self._sets.append((number, re2.Set.FullMatchSet(_options())))
                size = 0
            size += of_this
            self._sets[-1][1].Add(text)
        for _, one in self._sets:
            one.Compile()

    def matching(self, value: str) -> list[int]:
        """The places of those that match the whole value, in order."""
        raw = value.encode("utf-8", "replace")
        return sorted(first + place for first, one in self._sets for place in one.Match(raw) or ())


@lru_cache(maxsize=8192)
def expression(text: str) -> Expressions:
    """One expression.

    Raises:
        ExpressionError: it does not compile, or is too large.
    """
    return Expressions((text,))


def matches(text: str, value: str) -> bool:
    """Whether an expression matches the whole value.

    Raises:
        ExpressionError: it does not compile, or is too large.
    """
    return bool(expression(text).matching(value))


def _size(text: str) -> int:
    try:
        size = int(re2.compile(text, _options()).programsize)
    except re2.error as error:
        (said,) = error.args
        raise ExpressionError(said.decode("utf-8", "replace") if isinstance(said, bytes) else str(said)) from error
    except UnicodeEncodeError as error:
        raise ExpressionError("it is not text") from error
    if size > LARGEST:
        raise ExpressionError("it is too large; write several")
    return size


def _options() -> re2.Options:
    options = re2.Options()
    options.log_errors = False
    options.never_capture = True
    options.max_mem = _MEMORY
    return options
