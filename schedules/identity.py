"""Who an event means: names and roles from its summary or its attendees."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import msgspec

from schedules.decoding import plain
from schedules.events import Event
from schedules.properties import Property

_ROLE = r"primary|secondary|tertiary|manager|backup|shadow|L\d{1,2}"
#: How calendars usually name a role: "[L2] Ana", "Ana (secondary)", "Primary: Ana", or not at all.
DEFAULT_PATTERN = (
    rf"^(?:\[(?P<role>[^\]]+)\]\s*|(?i:on[- ]?call\s*)?(?P<role2>(?i:{_ROLE}))\s*[:-]\s*|(?i:on[- ]?call)\s*:\s*)?"
    rf"(?P<name>.+?)(?:\s*[(\[](?P<role3>(?i:{_ROLE}))[)\]])?$"
)
_SEVERAL = re.compile(r"\s*[,&+]\s*|\s+and\s+", re.IGNORECASE)
_NOT_PEOPLE = frozenset({"RESOURCE", "ROOM", "GROUP"})
_NOT_COMING = frozenset({"DECLINED", "DELEGATED"})


class IdentityOptions(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The `identity` object of a feed as people write it."""

    #: Where names are read: "summary" or "attendee".
    from_: str = msgspec.field(default="summary", name="from")
    #: Regular expression with a group `name`, and `role` (or `role2`, `role3`) where the text tells roles.
    pattern: str = DEFAULT_PATTERN
    #: Several names in one event, separated by `,` `&` `+` or `and`.
    multi: bool = False
    #: Another spelling to the name that counts, compared without regard to case.
    aliases: Mapping[str, str] = {}
    #: Regular expression of summaries that are no shifts.
    ignore: str | None = None
    #: Name of whoever is meant by an event without a text.
    fallback: str | None = None


class BadIdentity(ValueError):
    """The identity object cannot be used; the message says which part and why."""


@dataclass(frozen=True, slots=True)
class Named:
    """One name an event gives, as written and as it counts."""

    raw: str
    person: str
    role: str | None


@dataclass(frozen=True, slots=True)
class Identity:
    """Checked options."""

    options: IdentityOptions
    _pattern: re.Pattern[str] = field(repr=False)
    _ignore: re.Pattern[str] | None = field(repr=False)
    _aliases: Mapping[str, str] = field(repr=False)

    def ignores(self, event: Event) -> bool:
        """Whether the event is no shift at all."""
        return self._ignore is not None and self._ignore.search(plain(event.summary)) is not None

    def names(self, event: Event) -> list[Named]:
        """Everybody the event puts on call. A text that matches nothing is taken whole, as an unknown name."""
        summary = plain(event.summary)
        match = self._pattern.search(summary)
        role = _role(match) if match else None
        if self.options.from_ == "attendee":
            found = [self._attendee(prop, role) for prop in event.attendees if _comes(prop)]
        else:
            text = plain(match["name"]) if match and match["name"] else summary
            found = [Named(name, self._canonical(name), role) for name in self._split(text)]
        if not found and self.options.fallback and not event.attendees:
            found = [Named(self.options.fallback, self._canonical(self.options.fallback), role)]
        return list(dict.fromkeys(found))

    def _split(self, text: str) -> Sequence[str]:
        if not self.options.multi or text.casefold() in self._aliases:
            return [text] if text else []
        return [name for part in _SEVERAL.split(text) if (name := plain(part))]

    def _attendee(self, prop: Property, role: str | None) -> Named:
        mail = re.sub(r"(?i)^mailto:", "", prop.value).strip()
        written = plain(prop.params.get("CN", "").strip('"')) or mail
        alias = self._aliases.get(mail.casefold())
        return Named(written, alias or self._canonical(written), role)

    def _canonical(self, name: str) -> str:
        return self._aliases.get(name.casefold(), name)


def identity(options: Mapping[str, object] | None = None) -> Identity:
    """Options as people write them, checked.

    Raises:
        BadIdentity: an unknown key, a wrong type, or a regular expression that is none.
    """
    try:
        read = msgspec.convert(options or {}, IdentityOptions)
    except msgspec.ValidationError as wrong:
        raise BadIdentity(str(wrong)) from None
    if read.from_ not in {"summary", "attendee"}:
        raise BadIdentity(f"`from` is {read.from_!r}; it must be summary or attendee")
    pattern = _compiled("pattern", read.pattern)
    if "name" not in pattern.groupindex and read.from_ == "summary":
        raise BadIdentity("`pattern` has no group called name: write (?P<name>...)")
    ignore = _compiled("ignore", read.ignore) if read.ignore else None
    return Identity(read, pattern, ignore, {plain(raw).casefold(): plain(name) for raw, name in read.aliases.items()})


def _compiled(key: str, text: str) -> re.Pattern[str]:
    try:
        return re.compile(text)
    except re.error as wrong:
        raise BadIdentity(f"`{key}` is no regular expression: {wrong}") from None


def _role(match: re.Match[str]) -> str | None:
    groups = match.groupdict()
    return next((plain(groups[name]) for name in ("role", "role2", "role3") if groups.get(name)), None)


def _comes(prop: Property) -> bool:
    kind = prop.params.get("CUTYPE", "").upper()
    answer = prop.params.get("PARTSTAT", "").upper()
    return (
        kind not in _NOT_PEOPLE
        and answer not in _NOT_COMING
        and prop.params.get("ROLE", "").upper() != "NON-PARTICIPANT"
    )
