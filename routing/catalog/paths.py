"""Which entry a module or file path belongs to, by CODEOWNERS patterns.

Pattern rules: https://docs.github.com/en/repositories/managing-your-repositorys-settings-and-features/customizing-your-repository/about-code-owners
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from routing.catalog.entry import Entry


@dataclass(frozen=True, slots=True)
class PathIndex:
    """Patterns by their first fixed folders, so that a lookup tries only those that can match."""

    by_prefix: dict[str, tuple[tuple[int, re.Pattern[str], Entry], ...]]

    @classmethod
    def of(cls, entries: Iterable[Entry]) -> PathIndex:
        """The index over all patterns of these entries."""
        found: dict[str, list[tuple[int, re.Pattern[str], Entry]]] = {}
        for entry in entries:
            for pattern in entry.paths:
                found.setdefault(_fixed(pattern), []).append((len(pattern), path_pattern(pattern), entry))
        return cls({prefix: tuple(sorted(rows, key=_longest_first)) for prefix, rows in found.items()})

    def find(self, path: str) -> Entry | None:
        """The entry whose pattern fits most closely, or None. Dotted module names read as paths."""
        clean = path.strip().lstrip("/")
        if "/" not in clean and "." in clean and not re.search(r"\.[a-z]{1,4}$", clean):
            clean = clean.replace(".", "/")
        folders = clean.split("/")
        for depth in range(len(folders), -1, -1):
            for _, pattern, entry in self.by_prefix.get("/".join(folders[:depth]), ()):
                if pattern.fullmatch(clean):
                    return entry
        return None


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


def _fixed(pattern: str) -> str:
    """The leading folders without wildcard; "" for patterns that may begin anywhere."""
    if "/" not in pattern.rstrip("/"):
        return ""
    fixed: list[str] = []
    for folder in pattern.strip("/").split("/"):
        if any(sign in folder for sign in "*?"):
            break
        fixed.append(folder)
    return "/".join(fixed)


def _longest_first(row: tuple[int, re.Pattern[str], Entry]) -> tuple[int, str]:
    return -row[0], row[2].name
