"""What a reader takes from one file, before files and sources are put together."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import msgspec

from routing.catalog.entry import Entry, Origin
from routing.problem import Problem


class Holder(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Something above services (a system, a domain, a parent) whose owner they may inherit."""

    id: str
    owners: tuple[str, ...]
    parents: tuple[str, ...] = ()
    origin: Origin


class Group(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A team as a catalog knows it: every name that means it."""

    names: tuple[str, ...]
    origin: Origin


class Member(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A person as a catalog knows them, and the groups they are in; some services are said to be owned by people."""

    id: str
    groups: tuple[str, ...]


class Draft(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """An entry whose owner and dependencies may still hang on other files of the same source."""

    entry: Entry
    #: Holders to inherit an owner from, nearest first.
    parents: tuple[str, ...] = ()
    #: Interfaces it offers, and interfaces it calls; an interface leads to whoever offers it.
    provides: tuple[str, ...] = ()
    consumes: tuple[str, ...] = ()
    #: Services that depend on this one.
    needed_by: tuple[str, ...] = ()


class CodeOwner(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One line of a CODEOWNERS file. Without owners it takes the path out of earlier lines' hands."""

    pattern: str
    owners: tuple[str, ...]
    #: Folder name of the repository, "" if unknown.
    repository: str = ""
    origin: Origin


class Location(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Another file to read: a path relative to the file that names it, perhaps with wildcards, or an address."""

    target: str
    origin: Origin


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What one file says, and what is wrong in it."""

    drafts: tuple[Draft, ...] = ()
    holders: tuple[Holder, ...] = ()
    groups: tuple[Group, ...] = ()
    members: tuple[Member, ...] = ()
    code_owners: tuple[CodeOwner, ...] = ()
    locations: tuple[Location, ...] = ()
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """A format of descriptor files.

    `read(text, file, source)` is pure and never raises: whatever is wrong becomes a problem with its line, and costs
    the thing it stands in or, where nothing can be read, the file.
    """

    #: Name in a catalog source's `reader:`.
    name: str
    title: str
    #: Names such files usually have, as glob patterns, for reading a whole directory.
    files: tuple[str, ...]
    read: Callable[[str, str, str], Reading]
    #: A file it reads without a problem; documentation and contract tests use it.
    example: str
