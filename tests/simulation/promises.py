"""What must hold in a cluster after every step of its history, and at rest, by the numbers of the design."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import timedelta
from itertools import pairwise

import sqlalchemy as sa

from oncall.store import rotations
from oncall.store.schema import alert, delivery, incident, page, reply, timeline
from tests.acceptance import invariants
from tests.simulation.cluster import CHANNELS, Cluster
from tests.simulation.outside import ListedPhone

#: Pages to one contact are at least so far apart, however critical they are: the rest rides along.
SPACING = timedelta(seconds=10)
#: Channels whose provider is asked before a page is sent once more.
LOOKED_UP = frozenset(name for name, kind in CHANNELS.items() if kind is ListedPhone)
_LOOKED_AT = (alert, delivery, incident, page, reply, timeline)
Rows = dict[sa.Table, list[sa.Row]]


async def check_now(cluster: Cluster) -> None:
    """What holds at every moment, also while work waits."""
    await invariants.check_always(cluster.nodes[0].engine.database)
    rows = await _rows(cluster)
    _messages_are_few(cluster)
    _only_people_acknowledge(cluster, rows)
    _replies_are_noted_once(rows)
    await _the_last_good_shifts_are_in_force(cluster)


async def check_at_rest(cluster: Cluster) -> None:
    """What holds once everything is worked off."""
    await check_now(cluster)
    await invariants.check(cluster.nodes[0].engine.database, cluster.now())
    rows = await _rows(cluster)
    expected: dict[str, str] = {}
    for sender in cluster.senders.values():
        expected |= sender.accepted
    running = {row.fingerprint for row in rows[alert] if row.ended_at is None}
    assert {row.fingerprint for row in rows[alert]} == set(expected), "invariant 1: an accepted alert is nowhere"
    assert running == {f for f, status in expected.items() if status == "firing"}, "invariant 12"
    _whoever_was_paged_is_told(rows)
    _reports_are_not_lost(cluster, rows)


async def _rows(cluster: Cluster) -> Rows:
    async with cluster.nodes[0].engine.database.read() as tx:
        return {table: list((await tx.execute(sa.select(table))).all()) for table in _LOOKED_AT}


def _messages_are_few(cluster: Cluster) -> None:
    raced = cluster.outside.raced
    excuses = cluster.deaths + cluster.failures + cluster.outside.excused + raced
    sent = Counter((one.page, one.address) for one in cluster.outside.sent)
    doubled = sent.total() - len(sent)
    assert doubled <= excuses, f"invariant 4: {doubled} messages twice, with {excuses} excuses"
    names = Counter((one.page, one.address) for one in cluster.outside.sent if one.carried and one.channel in LOOKED_UP)
    doubled = names.total() - len(names)
    assert doubled <= raced, f"invariant 4: {doubled} messages twice that could be looked up, {raced} raced"
    contacts = defaultdict(list)
    for one in cluster.outside.sent:
        if one.carried and one.kind in {"page", "bundle"}:
            contacts[one.channel, one.address].append(one.at)
    for contact, instants in contacts.items():
        close = sum(later - earlier < SPACING for earlier, later in pairwise(instants))
        assert close <= excuses, f"{contact} got {close} pages at once, with {excuses} excuses"


def _only_people_acknowledge(cluster: Cluster, rows: Rows) -> None:
    by = {e.by for e in rows[timeline] if e.kind in {"acknowledged", "confirmed", "snoozed"}}
    assert by <= cluster.spoke, f"invariant 7: {by - cluster.spoke} acknowledged and said nothing"


def _replies_are_noted_once(rows: Rows) -> None:
    answers = [row.id for row in rows[reply]]
    assert len(answers) == len(set(answers)), "invariant 9: a reply stands there twice"


async def _the_last_good_shifts_are_in_force(cluster: Cluster) -> None:
    async with cluster.nodes[0].engine.database.read() as tx:
        found = {
            s.schedule: frozenset(name for name, _ in s.on_call) for s in await rotations.segments_at(tx, cluster.now())
        }
    for rotation, versions in cluster.calendars.may_hold.items():
        allowed = [cluster.calendars.on_call(rotation, version, cluster.now()) for version in versions]
        there = found.get(rotation, frozenset())
        assert there in allowed, f"invariant 11: {rotation} has {set(there)} on call, none of {allowed}"


def _whoever_was_paged_is_told(rows: Rows) -> None:
    told = {(p.incident_id, p.person) for p in rows[page] if p.kind == "resolved"}
    for one in rows[incident]:
        if one.resolved_at is None or one.merged_into is not None:
            continue
        asked = {p.person for p in rows[page] if p.incident_id == one.id and p.kind == "page" and p.status == "sent"}
        silent = {person for person in asked - {""} if (one.id, person) not in told}
        assert silent <= {one.resolved_by}, f"invariant 12: {silent} are not told that #{one.id} is over"


def _reports_are_not_lost(cluster: Cluster, rows: Rows) -> None:
    delivered = {row.page_id for row in rows[delivery] if row.outcome == "delivered"}
    carried = {row.page_id for row in rows[delivery]}
    lost = (cluster.outside.heard_delivered & carried) - delivered
    assert not lost, f"pages {lost} were reported delivered, and nobody knows"
