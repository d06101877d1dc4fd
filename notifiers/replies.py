"""What a person meant by a text or a key: a pure grammar shared by every channel that takes answers.

Texts (upper and lower case, quotes and final punctuation do not matter):

    ack            the latest page sent to this contact        a, ack, acknowledge, ok
    12a, 12 ack    the page with reply code 12                 also: ack 12, a12
    ack #4711      incident number 4711, whatever its code
    ack all        every open page of this contact             also: aa, all ack
    12e, 12r       escalate, resolve
    12 snooze 2h   be asked again in two hours                 also: snooze 12 for 90 min, snooze 30m
    confirm 12     still working on it: an acknowledgement that is about to expire stays
    cover          somebody else, please; cover 2h
    who            who is on call; who payments
    help  stop  start

A command may be followed by a remark after a dash, comma, colon or full stop: "ack 12 - on it". A number without "#"
is a reply code first; where the contact has no such code, it may be an incident's number.

Keys in a call: 4 acknowledge, 5 (or 9) escalate, 6 resolve, 3 confirm, * repeat.
"""

from __future__ import annotations

import re
import unicodedata
from datetime import timedelta
from enum import StrEnum

import msgspec


class Verb(StrEnum):
    """What is asked for."""

    ACKNOWLEDGE = "acknowledge"
    RESOLVE = "resolve"
    ESCALATE = "escalate"
    SNOOZE = "snooze"
    #: Keep an acknowledgement that is about to expire.
    CONFIRM = "confirm"
    COVER = "cover"
    WHO = "who"
    HELP = "help"
    STOP = "stop"
    START = "start"
    #: Only by key: say it again.
    REPEAT = "repeat"


class Aim(StrEnum):
    """What a reply is about."""

    #: The latest page sent to this contact.
    LATEST = "latest"
    #: A reply code of this contact.
    CODE = "code"
    #: An incident's number.
    INCIDENT = "incident"
    #: Every open page of this contact.
    ALL = "all"


class Reply(msgspec.Struct, frozen=True, kw_only=True):
    """One understood answer.

    Attributes:
        verb: What is asked for.
        aim: What it is about.
        name: The code or incident number for `Aim.CODE` and `Aim.INCIDENT`, without leading zeros; for `WHO` the
            words after it.
        duration: With `SNOOZE` and `COVER`, if given.
    """

    verb: Verb
    aim: Aim = Aim.LATEST
    name: str = ""
    duration: timedelta | None = None


_VERBS: dict[str, Verb] = {
    **dict.fromkeys(("a", "ack", "acked", "acknowledge", "acknowledged", "ok", "okay"), Verb.ACKNOWLEDGE),
    **dict.fromkeys(("r", "c", "resolve", "resolved", "close", "closed", "done"), Verb.RESOLVE),
    **dict.fromkeys(("e", "esc", "escalate"), Verb.ESCALATE),
    **dict.fromkeys(("s", "snooze"), Verb.SNOOZE),
    **dict.fromkeys(("confirm", "still"), Verb.CONFIRM),
    "cover": Verb.COVER,
}
_DOUBLED = {"aa": Verb.ACKNOWLEDGE, "cc": Verb.RESOLVE, "rr": Verb.RESOLVE, "ee": Verb.ESCALATE}
#: The words carriers and Twilio treat as an opt-out; alone in a message, never with anything else.
_STOP = {"stop", "stopall", "unsubscribe", "cancel", "end", "quit", "revoke", "optout"}
_START = {"start", "unstop", "yes"}
_HELP = {"help", "info", "?"}
_KEYS = {
    "3": Verb.CONFIRM,
    "4": Verb.ACKNOWLEDGE,
    "5": Verb.ESCALATE,
    "6": Verb.RESOLVE,
    "9": Verb.ESCALATE,
    "*": Verb.REPEAT,
}

_TOKEN = re.compile(r"#?[0-9]+|[^\W\d_]+|\?")
_REMARK = re.compile(r"\s+[-–—]+\s+|[,.;:!(\n]")
_QUOTES = "\"'“”‘’„«».!"
_AMOUNT = {"m": 1, "min": 1, "mins": 1, "minute": 1, "minutes": 1}
_AMOUNT |= dict.fromkeys(("h", "hr", "hrs", "hour", "hours", "std"), 60)
_AMOUNT |= dict.fromkeys(("d", "day", "days"), 24 * 60)
_FILLERS = {"for", "incident", "alert", "page", "number", "no", "please", "the", "it"}

