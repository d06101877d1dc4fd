"""What Slack has of our own messages: each names in its metadata what it is about, so one can be found again.

https://docs.slack.dev/reference/methods/conversations.history, https://docs.slack.dev/messaging/message-metadata
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from notifiers.slack_api import SlackApi

#: Metadata of messages about pages and of incidents' messages: the event's type, and the key of what it is about.
PAGE = ("oncall_page", "page_id")
INCIDENT = ("oncall_incident", "incident")
#: How far Slack's clock and ours may be apart.
SKEW = timedelta(minutes=5)
#: Messages one request reads, and requests one look makes.
PAGE_SIZE = 200
MOST_PAGES = 5


def metadata(kind: tuple[str, str], name: str) -> dict[str, Any]:
    """What a message carries to be found by."""
    event_type, key = kind
    return {"event_type": event_type, "event_payload": {key: name}}


async def find(api: SlackApi, place: str, kind: tuple[str, str], name: str, since: datetime) -> tuple[str, ...] | None:
    """Places ("channel/ts") of the messages with this metadata since then, newest first; None if Slack does not say.

    `place` is a channel's id, or a member's for the direct messages with them. Needs `channels:history`,
    `groups:history` and `im:history`; without the one that applies Slack does not say.
    """
    channel = await _conversation(api, place)
    if not channel:
        return None
    oldest = f"{(since - SKEW).timestamp():.6f}"
    found: list[str] = []
    cursor = ""
    for _ in range(MOST_PAGES):
        result = await api.call(
            lambda client, at=cursor: client.conversations_history(  # type: ignore[misc] # `at` binds this page
                channel=channel, oldest=oldest, limit=PAGE_SIZE, include_all_metadata=True, cursor=at or None
            )
        )
        messages = result.data.get("messages")
        if not result.ok or not isinstance(messages, list):
            return None
        found += [f"{channel}/{ts}" for message in messages if (ts := _named(message, kind, name))]
        cursor = (result.data.get("response_metadata") or {}).get("next_cursor", "")
        if not cursor:
            return tuple(found)
    # So much was written that the rest cannot be read in time; what was found is certain all the same.
    return tuple(found) or None


async def _conversation(api: SlackApi, place: str) -> str:
    if not place.startswith(("U", "W")):
        return place
    result = await api.call(lambda client: client.conversations_open(users=place))
    channel = result.data.get("channel")
    return str(channel.get("id", "")) if isinstance(channel, dict) else ""


def _named(message: object, kind: tuple[str, str], name: str) -> str:
    """The ts of a message that carries this metadata, "" for any other."""
    match message:
        case {"ts": str(ts), "metadata": {"event_type": str(event_type), "event_payload": dict(payload)}}:
            return ts if (event_type, payload.get(kind[1])) == (kind[0], name) else ""
    return ""
