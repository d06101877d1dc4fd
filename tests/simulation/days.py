"""Hours and days of a cluster whose nodes are well: from one due instant to the next, with people who answer or sleep."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from oncall.store.schema import inbox, involvement, page
from tests.simulation.cluster import LEASE, STAGES, Cluster

#: How often Alertmanager sends a group again in which nothing changed.
REPEAT = timedelta(minutes=90)
#: How often the periodic jobs run, and nodes look around, while nothing else happens: time is simulated, work is not.
JOBS_EVERY = timedelta(hours=6)
#: So long a person who is awake takes to answer.
ANSWERS_AFTER = timedelta(minutes=1)
#: Rounds without progress before whatever waits is taken to wait for a lease.
FRUITLESS = 3
#: Rounds at one instant; more than any storm needs.
MOST_ROUNDS = 60

_AGENDA = sa.union_all(
    sa.select(
        sa.literal("escalation"),
        sa.func.count(sa.case((involvement.c.next_due_at <= sa.bindparam("now"), 1))),
        sa.func.min(sa.case((involvement.c.next_due_at > sa.bindparam("now"), involvement.c.next_due_at))),
    ),
    *(
        sa.select(
            sa.literal(status),
            sa.func.count(sa.case((instant <= sa.bindparam("now"), 1))),
            sa.func.min(sa.case((instant > sa.bindparam("now"), instant))),
        ).where(page.c.status == status)
        for status, instant in (("planned", page.c.due_at), ("sending", page.c.leased_until))
    ),
    sa.select(sa.literal("intake"), sa.func.count(), sa.null()).where(inbox.c.processed_at.is_(None)),
)


@dataclass(frozen=True)
class Agenda:
    """What waits for the nodes: how much of each stage now, and the next instant at which there is more."""

    waiting: dict[str, int]
    later: datetime | None


async def agenda(cluster: Cluster) -> Agenda:
    """What the database says there is to do."""
    async with cluster.nodes[0].engine.database.read() as tx:
        rows = (await tx.execute(_AGENDA, {"now": cluster.now()})).all()
    waiting = {stage: count for stage, count, _ in rows}
    waiting["delivery"] = waiting.pop("planned") + waiting.pop("sending")
    return Agenda(waiting, min((instant for _, _, instant in rows if instant is not None), default=None))


async def live(cluster: Cluster, length: timedelta, awake: Collection[str] = (), *, busy: int) -> None:
    """Healthy nodes work for that long; whoever is awake acknowledges what they are paged for.

    It ends before that after so many instants at which there was something to do.
    """
    end = cluster.now() + length
    repeated = looked = cluster.now()
    cluster.outside.forget_asked()
    while cluster.now() < end and busy > 0:
        worked, later = await work_off(cluster)
        busy -= worked
        instants = (later, end, looked + JOBS_EVERY, repeated + REPEAT, cluster.outside.asked_at(after=ANSWERS_AFTER))
        cluster.wait(max(min(filter(None, instants)), cluster.now()) - cluster.now())
        await _answer(cluster, awake)
        if cluster.now() - looked >= JOBS_EVERY:
            looked = cluster.now()
            await look_around(cluster)
        if cluster.now() - repeated >= REPEAT:
            repeated = cluster.now()
            for group in cluster.senders:
                await cluster.flush(group, cluster.turn())
    await work_off(cluster)


async def look_around(cluster: Cluster) -> None:
    """The periodic jobs, and every stage once though nothing may be due."""
    for stage in ("jobs", *STAGES):
        assert await cluster.work(stage, cluster.turn()), f"{stage} fails on a healthy node"


async def work_off(cluster: Cluster) -> tuple[bool, datetime | None]:
    """Nodes work in turns until nothing waits at this instant, or only for a lease.

    Whether there was anything to do, and when there is more.
    """
    before, fruitless = await agenda(cluster), 0
    worked = any(before.waiting.values())
    for _ in range(MOST_ROUNDS):
        node = cluster.turn()
        for stage in STAGES:
            if before.waiting[stage]:
                assert await cluster.work(stage, node), f"{stage} fails on a healthy node"
        after = await agenda(cluster)
        fruitless = fruitless + 1 if after.waiting == before.waiting else 0
        before = after
        if not any(after.waiting.values()):
            return worked, after.later
        if fruitless >= FRUITLESS:
            return worked, min(after.later or cluster.now() + LEASE, cluster.now() + LEASE)
    raise AssertionError(f"the cluster never comes to rest: {before}")


async def settle(cluster: Cluster) -> None:
    """Everything that waits is delivered and worked off by nodes that live."""
    for group, sender in cluster.senders.items():
        if sender.waiting is not None:
            assert await cluster.flush(group, 0) or await cluster.flush(group, 1), "healthy nodes refuse a body"
    cluster.outside.answers.clear()
    for _ in range(2):
        # Leases of the dead run out.
        cluster.wait(LEASE)
        await work_off(cluster)


async def _answer(cluster: Cluster, awake: Collection[str]) -> None:
    """Whoever is awake says "ack all" to pages of a while ago, and "confirm" when they are reminded."""
    for address, kind in cluster.outside.take_asked(until=cluster.now() - ANSWERS_AFTER).items():
        person = cluster.person_at(address)
        if person in awake:
            await cluster.say(person, "confirm" if kind == "reminder" else "ack all", cluster.turn())
