"""The one HTTP client, against a real socket."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from notifiers.http import LONGEST_ANSWER, Http, NotCarriedOut, NoTelling, PrivateAddress


@pytest.fixture
async def http() -> AsyncIterator[Http]:
    client = Http(allow_private=True)
    yield client
    await client.close()


@pytest.fixture
async def server() -> AsyncIterator[TestServer]:
    async def in_parts(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        for part in (b'{"sid": ', b'"SM1"}'):
            await response.write(part)
            await asyncio.sleep(0)
        return response

    async def endless(_request: web.Request) -> web.Response:
        return web.Response(body=b"x" * (LONGEST_ANSWER + 10))

    async def elsewhere(_request: web.Request) -> web.Response:
        raise web.HTTPFound("/parts")

    app = web.Application()
    app.router.add_post("/parts", in_parts)
    app.router.add_post("/endless", endless)
    app.router.add_post("/elsewhere", elsewhere)
    async with TestServer(app) as server:
        yield server


async def _post(http: Http, url: object, *, seconds: float = 5) -> object:
    return await http.request("POST", str(url), timeout_seconds=seconds, headers={}, body=b"{}")


async def test_an_answer_that_comes_in_parts_is_whole(http: Http, server: TestServer) -> None:
    answer = await http.request("POST", str(server.make_url("/parts")), timeout_seconds=5, headers={}, body=b"")
    assert answer.json() == {"sid": "SM1"}


async def test_an_endless_answer_is_cut(http: Http, server: TestServer) -> None:
    answer = await http.request("POST", str(server.make_url("/endless")), timeout_seconds=5, headers={}, body=b"")
    assert len(answer.body) == LONGEST_ANSWER


async def test_a_redirect_is_an_answer_and_is_not_followed(http: Http, server: TestServer) -> None:
    answer = await http.request("POST", str(server.make_url("/elsewhere")), timeout_seconds=5, headers={}, body=b"")
    assert answer.status == 302


async def test_what_cannot_be_connected_to_was_not_carried_out(http: Http, unused_tcp_port: int) -> None:
    with pytest.raises(NotCarriedOut):
        await _post(http, f"http://127.0.0.1:{unused_tcp_port}/")


async def test_what_is_no_address_was_not_carried_out(http: Http) -> None:
    with pytest.raises(NotCarriedOut):
        await _post(http, "http://[broken/")


async def test_a_server_that_hangs_leaves_no_telling(http: Http) -> None:
    ended = asyncio.Event()

    async def hang(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()
        await writer.wait_closed()
        ended.set()

    listener = await asyncio.start_server(hang, "127.0.0.1", 0)
    port = listener.sockets[0].getsockname()[1]
    with pytest.raises(NoTelling):
        await _post(http, f"http://127.0.0.1:{port}/", seconds=0.1)
    await asyncio.wait_for(ended.wait(), 5)
    listener.close()
    await listener.wait_closed()


async def test_an_address_a_person_wrote_never_leads_inside(server: TestServer) -> None:
    guarded = Http()
    with pytest.raises(PrivateAddress):
        await _post(guarded, server.make_url("/parts"))
    await guarded.close()
