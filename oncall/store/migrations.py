"""Leading a database to the tables this version needs."""

from __future__ import annotations

import asyncio
from pathlib import Path

import sqlalchemy as sa
import structlog
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy.exc import DBAPIError

from alembic import command
from oncall.errors import OncallError
from oncall.store.database import Database
from oncall.store.schema import metadata

log = structlog.get_logger(__name__)

_ROOT = Path(__file__).resolve().parents[2]
#: How often an upgrade is begun again that another node got in the way of, and the wait before, in seconds.
_TRIES, _AGAIN = 5, 0.5


class TooOld(OncallError):
    """A newer version has led the database to tables that this one cannot work on."""


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
    return _scripts().get_current_head() or ""


async def current(database: Database) -> str:
    """The revision the database is at, "" where it is empty."""
    async with database.read() as connection:
        return await connection.run_sync(lambda sync: MigrationContext.configure(sync).get_current_revision()) or ""


async def upgrade(database: Database, revision: str = "head") -> None:
    """Bring the database to a revision; does nothing where it is there already, or beyond.

    Safe on several nodes at once: where there is a revision its row is locked, and on a database that is still empty
    the nodes that come second fail at the first table, begin again and find nothing to do.

    Raises:
        TooOld: a newer version was here, and not all that this one needs is left.
    """
    for tries_left in reversed(range(_TRIES)):
        try:
            async with database.write() as connection:
                await connection.run_sync(_upgrade, revision)
        except DBAPIError:
            if database.sqlite or not tries_left:
                raise
            await asyncio.sleep(_AGAIN)
        else:
            return


async def differences(database: Database) -> list[object]:
    """How the database's tables differ from the models, as Alembic's operations; empty when they agree."""
    async with database.read() as connection:
        return await connection.run_sync(_differences)


def is_newer(revision: str) -> bool:
    """Whether a database at this revision was upgraded by a version that came after this one."""
    return bool(revision) and revision not in {known.revision for known in _scripts().walk_revisions()}


def _scripts() -> ScriptDirectory:
    return ScriptDirectory.from_config(config())


def _upgrade(connection: sa.Connection, revision: str) -> None:
    before = _locked_revision(connection)
    if is_newer(before):
        _require_what_is_needed(connection, before)
        log.warning(
            "the database was upgraded by a newer version; this one works on, since what it needs is there",
            database=before,
            this=head(),
        )
        return
    made = config()
    made.attributes["connection"] = connection
    command.upgrade(made, revision)


def _locked_revision(connection: sa.Connection) -> str:
    """The revision, kept from other nodes until the transaction ends; "" where the database is empty."""
    if not sa.inspect(connection).has_table("alembic_version"):
        return ""
    version = sa.table("alembic_version", sa.column("version_num", sa.Text()))
    return connection.execute(sa.select(version.c.version_num).with_for_update()).scalar() or ""


def _require_what_is_needed(connection: sa.Connection, revision: str) -> None:
    found = sa.inspect(connection)
    there = {table: {c["name"]: c for c in found.get_columns(table)} for table in found.get_table_names()}
    lost, unfilled = [], []
    for table in metadata.sorted_tables:
        columns = there.get(table.name, {})
        lost += [f"{table.name}.{column.name}" for column in table.columns if column.name not in columns]
        unfilled += [
            f"{table.name}.{name}"
            for name, column in columns.items()
            if name not in table.columns and not column["nullable"] and column["default"] is None
        ]
    if lost or unfilled:
        what = f"has no {', '.join(lost)}" if lost else f"wants {', '.join(unfilled)} filled"
        raise TooOld(
            f"The database was upgraded to {revision} by a newer version, and this one cannot work on it: it {what}. "
            "Install the newer version."
        )


def _differences(connection: sa.Connection) -> list[object]:
    context = MigrationContext.configure(connection, opts={"compare_type": True})
    return list(compare_metadata(context, metadata))
