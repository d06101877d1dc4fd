"""Where calendars come from. A new kind is one file here and one line in `SOURCES`."""

from __future__ import annotations

from collections.abc import Callable

from schedules.sources.base import CalendarSource, FetchFailed
from schedules.sources.caldav import CalDavSource
from schedules.sources.file import FileSource
from schedules.sources.url import UrlSource
from schedules.sources.web import Web, shown

__all__ = ["SOURCES", "CalendarSource", "FetchFailed", "source_of"]


def _file(_web: Web) -> CalendarSource:
    return FileSource()


#: Each builds its source on the shared connection pool; the first that understands a location reads it.
SOURCES: tuple[Callable[[Web], CalendarSource], ...] = (_file, UrlSource, CalDavSource)


def source_of(location: str, web: Web) -> CalendarSource:
    """The source that reads this location.

    Raises:
        FetchFailed: none does.
    """
    for build in SOURCES:
        source = build(web)
        if source.understands(location):
            return source
    raise FetchFailed(f"{shown(location)} is neither a file nor an address a calendar can be read from")
