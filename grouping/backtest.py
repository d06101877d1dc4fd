"""What a change would have done: past alerts through the production code twice, as it is and as it would be.

python -m grouping.backtest < trial.json
"""

from __future__ import annotations

import heapq
import re
import sys
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

import msgspec

from grouping.arrival import Arrival
from grouping.decision import Call, Grouping, Move
from grouping.grouper import Grouper
from grouping.learned import Learned
from grouping.relations import Calls
from grouping.settings import Settings
from routing.alert import Alert, AlertStatus, Severity

#: What an incident of a trial is called, before the number of its first alert.
_TRIED = "new-"
#: Decisions that are shown.
SHOWN = 10


class PastAlert(msgspec.Struct, frozen=True, kw_only=True):
    """One alert of the history, as routing resolved it."""

    id: int
    labels: dict[str, str]
    starts_at: datetime
    ended_at: datetime | None
    severity: Severity
    team: str
    service: str


class Unrelated(msgspec.Struct, frozen=True, kw_only=True):
    """People said that this alert does not belong to those."""

    alert: int
    others: tuple[int, ...]


class Version(msgspec.Struct, frozen=True, kw_only=True):
    """How alerts are grouped in one of the two runs."""

    settings: Settings
    learned: Learned | None = None


class Trial(msgspec.Struct, frozen=True, kw_only=True):
    """What is compared on what. Alerts before `since` only teach."""

    alerts: tuple[PastAlert, ...]
    since: datetime
    unrelated: tuple[Unrelated, ...]
    calls: tuple[tuple[str, str], ...]
    now: Version
    proposed: Version


class Side(msgspec.Struct, frozen=True, kw_only=True):
    """What one version made of the alerts."""

    incidents: int
    #: Calls at once, and such that were held for the lead's acknowledgement.
    paged: int
    held: int
    #: Page-worthy alerts that called nobody, at once or held.
    saved: int
    #: Of these, alerts that lay with nothing called but what people said they do not belong to.
    wrongly_hidden: int


class Difference(msgspec.Struct, frozen=True, kw_only=True):
    """An alert that would have gone another way."""

    alert: int
    kind: str
    at: datetime
    paging: bool
    #: Who would hear of it now and then (page, hold, notice, none), and why.
    call_now: Call
    call_proposed: Call
    now: str
    proposed: str
    #: The alerts it lay with in one of them only, newest few, by number.
    only_now: tuple[int, ...]
    only_proposed: tuple[int, ...]
    wrongly_hidden: bool

    @property
    def change(self) -> str:
        """For people: who hears of it, now and then."""
        now, then = _CALLED[self.call_now], _CALLED[self.call_proposed]
        return f"{now} both times" if now == then else f"{now} now, {then} then"

    @property
    def company(self) -> str:
        """For people: the alerts it lay with only once, "" where there are none."""
        parts = [
            f"with {'alert' if len(alerts) == 1 else 'alerts'} {', '.join(map(str, alerts))} only {when}"
            for alerts, when in ((self.only_now, "now"), (self.only_proposed, "then"))
            if alerts
        ]
        return "; ".join(parts)


#: What becomes of an alert by each call.
_CALLED = {
    Call.PAGE: "paged at once",
    Call.HOLD: "told, its page held",
    Call.NOTICE: "not paged again",
    Call.NONE: "paged nobody",
}


class Backtest(msgspec.Struct, frozen=True, kw_only=True):
    """Both sides, and the decisions that differ most."""

    alerts: int
    page_worthy: int
    #: People's corrections that the proposal was judged by.
    corrections: int
    now: Side
    proposed: Side
    different: int
    differences: tuple[Difference, ...]

    @property
    def sentence(self) -> str:
        """For people."""
        more = self.proposed.saved - self.now.saved
        pages = "as many pages" if not more else f"{_count(abs(more), 'page')} {'fewer' if more > 0 else 'more'}"
        hidden = (
            f"By {_count(self.corrections, 'correction')} of people, {_count(self.proposed.wrongly_hidden, 'page')}"
            f" would have been wrongly hidden (now {self.now.wrongly_hidden})"
            if self.corrections
            else "Whether a page would have been wrongly hidden cannot be said: nobody corrected the grouping of these days"
        )
        differ = "1 decision differs" if self.different == 1 else f"{self.different} decisions differ"
        return (
            f"{_count(self.alerts, 'alert')}, {self.page_worthy} of them page-worthy: {pages} ({self.proposed.paged} at once"
            f" and {self.proposed.held} held; now {self.now.paged} and {self.now.held}). {hidden}. {differ}."
        )


def _count(number: int, thing: str) -> str:
    return f"{number} {thing}" if number == 1 else f"{number} {thing}s"


