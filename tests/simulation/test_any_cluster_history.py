"""Nodes die at any statement, commits fail, providers misbehave, Alertmanager retries, people answer: nothing is lost.

Hypothesis finds histories and shrinks one that fails to the shortest that does; it prints the lines to replay it.
"""

from __future__ import annotations

import asyncio
import itertools
import shutil
from collections.abc import Callable, Coroutine
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from notifiers.outcome import OutcomeKind
from oncall.services.rotations import calendars as rotations
from oncall.store.database import Database
from oncall.store.schema import metadata
from tests.simulation.cluster import GROUPS, Cluster
from tests.simulation.faults import Harm

nodes = st.integers(0, 1)
groups = st.sampled_from(GROUPS)
harms = st.sampled_from([None, None, Harm.DEATH, Harm.DATABASE])
#: A stage passes some thirty points at which it may be struck.
points = st.integers(0, 30)


class ClusterHistory(RuleBasedStateMachine):
    """What two nodes live through. `url` is a fresh database for each history."""

    fresh: Callable[[], Coroutine[Any, Any, str]]

    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.cluster = Cluster(self.runner.run(type(self).fresh()))
        self.runner.run(self._begin())

    async def _begin(self) -> None:
        self.cluster.open()

    @rule(group=groups, number=st.integers(0, 3), node=nodes, harm=harms, after=st.integers(0, 4), anew=st.booleans())
    def alertmanager_posts(self, group: str, number: int, node: int, harm: Harm | None, after: int, anew: bool) -> None:
        self.cluster.change(group, number)
        self.runner.run(self.cluster.flush(group, node, harm, after, anew=anew))

    @rule(group=groups, node=nodes)
    def alertmanager_repeats(self, group: str, node: int) -> None:
        self.runner.run(self.cluster.flush(group, node))

    @rule(stage=st.sampled_from(["intake", "escalation", "delivery", "jobs"]), node=nodes, harm=harms, after=points)
    def a_node_works(self, stage: str, node: int, harm: Harm | None, after: int) -> None:
        self.runner.run(self.cluster.work(stage, node, harm, after))

    @rule(node=nodes)
    def a_healthy_node_does_all_there_is(self, node: int) -> None:
        for stage in ("intake", "escalation", "delivery"):
            self.runner.run(self.cluster.work(stage, node))

    @rule(seconds=st.sampled_from([1, 11, 31, 61, 301, 1801]))
    def time_passes(self, seconds: int) -> None:
        self.cluster.clock.move_to(self.cluster.now() + timedelta(seconds=seconds))

    @rule(answers=st.lists(st.sampled_from(OutcomeKind), min_size=1, max_size=3))
    def providers_misbehave(self, answers: list[OutcomeKind]) -> None:
        self.cluster.outside.answers += answers

    @rule(
        person=st.sampled_from(["alice", "bob", "carol", "frank", "erin"]),
        text=st.sampled_from(["ack", "ack all", "resolve", "escalate", "confirm", "snooze 30m", "ack 1"]),
        node=nodes,
        harm=harms,
        after=points,
    )
    def somebody_answers(self, person: str, text: str, node: int, harm: Harm | None, after: int) -> None:
        self.runner.run(self.cluster.say(person, text, node, harm, after))

    @invariant()
    def the_invariants_hold(self) -> None:
        self.runner.run(self.cluster.check_now())

    def teardown(self) -> None:
        try:
            self.runner.run(self._come_to_rest())
        finally:
            self.runner.run(self.cluster.close())
            self.runner.close()

    async def _come_to_rest(self) -> None:
        await self.cluster.settle()
        await self.cluster.check_at_rest()


@pytest.fixture
async def fresh_database(backend: str, database_url: str, tmp_path: Path) -> Callable[[], Coroutine[Any, Any, str]]:
    """Makes a database that has tables and shifts and nothing else, again and again."""
    cluster = Cluster(database_url)
    cluster.open()
    await rotations.refresh(cluster.nodes[0].engine)
    database = Database(database_url)
    emptied = sorted(metadata.tables.keys() - {"segment", "feed", "rotation_finding", "lease", "counter"})
    async with database.write() as tx:
        kept = [table for table in metadata.sorted_tables if table.name in emptied]
        for table in reversed(kept):
            await tx.execute(table.delete())
    await database.close()
    await cluster.close()

    numbers = itertools.count(1)

    async def copy() -> str:
        if backend == "sqlite":
            name = f"{next(numbers)}.db"
            shutil.copy(tmp_path / "oncall.db", tmp_path / name)
            return f"sqlite+aiosqlite:///{tmp_path / name}"
        again = Database(database_url)
        async with again.write() as tx:
            for table in reversed([t for t in metadata.sorted_tables if t.name in {*emptied, "lease", "counter"}]):
                await tx.execute(table.delete())
        await again.close()
        return database_url

    return copy


def _explore(fresh: Callable[[], Coroutine[Any, Any, str]], *, histories: int, steps: int) -> None:
    machine = type("History", (ClusterHistory,), {"fresh": staticmethod(fresh)})
    limits = settings(
        max_examples=histories,
        stateful_step_count=steps,
        deadline=None,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    )
    run_state_machine_as_test(machine, settings=limits)


def test_whatever_dies_and_whenever_the_invariants_hold(
    fresh_database: Callable[[], Coroutine[Any, Any, str]],
) -> None:
    _explore(fresh_database, histories=10, steps=25)


@pytest.mark.soak
def test_long_histories(fresh_database: Callable[[], Coroutine[Any, Any, str]]) -> None:
    _explore(fresh_database, histories=500, steps=80)
