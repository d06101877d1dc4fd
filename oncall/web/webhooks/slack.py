"""`/webhooks/slack/{actions,commands,events}`: clicks, modals, commands. Answered within three seconds."""

from __future__ import annotations

from urllib.parse import parse_qsl

import msgspec
import structlog
from aiohttp import web

from notifiers.slack_inbound import Verdict, read_challenge, verify
from oncall.engine import Engine
from oncall.errors import Invalid, Refused
from oncall.services.slack import doors as slack_doors
from oncall.web.keys import engine_of

log = structlog.get_logger(__name__)


async def actions(request: web.Request) -> web.Response:
    """A click or a saved modal."""
    engine, body = await _verified(request)
    payload = _json(_form(body).get("payload", ""))
    answer = await slack_doors.interaction(engine, payload)
    return web.json_response(answer) if answer else web.Response()


async def commands(request: web.Request) -> web.Response:
    """`/oncall`."""
    engine, body = await _verified(request)
    answer = await slack_doors.command(engine, _form(body))
    return web.json_response(answer) if answer else web.Response()


async def events(request: web.Request) -> web.Response:
    """The challenge that proves the address is ours, and what people write in an incident's thread."""
    engine, body = await _verified(request)
    payload = _json(body.decode(errors="replace"))
    challenge = read_challenge(payload)
    if challenge is None:
        await slack_doors.event(engine, payload)
    return web.Response(text=challenge or "")


async def _verified(request: web.Request) -> tuple[Engine, bytes]:
    """The body of a request that Slack signed within the last five minutes.

    Raises:
        Refused: It did not.
    """
    engine = engine_of(request)
    body = await request.read()
    verdict = verify(
        secret=engine.settings.channels.get("ONCALL_SLACK_SIGNING_SECRET", ""),
        timestamp=request.headers.get("X-Slack-Request-Timestamp"),
        signature=request.headers.get("X-Slack-Signature"),
        body=body,
        now=engine.clock.now(),
    )
    if verdict is Verdict.GENUINE:
        return engine, body
    log.warning("a request that is not Slack's", verdict=verdict.value)
    if verdict is Verdict.STALE:
        await slack_doors.alarm_about_clock(engine)
        raise Refused("Slack signed this more than five minutes off our clock", "Set this machine's clock by NTP.")
    raise Refused("Slack did not sign this", "ONCALL_SLACK_SIGNING_SECRET must be the app's signing secret.")


def _form(body: bytes) -> dict[str, str]:
    try:
        return dict(parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=200))
    except ValueError as error:
        raise Invalid("the body is no form") from error


def _json(text: str) -> object:
    try:
        return msgspec.json.decode(text)
    except (msgspec.DecodeError, UnicodeError) as error:
        raise Invalid("the payload is not JSON") from error
