"""What Slack asks of a call: known and required arguments, and Block Kit within its limits.

https://docs.slack.dev/reference/block-kit and the pages of each method.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

#: Method to required and optional arguments.
METHODS: Mapping[str, tuple[frozenset[str], frozenset[str]]] = {
    name: (frozenset(required.split()), frozenset(optional.split()))
    for name, required, optional in (
        ("apps.connections.open", "", ""),
        ("auth.test", "", ""),
        (
            "chat.postMessage",
            "channel",
            (
                "attachments blocks icon_emoji icon_url link_names markdown_text metadata mrkdwn parse reply_broadcast text "
                "thread_ts unfurl_links unfurl_media username"
            ),
        ),
        (
            "chat.update",
            "ts channel",
            "attachments blocks markdown_text metadata link_names parse text reply_broadcast file_ids",
        ),
        (
            "chat.postEphemeral",
            "user channel",
            "attachments blocks icon_emoji icon_url link_names markdown_text metadata parse text thread_ts username",
        ),
        ("conversations.open", "", "channel return_im users prevent_creation"),
        ("conversations.history", "channel", "cursor include_all_metadata inclusive latest limit oldest"),
        ("conversations.info", "channel", "include_locale include_num_members"),
        ("conversations.join", "channel", ""),
        ("conversations.list", "", "cursor exclude_archived limit team_id types"),
        ("usergroups.list", "", "include_count include_disabled include_users team_id"),
        ("usergroups.users.list", "usergroup", "include_disabled team_id"),
        ("usergroups.users.update", "usergroup users", "include_count team_id additional_channels is_shared"),
        ("users.info", "user", "include_locale"),
        ("users.lookupByEmail", "email", ""),
        ("views.open", "view", "trigger_id interactivity_pointer"),
        ("views.update", "view", "view_id external_id hash"),
    )
}
#: Methods that need an app-level token.
APP_METHODS = frozenset({"apps.connections.open"})

_TEXTS = {"plain_text", "mrkdwn"}


def argument_faults(method: str, arguments: Mapping[str, Any]) -> Iterator[str]:
    """Arguments that are missing or that the method does not know."""
    required, optional = METHODS[method]
    for name in sorted(required - arguments.keys()):
        yield f"{method} lacks {name}"
    for name in sorted(arguments.keys() - required - optional - {"token"}):
        yield f"{method} knows no {name}"


def message_faults(arguments: Mapping[str, Any]) -> Iterator[str]:
    """What is wrong with a message."""
    text, blocks = arguments.get("text") or "", arguments.get("blocks") or []
    if not text:
        yield "a message without text notifies nobody"
    if len(text) > 4000:
        yield f"text has {len(text)} characters"
    yield from _blocks(blocks, 50)
    if len(json.dumps(blocks, ensure_ascii=False, separators=(",", ":"))) > 13_200:
        yield "msg_blocks_too_long"


def view_faults(view: Mapping[str, Any]) -> Iterator[str]:
    """What is wrong with a modal."""
    for key in ("title", "submit", "close"):
        yield from _text(view.get(key), f"/{key}", 24, {"plain_text"})
    if len(view.get("private_metadata", "")) > 3000:
        yield "/private_metadata is longer than 3000"
    yield from _blocks(view.get("blocks") or [], 100)


def _blocks(blocks: Sequence[Mapping[str, Any]], most: int) -> Iterator[str]:
    if len(blocks) > most:
        yield f"{len(blocks)} blocks"
    ids = [block["block_id"] for block in blocks if "block_id" in block]
    if len(ids) != len(set(ids)):
        yield "block_id is not unique"
    for number, block in enumerate(blocks):
        yield from _block(block, f"/blocks/{number}")


def _block(block: Mapping[str, Any], at: str) -> Iterator[str]:
    if len(block.get("block_id", "")) > 255:
        yield f"{at}/block_id is longer than 255"
    match block.get("type"):
        case "header":
            yield from _text(block.get("text"), f"{at}/text", 150, {"plain_text"})
        case "section":
            if "text" in block or not block.get("fields"):
                yield from _text(block.get("text"), f"{at}/text", 3000, _TEXTS)
            if len(block.get("fields", ())) > 10:
                yield f"{at}/fields has more than 10"
            for number, field in enumerate(block.get("fields", ())):
                yield from _text(field, f"{at}/fields/{number}", 2000, _TEXTS)
        case "context":
            yield from _count(block.get("elements"), f"{at}/elements", 10)
            for number, element in enumerate(block.get("elements", ())):
                yield from _text(element, f"{at}/elements/{number}", 3000, _TEXTS)
        case "actions":
            yield from _count(block.get("elements"), f"{at}/elements", 25)
            yield from _elements(block.get("elements", ()), f"{at}/elements")
        case "input":
            yield from _text(block.get("label"), f"{at}/label", 2000, {"plain_text"})
            yield from _elements([block.get("element", {})], f"{at}/element")
        case "divider":
            pass
        case other:
            yield f"{at}/type {other!r} is not known here"


def _elements(elements: Sequence[Mapping[str, Any]], at: str) -> Iterator[str]:
    ids = [element.get("action_id", "") for element in elements]
    if len(ids) != len(set(ids)) or not all(ids):
        yield f"{at}: action_id is missing or not unique"
    for number, element in enumerate(elements):
        here = f"{at}/{number}"
        if len(element.get("action_id", "")) > 255:
            yield f"{here}/action_id is longer than 255"
        if element.get("type") == "button":
            yield from _button(element, here)
        elif element.get("type") not in {"plain_text_input", "users_select", "static_select"}:
            yield f"{here}/type {element.get('type')!r} is not known here"


def _button(button: Mapping[str, Any], at: str) -> Iterator[str]:
    yield from _text(button.get("text"), f"{at}/text", 75, {"plain_text"})
    if len(button.get("value", "")) > 2000:
        yield f"{at}/value is longer than 2000"
    if len(button.get("url", "")) > 3000:
        yield f"{at}/url is longer than 3000"
    if button.get("style", "primary") not in {"primary", "danger"}:
        yield f"{at}/style {button['style']!r}"
    if confirm := button.get("confirm"):
        for key, most in (("title", 100), ("text", 300), ("confirm", 30), ("deny", 30)):
            yield from _text(confirm.get(key), f"{at}/confirm/{key}", most, _TEXTS)


def _count(elements: object, at: str, most: int) -> Iterator[str]:
    if not isinstance(elements, list) or not 1 <= len(elements) <= most:
        yield f"{at} must have 1 to {most}"


def _text(value: object, at: str, most: int, kinds: set[str]) -> Iterator[str]:
    if not isinstance(value, dict) or value.get("type") not in kinds:
        yield f"{at} must be one of {sorted(kinds)}"
    elif not 1 <= len(value.get("text", "")) <= most:
        yield f"{at} must have 1 to {most} characters"
