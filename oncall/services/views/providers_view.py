"""How the providers that carry pages do: latency, success, whether one is taken to be down, and what to do about it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

import msgspec

from notifiers import breaker
from notifiers.breaker import Attempt
from notifiers.outcome import OutcomeKind
from oncall.engine import Engine
from oncall.services.delivery.carrying import TAKEN
from oncall.services.delivery.provider_report import providers
from oncall.services.people.rights import Caller, Right
from oncall.store import deliveries as delivery_rows
from oncall.store.deliveries import Delivery

#: Attempts of this long are judged, the newest of each channel.
LATELY = timedelta(hours=24)
MOST = 500
#: Of 100 attempts, so many that came to nothing are worth a look.
WORTH_A_LOOK = 10
#: Seconds an ordinary answer takes at most.
SLOW = 3.0


class ChannelWatch(msgspec.Struct, frozen=True, kw_only=True):
    """One channel, over its newest attempts of the last day.

    Attributes:
        success: Of 100 attempts, those the provider took; null without attempts.
        median: Seconds that half of the attempts stayed under, and `slow` 95 of 100.
        down: The provider is taken to be down: people's next methods start at once.
        why: What is known of it, a sentence.
        codes: The codes of what failed, most frequent first.
        todo: What to do, in order; empty where nothing is.
    """

    channel: str
    title: str
    attempts: int
    outcomes: Mapping[str, int]
    success: float | None
    median: float | None
    slow: float | None
    down: bool
    why: str
    codes: Mapping[str, int]
    last_at: datetime | None
    todo: tuple[str, ...]


class ProviderWatch(msgspec.Struct, frozen=True, kw_only=True):
    """One provider and the channels that go through it. `report` is the command that writes the evidence for it."""

    provider: str
    channels: tuple[ChannelWatch, ...]
    report: str


class ProvidersView(msgspec.Struct, frozen=True, kw_only=True):
    """Every provider that is configured here, those with something to do first."""

    providers: tuple[ProviderWatch, ...]


async def view_providers(engine: Engine, caller: Caller) -> ProvidersView:
    """How each provider does, for admins. From the database, so that every node gives the same answer."""
    caller.require(Right.ADMINISTER)
    now = engine.clock.now()
    found = []
    async with engine.database.read() as tx:
        for provider, channels in providers().items():
            watched = [
                _watch(engine, name, await delivery_rows.newest(tx, name, now - LATELY, MOST), now)
                for name in channels
                if name in engine.notifiers
            ]
            if watched:
                command = f"oncall provider report {provider} --since 24h"
                found.append(ProviderWatch(provider=provider, channels=tuple(watched), report=command))
    found.sort(key=lambda one: -sum(len(channel.todo) for channel in one.channels))
    return ProvidersView(providers=tuple(found))


def _watch(engine: Engine, name: str, newest: Sequence[Delivery], now: datetime) -> ChannelWatch:
    kinds = [OutcomeKind(one.outcome) for one in newest]
    seconds = sorted((one.ended_at - one.started_at).total_seconds() for one in newest if one.ended_at is not None)
    latest = [Attempt(one.ended_at or one.started_at, kind) for one, kind in zip(newest, kinds, strict=True)]
    state = breaker.decide(latest[::-1], now)
    failed = [one for one, kind in zip(newest, kinds, strict=True) if kind not in TAKEN]
    success = 100 * (len(newest) - len(failed)) / len(newest) if newest else None
    slow = seconds[int(len(seconds) * 0.95)] if seconds else None
    channel = engine.channels[name]
    return ChannelWatch(
        channel=name,
        title=channel.title,
        attempts=len(newest),
        outcomes=dict(Counter(kind.value for kind in kinds)),
        success=success,
        median=seconds[len(seconds) // 2] if seconds else None,
        slow=slow,
        down=state.open,
        why=state.reason if newest else "nothing was sent through it lately",
        codes=dict(Counter(one.code for one in failed if one.code).most_common(5)),
        last_at=newest[0].started_at if newest else None,
        todo=tuple(_todo(channel.docs, newest, kinds, success, slow, down=state.open)),
    )


def _todo(
    docs: str,
    newest: Sequence[Delivery],
    kinds: Sequence[OutcomeKind],
    success: float | None,
    slow: float | None,
    *,
    down: bool,
) -> list[str]:
    todo = []
    if down:
        todo.append("It seems to be down. People are reached by their next method meanwhile; look at its status page.")
    broken = next((one for one, kind in zip(newest, kinds, strict=True) if kind is OutcomeKind.BROKEN), None)
    if broken is not None and not any(kind in TAKEN for kind in kinds[: newest.index(broken)]):
        todo.append(f"Broken for everybody: {broken.detail or broken.code}. See docs/{docs}.")
    refused = sum(kind is OutcomeKind.REFUSED for kind in kinds)
    if success is not None and 100 - success >= WORTH_A_LOOK and refused * 2 > len(kinds) * (100 - success) / 100:
        todo.append("Most of what fails is refused for single people: have them test their contact methods.")
    elif success is not None and 100 - success >= WORTH_A_LOOK and not todo:
        todo.append("Much comes to nothing: see the codes, and send the provider the evidence.")
    if slow is not None and slow > SLOW:
        todo.append(f"It answers slowly ({slow:.1f} s for 5 of 100): send the provider the evidence.")
    return todo
