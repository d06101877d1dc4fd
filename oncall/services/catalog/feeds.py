"""Fetching catalog sources behind addresses: spread over their interval, asked only for changes, slower when told."""

from __future__ import annotations

import asyncio
import hashlib
import os
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

import aiohttp
import structlog
from msgspec.structs import replace

from oncall.directory import CatalogFeed
from oncall.engine import Engine
from oncall.store import catalog as catalog_rows
from oncall.store.catalog import FetchedFeed
from routing.catalog.readers import reader
from routing.catalog.reading import Reading
from routing.problem import ProblemLevel

log = structlog.get_logger(__name__)

#: Total time of one fetch, in seconds.
SECONDS = 30.0
#: Largest descriptor that is taken, in bytes.
LARGEST = 20_000_000
#: A source that fails is asked less and less often, up to this.
SLOWEST = timedelta(hours=6)


async def fetch_due(engine: Engine, environ: Mapping[str, str] = os.environ) -> int:
    """Fetch every source whose time has come; how many brought something new.

    A source that cannot be read, or that would take every service away, leaves the last good text in force.
    """
    now = engine.clock.now()
    feeds = {feed.name: feed for feed in engine.organisation.files.feeds}
    async with engine.database.read() as tx:
        known = await catalog_rows.feeds(tx)
    changed = 0
    for feed in feeds.values():
        before = known.get(feed.name)
        if before is None or before.url != feed.url:
            before = FetchedFeed(source=feed.name, url=feed.url, next_at=now)
        if before.next_at > now:
            continue
        after = await _fetched(engine, feed, before, now, environ)
        async with engine.database.write() as tx:
            await catalog_rows.save_feed(tx, after)
            if after.body != before.body:
                changed += 1
                await catalog_rows.changed(tx)
    await _forget(engine, known.keys() - feeds.keys())
    return changed


async def _forget(engine: Engine, names: Iterable[str]) -> None:
    for name in sorted(names):
        async with engine.database.write() as tx:
            await catalog_rows.forget_feed(tx, name)
            await catalog_rows.changed(tx)


async def _fetched(
    engine: Engine, feed: CatalogFeed, before: FetchedFeed, now: datetime, environ: Mapping[str, str]
) -> FetchedFeed:
    headers = {"User-Agent": "oncall-engine (catalog)"}
    if before.etag:
        headers["If-None-Match"] = before.etag
    token = environ.get(feed.token_env, "") if feed.token_env else ""
    if token:
        headers["Authorization"] = f"Bearer {token}"
    try:
        status, given, body = await _get(engine, feed.url, headers)
    except (aiohttp.ClientError, OSError, TimeoutError, ValueError) as error:
        return _failed(feed, before, now, f"cannot be fetched: {type(error).__name__}")
    if status == 304:
        return replace(before, next_at=_next(feed, now), failures=0, error="", read_at=now)
    if status != 200:
        return _failed(feed, before, now, f"answered {status}", _retry_after(given))
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError:
        return _failed(feed, before, now, "is not UTF-8")
    why_not = await asyncio.to_thread(_unusable, feed, text)
    if why_not:
        return _failed(feed, before, now, why_not)
    if text != before.body:
        log.info("catalog source changed", source=feed.name)
    return replace(
        before, body=text, etag=given.get("etag", ""), read_at=now, next_at=_next(feed, now), failures=0, error=""
    )


async def _get(engine: Engine, url: str, headers: Mapping[str, str]) -> tuple[int, Mapping[str, str], bytes]:
    """One request without redirects, so that the token goes nowhere else."""
    timeout = aiohttp.ClientTimeout(total=SECONDS, sock_connect=5)
    session = engine.http.session()
    async with session.get(url, headers=headers, timeout=timeout, allow_redirects=False) as response:
        body = bytearray()
        async for chunk in response.content.iter_chunked(65536):
            body += chunk
            if len(body) > LARGEST:
                raise ValueError("too large")
        return response.status, {name.lower(): value for name, value in response.headers.items()}, bytes(body)


def _unusable(feed: CatalogFeed, text: str) -> str:
    """Why a text may not replace the last good one, "" if it may: it must say something."""
    format_ = reader(feed.reader)
    read = format_.read(text, feed.url, feed.name) if format_ else Reading()
    if read.drafts or read.code_owners or read.groups:
        return ""
    first = next((problem for problem in read.problems if problem.level is ProblemLevel.ERROR), None)
    return f"holds nothing: {first.what} (line {first.line})" if first else "holds nothing"


def _failed(
    feed: CatalogFeed, before: FetchedFeed, now: datetime, why: str, wait: timedelta | None = None
) -> FetchedFeed:
    failures = before.failures + 1
    slower = min(feed.every * 2 ** min(failures - 1, 8), SLOWEST)
    log.warning("catalog source kept as it was", source=feed.name, why=why, failures=failures)
    return replace(before, next_at=now + max(slower, wait or timedelta()), failures=failures, error=why)


def _next(feed: CatalogFeed, now: datetime) -> datetime:
    """An interval from now, moved a little by the source's name, so that sources are not asked all at once."""
    return now + feed.every * 0.9 + _spread(feed) * 0.2


def _spread(feed: CatalogFeed) -> timedelta:
    digest = hashlib.blake2b(feed.name.encode(), digest_size=4).digest()
    return feed.every * (int.from_bytes(digest) / 2**32)


def _retry_after(headers: Mapping[str, str]) -> timedelta | None:
    value = headers.get("retry-after", "").strip()
    return timedelta(seconds=min(int(value), 86_400)) if value.isascii() and value.isdecimal() else None
