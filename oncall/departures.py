"""What goes out goes first: the paperwork of messages that were sent waits until those beside them have set out."""

from __future__ import annotations

import asyncio
import contextlib


class Departures:
    """Who was claimed and has not set out yet.

    One event loop sends and records. Were each answer recorded when it comes, the last of many messages that are due
    at once would wait for the records of all before it.

    Args:
        longest: Seconds the paperwork waits at most, however many still stand.
    """

    def __init__(self, longest: float) -> None:
        self._longest = longest
        self._standing: set[str] = set()
        self._clear = asyncio.Event()
        self._clear.set()

    def claimed(self, name: str) -> None:
        """This one is to go out."""
        self._standing.add(name)
        self._clear.clear()

    def gone(self, name: str) -> None:
        """It has set out, or will not; said twice is said once."""
        self._standing.discard(name)
        if not self._standing:
            self._clear.set()

    @property
    def standing(self) -> bool:
        """Whether anybody was claimed and has not set out."""
        return bool(self._standing)

    async def all_gone(self) -> None:
        """Return when nobody stands any more, or it has lasted too long."""
        if self._standing:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self._longest):
                    await self._clear.wait()
