"""Which app we are and in which workspace, so that what concerns another one changes nothing here.

A right signature says that Slack sent a request to this app; the app may be installed in other workspaces, too, whose
members mean nothing here whatever their ids are.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import timedelta

import msgspec

from notifiers.slack_api import SlackApi

#: Slack wants an answer within three seconds, of which this may take so many.
PATIENCE = timedelta(seconds=1)


class Origin(msgspec.Struct, frozen=True, kw_only=True):
    """Where a request says that it comes from; "" where it does not say."""

    app: str = ""
    team: str = ""
    enterprise: str = ""


class Ours(msgspec.Struct, frozen=True, kw_only=True):
    """Our workspace, and the organisation it is part of, if any."""

    team: str
    enterprise: str = ""


def read_origin(payload: object) -> Origin:
    """The origin of a click, a saved modal, a command or an event. Never raises."""
    if not isinstance(payload, Mapping):
        return Origin()
    return Origin(
        app=_text(payload.get("api_app_id")),
        team=_text(payload.get("team_id")) or _id(payload.get("team")),
        enterprise=_text(payload.get("enterprise_id")) or _id(payload.get("enterprise")),
    )


def fault(origin: Origin, ours: Ours | None, app: str) -> str:
    """Why a request is none of ours, "" if it is, or if that cannot be told. Pure."""
    if origin.app and app and origin.app != app:
        return f"it is for the app {origin.app}, and this is {app}"
    if ours is None or not origin.team or origin.team == ours.team:
        return ""
    if ours.enterprise and origin.enterprise == ours.enterprise:
        return ""
    return f"it is from the workspace {origin.team}, and this engine belongs to {ours.team}"


class SlackIdentity:
    """Asks Slack once who we are; as long as it does not say, the signature alone decides."""

    def __init__(self, api: SlackApi, app_token: str = "") -> None:
        self._api = api
        self._app = app_of(app_token)
        self._ours: Ours | None = None

    async def fault(self, payload: object) -> str:
        """Why a request is none of ours, "" if it is."""
        return fault(read_origin(payload), await self.ours(), self._app or self._api.app)

    async def ours(self) -> Ours | None:
        """Our workspace; None while Slack does not say."""
        if self._ours is None:
            try:
                async with asyncio.timeout(PATIENCE.total_seconds()):
                    told = await self._api.call(lambda client: client.auth_test())
            except TimeoutError:
                return None
            if told.ok and (team := _text(told.data.get("team_id"))):
                self._ours = Ours(team=team, enterprise=_text(told.data.get("enterprise_id")))
        return self._ours


def app_of(app_token: str) -> str:
    """The app's id, which an app-level token names (xapp-1-A0123ABCD-…); "" for any other."""
    parts = app_token.split("-")
    return parts[2] if len(parts) > 3 and parts[0] == "xapp" and parts[2].startswith("A") else ""


def _id(value: object) -> str:
    return _text(value.get("id")) if isinstance(value, Mapping) else ""


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""
