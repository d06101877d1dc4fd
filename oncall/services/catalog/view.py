"""The catalog as people read it: search, and one service with where each field came from."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

import msgspec

from oncall.engine import Engine
from oncall.errors import NotFound
from oncall.services.people.rights import Caller, Right
from oncall.store import deploys as deploy_rows
from oncall.store.deploys import Deploy
from routing.catalog import Catalog, Entry, Tool
from routing.catalog.search import Hit

#: Deploys shown with a service.
DEPLOYS = 10
PAGE = 100


class SearchQuery(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Any fragment of a name; typos are forgiven."""

    q: Annotated[str, msgspec.Meta(max_length=200)] = ""
    limit: Annotated[int, msgspec.Meta(ge=1, le=100)] = 20


class Hits(msgspec.Struct, frozen=True, kw_only=True):
    """What was found, best first."""

    hits: tuple[Hit, ...]


class EntryItem(msgspec.Struct, frozen=True, kw_only=True):
    """A service in a list; `team` is null where its owner is no team there is."""

    name: str
    team: str | None
    owner: str
    tier: int | None
    lifecycle: str
    description: str


class EntryList(msgspec.Struct, frozen=True, kw_only=True):
    """A stretch of the services by name; `next` is the cursor of the stretch after it, null at the end."""

    entries: tuple[EntryItem, ...]
    total: int
    next: str | None


class EntryQuery(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which services: of one team by id, after the name in `cursor`."""

    team: Annotated[str, msgspec.Meta(max_length=200)] = ""
    cursor: Annotated[str, msgspec.Meta(max_length=300)] = ""


class EntryView(EntryItem, frozen=True, kw_only=True):
    """One service. `origins` says where each field, and each member of a list, was written: "tier" or "tools.logs.Loki"."""

    aliases: tuple[str, ...]
    depends_on: tuple[str, ...]
    needed_by: tuple[str, ...]
    namespaces: tuple[str, ...]
    paths: tuple[str, ...]
    tags: tuple[str, ...]
    tools: tuple[Tool, ...]
    origins: Mapping[str, str]
    deploys: tuple[Deploy, ...]


async def search(engine: Engine, caller: Caller, query: SearchQuery) -> Hits:
    """Services, teams and people by any fragment."""
    caller.require(Right.SEE)
    return Hits(hits=engine.organisation.search.search(query.q, query.limit))


async def list_entries(engine: Engine, caller: Caller, query: EntryQuery) -> EntryList:
    """The services, by name."""
    caller.require(Right.SEE)
    resolver = engine.organisation.resolver
    chosen = [
        entry for entry in engine.directory.catalog.entries if not query.team or resolver.owner_of(entry) == query.team
    ]
    after = [entry for entry in chosen if entry.name > query.cursor]
    shown = after[:PAGE]
    return EntryList(
        entries=tuple(_item(entry, resolver.owner_of(entry)) for entry in shown),
        total=len(chosen),
        next=shown[-1].name if len(after) > PAGE else None,
    )


async def view_entry(engine: Engine, caller: Caller, name: str) -> EntryView:
    """One service, by name or alias.

    Raises:
        NotFound: the catalog has no such service.
    """
    caller.require(Right.SEE)
    catalog = engine.directory.catalog
    entry = catalog.find(name)
    if entry is None:
        near = engine.organisation.search.search(name, 1)
        mend = f"Is {near[0].name!r} meant?" if near else "Search for a part of its name."
        raise NotFound(f"there is no service {name!r}", mend)
    now = engine.clock.now()
    async with engine.database.read() as tx:
        recent = await deploy_rows.latest_of(tx, entry.name, until=now, limit=DEPLOYS)
    return EntryView(
        **msgspec.structs.asdict(_item(entry, engine.organisation.resolver.owner_of(entry))),
        aliases=entry.aliases,
        depends_on=entry.depends_on,
        needed_by=_needed_by(catalog, entry),
        namespaces=entry.namespaces,
        paths=entry.paths,
        tags=entry.tags,
        tools=entry.tools,
        origins={field: str(origin) for field, origin in sorted(entry.origins.items())},
        deploys=tuple(recent),
    )


def _item(entry: Entry, team: str | None) -> EntryItem:
    return EntryItem(
        name=entry.name,
        team=team,
        owner=entry.owner,
        tier=entry.tier,
        lifecycle=entry.lifecycle,
        description=entry.description,
    )


def _needed_by(catalog: Catalog, entry: Entry) -> tuple[str, ...]:
    names = {other.name for name in (entry.name, *entry.aliases) for other in catalog.dependents.get(name.lower(), ())}
    return tuple(sorted(names))
