"""What `/oncall ...` asks for. Pure.

/oncall                        who is on call
/oncall who payments           who is on call for a team or service
/oncall find pay               services whose name or alias fits, with owner, runbook, logs, dashboards
/oncall pay                    the same
/oncall page payments why      page a team
/oncall override payments 2h   take over now for two hours
/oncall cover                  ask for cover
/oncall shifts                 my next shifts
/oncall status 12 rolled back  how incident 12 stands; impact the same; without words the line goes
/oncall role 12 commander ben  who does what; without a person you, with "nobody" the role is free
/oncall ack 12                 any reply that works in a text
"""

from __future__ import annotations

import re
from datetime import timedelta
from enum import StrEnum

import msgspec

from notifiers.replies import Reply, Verb, parse


class Ask(StrEnum):
    """What is asked for."""

    WHO = "who"
    FIND = "find"
    PAGE = "page"
    OVERRIDE = "override"
    COVER = "cover"
    SHIFTS = "shifts"
    STATUS = "status"
    IMPACT = "impact"
    ROLE = "role"
    REPLY = "reply"
    HELP = "help"


class Command(msgspec.Struct, frozen=True, kw_only=True):
    """One command.

    Attributes:
        ask: What is asked for.
        about: The team or service it is about, as written; with `STATUS`, `IMPACT` and `ROLE` the incident's number.
        role: With `ROLE`, which one; `text` is who.
        text: What follows; with `OVERRIDE`, what was meant as a length and is none.
        duration: With `OVERRIDE`, if given.
        reply: With `REPLY`.
    """

    ask: Ask
    about: str = ""
    text: str = ""
    duration: timedelta | None = None
    reply: Reply | None = None
    role: str = ""


#: Each part of a length such as "1h30m" or "90 min".
_PART = re.compile(
    r"\s*([0-9]{1,4})\s*(m|mins?|minutes?|h|hrs?|hours?|d|days?|w|weeks?)(?=[\s0-9]|$)", re.ASCII | re.IGNORECASE
)
_NUMBER = re.compile(r"#?([0-9]{1,9})", re.ASCII)
_UNITS = {"m": timedelta(minutes=1), "h": timedelta(hours=1), "d": timedelta(days=1), "w": timedelta(weeks=1)}
#: Longer than this is a rotation, not somebody who takes over.
MOST_OVERRIDE = timedelta(days=31)


def read(text: str) -> Command:
    """The meaning of what stands after `/oncall`; unknown words are looked for as a service."""
    words = text.split()
    if not words:
        return Command(ask=Ask.WHO)
    first, rest = words[0].lower(), words[1:]
    match first:
        case "help" | "?":
            return Command(ask=Ask.HELP)
        case "who" | "whois" | "who's":
            reply = parse(" ".join(["who", *rest]))
            return Command(ask=Ask.WHO, about=reply.name if reply else " ".join(rest))
        case "find" | "search":
            return Command(ask=Ask.FIND, about=" ".join(rest)) if rest else Command(ask=Ask.HELP)
        case "page":
            return Command(ask=Ask.PAGE, about=rest[0], text=" ".join(rest[1:])) if rest else Command(ask=Ask.HELP)
        case "override" | "take":
            return _override(rest)
        case "shifts" | "shift":
            return Command(ask=Ask.SHIFTS)
        case "my" if rest[:1] in (["shifts"], ["shift"]):
            return Command(ask=Ask.SHIFTS)
        case "status" | "impact" | "role" if rest and _NUMBER.fullmatch(rest[0]):
            return _record(Ask(first), rest)
    return _reply(text) or Command(ask=Ask.FIND, about=text.strip())


def _override(rest: list[str]) -> Command:
    if not rest:
        return Command(ask=Ask.HELP)
    said = " ".join(rest[2:] if rest[1:2] == ["for"] else rest[1:])
    duration = _length(said)
    return Command(ask=Ask.OVERRIDE, about=rest[0], duration=duration, text="" if duration else said)


def _length(said: str) -> timedelta | None:
    """The whole of it as a length of time; None where it is none, or too long to be meant."""
    length, at = timedelta(), 0
    while at < len(said) and (part := _PART.match(said, at)) is not None:
        length, at = length + int(part[1]) * _UNITS[part[2][0].lower()], part.end()
    return length if at == len(said) and timedelta() < length <= MOST_OVERRIDE else None


def _record(ask: Ask, rest: list[str]) -> Command:
    number = rest[0].removeprefix("#")
    if ask is not Ask.ROLE:
        return Command(ask=ask, about=number, text=" ".join(rest[1:]))
    if len(rest) < 2:
        return Command(ask=Ask.HELP)
    return Command(ask=ask, about=number, role=rest[1], text=" ".join(rest[2:]))


def _reply(text: str) -> Command | None:
    reply = parse(text)
    if reply is None:
        return None
    if reply.verb is Verb.COVER:
        return Command(ask=Ask.COVER, duration=reply.duration)
    return Command(ask=Ask.REPLY, reply=reply)
