"""Past alerts from a Prometheus: its ALERTS series, read a page at a time through the range API."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from typing import Any

import aiohttp
import msgspec

from grouping import Grouper
from grouping.history import joined, learn_from, runs
from grouping.replay import Recorded
from oncall.engine import Engine
from oncall.errors import Invalid, Unavailable
from oncall.services.grouping.setup import configure
from oncall.store import grouping_state, leases

STEP = timedelta(seconds=30)
#: One page: well below Prometheus's limit of 11,000 points a series.
PAGE = timedelta(hours=6)
PAUSE_SECONDS = 0.2
TIMEOUT = aiohttp.ClientTimeout(total=60)
QUERY = 'ALERTS{alertstate="firing"}'
LEASE = timedelta(minutes=10)


class _Series(msgspec.Struct):
    metric: dict[str, str]
    values: list[tuple[float, Any]]


class _Data(msgspec.Struct):
    result: list[_Series]


class _Answer(msgspec.Struct):
    data: _Data


async def past_alerts(url: str, *, since: datetime, until: datetime) -> list[Recorded]:
    """Every run of every alert in the stretch, oldest first.

    Raises:
        Unavailable: Prometheus did not answer, or not with what the range API answers.
    """
    found: list[Recorded] = []
    address = f"{url.rstrip('/')}/api/v1/query_range"
    async with aiohttp.ClientSession(timeout=TIMEOUT) as session:
        begin = since
        while begin < until:
            end = min(begin + PAGE, until)
            for series in await _page(session, address, begin, end):
                found += runs(series.metric, [at for at, _ in series.values], STEP)
            begin = end + STEP
            await asyncio.sleep(PAUSE_SECONDS)
    return joined(found, STEP)


async def _page(session: aiohttp.ClientSession, address: str, begin: datetime, end: datetime) -> list[_Series]:
    params = {
        "query": QUERY,
        "start": f"{begin.timestamp():.0f}",
        "end": f"{end.timestamp():.0f}",
        "step": f"{STEP.total_seconds():.0f}",
    }
    try:
        async with session.get(address, params=params) as response:
            body = await response.read()
            if response.status != 200:
                raise Unavailable(
                    f"{address} answered {response.status}", "Check the address and that it is Prometheus."
                )
        return msgspec.json.decode(body, type=_Answer).data.result
    except (aiohttp.ClientError, TimeoutError, msgspec.DecodeError) as error:
        raise Unavailable(
            f"{address}: {type(error).__name__}", "Check the address and that it is Prometheus."
        ) from error


async def warm_up(engine: Engine, history: list[Recorded]) -> int:
    """Learn from past alerts and keep it; how many alerts.

    Raises:
        Invalid: an engine that runs holds the counts in memory and would overwrite this.
    """
    now = engine.clock.now()
    async with engine.database.write() as tx:
        if await leases.hold(tx, "intake", engine.node, now, LEASE) is None:
            raise Invalid("an engine is running and holds what was learned", "Stop it for the minute this takes.")
        grouper = Grouper()
        grouper.load(await grouping_state.load(tx))
        configure(grouper, engine.directory)
        count = learn_from(grouper, history)
        await grouping_state.save(tx, grouper.drain_changes())
        await leases.let_go(tx, "intake", engine.node, now)
    return count


async def begin_with(engine: Engine, history: list[Recorded]) -> int:
    """`warm_up` where nothing was learned yet; 0 and nothing else where something was."""
    async with engine.database.read() as tx:
        known = await grouping_state.load(tx)
    return 0 if known else await warm_up(engine, history)
