"""Escalation policies of a Grafana OnCall chain as the steps of a team's policy. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import msgspec

from oncall.moving.company import length

#: "Repeat escalation from the start" does so this often over there, and no more.
REPEATS = 5
#: What two steps that follow at once are apart here, in seconds.
AT_ONCE = 1
_LEFT_OUT = {
    "notify_user_group": "a Slack user group was notified; name the people, the team or a rotation instead",
    "notify_whole_channel": "a whole Slack channel was notified; the team's `slack_channel` shows each incident by itself",
    "notify_if_num_alerts_in_window": "a step waited for a number of alerts; grouping decides what is worth a page",
    "trigger_webhook": "a webhook was called; give it to a person as contact `webhook`, who is then notified",
    "resolve": "a chain resolved what nobody answered; here nothing is over before it is over",
    "declare_incident": "an incident was declared; every page belongs to one here",
}


class Policy(msgspec.Struct):
    """One step of a chain. Times of day are UTC, as `09:00:00Z`; `duration` is in seconds."""

    escalation_chain_id: str
    type: str | None = None
    position: int = 0
    duration: float | None = None
    important: bool | None = False
    persons_to_notify: list[str] | None = None
    persons_to_notify_next_each_time: list[str] | None = None
    notify_on_call_from_schedule: str | None = None
    team_to_notify: str | None = None
    notify_if_time_from: str | None = None
    notify_if_time_to: str | None = None

    @property
    def people(self) -> list[str]:
        """Whom it names."""
        return [*(self.persons_to_notify or ()), *(self.persons_to_notify_next_each_time or ())]


@dataclass(frozen=True, slots=True)
class Names:
    """Ids over there to what they are called here."""

    people: Mapping[str, str]
    teams: Mapping[str, str]
    schedules: Mapping[str, str]


@dataclass(slots=True)
class Steps:
    """The steps as they are written, how often they are walked again, and what has no counterpart."""

    steps: list[dict[str, Any]] = field(default_factory=list)
    repeat: int = 0
    left_out: list[str] = field(default_factory=list)


@dataclass(slots=True)
class _Step:
    notify: list[dict[str, str]]
    important: bool
    round_robin: bool
    hours: str
    wait: float = 0.0


def steps_of(policies: Iterable[Policy], names: Names) -> Steps:
    """The chain's policies in their order. What follows at once is one step; a wait belongs to the step before it."""
    found, hours = Steps(), ""
    steps: list[_Step] = []
    for policy in sorted(policies, key=lambda one: one.position):
        match policy.type:
            case "wait" if steps:
                steps[-1].wait += policy.duration or 0.0
            case "wait":
                found.left_out.append("the chain began with a wait; here the first step is taken at once")
            case "notify_if_time_from_to":
                hours = f"{(policy.notify_if_time_from or '')[:5]}-{(policy.notify_if_time_to or '')[:5]}"
                found.left_out.append(
                    f"the chain stood still outside {hours} UTC; here the steps below are skipped then, and it goes on"
                )
            case "repeat_escalation":
                found.repeat = REPEATS
            case _:
                _add(steps, policy, _targets(policy, names), hours, found)
    found.steps = [_written(step, is_last=step is steps[-1]) for step in steps]
    return found


def _add(steps: list[_Step], policy: Policy, targets: list[dict[str, str]], hours: str, found: Steps) -> None:
    if not targets:
        found.left_out.append(_LEFT_OUT.get(policy.type or "", f"a step {policy.type!r} asks nobody who is known here"))
        return
    in_turn = policy.type == "notify_person_next_each_time" and len(targets) > 1
    step = _Step(targets, bool(policy.important), in_turn, hours)
    before = steps[-1] if steps else None
    if before is not None and not before.wait and before.hours == hours and not (in_turn or before.round_robin):
        before.notify += [target for target in targets if target not in before.notify]
        before.important = before.important or step.important
        return
    if before is not None and not before.wait:
        before.wait = AT_ONCE
    steps.append(step)


def _targets(policy: Policy, names: Names) -> list[dict[str, str]]:
    schedule = names.schedules.get(policy.notify_on_call_from_schedule or "")
    team = names.teams.get(policy.team_to_notify or "")
    if schedule or team:
        return [{"schedule": schedule}] if schedule else [{"team": str(team)}]
    return [{"person": names.people[person]} for person in policy.people if person in names.people]


def _written(step: _Step, *, is_last: bool) -> dict[str, Any]:
    written: dict[str, Any] = {"notify": step.notify}
    if step.wait or not is_last:
        written["wait"] = length(step.wait or AT_ONCE)
    if step.important:
        written["important"] = True
    if step.round_robin:
        written["round_robin"] = True
    if step.hours:
        written["when"] = {"hours": step.hours}
    return written
