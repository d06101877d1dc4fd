"""One entry from what several sources say about the same service, the stronger source winning field by field."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from routing.catalog.assembly import SourceContent
from routing.catalog.entry import Entry, Origin, Tool
from routing.problem import Problem, ProblemLevel

#: Fields of which the strongest source that has one gives the value.
SINGLE = ("owner", "tier", "lifecycle", "description")
#: Fields whose members come from all sources.
LISTS = ("aliases", "depends_on", "namespaces", "paths", "tags")


@dataclass(frozen=True, slots=True, kw_only=True)
class Precedence:
    """Which source is believed.

    `default` lists sources, the strongest first; `fields` does so for single fields, where sources left out follow in
    default order. Sources named nowhere come last, by name.
    """

    default: tuple[str, ...] = ()
    fields: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def order(self, field_name: str) -> Mapping[str, int]:
        """Rank by source for a field, 0 the strongest."""
        return {
            source: rank for rank, source in enumerate(dict.fromkeys((*self.fields.get(field_name, ()), *self.default)))
        }


def merge_sources(
    contents: Iterable[SourceContent], precedence: Precedence
) -> tuple[tuple[Entry, ...], tuple[Problem, ...]]:
    """The entries of all sources, one a service, by name; the order of arrival does not matter.

    Entries of different sources are the same service where their names agree, in any case, or one has the other's
    name as an alias. Entries of one source never are: an alias that would join them is reported and joins nothing.
    """
    rows = sorted(
        ((content.source, entry) for content in contents for entry in content.entries),
        key=lambda row: (row[1].name.lower(), row[1].name, row[0], row[1].origin() or Origin(source="")),
    )
    clusters, problems = _clusters(rows)
    ranks = {name: precedence.order(name) for name in ("name", *SINGLE, *LISTS, "tools")}
    merged = [_merged(cluster, ranks) for cluster in clusters]
    return tuple(sorted(merged, key=lambda entry: entry.name)), tuple(sorted(problems))


_Row = tuple[str, Entry]


def _clusters(rows: Sequence[_Row]) -> tuple[list[list[_Row]], list[Problem]]:
    by_name: dict[str, list[int]] = {}
    for number, (_, entry) in enumerate(rows):
        by_name.setdefault(entry.name.lower(), []).append(number)
    parent = list(range(len(rows)))
    for numbers in by_name.values():
        for number in numbers:
            parent[number] = numbers[0]
    joined = _joined_by_alias(rows, by_name, parent)
    clusters: list[list[_Row]] = []
    problems: list[Problem] = []
    for numbers in joined:
        sources = [rows[number][0] for number in numbers]
        if len(set(sources)) == len(sources) or len({parent[number] for number in numbers}) == 1:
            clusters.append([rows[number] for number in numbers])
            continue
        problems += _ambiguous(rows, numbers, sources)
        apart: dict[int, list[_Row]] = {}
        for number in numbers:
            apart.setdefault(parent[number], []).append(rows[number])
        clusters += apart.values()
    return clusters, problems


def _joined_by_alias(rows: Sequence[_Row], by_name: Mapping[str, list[int]], parent: Sequence[int]) -> list[list[int]]:
    """The connected components over "same name" and "one is the other's alias", each sorted."""
    root = list(parent)

    def find(number: int) -> int:
        while root[number] != number:
            root[number] = root[root[number]]
            number = root[number]
        return number

    for number, (source, entry) in enumerate(rows):
        for alias in entry.aliases:
            for other in by_name.get(alias.lower(), ()):
                if rows[other][0] != source:
                    low, high = sorted((find(number), find(other)))
                    root[high] = low
    found: dict[int, list[int]] = {}
    for number in range(len(rows)):
        found.setdefault(find(number), []).append(number)
    return list(found.values())


def _ambiguous(rows: Sequence[_Row], numbers: Sequence[int], sources: Sequence[str]) -> list[Problem]:
    doubled = sorted({source for source in sources if sources.count(source) > 1})
    names = sorted({rows[number][1].name for number in numbers if rows[number][0] in doubled})
    origin = rows[numbers[0]][1].origin() or Origin(source=rows[numbers[0]][0])
    return [
        Problem(
            file=origin.file or origin.source,
            line=origin.line,
            what=f"an alias makes one service of {', '.join(names)}, which {', '.join(doubled)} keeps apart",
            mend="Take the alias away from all but one of them",
            level=ProblemLevel.WARNING,
        )
    ]


def _merged(cluster: Sequence[_Row], ranks: Mapping[str, Mapping[str, int]]) -> Entry:
    if len(cluster) == 1:
        return cluster[0][1]
    origins: dict[str, Origin] = {}
    named = _strongest(cluster, ranks["name"])[0][1]
    values: dict[str, Any] = {"name": named.name}
    _note(origins, "name", named, "name")
    for name in SINGLE:
        for _, entry in _strongest(cluster, ranks[name]):
            value = getattr(entry, name)
            if value not in ("", None):
                values[name] = value
                _note(origins, name, entry, name)
                if name == "owner":
                    values["other_owners"] = entry.other_owners
                break
    for name in LISTS:
        values[name] = _members(name, _strongest(cluster, ranks[name]), named.name, origins)
    values["tools"] = _tools(_strongest(cluster, ranks["tools"]), origins)
    return Entry(**values, origins=origins)


def _strongest(cluster: Sequence[_Row], rank: Mapping[str, int]) -> list[_Row]:
    last = len(rank)
    return sorted(cluster, key=lambda row: (rank.get(row[0], last), row[0], row[1].name))


def _members(name: str, cluster: Sequence[_Row], service: str, origins: dict[str, Origin]) -> tuple[str, ...]:
    found: dict[str, str] = {}
    for _, entry in cluster:
        given: tuple[str, ...] = getattr(entry, name)
        if name == "aliases":
            # The names that did not win are still names by which alerts call it.
            given = (*given, entry.name)
        for member in given:
            key = member.lower() if name != "paths" else member
            if key not in found and not (name == "aliases" and key == service.lower()):
                found[key] = member
                _note(origins, f"{name}.{member}", entry, name)
    return tuple(found.values())


def _tools(cluster: Sequence[_Row], origins: dict[str, Origin]) -> tuple[Tool, ...]:
    found: dict[tuple[str, str], Tool] = {}
    for _, entry in cluster:
        for tool in entry.tools:
            key = (tool.kind.value, tool.name.lower())
            if key not in found:
                found[key] = tool
                _note(origins, f"tools.{tool.kind}.{tool.name}", entry, "tools")
    return tuple(found.values())


def _note(origins: dict[str, Origin], key: str, entry: Entry, field_name: str) -> None:
    origin = entry.origins.get(field_name) or entry.origins.get("name")
    if origin is not None:
        origins[key] = origin
