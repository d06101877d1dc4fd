"""Reading a source file by file, following the files that name other files."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import Protocol

from routing.catalog.assembly import SourceContent, assemble
from routing.catalog.reading import Location, Reader, Reading
from routing.problem import Problem, ProblemLevel

#: More files than this one source does not have; it is a loop that makes new names.
MOST_FILES = 100_000


class Files(Protocol):
    """Where a source's files come from: a directory, checkouts, what was fetched."""

    def read(self, name: str) -> str:
        """The text of a file. Raises OSError or ValueError with a sentence that says why not."""
        ...

    def named(self, target: str, by: str) -> tuple[str, ...]:
        """The files that a target (relative path, wildcards, address) written in file `by` means.

        Raises OSError or ValueError with a sentence where it leads nowhere, or out of the source.
        """
        ...


def gather(source: str, reader: Reader, start: Iterable[str], files: Files) -> SourceContent:
    """Everything a source says, from the files it starts with. Each file is read once, so that loops end."""
    waiting = sorted(set(start))
    seen = set(waiting)
    readings: list[Reading] = []
    while waiting:
        name = waiting.pop()
        reading = _read(name, source, reader, files)
        readings.append(reading)
        for location in reading.locations:
            found, problems = _followed(location, files)
            readings.append(Reading(problems=problems))
            fresh = [other for other in found if other not in seen]
            if len(seen) + len(fresh) > MOST_FILES:
                readings.append(Reading(problems=(_problem(location, f"leads to more than {MOST_FILES} files"),)))
                continue
            seen.update(fresh)
            waiting += fresh
    return assemble(source, readings)


def _read(name: str, source: str, reader: Reader, files: Files) -> Reading:
    try:
        text = files.read(name)
    except (OSError, ValueError) as error:
        what = f"the file cannot be read: {_sentence(error)}"
        return Reading(problems=(Problem(file=name, what=what, mend="Mend the path or its permissions"),))
    return _reading(reader, text, name, source)


@lru_cache(maxsize=100_000)
def _reading(reader: Reader, text: str, name: str, source: str) -> Reading:
    """Remembered, so that a reload reads again only the files that changed."""
    return reader.read(text, name, source)


def _followed(location: Location, files: Files) -> tuple[tuple[str, ...], tuple[Problem, ...]]:
    try:
        return files.named(location.target, location.origin.file), ()
    except (OSError, ValueError) as error:
        return (), (_problem(location, _sentence(error)),)


def _problem(location: Location, why: str) -> Problem:
    return Problem(
        file=location.origin.file,
        line=location.origin.line,
        what=f"the target {location.target!r} cannot be followed: {why}",
        mend="Mend the path, or take the line out",
        level=ProblemLevel.WARNING,
    )


def _sentence(error: Exception) -> str:
    return (error.strerror if isinstance(error, OSError) else "") or str(error) or type(error).__name__
