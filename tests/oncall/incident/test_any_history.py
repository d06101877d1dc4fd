"""Whatever people, alerts and time do to an incident in whatever order, the invariants hold after each of them."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from oncall import incident as state
from oncall.errors import OncallError
from oncall.incident import Actor, Arrival, Change, Due, Incident, IncidentStatus, InvolvementStatus, Via
from oncall.incident.telling import pieces
from oncall.paging import StepOutcome, take_step
from oncall.person import ContactMethod, ContactRule, Person
from routing.alert import Severity
from routing.escalation import ChannelTarget, PersonTarget, Policy, RotationTarget, Step
from tests.oncall.incident.conftest import NINE
from tests.oncall.incident.organisation import directory

TEAMS = ("payments", "search", "platform")
MINUTE = timedelta(minutes=1)
#: What people read as names and in their own time.
IDS = {*TEAMS, *(f"{team}-{role}" for team in TEAMS for role in ("primary", "lead")), "alice", "bob", "UTC"}
EXPIRY, REMINDER = timedelta(hours=1), timedelta(minutes=10)


def _policy(team: str) -> Policy:
    steps = (
        Step(targets=(RotationTarget(team=team, schedule="primary"),), wait=5 * MINUTE),
        Step(targets=(ChannelTarget(channel="#x"), PersonTarget(person=f"{team}-lead")), wait=5 * MINUTE),
    )
    return Policy(name=team, steps=steps, repeats=1)


def _person(name: str) -> Person:
    methods = (ContactMethod(channel="sms", address=name),)
    return Person(id=name, name=name, methods=methods, important=(ContactRule(channel="sms"),))


DIRECTORY = directory([_person(f"{team}-{role}") for team in TEAMS for role in ("primary", "lead")])

teams = st.sampled_from(TEAMS)
people = st.sampled_from([Actor("alice", Via.SMS), Actor("bob", Via.WEB)])
arrivals = st.builds(
    lambda team, kind, severity, follows, hold: Arrival(
        name=kind,
        summary=kind,
        kind=kind,
        severity=severity,
        paging=severity is Severity.CRITICAL,
        team=team,
        service="ledger",
        policy=_policy(team),
        why_team="because",
        why_group="because",
        follows=follows,
        hold=hold,
    ),
    teams,
    st.sampled_from(["Down", "Slow", "Full"]),
    st.sampled_from(Severity),
    st.booleans(),
    st.sampled_from([None, 5 * MINUTE]),
)


class History(RuleBasedStateMachine):
    """One incident, from its first alert on."""

    def __init__(self) -> None:
        super().__init__()
        self.now = NINE
        self.incident: Incident
        self.gap = False

    @initialize(arrival=arrivals)
    def opens(self, arrival: Arrival) -> None:
        self._becomes(state.open_incident(1, arrival, now=self.now))

    @rule(arrival=arrivals)
    @precondition(lambda self: self.incident.resolved_at is None)
    def an_alert_joins(self, arrival: Arrival) -> None:
        before = self.incident.of(arrival.team)
        new_kind = arrival.kind not in self.incident.kinds
        louder = arrival.severity.rank > self.incident.severity.rank
        self._becomes(state.absorb(self.incident, arrival, now=self.now))
        after = self.incident.of(arrival.team)
        if arrival.paging and (before is None or louder or (new_kind and not arrival.follows)):
            asked = {InvolvementStatus.TRIGGERED, InvolvementStatus.HELD}
            assert after is not None, "invariant 8"
            assert after.status in asked, "invariant 8"

    @rule(by=people, chosen=st.sets(teams, max_size=2))
    def somebody_acknowledges(self, by: Actor, chosen: set[str]) -> None:
        waiting = {i.team for i in self.incident.involvements if i.status is InvolvementStatus.TRIGGERED}
        change = self._try(
            lambda: state.acknowledge(
                self.incident, by=by, now=self.now, expiry=EXPIRY, reminder=REMINDER, teams=tuple(chosen)
            )
        )
        if change is not None:
            stopped = waiting & chosen if chosen else waiting
            assert stopped <= set(change.stopped), "invariant 5: pages of a team that took it go on"

    @rule(by=people)
    def somebody_confirms(self, by: Actor) -> None:
        self._try(lambda: state.confirm(self.incident, by=by, now=self.now, expiry=EXPIRY, reminder=REMINDER))

    @rule(by=people, minutes=st.integers(-5, 120))
    def somebody_snoozes(self, by: Actor, minutes: int) -> None:
        self._try(lambda: state.snooze(self.incident, by=by, now=self.now, until=self.now + minutes * MINUTE))

    @rule(by=people, team=teams)
    def somebody_escalates(self, by: Actor, team: str) -> None:
        self._try(lambda: state.escalate(self.incident, by=by, now=self.now, team=team))

    @rule(by=people, team=teams)
    def somebody_releases(self, by: Actor, team: str) -> None:
        self._try(lambda: state.release(self.incident, team=team, by=by, now=self.now, why="look"))

    @rule(by=people)
    def somebody_reassigns(self, by: Actor) -> None:
        self._try(lambda: state.reassign(self.incident, person="search-lead", by=by, now=self.now))

    @rule(by=people)
    def somebody_resolves(self, by: Actor) -> None:
        self._try(lambda: state.resolve(self.incident, by=by, now=self.now))

    @rule(by=people)
    def somebody_reopens(self, by: Actor) -> None:
        self._try(lambda: state.reopen(self.incident, by=by, now=self.now, why="it is back"))

    @rule(by=people, arrival=arrivals)
    def somebody_merges_another_one_into_it(self, by: Actor, arrival: Arrival) -> None:
        other = state.open_incident(2, arrival, now=self.now).incident
        asked = {i.team for i in (*self.incident.involvements, *other.involvements) if _asks(i.status)}
        try:
            gone, kept = state.merge(other, self.incident, by=by, now=self.now)
        except OncallError:
            return
        assert gone.incident.status is IncidentStatus.RESOLVED
        self._becomes(kept)
        still = {i.team for i in self.incident.involvements if _asks(i.status) or i.acknowledged_by}
        assert asked <= still, "invariant 2: a merge made an escalation vanish"

    @rule(gap=st.booleans())
    def shifts_change(self, gap: bool) -> None:
        self.gap = gap

    @rule(minutes=st.integers(1, 90))
    def time_passes(self, minutes: int) -> None:
        """Everything that is due by then happens at its instant, as the engine does it."""
        until = self.now + minutes * MINUTE
        for _ in range(200):
            due = min((i.next_due_at for i in self.incident.involvements if i.next_due_at), default=None)
            if due is None or due > until:
                self.now = until
                return
            self.now = max(self.now, due)
            self._what_is_due()
        raise AssertionError("time does not pass: something is due again and again")

    def _what_is_due(self) -> None:
        for team in [i.team for i in self.incident.involvements]:
            involvement = self.incident.of(team)
            assert involvement is not None
            match state.due(involvement, self.now):
                case Due.STEP:
                    self._step(team)
                case Due.REMINDER:
                    self._becomes(state.reminded(self.incident, team, self.now))
                case Due.EXPIRY:
                    self._becomes(state.expired(self.incident, team, self.now))
                    again = self.incident.of(team)
                    assert again is not None, "invariant 10"
                    assert again.status is InvolvementStatus.TRIGGERED, "invariant 10"
                case Due.RELEASE:
                    self._becomes(state.released(self.incident, team, self.now))
                case Due.NOTHING:
                    pass

    def _step(self, team: str) -> None:
        involvement = self.incident.of(team)
        assert involvement is not None
        outcome: StepOutcome = take_step(self.incident, involvement, DIRECTORY, self._who, self.now)
        if outcome.exhausted:
            again = timedelta(minutes=30)
            self._becomes(state.exhausted(outcome.incident, team=team, now=self.now, again=again, why="nobody"))
            return
        assert any(page.person for page in outcome.pages), "a step that asked nobody was waited for"
        assert {page.due_at >= self.now for page in outcome.pages} == {True}
        self._becomes(Change(incident=outcome.incident, entries=outcome.entries))

    def _who(self, target: RotationTarget) -> tuple[str, ...]:
        return () if self.gap else (f"{target.team}-{target.schedule}",)

    def _try(self, verb: object) -> Change | None:
        """A verb that may be refused; refused, it changed nothing."""
        try:
            change = verb()
        except OncallError:
            return None
        self._becomes(change)
        return change

    def _becomes(self, change: Change) -> None:
        for entry in change.entries:
            assert entry.incident == change.incident.id
            assert entry.text.strip(), "a change without a reason"
            bare = "".join(text if mark is None else " " for text, mark in pieces(entry.text, entry.marks))
            assert not IDS.intersection(bare.split()), f"an id or a time that no view can make readable: {entry.text}"
        self.incident = change.incident

    @invariant()
    def invariant_2_whoever_must_be_asked_or_watched_has_a_next_instant(self) -> None:
        for part in self.incident.involvements:
            if part.status in {InvolvementStatus.TRIGGERED, InvolvementStatus.HELD} or part.expires_at is not None:
                assert part.next_due_at is not None
            if part.status in {InvolvementStatus.RESOLVED, InvolvementStatus.NOTICE}:
                assert part.next_due_at is None

    @invariant()
    def invariant_12_over_means_over_for_everybody(self) -> None:
        over = self.incident.resolved_at is not None
        assert over == (self.incident.status is IncidentStatus.RESOLVED)
        assert over == all(i.status is InvolvementStatus.RESOLVED for i in self.incident.involvements)

    @invariant()
    def triggered_means_that_a_team_is_asked_or_only_told(self) -> None:
        statuses = {i.status for i in self.incident.involvements}
        if InvolvementStatus.TRIGGERED in statuses:
            assert self.incident.status is IncidentStatus.TRIGGERED

    @invariant()
    def one_team_leads(self) -> None:
        assert sum(i.lead for i in self.incident.involvements) == 1
        assert len({i.team for i in self.incident.involvements}) == len(self.incident.involvements)


def _asks(status: InvolvementStatus) -> bool:
    return status in {InvolvementStatus.TRIGGERED, InvolvementStatus.HELD}


TestAnyHistory = History.TestCase
TestAnyHistory.settings = settings(max_examples=120, stateful_step_count=30, deadline=None)
