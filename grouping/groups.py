"""The incidents that may still take alerts in, and what they hold."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from grouping.arrival import DEPLOY
from grouping.counts import KindCount
from grouping.rows import Changes, from_text, to_text

#: An incident without a new alert for this long takes nothing more in.
OPEN_SECONDS = 3 * 86400.0


@dataclass(slots=True)
class Member:
    """One alert of an open incident. Times are seconds since the epoch."""

    episode: str
    kind: KindCount
    at: float
    team: str
    #: Its team was called because of it, at once or held.
    called: bool
    pages: bool
    source_group: str = ""
    resolved_at: float | None = None
    #: Its team was called at once.
    paged: bool = False
    #: The open incident that holds it, "" once that is over.
    incident: str = ""
    #: Log-odds with the alerts around it, by episode; only until the second looks are over, so not kept.
    ties: dict[str, float] = field(default_factory=dict)
    #: This is no alert, but a deploy.
    is_deploy: bool = field(init=False)

    def __post_init__(self) -> None:
        self.is_deploy = self.kind.name[0] == DEPLOY

    def fires(self, at: float) -> bool:
        """Whether it still fired at that instant."""
        return self.resolved_at is None or self.resolved_at > at


@dataclass(slots=True)
class OpenIncident:
    """What an incident holds, as grouping sees it."""

    id: str
    members: dict[str, Member] = field(default_factory=dict)
    last_at: float = 0.0
    called_teams: dict[str, None] = field(default_factory=dict)

    @property
    def lead(self) -> str:
        """The team of the first called alert, "" where nobody was called."""
        return next(iter(self.called_teams), "")

    def paged(self, team: str) -> bool:
        """Whether the team was called at once for an alert here; else it was told at most, with a page held."""
        return any(member.paged and member.team == team for member in self.members.values())


class OpenIncidents:
    """All of them, and where each alert lies."""

    def __init__(self, changes: Changes) -> None:
        self._changes = changes
        self._open: dict[str, OpenIncident] = {}
        self._members: dict[str, Member] = {}
        #: Where the latest alert of each kind lies, by the kind's number.
        self._by_kind: dict[int, Member] = {}

    def __len__(self) -> int:
        return len(self._open)

    def get(self, incident: str) -> OpenIncident | None:
        """The open incident of that name."""
        return self._open.get(incident)

    def home(self, episode: str) -> str | None:
        """The incident that holds this alert."""
        member = self._members.get(episode)
        return None if member is None else member.incident

    def member(self, episode: str) -> Member | None:
        """The alert, while its incident is open."""
        return self._members.get(episode)

    def latest_of(self, kind: int) -> Member | None:
        """The latest alert of this kind in an open incident."""
        return self._by_kind.get(kind)

    def put(self, incident: str, member: Member) -> None:
        """Add an alert to an incident, opening it where it is new."""
        found = self._open.get(incident)
        if found is None:
            found = self._open[incident] = OpenIncident(incident)
        found.members[member.episode] = member
        found.last_at = max(found.last_at, member.at)
        if member.called:
            found.called_teams[member.team] = None
        member.incident = incident
        self._members[member.episode] = member
        latest = self._by_kind.get(member.kind.id)
        if latest is None or latest.at <= member.at:
            self._by_kind[member.kind.id] = member
        self._changes.touch("member", member.episode)

    def move(self, episode: str, incident: str) -> None:
        """Take an alert that called nobody to another incident; one left empty is over."""
        origin = self._open[self._members[episode].incident]
        self.put(incident, origin.members.pop(episode))
        if not origin.members:
            del self._open[origin.id]

    def merge(self, incident: str, other: str) -> None:
        """Take all alerts of an incident to another."""
        found = self._open.get(incident)
        for episode in list(found.members) if found else ():
            self.move(episode, other)

    def kinds_of(self, incident: str) -> list[KindCount]:
        """The kinds of an incident, page-worthy ones first, each once."""
        found = self._open.get(incident)
        members = sorted(found.members.values(), key=lambda m: (not m.pages, m.at)) if found else []
        return list({m.kind.id: m.kind for m in members}.values())

    def resolved(self, episode: str, at: float) -> None:
        """The alert stopped firing."""
        member = self.member(episode)
        if member is not None:
            member.resolved_at = at
            self._changes.touch("member", episode)

    def close(self, incident: str) -> None:
        """Forget an incident; it takes nothing more in."""
        found = self._open.pop(incident, None)
        for episode, member in found.members.items() if found else ():
            del self._members[episode]
            member.incident = ""
            if self._by_kind.get(member.kind.id) is member:
                del self._by_kind[member.kind.id]
            self._changes.touch("member", episode)

    def close_idle(self, now: float) -> None:
        """Forget incidents that are long quiet."""
        for incident in [i.id for i in self._open.values() if now - i.last_at > OPEN_SECONDS]:
            self.close(incident)

    def kinds(self) -> set[int]:
        """The kinds open incidents hold."""
        return {m.kind.id for i in self._open.values() for m in i.members.values()}

    def since(self, at: float) -> list[Member]:
        """Alerts that began at or after that instant, oldest first."""
        found = [m for i in self._open.values() if i.last_at >= at for m in i.members.values() if m.at >= at]
        return sorted(found, key=lambda m: m.at)

    def row(self, episode: str) -> str | None:
        """The row as it now is, None where the incident is over."""
        member = self.member(episode)
        if member is None:
            return None
        facts = [member.at, member.team, member.called, member.pages, member.source_group, member.resolved_at]
        facts.append(member.paged)
        return to_text([member.incident, member.kind.name, *facts])

    def load(
        self, rows: Iterable[tuple[str, str]], kind_named: Callable[[tuple[str, str, str], str], KindCount]
    ) -> None:
        """Take remembered alerts back."""
        found = []
        for episode, value in rows:
            # Rows of the release before end without the last; what was called then counts as called at once.
            incident, name, at, team, called, pages, group, resolved_at, *paged = from_text(value)
            rule, thing, scope = name
            kind = kind_named((rule, thing, scope), team)
            found.append(
                (incident, Member(episode, kind, at, team, called, pages, group, resolved_at, *(paged or [called])))
            )
        for incident, member in sorted(found, key=lambda f: f[1].at):
            self.put(incident, member)
