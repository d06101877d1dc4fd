"""What the people of an incident are called in its review: by what they did in it, never by name."""

from __future__ import annotations

from collections import Counter

from oncall.review.facts import Facts

SOMEBODY = "a responder"


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
    called = {}
    for person in appearing:
        role, team = facts.record.role_of(person), asked.get(person, "")
        if role:
            called[person] = f"the {role}"
        elif team:
            called[person] = f"the on-call responder of {facts.teams.get(team, team)}"
        else:
            called[person] = SOMEBODY
    shared = {name for name, times in Counter(called.values()).items() if times > 1}
    counted: Counter[str] = Counter()
    for person, name in called.items():
        if name in shared:
            counted[name] += 1
            called[person] = f"{name} ({counted[name]})"
    return called
