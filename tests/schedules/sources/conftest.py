"""A web server of our own and a real CalDAV server."""

from __future__ import annotations

import ipaddress

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from schedules.sources.web import Web
from tests.schedules.sources import radicale_server

LOOPBACK = (ipaddress.ip_network("127.0.0.0/8"),)


@pytest.fixture
async def allowed_web():
    """Fetches from loopback, as an operator allows it for a calendar server beside the engine."""
    found = Web(allowed=LOOPBACK, seconds=10)
    yield found
    await found.close()


@pytest.fixture
async def serve():
    """Starts a server from {path: handler}; returns its address without a trailing slash."""
    servers = []

    async def start(routes):
        app = web.Application()
        for path, handler in routes.items():
            app.router.add_route("*", path, handler)
        server = TestServer(app)
        servers.append(server)
        await server.start_server()
        return str(server.make_url("")).rstrip("/")

    yield start
    for server in servers:
        await server.close()


@pytest.fixture
async def calendar(tmp_path):
    """The http:// address of an empty calendar on a running Radicale."""
    async with radicale_server.running(tmp_path) as address:
        yield address
