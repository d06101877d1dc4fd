"""`/webhooks/pagerduty`: what people do in PagerDuty counts here (webhooks v3)."""

from __future__ import annotations

import structlog
from aiohttp import web

from notifiers.pagerduty_inbound import is_signed, read_event
from oncall.errors import Refused
from oncall.services.answers import pagerduty_events
from oncall.web.keys import engine_of

log = structlog.get_logger(__name__)


async def receive(request: web.Request) -> web.Response:
    """One event; 2xx whatever it is about, since PagerDuty cannot do anything about it."""
    engine = engine_of(request)
    body = await request.read()
    secret = engine.settings.channels.get("ONCALL_PAGERDUTY_WEBHOOK_SECRET", "")
    if not is_signed(secret, body, request.headers.get("X-PagerDuty-Signature")):
        log.warning("a request that is not PagerDuty's")
        raise Refused("PagerDuty did not sign this", "ONCALL_PAGERDUTY_WEBHOOK_SECRET must be the webhook's secret.")
    event = read_event(body)
    if event is not None:
        await pagerduty_events.take(engine, event)
    return web.Response(status=202)
