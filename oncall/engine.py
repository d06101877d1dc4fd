"""The wiring: everything a use case needs, in one value that the doors hand to the services."""

from __future__ import annotations

import asyncio
import secrets
import socket
from collections.abc import Callable, Iterator, Mapping, Sequence
from copy import copy
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
from sqlalchemy.exc import SQLAlchemyError

from grouping import Grouper
from notifiers.breaker import Breakers
from notifiers.channel import Channel
from notifiers.http import Http
from notifiers.notifier import Notifier
from notifiers.slack_tools import SlackTools
from notifiers.wording import Wording
from oncall.admission import Admission
from oncall.background import Background
from oncall.clock import Clock
from oncall.config import Loaded, Settings
from oncall.departures import Departures
from oncall.directory import Directory
from oncall.metrics import Metrics
from oncall.person import Preference
from oncall.remembered import Remembered
from oncall.store.database import Database
from oncall.store.inbox_writer import InboxWriter
from oncall.together import Together
from oncall.turns import Turns
from routing.catalog import Catalog
from routing.catalog.assembly import SourceContent
from routing.catalog.merging import merge_sources
from routing.catalog.search import Findable, SearchIndex, findable
from routing.owner import Resolver
from routing.problem import Problem
from schedules.calendar_reader import CalendarReader
from schedules.sources.web import Web

#: Pages whose last look before sending is one question, and pages whose record after it is one transaction.
LOOKED_AT, RECORDED = 50, 50
#: Seconds a record waits at most for messages that have not set out.
PATIENCE = 0.5
#: Sums of past days that are kept at hand: a few megabytes for a large company.
SUMS = 24
#: What single weeks and teams came to: a few kilobytes each, a quarter of every team's.
WEEKS = 2_000
#: Slack takes about one message a second in a channel, and fifty updates a minute in all.
SPACING = timedelta(seconds=1.5)


class Organisation:
    """The files' content in force and what is derived from it; replaced whole on reload.

    Args:
        files: What the files say.
        further: What the catalog has beside the files: pushed by pipelines, fetched from addresses.
        version: Of `further`, as the database counts it.
    """

    def __init__(self, files: Directory, further: Sequence[SourceContent] = (), version: int = -1) -> None:
        self.files = files
        self.further = further
        self.version = version
        #: How people want to be reached, by person.
        self.preferences: Mapping[str, Preference] = {}
        self.directory, self.catalog_problems = _with_further(files, further)
        directory = self.directory
        self.resolver = Resolver(
            directory.catalog,
            tuple(directory.teams),
            directory.defaults.fallback_team,
            rules=directory.ownership,
            team_aliases=directory.team_aliases(),
        )
        self.search = SearchIndex([*_people_and_teams(directory), *map(findable, directory.catalog.entries)])
        self.integrations = {integration.key_sha256: integration for integration in directory.integrations}
        self.integrations_by_name = {integration.name: integration for integration in directory.integrations}

    def preferring(self, preferences: Mapping[str, Preference]) -> Organisation:
        """The same, with people reached as they prefer."""
        made = copy(self)
        people = {
            person.id: person.preferring(preferences[person.id]) if person.id in preferences else person
            for person in self.files.people.values()
        }
        made.preferences = preferences
        made.directory = msgspec.structs.replace(self.directory, people=people)
        return made

    def reloaded(self, files: Directory) -> Organisation:
        """The same with other files; what is no longer a source of theirs is left out."""
        gone = {feed.name for feed in self.files.feeds} - {feed.name for feed in files.feeds}
        kept = [content for content in self.further if content.source not in gone]
        return Organisation(files, kept, self.version).preferring(self.preferences)


def _with_further(files: Directory, further: Sequence[SourceContent]) -> tuple[Directory, tuple[Problem, ...]]:
    if not further:
        return files, ()
    contents = (*files.contents, *further)
    entries, problems = merge_sources(contents, files.precedence)
    catalog = Catalog.of(
        entries,
        [line for content in contents for line in content.code_owners],
        [group for content in contents for group in content.groups],
    )
    told = (*(problem for content in further for problem in content.problems), *problems)
    return msgspec.structs.replace(files, catalog=catalog), told


