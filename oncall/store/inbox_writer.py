"""Group commit: bodies that arrive together share one transaction, so that durability costs one flush for many."""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3

import structlog
from sqlalchemy.exc import SQLAlchemyError

from oncall.errors import Unavailable
from oncall.store import inbox
from oncall.store.database import Database
from oncall.store.inbox import Packed, Received

log = structlog.get_logger(__name__)

#: Bodies one transaction takes at most.
MOST = 256
#: Bytes from which compressing a batch is worth a thread.
LARGE = 32_768


class InboxWriter:
    """One task that writes whatever is waiting, then answers everybody who waited."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._waiting: asyncio.Queue[tuple[Received, asyncio.Future[None]]] = asyncio.Queue()
        #: Bodies this node has been handed since it began.
        self.taken = 0
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to write."""
        self._task = asyncio.create_task(self._run(), name="inbox writer")

    async def stop(self) -> None:
        """Write what waits, then end."""
        if self._task is not None:
            await self._waiting.join()
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task
            self._task = None

    async def put(self, body: Received) -> None:
        """Return when the body is on disk.

        Raises:
            Unavailable: it is not, and the sender should try again.
        """
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.taken += 1
        self._waiting.put_nowait((body, done))
        # The write goes on even if the caller is gone: an extra copy in the inbox is harmless, a torn batch is not.
        await asyncio.shield(done)

    async def _run(self) -> None:
        while True:
            batch = [await self._waiting.get()]
            while len(batch) < MOST and not self._waiting.empty():
                batch.append(self._waiting.get_nowait())
            try:
                packed = await self._packed([body for body, _ in batch])
                await self._database.insert(*inbox.insertion(packed, sqlite=self._database.sqlite))
            except Exception as error:
                # Whatever it was: everybody who waits must hear of it, and the next batch must be written.
                if not isinstance(error, (SQLAlchemyError, sqlite3.Error, OSError, TimeoutError)):
                    log.exception("bodies could not be written", bodies=len(batch))
                why = self._database.fault or type(error).__name__
                log.warning("bodies were refused, for the database cannot be written", bodies=len(batch), why=why)
                for _, done in batch:
                    if not done.done():
                        done.set_exception(Unavailable(f"the database cannot be written: {why}"))
            else:
                for _, done in batch:
                    if not done.done():
                        done.set_result(None)
            finally:
                for _ in batch:
                    self._waiting.task_done()

    async def _packed(self, bodies: list[Received]) -> list[Packed]:
        if sum(len(body.body) for body in bodies) < LARGE:
            return inbox.pack(bodies)
        return await asyncio.to_thread(inbox.pack, bodies)
