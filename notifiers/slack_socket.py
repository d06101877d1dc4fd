"""Socket Mode: Slack's clicks, commands and events over a connection we open, so that no public address is needed."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from slack_sdk.socket_mode.aiohttp import SocketModeClient
from slack_sdk.socket_mode.async_client import AsyncBaseSocketModeClient
from slack_sdk.socket_mode.request import SocketModeRequest
from slack_sdk.socket_mode.response import SocketModeResponse

from notifiers.slack_api import SlackApi

#: Handles one envelope: its type ("interactive", "slash_commands", "events_api") and payload; returns what to answer.
Handler = Callable[[str, Mapping[str, Any]], Awaitable[Mapping[str, Any] | None]]

#: Slack waits three seconds for the answer to an envelope.
ANSWER_SECONDS = 2.5


class SlackSocket:
    """One connection that is kept open; Slack sends each envelope to one of an app's connections."""

    def __init__(self, api: SlackApi, app_token: str, handle: Handler) -> None:
        self._api = api
        self._token = app_token
        self._handle = handle
        self._client: SocketModeClient | None = None

    async def open(self) -> None:
        """Connect, and stay connected until `close`; the client reconnects by itself."""
        client = SocketModeClient(app_token=self._token, web_client=self._api.client)
        client.proxy = None
        client.socket_mode_request_listeners.append(self._take)
        self._client = client
        await client.connect()  # type: ignore[no-untyped-call]

    async def close(self) -> None:
        """Disconnect."""
        if self._client is not None:
            await self._client.close()  # type: ignore[no-untyped-call]
            self._client = None

    async def _take(self, client: AsyncBaseSocketModeClient, request: SocketModeRequest) -> None:
        """Answer in time whatever the handler does; an envelope that is not answered is shown as an error."""
        answer: Mapping[str, Any] | None = None
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                answer = await self._handle(request.type, request.payload)
        except TimeoutError:
            answer = {"text": "That takes longer than usual."} if request.type == "slash_commands" else None
        payload = dict(answer) if answer else None
        await client.send_socket_mode_response(SocketModeResponse(envelope_id=request.envelope_id, payload=payload))
