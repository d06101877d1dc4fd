"""Nodes die anywhere, commits fail, providers misbehave, calendars break, people sleep or answer: nothing is lost.

Hypothesis finds histories and shrinks one that fails to the shortest that does; it prints the lines to replay it.
"""

from __future__ import annotations

import asyncio
import gc
import itertools
import logging
import shutil
import time
from collections.abc import Callable, Coroutine, Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import structlog
from hypothesis import HealthCheck, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from notifiers.outcome import OutcomeKind
from oncall.config import Loaded, load
from oncall.services.rotations import calendars as rotations
from oncall.store.database import Database
from oncall.store.schema import feed, metadata, segment
from tests.acceptance import story
from tests.simulation import promises
from tests.simulation.calendar_files import ROTATIONS, CalendarFiles, Edit
from tests.simulation.cluster import GROUPS, STAGES, Cluster
from tests.simulation.days import live, settle
from tests.simulation.faults import Harm, stepwise
from tests.simulation.outside import Provider

#: A node that dies while it connects leaves a socket that only its operating system would have closed.
pytestmark = pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning")

nodes = st.integers(0, 1)
groups = st.sampled_from(GROUPS)
harms = st.sampled_from([None, None, *Harm])
#: A stage passes some thirty points at which it may be struck.
points = st.integers(0, 30)

PEOPLE = ("alice", "bob", "carol", "dave", "frank", "erin")
#: What providers report of messages they took.
REPORTED = (OutcomeKind.ACCEPTED, OutcomeKind.DELIVERED, OutcomeKind.UNREACHABLE)
#: Who may be awake while hours go by.
AWAKE = ((), ("bob", "erin"), PEOPLE, PEOPLE)

#: What the beginning of every history has in its database.
KEPT = frozenset({"segment", "feed", "rotation_finding"})


@dataclass
class World:
    """What every history of a test begins from."""

    loaded: Loaded
    calendars: CalendarFiles
    fresh: Callable[[], Coroutine[Any, Any, str]]
    #: Hours that may go by at most in one step, and busy instants among them: where people are paged all day long, a day
    #: costs as much as a quiet month.
    patience: int = 6
    busy: int = 100
    #: Simulated hours of all histories so far.
    hours: float = 0.0


class ClusterHistory(RuleBasedStateMachine):
    """What two nodes live through."""

    world: World

    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.cluster = Cluster(self.runner.run(self.world.fresh()), self.world.loaded, self.world.calendars)
        self.broken = False
        self.runner.run(self._begin())

    def _do(self, step: Coroutine[Any, Any, Any]) -> None:
        """One step; after one that failed nothing more is expected of the cluster."""
        try:
            self.runner.run(step)
        except BaseException:
            self.broken = True
            raise

    async def _begin(self) -> None:
        asyncio.get_running_loop().set_task_factory(stepwise)
        self.cluster.open()

    @rule(group=groups, number=st.integers(0, 3), node=nodes, harm=harms, after=st.integers(0, 4), anew=st.booleans())
    def alertmanager_posts(self, group: str, number: int, node: int, harm: Harm | None, after: int, anew: bool) -> None:
        self.cluster.change(group, number)
        self._do(self.cluster.flush(group, node, harm, after, anew=anew))

    @rule(group=groups, node=nodes)
    def alertmanager_repeats(self, group: str, node: int) -> None:
        self._do(self.cluster.flush(group, node))

    @rule(troubles=st.sampled_from([5, 20, 60]), node=nodes)
    def a_storm_begins(self, troubles: int, node: int) -> None:
        self._do(self.cluster.storm(troubles, node))

    @rule(stage=st.sampled_from([*STAGES, "jobs", "calendars"]), node=nodes, harm=harms, after=points)
    def a_node_works(self, stage: str, node: int, harm: Harm | None, after: int) -> None:
        self._do(self.cluster.work(stage, node, harm, after))

    @rule(node=nodes)
    def a_healthy_node_does_all_there_is(self, node: int) -> None:
        for stage in STAGES:
            self._do(self.cluster.work(stage, node))

    @rule(seconds=st.sampled_from([1, 11, 31, 61, 301, 1801]))
    def time_passes(self, seconds: int) -> None:
        self.cluster.wait(timedelta(seconds=seconds))

    @rule(hours=st.sampled_from([1, 12, 24, 72, 168]), awake=st.sampled_from(AWAKE))
    def hours_go_by(self, hours: int, awake: tuple[str, ...]) -> None:
        length = timedelta(hours=min(hours, self.world.patience))
        self._do(live(self.cluster, length, awake, busy=self.world.busy))

    @rule(node=nodes)
    def everything_is_mended(self, node: int) -> None:
        self._do(self.cluster.all_is_over(node))

    @rule(answers=st.lists(st.sampled_from([*OutcomeKind, *Provider]), min_size=1, max_size=3))
    def providers_misbehave(self, answers: list[OutcomeKind | Provider]) -> None:
        self.cluster.outside.answers += answers

    @rule(kinds=st.lists(st.sampled_from(REPORTED), min_size=1, max_size=3))
    def providers_report_before_they_answer(self, kinds: list[OutcomeKind]) -> None:
        self.cluster.outside.reports += kinds

    @rule(rotation=st.sampled_from(sorted(ROTATIONS)), how=st.sampled_from(Edit))
    def a_calendar_changes(self, rotation: str, how: Edit) -> None:
        self.cluster.calendars.edit(rotation, how)

    @rule(
        person=st.sampled_from(PEOPLE),
        text=st.sampled_from(["ack", "ack all", "resolve", "escalate", "confirm", "snooze 30m", "ack 1"]),
        node=nodes,
        harm=harms,
        after=points,
    )
    def somebody_answers(self, person: str, text: str, node: int, harm: Harm | None, after: int) -> None:
        self._do(self.cluster.say(person, text, node, harm, after))

    @invariant()
    def the_invariants_hold(self) -> None:
        self._do(promises.check_now(self.cluster))

    def teardown(self) -> None:
        try:
            if not self.broken:
                self.runner.run(self._come_to_rest())
        finally:
            self.runner.run(self.cluster.close())
            self.runner.close()
            self.world.hours += self.cluster.lived / timedelta(hours=1)

    async def _come_to_rest(self) -> None:
        await settle(self.cluster)
        await promises.check_at_rest(self.cluster)


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    """A history says what it has to say by itself, and leaves nothing of its dead to other tests.

    The log of thousands of hours costs more than living them.
    """
    before = structlog.get_config()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    yield
    structlog.configure(**before)
    gc.collect()


