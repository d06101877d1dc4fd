"""Catalog readers: one file per format. To add one, write a file with a `READER` and name it below."""

from __future__ import annotations

from routing.catalog.readers import backstage, codeowners, cortex, opslevel, own
from routing.catalog.reading import Reader

__all__ = ["READERS", "reader"]

READERS: tuple[Reader, ...] = (own.READER, backstage.READER, opslevel.READER, cortex.READER, codeowners.READER)


def reader(name: str) -> Reader | None:
    """The reader of that name, or None."""
    return next((member for member in READERS if member.name == name), None)
