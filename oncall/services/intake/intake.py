"""Taking bodies in, and turning them into incidents behind the 2xx."""

from __future__ import annotations

import asyncio
import hashlib
from datetime import datetime, timedelta

import msgspec
import structlog
from sqlalchemy.exc import DataError, IntegrityError, SQLAlchemyError

from oncall.directory import Integration
from oncall.engine import Engine
from oncall.errors import Invalid, Unavailable
from oncall.services.delivery import delivery
from oncall.services.delivery.carrying import Parcel
from oncall.services.intake.batch import Batch
from oncall.services.trouble import open_trouble
from oncall.store import inbox, leases
from oncall.store.inbox import Quarantined, Received, Waiting
from routing.alert import Severity
from routing.severity import grade
from routing.sources import BodyError, Glance, source

log = structlog.get_logger(__name__)

#: How long a node that went silent keeps others from the inbox.
LEASE = timedelta(seconds=10)
#: Bodies one transaction takes at most, and alerts after which it takes no further body.
MOST_BODIES = 128
MOST_ALERTS = 256
#: A body that failed this often is put aside, loudly.
MOST_ATTEMPTS = 3
#: A quarantined body is kept up to this many bytes.
KEPT_BYTES = 262_144


class Worked(msgspec.Struct, frozen=True):
    """What one batch took of the inbox."""

    bodies: int = 0
    alerts: int = 0
    #: Messages that are on their way; each task ends when its message is recorded.
    sending: tuple[asyncio.Task[None], ...] = ()


async def accept(engine: Engine, integration: Integration, body: bytes) -> None:
    """Return when the body is on disk; everything else happens behind it.

    Raises:
        Invalid: it is not what the integration's source sends; kept in the quarantine. `path` says where.
        Unavailable: it could not be written; the sender should try again.
    """
    started = engine.clock.now()
    try:
        with engine.admission.hold(integration, len(body), started):
            await _accept(engine, integration, body, started)
    except Unavailable:
        engine.metrics.bodies.labels(integration.name, "unavailable").inc()
        raise
    engine.metrics.bodies.labels(integration.name, "accepted").inc()
    engine.metrics.accept_seconds.observe((engine.clock.now() - started).total_seconds())
    engine.wake.intake.set()


async def _accept(engine: Engine, integration: Integration, body: bytes, started: datetime) -> None:
    try:
        seen = glance(integration, body)
    except BodyError as error:
        await _put_aside(engine, integration, body, error.what, error.path)
        engine.metrics.bodies.labels(integration.name, "refused").inc()
        raise Invalid(
            f"not a version 4 Alertmanager webhook: {error.what}",
            "Remove a custom payload from the receiver, or post what Alertmanager posts.",
            error.path,
        ) from error
    await engine.inbox.put(
        Received(
            integration=integration.name,
            received_at=started,
            priority=_priority(engine, seen),
            stream=stream_of(seen),
            body=body,
        )
    )


async def process_due(engine: Engine) -> int:
    """Process what waits in the inbox, one batch in one transaction; how many bodies were touched."""
    return (await work_off(engine)).bodies


async def work_off(engine: Engine, *, most_alerts: int = MOST_ALERTS, send: bool = False) -> Worked:
    """Process one batch of the inbox; where more waits, the intake stage is woken again.

    One node at a time, under a lease whose row stays locked until the commit. A batch that fails is tried body by
    body, so that one bad body costs itself alone. With `send` the pages of a batch behind which nothing waits are
    claimed in its own transaction, and begin with its commit: the delivery stage would find them one flush later. A
    page that cannot be claimed keeps no alert from being placed: then the batch is tried without.
    """
    now = engine.clock.now()
    try:
        return await _process(engine, now, most=min(MOST_BODIES, most_alerts), most_alerts=most_alerts, send=send)
    except Exception as error:
        engine.grouping.grouper = None
        if _database_fails(error):
            raise
        if send:
            log.exception("a batch of the inbox failed; it is tried without sending its pages")
            return await work_off(engine, most_alerts=most_alerts)
        log.exception("a batch of the inbox failed; its bodies are tried one by one")
        return await _process_singly(engine, now)


async def hand_over(engine: Engine) -> None:
    """This node stops: another may take the inbox at once."""
    async with engine.database.write() as tx:
        await leases.let_go(tx, "intake", engine.node, engine.clock.now())


