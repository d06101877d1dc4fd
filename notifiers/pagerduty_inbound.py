"""What PagerDuty tells us (webhooks v3): verified and read, without ever raising."""

from __future__ import annotations

import hmac

import msgspec


class PagerDutyEvent(msgspec.Struct, frozen=True, kw_only=True):
    """Something that happened to an incident there. `id` names the event, however often it is told."""

    id: str
    kind: str
    key: str
    agent: str


def is_signed(secret: str, body: bytes, header: str | None) -> bool:
    """True if any signature of the header fits: "v1=hex[,v1=hex...]", several while a secret is rotated."""
    if not secret or not header or not header.isascii():
        return False
    expected = hmac.new(secret.encode(), body, "sha256").hexdigest()
    given = [part.strip().removeprefix("v1=") for part in header.split(",") if part.strip().startswith("v1=")]
    return any(hmac.compare_digest(expected, one) for one in given[:10])


def read_event(body: bytes) -> PagerDutyEvent | None:
    """The event, or None if it is none about an incident."""
    try:
        payload = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeError):
        return None
    match payload:
        case {"event": {"id": str(id_), "event_type": str(kind), "data": {"incident_key": str(key)}, **more}}:
            agent = more.get("agent")
            name = agent.get("summary") if isinstance(agent, dict) else None
            return PagerDutyEvent(id=id_, kind=kind, key=key, agent=name if isinstance(name, str) else "")
    return None
