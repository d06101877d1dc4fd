"""The yardstick: an HTTP server that does nothing with a body but make it durable, one row a request.

`python -m bench.ceiling --store none|sqlite|postgresql --port N --folder DIR [--url URL]`. Whatever arrives together
shares one commit (WAL, synchronous=full; synchronous_commit=on). No validation, no key, no queue behind it: what any
Python server that keeps its word about durability can reach here at most.
"""

from __future__ import annotations

import asyncio
import queue
import sqlite3
import threading
import time
from collections.abc import Callable
from pathlib import Path

import asyncpg
import click
import uvloop
from aiohttp import web

MOST = 256
Waiting = tuple[bytes, asyncio.Future[None]]


def sqlite_writer(folder: Path, waiting: queue.SimpleQueue[Waiting], loop: asyncio.AbstractEventLoop) -> None:
    connection = sqlite3.connect(folder / "ceiling.db", isolation_level=None, check_same_thread=False)
    connection.execute("pragma journal_mode=wal")
    connection.execute("pragma synchronous=full")
    connection.execute("create table if not exists body (id integer primary key, at real, body blob)")
    while True:
        batch = [waiting.get()]
        while len(batch) < MOST and not waiting.empty():
            batch.append(waiting.get())
        connection.execute("begin immediate")
        now = time.time()
        connection.executemany("insert into body (at, body) values (?, ?)", [(now, body) for body, _ in batch])
        connection.execute("commit")
        loop.call_soon_threadsafe(answer, batch)


def answer(batch: list[Waiting]) -> None:
    for _, done in batch:
        if not done.done():
            done.set_result(None)


async def postgresql_writer(url: str, waiting: asyncio.Queue[Waiting]) -> None:
    connection = await asyncpg.connect(url)
    await connection.execute("create table if not exists body (id bigserial primary key, at timestamptz, body bytea)")
    statement = "insert into body (at, body) select now(), unnest($1::bytea[])"
    while True:
        batch = [await waiting.get()]
        while len(batch) < MOST and not waiting.empty():
            batch.append(waiting.get_nowait())
        await connection.execute(statement, [body for body, _ in batch])
        answer(batch)


async def serve(store: str, port: int, folder: Path, url: str) -> None:
    loop = asyncio.get_running_loop()
    put: Callable[[Waiting], None] | None = None
    tasks = set()
    if store == "sqlite":
        plain: queue.SimpleQueue[Waiting] = queue.SimpleQueue()
        threading.Thread(target=sqlite_writer, args=(folder, plain, loop), daemon=True).start()
        put = plain.put
    elif store == "postgresql":
        shared: asyncio.Queue[Waiting] = asyncio.Queue()
        tasks.add(loop.create_task(postgresql_writer(url, shared)))
        put = shared.put_nowait

    async def receive(request: web.Request) -> web.Response:
        body = await request.read()
        if put is not None:
            done: asyncio.Future[None] = loop.create_future()
            put((body, done))
            await done
        return web.Response(text="ok")

    app = web.Application(client_max_size=1 << 26)
    app.router.add_post("/", receive)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port, backlog=1024).start()
    print("ready", flush=True)
    await asyncio.Event().wait()


@click.command()
@click.option("--store", type=click.Choice(["none", "sqlite", "postgresql"]), required=True)
@click.option("--port", type=int, required=True)
@click.option("--folder", type=click.Path(path_type=Path), required=True)
@click.option("--url", default="")
def main(store: str, port: int, folder: Path, url: str) -> None:
    """Serve until killed."""
    uvloop.run(serve(store, port, folder, url))


if __name__ == "__main__":
    main()
