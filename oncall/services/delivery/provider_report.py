"""The evidence one sends to a vendor: every attempt through a provider, with times, ids and codes."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from pathlib import PurePosixPath

import msgspec

from notifiers.channels import CHANNELS
from oncall.engine import Engine
from oncall.errors import NotFound
from oncall.store import deliveries as delivery_rows


class AttemptLine(msgspec.Struct, frozen=True, kw_only=True):
    """One attempt. Whom it was for is left out: a vendor finds it by its own id."""

    channel: str
    started_at: datetime
    seconds: float | None
    outcome: str
    provider_id: str
    code: str
    detail: str


class ProviderReport(msgspec.Struct, frozen=True, kw_only=True):
    """What a provider did in a stretch of time. `slow` is the time that 95 of 100 attempts stayed under, in seconds."""

    provider: str
    since: datetime
    until: datetime
    outcomes: dict[str, int]
    codes: dict[str, int]
    slow: float | None
    attempts: tuple[AttemptLine, ...]


def providers() -> dict[str, tuple[str, ...]]:
    """Provider to channels: channels that share a page of the documentation share a provider."""
    found: dict[str, tuple[str, ...]] = {}
    for channel in CHANNELS:
        name = PurePosixPath(channel.docs).stem
        found[name] = (*found.get(name, ()), channel.name)
    return found


async def report(engine: Engine, provider: str, since: datetime) -> ProviderReport:
    """Every attempt since then.

    Raises:
        NotFound: There is no such provider.
    """
    known = providers()
    if provider not in known:
        raise NotFound(f"there is no provider {provider!r}", f"Name one of: {', '.join(sorted(known))}.")
    async with engine.database.read() as tx:
        rows = await delivery_rows.since(tx, known[provider], since)
    lines = tuple(
        AttemptLine(
            channel=row.channel,
            started_at=row.started_at,
            seconds=(row.ended_at - row.started_at).total_seconds() if row.ended_at else None,
            outcome=row.outcome,
            provider_id=row.provider_id,
            code=row.code,
            detail=row.detail,
        )
        for row in rows
    )
    taken = sorted(line.seconds for line in lines if line.seconds is not None)
    return ProviderReport(
        provider=provider,
        since=since,
        until=engine.clock.now(),
        outcomes=dict(Counter(line.outcome for line in lines)),
        codes=dict(Counter(line.code for line in lines if line.code)),
        slow=taken[int(len(taken) * 0.95)] if taken else None,
        attempts=lines,
    )
