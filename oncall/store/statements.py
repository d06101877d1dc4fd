"""Statements of the way an alert takes are built once, when their module is loaded.

Building one costs SQLAlchemy several times what running it does: its cache spares compiling, not building. What varies
is a named parameter, lists included.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite


def any_of(name: str) -> sa.BindParameter[Any]:
    """A list as a parameter: `column.in_(any_of("ids"))`."""
    return sa.bindparam(name, expanding=True)


def for_each_dialect(build: Callable[[Any], sa.Executable]) -> Mapping[str, sa.Executable]:
    """The statement for each database, by its dialect's name; `build` is handed the dialect's own `insert`."""
    return {"sqlite": build(sqlite.insert), "postgresql": build(postgresql.insert)}


def upsert(table: sa.Table, key: list[str]) -> Mapping[str, sa.Executable]:
    """Insert whole rows, or replace what is there by that key."""

    def build(insert: Any) -> sa.Executable:
        statement = insert(table)
        changed = {column.name: statement.excluded[column.name] for column in table.c if column.name not in key}
        replaced: sa.Executable = statement.on_conflict_do_update(index_elements=key, set_=changed)
        return replaced

    return for_each_dialect(build)
