"""What every kind of calendar source answers, and how it fails."""

from __future__ import annotations

from typing import Protocol

import msgspec

#: No calendar people edit is larger; what is, is refused unread.
LARGEST = 10_000_000


class Ask(msgspec.Struct, frozen=True, kw_only=True):
    """Where a calendar is, and what was answered last time."""

    location: str
    etag: str = ""
    last_modified: str = ""
    #: User name and password.
    credentials: tuple[str, str] | None = None


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """A calendar's bytes, or None where nothing changed since the last answer."""

    body: bytes | None
    etag: str = ""
    last_modified: str = ""


class FetchFailed(Exception):
    """The calendar could not be had; the message says why and holds no secret part of an address."""


class CalendarSource(Protocol):
    """One way to a calendar. An implementation is one file and one line in `schedules.sources.SOURCES`."""

    @property
    def name(self) -> str:
        """What it is called in documentation and logs."""
        ...

    @property
    def example(self) -> str:
        """A location it understands."""
        ...

    def understands(self, location: str) -> bool:
        """Whether the location is of this kind."""
        ...

    async def fetch(self, ask: Ask) -> Answer:
        """The calendar as it is now.

        Raises:
            FetchFailed: it cannot be had.
        """
        ...


def same_or(ask: Ask, body: bytes, etag: str, last_modified: str = "") -> Answer:
    """The body, or None where the tag says that it is what was answered last time."""
    unchanged = bool(etag) and etag == ask.etag
    return Answer(body=None if unchanged else body, etag=etag, last_modified=last_modified)
