from __future__ import annotations

from sqlalchemy.ext.asyncio import AsyncConnection

from grouping import StateRow
from oncall.store import grouping_state


async def test_rows_are_written_changed_and_deleted(tx: AsyncConnection) -> None:
    def row(key: str, value: str | None) -> StateRow:
        return StateRow(table="kind", key=key, value=value)

    await grouping_state.save(tx, [row("a", "1"), row("b", "1"), row("c", None)])
    await grouping_state.save(tx, [row("a", "2"), row("b", None), StateRow(table="pair", key="a", value="3")])
    kept = await grouping_state.load(tx)
    assert sorted((r.table, r.key, r.value) for r in kept) == [("kind", "a", "2"), ("pair", "a", "3")]


async def test_saving_nothing_is_allowed(tx: AsyncConnection) -> None:
    await grouping_state.save(tx, [])
    assert await grouping_state.load(tx) == []
