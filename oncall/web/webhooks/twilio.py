"""`/webhooks/twilio/{sms,voice,gather,status}`: texts, calls and reports."""

from __future__ import annotations

from urllib.parse import parse_qsl

import structlog
from aiohttp import web

from notifiers import twiml
from notifiers.twilio_inbound import Form, is_signed, read_call, read_status, read_text
from oncall.engine import Engine
from oncall.errors import Invalid, Refused
from oncall.services.answers import calls, replies
from oncall.services.answers.replies import Incoming
from oncall.services.delivery import reports as delivery_reports
from oncall.web.keys import engine_of

log = structlog.get_logger(__name__)

#: More parameters than any request of Twilio's has.
MOST_PARAMETERS = 500


async def sms(request: web.Request) -> web.Response:
    """A text to our number: acted on once, and answered; a stranger gets an empty answer."""
    engine, form = await _verified(request)
    text = read_text(form)
    if text is None:
        raise Invalid("this is no text message", "Point the number's messaging webhook here.")
    incoming = Incoming(id=f"text:{text.sid}", channel="sms", address=text.sender, text=text.body)
    return _xml(twiml.text(await replies.handle(engine, incoming)))


async def voice(request: web.Request) -> web.Response:
    """A call was answered, or goes into another round."""
    engine, form = await _verified(request)
    call = read_call(form, request.query)
    return _xml(await calls.speak(engine, call) if call else twiml.goodbye("Goodbye."))


async def gather(request: web.Request) -> web.Response:
    """A key was pressed."""
    engine, form = await _verified(request)
    call = read_call(form, request.query)
    return _xml(await calls.press(engine, call) if call else twiml.goodbye("Goodbye."))


async def status(request: web.Request) -> web.Response:
    """How a text or call went on; 2xx whatever it says, since Twilio cannot do anything about it."""
    engine, form = await _verified(request)
    report = read_status(form, request.query)
    if report is not None and report.outcome is not None:
        channel = "voice" if report.sid.startswith("CA") else "sms"
        await delivery_reports.report(engine, channel=channel, page_id=report.page_id, outcome=report.outcome)
    return web.Response(status=204)


async def _verified(request: web.Request) -> tuple[Engine, Form]:
    """The form of a request that Twilio signed for our public address.

    Raises:
        Refused: It did not, or the request is malformed.
    """
    engine = engine_of(request)
    token = engine.settings.channels.get("ONCALL_TWILIO_AUTH_TOKEN", "")
    try:
        body = (await request.read()).decode()
        form = parse_qsl(body, keep_blank_values=True, max_num_fields=MOST_PARAMETERS)
    except ValueError:
        form, token = [], ""
    genuine = bool(token) and is_signed(
        auth_token=token,
        public_url=engine.settings.address,
        path_and_query=request.raw_path,
        form=form,
        signature=request.headers.get("X-Twilio-Signature"),
        settings=request.headers.get("X-Twilio-Webhooks-Signature-Settings"),
    )
    if not genuine:
        log.warning("a request that Twilio did not sign", address=engine.settings.address)
        raise Refused("Twilio did not sign this for our public address", "ONCALL_PUBLIC_URL must be what Twilio calls.")
    return engine, form


def _xml(document: str) -> web.Response:
    return web.Response(text=document, content_type="text/xml")
