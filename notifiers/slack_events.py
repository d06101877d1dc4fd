"""Messages in threads, as Slack's Events API tells of them: read without ever raising, and as Markdown. Pure."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from enum import StrEnum

import msgspec


class Happened(StrEnum):
    """What became of a message."""

    WRITTEN = "written"
    EDITED = "edited"
    DELETED = "deleted"


class ThreadMessage(msgspec.Struct, frozen=True, kw_only=True):
    """A person's message under another one. `ts` names it within its channel, `place` the one it answers.

    `text` is in Slack's markup; a deleted message has none. `files` are named addresses.
    """

    happened: Happened
    channel: str
    ts: str
    place: str
    user: str = ""
    text: str = ""
    files: tuple[tuple[str, str], ...] = ()


#: Subtypes of a message that a person wrote all the same.
_BY_PEOPLE = frozenset({"", "file_share", "me_message", "thread_broadcast"})
_ENTITY = re.compile(r"<([^<>]{1,3000})>")
_STRONG = re.compile(r"(?<![\w*])\*(?=\S)([^*\n]+?)(?<=\S)\*(?![\w*])")
_STRUCK = re.compile(r"(?<![\w~])~(?=\S)([^~\n]+?)(?<=\S)~(?![\w~])")
_CODE = re.compile(r"(```.*?```|`[^`\n]*`)", re.DOTALL)


def read_thread_message(payload: object) -> ThreadMessage | None:
    """A person's message in a thread; None for everything else, above all for what apps write, ourselves included.

    Sources: the event types `message`, `message_changed` and `message_deleted` of Slack's Events API.
    """
    match payload:
        case {"event": {"type": "message", "channel": str(channel)} as event}:
            pass
        case _:
            return None
    match event.get("subtype", ""):
        case "message_changed":
            return _read(Happened.EDITED, channel, event.get("message"))
        case "message_deleted":
            return _read(Happened.DELETED, channel, event.get("previous_message"))
        case str(kind) if kind in _BY_PEOPLE:
            return _read(Happened.WRITTEN, channel, event)
    return None


def as_markdown(text: str, name_of: Callable[[str], str]) -> str:
    """Slack's markup as Markdown; `name_of` gives the name of a member id."""
    parts = _CODE.split(_ENTITY.sub(lambda found: _entity(found[1], name_of), text))
    # Every second part is code, in which stars are stars.
    said = (
        part if place % 2 else _STRUCK.sub(r"~~\1~~", _STRONG.sub(r"**\1**", part)) for place, part in enumerate(parts)
    )
    return html.unescape("".join(said))


def members(text: str) -> tuple[str, ...]:
    """Ids of the members a text mentions."""
    return tuple(dict.fromkeys(re.findall(r"<@([A-Z0-9]{2,})(?:\|[^<>]*)?>", text)))


def _read(happened: Happened, channel: str, message: object) -> ThreadMessage | None:
    if not isinstance(message, dict):
        return None
    match message:
        case {"ts": str(ts), "thread_ts": str(thread), "user": str(user)} if ts != thread and user:
            pass
        case _:
            return None
    if message.get("bot_id") or message.get("app_id") or message.get("subtype", "") not in {*_BY_PEOPLE, "tombstone"}:
        return None
    # A message with answers leaves a tombstone when it is deleted, which comes as an edit.
    gone = happened is Happened.DELETED or message.get("subtype") == "tombstone"
    return ThreadMessage(
        happened=Happened.DELETED if gone else happened,
        channel=channel,
        ts=ts,
        place=f"{channel}/{thread}",
        user=user,
        text="" if gone else _text(message.get("text")),
        files=() if gone else _files(message.get("files")),
    )


def _files(given: object) -> tuple[tuple[str, str], ...]:
    found = []
    for file in given[:10] if isinstance(given, list) else ():
        match file:
            case {"permalink": str(link)} if link.startswith("https://") and not re.search(r"[\s()<>]", link):
                found.append((re.sub(r"[\[\]()<>\\`\n]", "", _text(file.get("title"))) or "file", link))
    return tuple(found)


def _entity(said: str, name_of: Callable[[str], str]) -> str:
    target, _, label = said.partition("|")
    if target.startswith("@"):
        return f"@{name_of(target[1:]) or label or target[1:]}"
    if target.startswith("#"):
        return f"#{label or target[1:]}"
    if target.startswith("!"):
        return label or "@" + target[1:].partition("^")[0]
    address = html.unescape(target)
    if not label or html.unescape(label) == address:
        return target
    return f"[{label}]({target})" if address.startswith(("http://", "https://")) and ")" not in address else label


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""
