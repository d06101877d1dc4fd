"""The vendor's client of Twilio, loaded only where an account is configured, and there whole and before the first page."""

from __future__ import annotations

import base64
import logging
from datetime import timedelta
from importlib import import_module
from typing import Any

from twilio.http.async_http_client import AsyncTwilioHttpClient
from twilio.rest import Client

from notifiers.http import Http
from notifiers.twilio_codes import RateLimited

# The vendor's package loads this with the first request, which would hold up the first page.
import_module("twilio.rest.api.v2010")

#: The vendor's client tells every header of every request as information.
_LOG = logging.getLogger("notifiers.twilio")
_LOG.setLevel(logging.WARNING)


class _TimedClient(AsyncTwilioHttpClient):  # type: ignore[misc] # the package ships no types
    """The vendor's HTTP client drops its own `timeout` (twilio-python#925); this one applies it."""

    def __init__(self, http: Http, seconds: float) -> None:
        super().__init__(pool_connections=False, timeout=seconds, logger=_LOG)
        # Without a session of ours it would make one per request, or one with a limit of 100 connections.
        self.session = http.session()

    async def request(self, method: str, url: str, *args: Any, **more: Any) -> Any:
        more["timeout"] = self.timeout
        if (login := more.pop("auth", None)) is not None:
            # It would pass aiohttp's BasicAuth, which is deprecated and goes with aiohttp 4.
            token = base64.b64encode(":".join(login).encode()).decode()
            more["headers"] = {**(more.get("headers") or {}), "Authorization": f"Basic {token}"}
        response = await super().request(method, url, *args, **more)
        if response.status_code == 429:
            after = str(response.headers.get("Retry-After", "")).strip()
            sane = after.isdecimal() and after.isascii() and len(after) < 7
            raise RateLimited(timedelta(seconds=int(after)) if sane else None)
        return response


def client(http: Http, account_sid: str, auth_token: str, base: str, seconds: float) -> Client:
    """A client of one account; call it inside the running loop."""
    made = Client(
        account_sid,
        auth_token,
        http_client=_TimedClient(http, seconds),
        # TWILIO_EDGE and TWILIO_REGION in our environment would rewrite the address.
        environment={"_": ""},
    )
    made.api.base_url = base
    return made
