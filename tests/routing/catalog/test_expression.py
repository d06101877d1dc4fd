"""Custom checks read a little language, and nothing else."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from routing.catalog import Entry, Tool, ToolKind
from routing.catalog.expression import ExpressionError, parse_expression

ENTRY = Entry(
    name="checkout",
    owner="payments",
    tier=1,
    lifecycle="production",
    aliases=("cart",),
    tags=("pci", "java"),
    tools=(Tool(kind=ToolKind.RUNBOOK, name="r", url="https://r"),),
)


@pytest.mark.parametrize(
    ("text", "holds"),
    [
        ("tier == 1", True),
        ("tier <= 2 and lifecycle == 'production'", True),
        ("1 <= tier < 3", True),
        ("not tier", False),
        ("tier is None or tier > 2", False),
        ("'pci' in tags", True),
        ("'pci' not in tags", False),
        ("owner in ['payments', 'data']", True),
        ('has_tool("runbook")', True),
        ('has_tool("dashboard") or has_tool("runbook")', True),
        ("count(tags) >= 2", True),
        ("count(name) == 0", True),
        ('starts_with(name, "check")', True),
        ("description", False),
    ],
)
def test_an_expression_decides_over_the_entry(text, holds):
    assert parse_expression(text)(ENTRY) is holds


def test_what_cannot_be_compared_is_false():
    assert parse_expression("tier < 2")(Entry(name="a")) is False
    assert parse_expression("tier < 'x'")(ENTRY) is False
    assert parse_expression("1 in tier")(ENTRY) is False


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "cannot be read"),
        ("tier ==", "cannot be read"),
        ("tear == 1", "there is no 'tear'; fields: name"),
        ("open('x')", "no such function"),
        ("has_tool()", "has_tool takes 1 value"),
        ("starts_with(name)", "takes 2 values"),
        ("name.upper()", "no such function"),
        ("name.__class__", "not understood"),
        ("[x for x in tags]", "not understood"),
        ("tier + 1", "not understood"),
        ("tags[0]", "not understood"),
        ("lambda: 1", "not understood"),
        ("x := 1", "cannot be read"),
        ("(" * 300 + "tier" + ")" * 300, "cannot be read"),
        ("tier == 1 or " * 100 + "tier == 1", "longer than"),
    ],
)
def test_anything_else_is_refused_with_a_reason(text, says):
    with pytest.raises(ExpressionError, match=says):
        parse_expression(text)


@given(st.text(alphabet="tiernamgs()[]'\"<>=! andornotin.,0123_", max_size=60))
def test_any_text_is_read_or_refused_and_never_fails_later(text):
    with contextlib.suppress(ExpressionError):
        assert parse_expression(text)(ENTRY) in {True, False}
