from __future__ import annotations

import asyncio
from datetime import UTC, datetime

import pytest
import sqlalchemy as sa
from alembic.script import ScriptDirectory

from oncall.store import counters, migrations
from oncall.store.database import Database
from oncall.store.schema import metadata


async def test_migrations_lead_to_the_tables_of_the_models(database: Database) -> None:
    found = await migrations.differences(database)
    assert not found, (
        "oncall/store/schema/ and alembic/versions disagree; "
        'write a migration with: python tools/new_migration.py "area: what changes" '
        f"(while nothing is released: --first). Differences: {found}"
    )


async def test_defaults_and_generated_keys_agree_with_the_models(database: Database, empty_database_url: str) -> None:
    """What `differences` cannot see: columns that fill themselves, and partial indexes."""
    other = Database(empty_database_url)
    async with other.write() as tx:
        await tx.run_sync(metadata.create_all)
    assert await _shape(database) == await _shape(other)
    await other.close()


async def _shape(database: Database) -> dict[str, object]:
    def look(sync: sa.Connection) -> dict[str, object]:
        inspector = sa.inspect(sync)
        return {
            table: (
                # A column that a later migration added stands last in the table, wherever the model has it.
                sorted((c["name"], repr(c["type"]), c["nullable"], c["default"]) for c in inspector.get_columns(table)),
                inspector.get_pk_constraint(table),
                sorted(map(repr, inspector.get_foreign_keys(table))),
                sorted(map(_index, inspector.get_indexes(table))),
            )
            for table in inspector.get_table_names()
            if table != "alembic_version"
        }

    async with database.read() as connection:
        return await connection.run_sync(look)


def _index(index: sa.engine.interfaces.ReflectedIndex) -> str:
    options = {name: str(value) for name, value in index.get("dialect_options", {}).items()}
    return f"{index['name']} {index['column_names']} {bool(index['unique'])} {options}"


def test_revisions_form_one_line() -> None:
    script = ScriptDirectory.from_config(migrations.config())
    assert len(script.get_heads()) == 1
    assert len(script.get_bases()) == 1


async def test_an_empty_database_has_no_revision(empty_database_url: str) -> None:
    database = Database(empty_database_url)
    assert await migrations.current(database) == ""
    await database.close()


async def test_upgrading_twice_changes_nothing(database: Database) -> None:
    await migrations.upgrade(database)
    assert await migrations.current(database) == migrations.head()


async def test_rows_survive_an_upgrade_from_every_revision(empty_database_url: str, subtests: pytest.Subtests) -> None:
    """An operator's data is there after each step from the first release's tables to the newest."""
    script = ScriptDirectory.from_config(migrations.config())
    oldest_first = [revision.revision for revision in reversed(list(script.walk_revisions()))]
    database = Database(empty_database_url)
    await migrations.upgrade(database, oldest_first[0])
    before = await _fill(database)
    for revision in [*oldest_first[1:], "head"]:
        with subtests.test(revision=revision):
            await migrations.upgrade(database, revision)
            assert await _counted(database, before) == before
    await database.close()


async def _fill(database: Database) -> dict[str, int]:
    """One row in every table, made from the columns that stand in the database."""
    async with database.write() as tx:
        found = sa.MetaData()
        await tx.run_sync(found.reflect)
        for table in found.sorted_tables:
            if table.name == "alembic_version":
                continue
            model = metadata.tables[table.name]
            row = {c.name: _sample(model.c[c.name]) for c in table.columns if c.name in model.c}
            await tx.execute(sa.insert(model).values(row))
    return {table.name: 1 for table in found.sorted_tables if table.name != "alembic_version"}


def _sample(column: sa.Column[object]) -> object:
    kind = column.type.python_type
    if kind is int and column.foreign_keys:
        return 1
    samples = {int: 1, str: "x", bool: True, bytes: b"x", dict: {"a": 1}}
    return samples[kind] if kind in samples else datetime(2026, 3, 1, 9, tzinfo=UTC)


async def _counted(database: Database, tables: dict[str, int]) -> dict[str, int]:
    async with database.read() as connection:
        return {
            name: (await connection.execute(sa.select(sa.func.count()).select_from(sa.table(name)))).scalar_one()
            for name in tables
        }


async def test_two_nodes_may_upgrade_at_once(empty_database_url: str) -> None:
    nodes = [Database(empty_database_url) for _ in range(3)]
    await asyncio.gather(*(migrations.upgrade(node) for node in nodes))
    async with nodes[0].write() as tx:
        assert await counters.take(tx, "incident") == 1
    for node in nodes:
        await node.close()
