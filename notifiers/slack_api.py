"""The edge to Slack: the vendor's client without retries of its own, and with a time limit that applies."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import msgspec

from notifiers.http import TRANSPORT_ERRORS, Http, classify_failure, failure
from notifiers.outcome import Outcome, OutcomeKind
from notifiers.slack_codes import by_error

if TYPE_CHECKING:
    from slack_sdk.errors import SlackClientError
    from slack_sdk.web.async_client import AsyncWebClient
    from slack_sdk.web.async_slack_response import AsyncSlackResponse

DEFAULT_BASE = "https://slack.com/api"


class Result(msgspec.Struct, frozen=True, kw_only=True):
    """One call: the classified outcome, and Slack's answer where there was one."""

    outcome: Outcome
    data: Mapping[str, Any] = {}

    @property
    def ok(self) -> bool:
        """True if Slack said so."""
        return self.outcome.kind is OutcomeKind.ACCEPTED


class SlackApi:
    """One workspace. Outcomes instead of exceptions."""

    def __init__(self, http: Http, *, token: str, base: str, seconds: float = 5.0) -> None:
        self._seconds = seconds
        #: Our app's id as Slack names it beside what we post; "" before the first post.
        self.app = ""
        from notifiers import slack_client  # noqa: PLC0415 - megabytes that only a workspace needs

        self._errors = slack_client.REFUSED
        self.client = slack_client.client(http, token, base or DEFAULT_BASE)

    async def call(self, request: Callable[[AsyncWebClient], Awaitable[AsyncSlackResponse]]) -> Result:
        """Run one request and classify whatever happens."""
        try:
            async with asyncio.timeout(self._seconds):
                answer = await request(self.client)
        except self._errors as error:
            return Result(outcome=_refused(error))
        except TRANSPORT_ERRORS as error:
            return Result(outcome=classify_failure(failure(error)))
        except (ValueError, TypeError, AttributeError, KeyError) as error:
            detail = f"Slack accepted, but its answer cannot be read ({type(error).__name__})"
            return Result(outcome=Outcome(kind=OutcomeKind.UNKNOWN, code="unreadable", detail=detail))
        if not isinstance(answer.data, dict) or answer.get("ok") is not True:
            detail = "Slack answered with something that is not its API"
            return Result(outcome=Outcome(kind=OutcomeKind.UNKNOWN, code="unreadable", detail=detail))
        match answer.data.get("message"):
            case {"app_id": str(app)}:
                self.app = app
        return Result(outcome=Outcome(kind=OutcomeKind.ACCEPTED, code="ok"), data=answer.data)


def _refused(error: SlackClientError) -> Outcome:
    """The class of what the client raises; after broken JSON its `response` is the raw one, without an error name."""
    response = getattr(error, "response", None)
    status = int(getattr(response, "status_code", None) or getattr(response, "status", None) or 0)
    headers = {str(key).lower(): str(value) for key, value in (getattr(response, "headers", None) or {}).items()}
    data = getattr(response, "data", None)
    if isinstance(data, dict) and isinstance(data.get("error"), str):
        return by_error(data["error"], status, _retry_after(headers))
    if status == 200:
        return Outcome(kind=OutcomeKind.UNKNOWN, code="unreadable", detail="Slack's answer breaks off")
    return by_error("", status, _retry_after(headers))


def _retry_after(headers: Mapping[str, str]) -> timedelta | None:
    value = headers.get("retry-after", "").strip()
    return timedelta(seconds=int(value)) if value.isdecimal() and value.isascii() and len(value) < 7 else None
