"""What a reload changed, for the log and for the people who wonder since when."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from enum import StrEnum
from typing import Any

import msgspec

from oncall.directory import Directory


class ChangeKind(StrEnum):
    """What happened to a thing."""

    ADDED = "added"
    CHANGED = "changed"
    REMOVED = "removed"


class Change(msgspec.Struct, frozen=True, kw_only=True, order=True):
    """One difference between two directories.

    Attributes:
        what: "person", "team", "service", "integration", "feed" or "defaults".
        id: Which one; "" for defaults and ownership, of which there is one.
        fields: Names of the fields that differ, where it changed. Values are left out: they may be private.
    """

    what: str
    id: str
    kind: ChangeKind
    fields: tuple[str, ...] = ()

    def __str__(self) -> str:
        """As a log line has it: "team payments changed (members, policy)"."""
        name = f"{self.what} {self.id}" if self.id else self.what
        return f"{name} {self.kind}" + (f" ({', '.join(self.fields)})" if self.fields else "")


#: Fields that only say where something was written: moving a line is no change.
_PLACES = frozenset({"origins", "origin"})


def compare(old: Directory, new: Directory) -> tuple[Change, ...]:
    """Every difference between two directories, sorted; empty where they say the same."""
    found = [
        *_differences("person", old.people, new.people),
        *_differences("team", old.teams, new.teams),
        *_differences("service", old.catalog.by_name, new.catalog.by_name),
        *_differences("integration", {i.name: i for i in old.integrations}, {i.name: i for i in new.integrations}),
        *_differences("feed", {f.name: f for f in old.feeds}, {f.name: f for f in new.feeds}),
        *_differences("defaults", {"": old.defaults}, {"": new.defaults}),
        *_differences("grouping", {"": old.grouping}, {"": new.grouping}),
        *_differences(
            "ownership", {"": _Rules(rules=_plain(old.ownership))}, {"": _Rules(rules=_plain(new.ownership))}
        ),
    ]
    return tuple(sorted(found))


class _Rules(msgspec.Struct, frozen=True):
    rules: tuple[object, ...]


def _plain(rules: tuple[msgspec.Struct, ...]) -> tuple[object, ...]:
    return tuple(msgspec.structs.replace(rule, origin="") for rule in rules)


def _differences(what: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[Change]:
    for id_ in old.keys() | new.keys():
        if id_ not in new:
            yield Change(what=what, id=id_, kind=ChangeKind.REMOVED)
        elif id_ not in old:
            yield Change(what=what, id=id_, kind=ChangeKind.ADDED)
        elif old[id_] is not new[id_]:
            fields = tuple(
                name
                for name in type(new[id_]).__struct_fields__
                if name not in _PLACES and getattr(old[id_], name) != getattr(new[id_], name)
            )
            if fields:
                yield Change(what=what, id=id_, kind=ChangeKind.CHANGED, fields=fields)
