"""What Slack sends us: verified and read, without ever raising."""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any

import msgspec

from notifiers.slack_blocks import ButtonValue

#: Requests older or newer than this are refused, as Slack asks for.
WINDOW_SECONDS = 300


class Verdict(StrEnum):
    """Whether a request is Slack's."""

    GENUINE = "genuine"
    FORGED = "forged"
    #: Rightly signed at another time: a replay, or our clock is wrong, which the operator must know.
    STALE = "stale"


def verify(*, secret: str, timestamp: str | None, signature: str | None, body: bytes, now: datetime) -> Verdict:
    """Whether Slack signed these very bytes within five minutes.

    The vendor's verifier raises on time stamps that are no numbers, on signatures that are not ASCII and on bodies that
    are not UTF-8; all of that is forgery.
    """
    if not secret or timestamp is None or signature is None:
        return Verdict.FORGED
    if not (timestamp.isascii() and timestamp.isdecimal() and len(timestamp) <= 12 and signature.isascii()):
        return Verdict.FORGED
    from slack_sdk.signature import SignatureVerifier  # noqa: PLC0415 - loads the whole package, see `slack_client`

    try:
        expected = SignatureVerifier(secret).generate_signature(timestamp=timestamp, body=body)
    except (ValueError, TypeError, UnicodeError):
        return Verdict.FORGED
    if expected is None or not hmac.compare_digest(expected, signature):
        return Verdict.FORGED
    return Verdict.GENUINE if abs(now.timestamp() - int(timestamp)) <= WINDOW_SECONDS else Verdict.STALE


class Click(msgspec.Struct, frozen=True, kw_only=True):
    """A button that was pressed. `id` names the press, however often it is told."""

    id: str
    user: str
    action: str
    value: ButtonValue | None
    trigger_id: str = ""
    response_url: str = ""
    channel: str = ""


class Submission(msgspec.Struct, frozen=True, kw_only=True):
    """A modal that was saved; `values` by block id."""

    id: str
    user: str
    callback: str
    about: ButtonValue | None
    values: Mapping[str, str]


class SlashCommand(msgspec.Struct, frozen=True, kw_only=True):
    """`/oncall` and what stands after it."""

    id: str
    user: str
    text: str
    channel: str = ""
    trigger_id: str = ""
    response_url: str = ""


def read_interaction(payload: object) -> Click | Submission | None:
    """A click or a saved modal; None for the kinds that mean nothing to us."""
    if not isinstance(payload, dict):
        return None
    match payload:
        case {"type": "block_actions", "user": {"id": str(user)}, "actions": [{"action_id": str(action)} as first, *_]}:
            return Click(
                id=f"{user}/{_at(payload, 'container', 'message_ts')}/{action}/{first.get('action_ts', '')}",
                user=user,
                action=action,
                value=_value(first.get("value")),
                trigger_id=_text(payload.get("trigger_id")),
                response_url=_text(payload.get("response_url")),
                channel=_at(payload, "channel", "id") or _at(payload, "container", "channel_id"),
            )
        case {"type": "view_submission", "user": {"id": str(user)}, "view": {"id": str(view)} as shown}:
            return Submission(
                id=f"{user}/{view}/{_text(shown.get('hash'))}",
                user=user,
                callback=_text(shown.get("callback_id")),
                about=_value(shown.get("private_metadata")),
                values=_inputs(shown.get("state")),
            )
    return None


def read_command(form: Mapping[str, object]) -> SlashCommand | None:
    """A slash command, from a form or a socket's payload."""
    user, trigger = _text(form.get("user_id")), _text(form.get("trigger_id"))
    if not user or not _text(form.get("command")):
        return None
    return SlashCommand(
        id=f"{user}/{trigger}",
        user=user,
        text=_text(form.get("text")),
        channel=_text(form.get("channel_id")),
        trigger_id=trigger,
        response_url=_text(form.get("response_url")),
    )


def read_challenge(payload: object) -> str | None:
    """The word Slack wants to hear back when an address is set up."""
    match payload:
        case {"type": "url_verification", "challenge": str(challenge)}:
            return challenge
    return None


def _value(text: object) -> ButtonValue | None:
    try:
        return msgspec.json.decode(text, type=ButtonValue) if isinstance(text, str) else None
    except (msgspec.MsgspecError, UnicodeError):
        return None


def _inputs(state: object) -> dict[str, str]:
    """Block id to what was entered, of every kind of input our modals have."""
    values = state.get("values") if isinstance(state, dict) else None
    found: dict[str, str] = {}
    for block_id, elements in values.items() if isinstance(values, dict) else ():
        for element in elements.values() if isinstance(elements, dict) else ():
            if isinstance(element, dict):
                entered = element.get("value") or element.get("selected_user")
                found[str(block_id)] = _text(entered)
    return found


def _at(payload: Mapping[str, Any], *path: str) -> str:
    value: Any = payload
    for key in path:
        value = value.get(key) if isinstance(value, dict) else None
    return _text(value)


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""
