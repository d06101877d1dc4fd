"""What each test would otherwise compile anew, for its own database and its own application: statements and templates.

A process of the engine compiles each once. So does a process of the suite, which makes thousands of engines.
"""

from __future__ import annotations

from typing import Any

import aiohttp_jinja2
import jinja2
import sqlalchemy as sa
from aiohttp import web

from oncall.web import app as application
from oncall.web import rendering


class Statements(dict[Any, Any]):
    """SQLAlchemy's compiled statements, by the kind of database instead of by the one database."""

    def get(self, key: Any, default: Any = None) -> Any:
        return super().get((key[0].name, *key[1:]), default)

    def __setitem__(self, key: Any, value: Any) -> None:
        super().__setitem__((key[0].name, *key[1:]), value)


class Templates(jinja2.BytecodeCache):
    """Jinja's compiled templates."""

    def __init__(self) -> None:
        self._known: dict[str, bytes] = {}

    def load_bytecode(self, bucket: jinja2.bccache.Bucket) -> None:
        if bucket.key in self._known:
            bucket.bytecode_from_string(self._known[bucket.key])

    def dump_bytecode(self, bucket: jinja2.bccache.Bucket) -> None:
        self._known[bucket.key] = bucket.bytecode_to_string()


STATEMENTS, TEMPLATES = Statements(), Templates()


def _set_up(app: web.Application) -> None:
    rendering.set_up(app)
    aiohttp_jinja2.get_env(app).bytecode_cache = TEMPLATES


def share() -> None:
    """From now on all engines and applications of this process share what is compiled."""

    @sa.event.listens_for(sa.Engine, "engine_connect")
    def use(connection: sa.Connection) -> None:
        connection.execution_options(compiled_cache=STATEMENTS)

    application.set_up = _set_up
