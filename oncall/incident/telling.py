"""What a line of the timeline says, and which stretches of it mean a person, a team or an instant.

The text is what is kept: with ids and UTC, as it was written, and nothing rewrites it. The marks beside it let whoever
shows the line put people's and teams' names and the reader's own time where they stand.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from enum import StrEnum

import msgspec
from msgspec.structs import replace


class MarkKind(StrEnum):
    """What a marked stretch of a text means."""

    PERSON = "person"
    TEAM = "team"
    INSTANT = "instant"


class Mark(msgspec.Struct, frozen=True, kw_only=True):
    """One stretch of a text, from the character `start` up to `end` (counted from 0, as Unicode code points).

    `value` is a person's or a team's id, or an instant as RFC 3339 has it, in UTC and to the second.
    """

    kind: MarkKind
    start: int
    end: int
    value: str

    @property
    def instant(self) -> datetime:
        """The instant it means, where it means one."""
        return datetime.fromisoformat(self.value)


class Sentence(msgspec.Struct, frozen=True):
    """A text with its marks, in order."""

    text: str
    marks: tuple[Mark, ...] = ()


#: What has no marks is a plain text.
Saying = str | Sentence


def person(known: str, written: str = "") -> Sentence:
    """A person by id; `written` is what the text calls them, where that is not the id."""
    return _marked(MarkKind.PERSON, written or known, known)


def team(known: str) -> Sentence:
    """A team by id."""
    return _marked(MarkKind.TEAM, known, known)


def channel(name: str) -> str:
    """A channel by the words people know it by: "phone call"."""
    return name.replace("_", " ")


def instant(at: datetime) -> Sentence:
    """An instant; the text has the time of day in UTC."""
    utc = at.astimezone(UTC)
    return _marked(MarkKind.INSTANT, f"{utc:%H:%M} UTC", f"{utc:%Y-%m-%dT%H:%M:%SZ}")


def sentence(*parts: Saying) -> Sentence:
    """The parts one behind the other."""
    texts: list[str] = []
    marks: list[Mark] = []
    length = 0
    for part in parts:
        said = part if isinstance(part, str) else part.text
        if not isinstance(part, str):
            marks += [replace(mark, start=mark.start + length, end=mark.end + length) for mark in part.marks]
        texts.append(said)
        length += len(said)
    return Sentence("".join(texts), tuple(marks))


def pieces(text: str, marks: Sequence[Mark]) -> Iterator[tuple[str, Mark | None]]:
    """The text in stretches, each with its mark if it has one; together they are the whole text.

    A mark that does not lie within the text, or overlaps the one before it, is passed over.
    """
    place = 0
    for mark in sorted(marks, key=lambda mark: mark.start):
        if not place <= mark.start < mark.end <= len(text):
            continue
        if mark.start > place:
            yield text[place : mark.start], None
        yield text[mark.start : mark.end], mark
        place = mark.end
    if place < len(text):
        yield text[place:], None


def _marked(kind: MarkKind, text: str, value: str) -> Sentence:
    return Sentence(text, (Mark(kind=kind, start=0, end=len(text), value=value),) if text and value else ())
