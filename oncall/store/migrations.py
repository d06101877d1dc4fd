"""Leading a database to the tables this version needs.

Where a database stands is told here, from its row and the names of the files; what has to be done is done by Alembic
(`store.migrating`), which a node that finds its database in order does not load.
"""

from __future__ import annotations

import asyncio
from pathlib import Path

import sqlalchemy as sa
import structlog
from sqlalchemy.exc import DBAPIError

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


def revisions() -> tuple[str, ...]:
    """Every revision this version knows, oldest first: the number each file's name begins with."""
    return tuple(sorted(file.name.partition("_")[0] for file in (script_location() / "versions").glob("[0-9]*_*.py")))


def head() -> str:
    """The newest revision there is."""
    return (revisions() or ("",))[-1]


async def current(database: Database) -> str:
    """The revision the database is at, "" where it is empty."""
    async with database.read() as connection:
        return await connection.run_sync(_revision)


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


def is_newer(revision: str) -> bool:
    """Whether a database at this revision was upgraded by a version that came after this one."""
    return bool(revision) and revision not in revisions()


def _upgrade(connection: sa.Connection, revision: str) -> None:
    before = _revision(connection, lock=True)
    if is_newer(before):
        _require_what_is_needed(connection, before)
        log.warning(
            "the database was upgraded by a newer version; this one works on, since what it needs is there",
            database=before,
            this=head(),
        )
        return
    if before == (head() if revision == "head" else revision):
        return
    from oncall.store import migrating  # noqa: PLC0415 - megabytes that only a database with something to do needs

    migrating.upgrade(connection, script_location(), revision)


def _revision(connection: sa.Connection, *, lock: bool = False) -> str:
    """The revision, if so asked kept from other nodes until the transaction ends; "" where the database is empty."""
    if not sa.inspect(connection).has_table("alembic_version"):
        return ""
    version = sa.table("alembic_version", sa.column("version_num", sa.Text()))
    asked = sa.select(version.c.version_num)
    return connection.execute(asked.with_for_update() if lock else asked).scalar() or ""


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
