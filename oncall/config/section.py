"""Reading a mapping of a file key by key, so that every fault in it is found in one go, each with its line."""

from __future__ import annotations

import enum
import zoneinfo
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from functools import lru_cache
from typing import Any, NamedTuple, TypeVar

from rapidfuzz import fuzz, process

from oncall.config.words import parse_length
from routing.lined_yaml import LinedDict, LinedList
from routing.problem import Problem, ProblemLevel

E = TypeVar("E", bound=enum.StrEnum)
T = TypeVar("T")
D = TypeVar("D")

#: The keys a mapping may have, each with the sentence that explains it in the reference.
Keys = Mapping[str, str]


class Place(NamedTuple):
    """Where something was written."""

    file: str
    line: int


@dataclass(slots=True)
class Reading:
    """One run over a directory: the problems met so far, and where the things lints speak of were written.

    `places` is keyed by the words that lead to a thing: `("team", "payments", "step", "0")`. `environ` is the
    environment the engine would run in.
    """

    environ: Mapping[str, str] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    places: dict[tuple[str, ...], Place] = field(default_factory=dict)

    def error(self, place: Place, what: str, mend: str) -> None:
        """Note something that refuses the directory."""
        self.problems.append(Problem(file=place.file, line=place.line, what=what, mend=mend))

    def warn(self, place: Place, what: str, mend: str) -> None:
        """Note something that people should see, and that the engine can live with."""
        self.problems.append(
            Problem(file=place.file, line=place.line, what=what, mend=mend, level=ProblemLevel.WARNING)
        )

    def place(self, *words: str) -> Place:
        """Where a thing was written; the nearest outer thing where it has no line of its own."""
        while words:
            if words in self.places:
                return self.places[words]
            words = words[:-1]
        return Place("oncall.yaml", 0)


def suggestion(word: str, known: Collection[str]) -> str:
    """`Did you mean X?`, or what there is to choose from, or nothing where there is nothing."""
    near = process.extractOne(word.lower(), list(known), scorer=fuzz.ratio, processor=str.lower, score_cutoff=60)
    if near:
        return f"Did you mean {near[0]!r}?"
    if not known:
        return "There is none yet"
    shown = sorted(known)[:12]
    return f"Known: {', '.join(shown)}{', …' if len(known) > len(shown) else ''}"


@lru_cache(maxsize=2048)
def known_zone(name: str) -> bool:
    """Whether this is an IANA time zone name."""
    try:
        zoneinfo.ZoneInfo(name)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True


@lru_cache(maxsize=1)
def zone_names() -> frozenset[str]:
    """Every IANA time zone name there is."""
    return frozenset(zoneinfo.available_timezones())


