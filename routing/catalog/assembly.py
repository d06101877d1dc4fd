"""Putting the files of one source together: owners inherited from what lies above, interfaces led to who offers them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import msgspec

from routing.catalog.entry import Entry, Origin
from routing.catalog.fields import unique
from routing.catalog.reading import CodeOwner, Draft, Group, Holder, Reading
from routing.problem import Problem, ProblemLevel


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceContent:
    """Everything one source says."""

    source: str
    entries: tuple[Entry, ...] = ()
    groups: tuple[Group, ...] = ()
    code_owners: tuple[CodeOwner, ...] = ()
    problems: tuple[Problem, ...] = ()


def assemble(source: str, readings: Iterable[Reading]) -> SourceContent:
    """The content of a source from its files, in whatever order they were read."""
    read = list(readings)
    holders = _first_of((holder.id, holder.origin, holder) for reading in read for holder in reading.holders)
    drafts, problems = _unique_drafts(draft for reading in read for draft in reading.drafts)
    people = _people(read)
    providers = _providers(drafts)
    needs = _needs(drafts)
    entries = []
    for draft in drafts:
        entry = _owned(draft, holders, people)
        depends_on = unique(
            (*entry.depends_on, *_called(draft, providers), *sorted(needs.get(entry.name.lower(), ()))), entry.name
        )
        entries.append(msgspec.structs.replace(entry, depends_on=depends_on))
        problems += _owner_problems(entries[-1])
    return SourceContent(
        source=source,
        entries=tuple(entries),
        groups=tuple(sorted((group for reading in read for group in reading.groups), key=_group_order)),
        code_owners=tuple(sorted((line for reading in read for line in reading.code_owners), key=_line_order)),
        problems=tuple(sorted([problem for reading in read for problem in reading.problems] + problems)),
    )


def _first_of(rows: Iterable[tuple[str, Origin, Holder]]) -> dict[str, Holder]:
    """By id; of two with the same id the one written first by file and line, whatever was read first."""
    found: dict[str, Holder] = {}
    for id_, _, holder in sorted(rows, key=lambda row: (row[0], row[1])):
        found.setdefault(id_, holder)
    return found


def _unique_drafts(drafts: Iterable[Draft]) -> tuple[list[Draft], list[Problem]]:
    found: dict[str, Draft] = {}
    problems: list[Problem] = []
    for draft in sorted(drafts, key=lambda draft: (draft.entry.name, _place(draft.entry))):
        first = found.setdefault(draft.entry.name, draft)
        if first is not draft:
            place, other = _place(draft.entry), _place(first.entry)
            what = f"service {draft.entry.name} stands twice"
            mend = f"Remove one; the other is at {other.file}:{other.line}"
            problems.append(Problem(file=place.file, line=place.line, what=what, mend=mend))
    return list(found.values()), problems


def _people(readings: Iterable[Reading]) -> dict[str, tuple[str, ...]]:
    found: dict[str, set[str]] = {}
    for reading in readings:
        for member in reading.members:
            found.setdefault(member.id, set()).update(member.groups)
    return {person: tuple(sorted(groups)) for person, groups in found.items()}


def _providers(drafts: Iterable[Draft]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for draft in drafts:
        for interface in draft.provides:
            found.setdefault(interface, []).append(draft.entry.name)
    return found


def _needs(drafts: Iterable[Draft]) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for draft in drafts:
        for user in draft.needed_by:
            found.setdefault(user.lower(), set()).add(draft.entry.name)
    return found


def _called(draft: Draft, providers: Mapping[str, list[str]]) -> Iterable[str]:
    return (name for interface in draft.consumes for name in providers.get(interface, ()))


def _owned(draft: Draft, holders: Mapping[str, Holder], people: Mapping[str, tuple[str, ...]]) -> Entry:
    """The entry with its owner: its own, else the nearest holder's; a person stands for the one team they are in."""
    entry = draft.entry
    own = _teams((entry.owner, *entry.other_owners), people)
    if own:
        return msgspec.structs.replace(entry, owner=own[0], other_owners=own[1:])
    waiting, seen = list(draft.parents), set[str]()
    while waiting:
        id_ = waiting.pop(0)
        holder = holders.get(id_)
        if id_ in seen or holder is None:
            continue
        seen.add(id_)
        inherited = _teams(holder.owners, people)
        if inherited:
            origins = {**entry.origins, "owner": holder.origin}
            return msgspec.structs.replace(entry, owner=inherited[0], other_owners=inherited[1:], origins=origins)
        waiting += holder.parents
    return entry


def _teams(owners: Iterable[str], people: Mapping[str, tuple[str, ...]]) -> tuple[str, ...]:
    found = []
    for owner in owners:
        if not owner.startswith("user:"):
            found.append(owner)
        elif len(people.get(owner, ())) == 1:
            found.append(people[owner][0])
    return unique(found)


def _owner_problems(entry: Entry) -> list[Problem]:
    if not entry.owner.startswith("user:"):
        return []
    place = entry.origin("owner") or _place(entry)
    what = f"service {entry.name} is owned by a person, {entry.owner.removeprefix('user:')}, who is not in one team"
    mend = "Name a team as its owner, or put the person in exactly one group"
    return [Problem(file=place.file, line=place.line, what=what, mend=mend, level=ProblemLevel.WARNING)]


def _place(entry: Entry) -> Origin:
    return entry.origin() or Origin(source="")


def _group_order(group: Group) -> tuple[Origin, tuple[str, ...]]:
    return group.origin, group.names


def _line_order(line: CodeOwner) -> Origin:
    return line.origin
