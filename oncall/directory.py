"""The organisation as the files describe it: one immutable value, replaced whole on reload."""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Mapping
from datetime import date, timedelta

import msgspec

from grouping.settings import Settings as GroupingSettings
from oncall.checks import CustomCheck
from oncall.person import Person
from routing.alert import Severity
from routing.catalog import Catalog
from routing.catalog.assembly import SourceContent
from routing.catalog.merging import Precedence
from routing.escalation import Policy
from routing.rules import OwnerRule, default_rules
from schedules.health.weights import Weights


class ScheduleSource(msgspec.Struct, frozen=True, kw_only=True):
    """Where one rotation's calendar is read from, and how its names are understood."""

    #: Path of a file, or an http(s):// or caldav(s):// address.
    location: str
    #: Zone of floating and all-day events where the feed names none.
    timezone: str = "UTC"
    #: The `identity` object of a feed: `from`, `pattern`, `multi`, `aliases`, `ignore`, `fallback`.
    identity: Mapping[str, object] = {}
    #: Lays over sources of lower priority.
    priority: int = 0
    #: Role its shifts have where the text names none.
    role: str | None = None
    #: Name of an environment variable that holds "user:password".
    credentials_env: str | None = None
    #: Laid over the other sources whatever their priority.
    override: bool = False


class Schedule(msgspec.Struct, frozen=True, kw_only=True):
    """One rotation of a team: one or several calendars, layered."""

    name: str
    sources: tuple[ScheduleSource, ...]


class Team(msgspec.Struct, frozen=True, kw_only=True):
    """The people who run some services, their rotations and their escalation policy."""

    id: str
    name: str
    members: tuple[str, ...] = ()
    timezone: str = "UTC"
    language: str = "en"
    slack_channel: str = ""
    #: User group in Slack that follows who is on call.
    slack_group: str = ""
    email: str = ""
    #: Other and former names, by which catalogs and labels still mean this team.
    aliases: tuple[str, ...] = ()
    schedules: Mapping[str, Schedule] = {}
    policy: Policy


class Heartbeat(msgspec.Struct, frozen=True, kw_only=True):
    """An alert that must keep coming (the Prometheus Watchdog); when it stops, `team` is paged."""

    alertname: str = "Watchdog"
    every: timedelta = timedelta(minutes=5)
    team: str


class Integration(msgspec.Struct, frozen=True, kw_only=True):
    """One Alertmanager that may post here. The key itself is never kept, only its SHA-256 in hex."""

    name: str
    key_sha256: str
    source: str = "alertmanager"
    heartbeat: Heartbeat | None = None
    #: Team that owns what no other rule resolves, before the global fallback.
    fallback_team: str | None = None
    #: Bodies a second it may send for long; None: as many as can be taken.
    limit: int | None = None


class Defaults(msgspec.Struct, frozen=True, kw_only=True):
    """What holds unless a team says otherwise."""

    fallback_team: str
    #: Value of the `severity` label (lower case) to severity.
    severities: Mapping[str, Severity] = {}
    #: Severity of alerts whose label is missing or not in the mapping: loud, because silence is not a default.
    unknown_severity: Severity = Severity.CRITICAL
    #: How long an acknowledgement holds before escalation starts again; absent = never expires.
    acknowledgement_expiry: Mapping[Severity, timedelta] = msgspec.field(
        default_factory=lambda: {Severity.CRITICAL: timedelta(hours=1), Severity.WARNING: timedelta(hours=8)}
    )
    #: The reminder comes this long before the expiry.
    acknowledgement_reminder: timedelta = timedelta(minutes=10)
    #: A held page is sent when the lead team has not acknowledged within this time.
    hold: timedelta = timedelta(minutes=5)
    #: An alert that was not repeated for this long is marked stale (Alertmanager repeats every 4 h by default).
    stale_after: timedelta = timedelta(hours=9)
    #: What each shortcoming of a rotation costs in its health score.
    health: Weights = Weights()


class CatalogFeed(msgspec.Struct, frozen=True, kw_only=True):
    """Catalog entries behind an address; the engine fetches them and merges them with those of the files."""

    name: str
    #: Name of a member of `routing.catalog.readers.READERS`.
    reader: str
    url: str
    every: timedelta = timedelta(minutes=15)
    #: Name of an environment variable that holds a bearer token.
    token_env: str | None = None


class Directory(msgspec.Struct, frozen=True, kw_only=True, dict=True):
    """Everything the files say."""

    people: Mapping[str, Person]
    teams: Mapping[str, Team]
    #: What the files say; `contents` is the same before merging, source by source.
    catalog: Catalog
    contents: tuple[SourceContent, ...] = ()
    precedence: Precedence = Precedence()
    feeds: tuple[CatalogFeed, ...] = ()
    #: The company's own checks on services, and by when all should pass a check.
    checks: tuple[CustomCheck, ...] = ()
    checks_due: Mapping[str, date] = {}
    #: In order of trial.
    ownership: tuple[OwnerRule, ...] = default_rules()
    integrations: tuple[Integration, ...]
    defaults: Defaults
    #: How long a page is held stands in `defaults`.
    grouping: GroupingSettings = GroupingSettings()
    #: Replaced phrases, language to key to phrase.
    wording: Mapping[str, Mapping[str, str]] = {}

    @functools.cached_property
    def _names(self) -> Mapping[str, Person]:
        """Every spelling of every person, lower case; the id wins over names, names over aliases."""
        names: dict[str, Person] = {}
        for spell in (lambda p: (p.id,), lambda p: (p.name, p.email), lambda p: p.aliases):
            for person in self.people.values():
                for spelling in spell(person):
                    if spelling:
                        names.setdefault(spelling.casefold(), person)
        return names

    @functools.cached_property
    def names_digest(self) -> str:
        """Changes with any spelling of anybody, for what was derived from names and must be made anew then."""
        spelled = sorted((spelling, person.id) for spelling, person in self._names.items())
        return hashlib.sha256(msgspec.json.encode(spelled)).hexdigest()

    def person_named(self, name: str) -> Person | None:
        """The person a calendar, a reply or a label means by this name, if any."""
        return self._names.get(name.strip().casefold())

    def shown(self, name: str) -> str:
        """What people call whoever a calendar names; a stranger keeps the name as it is written."""
        known = self.person_named(name)
        return known.name or known.id if known else name

    def team_aliases(self) -> dict[str, str]:
        """Names beside the id by which a team is meant, to its id; ids are never taken by another team's alias."""
        named = {team.name: team.id for team in self.teams.values()}
        return {**{alias: team.id for team in self.teams.values() for alias in team.aliases}, **named}

    def teams_of(self, person: str) -> tuple[Team, ...]:
        """The teams a person is a member of, in file order."""
        return tuple(team for team in self.teams.values() if person in team.members)
