"""A calendar file on this machine, and watching for its changes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Collection
from pathlib import Path

from watchfiles import awatch

from schedules.sources.base import LARGEST, Answer, Ask, FetchFailed, same_or


class FileSource:
    """Reads a path; a file that was not written since is not read again."""

    name = "file"
    example = "calendars/primary.ics"

    def understands(self, location: str) -> bool:
        """Whatever is no address."""
        return "://" not in location

    async def fetch(self, ask: Ask) -> Answer:
        """The file's bytes.

        Raises:
            FetchFailed: it is missing, unreadable or too large.
        """
        return await asyncio.to_thread(_read, ask)


def _read(ask: Ask) -> Answer:
    path = Path(ask.location)
    try:
        with path.open("rb") as file:
            body = file.read(LARGEST + 1)
        written = path.stat()
    except OSError as error:
        raise FetchFailed(f"{path} cannot be read: {error.strerror or type(error).__name__}") from None
    if len(body) > LARGEST:
        raise FetchFailed(f"{path} is larger than {LARGEST // 1_000_000} MB")
    return same_or(ask, body, f"{written.st_mtime_ns}-{written.st_size}-{written.st_ino}")


async def written(paths: Collection[Path], stop: asyncio.Event) -> AsyncIterator[frozenset[Path]]:
    """Those of the paths that were just written, created or removed, until `stop` is set.

    Their folders are watched, since editors and synchronisation put a new file in the place of the old one.
    """
    wanted = {path.resolve() for path in paths}
    folders = {path.parent for path in wanted if path.parent.is_dir()}
    if not folders:
        await stop.wait()
        return
    async for found in awatch(*folders, stop_event=stop, recursive=False):
        if touched := frozenset(Path(name) for _, name in found) & wanted:
            yield touched