#: Longest text looked at, and longest number: more is no answer to a page.
_LONGEST_TEXT = 200
_LONGEST_NUMBER = 9
#: A snooze is a promise to come back; two weeks is the most one can promise.
_LONGEST = timedelta(days=14)


def parse(text: str) -> Reply | None:
    """The meaning of a text message, or None if it has none.

    A text that contains anything beyond the grammar is not guessed at: "do not ack this" acknowledges nothing.
    """
    if len(text) > _LONGEST_TEXT:
        return None
    cleaned = _bare(text)
    words = cleaned.split()
    if len(words) == 1 and words[0] in _STOP:
        return Reply(verb=Verb.STOP)
    if len(words) == 1 and words[0] in _START:
        return Reply(verb=Verb.START)
    if len(words) == 1 and words[0] in _HELP:
        return Reply(verb=Verb.HELP)
    if words[:1] == ["who"]:
        return _who(cleaned)
    whole = _sentence(cleaned)
    if whole is not None:
        return whole
    head, *remark = _REMARK.split(cleaned, maxsplit=1)
    return _sentence(_bare(head)) if remark else None


def parse_keys(digits: str) -> Reply | None:
    """The meaning of a key pressed in a call, or None: a wrong key, several keys and silence mean nothing."""
    verb = _KEYS.get(digits.strip())
    return None if verb is None else Reply(verb=verb)


def _bare(text: str) -> str:
    """Lower case, without symbols, surrounding quotes and final punctuation."""
    legible = "".join(c for c in text if unicodedata.category(c) not in {"So", "Sk", "Mn", "Cf", "Cs", "Me"})
    return legible.strip().strip(_QUOTES).strip().lower()


def _sentence(text: str) -> Reply | None:
    if _TOKEN.sub("", text).strip(" \t\r\n,.;:!-"):
        return None
    return _command([token for token in _TOKEN.findall(text) if token not in _FILLERS])


def _who(cleaned: str) -> Reply:
    about = " ".join(cleaned.rstrip("?! ").split()[1:])
    for filler in ("is on call", "is oncall", "is on-call", "is", "s on call"):
        if about == filler or about.startswith(filler + " "):
            about = about[len(filler) :].strip()
            break
    return Reply(verb=Verb.WHO, name=about.removeprefix("for ").strip())


def _command(tokens: list[str]) -> Reply | None:
    """One verb, at most one target, at most one duration, nothing else."""
    verb: Verb | None = None
    target: tuple[Aim, str] | None = None
    duration: timedelta | None = None
    rest = list(tokens)
    while rest:
        token = rest.pop(0)
        if token[-1].isdigit():
            minutes = _duration(token, rest) if verb in {Verb.SNOOZE, Verb.COVER, None} else None
            if minutes is not None and duration is None:
                duration = minutes
                rest.pop(0)
            elif target is None and (named := _number(token)) is not None:
                target = named
            else:
                return None
        elif token == "all":  # noqa: S105 - a word of the grammar
            if target is not None:
                return None
            target = (Aim.ALL, "")
        elif token in _DOUBLED and verb is None and target is None:
            verb, target = _DOUBLED[token], (Aim.ALL, "")
        elif token in _VERBS and verb is None:
            verb = _VERBS[token]
        else:
            return None
    return _reply(verb, target, duration)


def _reply(verb: Verb | None, target: tuple[Aim, str] | None, duration: timedelta | None) -> Reply | None:
    if verb is None or (duration is not None and verb not in {Verb.SNOOZE, Verb.COVER}):
        return None
    if verb is Verb.COVER and target is not None:
        return None
    aim, name = target or (Aim.LATEST, "")
    return Reply(verb=verb, aim=aim, name=name, duration=duration)


def _number(token: str) -> tuple[Aim, str] | None:
    digits = token.removeprefix("#")
    if len(digits) > _LONGEST_NUMBER or not digits.isascii():
        return None
    aim = Aim.INCIDENT if token.startswith("#") else Aim.CODE
    return aim, str(int(digits))


def _duration(token: str, rest: list[str]) -> timedelta | None:
    """The duration that starts with this number, if the next word is a unit of time."""
    if not rest or rest[0] not in _AMOUNT or not token.isdigit() or not token.isascii() or len(token) > 5:
        return None
    length = timedelta(minutes=int(token) * _AMOUNT[rest[0]])
    return length if timedelta(0) < length <= _LONGEST else None
