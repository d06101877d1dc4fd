"""People: how they are reached and by what rules."""

from __future__ import annotations

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


class QuietHours(msgspec.Struct, frozen=True, kw_only=True):
    """Minutes after midnight in the person's zone in which ordinary pages wait; `until` <= `since` crosses midnight."""

    since: int
    until: int


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

    def address(self, channel: str) -> str | None:
        """This person's address on a channel, or None."""
        return next((m.address for m in self.methods if m.channel == channel), None)
