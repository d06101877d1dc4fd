"""Leading a database to the tables this version needs."""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from alembic import command
from oncall.store.database import Database
from oncall.store.schema import metadata

_ROOT = Path(__file__).resolve().parents[2]
#: Any number that no other program sharing the database server's lock space is likely to take: "oncall" in ASCII.
_UPGRADE_LOCK = 0x6F6E63616C6C


def script_location() -> Path:
    """The migrations: inside an installed package, or at the root of a checkout."""
    packaged = Path(__file__).resolve().parents[1] / "migrations"
    return packaged if packaged.is_dir() else _ROOT / "alembic"


def config() -> Config:
    """Alembic's configuration, without a file of its own."""
    made = Config()
    made.set_main_option("script_location", str(script_location()).replace("%", "%%"))
    return made


def head() -> str:
    """The newest revision there is."""
    return ScriptDirectory.from_config(config()).get_current_head() or ""


async def current(database: Database) -> str:
    """The revision the database is at, "" where it is empty."""
    async with database.read() as connection:
        return await connection.run_sync(lambda sync: MigrationContext.configure(sync).get_current_revision()) or ""


async def upgrade(database: Database, revision: str = "head") -> None:
    """Bring the database to a revision; does nothing where it is there already. Safe to run on several nodes at once."""
    async with database.write() as connection:
        await connection.run_sync(_upgrade, revision)


async def differences(database: Database) -> list[object]:
    """How the database's tables differ from the models, as Alembic's operations; empty when they agree."""
    async with database.read() as connection:
        return await connection.run_sync(_differences)


def _upgrade(connection: sa.Connection, revision: str) -> None:
    if connection.dialect.name == "postgresql":
        # Two nodes that start together: the second waits here, then finds nothing to do. There is no table to
        # lock yet, and even "create table if not exists" fails when two do it at once.
        connection.execute(sa.text("select pg_advisory_xact_lock(:key)"), {"key": _UPGRADE_LOCK})
    made = config()
    made.attributes["connection"] = connection
    command.upgrade(made, revision)


def _differences(connection: sa.Connection) -> list[object]:
    context = MigrationContext.configure(connection, opts={"compare_type": True})
    return list(compare_metadata(context, metadata))
