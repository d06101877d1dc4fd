"""Who is asked, in what order and with what waits: policies as values."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

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


class StepTaken(msgspec.Struct, frozen=True, kw_only=True):
    """The step to take now, and where the escalation stands after it.

    `skipped` says for each step that was passed over why its condition did not hold.
    """

    number: int
    step: Step
    next_step: int
    next_round: int
    skipped: tuple[str, ...] = ()


def next_step(policy: Policy, step: int, walked: int, severity: Severity, now: datetime) -> StepTaken | None:
    """The first step from `step` on whose condition holds, or None when the policy is exhausted.

    Args:
        policy: The policy the escalation started with.
        step: Index of the next step to look at.
        walked: How often the list was walked completely before.
        severity: Of the involvement.
        now: Aware instant.
    """
    skipped: list[str] = []
    while walked <= policy.repeats:
        while step < len(policy.steps):
            candidate = policy.steps[step]
            reason = unmet(candidate.when, severity, now.astimezone(ZoneInfo(policy.timezone)))
            if reason is None:
                return StepTaken(
                    number=step + 1, step=candidate, next_step=step + 1, next_round=walked, skipped=tuple(skipped)
                )
            skipped.append(f"step {step + 1} skipped: {reason}")
            step += 1
        step, walked = 0, walked + 1
    return None


def unmet(condition: Condition | None, severity: Severity, local: datetime) -> str | None:
    """Why a condition does not hold at that wall-clock time, or None if it does."""
    if condition is None:
        return None
    if condition.severities and severity not in condition.severities:
        return f"only for {', '.join(condition.severities)}"
    if condition.weekdays and local.isoweekday() not in condition.weekdays:
        return f"not on a {local:%A}"
    if condition.since is not None and condition.until is not None:
        minute = local.hour * 60 + local.minute
        if not in_daily_span(minute, condition.since, condition.until):
            return f"only from {clock_time(condition.since)} to {clock_time(condition.until)}"
    return None


def in_daily_span(minute: int, since: int, until: int) -> bool:
    """Whether a minute after midnight lies in [since, until), which crosses midnight when until <= since."""
    return since <= minute < until if since < until else minute >= since or minute < until


def clock_time(minute: int) -> str:
    """Minutes after midnight as people write them, "09:30"."""
    return f"{minute // 60:02d}:{minute % 60:02d}"
