"""Finding the matcher rules that an alert satisfies without trying each one."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from routing.matchers import Matcher, MatchOp, compiled, match_all
from routing.rules import MatchRule

_BACKREFERENCE = re.compile(r"\\[1-9]|\(\?P=")


class MatchIndex:
    """Rules filed under one matcher that must hold: an equality by its value, else a regular expression by its label.

    The expressions of one label are tried first as one alternation, which is far cheaper than one after the other;
    most label values satisfy none of them.
    """

    def __init__(self, rules: Sequence[MatchRule]) -> None:
        self._rules = tuple(rules)
        self._equal: dict[str, dict[str, list[int]]] = {}
        self._always: list[int] = []
        regex: dict[str, list[int]] = {}
        for number, rule in enumerate(self._rules):
            key = _key(rule.matchers)
            if key is None:
                self._always.append(number)
            elif key.op is MatchOp.EQUAL:
                self._equal.setdefault(key.name, {}).setdefault(key.value, []).append(number)
            else:
                regex.setdefault(key.name, []).append(number)
        self._regex = {label: (self._any_of(label, numbers), numbers) for label, numbers in regex.items()}

    def matching(self, labels: Mapping[str, str]) -> Iterator[MatchRule]:
        """The rules whose every matcher the labels satisfy, in order."""
        candidates = list(self._always)
        for label, values in self._equal.items():
            candidates += values.get(labels.get(label, ""), ())
        for label, (any_of, numbers) in self._regex.items():
            value = labels.get(label)
            if value and (any_of is None or any_of.fullmatch(value)):
                candidates += numbers
        for number in sorted(candidates):
            rule = self._rules[number]
            if match_all(rule.matchers, labels):
                yield rule

    def _any_of(self, label: str, numbers: Sequence[int]) -> re.Pattern[str] | None:
        """One expression that matches where any does; None where they cannot be joined (flags, numbered groups)."""
        patterns = {
            matcher.value
            for number in numbers
            for matcher in self._rules[number].matchers
            if matcher.name == label and matcher.op is MatchOp.REGEX
        }
        if any(_BACKREFERENCE.search(pattern) for pattern in patterns):
            return None
        try:
            return re.compile("|".join(f"(?:{pattern})" for pattern in sorted(patterns)))
        except re.error:
            return None


def _key(matchers: Sequence[Matcher]) -> Matcher | None:
    """The matcher to file a rule under; None if an alert without any of its labels may satisfy it."""
    for matcher in matchers:
        if matcher.op is MatchOp.EQUAL and matcher.value:
            return matcher
    for matcher in matchers:
        if matcher.op is MatchOp.REGEX and not compiled(matcher.value).fullmatch(""):
            return matcher
    return None
