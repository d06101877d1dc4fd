"""People: how they are reached and by what rules."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from enum import StrEnum

import msgspec


class Role(StrEnum):
    """What somebody may do; team editors only for their own teams."""

    VIEWER = "viewer"
    RESPONDER = "responder"
    EDITOR = "editor"
    ADMIN = "admin"


class ContactMethod(msgspec.Struct, frozen=True, kw_only=True):
    """One way to reach a person: a notifier's channel name and the address it needs."""

    channel: str
    address: str


class ContactRule(msgspec.Struct, frozen=True, kw_only=True):
    """Use this channel that long after the page began."""

    channel: str
    after: timedelta = timedelta(0)


class Preference(msgspec.Struct, frozen=True, kw_only=True):
    """What a person says about the contact methods that the files give them, by channel.

    Attributes:
        order: The first reaches them first; a method it does not name comes after those it does.
        left_out: Not to be used.
    """

    order: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()

    def sorted(self, methods: Sequence[ContactMethod]) -> tuple[ContactMethod, ...]:
        """The methods in this order."""
        return tuple(sorted(methods, key=lambda method: self._place(method.channel)))

    def ruled(self, rules: Sequence[ContactRule]) -> tuple[ContactRule, ...]:
        """Contact rules with the same waits, given to the channels in this order, without those left out."""
        used = [rule.channel for rule in rules if rule.channel not in self.left_out]
        waits = sorted(rule.after for rule in rules)
        channels = sorted(used, key=self._place)
        return tuple(ContactRule(channel=name, after=wait) for name, wait in zip(channels, waits, strict=False))

    def _place(self, channel: str) -> int:
        return self.order.index(channel) if channel in self.order else len(self.order)


class QuietHours(msgspec.Struct, frozen=True, kw_only=True):
    """Minutes after midnight in the person's zone in which ordinary pages wait; `until` <= `since` crosses midnight."""

    since: int
    until: int


#: What absences are called in the calendars of people and of personnel departments.
ABSENCE = (
    r"\b(out of (the )?office|ooo|vacation|(on|annual|parental|sick) leave|sick|urlaub|krank|abwesend|elternzeit)\b"
)


class Away(msgspec.Struct, frozen=True, kw_only=True):
    """A calendar that tells when a person is away."""

    #: Path of a file, or an http(s):// or caldav(s):// address.
    location: str
    #: Zone of all-day events where the calendar names none.
    timezone: str = "UTC"
    #: Name of an environment variable that holds "user:password".
    credentials_env: str | None = None
    #: Regular expression of the summaries that mean an absence, compared without regard to case.
    match: str = ABSENCE


class Person(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody who can be asked. `id` is the short name that files, replies and calendars use."""

    id: str
    name: str
    email: str = ""
    timezone: str = "UTC"
    language: str = "en"
    role: Role = Role.RESPONDER
    #: Other spellings by which a calendar may name this person, compared case-insensitively.
    aliases: tuple[str, ...] = ()
    methods: tuple[ContactMethod, ...] = ()
    important: tuple[ContactRule, ...] = ()
    ordinary: tuple[ContactRule, ...] = ()
    quiet_hours: QuietHours | None = None
    #: ISO 3166-1 alpha-2 with optional subdivision ("DE", "US-CA"): whose public holidays count for this person.
    holidays: str = ""
    #: Where absences are read, which ask for cover by themselves.
    away: Away | None = None

    def preferring(self, preference: Preference) -> Person:
        """This person as they want to be reached."""
        methods = [method for method in self.methods if method.channel not in preference.left_out]
        return msgspec.structs.replace(
            self,
            methods=preference.sorted(methods),
            important=preference.ruled(self.important),
            ordinary=preference.ruled(self.ordinary),
        )

    def address(self, channel: str) -> str | None:
        """This person's address on a channel, or None."""
        return next((m.address for m in self.methods if m.channel == channel), None)
