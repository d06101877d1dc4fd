"""What the people of an incident are called in its review: by what they did in it, never by name."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from oncall.incident import Entry
from oncall.incident.reading import local_time
from oncall.incident.telling import Mark, MarkKind, pieces
from oncall.review.facts import Facts

SOMEBODY = "a responder"
ENGINE = "the engine"


def cast(facts: Facts) -> dict[str, str]:
    """Person's id to a role: the one they were given, else whose call they answered, else that they helped.

    Two who would be called the same are numbered, in the order they appear.
    """
    asked = {answer.person: answer.team for answer in facts.asked}
    appearing = dict.fromkeys(
        [
            *(e.actor.person for e in facts.entries if e.actor.person in facts.people),
            *facts.record.roles.values(),
            *asked,
        ]
    )
    found = {}
    for person in appearing:
        role, team = facts.record.role_of(person), asked.get(person, "")
        if role:
            found[person] = f"the {role}"
        elif team:
            found[person] = f"the on-call responder of {facts.teams.get(team, team)}"
        else:
            found[person] = SOMEBODY
    shared = {name for name, times in Counter(found.values()).items() if times > 1}
    counted: Counter[str] = Counter()
    for person, name in found.items():
        if name in shared:
            counted[name] += 1
            found[person] = f"{name} ({counted[name]})"
    return found


def called(facts: Facts, roles: Mapping[str, str], person: str) -> str:
    """What one of them is called, whoever they are; who is not in the files is a program."""
    return roles.get(person, SOMEBODY if person in facts.people else ENGINE)


def unnamed(facts: Facts, roles: Mapping[str, str], entry: Entry) -> str:
    """What a line says, with everybody called by their role and every time in the lead team's zone."""

    def piece(written: str, mark: Mark | None) -> str:
        if mark is None:
            return written
        if mark.kind is MarkKind.INSTANT:
            return local_time(mark.instant, entry.at, facts.timezone)
        if mark.kind is MarkKind.TEAM:
            return facts.teams.get(mark.value, written)
        return called(facts, roles, mark.value)

    return "".join(piece(written, mark) for written, mark in pieces(entry.text, entry.marks))
