"""Expressions of strangers meet values of strangers: every pair is decided, as RE2 does, in time the text alone sets."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from routing.expressions import TOGETHER, ExpressionError, Expressions, expression, matches


@pytest.mark.parametrize("text", ["(a*)*b", "(a|aa)+$", "(.*a){20}", "(x+x+)+y"])
def test_what_backtracks_elsewhere_is_decided_at_once(text):
    """Python's own engine would not come back within a lifetime; that this ends is the proof."""
    assert not matches(text, "a" * 50_000 + "!")


def test_an_expression_matches_the_whole_value():
    assert matches("web", "web")
    assert not matches("web", "web-1")
    assert not matches("^web$", "web\n")


def test_several_are_told_apart_by_their_places():
    several = Expressions(["a.*", "b", ".*z", ""])
    assert several.matching("az") == [0, 2]
    assert several.matching("b") == [1]
    assert several.matching("") == [3]
    assert several.matching("q") == []


def test_none_match_nothing():
    assert Expressions([]).matching("a") == []


def test_more_than_fit_together_are_told_apart_as_well():
    texts = [f"service-{number}-[a-z]{{50}}" for number in range(TOGETHER // 60)]
    several = Expressions(texts)
    assert len(several._sets) > 1
    for number in (0, 1, len(texts) // 2, len(texts) - 1):
        assert several.matching(f"service-{number}-{'x' * 50}") == [number]


def test_a_list_of_thousands_of_names_is_one_expression():
    names = "|".join(f"n{number}" for number in range(2000))
    assert matches(names, "n1999")
    assert not matches(names, "n2000")


@pytest.mark.parametrize("text", ["(", "[", "a{2,1}", "(?=a)", r"\1", "*", "(?P<a", "x{1000}{1000}", "((a{90}){90})"])
def test_what_is_no_expression_or_too_large_is_refused(text):
    with pytest.raises(ExpressionError):
        expression(text)


def test_values_that_are_no_text_match_nothing_rather_than_fail():
    assert not matches("a", "\ud800")
    with pytest.raises(ExpressionError, match="not text"):
        expression("\ud800")


PLAIN = st.sampled_from(["a", "b", "ab", "a*", "a|b", "(a|b)*", "[ab]+", "a?b", ".", ".*", "", "(?i)A"])


@given(st.lists(PLAIN, max_size=6), st.text("abAB", max_size=6))
def test_where_both_engines_read_an_expression_the_same_they_agree(texts, value):
    expected = [place for place, text in enumerate(texts) if re.fullmatch(text, value)]
    assert Expressions(texts).matching(value) == expected


@given(st.text(max_size=30), st.text(max_size=30))
def test_any_expression_is_read_or_refused_and_nothing_else(text, value):
    try:
        expression(text)
    except ExpressionError:
        return
    assert matches(text, value) in {True, False}
