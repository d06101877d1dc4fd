"""One bench per channel: a notifier in front of a provider that can be told to fail."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

import pytest
from aiohttp import web
from aiosmtpd.smtp import SMTP

from notifiers.channel import Edge
from notifiers.channels import BY_NAME
from notifiers.http import Http
from notifiers.notifier import Notifier
from notifiers.phone_item import PhoneItem
from notifiers.wording import Wording
from oncall.standins.faults import Fault, Faults
from oncall.standins.slack import SlackStandin
from oncall.standins.twilio import TwilioStandin

NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
#: Long enough for a local server, short enough to wait for.
PATIENCE = 0.25


@dataclass
class Bench:
    """A notifier, an address that works, and the ways to spoil it."""

    notifier: Notifier
    address: str
    fail: Callable[[Fault], Awaitable[None]]
    #: How often the provider carried something out.
    carried_out: Callable[[], int]
    #: From now on nobody listens.
    vanish: Callable[[], Awaitable[None]]


class Receiver:
    """A web server that takes whatever is posted and can fail like a stand-in."""

    def __init__(self, answer: Callable[[web.Request, bytes], web.Response]) -> None:
        self.requests: list[tuple[web.Request, bytes]] = []
        self.faults = Faults(lambda status: web.json_response({"error": "out of order"}, status=status))
        self._answer = answer
        self._runner: web.AppRunner | None = None
        self.url = ""

    async def start(self) -> None:
        app = web.Application()
        app.router.add_route("*", "/{rest:.*}", self._serve)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}"

    async def stop(self) -> None:
        self.faults.close()
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    async def _serve(self, request: web.Request) -> web.StreamResponse:
        body = await request.read()

        async def carry_out() -> web.Response:
            self.requests.append((request, body))
            return self._answer(request, body)

        return await self.faults.serve(request, carry_out)


class Mailbox:
    """An SMTP server that can fail like the others; its faults happen once the mail is there."""

    def __init__(self) -> None:
        self.mails: list[bytes] = []
        self.fault: Fault | None = None

    async def handle_DATA(self, _server, _session, envelope) -> str:  # noqa: N802 - aiosmtpd's name
        fault, self.fault = self.fault, None
        if fault in {Fault.RATE_LIMITED, Fault.UNAVAILABLE, Fault.ERROR}:
            return "451 4.3.0 try again later"
        if fault in {Fault.HTML, Fault.REDIRECT}:
            return "554 5.7.1 not here"
        if fault in {Fault.HANG_BEFORE, Fault.HANG_AFTER}:
            await asyncio.sleep(PATIENCE * 2)
        self.mails.append(envelope.content)
        if fault in {Fault.DROP_AFTER, Fault.DROP_BEFORE, Fault.BROKEN_JSON}:
            _server.transport.close()
        return "250 taken"


@pytest.fixture
async def bench(request: pytest.FixtureRequest) -> AsyncIterator[Bench]:
    """The bench of the channel that the test is parametrised with."""
    async with AsyncExitStack() as stack:
        yield await stack.enter_async_context(BENCHES[request.param]())


def edge(http: Http, put: Callable[[PhoneItem], Awaitable[str]] | None = None) -> Edge:
    async def refuse(_item: PhoneItem) -> str:
        raise AssertionError("this channel has no phone")

    return Edge(
        now=lambda: NOON,
        http=http,
        guarded_http=http,
        put=put or refuse,
        public_url="https://oncall.example.com",
        wording=Wording(),
    )


def build(channel: str, http: Http, values: dict[str, str], put=None) -> Notifier:
    described = BY_NAME[channel]
    notifier = described.build(described.values(values), edge(http, put))
    notifier.timeout = PATIENCE
    return notifier


@asynccontextmanager
async def twilio_bench(channel: str) -> AsyncIterator[Bench]:
    http = Http(allow_private=True)
    standin = TwilioStandin(public_url="https://oncall.example.com")
    async with standin:
        values = {
            "ONCALL_TWILIO_ACCOUNT_SID": standin.account_sid,
            "ONCALL_TWILIO_AUTH_TOKEN": standin.auth_token,
            "ONCALL_TWILIO_FROM": "+14155552345",
            "ONCALL_TWILIO_API_BASE": standin.url,
        }
        notifier = build(channel, http, values)

        async def fail(fault: Fault) -> None:
            standin.faults.expect(fault)

        yield Bench(notifier, "+14155550100", fail, lambda: len(standin.texts) + len(standin.calls), standin.stop)
        await notifier.close()
        await http.close()


@asynccontextmanager
async def webhook_bench() -> AsyncIterator[Bench]:
    receiver = Receiver(lambda _request, _body: web.Response(status=204))
    http = Http(allow_private=True)
    await receiver.start()
    notifier = build("webhook", http, {"ONCALL_WEBHOOK_SECRET": "whsec_b25jYWxsLWdlbmVyaWMtd2ViaG9vay1zZWNyZXQtMzI="})

    async def fail(fault: Fault) -> None:
        receiver.faults.expect(fault)

    yield Bench(notifier, f"{receiver.url}/hook", fail, lambda: len(receiver.requests), receiver.stop)
    await notifier.close()
    await http.close()
    await receiver.stop()


@asynccontextmanager
async def email_bench() -> AsyncIterator[Bench]:
    mailbox = Mailbox()
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: SMTP(mailbox, hostname="localhost", loop=loop), "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    http = Http(allow_private=True)
    notifier = build(
        "email",
        http,
        {
            "ONCALL_SMTP_HOST": "127.0.0.1",
            "ONCALL_SMTP_PORT": str(port),
            "ONCALL_SMTP_SECURITY": "none",
            "ONCALL_SMTP_FROM": "oncall@example.com",
        },
    )

    async def fail(fault: Fault) -> None:
        mailbox.fault = fault

    async def vanish() -> None:
        server.close()

    yield Bench(notifier, "alice@example.com", fail, lambda: len(mailbox.mails), vanish)
    await notifier.close()
    await http.close()
    server.close()


@asynccontextmanager
async def phone_bench(channel: str) -> AsyncIterator[Bench]:
    items: list[PhoneItem] = []
    faults: list[Fault] = []
    gone: list[bool] = []

    async def put(item: PhoneItem) -> str:
        fault = faults.pop() if faults else None
        if gone or fault in {Fault.ERROR, Fault.UNAVAILABLE, Fault.RATE_LIMITED}:
            raise ConnectionError("the database is away")
        if fault in {Fault.HANG_BEFORE, Fault.HANG_AFTER}:
            await asyncio.sleep(PATIENCE * 2)
        items.append(item)
        return "item-1"

    async def fail(fault: Fault) -> None:
        faults.append(fault)

    async def vanish() -> None:
        gone.append(True)

    http = Http()
    yield Bench(build(channel, http, {}, put), "alice", fail, lambda: len(items), vanish)
    await http.close()


@asynccontextmanager
async def slack_bench() -> AsyncIterator[Bench]:
    http = Http(allow_private=True)
    async with SlackStandin() as standin:
        alice = standin.workspace.add_user("U0000ALICE")
        values = {"ONCALL_SLACK_BOT_TOKEN": standin.bot_token, "ONCALL_SLACK_API_BASE": standin.url}
        notifier = build("slack", http, values)

        async def fail(fault: Fault) -> None:
            standin.faults.expect(fault)

        yield Bench(notifier, alice, fail, lambda: len(standin.workspace.posts), standin.stop)
        await notifier.close()
        await http.close()


@asynccontextmanager
async def posted_bench(
    channel: str, address: str, answer: dict, setting: str = "", path: str = "", **values: str
) -> AsyncIterator[Bench]:
    """A channel that posts to one address and reads a JSON answer."""
    receiver = Receiver(lambda _request, _body: web.json_response(answer))
    http = Http(allow_private=True)
    await receiver.start()
    where = {setting: receiver.url + path} if setting else {}
    notifier = build(channel, http, {**values, **where})

    async def fail(fault: Fault) -> None:
        receiver.faults.expect(fault)

    target = address.replace("HOST", receiver.url.removeprefix("http://"))
    yield Bench(notifier, target, fail, lambda: len(receiver.requests), receiver.stop)
    await receiver.stop()
    await notifier.close()
    await http.close()


class Gateway:
    """An SNPP gateway of level 3 that can fail; its faults happen at SEND."""

    def __init__(self) -> None:
        self.pages: list[list[str]] = []
        self.fault: Fault | None = None
        self.closing = asyncio.Event()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 SNPP Gateway Ready\r\n")
        said: list[str] = []
        while line := (await reader.readline()).decode().strip():
            said.append(line)
            verb = line[:4].upper()
            if verb == "SEND":
                if not await self._send(writer, said):
                    break
            elif verb == "QUIT":
                break
            else:
                writer.write({"2WAY": b"250 OK\r\n", "PAGE": b"850 Online\r\n"}.get(verb, b"250 OK\r\n"))
        writer.close()

    async def _send(self, writer: asyncio.StreamWriter, said: list[str]) -> bool:
        fault, self.fault = self.fault, None
        if fault in {Fault.RATE_LIMITED, Fault.UNAVAILABLE, Fault.ERROR, Fault.HTML}:
            writer.write(b"421 Too busy\r\n")
            return True
        if fault is Fault.REDIRECT:
            writer.write(b"500 Not here\r\n")
            return True
        if fault is Fault.HANG_BEFORE:
            await asyncio.wait_for(self.closing.wait(), 5)
            return False
        if fault is not Fault.DROP_BEFORE:
            self.pages.append(said)
        if fault is Fault.HANG_AFTER:
            await asyncio.wait_for(self.closing.wait(), 5)
            return False
        if fault in {Fault.DROP_AFTER, Fault.DROP_BEFORE, Fault.BROKEN_JSON}:
            return False
        writer.write(b"960 17951650750 503088013 OK, Message QUEUED\r\n")
        return True


@asynccontextmanager
async def snpp_bench() -> AsyncIterator[Bench]:
    gateway = Gateway()
    server = await asyncio.start_server(gateway.serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    http = Http()
    notifier = build("snpp", http, {"ONCALL_SNPP_HOST": "127.0.0.1", "ONCALL_SNPP_PORT": str(port)})

    async def fail(fault: Fault) -> None:
        gateway.fault = fault

    async def vanish() -> None:
        server.close()

    yield Bench(notifier, "5551212", fail, lambda: len(gateway.pages), vanish)
    gateway.closing.set()
    server.close()
    await http.close()


PUSHOVER = {"status": 1, "request": "647d2300", "receipt": "r" * 30}
PAGERDUTY = {"status": "success", "message": "Event processed", "dedup_key": "x"}
NTFY = {"id": "hwQ2YpKdmg", "time": 1795164300, "event": "message", "topic": "t"}

BENCHES = {
    "pushover": lambda: posted_bench(
        "pushover", "u" * 30, PUSHOVER, "ONCALL_PUSHOVER_API_BASE", ONCALL_PUSHOVER_TOKEN="a" * 30
    ),
    "ntfy": lambda: posted_bench("ntfy", "oncall-alice", NTFY, "ONCALL_NTFY_URL"),
    "pagerduty": lambda: posted_bench("pagerduty", "R" * 32, PAGERDUTY, "ONCALL_PAGERDUTY_EVENTS_URL", "/v2/enqueue"),
    "apprise": lambda: posted_bench("apprise", "json://HOST/hook", {}, ONCALL_APPRISE_SCHEMES="json"),
    "snpp": snpp_bench,
    "slack": slack_bench,
    "sms": lambda: twilio_bench("sms"),
    "voice": lambda: twilio_bench("voice"),
    "phone": lambda: phone_bench("phone"),
    "phone_call": lambda: phone_bench("phone_call"),
    "webhook": webhook_bench,
    "email": email_bench,
}


@pytest.fixture
async def bench_of() -> AsyncIterator[Callable[[str], Awaitable[Notifier]]]:
    """The notifier of a channel by name."""
    async with AsyncExitStack() as stack:

        async def find(channel: str) -> Notifier:
            return (await stack.enter_async_context(BENCHES[channel]())).notifier

        yield find
