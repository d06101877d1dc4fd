"""Backtests of grouping and suggestions about rules, over one's own history."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from datetime import timedelta
from typing import Annotated

import msgspec
from msgspec.structs import replace

from grouping.backtest import Backtest, PastAlert, Trial, Unrelated, Version
from grouping.score import SIGNALS
from grouping.suggesting import Asked, Past, Suggestions
from oncall.engine import Engine
from oncall.errors import Invalid
from oncall.services.grouping.model import learned_in_force
from oncall.services.grouping.setup import settings_of
from oncall.services.operation.apart import compute
from oncall.services.people.rights import Caller, Right
from oncall.store import past_alerts
from oncall.store.past_alerts import StoredAlert

#: Alerts one backtest or suggestion looks at; the newest count.
MOST_TRIED = 20_000
MOST_READ = 50_000
NAMES = tuple(name for name, _ in SIGNALS)


class BacktestQuery(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How many days to judge, and what would change: factors of signals, and whether people's answers weigh in."""

    days: Annotated[int, msgspec.Meta(ge=1, le=180)] = 30
    weights: dict[str, Annotated[float, msgspec.Meta(ge=0, le=10)]] = {}
    without_model: bool = False


class SuggestionsQuery(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How many days to look at."""

    days: Annotated[int, msgspec.Meta(ge=1, le=180)] = 60


async def backtest(engine: Engine, caller: Caller, query: BacktestQuery) -> Backtest:
    """What a change would have done to the alerts of the last days; the days before them only teach.

    Raises:
        Refused: the caller is no admin.
        Invalid: there is no signal of that name.
        Unavailable: the process that computes it failed.
    """
    caller.require(Right.ADMINISTER)
    return await try_out(engine, query)


async def try_out(engine: Engine, query: BacktestQuery) -> Backtest:
    """The same for the command line, which needs no right."""
    unknown = sorted(set(query.weights) - set(NAMES))
    if unknown:
        raise Invalid(f"no signal is called {unknown[0]!r}", f"There are {', '.join(NAMES)}.", "weights")
    since = engine.clock.now() - timedelta(days=query.days)
    async with engine.database.read() as tx:
        stored = await past_alerts.since(tx, since - timedelta(days=query.days), MOST_TRIED)
        said = await past_alerts.unrelated(tx, since)
        learned = await learned_in_force(tx)
    settings = settings_of(engine.directory)
    trial = Trial(
        alerts=tuple(_past(one) for one in stored),
        since=since,
        unrelated=tuple(_unrelated(stored, said)),
        calls=tuple((e.name, called) for e in engine.directory.catalog.entries for called in e.depends_on),
        now=Version(settings=settings, learned=learned),
        proposed=Version(
            settings=replace(settings, weights={**settings.weights, **query.weights}),
            learned=None if query.without_model else learned,
        ),
    )
    return msgspec.json.decode(await compute("grouping.backtest", msgspec.json.encode(trial)), type=Backtest)


async def suggestions(engine: Engine, caller: Caller, query: SuggestionsQuery) -> Suggestions:
    """What the alerts of the last days suggest about the rules themselves.

    Raises:
        Unavailable: the process that computes it failed.
    """
    caller.require(Right.SEE)
    return await suggest(engine, query)


async def suggest(engine: Engine, query: SuggestionsQuery) -> Suggestions:
    """The same for the command line."""
    since = engine.clock.now() - timedelta(days=query.days)
    async with engine.database.read() as tx:
        stored = await past_alerts.since(tx, since, MOST_READ)
        acted = await past_alerts.acted_alone(tx, since, list(engine.directory.people))
    asked = Asked(
        alerts=tuple(
            Past(labels=one.labels, at=one.starts_at, pages=one.paging, query_url=one.query_url) for one in stored
        ),
        acted_alone=tuple(sorted(acted)),
        days=query.days,
        settings=settings_of(engine.directory),
    )
    return msgspec.json.decode(await compute("grouping.suggesting", msgspec.json.encode(asked)), type=Suggestions)


def _past(one: StoredAlert) -> PastAlert:
    return PastAlert(
        id=one.id,
        labels=one.labels,
        starts_at=one.starts_at,
        ended_at=one.ended_at,
        severity=one.severity,
        team=one.team,
        service=one.service,
    )


def _unrelated(stored: list[StoredAlert], said: list[tuple[int, int]]) -> list[Unrelated]:
    """An alert that is not related to an incident is related to none of the alerts that were in it before."""
    members: Mapping[int, list[int]] = defaultdict(list)
    for one in stored:
        members[one.incident].append(one.id)
    known = {one.id for one in stored}
    return [
        Unrelated(alert=alert, others=tuple(other for other in members[incident] if other < alert))
        for alert, incident in said
        if alert in known
    ]