class _Run:
    """One version over all alerts."""

    def __init__(self, version: Version, calls: Sequence[tuple[str, str]]) -> None:
        self._grouper = Grouper(version.settings, Calls(calls))
        self._grouper.take_learned(version.learned)
        self.home: dict[int, str] = {}
        self.grouping: dict[int, Grouping] = {}
        #: What an alert lay with when it was placed.
        self.beside: dict[int, tuple[int, ...]] = {}
        self.called: set[int] = set()
        self._ends: list[tuple[datetime, str]] = []

    def feed(self, past: PastAlert) -> None:
        """The next alert, oldest first."""
        self._move(self._grouper.review(past.starts_at))
        while self._ends and self._ends[0][0] <= past.starts_at:
            ended, episode = heapq.heappop(self._ends)
            self._grouper.resolved(episode, ended)
        alert = Alert(
            fingerprint=str(past.id),
            status=AlertStatus.FIRING,
            labels=past.labels,
            annotations={},
            starts_at=past.starts_at,
        )
        arrival = Arrival(
            episode=str(past.id), alert=alert, severity=past.severity, team=past.team, service=past.service
        )
        found = self._grouper.assign(arrival, past.starts_at, new_incident=f"{_TRIED}{past.id}")
        self.grouping[past.id] = found
        self.home[past.id] = found.incident
        self._move(found.moves)
        incident = self._grouper.open.get(found.incident)
        members = incident.members if incident else {}
        self.beside[past.id] = tuple(int(episode) for episode in members if episode != str(past.id))
        if found.call in (Call.PAGE, Call.HOLD):
            self.called.add(past.id)
        if past.ended_at is not None:
            heapq.heappush(self._ends, (past.ended_at, str(past.id)))

    def _move(self, moves: Collection[Move]) -> None:
        for move in moves:
            self.home[int(move.episode)] = move.to_incident

    def hides(self, past: PastAlert, unrelated: Mapping[int, Collection[int]]) -> bool:
        """Whether a page-worthy alert called nobody, and only strangers (say people) were called for in its incident."""
        if past.severity is not Severity.CRITICAL or past.id in self.called or past.id not in unrelated:
            return False
        called = [other for other in self.beside[past.id] if other in self.called]
        return bool(called) and all(other in unrelated[past.id] for other in called)

    def side(self, alerts: Sequence[PastAlert], unrelated: Mapping[int, Collection[int]]) -> Side:
        """The sums."""
        paging = [past for past in alerts if past.severity is Severity.CRITICAL]
        return Side(
            incidents=len({self.home[past.id] for past in alerts}),
            paged=sum(self.grouping[past.id].call is Call.PAGE for past in alerts),
            held=sum(self.grouping[past.id].call is Call.HOLD for past in alerts),
            saved=sum(past.id not in self.called for past in paging),
            wrongly_hidden=sum(self.hides(past, unrelated) for past in paging),
        )


def run(trial: Trial) -> Backtest:
    """Both versions over the same alerts."""
    now, proposed = (_Run(version, trial.calls) for version in (trial.now, trial.proposed))
    for past in sorted(trial.alerts, key=lambda p: (p.starts_at, p.id)):
        now.feed(past)
        proposed.feed(past)
    unrelated: dict[int, set[int]] = defaultdict(set)
    for said in trial.unrelated:
        unrelated[said.alert] |= set(said.others)
    judged = [past for past in trial.alerts if past.starts_at >= trial.since]
    different = [(past, weight) for past in judged if (weight := _difference(past, now, proposed))]
    different.sort(key=lambda d: (-d[1], d[0].id))
    return Backtest(
        alerts=len(judged),
        page_worthy=sum(past.severity is Severity.CRITICAL for past in judged),
        corrections=len(trial.unrelated),
        now=now.side(judged, unrelated),
        proposed=proposed.side(judged, unrelated),
        different=len(different),
        differences=tuple(_shown(past, now, proposed, unrelated) for past, _ in different[:SHOWN]),
    )


#: How loud each call is: a change from a call to none is the largest difference there is.
_LOUD = {Call.PAGE: 3, Call.HOLD: 2, Call.NOTICE: 1, Call.NONE: 0}


def _difference(past: PastAlert, now: _Run, proposed: _Run) -> float:
    """0 where nothing differs; who is called weighs most, then what it lay with, then how sure that was."""
    one, other = now.grouping[past.id], proposed.grouping[past.id]
    beside, beside_then = set(now.beside[past.id]), set(proposed.beside[past.id])
    louder = abs(_LOUD[one.call] - _LOUD[other.call])
    either = len(beside | beside_then)
    apart = 1 - len(beside & beside_then) / either if either else 0.0
    if one.is_new != other.is_new:
        apart = 1.0
    return 10 * louder + apart + 0.1 * abs(one.probability - other.probability) if louder or apart else 0.0


def _shown(past: PastAlert, now: _Run, proposed: _Run, unrelated: Mapping[int, Collection[int]]) -> Difference:
    one, other = now.grouping[past.id], proposed.grouping[past.id]
    beside, beside_then = set(now.beside[past.id]), set(proposed.beside[past.id])
    return Difference(
        alert=past.id,
        kind=one.kind,
        at=past.starts_at,
        paging=past.severity is Severity.CRITICAL,
        call_now=one.call,
        call_proposed=other.call,
        now=_in_words(one.reason),
        proposed=_in_words(other.reason),
        only_now=tuple(sorted(beside - beside_then)[-3:]),
        only_proposed=tuple(sorted(beside_then - beside)[-3:]),
        wrongly_hidden=proposed.hides(past, unrelated),
    )


def _in_words(reason: str) -> str:
    """Incidents of a trial have no numbers that anybody could look up: they are named after the alert that began them."""
    return re.sub(rf"#{_TRIED}(\d+)", r"the incident of alert \1", reason)


if __name__ == "__main__":
    asked = msgspec.json.decode(sys.stdin.buffer.read(), type=Trial)
    sys.stdout.buffer.write(msgspec.json.encode(run(asked)))
