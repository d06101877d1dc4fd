"""Personal notification rules of Grafana OnCall as contact rules. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec

_CHANNELS = {
    "notify_by_slack": "slack",
    "notify_by_sms": "sms",
    "notify_by_phone_call": "voice",
    "notify_by_email": "email",
}


class Rule(msgspec.Struct):
    """One rule of a person; `duration`, in seconds, is that of a wait."""

    user_id: str
    type: str | None = None
    position: int = 0
    important: bool = False
    duration: float | None = None


def contact_rules(rules: Iterable[Rule], *, has_email: bool, has_slack: bool) -> tuple[list[dict[str, Any]], list[str]]:
    """The rules that can hold as they are written here, and what is left to do.

    Nobody's number is given out over there, so texts and calls wait for a person to fill in `mobile`.
    """
    known = {"slack": has_slack, "email": has_email}
    found: list[dict[str, Any]] = []
    left_out: list[str] = []
    after = 0
    for rule in sorted(rules, key=lambda one: one.position):
        if rule.type == "wait":
            after += int(rule.duration or 0)
            continue
        channel = _CHANNELS.get(rule.type or "")
        said = f"after {after // 60} min" if after else "at once"
        if channel is None:
            left_out.append(
                f"{rule.type!r} {said} has no counterpart; ntfy and Pushover reach a phone without a cloud of ours"
            )
        elif not known.get(channel, False):
            what = f"{{via: {channel}, after: {after}s}}" if after else f"{{via: {channel}}}"
            left_out.append(f"add {_MISSING.get(channel, channel)} and then the rule {what}")
        else:
            found.append({"via": channel, "after": f"{after}s"} if after else {"via": channel})
    return found, left_out


_MISSING = {"sms": "`mobile`", "voice": "`mobile`", "slack": "`slack`", "email": "`email`"}
