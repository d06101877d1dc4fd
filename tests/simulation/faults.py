"""Where a node may die and a database may refuse, counted so that a history can be told again."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import OperationalError
from sqlalchemy.ext.asyncio import AsyncConnection

from notifiers.message import Message
from notifiers.outcome import Outcome, OutcomeKind
from oncall.store.database import Database


class Died(BaseException):
    """kill -9: nothing catches it."""


class Harm(StrEnum):
    """What happens when the count has run down."""

    DEATH = "death"
    DATABASE = "database"


@dataclass
class Faults:
    """One node's fate."""

    harm: Harm | None = None
    #: How many points are passed unharmed before it strikes.
    after: int = 0
    dead: bool = False
    struck: int = 0

    def arm(self, harm: Harm | None, after: int) -> None:
        self.harm, self.after = harm, after

    def pass_by(self, *, database: bool) -> None:
        """A point at which a node may die, or, in the database, be refused."""
        if self.dead:
            raise Died
        if self.harm is None or (self.harm is Harm.DATABASE and not database):
            return
        if self.after > 0:
            self.after -= 1
            return
        harm, self.harm = self.harm, None
        self.struck += 1
        if harm is Harm.DATABASE:
            raise OperationalError("statement", {}, Exception("the disk is full"))
        self.dead = True
        raise Died


class FaultyDatabase(Database):
    """A real database that a node may lose at any statement, before a commit and right after it."""

    def __init__(self, url: str, faults: Faults) -> None:
        super().__init__(url, pool_size=4)
        self._faults = faults
        sa.event.listen(self.engine.sync_engine, "before_cursor_execute", self._statement)

    @asynccontextmanager
    async def write(self) -> AsyncIterator[AsyncConnection]:
        async with super().write() as tx:
            yield tx
            self._faults.pass_by(database=True)
        self._faults.pass_by(database=False)

    async def insert(self, statement: str, rows: Sequence[Any]) -> None:
        self._faults.pass_by(database=True)
        await super().insert(statement, rows)
        self._faults.pass_by(database=False)

    def _statement(self, *_: Any) -> None:
        self._faults.pass_by(database=True)


@dataclass
class Outside:
    """What the world has been sent, whichever node sent it: page and address."""

    sent: list[tuple[str, str]] = field(default_factory=list)
    answers: list[OutcomeKind] = field(default_factory=list)
    #: Attempts whose fate the engine cannot know, or which it was asked to repeat.
    excused: int = 0


@dataclass
class Phone:
    """A channel of one node; the node may die before and after it has sent."""

    channel: str
    outside: Outside
    faults: Faults
    two_way: bool = True
    timeout: float = 5.0

    async def send(self, address: str, message: Message) -> Outcome:
        self.faults.pass_by(database=False)
        kind = self.outside.answers.pop(0) if self.outside.answers else OutcomeKind.ACCEPTED
        if kind in {OutcomeKind.RETRY, OutcomeKind.UNKNOWN}:
            self.outside.excused += 1
        self.outside.sent.append((message.page_id, address))
        self.faults.pass_by(database=False)
        return Outcome(kind=kind, detail="as the history says")

    async def close(self) -> None:
        pass
