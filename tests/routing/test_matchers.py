"""Matchers read as Alertmanager reads them, and say what is wrong where they cannot."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from routing.matchers import Matcher, MatcherError, MatchOp, match_all, parse_matchers


@pytest.mark.parametrize(
    ("text", "labels", "matches"),
    [
        ('service="checkout"', {"service": "checkout"}, True),
        ('service="checkout"', {"service": "Checkout"}, False),
        ("service=checkout", {"service": "checkout"}, True),
        ('{service="checkout", env!="prod"}', {"service": "checkout", "env": "dev"}, True),
        ('{service="checkout", env!="prod",}', {"service": "checkout", "env": "prod"}, False),
        ('pod=~"web-.*"', {"pod": "web-1"}, True),
        ('pod=~"web"', {"pod": "web-1"}, False),
        ('pod=~"a|b"', {"pod": "ab"}, False),
        ('pod!~"web-.*"', {"pod": "db-1"}, True),
        ('pod!~"web-.*"', {}, True),
        ('pod=""', {}, True),
        ('pod=~".*"', {}, True),
        ('pod=~".+"', {}, False),
        ('pod=~".+"', {"pod": "a\nb"}, False),
        ('"http.status code"="500"', {"http.status code": "500"}, True),
        ('a="x\\"y\\n"', {"a": 'x"y\n'}, True),
        ('a="\\u00e9"', {"a": "é"}, True),
        ('a=~"\\d+"', {"a": "42"}, True),
        ('a=~"\\d+"', {"a": "٤٢"}, False),
        ('a=~"[[:alpha:]]+"', {"a": "abc"}, True),
        ('a=~"."', {"a": "é"}, True),
    ],
)
def test_a_list_of_matchers_decides_as_alertmanager_would(text, labels, matches):
    assert match_all(parse_matchers(text), labels) is matches


@pytest.mark.parametrize(
    ("text", "says", "column"),
    [
        ("", "no matcher", 1),
        ("{}", "no matcher", 1),
        ("service", "expected =", 8),
        ('service=="x"', "expected a value", 9),
        ('{service="x"', "never closed", 1),
        ('service="x', "quote is never closed", 9),
        ('a="1" b="2"', "expected a comma", 7),
        ('pod=~"("', "regular expression", 6),
        ('pod=~"(.)\\1"', "invalid escape", 6),
        ('pod=~"x{9999}"', "repetition size", 6),
        ('="x"', "expected a label name", 1),
        ('""="x"', "label name is empty", 1),
        ('a="\\UFFFFFFFF"', "names no character", 3),
    ],
)
def test_a_wrong_matcher_says_what_and_where(text, says, column):
    with pytest.raises(MatcherError, match=says) as caught:
        parse_matchers(text)
    assert caught.value.column == column


@given(
    st.lists(
        st.builds(Matcher, st.text(min_size=1), st.sampled_from([MatchOp.EQUAL, MatchOp.NOT_EQUAL]), st.text()),
        min_size=1,
    )
)
def test_what_is_printed_reads_back_the_same(matchers):
    assert parse_matchers(", ".join(map(str, matchers))) == tuple(matchers)


@given(st.text())
def test_any_text_is_read_or_refused_and_nothing_else(text):
    with contextlib.suppress(MatcherError):
        assert parse_matchers(text)