def glance(integration: Integration, body: bytes) -> Glance:
    """What the door needs of a body, by the integration's source.

    Raises:
        BodyError: it is not what that source sends.
    """
    kind = source(integration.source)
    if kind is None:
        raise BodyError(f"no source is called {integration.source!r}")
    return kind.glance(body)


def stream_of(seen: Glance) -> str:
    """A short name for the source's group, whose messages must be processed in order."""
    text = f"{seen.receiver}\0{seen.group_key}"
    return hashlib.blake2b(text.encode(), digest_size=12).hexdigest()


async def _process(
    engine: Engine,
    now: datetime,
    *,
    most: int,
    most_alerts: int = MOST_ALERTS,
    only: int | None = None,
    send: bool = False,
) -> Worked:
    async with engine.database.write() as tx:
        version = await leases.hold(tx, "intake", engine.node, now, LEASE)
        if version is None:
            return Worked()
        taken = await inbox.take(tx, limit=most)
        waiting = [body for body in taken.bodies if only in {None, body.id}]
        grouper = engine.grouping.grouper
        if not waiting and (grouper is None or not grouper.looks_due(now)):
            return Worked()
        with engine.metrics.batch_seconds.time():
            batch = await Batch.begin(engine, tx, version, now)
            count = 0
            for body in waiting:
                if batch.alerts >= most_alerts:
                    break
                await batch.read(body)
                count += 1
            await batch.work()
            more = taken.more or count < len(taken.bodies) or batch.unfinished
            parcels: list[Parcel] = []
            if send and batch.changes.asks_now and not more and not _provider_down(engine, now):
                parcels = await delivery.claim_due(engine, tx, now)
    sending = delivery.begin(engine, parcels)
    engine.wake.delivery.set()
    if batch.left_due:
        engine.wake.escalation.set()
    if more:
        engine.wake.intake.set()
    return Worked(bodies=count, alerts=batch.alerts, sending=tuple(sending))


def _provider_down(engine: Engine, now: datetime) -> bool:
    """Past a provider that is down, claiming locks other incidents, for which placing alerts must not wait."""
    return any(engine.breakers.state(name, now).open for name in engine.notifiers)


async def _process_singly(engine: Engine, now: datetime) -> Worked:
    async with engine.database.read() as tx:
        taken = await inbox.take(tx, limit=MOST_BODIES)
    done = Worked()
    for body in taken.bodies:
        try:
            one = await _process(engine, now, most=MOST_BODIES, only=body.id)
        except Exception as error:
            engine.grouping.grouper = None
            if _database_fails(error):
                raise
            log.exception("a body of the inbox failed", inbox_id=body.id, integration=body.integration)
            await _failed(engine, body, error, now)
            one = Worked(bodies=1)
        done = Worked(bodies=done.bodies + one.bodies, alerts=done.alerts + one.alerts)
    engine.wake.intake.set()
    return done


def _database_fails(error: Exception) -> bool:
    """Whether it would fail for any body. A row that the database refuses is the fault of the body it came from."""
    return isinstance(error, SQLAlchemyError) and not isinstance(error, IntegrityError | DataError)


async def _failed(engine: Engine, body: Waiting, error: Exception, now: datetime) -> None:
    async with engine.database.write() as tx:
        attempts = await inbox.failed(tx, body.id, f"{type(error).__name__}: {error}"[:500])
        if attempts < MOST_ATTEMPTS:
            return
        reason = f"processing failed {attempts} times: {type(error).__name__}"
        await inbox.quarantined(
            tx,
            [
                Quarantined(
                    received_at=body.received_at,
                    integration=body.integration,
                    reason=reason,
                    path="$",
                    body=body.body[:KEPT_BYTES],
                    inbox_id=body.id,
                )
            ],
        )
        await inbox.done(tx, [body.id], now)
        title = f"A webhook body from {body.integration} could not be processed; it is in the quarantine"
        await open_trouble(engine, tx, title=title, service="oncall", why=reason, now=now)
    engine.wake.escalation.set()


async def _put_aside(engine: Engine, integration: Integration, body: bytes, reason: str, path: str) -> None:
    row = Quarantined(
        received_at=engine.clock.now(),
        integration=integration.name,
        reason=reason,
        path=path,
        body=body[:KEPT_BYTES],
    )
    async with engine.database.write() as tx:
        await inbox.quarantined(tx, [row])


def _priority(engine: Engine, seen: Glance) -> int:
    defaults = engine.directory.defaults
    graded = (grade({"severity": word}, defaults.severities, defaults.unknown_severity) for word in seen.severities)
    return 0 if any(one.severity is Severity.CRITICAL for one in graded) else 1
