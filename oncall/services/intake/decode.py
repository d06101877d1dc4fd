"""From a waiting body to the alerts this batch takes of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from oncall.directory import Integration
from oncall.engine import Engine
from oncall.store.inbox import Quarantined, Waiting
from routing.alert import Alert, SourceGroup
from routing.sources import BodyError, Decoded, source

#: Alerts of one body that one transaction takes; the rest follows in the next, so that a body of thousands does
#: not hold up pages.
SLICE = 256


@dataclass(frozen=True, slots=True)
class Body:
    """The part of a body that one batch works on."""

    inbox_id: int
    integration: Integration
    received_at: datetime
    stream: str
    group: SourceGroup
    alerts: tuple[Alert, ...]
    #: How many alerts are done after this batch, and whether more follow.
    done: int
    unfinished: bool
    #: Every fingerprint of the whole body.
    fingerprints: frozenset[str]


def bodies_of(engine: Engine, waiting: Waiting) -> tuple[Body | None, list[Quarantined]]:
    """The next slice of a body, None where it cannot be used (any more); and what goes to the quarantine."""
    body = waiting.body
    integration = engine.organisation.integrations_by_name.get(waiting.integration)
    if integration is None:
        why = f"the integration {waiting.integration!r} is no longer configured; add it and replay"
        return None, [_aside(waiting, why, "$", body)]
    kind = source(integration.source)
    if kind is None:
        return None, [_aside(waiting, f"no source is called {integration.source!r}", "$", body)]
    try:
        decoded = kind.decode(body)
    except BodyError as error:
        return None, [_aside(waiting, error.what, error.path, body)]
    rejected = [] if waiting.done else [_aside(waiting, r.reason, r.path, r.raw.encode()) for r in decoded.rejected]
    return _slice(waiting, integration, decoded), rejected


def _slice(waiting: Waiting, integration: Integration, decoded: Decoded) -> Body:
    end = waiting.done + SLICE
    return Body(
        inbox_id=waiting.id,
        integration=integration,
        received_at=waiting.received_at,
        stream=waiting.stream,
        group=decoded.group,
        alerts=decoded.alerts[waiting.done : end],
        done=end,
        unfinished=end < len(decoded.alerts),
        fingerprints=frozenset(alert.fingerprint for alert in decoded.alerts),
    )


def _aside(waiting: Waiting, reason: str, path: str, body: bytes) -> Quarantined:
    return Quarantined(
        received_at=waiting.received_at,
        integration=waiting.integration,
        reason=reason,
        path=path,
        body=body[:262_144],
        inbox_id=waiting.id,
    )
