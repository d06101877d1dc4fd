"""The vendor's client of Slack, loaded only where a workspace is configured, and there before the first page."""

from __future__ import annotations

from typing import Any

from slack_sdk.errors import SlackClientError
from slack_sdk.web.async_client import AsyncWebClient

from notifiers.http import Http

#: What the client raises.
REFUSED: type[SlackClientError] = SlackClientError


class _NoRedirects:
    """A session that never follows a redirect: a POST would become a GET of a sign-in page that answers 200."""

    def __init__(self, http: Http) -> None:
        self._http = http

    @property
    def closed(self) -> bool:
        return False

    def request(self, *args: Any, **more: Any) -> Any:
        return self._http.session().request(*args, **more, allow_redirects=False)


def client(http: Http, token: str, base: str) -> AsyncWebClient:
    """A client of one workspace."""
    made = AsyncWebClient(
        token=token,
        base_url=base.rstrip("/") + "/",
        # The default handler sends a message again when the connection closes: it would appear twice.
        retry_handlers=[],
        # With a session of ours the client's own timeout is dropped; the pool has one.
        session=_NoRedirects(http),  # type: ignore[arg-type] # it only asks for `closed` and `request`
    )
    # It would take a proxy from the environment.
    made.proxy = None
    return made