def _people_and_teams(directory: Directory) -> Iterator[Findable]:
    for team in directory.teams.values():
        yield Findable("team", team.id, team.name, (team.id, team.name, team.slack_channel, *team.aliases))
    for person in directory.people.values():
        yield Findable("person", person.id, person.name, (person.id, person.name, person.email, *person.aliases))


class Wake:
    """Each stage wakes the next; waiting a second is only the safety net."""

    def __init__(self) -> None:
        self.intake = asyncio.Event()
        self.escalation = asyncio.Event()
        self.delivery = asyncio.Event()
        self.posts = asyncio.Event()

    def all(self) -> None:
        """Something changed that any stage may care about."""
        self.intake.set()
        self.escalation.set()
        self.delivery.set()
        self.posts.set()


@dataclass(slots=True)
class GroupingState:
    """The grouper this node holds, the version of its rows, and whose settings it has; None until loaded."""

    grouper: Grouper | None = None
    version: int = -1
    organisation: Organisation | None = None


def _together(most: int) -> Together[Any, bool]:
    return Together(most=most, everybodys=(SQLAlchemyError, OSError, TimeoutError))


@dataclass(slots=True)
class Outage:
    """Since when this node's database has failed it, and whether people were told."""

    since: datetime | None = None
    told: bool = False


@dataclass(slots=True, kw_only=True)
class Engine:
    """One node.

    Attributes:
        settings: How this process runs.
        clock: The only source of time.
        database: Everything that must survive.
        organisation: People, teams, catalog; replace it only through `services.reload`.
        notifiers: The channels that are configured, by name.
        channels: What each configured channel says about itself.
        inbox: Where bodies become durable.
        calendars: Reads calendars in a process of its own.
        web: Fetches calendars from addresses, off internal networks unless allowed.
        wording: The words of every message and answer.
        slack: What is done in Slack beside sending pages; None where it is not configured.
        http: For addresses the operator configured; `guarded_http` for those a person wrote.
        node: This process's name in leases.
    """

    settings: Settings
    #: Where the files are, for reloading.
    config_dir: Path
    clock: Clock
    database: Database
    organisation: Organisation
    notifiers: Mapping[str, Notifier]
    channels: Mapping[str, Channel]
    inbox: InboxWriter
    calendars: CalendarReader
    web: Web
    wording: Wording
    slack: SlackTools | None
    http: Http
    guarded_http: Http
    node: str = field(default_factory=lambda: f"{socket.gethostname()}-{secrets.token_hex(4)}")
    metrics: Metrics = field(default_factory=Metrics)
    admission: Admission = field(default_factory=Admission)
    wake: Wake = field(default_factory=Wake)
    breakers: Breakers = field(default_factory=Breakers)
    background: Background = field(default_factory=Background)
    #: The last look at pages before they are sent, and the record of what came of them.
    looks: Together[Any, bool] = field(default_factory=lambda: _together(LOOKED_AT))
    records: Together[Any, Any] = field(default_factory=lambda: _together(RECORDED))
    #: Messages that were claimed and are not on their way yet; recording waits for them.
    departures: Departures = field(default_factory=lambda: Departures(PATIENCE))
    #: Pages this node is sending now: a lease that runs out meanwhile is no reason for it to send them once more.
    carrying: set[str] = field(default_factory=set)
    grouping: GroupingState = field(default_factory=GroupingState)
    outage: Outage = field(default_factory=Outage)
    #: Channels in which incidents are shown, one message at a time.
    turns: Turns[str] = field(default_factory=lambda: Turns(SPACING))
    #: Sums of stretches of days that are over; see `services.tallying`.
    sums: Remembered[Any] = field(default_factory=lambda: Remembered(SUMS))
    #: What is shown of single weeks, by the rows it was made from; see `services.views.insights`.
    weeks: Remembered[Any] = field(default_factory=lambda: Remembered(WEEKS))
    #: What is made of the files each time they are read; a try-out connects people to stand-ins.
    adapted: Callable[[Loaded], Loaded] = field(default=lambda loaded: loaded)

    @property
    def directory(self) -> Directory:
        """The people, teams and catalog in force."""
        return self.organisation.directory

    def new_id(self) -> str:
        """A name for a page: unguessable, so that links and callbacks may carry it."""
        return secrets.token_hex(12)
