"""The second look: an alert that called nobody may lie better with neighbours that arrived after it."""

from __future__ import annotations

import heapq

from grouping.decision import Move
from grouping.explain import readable, sure
from grouping.groups import Member, OpenIncidents
from grouping.settings import Bars
from grouping.ties import Candidate, log_odds, probability, together

#: When an alert is looked at again, in seconds after it began.
LOOKS = (75.0, 240.0)
#: How much better (log-odds) another incident must be.
MARGIN = 0.5
#: Log-odds of an alert that has nobody in its incident.
ALONE = -9.0


class Reviews:
    """The looks that are due."""

    def __init__(self, open_incidents: OpenIncidents, bars: Bars) -> None:
        self.bars = bars
        self._open = open_incidents
        self._due: list[tuple[float, int, str]] = []

    def add(self, member: Member) -> None:
        """Look at this alert again."""
        for number, after in enumerate(LOOKS):
            heapq.heappush(self._due, (member.at + after, number, member.episode))

    def is_due(self, now: float) -> bool:
        """Whether any look's time has come."""
        return bool(self._due) and self._due[0][0] <= now

    def due(self, now: float) -> tuple[Move, ...]:
        """Look at every alert whose time has come, and move those that lie better elsewhere."""
        moves = []
        while self._due and self._due[0][0] <= now:
            _, number, episode = heapq.heappop(self._due)
            member = self._open.member(episode)
            if member is None:
                continue
            move = self._look(member)
            if move is not None:
                self._open.move(episode, move.to_incident)
                moves.append(move)
            if number == len(LOOKS) - 1:
                member.ties = {}
        return tuple(moves)

    def _look(self, member: Member) -> Move | None:
        bar = log_odds(self.bars.join)
        if max(member.ties.values(), default=ALONE) < bar:
            return None
        here = member.incident
        by_incident: dict[str, dict[int, tuple[float, str]]] = {}
        for episode, score in member.ties.items():
            other = self._open.member(episode)
            if other is not None and other.kind is not member.kind:
                kinds = by_incident.setdefault(other.incident, {})
                kinds[other.kind.id] = max(kinds.get(other.kind.id, (score, episode)), (score, episode))
        scores = {home: together(sorted((s for s, _ in k.values()), reverse=True)) for home, k in by_incident.items()}
        own = scores.pop(here, ALONE)
        best = max(scores, key=lambda home: scores[home], default=None)
        if best is None or scores[best] < max(own + MARGIN, bar):
            return None
        _, nearest = max(by_incident[best].values())
        other = self._open.member(nearest)
        with_whom = readable(other.kind) if other else "an alert"
        sentence = (
            f"{readable(member.kind)} goes better with {with_whom}, which began near it"
            f": {sure(probability(scores[best]))} there, {sure(probability(own))} where it was"
        )
        return Move(episode=member.episode, from_incident=here, to_incident=best, sentence=sentence)


def moved_by_fork(open_incidents: OpenIncidents, left: Candidate, home: str) -> tuple[Move, ...]:
    """The warnings a forking page takes along: those closer to it than to the pages it leaves."""
    moves = []
    for tie in left.ties:
        member = tie.member
        if member.pages or member.is_deploy:
            continue
        to_pages = [
            score
            for episode, score in member.ties.items()
            if (other := open_incidents.member(episode)) is not None and other.pages and other.incident == left.incident
        ]
        if to_pages and tie.score > max(to_pages) + MARGIN and tie.score > 0:
            sentence = f"{readable(member.kind)} is closer to the page that got its own incident"
            moves.append(Move(episode=member.episode, from_incident=left.incident, to_incident=home, sentence=sentence))
    return tuple(moves)
