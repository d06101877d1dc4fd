"""Block Kit, within its limits by construction (https://docs.slack.dev/reference/block-kit/blocks).

Text is cut after escaping, never inside an escape. A message that would still be too large loses blocks from the end,
but keeps its first block and its buttons.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

Block = dict[str, Any]

MOST_BLOCKS = 50
#: Undocumented: from about 13,200 characters of block JSON on Slack answers msg_blocks_too_long.
MOST_CHARACTERS = 12_000


class ButtonValue(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a button says when it is clicked.

    Attributes:
        page: The page it came with, "" on a team's message.
        incident: The incident it acts on; None acts on every incident of the page.
        minutes: How long, for snooze.
        other: The incident a "related?" question is about.
        alert: The alert a "does it belong here?" question is about.
    """

    page: str = ""
    incident: int | None = None
    minutes: int = 0
    other: int | None = None
    alert: int | None = None


def escape(text: str) -> str:
    """The three characters that mean something in Slack's markup."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def anchor(name: str, url: str) -> str:
    """A link within a text. An address may hold what ends a link; encoded it still leads to the same place."""
    safe = url.replace("|", "%7C").replace("<", "%3C").replace(">", "%3E")
    return f"<{escape(safe)}|{escape(name)}>"


def mrkdwn(text: str, most: int) -> Block:
    """Text with Slack's markup; `text` is already escaped where it must be."""
    return {"type": "mrkdwn", "text": cut(text, most) or " "}


def plain(text: str, most: int) -> Block:
    """Text that means nothing."""
    return {"type": "plain_text", "text": cut_plain(text, most) or " ", "emoji": False}


def cut_plain(text: str, most: int) -> str:
    """At most so many characters."""
    return text if len(text) <= most else text[: most - 1].rstrip() + "…"


def cut(text: str, most: int) -> str:
    """At most so many characters, and no half of an escape at the end."""
    if len(text) <= most:
        return text
    short = text[: most - 1]
    start = short.rfind("&", max(len(short) - 5, 0))
    if start >= 0 and ";" not in short[start:]:
        short = short[:start]
    return short.rstrip() + "…"


def header(text: str) -> Block:
    """A large line."""
    return {"type": "header", "text": plain(text, 150)}


def section(text: str, fields: Sequence[tuple[str, str]] = ()) -> Block:
    """A paragraph and up to ten named values."""
    block: Block = {"type": "section", "text": mrkdwn(text, 3000)}
    if fields:
        block["fields"] = [mrkdwn(f"*{escape(name)}*\n{escape(value)}", 2000) for name, value in fields[:10]]
    return block


def context(lines: Sequence[str]) -> Block:
    """Up to ten small lines, already escaped."""
    return {"type": "context", "elements": [mrkdwn(line, 500) for line in lines[:10]]}


def button(text: str, action: str, value: ButtonValue, *, style: str = "", confirm: Block | None = None) -> Block:
    """A button that is told to us."""
    made: Block = {
        "type": "button",
        "action_id": action,
        "text": plain(text, 75),
        "value": msgspec.json.encode(value).decode(),
    }
    if style:
        made["style"] = style
    if confirm:
        made["confirm"] = confirm
    return made


def link(text: str, action: str, url: str) -> Block:
    """A button that opens an address. Slack tells us of the click too; it means nothing."""
    return {"type": "button", "action_id": action, "text": plain(text, 75), "url": url}


def confirmation(title: str, text: str, yes: str, no: str) -> Block:
    """The question before something that is hard to take back."""
    return {
        "title": plain(title, 100),
        "text": plain(text, 300),
        "confirm": plain(yes, 30),
        "deny": plain(no, 30),
    }


def actions(block_id: str, elements: Sequence[Block]) -> Block:
    """A row of up to 25 elements."""
    return {"type": "actions", "block_id": block_id[:255], "elements": list(elements)[:25]}


def fitted(blocks: Sequence[Block]) -> list[Block]:
    """The blocks within the limits of one message."""
    kept = list(blocks)
    while len(kept) > MOST_BLOCKS or size(kept) > MOST_CHARACTERS:
        last = next((n for n in range(len(kept) - 1, 0, -1) if kept[n]["type"] != "actions"), None)
        if last is None:
            break
        del kept[last]
    return kept


def size(blocks: Sequence[Mapping[str, Any]]) -> int:
    """Characters as Slack counts them."""
    return len(msgspec.json.encode(blocks).decode())
