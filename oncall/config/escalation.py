"""Escalation policies as teams write them: steps with targets, waits and conditions."""

from __future__ import annotations

from datetime import timedelta

from oncall.config.section import Keys, Section, suggestion
from oncall.config.words import parse_days, parse_hours
from routing.alert import Severity
from routing.escalation import (
    ChannelTarget,
    Condition,
    PersonTarget,
    Policy,
    RotationTarget,
    Step,
    Target,
    TeamTarget,
)

ESCALATION_KEYS: Keys = {
    "steps": "the stages, in order",
    "repeat": "how often the whole list is walked again when nobody answers; default 0",
}
STEP_KEYS: Keys = {
    "notify": 'who is asked: a list of `{schedule: primary}`, `{person: ben}`, `{team: platform}`, `{slack: "#x"}`',
    "wait": "how long they have before the next step; default 5m",
    "round_robin": "`true`: one of them instead of all, another one each time",
    "important": "`true` or `false`: which contact rules are used; default important for critical incidents",
    "when": "the step is skipped unless every condition holds",
}
TARGET_KEYS: Keys = {
    "schedule": "whoever is on call: `primary`, or `team/schedule` for another team's rotation",
    "role": "with `schedule`: only shifts of this role",
    "person": "one person, on call or not",
    "team": "every member of a team",
    "slack": "a Slack channel: it is told, but counts as nobody asked",
}
WHEN_KEYS: Keys = {
    "severity": "`critical`, `warning` or `info`, or a list",
    "days": "days of the week in the team's zone, as `mon-fri` or `[sat, sun]`",
    "hours": "hours in the team's zone, as `09:00-18:00`",
}
USUAL_WAIT = timedelta(minutes=5)


def read_policy(team: str, section: Section, zone: str) -> Policy:
    """A team's policy."""
    parts = section.sections("steps", STEP_KEYS, about=f"team {team}: step")
    if not section.has("steps"):
        section.reading.error(section.place(), f"{section.about} has no steps", "Add steps: with at least one")
    return Policy(
        name=team,
        steps=tuple(_step(team, number, part) for number, part in enumerate(parts)),
        repeats=section.number("repeat", 0, most=100),
        timezone=zone,
    )


def _step(team: str, number: int, section: Section) -> Step:
    places = section.reading.places
    places["team", team, "step", str(number)] = section.place()
    for key in STEP_KEYS:
        places["team", team, "step", str(number), key] = section.place(key)
    targets = []
    for index, part in enumerate(section.sections("notify", TARGET_KEYS, about=f"{section.about}: target")):
        places["team", team, "step", str(number), "notify", str(index)] = part.place()
        target = _target(team, part)
        if target is not None:
            targets.append(target)
    when = section.section("when", WHEN_KEYS, about=f"{section.about}: when")
    return Step(
        targets=tuple(targets),
        wait=section.length("wait", USUAL_WAIT),
        round_robin=section.flag("round_robin"),
        important=section.flag("important") if section.has("important") else None,
        when=_condition(when) if when else None,
    )


def _target(team: str, section: Section) -> Target | None:
    given = [key for key in ("schedule", "person", "team", "slack") if section.has(key)]
    if len(given) != 1:
        what = f"{section.about} names {' and '.join(given) or 'nobody'}"
        section.reading.error(section.place(), what, "Write one of schedule, person, team or slack for each target")
        return None
    if section.has("role") and given != ["schedule"]:
        section.wrong("role", f"makes no sense with {given[0]}", "Remove it: only schedules have roles")
    word = section.text(given[0])
    if not word:
        return None
    if given == ["schedule"]:
        owner, _, name = word.rpartition("/")
        return RotationTarget(team=owner or team, schedule=name, role=section.text("role") or None)
    if given == ["person"]:
        return PersonTarget(person=word)
    if given == ["team"]:
        return TeamTarget(team=word)
    return ChannelTarget(channel=word)


def _condition(section: Section) -> Condition:
    severities = []
    for word, place in section.word_places("severity"):
        if word.lower() in list(Severity):
            severities.append(Severity(word.lower()))
        else:
            section.reading.error(place, f"there is no severity {word!r}", suggestion(word, list(Severity)))
    days: list[int] = []
    for word, place in section.word_places("days"):
        try:
            days += parse_days(word)
        except ValueError as error:
            section.reading.error(place, f"{section.about}: there is no day {word!r}", str(error).capitalize())
    hours = section.parsed("hours", parse_hours, None)
    return Condition(
        severities=tuple(severities),
        weekdays=tuple(sorted(set(days))),
        since=hours[0] if hours else None,
        until=hours[1] if hours else None,
    )
