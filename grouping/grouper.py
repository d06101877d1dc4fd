"""Which alerts are one incident: the object one node holds, told of every alert in order."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from grouping.arrival import Arrival, arrival_labels
from grouping.decision import Basis, Call, Grouping, Move
from grouping.groups import Member, OpenIncident
from grouping.kinds import Kind, kind_of
from grouping.rows import Changes, StateRow
from grouping.settings import Settings
from grouping.volatility import Volatility

#: An incident takes a repeat of one of its alerts in while it fires, and this long after its last alert.
REPEAT_SECONDS = 15 * 60.0
#: Label rules join alerts that begin within this long of one another.
TOGETHER_SECONDS = 5 * 60.0
#: An incident without a new alert for this long takes nothing more in.
OPEN_SECONDS = 24 * 3600.0


class Grouper:
    """Assigns alerts to incidents and learns as it goes.

    Synchronous and without IO: `load` it once from the rows a store kept, then write `drain_changes` in the
    transaction that writes the assignment. Where that transaction fails, load a new one: this one is ahead of it.
    """

    def __init__(self, settings: Settings | None = None) -> None:
        self._settings = settings or Settings()
        self._changes = Changes()
        self._volatility = Volatility(self._changes)
        self._open: dict[str, OpenIncident] = {}
        self._home: dict[str, str] = {}

    def load(self, rows: Iterable[StateRow]) -> None:
        """Take remembered rows back; their order does not matter."""
        members: list[tuple[str, Member]] = []
        for row in rows:
            if row.value is None:
                continue
            if row.table == "member":
                members.append(Member.from_text(row.key, row.value))
            else:
                self._volatility.load(row.table, row.key, row.value)
        for incident, member in sorted(members, key=lambda m: m[1].at):
            self._put(incident, member)
        self._changes.take()

    def drain_changes(self) -> tuple[StateRow, ...]:
        """The rows that changed since the last call."""
        return tuple(StateRow(table=t, key=k, value=self._row(t, k)) for t, k in self._changes.take())

    def assign(self, arrival: Arrival, now: datetime, *, new_incident: str) -> Grouping:
        """Say which incident the alert belongs to; `new_incident` names the one it opens where none takes it."""
        at = arrival.happened(now)
        self._forget(now.timestamp())
        labels = arrival_labels(arrival)
        kind = kind_of(labels, self._volatility, self._settings.kinds)
        home, basis, reason = self._home_of(arrival, kind, at) or (new_incident, Basis.ALONE, _alone(kind))
        incident = self._open.get(home)
        call, sentence = _call(arrival, incident)
        expected = incident is not None and any(m.kind == kind for m in incident.members.values())
        group = arrival.source_group.key if arrival.source_group else ""
        self._put(
            home, Member(arrival.episode, kind, at, arrival.team, call is Call.PAGE, arrival.pages, source_group=group)
        )
        if arrival.teaches:
            self._volatility.learn(kind.rule, labels, at)
        return Grouping(
            incident=home,
            is_new=incident is None,
            basis=basis,
            call=call,
            reason=f"{reason}{sentence}",
            probability=1.0,
            kind=kind.readable,
            expected=expected,
        )

    def review(self, now: datetime) -> tuple[Move, ...]:
        """Look again at alerts whose neighbours arrived after them; call it every few seconds."""
        self._forget(now.timestamp())
        return ()

    def resolved(self, episode: str, now: datetime) -> None:
        """The alert stopped firing."""
        member = self._member(episode)
        if member is not None:
            member.resolved_at = now.timestamp()
            self._changes.touch("member", episode)

    def closed(self, incident: str) -> None:
        """The incident is over for people: it takes nothing more in."""
        for episode in self._open.pop(incident, OpenIncident(incident)).members:
            del self._home[episode]
            self._changes.touch("member", episode)

    def _home_of(self, arrival: Arrival, kind: Kind, at: float) -> tuple[str, Basis, str] | None:
        for incident in reversed(self._open.values()):
            same = [m for m in incident.members.values() if m.kind == kind]
            if same and (any(m.resolved_at is None for m in same) or at - incident.last_at < REPEAT_SECONDS):
                return incident.id, Basis.REPEAT, f"{kind.readable} is already part of this incident"
        for incident in reversed(self._open.values()):
            for member in incident.members.values():
                if at - member.at < TOGETHER_SECONDS and (why := _same_by_labels(member, arrival, kind)):
                    return incident.id, Basis.LABELS, f"{why}, {at - member.at:.0f} s after {member.kind.readable}"
        return None

    def _put(self, incident: str, member: Member) -> None:
        self._open.setdefault(incident, OpenIncident(incident)).add(member)
        self._home[member.episode] = incident
        self._changes.touch("member", member.episode)

    def _forget(self, now: float) -> None:
        over = [i.id for i in self._open.values() if now - i.last_at > OPEN_SECONDS]
        for incident in over:
            self.closed(incident)

    def _member(self, episode: str) -> Member | None:
        home = self._home.get(episode)
        return None if home is None else self._open[home].members[episode]

    def _row(self, table: str, key: str) -> str | None:
        if table == "member":
            member = self._member(key)
            return None if member is None else member.as_text(self._home[key])
        return self._volatility.row(table, key)


def _same_by_labels(member: Member, arrival: Arrival, kind: Kind) -> str:
    """Why two alerts belong together by their labels alone, "" where they do not."""
    if member.kind.component == kind.component and kind.thing:
        return f"same {kind.component}"
    group = arrival.source_group
    if group is not None and group.key == member.source_group and member.team == arrival.team and group.labels:
        return f"same owner {arrival.team} and same Alertmanager group"
    return ""


def _alone(kind: Kind) -> str:
    return f"nothing open goes with {kind.readable}"


def _call(arrival: Arrival, incident: OpenIncident | None) -> tuple[Call, str]:
    if not arrival.pages:
        return Call.NONE, ""
    if incident is None or not incident.lead:
        return Call.PAGE, ""
    if arrival.team in incident.called_teams:
        return Call.NOTICE, f"; {arrival.team} was called already"
    return Call.PAGE, f"; {arrival.team} was not called yet"
