"""Looking after what would otherwise go quiet: alerts nobody repeats, senders that stop, this engine itself."""

from __future__ import annotations

from collections import defaultdict
from datetime import timedelta

from notifiers.http import NotCarriedOut, NoTelling, PrivateAddress
from oncall.config.words import format_length
from oncall.engine import Engine
from oncall.incident import gone_stale
from oncall.services.changes import Changes
from oncall.services.trouble import open_trouble
from oncall.store import (
    access,
    deploys,
    grouping_answers,
    heartbeats,
    inbox,
    phone,
    replies,
    rotation_findings,
    shift_checks,
    silences,
    unowned,
)
from oncall.store import alerts as alert_rows
from oncall.store import incidents as incident_rows
from oncall.store import pages as page_rows

#: What is deleted in time, and how long it is kept: processed bodies and replies for replay, the rest to be looked at.
OLD_ROWS = (
    (inbox.forget, timedelta(days=7)),
    (replies.forget, timedelta(days=7)),
    (deploys.forget, timedelta(days=90)),
    (unowned.forget, timedelta(days=30)),
    # Later than this, hardly anybody says whether two alerts belonged together.
    (grouping_answers.forget_unanswered, timedelta(days=35)),
    (rotation_findings.forget_told, timedelta(days=14)),
    (shift_checks.forget, timedelta(days=90)),
    (silences.forget_log, timedelta(days=30)),
    (phone.forget, timedelta(days=90)),
    (page_rows.forget_loose, timedelta(days=90)),
    (access.forget_expired, timedelta(days=30)),
)
#: Rows one clean-up transaction deletes.
MOST = 500
#: A sender is late after so many missed beats.
MISSED_BEATS = 3


async def mark_stale(engine: Engine) -> int:
    """Alerts that nobody repeated for too long are marked, and the people of the incident are told; how many."""
    now = engine.clock.now()
    after = engine.directory.defaults.stale_after
    async with engine.database.write() as tx:
        silent = await alert_rows.silent_since(tx, now - after)
        if not silent:
            return 0
        await alert_rows.mark_stale(tx, [episode.id for episode in silent])
        by_incident: dict[int, list[str]] = defaultdict(list)
        for episode in silent:
            by_incident[episode.incident].append(episode.name)
        found = await incident_rows.get(tx, by_incident.keys(), lock=True)
        changes = Changes(engine, now)
        why = f"not repeated for {format_length(after)}, and no resolved came: check it, then resolve this incident"
        for number, names in by_incident.items():
            if found[number].resolved_at is None:
                changes.add(gone_stale(found[number], names=tuple(names), why=why, now=now))
        await changes.write(tx)
    engine.wake.delivery.set()
    return len(silent)


async def check_heartbeats(engine: Engine) -> int:
    """Page the team of each Alertmanager whose Watchdog stopped; how many did."""
    now = engine.clock.now()
    late = 0
    async with engine.database.write() as tx:
        beats = await heartbeats.all_beats(tx)
        for integration in engine.directory.integrations:
            expected = integration.heartbeat
            if expected is None or integration.name not in beats:
                continue
            seen, incident = beats[integration.name]
            engine.metrics.heartbeat_age.labels(integration.name).set((now - seen).total_seconds())
            if incident is not None or now - seen <= expected.every * MISSED_BEATS:
                continue
            title = f"No {expected.alertname} from {integration.name} since {seen:%H:%M} UTC: its alerts may not arrive"
            number = await open_trouble(
                engine,
                tx,
                title=title,
                service="alertmanager",
                why="its heartbeat stopped",
                now=now,
                team=expected.team,
            )
            await heartbeats.missed(tx, integration.name, number)
            late += 1
    if late:
        engine.wake.escalation.set()
    return late


async def call_outside(engine: Engine) -> bool:
    """Tell the outside address that this engine lives; True if it heard.

    Only while the database can be read and written: an engine that cannot work must not sound healthy.
    """
    url = engine.settings.heartbeat_url.reveal()
    if not url or engine.database.fault:
        return False
    await measure(engine)
    try:
        answer = await engine.http.request("GET", url, timeout_seconds=10, headers={"User-Agent": "oncall"})
    except (NotCarriedOut, NoTelling, PrivateAddress):
        return False
    return answer.status < 400


async def tell_held_off(engine: Engine) -> int:
    """Page for each integration whose bodies this node lately refused to take: its alerts are late; how many are new."""
    now = engine.clock.now()
    refused = engine.admission.take_refused()
    told = 0
    for name, why in refused.items():
        integration = engine.organisation.integrations_by_name.get(name)
        key = f"oncall/intake/{name}"
        async with engine.database.write() as tx:
            if integration is None or await incident_rows.open_by_group(tx, [key]):
                continue
            await open_trouble(
                engine,
                tx,
                title=f"Alerts from {name} are late: {why}",
                service="oncall",
                why="the engine answers 503, so its sender tries again; others are not held up",
                now=now,
                team=integration.fallback_team or "",
                group_key=key,
            )
        told += 1
    if told:
        engine.wake.escalation.set()
    return told


async def measure(engine: Engine) -> None:
    """Bring the gauges up to date."""
    async with engine.database.read() as tx:
        waiting = await inbox.waiting(tx)
        counts = await incident_rows.count_open(tx)
    engine.admission.measured(waiting)
    engine.metrics.queue.set(sum(waiting.values()))
    for status in ("triggered", "acknowledged"):
        engine.metrics.incidents.labels(status).set(counts.get(status, 0))


async def forget_old(engine: Engine) -> int:
    """Delete what is past its time, a small batch at a time; how many rows."""
    total = 0
    now = engine.clock.now()
    for forget, length in OLD_ROWS:
        while True:
            async with engine.database.write() as tx:
                gone = await forget(tx, now - length, MOST)
            total += gone
            if gone < MOST:
                break
    return total
