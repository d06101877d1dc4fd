"""What a Grafana OnCall knows, and a configuration directory that says the same. Pure.

Source: the HTTP API reference of Grafana OnCall (users, teams, schedules, final shifts, escalation chains and policies,
personal notification rules, routes, integrations).
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

import msgspec

from oncall.moving.company import NOBODYS, Company, free, ids, slug
from oncall.moving.grafana_oncall_policy import Names, Policy, steps_of
from oncall.moving.grafana_oncall_rules import Rule, contact_rules


class SlackUser(msgspec.Struct):
    """A person's account in one workspace."""

    user_id: str


class User(msgspec.Struct):
    """A person. Telephone numbers are not given out."""

    id: str
    username: str
    email: str | None = ""
    slack: list[SlackUser] | None = None
    timezone: str | None = None
    #: Ids of teams; versions before 1.4 do not say.
    teams: list[str] | None = None


class Team(msgspec.Struct):
    """A team."""

    id: str
    name: str
    email: str | None = ""


class Schedule(msgspec.Struct):
    """A rotation: `ical` reads a calendar elsewhere, `calendar` and `web` are kept over there."""

    id: str
    name: str
    type: str = "web"
    team_id: str | None = None
    ical_url_primary: str | None = None
    ical_url_overrides: str | None = None


class Shift(msgspec.Struct):
    """One shift with overrides and swaps in it."""

    user_pk: str
    shift_start: datetime
    shift_end: datetime


class Chain(msgspec.Struct):
    """An escalation chain."""

    id: str
    name: str
    team_id: str | None = None


class DefaultRoute(msgspec.Struct):
    """Where an integration's alerts go that no route takes."""

    escalation_chain_id: str | None = None


class Integration(msgspec.Struct):
    """Who posts alerts."""

    id: str
    name: str
    type: str = ""
    default_route: DefaultRoute | None = None


class Route(msgspec.Struct):
    """Which alerts of an integration go to which chain."""

    integration_id: str
    escalation_chain_id: str | None = None
    routing_regex: str | None = ""
    is_the_last_route: bool = False


class Dump(msgspec.Struct, kw_only=True):
    """Everything that is read of it. `shifts` are those to come, by schedule."""

    users: list[User] = []
    teams: list[Team] = []
    schedules: list[Schedule] = []
    shifts: dict[str, list[Shift]] = {}
    escalation_chains: list[Chain] = []
    escalation_policies: list[Policy] = []
    personal_notification_rules: list[Rule] = []
    routes: list[Route] = []
    integrations: list[Integration] = []


def company(dump: Dump, *, new_key: Callable[[], str], made_at: datetime) -> Company:
    """The directory. `new_key` makes the secret of an address that Alertmanager is to post to."""
    return _Writer(dump, new_key, made_at).written()


