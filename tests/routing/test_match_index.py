"""Many rules are found as if each had been tried."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from routing.match_index import MatchIndex
from routing.matchers import Matcher, MatchOp, parse_matchers
from routing.rules import MatchRule


def rules(*texts):
    return [MatchRule(matchers=parse_matchers(text), team=str(n)) for n, text in enumerate(texts)]


def found(index, **labels):
    return [int(rule.team) for rule in index.matching(labels)]


def test_rules_come_in_the_order_they_were_written():
    index = MatchIndex(rules('a="1"', 'b=~".+"', 'a="1"', 'c!="x"', 'a="2"'))
    assert found(index, a="1", b="y") == [0, 1, 2, 3]
    assert found(index, a="2", c="x") == [4]
    assert found(index, c="x") == []


@pytest.mark.parametrize(
    ("text", "labels", "holds"),
    [
        ('a=~"x.*", a!="xy"', {"a": "xz"}, True),
        ('a=~"x.*", a!="xy"', {"a": "xy"}, False),
        ('a=~"(?i)x"', {"a": "X"}, True),
        ('a=~"(?P<n>x)"', {"a": "x"}, True),
        ('a=~"x|y", b!~"x|y"', {"a": "y", "b": "z"}, True),
        ('a=~""', {}, True),
        ('a!~".+"', {}, True),
    ],
)
def test_expressions_of_one_label_are_told_apart(text, labels, holds):
    index = MatchIndex(rules('a=~"q1"', 'a!~"q2|yy|X"', text, 'a=~"(?P<n>q3)"'))
    assert (2 in found(index, **labels)) is holds


def test_no_rules_match_nothing():
    assert found(MatchIndex([]), a="1") == []


def test_values_without_end_do_not_fill_the_memory():
    index = MatchIndex(rules('pod=~"web-.*7"', 'pod!=""'))
    for number in range(10_000):
        assert found(index, pod=f"web-{number}") == ([0, 1] if number % 10 == 7 else [1])
    assert len(index._labels[0][1]._remembered) <= 4096


VALUES = st.sampled_from(["", "x", "y", "xy", "yx", "a\nb"])
MATCHERS = st.builds(
    Matcher,
    st.sampled_from("abc"),
    st.sampled_from(list(MatchOp)),
    st.sampled_from(["", "x", "y", "x|y", "x.*", ".*y", ".+", "[xy]+"]),
)


@given(
    st.lists(st.lists(MATCHERS, min_size=1, max_size=4), max_size=12), st.dictionaries(st.sampled_from("abcd"), VALUES)
)
def test_the_index_finds_what_trying_each_rule_finds(lists, labels):
    made = [MatchRule(matchers=tuple(matchers), team=str(number)) for number, matchers in enumerate(lists)]
    expected = [int(rule.team) for rule in made if all(matcher.matches(labels) for matcher in rule.matchers)]
    index = MatchIndex(made)
    assert found(index, **labels) == expected
    assert found(index, **labels) == expected
