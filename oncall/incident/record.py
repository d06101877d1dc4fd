"""Who does what in an incident, whom it hurts and how it stands: said by people, pure.

Each change comes with the line it writes into the timeline; what changes nothing writes none.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime

import msgspec
from msgspec.structs import replace

from oncall.errors import Invalid
from oncall.incident.telling import Saying, sentence
from oncall.incident.telling import person as person_named
from oncall.incident.values import Actor, Entry, EntryKind

#: The roles that are offered; others may be named freely.
ROLES = ("commander", "communications", "scribe")
MOST_ROLES = 12
#: Key in a timeline line's data that says which part of the record it is about.
ABOUT = "about"
_ROLE = re.compile(r"[^\W_][\w .&/-]{0,39}")


class Said(msgspec.Struct, frozen=True, kw_only=True):
    """One line that stands until the next: its words, who set it and when. Empty until somebody does."""

    text: str = ""
    by: str = ""
    at: datetime | None = None


class Record(msgspec.Struct, frozen=True, kw_only=True):
    """What people say about an incident beside its timeline. `roles`: role to person's id, in the order given."""

    impact: Said = Said()
    status: Said = Said()
    roles: Mapping[str, str] = {}

    def role_of(self, person: str) -> str:
        """The first role of that person, "" if they have none."""
        return next((role for role, holder in self.roles.items() if holder == person), "")


class Recorded(msgspec.Struct, frozen=True, kw_only=True):
    """What came of saying something: the record after it and the lines for the timeline."""

    record: Record
    entries: tuple[Entry, ...] = ()


def describe(
    record: Record, *, incident: int, impact: str | None, status: str | None, by: Actor, now: datetime
) -> Recorded:
    """Say whom it hurts and how it stands; None leaves a line as it is, "" takes it away."""
    entries = []
    for name, given in (("impact", impact), ("status", status)):
        before: Said = getattr(record, name)
        text = " ".join((given or "").split())
        if given is None or text == before.text:
            continue
        record = replace(record, **{name: Said(text=text, by=by.person, at=now)})
        gone = sentence(person_named(by.person), f" took the {name} line away")
        said = f"{name.capitalize()}: {text}" if text else gone
        entries.append(_line(incident, said, name, by, now))
    return Recorded(record=record, entries=tuple(entries))


def assign(record: Record, *, incident: int, role: str, person: str, by: Actor, now: datetime) -> Recorded:
    """Give somebody a role, or free it with an empty `person`. A role has one holder; a person may have several.

    Raises:
        Invalid: the role has no usable name, or there are too many.
    """
    name = " ".join(role.split()).casefold()
    if _ROLE.fullmatch(name) is None:
        raise Invalid("that is no name of a role", "Up to 40 letters and digits, such as commander.", "$.role")
    holder = record.roles.get(name, "")
    if holder == person:
        return Recorded(record=record)
    roles = {known: who for known, who in record.roles.items() if known != name or person}
    if person:
        roles[name] = person
    if len(roles) > MOST_ROLES:
        raise Invalid(f"an incident has at most {MOST_ROLES} roles", "Free one first.", "$.role")
    after = f" is {name}" if person else f" is no longer {name}"
    over = sentence(", taking over from ", person_named(holder)) if person and holder else ""
    text = sentence(person_named(person or holder), after, over)
    return Recorded(record=replace(record, roles=roles), entries=(_line(incident, text, "role", by, now),))


def _line(incident: int, said: Saying, about: str, by: Actor, now: datetime) -> Entry:
    # A note, not a kind of its own: a node of the release before knows how to show it, too.
    return Entry.saying(said, incident=incident, at=now, kind=EntryKind.NOTE, actor=by, data={ABOUT: about})
