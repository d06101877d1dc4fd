"""Teams: one file each, `teams/ID.yaml`, with members, calendars and escalation policy."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from oncall.config.escalation import ESCALATION_KEYS, read_policy
from oncall.config.section import Keys, Section
from oncall.directory import Schedule, ScheduleSource, Team
from routing.escalation import Policy

TEAM_KEYS: Keys = {
    "name": "display name; default the file's name",
    "members": "ids of the people in the team",
    "aliases": "other and former names, by which catalogs and labels still mean this team",
    "timezone": "time zone of the policy's hours; default UTC",
    "language": "language of messages to the team's channel; default `en`",
    "slack_channel": "channel for context and incidents, as `#payments`",
    "slack_group": "user group that follows who is on call, as `@payments-oncall`",
    "email": "address for notices to the whole team",
    "schedules": "rotations by name; each a calendar, or a list of calendars laid over one another",
    "escalation": "who is asked, in what order",
}
SCHEDULE_KEYS: Keys = {
    "file": "calendar file, relative to the configuration directory",
    "url": "address of a calendar feed: `https://…` or `caldavs://…`",
    "timezone": "zone of floating and all-day events where the feed names none; default the team's",
    "identity": "how a person is read from an event",
    "priority": "lays over calendars of lower priority; default 0",
    "role": "role of shifts whose text names none, as `primary`",
    "credentials_env": "name of an environment variable that holds `user:password` for the feed",
    "override": "`true`: replaces whoever the other calendars name, whatever their priority",
}
IDENTITY_KEYS: Keys = {
    "from": "`summary` (default) or `attendee`",
    "pattern": "regular expression with the groups `name` and, if wanted, `role`",
    "multi": "`true`: several names in one event, separated by `,` `&` `+` or `and`",
    "aliases": "spellings in this calendar to person ids",
    "ignore": "regular expression of events that are not shifts",
    "fallback": "name for events without a summary",
}


def read_team(id_: str, section: Section, directory: Path) -> Team:
    """One team."""
    reading = section.reading
    reading.places["team", id_] = section.place()
    for key in TEAM_KEYS:
        reading.places["team", id_, key] = section.place(key)
    for key in ("members", "aliases"):
        for word, place in section.word_places(key):
            reading.places["team", id_, key, word] = place
    zone = section.zone("timezone", "UTC")
    schedules = section.free("schedules")
    escalation = section.section("escalation", ESCALATION_KEYS, about=f"team {id_}: escalation")
    if escalation is None and not section.has("escalation"):
        what = f"team {id_}: escalation is missing"
        reading.error(section.place(), what, "Add escalation: with steps, so that somebody is asked")
    return Team(
        id=id_,
        name=section.text("name", id_),
        members=section.words("members"),
        timezone=zone,
        language=section.text("language", "en"),
        slack_channel=section.text("slack_channel"),
        slack_group=section.text("slack_group"),
        email=section.text("email"),
        aliases=section.words("aliases"),
        schedules={name: _schedule(id_, name, schedules, zone, directory) for name in schedules.value},
        policy=read_policy(id_, escalation, zone) if escalation else Policy(name=id_, steps=(), timezone=zone),
    )


def _schedule(team: str, name: str, section: Section, zone: str, directory: Path) -> Schedule:
    section.reading.places["team", team, "schedules", name] = section.place(name)
    about = f"team {team}: schedule {name}: calendar"
    layers = section.sections(name, SCHEDULE_KEYS, about=about)
    if not layers and not section.has(name):
        section.reading.error(section.place(name), f"{about} is missing", "Give it a file or a url")
    return Schedule(name=name, sources=tuple(_source(layer, zone, directory) for layer in layers))


def _source(section: Section, zone: str, directory: Path) -> ScheduleSource:
    return ScheduleSource(
        location=read_location(section, directory),
        timezone=section.zone("timezone", zone),
        identity=_identity(section),
        priority=section.number("priority", 0, least=-1000),
        role=section.text("role") or None,
        credentials_env=section.variable("credentials_env"),
        override=section.flag("override"),
    )


def read_location(section: Section, directory: Path) -> str:
    """Where a calendar is, by `file` or `url`."""
    file, url = section.text("file"), section.text("url")
    if bool(file) == bool(url):
        what = f"{section.about} has {'both a file and a url' if file else 'neither a file nor a url'}"
        section.reading.error(section.place(), what, "Give it one: file: calendars/primary.ics, or url: https://…")
        return file or url
    if url:
        if not url.startswith(("http://", "https://", "caldav://", "caldavs://", "webcal://")):
            section.wrong("url", f"is {url!r}", "Write an address that begins with https:// or caldavs://")
        return url.replace("webcal://", "https://", 1)
    path = (directory / file).resolve()
    if not path.is_file():
        section.wrong("file", f"names no file: {file}", f"Put the calendar at {path}, or mend the path")
    return str(path)


def _identity(section: Section) -> Mapping[str, object]:
    part = section.section("identity", IDENTITY_KEYS, about=f"{section.about}: identity")
    if part is None:
        return {}
    identity: dict[str, object] = {}
    if part.has("from"):
        source = part.text("from")
        if source not in {"summary", "attendee"}:
            part.wrong("from", f"is {source!r}", "Write summary or attendee")
        identity["from"] = source
    for key in ("pattern", "ignore"):
        if part.has(key):
            identity[key] = _expression(part, key)
    if part.has("multi"):
        identity["multi"] = part.flag("multi")
    if part.has("fallback"):
        identity["fallback"] = part.text("fallback")
    aliases = part.free("aliases")
    if aliases.value:
        identity["aliases"] = {raw: aliases.text(raw, required=True) for raw in aliases.value}
    return identity


def _expression(section: Section, key: str) -> str:
    text = section.text(key)
    try:
        compiled = re.compile(text)
    except re.error as error:
        section.wrong(key, f"is no regular expression: {error}", "Mend the expression, and keep it in single quotes")
        return text
    if key == "pattern" and "name" not in compiled.groupindex:
        section.wrong(key, "has no group called name", "Write the part that is the name as (?P<name>…)")
    return text
