"""Custom checks as a small expression over an entry: `tier is None or tier > 2 or has_tool("runbook")`.

A part of Python's expression grammar, read with its parser and then evaluated here: names of an entry's fields,
text, numbers, lists, comparisons, `and`, `or`, `not`, and the functions below. Nothing is ever handed to `eval`.
"""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Mapping
from typing import Any

from routing.catalog.entry import Entry

FIELDS = (
    "name",
    "owner",
    "tier",
    "lifecycle",
    "description",
    "aliases",
    "depends_on",
    "namespaces",
    "paths",
    "tags",
)
#: Function to what it takes, for errors and documentation.
FUNCTIONS: Mapping[str, str] = {
    "has_tool": 'has_tool("runbook"): whether it has a tool of that kind',
    "count": "count(aliases): how many members a list has",
    "starts_with": 'starts_with(name, "shop-"): whether a text begins so',
}
_COMPARISONS: Mapping[type[ast.cmpop], Callable[[Any, Any], Any]] = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Is: operator.is_,
    ast.IsNot: operator.is_not,
    ast.In: lambda member, whole: member in whole,
    ast.NotIn: lambda member, whole: member not in whole,
}
_LONGEST = 1000

Expression = Callable[[Entry], bool]


class ExpressionError(ValueError):
    """The text is no expression; the message says what is wrong and what there is."""


def parse_expression(text: str) -> Expression:
    """The expression as a function that never fails: what cannot be compared (`tier < 2` without a tier) is false.

    Raises:
        ExpressionError: it cannot be read, or uses something that is not there.
    """
    if len(text) > _LONGEST:
        raise ExpressionError(f"it is longer than {_LONGEST} characters")
    try:
        tree = ast.parse(text.strip(), mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise ExpressionError(f"it cannot be read: {getattr(error, 'msg', None) or 'nested too deeply'}") from error
    evaluate = _compiled(tree)

    def decide(entry: Entry) -> bool:
        return bool(evaluate(entry))

    return decide


_Node = Callable[[Entry], Any]


def _compiled(node: ast.expr) -> _Node:
    match node:
        case ast.Constant(value=str() | int() | float() | None as value):
            return lambda _: value
        case ast.Name(id=name) if name in FIELDS:
            return lambda entry: getattr(entry, name)
        case ast.List(elts=items) | ast.Tuple(elts=items):
            members = [_compiled(item) for item in items]
            return lambda entry: [member(entry) for member in members]
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            inner = _compiled(operand)
            return lambda entry: not inner(entry)
        case ast.BoolOp(op=op, values=values):
            parts, joined = [_compiled(value) for value in values], all if isinstance(op, ast.And) else any
            return lambda entry: joined(part(entry) for part in parts)
        case ast.Compare(left=left, ops=ops, comparators=comparators):
            return _comparison(left, ops, comparators)
        case ast.Call(func=ast.Name(id=name), args=arguments, keywords=[]) if name in FUNCTIONS:
            return _call(name, arguments)
        case ast.Name(id=name):
            raise ExpressionError(f"there is no {name!r}; fields: {', '.join(FIELDS)}")
        case ast.Call():
            raise ExpressionError(f"there is no such function; {'; '.join(FUNCTIONS.values())}")
        case _:
            raise ExpressionError(f"{ast.unparse(node)!r} is not understood here")


def _comparison(left: ast.expr, ops: list[ast.cmpop], comparators: list[ast.expr]) -> _Node:
    sides = [_compiled(side) for side in (left, *comparators)]
    compare = [_COMPARISONS[type(op)] for op in ops]

    def decide(entry: Entry) -> bool:
        values = [side(entry) for side in sides]
        try:
            return all(one(values[at], values[at + 1]) for at, one in enumerate(compare))
        except TypeError:
            return False

    return decide


def _call(name: str, arguments: list[ast.expr]) -> _Node:
    values = [_compiled(argument) for argument in arguments]
    wanted = 2 if name == "starts_with" else 1
    if len(values) != wanted:
        raise ExpressionError(f"{name} takes {wanted} value{'s' if wanted > 1 else ''}: {FUNCTIONS[name]}")
    if name == "has_tool":
        return lambda entry: any(tool.kind == values[0](entry) for tool in entry.tools)
    if name == "count":
        return lambda entry: len(found) if isinstance(found := values[0](entry), tuple | list) else 0
    return lambda entry: str(values[0](entry)).startswith(str(values[1](entry)))
