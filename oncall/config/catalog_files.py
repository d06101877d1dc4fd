"""The files of a catalog source that lies in directories or checkouts."""

from __future__ import annotations

import glob
import os
from collections.abc import Sequence
from pathlib import Path

#: Descriptors are small; a larger file is something else.
MOST_BYTES = 20_000_000


class DirectoryFiles:
    """Files by their name relative to the configuration directory, or in full where they lie outside of it.

    What a file refers to must lie below one of `roots`, so that no descriptor leads the engine to other files.
    """

    def __init__(self, directory: Path, roots: Sequence[Path]) -> None:
        self._directory = directory
        self._roots = [root.resolve() for root in roots]

    def matching(self, pattern: str) -> tuple[str, ...]:
        """The files that a pattern relative to the configuration directory means, by name."""
        return tuple(dict.fromkeys(self._name(self._directory / one) for one in _matching(self._directory, pattern)))

    def read(self, name: str) -> str:
        """The text of a file."""
        path = self._directory / name
        if path.stat().st_size > MOST_BYTES:
            raise ValueError(f"it is larger than {MOST_BYTES // 1_000_000} MB")
        try:
            return path.read_text("utf-8")
        except UnicodeDecodeError as error:
            raise ValueError(f"it is not UTF-8 ({error.reason})") from error

    def named(self, target: str, by: str) -> tuple[str, ...]:
        """The files that a target written in file `by` means; wildcards are understood."""
        if "://" in target:
            raise ValueError("addresses are not followed from files; name it as a source of its own")
        folder = (self._directory / by).parent
        paths = [folder / name for name in _matching(folder, target)]
        if not paths:
            raise ValueError("there is no such file")
        if not all(any(path.resolve().is_relative_to(root) for root in self._roots) for path in paths):
            raise ValueError("it leads out of the source's folder")
        return tuple(self._name(path) for path in paths)

    def _name(self, path: Path) -> str:
        # Without resolving links: a mounted ConfigMap is made of them, and people know the names before them.
        home, full = (Path(os.path.abspath(one)) for one in (self._directory, path))  # noqa: PTH100 - see above
        return str(full.relative_to(home)) if full.is_relative_to(home) else str(full)


def fixed_folder(directory: Path, pattern: str) -> Path:
    """The folder of a pattern that holds everything it can mean: what comes before the first wildcard."""
    path = directory / pattern
    while path != path.parent and (glob.has_magic(str(path)) or not path.is_dir()):
        path = path.parent
    return path


def _matching(folder: Path, pattern: str) -> list[str]:
    """Files by name relative to the folder; `**` goes down any number of folders."""
    found = sorted(glob.glob(pattern, root_dir=folder, recursive=True))  # noqa: PTH207 - a pattern may be absolute
    return [name for name in found if (folder / name).is_file()]