@pytest.fixture
def company(tmp_path: Path) -> tuple[Loaded, CalendarFiles]:
    """A company whose calendars may be edited."""
    folder = Path(shutil.copytree(story.COMPANY, tmp_path / "company"))
    return load(folder, {}), CalendarFiles(folder / "calendars")


@pytest.fixture
async def world(backend: str, database_url: str, tmp_path: Path, company: tuple[Loaded, CalendarFiles]) -> World:
    """Databases that have tables and shifts and nothing else, again and again."""
    cluster = Cluster(database_url, *company)
    cluster.open()
    await rotations.refresh(cluster.nodes[0].engine)
    database = Database(database_url)
    async with database.write() as tx:
        for table in [t for t in reversed(metadata.sorted_tables) if t.name not in KEPT]:
            await tx.execute(table.delete())
        shifts = {t: [row._asdict() for row in (await tx.execute(t.select())).all()] for t in (feed, segment)}
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
            for table in reversed(metadata.sorted_tables):
                await tx.execute(table.delete())
            for table, rows in shifts.items():
                await tx.execute(table.insert(), rows)
        await again.close()
        return database_url

    return World(*company, copy)


def _explore(world: World, *, histories: int, steps: int, number: int | None = None) -> None:
    """Look for a history that breaks a promise; a number makes them the same ones in every run."""
    machine = type("History", (ClusterHistory,), {"world": world})
    if number is not None:
        machine = seed(number)(machine)
    limits = settings(
        max_examples=histories,
        stateful_step_count=steps,
        deadline=None,
        print_blob=True,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    )
    run_state_machine_as_test(machine, settings=limits)


def test_whatever_dies_and_whenever_the_invariants_hold(world: World) -> None:
    _explore(world, histories=4, steps=12)


def _tell(world: World, history: Callable[[ClusterHistory], None]) -> None:
    """One history that broke a promise once, step by step."""
    state = type("History", (ClusterHistory,), {"world": world})()
    try:
        history(state)
        state.the_invariants_hold()
    finally:
        state.teardown()


def test_an_alert_that_came_and_went_while_nobody_looked_begins_anew(world: World) -> None:
    def history(state: ClusterHistory) -> None:
        for number in (0, 1):
            state.alertmanager_posts(group="ledger", number=number, node=0, harm=None, after=0, anew=True)
        state.everything_is_mended(node=1)
        state.a_healthy_node_does_all_there_is(node=0)
        state.time_passes(seconds=301)
        state.alertmanager_posts(group="ledger", number=0, node=0, harm=None, after=0, anew=True)

    _tell(world, history)


def test_a_node_that_dies_at_an_await_of_its_inbox_is_replaced(world: World) -> None:
    def history(state: ClusterHistory) -> None:
        state.alertmanager_posts(group="finder", number=2, node=0, harm=Harm.AWAIT, after=3, anew=False)
        state.alertmanager_repeats(group="finder", node=0)
        assert state.cluster.deaths == 1

    _tell(world, history)


def _weeks(world: World, *, histories: int, number: int | None = None) -> None:
    began = time.process_time()
    _explore(world, histories=histories, steps=30, number=number)
    minutes = (time.process_time() - began) / 60
    print(f"{world.hours:.0f} simulated hours, {world.hours / minutes:.0f} in a minute of this processor")  # noqa: T201 - shown by -rP


@pytest.mark.weeks
@pytest.mark.parametrize("number", range(3))
def test_weeks_of_two_nodes(world: World, number: int) -> None:
    world.patience, world.busy = 168, 30
    _weeks(world, histories=8, number=number)


@pytest.mark.soak
def test_other_weeks_in_every_run(world: World) -> None:
    world.patience, world.busy = 168, 2000
    _weeks(world, histories=20)
