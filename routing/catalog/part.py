"""Taking values out of other people's YAML: lenient in what is read, exact about where it stood."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from routing.catalog.entry import Origin
from routing.lined_yaml import LinedDict, LinedList, YamlError, load_documents
from routing.problem import Problem, ProblemLevel

#: Nodes that aliases may add to one document: enough for honest files.
ALIASED = 10_000


@dataclass(slots=True)
class Notes:
    """The problems met while reading one file."""

    file: str
    source: str
    problems: list[Problem] = field(default_factory=list)

    def error(self, line: int, what: str, mend: str) -> None:
        """Note something that costs an entry or the file."""
        self.problems.append(Problem(file=self.file, line=line, what=what, mend=mend))

    def warn(self, line: int, what: str, mend: str) -> None:
        """Note something that can be lived with."""
        self.problems.append(Problem(file=self.file, line=line, what=what, mend=mend, level=ProblemLevel.WARNING))

    def documents(self, text: str) -> Iterator[Part]:
        """The mappings among the documents of a YAML text; anything else is noted."""
        try:
            documents = load_documents(text.removeprefix("\ufeff"), aliased=ALIASED)
        except YamlError as error:
            self.error(error.line, f"the file is not YAML: {error.what}", "Mend the line")
            return
        except RecursionError:
            self.error(0, "the file is nested too deeply", "Write it flatter")
            return
        for document in documents:
            if isinstance(document, LinedDict):
                yield Part(document, self)
            else:
                line = document.line if isinstance(document, LinedList) else 1
                self.error(line, "a document is no mapping", "Write lines of `key: value`")


class Part:
    """One mapping of a file."""

    def __init__(self, value: LinedDict, notes: Notes) -> None:
        self.value = value
        self.notes = notes

    def line(self, key: str = "") -> int:
        """The line of a key, or of the mapping where it lacks the key."""
        return self.value.lines.get(key, self.value.line)

    def origin(self, key: str = "") -> Origin:
        """Where a key was written."""
        return Origin(source=self.notes.source, file=self.notes.file, line=self.line(key))

    def text(self, key: str) -> str:
        """A text on one line; numbers read as written, "" where there is none. Booleans, lists and mappings are noted."""
        value = self.value.get(key)
        if value is None:
            return ""
        if isinstance(value, str | int | float) and not isinstance(value, bool):
            return " ".join(str(value).split())
        self._wrong(key, value, "a text")
        return ""

    def part(self, key: str) -> Part | None:
        """A mapping inside this one."""
        value = self.value.get(key)
        if isinstance(value, LinedDict):
            return Part(value, self.notes)
        if value is not None:
            self._wrong(key, value, "a mapping")
        return None

    def items(self, key: str) -> list[tuple[Any, int]]:
        """The members of a list with their lines, empty ones left out; a single value stands for a list of one."""
        value = self.value.get(key)
        if value is None:
            return []
        if isinstance(value, LinedList):
            return [pair for pair in zip(value, value.lines, strict=True) if pair[0] is not None]
        return [(value, self.line(key))]

    def texts(self, key: str) -> tuple[str, ...]:
        """The texts of a list; other members are noted."""
        found = []
        for value, line in self.items(key):
            if isinstance(value, str | int | float) and not isinstance(value, bool):
                found.append(" ".join(str(value).split()))
            else:
                self.notes.warn(line, f"{key} has {_kind(value)} where a text should stand", "Write a text in quotes")
        return tuple(text for text in found if text)

    def parts(self, key: str) -> tuple[Part, ...]:
        """The mappings of a list; other members are noted."""
        found = []
        for value, line in self.items(key):
            if isinstance(value, LinedDict):
                found.append(Part(value, self.notes))
            else:
                self.notes.warn(line, f"{key} has {_kind(value)} where a mapping should stand", "Write `key: value`")
        return tuple(found)

    def _wrong(self, key: str, value: object, wanted: str) -> None:
        mend = f'Put it in quotes: {key}: "…"' if isinstance(value, bool) else f"Write {wanted}"
        self.notes.warn(self.line(key), f"{key} is {_kind(value)}, not {wanted}", mend)


def _kind(value: object) -> str:
    if isinstance(value, LinedDict):
        return "a mapping"
    if isinstance(value, LinedList):
        return "a list"
    return str(value).lower() if isinstance(value, bool) else repr(value)
