"""Lints about people: told apart, reachable, and in a team."""

from __future__ import annotations

from notifiers.channels import BY_NAME
from oncall.config.people import BUILT_IN
from oncall.config.section import Place, Reading
from oncall.directory import Directory
from oncall.person import ContactRule, Person, Role


def check_names_differ(directory: Directory, reading: Reading) -> None:
    """A spelling by which two people are known puts the wrong one on call."""
    known: dict[str, tuple[str, Place]] = {}
    for person in directory.people.values():
        spellings = [
            (person.id, ()),
            (person.name, ("name",)),
            (person.email, ("email",)),
            *((alias, ("aliases", alias)) for alias in person.aliases),
        ]
        for spelling, key in spellings:
            place = reading.place("person", person.id, *key)
            owner, first = known.setdefault(spelling.casefold(), (person.id, place))
            if spelling and owner != person.id:
                what = f"{spelling!r} names both {owner} ({first.file}:{first.line}) and {person.id}"
                reading.error(place, what, "Keep it for one of them, so that calendars mean one person")


def check_reachable(directory: Directory, reading: Reading) -> None:
    """A contact rule needs an address, and an important page needs a channel that counts."""
    for person in directory.people.values():
        for key, rules in (("important", person.important), ("ordinary", person.ordinary)):
            for rule in rules:
                _check_address(person, key, rule, reading)
        if not any(rule.channel in BY_NAME and BY_NAME[rule.channel].counts for rule in person.important):
            what = f"{person.id} cannot be reached: no important rule uses a channel that counts"
            reading.error(reading.place("person", person.id, "important"), what, "Add a rule via sms, voice or slack")


def _check_address(person: Person, key: str, rule: ContactRule, reading: Reading) -> None:
    if rule.channel not in BY_NAME or person.address(rule.channel):
        return
    needed = {"sms": "mobile", "voice": "mobile", "email": "email", "slack": "slack"}
    give = needed.get(rule.channel, f"contact: {{{rule.channel}: …}}")
    what = f"{person.id} has no address for {rule.channel}, which the {key} rules use"
    reading.error(reading.place("person", person.id, key), what, f"Add {give} to {person.id}, or remove the rule")


def check_everybody_has_a_team(directory: Directory, reading: Reading) -> None:
    """Somebody who responds but is in no team is probably missing from one."""
    members = {member for team in directory.teams.values() for member in team.members}
    for person in directory.people.values():
        if person.id not in members and person.role not in {Role.VIEWER, Role.ADMIN}:
            what = f"{person.id} is in no team"
            reading.warn(
                reading.place("person", person.id), what, "Add them to a team's members, or give them role: viewer"
            )
        if person.id in members and {method.channel for method in person.methods} <= {*BUILT_IN}:
            what = f"{person.id} can be reached in the browser only"
            reading.warn(reading.place("person", person.id), what, "Add mobile, slack or email")
