"""Where a node may die or stand still and a database refuse, counted so that a history can be told again."""

from __future__ import annotations

import asyncio
import contextvars
from collections.abc import AsyncIterator, Callable, Coroutine, Generator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import OperationalError
from sqlalchemy.ext.asyncio import AsyncConnection

from oncall.store.database import Database


class Died(BaseException):
    """kill -9: nothing catches it."""


class Harm(StrEnum):
    """What happens when the count has run down."""

    #: kill -9 before or after a statement, a commit or a message.
    DEATH = "death"
    #: A statement or a commit is refused.
    DATABASE = "database"
    #: The commit is done, and the connection breaks before its answer is there.
    LOST_ANSWER = "lost answer"
    #: kill -9 while the node awaits something, be it a commit on its way.
    AWAIT = "await"
    #: The node stands still until its leases have run out, and goes on when others have taken over what it had.
    STALL = "stall"


class Point(StrEnum):
    """What a node passes by."""

    STATEMENT = "statement"
    COMMIT = "commit"
    COMMITTED = "committed"
    MESSAGE = "message"
    AWAIT = "await"


#: Where each harm strikes; a node stands still only outside of transactions, see `Faults.stand_still`.
STRIKES = {
    Harm.DEATH: frozenset(Point) - {Point.AWAIT},
    Harm.DATABASE: frozenset({Point.STATEMENT, Point.COMMIT}),
    Harm.LOST_ANSWER: frozenset({Point.COMMITTED}),
    Harm.AWAIT: frozenset({Point.AWAIT}),
    Harm.STALL: frozenset[Point](),
}

#: The node is gone; the others are failures that it has to live with.
DEADLY = frozenset({Harm.DEATH, Harm.AWAIT})

#: A stage passes more or less so many of them.
PASSED = {Harm.DEATH: 31, Harm.DATABASE: 31, Harm.AWAIT: 31, Harm.LOST_ANSWER: 4, Harm.STALL: 6}


@dataclass
class Faults:
    """One node's fate."""

    harm: Harm | None = None
    #: How many points are passed unharmed before it strikes.
    after: int = 0
    dead: bool = False
    #: What others do while the node stands still.
    meanwhile: Callable[[], Coroutine[Any, Any, None]] | None = None
    #: What the node does at this moment.
    tasks: set[asyncio.Task[Any]] = field(default_factory=set)

    def arm(self, harm: Harm | None, after: int) -> None:
        """Let it strike at one of the next points."""
        self.harm, self.after = harm, after % PASSED[harm] if harm else 0

    def pass_by(self, point: Point) -> None:
        """A point at which a node may die, or, in the database, be refused."""
        if self.dead and point is not Point.AWAIT:  # whatever it awaits now is its connections being closed
            raise Died
        if self.harm is None or point not in STRIKES[self.harm]:
            return
        if self.after > 0:
            self.after -= 1
            return
        harm, self.harm = self.harm, None
        if harm not in DEADLY:
            raise OperationalError("statement", {}, Exception(f"the database fails: {harm}"))
        self.dead = True
        raise Died

    async def stand_still(self) -> None:
        """A point at which a node may stand still, holding no lock."""
        if self.harm is not Harm.STALL:
            return
        if self.after > 0:
            self.after -= 1
            return
        self.harm = None
        assert self.meanwhile is not None
        await self.meanwhile()

    def ended(self, task: asyncio.Task[Any]) -> None:
        """A task is over; nobody asks what a dead node's came to."""
        self.tasks.discard(task)
        if self.dead and not task.cancelled():
            task.exception()

    async def end_tasks(self) -> None:
        """Nothing of the node goes on."""
        for task in list(self.tasks):
            task.cancel()
        await asyncio.gather(*self.tasks, return_exceptions=True)


#: The node on whose behalf something runs.
_FATE: contextvars.ContextVar[Faults | None] = contextvars.ContextVar("fate", default=None)


async def on_behalf_of(faults: Faults, work: Coroutine[Any, Any, None]) -> None:
    """Let a node do something: from here on, each await of its tasks is a point at which it may die."""
    context = contextvars.copy_context()
    context.run(_FATE.set, faults)
    await asyncio.create_task(work, context=context)


def stepwise(
    loop: asyncio.AbstractEventLoop, work: Any, context: contextvars.Context | None = None
) -> asyncio.Task[Any]:
    """A task factory: tasks of a node share its fate."""
    faults = _FATE.get() if context is None else context.get(_FATE)
    if faults is None:
        return asyncio.Task(work, loop=loop, context=context)
    task = asyncio.Task(_waited(_Steps(work, faults)), loop=loop, context=context)
    faults.tasks.add(task)
    task.add_done_callback(faults.ended)
    return task


async def _waited(steps: _Steps) -> Any:
    return await steps


@dataclass(frozen=True)
class _Steps:
    """A coroutine whose awaits are points a node passes by."""

    work: Coroutine[Any, Any, Any]
    faults: Faults

    def __await__(self) -> Generator[Any, Any, Any]:
        step, value = self.work.send, None
        while True:
            try:
                awaited = step(value)
            except StopIteration as done:
                return done.value
            try:
                self.faults.pass_by(Point.AWAIT)
                step, value = self.work.send, (yield awaited)
            except BaseException as error:  # noqa: BLE001 - also its own death and that somebody stops it
                step, value = self.work.throw, error


class FaultyDatabase(Database):
    """A real database that a node may lose at any statement, before a commit and right after it."""

    def __init__(self, url: str, faults: Faults) -> None:
        super().__init__(url, pool_size=4)
        self._faults = faults
        self._open: list[Any] = []
        sa.event.listen(self.engine.sync_engine, "before_cursor_execute", self._statement)
        sa.event.listen(self.engine.sync_engine, "connect", lambda connection, _: self._open.append(connection))
        if self.sqlite:
            sa.event.listen(self.engine.sync_engine, "connect", _never_flush)

    @asynccontextmanager
    async def write(self) -> AsyncIterator[AsyncConnection]:
        await self._faults.stand_still()
        async with super().write() as tx:
            yield tx
            self._faults.pass_by(Point.COMMIT)
        self._faults.pass_by(Point.COMMITTED)

    async def insert(self, statement: str, rows: Sequence[Any]) -> None:
        await self._faults.stand_still()
        self._faults.pass_by(Point.COMMIT)
        await super().insert(statement, rows)
        self._faults.pass_by(Point.COMMITTED)

    def hang_up(self) -> None:
        """The connections of a dead process break, and its server lets go of what they had locked."""
        if not self.sqlite:
            for connection in self._open:
                connection.driver_connection.terminate()

    def _statement(self, _connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        # Nothing here wakes another node either: correctness rests on row leases alone.
        assert "advisory" not in statement, "databases that speak PostgreSQL need not have advisory locks"
        self._faults.pass_by(Point.STATEMENT)


def _never_flush(connection: Any, _record: Any) -> None:
    """Here processes die, not machines; what a commit handed over to the system is there for the next node."""
    cursor = connection.cursor()
    cursor.execute("pragma synchronous=off")
    cursor.close()
