"""What grouping remembers, as rows a store can keep."""

from __future__ import annotations

from typing import Any

import msgspec


class StateRow(msgspec.Struct, frozen=True, kw_only=True):
    """One remembered thing. `value` is JSON text, None where the row is to be deleted.

    `(table, key)` names it; a store needs one table with these three columns and nothing else.
    """

    table: str
    key: str
    value: str | None


def to_text(value: object) -> str:
    """A row's value, as JSON."""
    return msgspec.json.encode(value).decode()


def from_text(text: str) -> Any:
    """What a row's value says."""
    return msgspec.json.decode(text)


class Changes:
    """Which rows differ from what was last drained."""

    def __init__(self) -> None:
        self._touched: dict[str, dict[int | str, None]] = {}

    def of(self, table: str) -> dict[int | str, None]:
        """Where a table that changes often notes its keys itself."""
        return self._touched.setdefault(table, {})

    def touch(self, table: str, key: int | str) -> None:
        """Note that the row changed, appeared or went."""
        self.of(table)[key] = None

    def take(self) -> tuple[tuple[str, str], ...]:
        """The rows touched since the last call, in the order in which those of each table first changed."""
        taken = tuple((table, str(key)) for table, keys in self._touched.items() for key in keys)
        for keys in self._touched.values():
            keys.clear()
        return taken
