"""A group of commands that are imported when they are used, so that reading a file does not load a web server."""

from __future__ import annotations

import gc
import sys
from collections.abc import Sequence
from importlib import import_module
from types import ModuleType
from typing import Any

import click


class Commands(click.Group):
    """`lazy`: the name on the command line and module:attribute of each click command."""

    def __init__(self, *args: Any, lazy: Sequence[tuple[str, str]], **options: Any) -> None:
        """What is not named here goes to click."""
        super().__init__(*args, **options)
        self._lazy = dict(lazy)

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The names, sorted."""
        return sorted({*self._lazy, *super().list_commands(ctx)})

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of that name, or None."""
        where = self._lazy.get(cmd_name)
        if where is None:
            return super().get_command(ctx, cmd_name)
        module, _, attribute = where.partition(":")
        command: click.Command = getattr(_imported(module), attribute)
        return command


def _imported(module: str) -> ModuleType:
    """The module, without collecting garbage meanwhile, and never looked at by the collector afterwards.

    Of what an import makes nearly all stays: looking costs a tenth of the time, and each full look while the
    configuration is read another tenth of a second.
    """
    if module in sys.modules:
        return sys.modules[module]
    gc.disable()
    try:
        return import_module(module)
    finally:
        gc.freeze()
        gc.enable()
