"""A local Twilio: takes texts and calls as the real API does, and answers back to the engine with signed requests.

async with TwilioStandin(engine_url="http://127.0.0.1:8080", public_url="https://oncall.example.com") as twilio:
    ...  # start the engine with ONCALL_TWILIO_API_BASE=twilio.url
    await twilio.reply(to_text=twilio.texts[0], body="12a")
"""

from __future__ import annotations

import base64
import secrets
from collections.abc import Awaitable, Callable, Mapping
from email.utils import format_datetime
from types import TracebackType
from typing import Self
from urllib.parse import parse_qs
from xml.etree.ElementTree import ParseError, fromstring

import aiohttp
from aiohttp import web

from oncall.clock import Clock, SystemClock
from oncall.standins.faults import Faults
from oncall.standins.twilio_call import Heard, walk
from oncall.standins.twilio_resources import Call, Text, call_resource, error, new_sid, text_page, text_resource
from oncall.standins.twilio_rules import Form, Rules, call_faults, list_faults, message_faults
from oncall.standins.twilio_signing import sign
from oncall.standins.violations import Violations

_FAULT_CODES = {429: 20429, 500: 20500, 503: 20503}


class TwilioStandin:
    """One account on a free local port.

    Args:
        account_sid: What the engine must authenticate with.
        auth_token: Its password, and the key of our signatures.
        public_url: The engine's `ONCALL_PUBLIC_URL`: what signatures are made for.
        engine_url: Where the engine really listens; default: `public_url`.
        check: One more check of each request, given method, path and raw body (say, against an OpenAPI document).

    Attributes:
        texts: Every text that was carried out, in order.
        calls: Every call.
        answers: What the engine answered to replies, in order.
        faults: Tell it to misbehave.
        refused: Number to error code: texts to such numbers are refused (21610 for somebody who sent STOP).
        refused_calls: The same for calls.
    """

    def __init__(
        self,
        *,
        account_sid: str = "AC0123456789abcdef0123456789abcdef",
        auth_token: str = "0123456789abcdef0123456789abcdef",  # noqa: S107 - of this local account
        public_url: str = "http://127.0.0.1:8080",
        engine_url: str = "",
        clock: Clock | None = None,
        check: Callable[[web.Request, bytes], list[str]] | None = None,
    ) -> None:
        self.account_sid = account_sid
        self.auth_token = auth_token
        self.public_url = public_url.rstrip("/")
        self.engine_url = (engine_url or public_url).rstrip("/")
        self.texts: list[Text] = []
        self.calls: list[Call] = []
        self.answers: list[str] = []
        self.refused: dict[str, int] = {}
        self.refused_calls: dict[str, int] = {}
        #: How texts stand by SID: status and error code, as they were last reported.
        self.statuses: dict[str, tuple[str, int]] = {}
        #: Statuses and error codes that are reported of each text and call before the request that made it is answered.
        self.reports_first: list[tuple[str, int]] = []
        #: The list of texts answers 503 while set.
        self.list_fails = False
        self.url = ""
        self.violations = Violations("Twilio")
        self._clock = clock or SystemClock()
        self._check = check
        self.faults = Faults(lambda status: error(status, _FAULT_CODES[status], "out of order"))
        self._runner: web.AppRunner | None = None
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        """Listen."""
        app = web.Application()
        base = "/2010-04-01/Accounts/{account}"
        app.router.add_post(base + "/Messages.json", self._messages)
        app.router.add_get(base + "/Messages.json", self._list)
        app.router.add_post(base + "/Calls.json", self._calls)
        app.router.add_route("*", "/{rest:.*}", self._nothing)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        host, port = self._runner.addresses[0][:2]
        self.url = f"http://{host}:{port}"
        self._session = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=15, sock_connect=5))
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
        if self._session is not None:
            await self._session.close()
        if self._runner is not None:
            await self._runner.cleanup()

    async def reply(self, *, to_text: Text, body: str, sid: str = "") -> str:
        """Somebody answers a text; returns what the engine texts back, "" for nothing. Repeat `sid` for a replay."""
        return await self.text(sender=to_text.to, to=to_text.sender, body=body, sid=sid)

    async def text(self, *, sender: str, to: str, body: str, sid: str = "") -> str:
        """A text from any number arrives at ours."""
        form = {
            **self._common(sid or new_sid("SM")),
            "From": sender,
            "To": to,
            "Body": body,
            "NumMedia": "0",
            "NumSegments": "1",
            "SmsStatus": "received",
        }
        status, _, content = await self.post(f"{self.public_url}/webhooks/twilio/sms", form)
        if status not in {200, 204}:
            self.violations.add(f"the text address answered {status}")
            return ""
        answer = _message_of(content) if content.strip() else ""
        if answer is None:
            self.violations.add(f"12100: the text address did not answer with TwiML: {content[:80]!r}")
            return ""
        self.answers.append(answer)
        return answer

    async def answer(self, call: Call, *keys: str, answered_by: str = "") -> Heard:
        """The person takes the call and presses keys, one at each question; then the call is completed."""
        form = {**self._call_form(call), "CallStatus": "in-progress"}
        if answered_by:
            form["AnsweredBy"] = answered_by
        await self.report_call(call, "in-progress", 2)
        heard = await walk(self.post, call.url, form, list(keys))
        for fault in heard.faults:
            self.violations.add(fault)
        await self.report_call(call, "completed", 3)
        return heard

    async def report_call(self, call: Call, status: str, sequence: int) -> int:
        """A status callback of a call; returns the engine's HTTP status."""
        form = {
            **self._call_form(call),
            "CallStatus": status,
            "SequenceNumber": str(sequence),
            "CallbackSource": "call-progress-events",
            "Timestamp": format_datetime(self._clock.now()),
        }
        return (await self.post(call.status_callback, form))[0] if call.status_callback else 204

    async def report_text(self, text: Text, status: str, error_code: int = 0) -> int:
        """A status callback of a text; returns the engine's HTTP status."""
        form = {
            **self._common(text.sid),
            "From": text.sender,
            "To": text.to,
            "MessageStatus": status,
            "SmsStatus": status,
        }
        if error_code:
            form["ErrorCode"] = str(error_code)
        self.statuses[text.sid] = (status, error_code)
        return (await self.post(text.status_callback, form))[0] if text.status_callback else 204

    async def post(self, url: str, form: Mapping[str, str]) -> tuple[int, str, str]:
        """One signed request to the engine: signed for the public address, delivered to the local one."""
        if self._session is None:
            raise RuntimeError("the stand-in is not running")
        headers = {
            "X-Twilio-Signature": sign(self.auth_token, url, form),
            "I-Twilio-Idempotency-Token": secrets.token_hex(16),
            "User-Agent": "TwilioProxy/1.1",
        }
        local = url.replace(self.public_url, self.engine_url, 1)
        async with self._session.post(local, data=dict(form), headers=headers, allow_redirects=False) as response:
            return response.status, response.headers.get("Content-Type", ""), await response.text()

    async def _messages(self, request: web.Request) -> web.StreamResponse:
        async def create(form: Form) -> web.Response:
            text = Text(
                sid=new_sid("SM"),
                to=_first(form, "To"),
                sender=_first(form, "From") or _first(form, "MessagingServiceSid"),
                body=_first(form, "Body"),
                created_at=self._clock.now(),
                status_callback=_first(form, "StatusCallback"),
            )
            self.texts.append(text)
            for status, code in self.reports_first:
                await self.report_text(text, status, code)
            return web.json_response(text_resource(text, self.account_sid), status=201)

        return await self._serve(request, message_faults, self.refused, create)

    async def _list(self, request: web.Request) -> web.StreamResponse:
        """The texts to or from a number, newest first."""
        if request.headers.get("Authorization") != self._basic():
            return error(401, 20003, "Authenticate")
        if request.match_info["account"] != self.account_sid:
            return error(404, 20404, "The requested resource was not found")
        query: Form = {key: request.query.getall(key) for key in request.query}
        for code, what in list_faults(query):
            self.violations.add(f"{code}: {what}")
        if self.list_fails:
            return error(503, 20503, "Service unavailable")
        to, sender = _first(query, "To"), _first(query, "From")
        fitting = [text for text in reversed(self.texts) if to in {"", text.to} and sender in {"", text.sender}]
        size = int(_first(query, "PageSize") or 50)
        shown = [text_resource(text, self.account_sid, *self.statuses.get(text.sid, ("", 0))) for text in fitting]
        return web.json_response(text_page(shown[:size], self.account_sid, request.query_string))

    async def _calls(self, request: web.Request) -> web.StreamResponse:
        async def create(form: Form) -> web.Response:
            call = Call(
                sid=new_sid("CA"),
                to=_first(form, "To"),
                sender=_first(form, "From"),
                url=_first(form, "Url"),
                status_callback=_first(form, "StatusCallback"),
            )
            self.calls.append(call)
            for sequence, (status, _) in enumerate(self.reports_first):
                await self.report_call(call, status, sequence)
            return web.json_response(call_resource(call, self.account_sid, self._clock.now()), status=201)

        return await self._serve(request, call_faults, self.refused_calls, create)

    async def _serve(
        self,
        request: web.Request,
        rules: Rules,
        refused: Mapping[str, int],
        create: Callable[[Form], Awaitable[web.Response]],
    ) -> web.StreamResponse:
        """Credentials, then rules, then this number, then the fault of the day, then the work."""
        body = await request.read()
        if request.headers.get("Authorization") != self._basic():
            return error(401, 20003, "Authenticate")
        if request.match_info["account"] != self.account_sid:
            return error(404, 20404, "The requested resource was not found")
        if request.content_type != "application/x-www-form-urlencoded":
            self.violations.add(f"content type {request.content_type!r}")
        form: Form = parse_qs(body.decode(), keep_blank_values=True)
        for what in self._check(request, body) if self._check else ():
            self.violations.add(what)
        for code, what in (faults := rules(form)):
            self.violations.add(f"{code}: {what}")
        if faults:
            return error(400, *faults[0])
        if code := refused.get(_first(form, "To"), 0):
            return error(400, code, "refused")

        async def carry_out() -> web.Response:
            return await create(form)

        return await self.faults.serve(request, carry_out)

    async def _nothing(self, request: web.Request) -> web.Response:
        self.violations.add(f"{request.method} {request.path} is no part of this stand-in")
        return error(404, 20404, "The requested resource was not found")

    def _basic(self) -> str:
        return "Basic " + base64.b64encode(f"{self.account_sid}:{self.auth_token}".encode()).decode()

    def _common(self, sid: str) -> dict[str, str]:
        return {"AccountSid": self.account_sid, "ApiVersion": "2010-04-01", "MessageSid": sid, "SmsSid": sid}

    def _call_form(self, call: Call) -> dict[str, str]:
        return {
            "AccountSid": self.account_sid,
            "ApiVersion": "2010-04-01",
            "CallSid": call.sid,
            "Called": call.to,
            "Caller": call.sender,
            "Direction": "outbound-api",
            "From": call.sender,
            "To": call.to,
        }


def _first(form: Form, key: str) -> str:
    return next(iter(form.get(key, ())), "")


def _message_of(document: str) -> str | None:
    """The text in a TwiML answer, "" if there is none; None if it is not TwiML."""
    try:
        root = fromstring(document)  # noqa: S314 - the document comes from the engine under test
    except ParseError:
        return None
    if root.tag != "Response":
        return None
    message = root.find("Message")
    return "" if message is None else "".join(message.itertext())
