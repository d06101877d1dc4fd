"""Statements of the way an alert takes, built and put into words once.

Building a statement costs SQLAlchemy several times what running it does, and taking one through its layers twenty
times: cheap beside a server's round trip, dear beside a row of SQLite. So these are built when their module is loaded;
SQLAlchemy words them at their first use, and from then on their text goes to SQLite's driver as it is. On PostgreSQL
they take SQLAlchemy's ordinary way.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections import namedtuple
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection

from oncall.store.sqlite_connection import SqliteConnection

_T = TypeVar("_T")
_Values = Mapping[str, Any]
_Convert = Callable[[Any], Any]

#: Lists longer than this are rounded up no further than to the next multiple of it.
MANY = 512


def any_of(name: str) -> sa.BindParameter[Any]:
    """A list as a parameter: `column.in_(any_of("ids"))`."""
    return sa.bindparam(name, expanding=True)


class Prepared:
    """A statement whose values are named parameters, lists included.

    Args:
        statement: It, or what builds it, given the `insert` of either database.
    """

    def __init__(self, statement: sa.Executable | Callable[[Any], sa.Executable]) -> None:
        build = statement if callable(statement) else lambda _: statement
        self._statements = {"sqlite": build(sqlite.insert), "postgresql": build(postgresql.insert)}
        self._wordings: dict[tuple[str, ...], _Wording] = {}

    async def rows(self, tx: AsyncConnection, values: _Values = {}) -> Sequence[Any]:  # noqa: B006 - only read
        """Every row it finds or returns, by column names."""
        if tx.dialect.name != "sqlite":
            return (await tx.execute(self._statements[tx.dialect.name], values)).all()
        wording = self._worded(tx, values)
        text, bound = wording.bound(values)
        return wording.rows(await _sent(tx, text, bound, lambda driver: driver.execute(text, bound).fetchall()))

    async def first(self, tx: AsyncConnection, values: _Values = {}) -> Any:  # noqa: B006 - only read
        """The first row, None where there is none."""
        found = await self.rows(tx, values)
        return found[0] if found else None

    async def scalar(self, tx: AsyncConnection, values: _Values = {}) -> Any:  # noqa: B006 - only read
        """The first value of the first row, None where there is no row."""
        found = await self.first(tx, values)
        return found[0] if found else None

    async def run(self, tx: AsyncConnection, values: _Values | Sequence[_Values]) -> None:
        """Change what it changes; with several sets of values, once for each."""
        if tx.dialect.name != "sqlite":
            await tx.execute(self._statements[tx.dialect.name], values)
        elif isinstance(values, Mapping):
            await self.rows(tx, values)
        elif values:
            wording = self._worded(tx, values[0])
            text, many = wording.text(values[0]), [wording.row(one) for one in values]
            await _sent(tx, text, many, lambda driver: driver.executemany(text, many))

    def _worded(self, tx: AsyncConnection, values: _Values) -> _Wording:
        statement = self._statements["sqlite"]
        # What is inserted says itself which columns it has; anything else names its parameters.
        columns = tuple(values) if isinstance(statement, sa.Insert) else ()
        found = self._wordings.get(columns)
        if found is None:
            found = self._wordings[columns] = _Wording(statement, tx.dialect, columns)
        return found


def upsert(table: sa.Table, key: list[str]) -> Prepared:
    """Insert whole rows, or replace what is there by that key."""

    def build(insert: Any) -> sa.Executable:
        statement = insert(table)
        changed = {column.name: statement.excluded[column.name] for column in table.c if column.name not in key}
        replaced: sa.Executable = statement.on_conflict_do_update(index_elements=key, set_=changed)
        return replaced

    return Prepared(build)


class _Wording:
    """A statement as SQLite's driver takes it, with how values become parameters and columns become values."""

    def __init__(self, statement: Any, dialect: sa.Dialect, columns: Collection[str]) -> None:
        found = list(statement.exported_columns)
        inserted = {"column_keys": list(columns), "for_executemany": not found} if columns else {}
        self._compiled: Any = statement.compile(dialect=dialect, **inserted)
        spelled = {self._compiled.bind_names[mark] for mark in self._compiled.literal_execute_params}
        self._names = [name for name in self._compiled.positiontup if name not in spelled]
        marks = {name: self._compiled.binds[name] for name in self._compiled.positiontup}
        #: Values that the statement brings along.
        self._fixed = {name: mark.effective_value for name, mark in marks.items() if not mark.required}
        self._lists = tuple(name for name in self._names if marks[name].expanding)
        self._texts: dict[tuple[int, ...], str] = {}
        self._to = _converters(_to_database(marks[name], dialect) for name in self._names)
        self._from = _converters(column.type.dialect_impl(dialect).result_processor(dialect, None) for column in found)
        self._named = _row_of([str(column.key) for column in found])

    def text(self, values: _Values) -> str:
        """What the driver is told; it goes by how long each list is."""
        lengths = tuple(len(values[name]) for name in self._lists)
        text = self._texts.get(lengths)
        if text is None:
            text = self._texts[lengths] = str(self._compiled.construct_expanded_state(values).statement)
        return text

    def row(self, values: _Values) -> list[Any]:
        """Parameters in the order of their marks."""
        given = {**self._fixed, **values} if self._fixed else values
        row = [given[name] for name in self._names]
        for place, convert in self._to:
            row[place] = convert(row[place])
        return row

    def bound(self, values: _Values) -> tuple[str, list[Any]]:
        """What the driver is told, and with which parameters."""
        if not self._lists:
            return self.text(values), self.row(values)
        given = {**self._fixed, **values}
        given.update({name: _filled(list(given[name])) for name in self._lists})
        bound: list[Any] = []
        for name, value in zip(self._names, self.row(given), strict=True):
            if name not in self._lists:
                bound.append(value)
            elif value and isinstance(value[0], tuple):
                bound += [part for several in value for part in several]
            else:
                bound += value
        return self.text(given), bound

    def rows(self, found: list[tuple[Any, ...]]) -> list[Any]:
        """What the driver found, as values."""
        named = self._named._make
        if not self._from:
            return [named(row) for row in found]
        converted = []
        for row in found:
            values = list(row)
            for place, convert in self._from:
                values[place] = convert(values[place])
            converted.append(named(values))
        return converted


