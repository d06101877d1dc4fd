"""The catalog beside the files: entries that pipelines push, sources that are fetched, and all of it made one."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from typing import Annotated

import msgspec

from oncall.directory import CatalogFeed, Directory
from oncall.engine import Engine, Organisation
from oncall.errors import Invalid, NotFound
from oncall.services.people.rights import Caller, Right
from oncall.store import catalog as catalog_rows
from oncall.store.catalog import FetchedFeed, Pushed
from routing.catalog import Entry, Origin, Tool
from routing.catalog.assembly import SourceContent, assemble
from routing.catalog.fields import is_web_address
from routing.catalog.links import template_faults
from routing.catalog.readers import reader

#: Up to so many services a push comes into force at once, else within seconds.
AT_ONCE = 5_000
#: Most entries that pipelines may push.
MOST_PUSHED = 100_000

Name = Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
Names = Annotated[tuple[Name, ...], msgspec.Meta(max_length=500)]


class PushedEntry(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A service as a pipeline describes it; `owner` is a team by id, name or former name."""

    owner: Annotated[str, msgspec.Meta(max_length=200)] = ""
    tier: Annotated[int, msgspec.Meta(ge=0, le=9)] | None = None
    lifecycle: Annotated[str, msgspec.Meta(max_length=100)] = ""
    description: Annotated[str, msgspec.Meta(max_length=4000)] = ""
    aliases: Names = ()
    depends_on: Names = ()
    namespaces: Names = ()
    paths: Names = ()
    tags: Names = ()
    tools: Annotated[tuple[Tool, ...], msgspec.Meta(max_length=100)] = ()


class PushReceipt(msgspec.Struct, frozen=True, kw_only=True):
    """What came of a push: the team its owner means, null where that is no team there is."""

    source: str
    name: str
    team: str | None


async def organise(engine: Engine, files: Directory) -> Organisation:
    """The files with everything the database has beside them. The heavy part runs in a thread."""
    async with engine.database.read() as tx:
        version = await catalog_rows.version(tx)
        pushed = await catalog_rows.pushed(tx)
        fetched = await catalog_rows.feeds(tx)
    return await asyncio.to_thread(_organisation, files, pushed, fetched, version)


async def keep_up(engine: Engine) -> bool:
    """Take what other nodes, pipelines and sources changed into force on this node; True if there was something."""
    async with engine.database.read() as tx:
        version = await catalog_rows.version(tx)
    before = engine.organisation
    if version == before.version or (version == 0 and before.version < 0):
        return False
    made = await organise(engine, before.files)
    if engine.organisation is not before:
        return False  # a reload was faster, and knows it all
    engine.organisation = made.preferring(before.preferences)
    return True


async def push(engine: Engine, caller: Caller, source: str, name: str, given: PushedEntry) -> PushReceipt:
    """Take a pipeline's description of a service.

    Raises:
        Invalid: the source is one of the files or addresses, or a tool's address is none.
    """
    caller.require(Right.RESPOND)
    name = " ".join(name.split())
    _check(engine, source, name, given)
    row = Pushed(
        source=source,
        name=name,
        entry=msgspec.to_builtins(given),
        pushed_at=engine.clock.now(),
        by=caller.person,
    )
    async with engine.database.write() as tx:
        if await catalog_rows.count_pushed(tx) >= MOST_PUSHED:
            raise Invalid(f"pipelines have pushed {MOST_PUSHED} entries", "Withdraw those of services that are gone.")
        await catalog_rows.push(tx, row)
    await _soon(engine)
    return PushReceipt(source=source, name=name, team=engine.organisation.resolver.team(given.owner))


async def withdraw(engine: Engine, caller: Caller, source: str, name: str) -> PushReceipt:
    """Take back what a pipeline pushed.

    Raises:
        NotFound: the source has no such entry.
    """
    caller.require(Right.RESPOND)
    async with engine.database.write() as tx:
        if not await catalog_rows.withdraw(tx, source, name):
            raise NotFound(f"the source {source!r} has no entry {name!r}", "Look at the entry to see where it is from.")
    await _soon(engine)
    return PushReceipt(source=source, name=name, team=None)


async def _soon(engine: Engine) -> None:
    """Into force at once; a catalog so large that this takes seconds is left to the periodic job, once for many."""
    if len(engine.directory.catalog.entries) <= AT_ONCE:
        await keep_up(engine)


def _check(engine: Engine, source: str, name: str, given: PushedEntry) -> None:
    files = engine.organisation.files
    if not source.strip() or not name:
        raise Invalid("source and name may not be empty", "PUT /api/v1/catalog/{source}/entries/{name}.")
    if source in {content.source for content in files.contents} | {feed.name for feed in files.feeds}:
        raise Invalid(
            f"the source {source!r} is read from files or an address, and changed there",
            "Push under a name of its own, such as the pipeline's.",
            "source",
        )
    for number, tool in enumerate(given.tools):
        faults = list(template_faults(tool))
        if faults or not is_web_address(tool.url):
            what = faults[0] if faults else f"{tool.url!r} is no web address"
            raise Invalid(what, "Write an address that begins with https://.", f"$.tools[{number}].url")


def _organisation(
    files: Directory, pushed: Sequence[Pushed], fetched: dict[str, FetchedFeed], version: int
) -> Organisation:
    contents = [*_pushed_contents(pushed), *_fetched_contents(files.feeds, fetched)]
    return Organisation(files, contents, version)


def _pushed_contents(rows: Iterable[Pushed]) -> list[SourceContent]:
    by_source: dict[str, list[Entry]] = {}
    for row in rows:
        origin = Origin(source=row.source, file=f"pushed {row.pushed_at:%Y-%m-%d %H:%M} by {row.by}")
        given = msgspec.convert(row.entry, PushedEntry)
        entry = Entry(name=row.name, origins={"name": origin}, **msgspec.structs.asdict(given))
        by_source.setdefault(row.source, []).append(entry)
    return [SourceContent(source=source, entries=tuple(entries)) for source, entries in by_source.items()]


def _fetched_contents(feeds: Iterable[CatalogFeed], fetched: dict[str, FetchedFeed]) -> list[SourceContent]:
    found = []
    for feed in feeds:
        known, format_ = fetched.get(feed.name), reader(feed.reader)
        if known is not None and known.body is not None and format_ is not None and known.url == feed.url:
            found.append(assemble(feed.name, [format_.read(known.body, feed.url, feed.name)]))
    return found
