"""Alembic at work; see `store.migrations`, which knows when there is something to do."""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa
from alembic.config import Config

from alembic import command


def config(scripts: Path) -> Config:
    """Alembic's configuration for the migrations in this folder, without a file of its own."""
    made = Config()
    made.set_main_option("script_location", str(scripts).replace("%", "%%"))
    return made


def upgrade(connection: sa.Connection, scripts: Path, revision: str) -> None:
    """Run what leads from where the database stands to a revision, inside the connection's transaction."""
    made = config(scripts)
    made.attributes["connection"] = connection
    command.upgrade(made, revision)
