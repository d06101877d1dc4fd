"""Doing once what several ask for at the same time: one look, one transaction, one flush for all who wait."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

_Item = TypeVar("_Item")
_Answer = TypeVar("_Answer")


class Together(Generic[_Item, _Answer]):
    """Gathers what is asked while a round is under way, and hands it to the next round as one batch.

    Args:
        most: Items of one batch.
        everybodys: Failures that concern every item alike, such as a database that is away. After any other, each item
            of the batch is tried by itself, so that one that cannot be done does not take the others with it.
    """

    def __init__(self, *, most: int, everybodys: tuple[type[Exception], ...] = ()) -> None:
        self._most = most
        self._everybodys = everybodys
        self._waiting: list[tuple[_Item, asyncio.Future[_Answer]]] = []
        self._rounds: asyncio.Task[None] | None = None

    async def ask(self, work: Callable[[Sequence[_Item]], Awaitable[Sequence[_Answer]]], item: _Item) -> _Answer:
        """The answer for this item; raises what the work raises. It is done even if nobody waits for it any more.

        `work` gives an answer for each item of a batch, in the same order; it is the same for everybody who asks.
        """
        answer: asyncio.Future[_Answer] = asyncio.get_running_loop().create_future()
        self._waiting.append((item, answer))
        if self._rounds is None:
            self._rounds = asyncio.create_task(self._run(work))
        return await answer

    async def _run(self, work: Callable[[Sequence[_Item]], Awaitable[Sequence[_Answer]]]) -> None:
        batch: list[tuple[_Item, asyncio.Future[_Answer]]] = []
        try:
            while self._waiting:
                batch, self._waiting = self._waiting[: self._most], self._waiting[self._most :]
                await self._answer(work, batch)
        except BaseException as error:
            # Whatever ends the rounds, nobody is left waiting for ever.
            for _, answer in (*batch, *self._waiting):
                if not answer.done():
                    answer.cancel() if isinstance(error, asyncio.CancelledError) else answer.set_exception(error)
            self._waiting = []
            if isinstance(error, (asyncio.CancelledError, KeyboardInterrupt, SystemExit)):
                raise
        finally:
            self._rounds = None

    async def _answer(
        self,
        work: Callable[[Sequence[_Item]], Awaitable[Sequence[_Answer]]],
        batch: Sequence[tuple[_Item, asyncio.Future[_Answer]]],
    ) -> None:
        try:
            answers = await work([item for item, _ in batch])
        except Exception as error:  # noqa: BLE001 - whatever it was, those who wait must hear of it
            if len(batch) > 1 and not isinstance(error, self._everybodys):
                for one in batch:
                    await self._answer(work, [one])
                return
            for _, waiting in batch:
                if not waiting.done():
                    waiting.set_exception(error)
            return
        for (_, waiting), said in zip(batch, answers, strict=True):
            if not waiting.done():
                waiting.set_result(said)