class _Writer:
    def __init__(self, dump: Dump, new_key: Callable[[], str], made_at: datetime) -> None:
        self._dump = dump
        self._new_key = new_key
        self._company = Company(made_at)
        teams = sorted(dump.teams, key=lambda team: team.name)
        self._team_names = {team.id: team.name for team in teams}
        self._people = ids((user.id, user.username) for user in dump.users)
        self._teams = ids(((team.id, team.name) for team in teams), taken={NOBODYS})
        self._schedules = ids((schedule.id, schedule.name) for schedule in dump.schedules)
        self._members: dict[str, set[str]] = defaultdict(set)
        self._uses: Counter[str] = Counter()

    def written(self) -> Company:
        self._count_uses()
        self._gather_members()
        documents = {self._team(team): self._team_document(team) for team in self._team_keys()}
        answers = self._escalations(documents)
        for team, document in documents.items():
            self._company.put(f"teams/{team}.yaml", document)
        self._company.put("people.yaml", {self._people[user.id]: self._person(user) for user in self._dump.users})
        self._routes(answers)
        self._integrations(answers)
        self._company.put("oncall.yaml", {"defaults": {"fallback_team": min(documents, default=NOBODYS)}})
        self._company.put("catalog/services.yaml", {})
        return self._company

    # -- people ----------------------------------------------------------------------------------------------------

    def _person(self, user: User) -> dict[str, Any]:
        id_ = self._people[user.id]
        # Two names that are written alike would name both of them in a calendar.
        is_told_apart = id_ == slug(user.username)
        found: dict[str, Any] = {"name": user.username if is_told_apart else id_}
        if not is_told_apart:
            self._company.note(
                f"people.yaml: {id_}: somebody else is called like {user.username!r}; give both their full names"
            )
        if user.email:
            found["email"] = user.email
        if user.slack:
            found["slack"] = user.slack[0].user_id
        if user.timezone:
            found["timezone"] = user.timezone
        for key, important in (("important", True), ("ordinary", False)):
            own = [
                r for r in self._dump.personal_notification_rules if r.user_id == user.id and r.important is important
            ]
            rules, left_out = contact_rules(own, has_email=bool(user.email), has_slack=bool(user.slack))
            if rules:
                found[key] = rules
            for what in left_out:
                self._company.note(f"people.yaml: {id_} ({key}): {what}")
        return found

    # -- teams and rotations ---------------------------------------------------------------------------------------

    def _team(self, team_id: str | None) -> str:
        return self._teams.get(team_id or "", NOBODYS)

    def _team_keys(self) -> list[str]:
        """Ids of the teams over there; "" for what belongs to none, where there is such."""
        loose = {schedule.team_id for schedule in self._dump.schedules}
        loose |= {chain.team_id for chain in self._dump.escalation_chains}
        without = any(team_id not in self._teams for team_id in loose) or not self._teams
        return [*self._teams, *([""] if without else [])]

    def _gather_members(self) -> None:
        for user in self._dump.users:
            for team_id in user.teams or ():
                self._members[self._team(team_id)].add(self._people[user.id])
        for schedule in self._dump.schedules:
            for shift in self._dump.shifts.get(schedule.id, ()):
                if shift.user_pk in self._people:
                    self._members[self._team(schedule.team_id)].add(self._people[shift.user_pk])
        chains = {chain.id: chain for chain in self._dump.escalation_chains}
        for policy in self._dump.escalation_policies:
            chain = chains.get(policy.escalation_chain_id)
            if chain is not None:
                asked = {self._people[person] for person in policy.people if person in self._people}
                self._members[self._team(chain.team_id)] |= asked

    def _team_document(self, team_id: str) -> dict[str, Any]:
        team = self._team(team_id)
        members = sorted(self._members[team])
        document: dict[str, Any] = {"name": self._team_names.get(team_id, "General"), "members": members}
        if not members:
            self._company.note(f"teams/{team}.yaml: nobody is known to belong to it; fill in `members`")
        rotations = {
            self._schedules[schedule.id]: self._rotation(team, schedule)
            for schedule in self._dump.schedules
            if self._team(schedule.team_id) == team
        }
        if not rotations:
            rotations = self._company.no_rotation(team, document["name"])
        document["schedules"] = rotations
        return document

    def _rotation(self, team: str, schedule: Schedule) -> Any:
        if schedule.type == "ical" and schedule.ical_url_primary:
            over = schedule.ical_url_overrides
            primary = {"url": schedule.ical_url_primary}
            return [primary, {"url": over, "override": True}] if over else primary
        planned = self._dump.shifts.get(schedule.id, ())
        shifts = [(self._people[s.user_pk], s.shift_start, s.shift_end) for s in planned if s.user_pk in self._people]
        return self._company.rotation(team, self._schedules[schedule.id], schedule.name, shifts)

    # -- escalation ------------------------------------------------------------------------------------------------

    def _count_uses(self) -> None:
        for integration in self._dump.integrations:
            if integration.default_route and integration.default_route.escalation_chain_id:
                self._uses[integration.default_route.escalation_chain_id] += 1
        for route in self._dump.routes:
            if route.escalation_chain_id and not route.is_the_last_route:
                self._uses[route.escalation_chain_id] += 1

    def _escalations(self, documents: dict[str, dict[str, Any]]) -> dict[str, str]:
        """A team has one policy here: the chain that most routes lead to. Each other one becomes a team of its own.

        The team that answers for each chain.
        """
        by_team: dict[str, list[Chain]] = defaultdict(list)
        for chain in sorted(self._dump.escalation_chains, key=lambda chain: (-self._uses[chain.id], chain.name)):
            by_team[self._team(chain.team_id)].append(chain)
        answers: dict[str, str] = {}
        for team, chains in by_team.items():
            for place, chain in enumerate(chains):
                home = team if place == 0 else free(f"{team}-{slug(chain.name)}", documents)
                if place:
                    name = f"{documents[team]['name']}: {chain.name}"
                    documents[home] = documents[team] | {"name": name}
                    documents[home].pop("escalation", None)
                    self._company.note(
                        f"teams/{home}.yaml: a further chain of {team}, which has one policy; merge them if you can"
                    )
                documents[home]["escalation"] = self._escalation(team, home, chain)
                answers[chain.id] = home
        for team, document in documents.items():
            if "escalation" not in document:
                self._company.note(f"teams/{team}.yaml: no chain belongs to it; write its `escalation`")
        return answers

    def _escalation(self, owner: str, team: str, chain: Chain) -> dict[str, Any]:
        own = [p for p in self._dump.escalation_policies if p.escalation_chain_id == chain.id]
        at = {s.id: (self._team(s.team_id), self._schedules[s.id]) for s in self._dump.schedules}
        names = Names(
            people=self._people,
            teams={team_id: self._team(team_id) for team_id in self._teams},
            schedules={id_: name if home == owner else f"{home}/{name}" for id_, (home, name) in at.items()},
        )
        found = steps_of(own, names)
        for what in found.left_out:
            self._company.note(f"teams/{team}.yaml: {what}")
        if not found.steps:
            self._company.note(
                f"teams/{team}.yaml: no step of {chain.name!r} asks anybody; the whole team is asked instead"
            )
        steps = found.steps or [{"notify": [{"team": team}]}]
        return {"repeat": found.repeat, "steps": steps} if found.repeat else {"steps": steps}

    # -- where alerts come from ------------------------------------------------------------------------------------

    def _routes(self, answers: Mapping[str, str]) -> None:
        names = {integration.id: integration.name for integration in self._dump.integrations}
        for route in self._dump.routes:
            if route.is_the_last_route or not route.escalation_chain_id:
                continue
            team = answers.get(route.escalation_chain_id, NOBODYS)
            self._company.note(
                f"oncall.yaml: {names.get(route.integration_id, 'an integration')} sent what matches"
                f" {route.routing_regex!r} to {team}; name the owner in catalog/, or write an `ownership:` matcher"
            )

    def _integrations(self, answers: Mapping[str, str]) -> None:
        entries: dict[str, Any] = {}
        for integration in self._dump.integrations:
            if "alertmanager" not in integration.type:
                self._company.note(
                    f"integrations.yaml: {integration.name} posts as {integration.type!r}; only what Alertmanager"
                    " posts is taken, so send it through one"
                )
                continue
            entry: dict[str, Any] = {"key": self._new_key()}
            chain = integration.default_route.escalation_chain_id if integration.default_route else None
            if chain is not None and chain in answers:
                entry["fallback_team"] = answers[chain]
            entries[free(slug(integration.name), entries)] = entry
        self._company.put("integrations.yaml", entries or {"alertmanager": {"key": self._new_key()}})
