"""Where one alert belongs among the open incidents, and who is to hear of it."""

from __future__ import annotations

from dataclasses import dataclass, field

from grouping.arrival import Arrival
from grouping.counts import KindCount
from grouping.decay import WINDOW
from grouping.decision import Basis, Call
from grouping.groups import Member, OpenIncident, OpenIncidents
from grouping.learned import Learned, Weighed, weigh
from grouping.settings import Bars
from grouping.statistics import Statistics
from grouping.storm import Storm, Storms
from grouping.ties import Candidate, Tie, Tying, candidates
from grouping.verdict import Tier, deploy_behind, verdict

#: A kind that fires again belongs to its incident while it fires, and this long after the incident's last alert.
REPEAT_SECONDS = 15 * 60.0
#: Kinds seen less often than this leave the source's own groups a say.
HARDLY_SEEN = 3.0


@dataclass(slots=True, kw_only=True)
class Place:
    """The answer, with all that was considered."""

    kind: KindCount
    #: None where the alert opens an incident of its own.
    incident: str | None = None
    basis: Basis = Basis.ALONE
    tier: Tier = Tier.KNOWN
    ties: list[Tie] = field(default_factory=list)
    ranked: list[Candidate] = field(default_factory=list)
    weighed: Weighed = field(default_factory=lambda: Weighed([]))
    joined: Candidate | None = None
    forked_from: Candidate | None = None
    storm_scope: str | None = None
    #: A deploy that no incident has yet, and that the counts know to be followed by such alerts.
    deploy: Tie | None = None
    #: The alert of the incident that a rule of labels or a repeat rests on.
    like: Member | None = None

    @property
    def reviewable(self) -> bool:
        """Whether later neighbours may still change the answer."""
        return self.basis in (Basis.STATISTICS, Basis.ALONE, Basis.FORK, Basis.LABELS)

    @property
    def expected(self) -> bool:
        """The incident has seen this kind, or it is well known to follow those it has seen."""
        if self.basis in (Basis.REPEAT, Basis.STORM):
            return True
        return self.joined is not None and self.tier is Tier.KNOWN


class Placing:
    """Asks, in this order: is it a repeat, does an incident claim it, is there a storm, do its labels say something."""

    def __init__(self, stats: Statistics, open_incidents: OpenIncidents, tying: Tying, bars: Bars) -> None:
        self.bars = bars
        self._stats = stats
        self._open = open_incidents
        self._tying = tying
        self._storms = Storms()
        #: What people's answers taught; None while the statistics judge alone.
        self.learned: Learned | None = None

    def place(self, arrival: Arrival, kind: KindCount, at: float, latest: dict[int, Member]) -> Place:
        """Where the alert belongs; `latest` gives the latest alert of each kind, oldest first."""
        storm = self._storm(kind, at, latest)
        place = Place(kind=kind, storm_scope=storm.scope if storm else None)
        like = self._repeated(kind, at)
        if like is not None:
            place.incident, place.basis, place.like = like.incident, Basis.REPEAT, like
            return place
        ties = self._tying.ties(kind, at, reversed(latest.values()), pages=arrival.pages)
        place.ties = [tie for tie in ties if tie.member.incident]
        place.deploy = deploy_behind((tie for tie in ties if not tie.member.incident), self.bars)
        place.weighed = weigh(candidates(place.ties), self._open, at, self.learned)
        place.ranked = place.weighed.ranked
        self._judge(arrival, place, storm)
        if storm is not None and (place.incident is None or (arrival.pages and not self._lead(place.incident))):
            place.incident, place.basis, place.joined, place.forked_from = storm.incident, Basis.STORM, None, None
        if place.basis is Basis.ALONE:
            self._by_labels(arrival, place, at)
        return place

    def call(self, arrival: Arrival, place: Place) -> tuple[Call, tuple[str, ...]]:
        """Who is to hear of it, and the rest of the sentence: words and the teams they are about by turns."""
        incident = self._open.get(place.incident) if place.incident else None
        if not arrival.pages:
            return Call.NONE, ()
        if incident is None or not incident.lead:
            return Call.PAGE, ()
        by_itself = place.basis in (Basis.STATISTICS, Basis.LABELS) and place.storm_scope is None
        if by_itself and place.tier is Tier.SAME:
            words = "; not sure enough that it follows what was paged, so "
            return Call.PAGE, (words, arrival.team, " is paged for it")
        if arrival.team in incident.called_teams:
            told = "paged" if incident.paged(arrival.team) else "told"
            return Call.NOTICE, ("; ", arrival.team, f" was {told} already")
        return Call.HOLD, ("; ", arrival.team, " is told, and paged unless ", incident.lead, " acknowledges")

    def forget(self, at: float) -> None:
        """Let go of what is over."""
        self._storms.forget(at)

    def _lead(self, incident: str) -> str:
        found = self._open.get(incident)
        return found.lead if found else ""

    def _judge(self, arrival: Arrival, place: Place, storm: Storm | None) -> None:
        best = place.ranked[0].incident if place.ranked else ""
        holder = self._open.get(best)
        in_storm = storm is not None and best == storm.incident
        has_pages = holder is not None and not in_storm and any(m.pages for m in holder.members.values())
        judged = verdict(place.ranked, self.bars, pages=arrival.pages, has_pages=has_pages)
        place.tier = judged.tier
        if judged.joined is not None:
            place.joined, place.incident, place.basis = judged.joined, judged.joined.incident, Basis.STATISTICS
            if judged.joined.incident != place.weighed.by_statistics(self.bars.join):
                # People's answers may bring a page into an incident; that they make it silent, they may not.
                place.tier = Tier.SAME
        elif judged.forked_from is not None:
            place.forked_from, place.basis = judged.forked_from, Basis.FORK

    def _by_labels(self, arrival: Arrival, place: Place, at: float) -> None:
        """Before the statistics have anything to say: one owner and one group of the source's are one incident."""
        group = arrival.source_group
        if group is None or not group.labels or place.kind.count / self._stats.weight >= HARDLY_SEEN:
            return
        for tie in place.ties:
            other = tie.member
            if other.source_group == group.key and other.team == arrival.team and abs(at - other.at) < WINDOW:
                place.incident, place.basis, place.like = other.incident, Basis.LABELS, other
                place.tier = Tier.SAME
                return

    def _repeated(self, kind: KindCount, at: float) -> Member | None:
        like = self._open.latest_of(kind.id)
        if like is None:
            return None
        incident = self._incident(like)
        return like if like.fires(at) or at - incident.last_at < REPEAT_SECONDS else None

    def _storm(self, kind: KindCount, at: float, latest: dict[int, Member]) -> Storm | None:
        component = self._stats.components[kind.component]
        storm, things = self._storms.storm(component.scope, component.id, at)
        if storm is not None and self._open.get(storm.incident) is not None:
            return storm
        if not things:
            return None
        around = [
            member.incident
            for member in reversed(latest.values())
            if member.incident and at - member.at <= WINDOW and self._scope(member) == component.scope
        ]
        return self._storms.begin(component.scope, things, around, at)

    def _scope(self, member: Member) -> str:
        return self._stats.components[member.kind.component].scope

    def _incident(self, member: Member) -> OpenIncident:
        incident = self._open.get(member.incident)
        assert incident is not None
        return incident
