"""A local Slack: Web API, signed requests to the engine, and Socket Mode.

async with SlackStandin(engine_url="http://127.0.0.1:8080") as slack:
slack.workspace.add_user("U0000ALICE", email="alice@example.com")
...  # start the engine with ONCALL_SLACK_API_BASE=slack.url, ONCALL_SLACK_BOT_TOKEN=slack.bot_token, ...
await slack.click(slack.workspace.posts[0], "Acknowledge", user="U0000ALICE")
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import hmac
import json
import secrets
from collections import Counter
from collections.abc import Mapping
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlencode

import aiohttp
from aiohttp import web

from oncall.clock import Clock, SystemClock
from oncall.standins.faults import Faults
from oncall.standins.slack_page import SlackPage
from oncall.standins.slack_rules import APP_METHODS, METHODS, argument_faults
from oncall.standins.slack_workspace import Post, Refuse, Workspace
from oncall.standins.violations import Violations

_FAULT_NAMES = {429: "ratelimited", 500: "fatal_error", 503: "service_unavailable"}


class SlackStandin:
    """One workspace on a free local port.

    Args:
        engine_url: Where the engine listens for actions, commands and events.
        port: Of this server; any free one by default.

    Attributes:
        workspace: Users, channels, groups and everything that was posted.
        responses: What was posted to response addresses, in order.
        faults: Tell it to misbehave.
        wrong: What the modal that was saved last says is wrong, by block id.
        scopes_missing: Methods that answer `missing_scope`.
    """

    def __init__(
        self,
        *,
        engine_url: str = "http://127.0.0.1:8080",
        bot_token: str = "xoxb-standin",  # noqa: S107 - of this local workspace
        app_token: str = "xapp-standin",  # noqa: S107 - of this local workspace
        signing_secret: str = "8f742231b10e8888abcd99yyyzzz85a5",  # noqa: S107 - of this local workspace
        clock: Clock | None = None,
        port: int = 0,
    ) -> None:
        self.engine_url = engine_url.rstrip("/")
        self.bot_token, self.app_token, self.signing_secret = bot_token, app_token, signing_secret
        self.workspace = Workspace()
        self.responses: list[Mapping[str, Any]] = []
        self.scopes_missing: set[str] = set()
        self.violations = Violations("Slack")
        self.faults = Faults(lambda status: _refused(_FAULT_NAMES[status], status))
        #: How often each method was called.
        self.calls: Counter[str] = Counter()
        self.url = ""
        self.wrong: dict[str, str] = {}
        self.sockets: list[web.WebSocketResponse] = []
        self._acks: dict[str, asyncio.Future[Mapping[str, Any]]] = {}
        self._clock = clock or SystemClock()
        self._port = port
        self._askers: dict[str, str] = {}
        #: The workspace as a browser shows it, at the root of this server.
        self.page = SlackPage(self)
        self._runner: web.AppRunner | None = None
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        """Listen."""
        app = web.Application()
        app.router.add_route("*", "/api/{method}", self._api)
        app.router.add_get("/link", self._link)
        app.router.add_post("/response/{token}", self._response)
        self.page.add_to(app.router)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", self._port).start()
        host, port = self._runner.addresses[0][:2]
        self.url = f"http://{host}:{port}/api"
        self._session = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=3))
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop, and raise `RulesBroken` if the engine broke a rule."""
        await self.stop()
        if error is None:
            self.violations.raise_if_any()

    async def stop(self) -> None:
        """Listen no more; whoever was kept hanging is let go."""
        self.faults.close()
        for socket in self.sockets:
            await socket.close()
        if self._session is not None:
            await self._session.close()
        if self._runner is not None:
            await self._runner.cleanup()

    async def click(self, post: Post, name: str, *, user: str, trigger: str = "", action_ts: str = "") -> int:
        """Press a button by its label or action id; the engine's HTTP status (200 for a socket)."""
        pressed = post.button(name)
        payload = {
            "type": "block_actions",
            "user": {"id": user, "username": user.lower(), "team_id": "T0000TEAM"},
            "api_app_id": "A0000APP",
            "container": {"type": "message", "message_ts": post.ts, "channel_id": post.channel},
            "trigger_id": trigger or self.workspace.trigger(),
            "team": {"id": "T0000TEAM", "domain": "example"},
            "channel": {"id": post.channel, "name": "somewhere"},
            "message": {"type": "message", "text": post.text, "ts": post.ts, "blocks": post.blocks},
            "state": {"values": {}},
            "response_url": self.response_url(user),
            "actions": [{**pressed, "action_ts": action_ts or f"{self._clock.now().timestamp():.6f}"}],
        }
        return await self.interact(payload)

    async def submit(self, view: Mapping[str, Any], values: Mapping[str, str], *, user: str) -> int:
        """Save a modal with values by block id."""
        state = {
            block["block_id"]: {
                block["element"]["action_id"]: {
                    "type": block["element"]["type"],
                    ("selected_user" if block["element"]["type"] == "users_select" else "value"): values.get(
                        block["block_id"]
                    ),
                }
            }
            for block in view["blocks"]
        }
        payload = {
            "type": "view_submission",
            "team": {"id": "T0000TEAM", "domain": "example"},
            "user": {"id": user, "username": user.lower(), "team_id": "T0000TEAM"},
            "api_app_id": "A0000APP",
            "trigger_id": self.workspace.trigger(),
            "view": {**view, "state": {"values": state}},
            "response_urls": [],
        }
        return await self.interact(payload)

    async def interact(self, payload: Mapping[str, Any]) -> int:
        """A click or a saved modal, through a socket if one is open; what is wrong in a modal is in `wrong`."""
        if self.sockets:
            status, answer = 200, (await self.envelope("interactive", payload)).get("payload")
        else:
            form = {"payload": json.dumps(payload)}
            status, body = await self.post("/webhooks/slack/actions", urlencode(form).encode(), _FORM)
            answer = json.loads(body) if status == 200 and body else None
        self.wrong = {}
        if answer:
            known = {block.get("block_id") for block in payload.get("view", {}).get("blocks", ())}
            self.wrong = dict(answer.get("errors") or {})
            if answer.get("response_action") != "errors" or not self.wrong or not self.wrong.keys() <= known:
                self.violations.add(f"{payload['type']} was answered with {answer}")
        return status

    async def command(self, text: str, *, user: str, channel: str = "C0000ONCALL") -> str:
        """`/oncall text`; what the engine answers at once."""
        form = {
            "team_id": "T0000TEAM",
            "channel_id": channel,
            "user_id": user,
            "command": "/oncall",
            "text": text,
            "api_app_id": "A0000APP",
            "response_url": self.response_url(user),
            "trigger_id": self.workspace.trigger(),
        }
        if self.sockets:
            answer = await self.envelope("slash_commands", form)
            return str((answer.get("payload") or {}).get("text", ""))
        status, body = await self.post("/webhooks/slack/commands", urlencode(form).encode(), _FORM)
        if status != 200:
            self.violations.add(f"the command address answered {status}")
            return ""
        return str(json.loads(body).get("text", "")) if body else ""

    async def event(self, payload: Mapping[str, Any]) -> tuple[int, str]:
        """An event; the engine's HTTP status and answer."""
        return await self.post("/webhooks/slack/events", json.dumps(payload).encode(), "application/json")

    async def post(
        self, path: str, body: bytes, content_type: str, *, skew: int = 0, secret: str = ""
    ) -> tuple[int, str]:
        """One signed request to the engine, by a clock that is `skew` seconds off."""
        if self._session is None:
            raise RuntimeError("the stand-in is not running")
        timestamp = str(int(self._clock.now().timestamp()) + skew)
        signed = b"v0:" + timestamp.encode() + b":" + body
        signature = hmac.new((secret or self.signing_secret).encode(), signed, hashlib.sha256).hexdigest()
        headers = {
            "Content-Type": content_type,
            "X-Slack-Request-Timestamp": timestamp,
            "X-Slack-Signature": f"v0={signature}",
        }
        async with self._session.post(self.engine_url + path, data=body, headers=headers) as response:
            return response.status, await response.text()

    async def envelope(self, kind: str, payload: Mapping[str, Any]) -> Mapping[str, Any]:
        """Send an envelope through the newest socket; the engine's acknowledgement of it, due within 3 s."""
        name = secrets.token_hex(8)
        future: asyncio.Future[Mapping[str, Any]] = asyncio.get_running_loop().create_future()
        self._acks[name] = future
        accepts = kind == "slash_commands" or payload.get("type") == "view_submission"
        await self.sockets[-1].send_json(
            {"envelope_id": name, "type": kind, "payload": payload, "accepts_response_payload": accepts}
        )
        try:
            async with asyncio.timeout(3):
                return await future
        except TimeoutError:
            self.violations.add(f"envelope {kind} was not acknowledged within 3 s")
            return {}

    async def disconnect(self) -> None:
        """Tell the engine that its socket goes away, as Slack does every few hours."""
        for socket in self.sockets:
            await socket.send_json({"type": "disconnect", "reason": "refresh_requested"})

    def response_url(self, user: str = "") -> str:
        """An address that takes late answers, for this member's eyes."""
        token = secrets.token_hex(4)
        self._askers[token] = user
        return f"{self.url.removesuffix('/api')}/response/{token}"

    async def _api(self, request: web.Request) -> web.StreamResponse:
        method = request.match_info["method"]
        self.calls[method] += 1
        arguments = await _arguments(request)
        token = self.app_token if method in APP_METHODS else self.bot_token
        if request.headers.get("Authorization") != f"Bearer {token}":
            return _refused("invalid_auth")
        if method not in METHODS:
            self.violations.add(f"unknown method {method}")
            return _refused("unknown_method")
        if method in self.scopes_missing:
            return _refused("missing_scope")
        wrong = [*argument_faults(method, arguments), *self.workspace.faults(method, arguments)]
        for fault in wrong:
            self.violations.add(f"{method}: {fault}")
        if wrong:
            return _refused("invalid_blocks" if "blocks" in wrong[0] else "invalid_arguments", detail=wrong)

        async def carry_out() -> web.Response:
            try:
                return web.json_response({"ok": True, **self._carry_out(method, arguments)})
            except Refuse as error:
                return _refused(str(error))

        return await self.faults.serve(request, carry_out)

    def _carry_out(self, method: str, arguments: Mapping[str, Any]) -> dict[str, Any]:
        if method == "apps.connections.open":
            host = self.url.removesuffix("/api").replace("http://", "ws://")
            return {"url": f"{host}/link?ticket={secrets.token_hex(4)}"}
        return self.workspace.methods()[method](arguments)

    async def _link(self, request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        self.sockets.append(socket)
        await socket.send_json({"type": "hello", "num_connections": 1, "connection_info": {"app_id": "A0000APP"}})
        async for message in socket:
            answer = json.loads(message.data)
            if future := self._acks.pop(answer.get("envelope_id", ""), None):
                future.set_result(answer)
            else:
                self.violations.add(f"an envelope nobody sent was acknowledged: {answer}")
        with contextlib.suppress(ValueError):
            self.sockets.remove(socket)
        return socket

    async def _response(self, request: web.Request) -> web.Response:
        said = await request.json()
        self.responses.append(said)
        self.page.whisper(self._askers.get(request.match_info["token"], ""), str(said.get("text", "")))
        return web.Response(text="ok")


_FORM = "application/x-www-form-urlencoded"


async def _arguments(request: web.Request) -> dict[str, Any]:
    """Query, form or JSON: the vendor's client uses all three."""
    arguments: dict[str, Any] = dict(request.query)
    if request.content_type == "application/json" and request.can_read_body:
        arguments |= await request.json()
    elif request.content_type == _FORM:
        arguments |= {key: str(value) for key, value in (await request.post()).items()}
    for key in ("blocks", "view", "metadata"):
        if isinstance(arguments.get(key), str):
            arguments[key] = json.loads(arguments[key])
    return {key: value for key, value in arguments.items() if value is not None}


def _refused(error: str, status: int = 200, detail: list[str] | None = None) -> web.Response:
    body: dict[str, Any] = {"ok": False, "error": error}
    if detail:
        body["response_metadata"] = {"messages": [f"[ERROR] {line}" for line in detail]}
    return web.json_response(body, status=status)
