"""Alert sources: who posts alerts here. To add one, write a file with a `SOURCE` and name it below."""

from __future__ import annotations

from routing.sources import alertmanager
from routing.sources.base import BodyError, Decoded, Glance, Rejected, Source

__all__ = ["SOURCES", "BodyError", "Decoded", "Glance", "Rejected", "Source", "source"]

SOURCES: tuple[Source, ...] = (alertmanager.SOURCE,)


def source(name: str) -> Source | None:
    """The source of that name, or None."""
    return next((member for member in SOURCES if member.name == name), None)
