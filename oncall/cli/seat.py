"""Who ran on this machine before, and surely does no more: what it held can be taken back without waiting."""

from __future__ import annotations

import os
import sys
from pathlib import Path

if sys.platform != "win32":  # where leases are waited for
    import fcntl


class Seat:
    """A file in the data directory that one process holds for as long as it lives, and in which its node's name stands.

    The lock ends with the process, however it ends, so whoever gets it knows that the one named there is dead.
    """

    def __init__(self, data_dir: Path) -> None:
        self._path = data_dir / "node"
        self._file: int | None = None

    def take(self, node: str) -> str:
        """Sit down as this node; the name of the one before, "" where there was none or it may still live.

        A second process on the same data directory gets no seat and works without. A name of another host came with a
        copy of the directory, and says nothing.

        Raises:
            OSError: the file cannot be written.
        """
        if sys.platform == "win32":
            return ""
        file = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(file)
            return ""
        self._file = file
        before = os.pread(file, 300, 0).decode("utf-8", "replace").strip()
        os.ftruncate(file, 0)
        os.pwrite(file, node.encode(), 0)
        return before if _host(before) == _host(node) else ""

    def leave(self) -> None:
        """Let the next one sit down."""
        if self._file is not None:
            os.close(self._file)
            self._file = None


def _host(node: str) -> str:
    return node.rpartition("-")[0]