class Section:
    """A mapping of a file and the keys it may have.

    Each reading method gives the default where the key is absent or wrong; what is wrong is noted in `reading`.
    `about` names the thing for people ("team payments").
    """

    def __init__(self, value: LinedDict, keys: Keys, *, about: str, file: str, reading: Reading) -> None:
        self.value = value
        self.keys = keys
        self.about = about
        self.file = file
        self.reading = reading
        for key in value:
            if key not in keys:
                what = f"{about}: there is no key {key!r}"
                reading.error(self.place(key), what, suggestion(key, keys))

    def place(self, key: str | None = None) -> Place:
        """Where the key stands, or the section where it has no such key."""
        return Place(self.file, self.value.lines.get(key, self.value.line) if key else self.value.line)

    def has(self, key: str) -> bool:
        """Whether a value is given."""
        return self._get(key) is not None

    def wrong(self, key: str, what: str, mend: str) -> None:
        """Note that the value of a key cannot be used."""
        self.reading.error(self.place(key), f"{self.about}: {key} {what}", mend)

    def text(self, key: str, default: str = "", *, required: bool = False) -> str:
        """A text; a number or a boolean is refused, since YAML then no longer has what was written."""
        value = self._get(key)
        if value is None:
            if required:
                what = f"{self.about}: {key} is missing"
                self.reading.error(self.place(), what, f"Add {key}: {self.keys[key]}")
            return default
        if isinstance(value, str):
            return value.strip()
        self.wrong(key, f"is {_kind(value)}, not a text", _text_mend(key, value))
        return default

    def variable(self, key: str) -> str | None:
        """The name of an environment variable; one that is not set is worth a warning, since pipelines lack secrets."""
        name = self.text(key) or None
        if name is not None and not self.reading.environ.get(name):
            what = f"{self.about}: {key} names {name}, which is not set"
            self.reading.warn(self.place(key), what, f"Set {name} in the environment of the engine")
        return name

    def flag(self, key: str, *, default: bool = False) -> bool:
        """`true` or `false`."""
        value = self._get(key)
        if value is None or isinstance(value, bool):
            return default if value is None else value
        self.wrong(key, f"is {_kind(value)}", "Write true or false")
        return default

    def number(self, key: str, default: int, *, least: int = 0, most: int = 1000) -> int:
        """A whole number within bounds."""
        value = self._get(key)
        if value is None:
            return default
        if isinstance(value, int) and not isinstance(value, bool) and least <= value <= most:
            return value
        self.wrong(key, f"is {_shown(value)}", f"Write a whole number from {least} to {most}")
        return default

    def length(self, key: str, default: timedelta) -> timedelta:
        """A length of time."""
        return self.parsed(key, parse_length, default)

    def parsed(self, key: str, parse: Callable[[str], T], default: D) -> T | D:
        """A word of a form of its own; `parse` raises ValueError with a sentence that says how to write it."""
        value = self._get(key)
        if value is None:
            return default
        try:
            return parse(value if isinstance(value, str) else str(value))
        except ValueError as error:
            self.wrong(key, f"is {_shown(value)}", sentence(str(error)))
            return default

    def plain(self, key: str) -> str:
        """A scalar as the environment would give it; a mapping or a list is refused."""
        value = self._get(key)
        if isinstance(value, LinedDict | LinedList):
            self.wrong(key, f"is {_kind(value)}", "Write a single value")
            return ""
        return str(value).lower() if isinstance(value, bool) else str(value).strip()

    def zone(self, key: str, default: str) -> str:
        """The name of a time zone."""
        name = self.text(key, default)
        if known_zone(name):
            return name
        near = suggestion(name, zone_names())
        mend = near if near.startswith("Did") else "Write an IANA name such as Europe/Berlin"
        self.wrong(key, f"names no time zone: {name!r}", mend)
        return default

    def choice(self, key: str, kind: type[E], default: E) -> E:
        """One of a few words."""
        word = self.text(key, default.value).lower()
        if word in {member.value for member in kind}:
            return kind(word)
        self.wrong(key, f"is {word!r}", suggestion(word, [member.value for member in kind]))
        return default

    def words(self, key: str) -> tuple[str, ...]:
        """A list of texts; a single text stands for a list of one."""
        value = self._get(key)
        if value is None:
            return ()
        items = value if isinstance(value, LinedList) else [value]
        found = []
        for number, item in enumerate(items):
            if isinstance(item, str) and item.strip():
                found.append(item.strip())
                continue
            place = Place(self.file, value.lines[number]) if isinstance(value, LinedList) else self.place(key)
            what = f"{self.about}: {key} has {_kind(item)} where a text should stand"
            self.reading.error(place, what, _text_mend(key, item))
        return tuple(found)

    def word_places(self, key: str) -> Iterator[tuple[str, Place]]:
        """The texts of a list with their places, without noting faults again."""
        value = self._get(key)
        if isinstance(value, LinedList):
            for item, line in zip(value, value.lines, strict=True):
                if isinstance(item, str):
                    yield item.strip(), Place(self.file, line)
        elif isinstance(value, str):
            yield value.strip(), self.place(key)

    def section(self, key: str, keys: Keys, *, about: str = "") -> Section | None:
        """A mapping inside this one."""
        value = self._get(key)
        if value is None:
            return None
        if isinstance(value, LinedDict):
            value.line = self.place(key).line
            return Section(value, keys, about=about or f"{self.about}: {key}", file=self.file, reading=self.reading)
        self.wrong(key, f"is {_kind(value)}", "Write a mapping: indented lines of `key: value`")
        return None

    def sections(self, key: str, keys: Keys, *, about: str = "") -> list[Section]:
        """A list of mappings; a single mapping stands for a list of one."""
        value = self._get(key)
        if value is None:
            return []
        items: list[Any] = value if isinstance(value, LinedList) else [value]
        found = []
        for number, item in enumerate(items):
            name = f"{about or f'{self.about}: {key}'} {number + 1}"
            if isinstance(item, LinedDict):
                found.append(Section(item, keys, about=name, file=self.file, reading=self.reading))
                continue
            place = Place(self.file, value.lines[number]) if isinstance(value, LinedList) else self.place(key)
            self.reading.error(place, f"{name} is {_kind(item)}", "Write a mapping: `- {key: value}`")
        return found

    def mapping(self, key: str) -> LinedDict:
        """A mapping whose keys are free; empty where there is none."""
        value = self._get(key)
        if isinstance(value, LinedDict):
            return value
        if value is not None:
            self.wrong(key, f"is {_kind(value)}", "Write a mapping: indented lines of `name: value`")
        empty = LinedDict()
        empty.line, empty.lines = self.place(key).line, {}
        return empty

    def free(self, key: str) -> Section:
        """A mapping whose keys are free, as a section that knows them all."""
        value = self.mapping(key)
        keys = dict.fromkeys(value, "")
        return Section(value, keys, about=f"{self.about}: {key}", file=self.file, reading=self.reading)

    def _get(self, key: str) -> Any:
        if key not in self.keys:
            raise KeyError(key)  # a key that is read but not declared would be missing from the reference
        return self.value.get(key)


def _kind(value: object) -> str:
    if value is None:
        return "empty"
    if isinstance(value, LinedDict):
        return "a mapping"
    if isinstance(value, LinedList):
        return "a list"
    return _shown(value)


def _shown(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return repr(value) if isinstance(value, str | int | float) else _kind(value)


def _text_mend(key: str, value: object) -> str:
    if isinstance(value, bool | int | float):
        return f'Put it in quotes, so that YAML keeps it as written: {key}: "…"'
    return "Write a text"


def sentence(text: str) -> str:
    """The text with a capital first letter."""
    return text[:1].upper() + text[1:]
