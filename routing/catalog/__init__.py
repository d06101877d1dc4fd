"""The catalog of services: one immutable value, built whole on reload and looked things up in."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from routing.catalog.entry import Entry, Origin, Tool, ToolKind, normalised
from routing.catalog.paths import PathIndex
from routing.catalog.reading import CodeOwner, Group

__all__ = ["Catalog", "Entry", "Origin", "Tool", "ToolKind", "normalised"]


@dataclass(frozen=True, slots=True)
class Catalog:
    """Entries and the indexes over them. Make it with `of`; the order of entries does not matter.

    Every index maps to a tuple sorted by entry name, so that an ambiguous key shows all who claim it.
    """

    entries: tuple[Entry, ...]
    by_name: Mapping[str, Entry]
    #: Lower-case alias to entries.
    by_alias: Mapping[str, tuple[Entry, ...]]
    #: `normalised` name or alias to entries.
    by_normal: Mapping[str, tuple[Entry, ...]]
    by_namespace: Mapping[str, tuple[Entry, ...]]
    #: Name of a thing depended on, lower case, to the entries that depend on it.
    dependents: Mapping[str, tuple[Entry, ...]]
    paths: PathIndex
    #: What the sources' own groups are called, by which owners are written.
    groups: tuple[Group, ...]

    @classmethod
    def of(
        cls, entries: Iterable[Entry] = (), code_owners: Iterable[CodeOwner] = (), groups: Iterable[Group] = ()
    ) -> Catalog:
        """The catalog of these entries; of two with the same name the first stands (merge sources before)."""
        by_name: dict[str, Entry] = {}
        for entry in entries:
            by_name.setdefault(entry.name, entry)
        ordered = tuple(sorted(by_name.values(), key=lambda entry: entry.name))
        return cls(
            entries=ordered,
            by_name={entry.name: entry for entry in ordered},
            by_alias=_index((alias.lower(), entry) for entry in ordered for alias in (entry.name, *entry.aliases)),
            by_normal=_index((normalised(name), entry) for entry in ordered for name in (entry.name, *entry.aliases)),
            by_namespace=_index((namespace, entry) for entry in ordered for namespace in entry.namespaces),
            dependents=_index((name.lower(), entry) for entry in ordered for name in entry.depends_on),
            paths=PathIndex.of(ordered, code_owners),
            groups=tuple(groups),
        )

    def find(self, name: str) -> Entry | None:
        """The entry of that name or, where only one claims it, alias; else None."""
        exact = self.by_name.get(name)
        if exact is not None:
            return exact
        claimed = self.by_alias.get(name.lower(), ())
        return claimed[0] if len(claimed) == 1 else None


def _index(pairs: Iterable[tuple[str, Entry]]) -> dict[str, tuple[Entry, ...]]:
    index: dict[str, list[Entry]] = {}
    for key, entry in pairs:
        claimed = index.setdefault(key, [])
        if not claimed or claimed[-1] is not entry:
            claimed.append(entry)
    index.pop("", None)
    return {key: tuple(claimed) for key, claimed in index.items()}
