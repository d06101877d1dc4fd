"""Several pages to one contact as one message."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from notifiers.message import IncidentLine, Message, MessageKind

#: Lines a bundle carries; `total` counts the rest.
MOST_LINES = 20


def bundle(messages: Sequence[Message], *, page_id: str, at: datetime) -> Message:
    """One message that stands for several, given loudest first.

    Pages become a bundle that can be answered; anything else one notice with what each of them says. A bundle's team is "payments" or "payments, search"; its code is that of the first, so that a bare code still means one
    incident, and "all" means every one of them. A bundle is a drill only if all of it is.
    """
    first = messages[0]
    if first.kind is not MessageKind.PAGE:
        return _digest(messages, page_id=page_id, at=at)
    pages = [message for message in messages if message.incident is not None]
    lines = tuple(
        IncidentLine(
            number=message.incident or 0,
            code=message.code,
            team=message.team,
            severity=message.severity,
            summary=message.summary,
        )
        for message in pages[:MOST_LINES]
    )
    return Message(
        kind=MessageKind.BUNDLE,
        page_id=page_id,
        at=at,
        code=first.code,
        team=", ".join(dict.fromkeys(message.team for message in messages if message.team)),
        severity=first.severity,
        summary=first.summary,
        reason=first.reason,
        lines=lines,
        total=len(messages),
        url=first.url,
        drill=all(message.drill for message in messages),
        language=first.language,
    )


def _digest(messages: Sequence[Message], *, page_id: str, at: datetime) -> Message:
    """Notices, reminders and ends as one notice: a line each, with the incident it is about."""
    return Message(
        kind=MessageKind.NOTICE,
        page_id=page_id,
        at=at,
        team=", ".join(dict.fromkeys(message.team for message in messages if message.team)),
        severity=messages[0].severity,
        reason=messages[0].reason,
        text="\n".join(map(_told, messages)),
        url=messages[0].url,
        drill=all(message.drill for message in messages),
        language=messages[0].language,
    )


def _told(message: Message) -> str:
    if message.incident is None:
        return message.text
    return f"#{message.incident} {message.summary}: {message.text or message.kind}"
