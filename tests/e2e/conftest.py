from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from tests.e2e.nursery import Nursery
from tests.e2e.processes import Node, company

#: Answers a request as somebody else's server.
Answer = Callable[[web.Request], Awaitable[web.StreamResponse]]
#: Starts such a server, which answers at every address, and says its port.
Neighbour = Callable[[Answer], Awaitable[int]]


@pytest.fixture(scope="session")
def nursery() -> Iterator[Nursery]:
    """Where nodes are forked."""
    made = Nursery()
    yield made
    made.close()


@pytest.fixture
async def node(database_url: str, tmp_path: Path, nursery: Nursery) -> AsyncIterator[Node]:
    """A node that is not started yet, on SQLite and on PostgreSQL."""
    made = Node(company(tmp_path), database_url, tmp_path, nursery=nursery)
    try:
        yield made
    finally:
        await made.stop()


@pytest.fixture
async def neighbour() -> AsyncIterator[Neighbour]:
    """Servers of the test's own around the node; they end with the test."""
    async with AsyncExitStack() as stack:

        async def start(answer: Answer) -> int:
            app = web.Application()
            app.router.add_route("*", "/{anywhere:.*}", answer)
            server = await stack.enter_async_context(TestServer(app))
            assert server.port is not None
            return server.port

        yield start