def _to_database(mark: sa.BindParameter[Any], dialect: sa.Dialect) -> _Convert | None:
    convert = mark.type.dialect_impl(dialect).bind_processor(dialect)
    if convert is None or not mark.expanding:
        return convert
    return lambda values: [convert(value) for value in values]


def _row_of(columns: list[str]) -> Any:
    return namedtuple("Row", columns, rename=True)  # noqa: PYI024 - its fields are known when the statement is


def _converters(found: Iterable[_Convert | None]) -> list[tuple[int, _Convert]]:
    return [(place, convert) for place, convert in enumerate(found) if convert is not None]


def _filled(values: list[Any]) -> list[Any]:
    """The same set of values in a list of a rounded length: a few texts do for lists of any length.

    Up to `MANY` the length is a power of two, beyond that a multiple of it: SQLite takes 32,766 parameters at most.
    """
    if not values:
        return values
    count = len(values)
    rounded = 1 << (count - 1).bit_length() if count <= MANY else -(-count // MANY) * MANY
    return values + values[-1:] * (rounded - count)


async def _sent(tx: AsyncConnection, text: str, bound: Sequence[Any], work: Callable[[sqlite3.Connection], _T]) -> _T:
    connection = tx.sync_connection
    assert connection is not None
    if listening := connection.dispatch.before_cursor_execute:
        listening(connection, None, text, bound, None, bool(bound) and isinstance(bound[0], list))
    driver = connection.connection.driver_connection
    assert isinstance(driver, SqliteConnection)
    try:
        return await driver.call(work)
    except sqlite3.Error as error:
        raise DBAPIError.instance(text, bound, error, sqlite3.Error, dialect=tx.dialect) from error
    except asyncio.CancelledError:
        await tx.invalidate()  # its thread may be at it still
        raise
