"""Who a module or file path belongs to, by CODEOWNERS patterns of services and of code hosts.

Pattern rules: https://docs.github.com/en/repositories/managing-your-repositorys-settings-and-features/customizing-your-repository/about-code-owners
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache

from routing.catalog.entry import Entry
from routing.catalog.reading import CodeOwner

_SUFFIX = re.compile(r"\.[A-Za-z0-9]{1,5}$")


@dataclass(frozen=True, slots=True)
class PathIndex:
    """Patterns by their first fixed folders, so that a lookup tries only those that can match."""

    #: Fixed folders to (pattern, entry).
    services: Mapping[str, tuple[tuple[str, Entry], ...]]
    #: (repository, fixed folders) to (place in its file, line).
    code: Mapping[tuple[str, str], tuple[tuple[int, CodeOwner], ...]]
    #: Names of the repositories whose code owners are known, lower case, to the name.
    repositories: Mapping[str, str]

    @classmethod
    def of(cls, entries: Iterable[Entry], code_owners: Iterable[CodeOwner] = ()) -> PathIndex:
        """The index; lines of one CODEOWNERS file come in the order they were written in."""
        services: dict[str, list[tuple[str, Entry]]] = {}
        for entry in entries:
            for pattern in entry.paths:
                services.setdefault(fixed_folders(pattern), []).append((pattern, entry))
        code: dict[tuple[str, str], list[tuple[int, CodeOwner]]] = {}
        for number, line in enumerate(code_owners):
            code.setdefault((line.repository, fixed_folders(line.pattern)), []).append((number, line))
        return cls(
            {folders: tuple(rows) for folders, rows in services.items()},
            {key: tuple(rows) for key, rows in code.items()},
            {repository.lower(): repository for repository, _ in code},
        )

    def services_at(self, path: str) -> tuple[Entry, ...]:
        """The entries whose pattern fits a path most closely; several where they claim the same."""
        clean = clean_path(path)
        fits = [
            (len(pattern), entry)
            for folders in _folders(clean)
            for pattern, entry in self.services.get(folders, ())
            if path_pattern(pattern).fullmatch(clean)
        ]
        longest = max((length for length, _ in fits), default=0)
        return tuple(entry for length, entry in fits if length == longest)

    def code_owners_at(self, path: str, repository: str = "") -> tuple[CodeOwner, ...]:
        """The line that owns a path in each repository that may be meant: the last that matches.

        `repository` ("shop/web", "web") says which one; else a path that begins with a repository's name does.
        """
        clean = clean_path(path)
        named = self.repositories.get(repository.rpartition("/")[2].lower()) if repository else None
        first, _, rest = clean.partition("/")
        if named is None and rest and first.lower() in self.repositories:
            named, clean = self.repositories[first.lower()], rest
        asked = [named] if named is not None else list(self.repositories.values())
        lines = (self._last(clean, name) for name in asked[:_MOST_REPOSITORIES])
        return tuple(line for line in lines if line is not None and line.owners)

    def _last(self, clean: str, repository: str) -> CodeOwner | None:
        fits = [
            row
            for folders in _folders(clean)
            for row in self.code.get((repository, folders), ())
            if path_pattern(row[1].pattern).fullmatch(clean)
        ]
        return max(fits, key=_written_at)[1] if fits else None


#: A path without a repository is looked for in this many at most: with more, it says nothing.
_MOST_REPOSITORIES = 50


def clean_path(path: str) -> str:
    """A path without leading slash; a dotted module name ("shop.cart.views") reads as a path."""
    clean = path.strip().lstrip("/").removeprefix("./")
    if "/" not in clean and "." in clean and not _SUFFIX.search(clean):
        return clean.replace(".", "/")
    if "/" not in clean and clean.count(".") > 1:
        return clean.replace(".", "/")
    return clean


@lru_cache(maxsize=16384)
def path_pattern(pattern: str) -> re.Pattern[str]:
    """A CODEOWNERS pattern as a regular expression over a path without leading slash."""
    anchored = "/" in pattern.rstrip("/")
    body = pattern.strip("/")
    out = [] if anchored else ["(?:.*/)?"]
    at = 0
    while at < len(body):
        if body.startswith("**/", at):
            out.append("(?:.*/)?")
            at += 3
        elif body.startswith("**", at):
            out.append(".*")
            at += 2
        else:
            out.append({"*": "[^/]*", "?": "[^/]"}.get(body[at], re.escape(body[at])))
            at += 1
    # "docs/*" owns the files in the folder only; every other pattern also owns what lies below.
    tail = "" if body.endswith("/*") else "(?:/.*)" + ("" if pattern.endswith("/") else "?")
    return re.compile("".join(out) + tail)


def fixed_folders(pattern: str) -> str:
    """The leading folders without wildcard; "" for patterns that may begin anywhere."""
    if "/" not in pattern.rstrip("/"):
        return ""
    fixed: list[str] = []
    for folder in pattern.strip("/").split("/"):
        if any(sign in folder for sign in "*?"):
            break
        fixed.append(folder)
    return "/".join(fixed)


def _folders(path: str) -> Iterable[str]:
    """Every leading part of a path: "a/b" gives "a/b", "a", ""."""
    yield path
    while path:
        path = path.rpartition("/")[0]
        yield path


def _written_at(row: tuple[int, CodeOwner]) -> int:
    return row[0]
