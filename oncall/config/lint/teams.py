"""Lints about teams: their members, rotations and the names in their calendars."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from oncall.config.section import Reading, suggestion
from oncall.config.words import format_length
from oncall.directory import Directory


def check_members(directory: Directory, reading: Reading) -> None:
    """Members are people that exist, each named once, and at least one."""
    for team in directory.teams.values():
        if not team.members:
            reading.error(
                reading.place("team", team.id), f"team {team.id} has no members", "Add members: with people's ids"
            )
        for member in sorted(set(team.members)):
            place = reading.place("team", team.id, "members", member)
            if member not in directory.people:
                reading.error(place, f"there is no person {member!r}", suggestion(member, directory.people))
            elif team.members.count(member) > 1:
                reading.warn(place, f"{member} stands twice among the members of {team.id}", "Remove one")


def check_schedules(directory: Directory, reading: Reading) -> None:
    """A team without a rotation has nobody on call."""
    for team in directory.teams.values():
        if not team.schedules:
            mend = "Add schedules: with a calendar; `oncall schedule new` writes one"
            reading.error(reading.place("team", team.id), f"team {team.id} has no schedule", mend)


def check_calendar_names(directory: Directory, reading: Reading) -> None:
    """What a calendar's aliases lead to must be people."""
    for team in directory.teams.values():
        for schedule in team.schedules.values():
            place = reading.place("team", team.id, "schedules", schedule.name)
            for source in schedule.sources:
                aliases = source.identity.get("aliases")
                for name in sorted(set(aliases.values()) if isinstance(aliases, Mapping) else ()):
                    if directory.person_named(name) is None:
                        what = f"team {team.id}: an alias in schedule {schedule.name} leads to {name!r}, who is nobody"
                        reading.error(place, what, suggestion(name, directory.people))


def check_reminder(directory: Directory, reading: Reading) -> None:
    """A reminder that comes before the acknowledgement itself says nothing."""
    reminder = directory.defaults.acknowledgement_reminder
    for severity, expiry in directory.defaults.acknowledgement_expiry.items():
        if timedelta(0) < expiry <= reminder:
            what = f"acknowledgements of {severity} expire after {format_length(expiry)}, before the reminder is due"
            mend = f"Make acknowledgement_reminder ({format_length(reminder)}) shorter than the expiry"
            reading.error(reading.place("defaults", "acknowledgement_reminder"), what, mend)
