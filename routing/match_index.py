"""Finding the matcher rules that an alert satisfies without trying each one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from routing.expressions import Expressions
from routing.matchers import Matcher, MatchOp
from routing.rules import MatchRule

#: Values of one label whose rules are remembered; labels such as the pod have no end of them.
_REMEMBERED = 4096


class MatchIndex:
    """Rules as bits: each label's value says which rules it leaves standing, and what all labels leave standing match.

    The bits of a value are worked out once and remembered, since most labels take few values.
    """

    def __init__(self, rules: Sequence[MatchRule]) -> None:
        self._rules = tuple(rules)
        self._all = (1 << len(self._rules)) - 1
        by_label: dict[str, dict[int, list[Matcher]]] = {}
        for number, rule in enumerate(self._rules):
            for matcher in rule.matchers:
                by_label.setdefault(matcher.name, {}).setdefault(number, []).append(matcher)
        self._labels = [(label, _LabelIndex(found, self._all)) for label, found in by_label.items()]

    def matching(self, labels: Mapping[str, str]) -> Iterator[MatchRule]:
        """The rules whose every matcher the labels satisfy, in order."""
        standing = self._all
        for label, index in self._labels:
            standing &= index.standing(labels.get(label, ""))
            if not standing:
                return
        while standing:
            lowest = standing & -standing
            yield self._rules[lowest.bit_length() - 1]
            standing ^= lowest


class _LabelIndex:
    """The matchers of all rules on one label."""

    def __init__(self, found: Mapping[int, Sequence[Matcher]], everything: int) -> None:
        self._indifferent = everything & ~_bits(found)
        self._remembered: dict[str, int] = {}
        self._mixed = [(1 << number, matchers) for number, matchers in found.items() if len(matchers) > 1]
        single = [(1 << number, matchers[0]) for number, matchers in found.items() if len(matchers) == 1]
        self._equal = _by_value(single, MatchOp.EQUAL)
        self._not_equal = _by_value(single, MatchOp.NOT_EQUAL)
        self._regex = _Patterns(single, MatchOp.REGEX)
        self._not_regex = _Patterns(single, MatchOp.NOT_REGEX)
        self._negated = _together(bit for bit, m in single if m.op in {MatchOp.NOT_EQUAL, MatchOp.NOT_REGEX})

    def standing(self, value: str) -> int:
        """The rules that this value does not rule out."""
        bits = self._remembered.get(value)
        if bits is None:
            if len(self._remembered) >= _REMEMBERED:
                self._remembered.clear()
            bits = self._remembered[value] = self._worked_out(value)
        return bits

    def _worked_out(self, value: str) -> int:
        bits = self._indifferent | self._equal.get(value, 0) | self._regex.matching(value)
        bits |= self._negated & ~self._not_equal.get(value, 0) & ~self._not_regex.matching(value)
        for bit, matchers in self._mixed:
            if all(matcher.matches({matcher.name: value}) for matcher in matchers):
                bits |= bit
        return bits


class _Patterns:
    """The regular expressions of one label, tried at once."""

    def __init__(self, single: Iterable[tuple[int, Matcher]], op: MatchOp) -> None:
        chosen = [(bit, matcher.value) for bit, matcher in single if matcher.op is op]
        self._bits = [bit for bit, _ in chosen]
        self._expressions = Expressions([text for _, text in chosen])

    def matching(self, value: str) -> int:
        """The bits of the expressions that match the whole value."""
        return _together(self._bits[place] for place in self._expressions.matching(value))


def _by_value(single: Iterable[tuple[int, Matcher]], op: MatchOp) -> dict[str, int]:
    found: dict[str, int] = {}
    for bit, matcher in single:
        if matcher.op is op:
            found[matcher.value] = found.get(matcher.value, 0) | bit
    return found


def _bits(numbers: Iterable[int]) -> int:
    return _together(1 << number for number in numbers)


def _together(bits: Iterable[int]) -> int:
    result = 0
    for bit in bits:
        result |= bit
    return result
