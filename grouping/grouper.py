"""Which alerts are one incident: the object one node holds, told of every alert in order."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from itertools import accumulate, product

import msgspec

from grouping.answer import Answer, Saying
from grouping.arrival import BELIEVED, DEPLOY, Arrival, Deployed, arrival_labels
from grouping.decay import SLOW_WINDOW, WINDOW
from grouping.decision import Basis, Call, Grouping, MergeOffer, Move, Near
from grouping.explain import cases, evidence, join_sentence, near_sentence, readable, taught_sentence, tie_sentence
from grouping.groups import Member, OpenIncidents
from grouping.kinds import Kind, kind_of
from grouping.learned import Learned
from grouping.learning import BASKET, learn
from grouping.memory import PairMemory
from grouping.placing import Place, Placing
from grouping.pruning import Pruning
from grouping.relations import Calls
from grouping.review import Reviews, moved_by_fork
from grouping.rows import Changes, StateRow
from grouping.score import Model, scorers, shipped
from grouping.settings import Settings
from grouping.statistics import Statistics
from grouping.ties import Candidate, Tying
from grouping.volatility import Volatility

#: Two incidents tied together by so many alerts are offered for merging.
BRIDGES = 2


class Grouper:
    """Assigns alerts to incidents and learns as it goes.

    Synchronous and without IO: `load` it once from the rows a store kept, then write `drain_changes` in the
    transaction that writes the assignment. Where that transaction fails, load a new one: this one is ahead of it.
    """

    def __init__(
        self, settings: Settings | None = None, calls: Calls | None = None, model: Model | None = None
    ) -> None:
        self.settings = settings or Settings()
        self._changes = Changes()
        self._volatility = Volatility(self._changes)
        self.stats = Statistics(self._changes, calls or Calls())
        self.memory = PairMemory(self._changes)
        self.open = OpenIncidents(self._changes)
        self._model = model or shipped()
        self.tying = Tying(self.stats, scorers(self._model, self.settings.weights), self.memory)
        #: The latest alert of each kind, oldest first.
        self._latest: dict[int, Member] = {}
        self._placing = Placing(self.stats, self.open, self.tying, self.settings.bars)
        self._reviews = Reviews(self.open, self.settings.bars)
        self._bridges: dict[tuple[str, str], int] = {}
        self._swept = 0.0
        self._pruning = Pruning(self.stats)

    def configure(self, settings: Settings, calls: Calls) -> None:
        """Take changed settings and a changed catalog into force."""
        if settings.weights != self.settings.weights:
            self.tying.fast, self.tying.slow = scorers(self._model, settings.weights)
        self.settings = settings
        self._placing.bars = self._reviews.bars = settings.bars
        self.stats.know_calls(calls)

    def load(self, rows: Iterable[StateRow]) -> None:
        """Take remembered rows back; their order does not matter."""
        tables: dict[str, list[tuple[str, str]]] = {}
        for row in rows:
            if row.value is not None:
                tables.setdefault(row.table, []).append((row.key, row.value))
        self.stats.load(tables)
        for table in ("value", "label_habit"):
            for key, value in tables.get(table, ()):
                self._volatility.load(table, key, value)
        for key, value in tables.get("answer", ()):
            self.memory.load(key, value)
        for _, value in tables.get("learned", ()):
            self._placing.learned = msgspec.json.decode(value, type=Learned)
        self.open.load(tables.get("member", ()), self.stats.kind_named)
        newest = max((m.at for m in self.open.since(0.0)), default=0.0)
        for member in self.open.since(newest - SLOW_WINDOW):
            self._see(member)
        self._changes.take()

    @property
    def learned(self) -> Learned | None:
        """The model of people's answers that is in force."""
        return self._placing.learned

    def take_learned(self, learned: Learned | None) -> None:
        """Judge by this model from now on, by the statistics alone without one."""
        self._placing.learned = learned
        self._changes.touch("learned", "")

    def drain_changes(self) -> tuple[StateRow, ...]:
        """The rows that changed since the last call."""
        return tuple(StateRow(table=t, key=k, value=self._row(t, k)) for t, k in self._changes.take())

    def assign(self, arrival: Arrival, now: datetime, *, new_incident: str) -> Grouping:
        """Say which incident the alert belongs to; `new_incident` names the one it opens where none takes it."""
        at = arrival.happened(now)
        self._forget(at)
        labels = arrival_labels(arrival)
        named = kind_of(labels, self._volatility, self.settings)
        self.stats.at(at)
        kind = self.stats.kind(named, labels.get("namespace", ""), arrival.team)
        kind.pages = arrival.pages
        place = self._placing.place(arrival, kind, at, self._latest)
        home = place.incident or new_incident
        call, why_called = self._placing.call(arrival, place)
        group = arrival.source_group.key if arrival.source_group else ""
        called = call in (Call.PAGE, Call.HOLD)
        member = Member(arrival.episode, kind, at, arrival.team, called, arrival.pages, group)
        member.paged = call is Call.PAGE
        member.ties = {tie.member.episode: tie.score for tie in place.ties}
        for tie in place.ties:
            tie.member.ties[arrival.episode] = tie.score
        reason, near = self._reason(place), self._near(place)
        before_call = reason + self._behind(place)
        grouping = Grouping(
            incident=home,
            is_new=place.incident is None,
            basis=place.basis,
            call=call,
            reason=before_call + "".join(why_called),
            probability=place.joined.probability if place.joined else 1.0,
            evidence=evidence(self.tying, place.joined) if place.joined else (),
            near=near,
            moves=self._take_along(place, home),
            merge_offers=self._bridged(place, home),
            hold_for=self.settings.hold_for if call is Call.HOLD else None,
            forked_from=place.forked_from.incident if place.forked_from else None,
            storm_scope=place.storm_scope,
            kind=named.readable,
            expected=place.expected,
            cases=cases(self.stats, kind, place.weighed, home, {home: reason, **{n.incident: n.sentence for n in near}})
            if place.reviewable
            else (),
            teams=_named(why_called, len(before_call)),
        )
        self._settle(arrival, member, place, labels, grouping)
        return grouping

    def review(self, now: datetime) -> tuple[Move, ...]:
        """Look again at alerts whose neighbours arrived after them; call it every few seconds.

        Each call also forgets a little of what has faded or means nothing, so that memory and rows stay bounded.
        """
        at = now.timestamp()
        self._forget(at)
        self.stats.at(at)
        self._pruning.step(self._kinds_in_use)
        return self._reviews.due(at)

    def looks_due(self, now: datetime) -> bool:
        """Whether a review would look at anything."""
        return self._reviews.is_due(now.timestamp())

    def deployed(self, deploy: Deployed, now: datetime) -> None:
        """A service was deployed. One told of late is counted, and explains no alert of now."""
        at = min(deploy.at, now).timestamp()
        self.stats.at(at)
        kind = self.stats.kind(Kind(DEPLOY, deploy.service, ""), "", "")
        is_fresh = at >= (now - BELIEVED).timestamp()
        learn(self.stats, kind, at, self._began_since(at - WINDOW) if is_fresh else {})
        if is_fresh:
            episode = f"deploy-{kind.id}-{at:.0f}"
            self._see(Member(episode, kind, at, team="", called=False, pages=False, resolved_at=None))

    def resolved(self, episode: str, now: datetime) -> None:
        """The alert stopped firing."""
        self.open.resolved(episode, now.timestamp())

    def said(self, answer: Answer) -> None:
        """Take what a person said: acted on at once for the kinds concerned, and the alerts follow.

        Of an incident that is its leading kind, the first page-worthy one where there is one. To take all its kinds for
        meant teaches what nobody said: measured, it ties or tears apart more strangers than it finds companions.
        """
        one, other = self.open.kinds_of(answer.incident), self.open.kinds_of(answer.other)[:1]
        if answer.saying in (Saying.SPLIT, Saying.RELATED):
            other = [m.kind for m in map(self.open.member, answer.episodes) if m is not None]
            one = [kind for kind in one if kind not in other]
        related = answer.saying in (Saying.MERGED, Saying.RELATED)
        for lead, kind in product(one[:1], other):
            if lead is not kind:
                self.memory.answer(lead, kind, related=related)
        if answer.saying is Saying.MERGED:
            self.open.merge(answer.incident, answer.other)
        if answer.saying is Saying.SPLIT:
            for episode in answer.episodes:
                if self.open.home(episode) == answer.incident:
                    self.open.move(episode, answer.other)

    def closed(self, incident: str) -> None:
        """The incident is over for people: it takes nothing more in."""
        self.open.close(incident)

    def _settle(
        self, arrival: Arrival, member: Member, place: Place, labels: Mapping[str, str], grouping: Grouping
    ) -> None:
        self.open.put(grouping.incident, member)
        if place.deploy is not None:
            self.open.put(grouping.incident, place.deploy.member)
        for move in grouping.moves:
            self.open.move(move.episode, move.to_incident)
        self._volatility.learn(member.kind.name[0], labels, member.at)
        if place.storm_scope is None:
            learn(self.stats, member.kind, member.at, self._began_since(member.at - WINDOW))
        self._see(member)
        if place.reviewable and not arrival.pages:
            self._reviews.add(member)

    def _see(self, member: Member) -> None:
        self._latest.pop(member.kind.id, None)
        self._latest[member.kind.id] = member

    def _take_along(self, place: Place, home: str) -> tuple[Move, ...]:
        if place.forked_from is None:
            return ()
        return moved_by_fork(self.open, place.forked_from, home)

    def _near(self, place: Place) -> tuple[Near, ...]:
        return tuple(
            Near(
                incident=candidate.incident,
                probability=candidate.probability,
                sentence=self._why_not(place, candidate),
                possibly_related=candidate.probability >= self.settings.bars.related,
            )
            for candidate in place.ranked[:3]
            if candidate is not place.joined and candidate.probability >= 0.02
        )

    def _why_not(self, place: Place, candidate: Candidate) -> str:
        if candidate is place.forked_from:
            return near_sentence(self.stats, place.kind, candidate, self.settings.bars.same, paged=True)
        return near_sentence(self.stats, place.kind, candidate, self.settings.bars.join)

    def _reason(self, place: Place) -> str:
        kind = readable(place.kind)
        if place.basis is Basis.REPEAT:
            return f"{kind} is already part of this incident"
        if place.basis is Basis.STORM:
            return f"so much broke in {place.storm_scope or 'one place'} within minutes that it is one incident"
        if place.basis is Basis.LABELS and place.like is not None:
            since = place.kind.count / self.stats.weight
            return (
                f"same owner and same group at its source as {readable(place.like.kind)}; the counts have"
                f" nothing to say yet ({kind} was seen {since:.0f} times)"
            )
        if place.joined is not None:
            told = join_sentence(self.stats, place.kind, place.joined)
            return told + taught_sentence(place.weighed, place.joined)
        if place.forked_from is not None:
            told = self._why_not(place, place.forked_from)
            return (
                f"possibly the same as #{place.forked_from.incident}, but kept apart so that its page is not hidden:"
                f" {told}"
            )
        if place.ranked:
            nearest = place.ranked[0]
            told = self._why_not(place, nearest)
            return f"nothing open is close enough; the nearest is #{nearest.incident}: {told}"
        return f"no open incident had an alert near {kind}"

    def _behind(self, place: Place) -> str:
        return f"; {tie_sentence(self.stats, place.kind, place.deploy)}" if place.deploy else ""

    def _bridged(self, place: Place, home: str) -> tuple[MergeOffer, ...]:
        """Offers for people: two incidents somebody was called for, tied together by alerts at least twice."""
        offers = []
        for other in place.ranked if place.joined else ():
            if other.incident == home or other.probability < self.settings.bars.join:
                continue
            pair = (min(home, other.incident), max(home, other.incident))
            self._bridges[pair] = self._bridges.get(pair, 0) + 1
            both = [self.open.get(incident) for incident in pair]
            if self._bridges[pair] == BRIDGES and all(i is not None and i.lead for i in both):
                told = join_sentence(self.stats, place.kind, other)
                offers.append(MergeOffer(incident=home, other=other.incident, sentence=f"also goes with it: {told}"))
        return tuple(offers)

    def _began_since(self, at: float) -> dict[int, float]:
        began = {}
        for number, member in reversed(self._latest.items()):
            if member.at >= at:
                began[number] = member.at
            if len(began) > BASKET or member.at < at - BELIEVED.total_seconds():
                break
        return began

    def _kinds_in_use(self) -> set[int]:
        return self.open.kinds() | {m.kind.id for m in self._latest.values()}

    def _forget(self, at: float) -> None:
        """Let go of what is too old to matter; incidents are asked once an hour."""
        too_old = at - SLOW_WINDOW - BELIEVED.total_seconds()
        while self._latest and self._latest[oldest := next(iter(self._latest))].at < too_old:
            del self._latest[oldest]
        if at // 3600 != self._swept:
            self._swept = at // 3600
            self.open.close_idle(at)
            self._placing.forget(at)
            self._bridges = {p: n for p, n in self._bridges.items() if all(self.open.get(i) for i in p)}

    def _row(self, table: str, key: str) -> str | None:
        if table == "member":
            return self.open.row(key)
        if table == "answer":
            return self.memory.row(key)
        if table == "learned":
            return msgspec.json.encode(self.learned).decode() if self.learned else None
        if table in ("value", "label_habit"):
            return self._volatility.row(table, key)
        return self.stats.row(table, key)


def _named(words: tuple[str, ...], begin: int) -> tuple[tuple[int, str], ...]:
    """Where words and teams by turns, from that character on, name the teams."""
    ends = accumulate(map(len, words), initial=begin)
    return tuple((at, word) for place, (at, word) in enumerate(zip(ends, words, strict=False)) if place % 2)
