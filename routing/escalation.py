"""Who is asked, in what order and with what waits: policies as values."""

from __future__ import annotations

from datetime import timedelta

import msgspec

from routing.alert import Severity


class RotationTarget(msgspec.Struct, frozen=True, tag="rotation", kw_only=True):
    """Whoever is on call in a team's schedule at the instant the step is taken."""

    team: str
    schedule: str
    role: str | None = None


class PersonTarget(msgspec.Struct, frozen=True, tag="person", kw_only=True):
    """One named person, on call or not."""

    person: str


class TeamTarget(msgspec.Struct, frozen=True, tag="team", kw_only=True):
    """Every member of a team."""

    team: str


class ChannelTarget(msgspec.Struct, frozen=True, tag="channel", kw_only=True):
    """A chat channel. It tells people, but never counts as somebody having been asked."""

    channel: str


Target = RotationTarget | PersonTarget | TeamTarget | ChannelTarget


class Condition(msgspec.Struct, frozen=True, kw_only=True):
    """When a step applies; every part that is given must hold. Times are wall clock in the policy's zone."""

    severities: tuple[Severity, ...] = ()
    #: ISO weekdays, 1 = Monday.
    weekdays: tuple[int, ...] = ()
    #: Minutes after midnight, half-open; `until` <= `since` crosses midnight.
    since: int | None = None
    until: int | None = None


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """One stage of a policy: these targets are asked, then the engine waits before the next step."""

    targets: tuple[Target, ...]
    #: How long this step has before the next one is taken.
    wait: timedelta
    #: Ask one of the people instead of all, another one each time.
    round_robin: bool = False
    #: None: `critical` is important, the rest ordinary.
    important: bool | None = None
    when: Condition | None = None


class Policy(msgspec.Struct, frozen=True, kw_only=True):
    """An escalation policy. A running escalation keeps the policy it started with."""

    name: str
    steps: tuple[Step, ...]
    #: How often the whole list is walked again after the first time.
    repeats: int = 0
    timezone: str = "UTC"
