from __future__ import annotations

import asyncio
import os
import sys
from asyncio.subprocess import PIPE, STDOUT
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from oncall.store import counters, migrating, migrations
from oncall.store.database import Database
from oncall.store.schema import metadata

EXAMPLE = Path(__file__).parents[3] / "examples" / "company"


async def test_migrations_lead_to_the_tables_of_the_models(database: Database) -> None:
    async with database.read() as connection:
        found = await connection.run_sync(_differences)
    assert not found, (
        "oncall/store/schema/ and alembic/versions disagree; "
        'write a migration with: python tools/new_migration.py "area: what changes" '
        f"(while nothing is released: --first). Differences: {found}"
    )


async def test_defaults_and_generated_keys_agree_with_the_models(database: Database, empty_database_url: str) -> None:
    """What Alembic does not compare: columns that fill themselves, and partial indexes."""
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


def _differences(connection: sa.Connection) -> list[object]:
    """How the tables differ from the models, as Alembic's operations."""
    return list(compare_metadata(MigrationContext.configure(connection, opts={"compare_type": True}), metadata))


def _scripts() -> ScriptDirectory:
    return ScriptDirectory.from_config(migrating.config(migrations.script_location()))


def test_revisions_form_one_line() -> None:
    script = _scripts()
    assert len(script.get_heads()) == 1
    assert len(script.get_bases()) == 1


def test_the_names_of_the_files_tell_the_line_of_revisions_as_alembic_reads_it() -> None:
    """A node compares its database with the names alone, and loads Alembic only where they differ."""
    newest_first = [script.revision for script in _scripts().walk_revisions()]
    assert list(migrations.revisions()) == newest_first[::-1]
    assert migrations.head() == _scripts().get_current_head()


async def test_a_database_in_order_is_left_to_itself(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    def run(*_: object) -> None:
        raise AssertionError("there is nothing to do")

    monkeypatch.setattr(migrating, "upgrade", run)
    await migrations.upgrade(database)
    await migrations.upgrade(database, migrations.head())


async def test_a_database_on_its_way_is_led_on(empty_database_url: str) -> None:
    """The files' names and the database's row decide; a node that finds an older row does the rest."""
    older, newest = migrations.revisions()[-2:]
    database = Database(empty_database_url)
    await migrations.upgrade(database, older)
    assert await migrations.current(database) == older
    await migrations.upgrade(database)
    assert await migrations.current(database) == newest
    await database.close()


async def test_an_empty_database_has_no_revision(empty_database_url: str) -> None:
    database = Database(empty_database_url)
    assert await migrations.current(database) == ""
    await database.close()


async def test_upgrading_twice_changes_nothing(database: Database) -> None:
    await migrations.upgrade(database)
    assert await migrations.current(database) == migrations.head()


async def test_rows_survive_an_upgrade_from_every_revision(empty_database_url: str, subtests: pytest.Subtests) -> None:
    """An operator's data is there after each step from the first release's tables to the newest."""
    script = _scripts()
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


@pytest.mark.parametrize("backend", ["postgresql"], indirect=True)
async def test_nodes_may_upgrade_an_empty_database_at_once(empty_database_url: str, tmp_path: Path) -> None:
    """As those do that are started together; processes, because Alembic keeps its context in global names."""
    command = [sys.executable, "-m", "oncall", "db", "upgrade", "--config", str(EXAMPLE)]
    environment = os.environ | {"ONCALL_DATABASE_URL": empty_database_url, "ONCALL_DATA_DIR": str(tmp_path)}
    nodes = [
        await asyncio.create_subprocess_exec(*command, env=environment, stdout=PIPE, stderr=STDOUT) for _ in range(2)
    ]
    said = [(await node.communicate())[0].decode() for node in nodes]
    assert [node.returncode for node in nodes] == [0, 0], said
    database = Database(empty_database_url)
    assert await migrations.current(database) == migrations.head()
    async with database.write() as tx:
        assert await counters.take(tx, "incident") == 1
    await database.close()


NEWER = "9999"


@pytest.fixture
async def own(own_database_url: str) -> AsyncIterator[Database]:
    """A migrated database of the test's own, whose tables it may change."""
    opened = Database(own_database_url)
    yield opened
    await opened.close()


async def _as_if_upgraded(database: Database, *statements: str) -> None:
    """What a version that is not written yet would leave behind."""
    async with database.write() as tx:
        for statement in (*statements, f"update alembic_version set version_num = '{NEWER}'"):
            await tx.execute(sa.text(statement))


async def test_a_database_that_a_newer_version_has_added_to_is_left_as_it_is(own: Database) -> None:
    """So that a node of the version before can be started again in the middle of a rolling upgrade."""
    await _as_if_upgraded(
        own,
        "alter table incident add column mood text",
        "alter table incident add column weight integer not null default 0",
        "create table weather (id integer primary key)",
    )
    await migrations.upgrade(own)
    assert await migrations.current(own) == NEWER
    assert migrations.is_newer(NEWER)
    assert not migrations.is_newer(migrations.head())
    assert not migrations.is_newer("")


@pytest.mark.parametrize(
    ("statement", "told"),
    [
        ("alter table audit drop column subject", r"has no audit\.subject"),
        ("drop table quarantine", r"has no .*quarantine\.body"),
        ("alter table audit add column mood text not null", r"wants audit\.mood filled"),
    ],
)
async def test_a_database_without_what_this_version_needs_is_refused_in_one_line(
    own: Database, statement: str, told: str
) -> None:
    if own.sqlite and "not null" in statement:
        pytest.skip("SQLite adds no such column")
    await _as_if_upgraded(own, statement)
    with pytest.raises(migrations.TooOld, match=told):
        await migrations.upgrade(own)
    assert await migrations.current(own) == NEWER


async def test_an_upgrade_takes_no_advisory_lock(database: Database) -> None:
    """Databases that speak PostgreSQL without them can carry the engine."""
    said: list[str] = []
    sa.event.listen(database.engine.sync_engine, "before_cursor_execute", lambda *seen: said.append(seen[2]))
    await migrations.upgrade(database)
    assert said
    assert not [statement for statement in said if "advisory" in statement]


async def test_every_migration_only_adds(empty_database_url: str) -> None:
    """The version before runs on the tables of the one after: nothing goes, and what is new fills itself."""
    script = _scripts()
    first, *later = [revision.revision for revision in reversed(list(script.walk_revisions()))]
    database = Database(empty_database_url)
    await migrations.upgrade(database, first)
    before = await _columns(database)
    for revision in later:
        await migrations.upgrade(database, revision)
        after = await _columns(database)
        assert before.items() <= {key: after.get(key) for key in before}.items(), f"{revision} changes what was there"
        old_tables = {table for table, _ in before}
        unfilled = [k for k in after.keys() - before.keys() if k[0] in old_tables and after[k] == ("required", None)]
        assert not unfilled, f"{revision} adds {unfilled}, which the version before does not fill"
        before = after
    await database.close()


async def _columns(database: Database) -> dict[tuple[str, str], tuple[str, object]]:
    def look(sync: sa.Connection) -> dict[tuple[str, str], tuple[str, object]]:
        found = sa.inspect(sync)
        return {
            (table, column["name"]): ("optional" if column["nullable"] else "required", column["default"])
            for table in found.get_table_names()
            for column in found.get_columns(table)
        }

    async with database.read() as connection:
        return await connection.run_sync(look)
