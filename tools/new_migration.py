"""Write the migration that leads the newest one to the tables in `oncall/store/schema/`.

    python tools/new_migration.py "incident: remember who was told"
    python tools/new_migration.py --first

The first form adds a migration. `--first` writes the first migration anew, which is right only while no release
has carried one. Read the result: Alembic sees added and removed things, never renamed ones.
"""

from __future__ import annotations

import argparse
import asyncio
import re
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from alembic.autogenerate import produce_migrations, render_python_code
from alembic.autogenerate.api import AutogenContext
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from oncall.store import migrating, migrations
from oncall.store.database import Database
from oncall.store.schema import metadata
from oncall.store.types import Id, Instant, Json

_FIRST = "0001"


def main() -> int:
    """Write one migration; 1 when the tables and the migrations agree already."""
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("message", nargs="?", help='what changes, "area: what"')
    arguments.add_argument("--first", action="store_true", help="write the first migration anew (before a release)")
    given = arguments.parse_args()
    if given.first == bool(given.message):
        arguments.error("give either a message or --first")
    if given.first:
        for old in (migrations.script_location() / "versions").glob("*.py"):
            old.unlink()
    script = ScriptDirectory.from_config(migrating.config(migrations.script_location()))
    body = asyncio.run(_missing())
    if body == "pass":
        print("nothing to do: the migrations lead to these tables already")
        return 1
    number = _FIRST if given.first else f"{int(script.get_current_head() or 0) + 1:04d}"
    message = "first tables" if given.first else given.message
    name = re.sub(r"[^a-z0-9]+", "_", message.lower()).strip("_")
    imports = "from oncall.store.types import " + ", ".join(w for w in _OWN if re.search(rf"\b{w}\b", body))
    made = script.generate_revision(
        number, message, head="head", upgrades=body, imports=imports if imports.endswith(_OWN) else ""
    )
    assert made is not None
    path = Path(made.path).rename(Path(made.path).with_name(f"{number}_{name}.py"))
    ruff = Path(sys.executable).with_name("ruff")
    for tidy in (["check", "--quiet", "--fix"], ["format", "--quiet"]):
        subprocess.run([ruff, *tidy, path], check=True)  # noqa: S603 - our own tool on our own file
    print(path)
    return 0


_OWN = ("Id", "Instant", "Json")


async def _missing() -> str:
    """What must be done to a database at the newest migration, as Python."""
    with tempfile.TemporaryDirectory() as folder:
        database = Database(f"sqlite+aiosqlite:///{folder}/empty.db")
        try:
            if migrations.head():
                await migrations.upgrade(database)
            async with database.read() as connection:
                return await connection.run_sync(_render)
        finally:
            await database.close()


def _render(connection: sa.Connection) -> str:
    context = MigrationContext.configure(connection, opts={"compare_type": True})
    operations = produce_migrations(context, metadata).upgrade_ops
    assert operations is not None
    body = render_python_code(operations, render_as_batch=True, render_item=_own_type, migration_context=context)
    return "\n".join(line for line in body.splitlines() if not line.strip().startswith("# ###")).strip()


def _own_type(kind: str, item: Any, _context: AutogenContext) -> str | bool:
    """Column types of ours by their own names; everything else as Alembic writes it."""
    if kind != "type":
        return False
    if item is Id or item is Json:
        return "Id" if item is Id else "Json"
    return "Instant()" if isinstance(item, Instant) else False


if __name__ == "__main__":
    sys.exit(main())
