"""A provider in a process of its own, that takes texts and notes when each request arrives."""

from __future__ import annotations

import asyncio
import contextlib
import multiprocessing
import time
from collections.abc import Iterator
from multiprocessing.connection import Connection

import aiohttp
import uvloop
from aiohttp import web

ANSWER = '{"sid": "SM%032d", "status": "queued"}'


@contextlib.contextmanager
def running() -> Iterator[str]:
    """Its address."""
    ours, theirs = multiprocessing.get_context("spawn").Pipe()
    process = multiprocessing.get_context("spawn").Process(target=provide, args=(theirs,), daemon=True)
    process.start()
    try:
        yield f"http://127.0.0.1:{ours.recv()}"
    finally:
        process.terminate()
        process.join()


def provide(told: Connection) -> None:
    """Take texts until the process is ended; `GET /arrived` says when each came, and forgets it."""
    arrived: list[float] = []

    async def take(request: web.Request) -> web.Response:
        arrived.append(time.time())
        await request.read()
        return web.Response(status=201, text=ANSWER % len(arrived), content_type="application/json")

    async def say(_request: web.Request) -> web.Response:
        said = web.json_response(arrived)
        arrived.clear()
        return said

    async def run() -> None:
        app = web.Application()
        app.router.add_get("/arrived", say)
        app.router.add_post("/{rest:.*}", take)
        runner = web.AppRunner(app, access_log=None)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0, backlog=1024).start()
        told.send(runner.addresses[0][1])
        await asyncio.Event().wait()

    uvloop.run(run())


async def arrivals(url: str) -> list[float]:
    """When what was sent so far arrived."""
    async with aiohttp.ClientSession() as session, session.get(f"{url}/arrived") as answer:
        found: list[float] = await answer.json()
        return found
