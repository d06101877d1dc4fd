"""What an Opsgenie account knows, and a configuration directory that says the same. Pure.

Source: Opsgenie's REST API v2 (users, contacts, teams, schedules and their final timelines, escalations).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any

import msgspec

from oncall.moving.company import NOBODYS, Company, free, ids, length, slug

#: What two steps of one instant are apart here, in seconds.
AT_ONCE = 1
_SECONDS = {"minutes": 60, "hours": 3600, "days": 86400}


class _Camel(msgspec.Struct, rename="camel"):
    pass


class Contact(_Camel):
    """A way to reach a person: `method` is email, sms, voice or mobile; numbers are written `49-1701234567`."""

    method: str
    to: str


class User(_Camel):
    """A person; `username` is a mail address."""

    id: str
    username: str
    full_name: str = ""
    time_zone: str = ""
    blocked: bool = False


class Named(_Camel):
    """A reference."""

    id: str = ""
    name: str = ""
    username: str = ""
    type: str = ""


class Member(_Camel):
    """A person in a team."""

    user: Named


class Team(_Camel):
    """A team."""

    id: str
    name: str
    members: list[Member] = []


class Schedule(_Camel):
    """A rotation."""

    id: str
    name: str
    timezone: str = ""
    enabled: bool = True
    owner_team: Named | None = None


class Period(_Camel):
    """Who has it from when to when, overrides in it; `recipient` is a user, or nobody."""

    start_date: datetime
    end_date: datetime
    recipient: Named | None = None


class Delay(_Camel):
    """Since the alert was created, not since the rule before."""

    time_amount: float = 0
    time_unit: str = "minutes"

    @property
    def seconds(self) -> float:
        """The same in seconds."""
        return self.time_amount * _SECONDS.get(self.time_unit, 60)


class EscalationRule(_Camel):
    """Whom to notify when."""

    condition: str = "if-not-acked"
    notify_type: str = "default"
    delay: Delay = msgspec.field(default_factory=Delay)
    recipient: Named = msgspec.field(default_factory=Named)


class Repeat(_Camel):
    """How often the whole of it is walked again."""

    count: int = 0


class Escalation(_Camel):
    """An escalation."""

    id: str
    name: str
    owner_team: Named | None = None
    rules: list[EscalationRule] = []
    repeat: Repeat | None = None


class Dump(msgspec.Struct, kw_only=True):
    """Everything that is read of it; contacts by user and shifts by schedule."""

    users: list[User] = []
    contacts: dict[str, list[Contact]] = {}
    teams: list[Team] = []
    schedules: list[Schedule] = []
    shifts: dict[str, list[Period]] = {}
    escalations: list[Escalation] = []


def company(dump: Dump, *, new_key: Callable[[], str], made_at: datetime) -> Company:
    """The directory. `new_key` makes the secret of an address that Alertmanager is to post to."""
    return _Writer(dump, made_at).written(new_key)


class _Writer:
    def __init__(self, dump: Dump, made_at: datetime) -> None:
        self._dump = dump
        self._company = Company(made_at)
        self._users = [user for user in dump.users if not user.blocked]
        self._people = ids((user.id, user.username.partition("@")[0]) for user in self._users)
        teams = sorted(dump.teams, key=lambda team: team.name)
        self._teams = ids(((team.id, team.name) for team in teams), taken={NOBODYS})
        self._team_names = {team.id: team.name for team in teams}
        self._rotations = [schedule for schedule in dump.schedules if schedule.enabled]
        self._schedules = ids((s.id, s.name.removesuffix("_schedule")) for s in self._rotations)

    def written(self, new_key: Callable[[], str]) -> Company:
        documents = {self._teams.get(team_id, NOBODYS): self._team(team_id) for team_id in self._team_keys()}
        self._escalations(documents)
        for team, document in documents.items():
            self._company.put(f"teams/{team}.yaml", document)
        self._company.put("people.yaml", {self._people[user.id]: self._person(user) for user in self._users})
        self._company.put("integrations.yaml", {"alertmanager": {"key": new_key()}})
        self._company.put("oncall.yaml", {"defaults": {"fallback_team": min(documents, default=NOBODYS)}})
        self._company.put("catalog/services.yaml", {})
        self._company.note(
            "integrations.yaml: one address serves all teams; whose an alert is comes from catalog/ or its labels, where"
            " each team had an integration of its own"
        )
        return self._company

    def _owner(self, owner: Named | None) -> str:
        return self._teams.get(owner.id if owner else "", NOBODYS)

    # -- people ----------------------------------------------------------------------------------------------------

    def _person(self, user: User) -> dict[str, Any]:
        found: dict[str, Any] = {"name": user.full_name or user.username, "email": user.username}
        if user.time_zone:
            found["timezone"] = user.time_zone
        numbers = [c.to for c in self._dump.contacts.get(user.id, ()) if c.method in {"sms", "voice"}]
        if numbers:
            # The first is the one that was called first.
            found["mobile"] = "+" + "".join(filter(str.isdecimal, numbers[0]))
        id_ = self._people[user.id]
        if len(set(numbers)) > 1:
            self._company.note(f"people.yaml: {id_}: a person has one number here; the first was taken")
        if any(contact.method == "mobile" for contact in self._dump.contacts.get(user.id, ())):
            self._company.note(
                f"people.yaml: {id_}: the app has no counterpart; ntfy and Pushover reach a phone as well"
            )
        return found

    # -- teams and rotations ---------------------------------------------------------------------------------------

    def _team_keys(self) -> list[str]:
        loose = {s.owner_team.id if s.owner_team else "" for s in self._rotations}
        loose |= {e.owner_team.id if e.owner_team else "" for e in self._dump.escalations}
        without = any(team_id not in self._teams for team_id in loose) or not self._teams
        return [*self._teams, *([""] if without else [])]

    def _team(self, team_id: str) -> dict[str, Any]:
        team = self._teams.get(team_id, NOBODYS)
        own = [schedule for schedule in self._rotations if self._owner(schedule.owner_team) == team]
        listed = next((one.members for one in self._dump.teams if one.id == team_id), [])
        members = {self._people[m.user.id] for m in listed if m.user.id in self._people}
        members |= {person for schedule in own for person, _, _ in self._shifts(schedule)}
        name = self._team_names.get(team_id, "General")
        document: dict[str, Any] = {"name": name, "members": sorted(members)}
        if not members:
            self._company.note(f"teams/{team}.yaml: nobody is known to belong to it; fill in `members`")
        document["schedules"] = {
            self._schedules[s.id]: self._company.rotation(team, self._schedules[s.id], s.name, self._shifts(s))
            for s in own
        } or self._company.no_rotation(team, name)
        return document

    def _shifts(self, schedule: Schedule) -> list[tuple[str, datetime, datetime]]:
        return [
            (self._people[period.recipient.id], period.start_date, period.end_date)
            for period in self._dump.shifts.get(schedule.id, ())
            if period.recipient is not None and period.recipient.id in self._people
        ]

    # -- escalation ------------------------------------------------------------------------------------------------

    def _escalations(self, documents: dict[str, dict[str, Any]]) -> None:
        """A team has one policy here: the one Opsgenie made with the team, else the first. Others become teams."""
        by_team: dict[str, list[Escalation]] = defaultdict(list)
        for escalation in self._dump.escalations:
            by_team[self._owner(escalation.owner_team)].append(escalation)
        for team, found in by_team.items():
            made_with_it = f"{documents[team]['name']}_escalation"
            for place, escalation in enumerate(sorted(found, key=lambda one: (one.name != made_with_it, one.name))):
                home = team
                if place:
                    home = free(f"{team}-{slug(escalation.name)}", documents)
                    name = f"{documents[team]['name']}: {escalation.name}"
                    documents[home] = {**documents[team], "name": name}
                    self._company.note(
                        f"teams/{home}.yaml: a further escalation of {team}, which has one policy; merge them"
                    )
                documents[home]["escalation"] = self._policy(team, home, escalation)
        for team, document in documents.items():
            if "escalation" not in document:
                document["escalation"] = {"steps": [{"notify": [{"team": team}]}]}
                self._company.note(
                    f"teams/{team}.yaml: it had no escalation; the whole team is asked, write its `escalation`"
                )

    def _policy(self, owner: str, home: str, escalation: Escalation) -> dict[str, Any]:
        rules = sorted(escalation.rules, key=lambda rule: rule.delay.seconds)
        steps: list[tuple[float, list[dict[str, str]]]] = []
        for rule in rules:
            target = self._target(owner, rule.recipient)
            for what in _odd(rule, target):
                self._company.note(f"teams/{home}.yaml: {what}")
            if target is None:
                continue
            if steps and steps[-1][0] == rule.delay.seconds:
                steps[-1][1].append(target)
            else:
                steps.append((rule.delay.seconds, [target]))
        if steps and steps[0][0]:
            self._company.note(
                f"teams/{home}.yaml: the first rule waited {length(steps[0][0])}; here it is taken at once"
            )
        if not steps:
            self._company.note(
                f"teams/{home}.yaml: no rule of {escalation.name!r} asks anybody; the team is asked instead"
            )
            steps = [(0.0, [{"team": home}])]
        written: list[dict[str, Any]] = []
        for place, (delay, targets) in enumerate(steps):
            step: dict[str, Any] = {"notify": targets}
            if place + 1 < len(steps):
                step["wait"] = length(max(AT_ONCE, steps[place + 1][0] - delay))
            written.append(step)
        repeat = escalation.repeat.count if escalation.repeat else 0
        return {"repeat": repeat, "steps": written} if repeat else {"steps": written}

    def _target(self, owner: str, recipient: Named) -> dict[str, str] | None:
        if recipient.type == "user":
            person = self._people.get(recipient.id)
            return {"person": person} if person else None
        if recipient.type == "team":
            team = self._teams.get(recipient.id)
            return {"team": team} if team else None
        for schedule in self._rotations:
            if schedule.id == recipient.id:
                home, name = self._owner(schedule.owner_team), self._schedules[schedule.id]
                return {"schedule": name if home == owner else f"{home}/{name}"}
        return None


def _odd(rule: EscalationRule, target: dict[str, str] | None) -> Iterable[str]:
    """What of a rule has no counterpart."""
    said = rule.recipient.name or rule.recipient.username or rule.recipient.id
    if target is None:
        yield f"{rule.recipient.type or 'somebody'} {said!r} is not known any more, so nobody is asked in its place"
    if rule.condition == "if-not-closed":
        yield f"{said!r} was notified unless the alert was closed; here an acknowledgement holds until it expires"
    if rule.notify_type not in {"default", "all", "users"}:
        yield f"{said!r} was notified by {rule.notify_type!r}; here whoever is on call, or the whole team, is"
