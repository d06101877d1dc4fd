"""Where a node may die, a database refuse and a provider fail, counted so that a history can be told again."""

from __future__ import annotations

import asyncio
import contextvars
from collections.abc import AsyncIterator, Coroutine, Generator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import OperationalError
from sqlalchemy.ext.asyncio import AsyncConnection

from notifiers.message import Message
from notifiers.outcome import Outcome, OutcomeKind
from oncall.clock import Clock
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


class Point(StrEnum):
    """What a node passes by."""

    STATEMENT = "statement"
    COMMIT = "commit"
    COMMITTED = "committed"
    MESSAGE = "message"
    AWAIT = "await"


#: Where each harm strikes.
STRIKES = {
    Harm.DEATH: frozenset(Point) - {Point.AWAIT},
    Harm.DATABASE: frozenset({Point.STATEMENT, Point.COMMIT}),
    Harm.LOST_ANSWER: frozenset({Point.COMMITTED}),
    Harm.AWAIT: frozenset({Point.AWAIT}),
}


@dataclass
class Faults:
    """One node's fate."""

    harm: Harm | None = None
    #: How many points are passed unharmed before it strikes.
    after: int = 0
    dead: bool = False
    #: What the node does at this moment.
    tasks: set[asyncio.Task[Any]] = field(default_factory=set)

    def arm(self, harm: Harm | None, after: int) -> None:
        self.harm, self.after = harm, after

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
        if harm is not Harm.DEATH:
            raise OperationalError("statement", {}, Exception(f"the database fails: {harm}"))
        self.dead = True
        raise Died

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
    task.add_done_callback(faults.tasks.discard)
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
        sa.event.listen(self.engine.sync_engine, "before_cursor_execute", self._statement)
        if self.sqlite:
            sa.event.listen(self.engine.sync_engine, "connect", _never_flush)

    @asynccontextmanager
    async def write(self) -> AsyncIterator[AsyncConnection]:
        async with super().write() as tx:
            yield tx
            self._faults.pass_by(Point.COMMIT)
        self._faults.pass_by(Point.COMMITTED)

    async def insert(self, statement: str, rows: Sequence[Any]) -> None:
        self._faults.pass_by(Point.COMMIT)
        await super().insert(statement, rows)
        self._faults.pass_by(Point.COMMITTED)

    def _statement(self, _connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        # Nothing here wakes another node either: correctness rests on row leases alone.
        assert "advisory" not in statement, "databases that speak PostgreSQL need not have advisory locks"
        self._faults.pass_by(Point.STATEMENT)


def _never_flush(connection: Any, _record: Any) -> None:
    """Here processes die, not machines; what a commit handed over to the system is there for the next node."""
    cursor = connection.cursor()
    cursor.execute("pragma synchronous=off")
    cursor.close()


class Provider(StrEnum):
    """How a provider answers one attempt, beside the outcomes it may report."""

    #: Takes the message and never answers.
    HANGS = "hangs"
    #: Takes nothing, and the notifier breaks its own promise.
    RAISES = "raises"


#: What providers do to a message, whole or broken.
CARRIED = frozenset({OutcomeKind.ACCEPTED, OutcomeKind.DELIVERED, OutcomeKind.UNKNOWN, Provider.HANGS})
#: After which the engine may, or must, send the same page again.
REPEATED = frozenset({OutcomeKind.RETRY, OutcomeKind.UNKNOWN, *Provider})


#: Messages that want an answer.
ASKING = frozenset({"page", "bundle", "reminder"})


@dataclass(frozen=True)
class Sent:
    """One message as a provider saw it."""

    at: datetime
    page: str
    kind: str
    channel: str
    address: str
    carried: bool


@dataclass
class Outside:
    """What the world has been sent, whichever node sent it."""

    sent: list[Sent] = field(default_factory=list)
    answers: list[OutcomeKind | Provider] = field(default_factory=list)
    #: Attempts whose fate the engine cannot know, or which it was asked to repeat.
    excused: int = 0
    #: Messages before this one were answered, or slept through.
    _heard: int = 0

    def forget_asked(self) -> None:
        """Whatever was sent so far is not answered any more."""
        self._heard = len(self.sent)

    def asked_at(self, *, after: timedelta) -> datetime | None:
        """When the next message is answered, if people take so long."""
        return self.sent[self._heard].at + after if self._heard < len(self.sent) else None

    def take_asked(self, *, until: datetime) -> dict[str, str]:
        """The addresses that were asked something by then, with the last thing it was."""
        asked = {}
        while self._heard < len(self.sent) and self.sent[self._heard].at <= until:
            one = self.sent[self._heard]
            self._heard += 1
            if one.carried and one.kind in ASKING:
                asked[one.address] = one.kind
        return asked


@dataclass
class Phone:
    """A channel of one node; the node may die before and after it has sent."""

    channel: str
    outside: Outside
    faults: Faults
    clock: Clock
    two_way: bool = True
    #: The engine waits two seconds longer for whoever hangs, and real time passes while the clock stands.
    timeout: float = -1.99

    async def send(self, address: str, message: Message) -> Outcome:
        self.faults.pass_by(Point.MESSAGE)
        does = self.outside.answers.pop(0) if self.outside.answers else OutcomeKind.ACCEPTED
        if does in REPEATED:
            self.outside.excused += 1
        sent = Sent(self.clock.now(), message.page_id, message.kind.value, self.channel, address, does in CARRIED)
        self.outside.sent.append(sent)
        self.faults.pass_by(Point.MESSAGE)
        if does is Provider.HANGS:
            await asyncio.Event().wait()
        if does is Provider.RAISES:
            raise KeyError("an answer nobody expected")
        assert isinstance(does, OutcomeKind)
        return Outcome(kind=does, detail="as the history says")

    async def close(self) -> None:
        pass
