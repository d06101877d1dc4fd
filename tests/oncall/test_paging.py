from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifiers.message import MessageKind
from oncall.directory import Directory, Team
from oncall.incident import Arrival, EntryKind, Incident, open_incident
from oncall.incident.reading import readable
from oncall.paging import StepOutcome, ask_members, notice_method, plan, take_step
from oncall.person import ContactMethod, ContactRule, Person, QuietHours
from routing.alert import Severity
from routing.escalation import ChannelTarget, PersonTarget, Policy, RotationTarget, Step, Target, TeamTarget
from tests.oncall.incident.organisation import directory

NINE = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
PRIMARY = RotationTarget(team="payments", schedule="primary")


def _person(name: str, *channels: str, **more: object) -> Person:
    methods = tuple(ContactMethod(channel=channel, address=f"{channel}:{name}") for channel in channels)
    return Person(id=name, name=name.title(), methods=methods, **more)


def _company() -> Directory:
    people = [_person(name, "sms", "voice") for name in ("alice", "bob", "carol")]
    empty = Policy(name="p", steps=())
    payments = Team(id="payments", name="Payments", members=("alice", "bob", "carol"), policy=empty)
    nobody = Team(id="nobody", name="Nobody", policy=empty)
    return directory([*people, _person("deaf")], [payments, nobody])


def _take(
    *steps: Step, on_call: Sequence[str] = (), turn: int = 0, severity: Severity = Severity.CRITICAL
) -> StepOutcome:
    incident = _incident(*steps, turn=turn, severity=severity)
    return take_step(incident, incident.lead, _company(), lambda _: on_call, NINE)


def _incident(*steps: Step, turn: int = 0, severity: Severity = Severity.CRITICAL, team: str = "payments") -> Incident:
    arrival = Arrival(
        name="Down",
        summary="Down",
        kind="Down",
        severity=severity,
        paging=True,
        team=team,
        service="",
        policy=Policy(name="p", steps=steps),
        why_team="",
        why_group="",
        turn=turn,
    )
    return open_incident(1, arrival, now=NINE).incident


def _step(*targets: Target, **more: object) -> Step:
    return Step(targets=targets, wait=5 * MINUTE, **more)


def _asked(outcome: StepOutcome) -> list[str]:
    return list(dict.fromkeys(page.person for page in outcome.pages if page.person))


def _said(outcome: StepOutcome) -> list[str]:
    return [entry.text for entry in outcome.entries]


def test_a_step_asks_whoever_is_on_call_by_every_method_and_waits() -> None:
    outcome = _take(_step(PRIMARY), on_call=["alice"])
    assert [(p.person, p.channel, p.kind) for p in outcome.pages] == [
        ("alice", "sms", MessageKind.PAGE),
        ("alice", "voice", MessageKind.PAGE),
    ]
    assert outcome.incident.lead.next_due_at == NINE + 5 * MINUTE
    assert _said(outcome) == ["step 1: asks alice (on call for payments/primary) by sms, voice"]


def test_invariant_2_a_step_that_reaches_nobody_is_said_and_the_next_one_taken_now() -> None:
    outcome = _take(_step(PRIMARY), _step(PersonTarget(person="bob")))
    assert _asked(outcome) == ["bob"]
    assert _said(outcome)[0] == "step 1: nobody is on call for payments/primary, next step now"
    assert outcome.incident.lead.position.step == 2


@pytest.mark.parametrize(
    ("target", "why"),
    [
        (PersonTarget(person="ghost"), "'ghost' (named in the policy) is not in the people files"),
        (PersonTarget(person="deaf"), "Deaf (named in the policy) has no contact method"),
        (TeamTarget(team="nobody"), "team nobody has no members"),
        (TeamTarget(team="unknown"), "team unknown has no members"),
    ],
)
def test_invariant_2_whoever_cannot_be_asked_does_not_hold_up_the_next(target: Target, why: str) -> None:
    outcome = _take(_step(target), _step(PersonTarget(person="bob")))
    assert _asked(outcome) == ["bob"]
    assert why in _said(outcome)[0]


def test_invariant_2_a_policy_that_reaches_nobody_is_exhausted() -> None:
    outcome = _take(_step(PRIMARY), _step(PersonTarget(person="ghost")))
    assert outcome.exhausted
    assert outcome.pages == ()


def test_a_post_to_a_channel_goes_out_and_counts_as_nobody() -> None:
    outcome = _take(_step(ChannelTarget(channel="#payments")), _step(PersonTarget(person="bob")))
    assert [(p.channel, p.address, p.kind) for p in outcome.pages if not p.person] == [
        ("slack", "#payments", MessageKind.NOTICE)
    ]
    assert _asked(outcome) == ["bob"]


def test_a_post_of_the_last_step_goes_out_although_the_policy_is_exhausted() -> None:
    outcome = _take(_step(ChannelTarget(channel="#payments")))
    assert outcome.exhausted
    assert [p.address for p in outcome.pages] == ["#payments"]


def test_a_person_named_twice_in_a_step_is_asked_once() -> None:
    outcome = _take(_step(PersonTarget(person="alice"), TeamTarget(team="payments")))
    assert [p.person for p in outcome.pages] == ["alice", "alice", "bob", "bob", "carol", "carol"]


@given(st.integers(0, 300))
def test_a_round_robin_asks_one_at_a_time_and_everybody_in_turn(first: int) -> None:
    step = _step(TeamTarget(team="payments"), round_robin=True)
    turns = [_asked(_take(step, turn=first + n)) for n in range(3)]
    assert sorted(name for (name,) in turns) == ["alice", "bob", "carol"]


@pytest.mark.parametrize(
    ("severity", "given_as", "important"),
    [
        (Severity.CRITICAL, None, True),
        (Severity.WARNING, None, False),
        (Severity.WARNING, True, True),
        (Severity.CRITICAL, False, False),
    ],
)
def test_a_page_is_important_when_it_is_critical_unless_the_step_says_otherwise(
    severity: Severity, given_as: bool | None, important: bool
) -> None:
    outcome = _take(_step(PersonTarget(person="bob"), important=given_as), severity=severity)
    assert {page.important for page in outcome.pages} == {important}


def test_contact_rules_say_which_method_when() -> None:
    rules = (ContactRule(channel="sms"), ContactRule(channel="voice", after=3 * MINUTE), ContactRule(channel="email"))
    alice = _person("alice", "sms", "voice", important=rules)
    assert plan(alice, important=True, now=NINE) == [
        ("sms", "sms:alice", NINE),
        ("voice", "voice:alice", NINE + 3 * MINUTE),
    ]


def test_somebody_without_rules_is_reached_by_every_method_at_once() -> None:
    assert [channel for channel, _, _ in plan(_person("alice", "sms", "voice"), important=True, now=NINE)] == [
        "sms",
        "voice",
    ]


QUIET = QuietHours(since=22 * 60, until=7 * 60)


@pytest.mark.parametrize(
    ("now", "important", "due"),
    [
        (NINE.replace(hour=2), False, NINE.replace(hour=6)),
        (NINE.replace(hour=22), False, NINE.replace(day=3, hour=6)),
        (NINE.replace(hour=2), True, NINE.replace(hour=2)),
        (NINE, False, NINE),
    ],
)
def test_quiet_hours_hold_ordinary_pages_back_by_the_persons_own_clock(
    now: datetime, important: bool, due: datetime
) -> None:
    berlin = _person("alice", "sms", timezone="Europe/Berlin", quiet_hours=QUIET)
    ((_, _, at),) = plan(berlin, important=important, now=now)
    assert at == due


@given(st.datetimes(datetime(2026, 1, 1), datetime(2027, 12, 31), timezones=st.just(UTC)))
def test_an_ordinary_page_waits_less_than_a_day_and_never_comes_in_quiet_hours(now: datetime) -> None:
    alice = _person("alice", "sms", timezone="Europe/Berlin", quiet_hours=QUIET)
    ((_, _, at),) = plan(alice, important=False, now=now)
    assert now <= at < now + timedelta(hours=11)
    assert 7 <= at.astimezone(ZoneInfo("Europe/Berlin")).hour < 22


@pytest.mark.parametrize(
    ("channels", "available", "chosen"),
    [
        (("voice", "sms"), {"voice", "sms"}, "sms"),
        (("voice",), {"voice"}, None),
        (("sms", "email"), {"email"}, "email"),
        (("phone_call", "phone"), {"phone", "phone_call"}, "phone"),
    ],
)
def test_people_are_told_by_the_quietest_method_there_is_and_never_by_a_call(
    channels: tuple[str, ...], available: set[str], chosen: str | None
) -> None:
    method = notice_method(_person("alice", *channels), available)
    assert (method[0] if method else None) == chosen


def test_what_a_step_says_names_its_team_and_incident() -> None:
    outcome = _take(_step(PersonTarget(person="bob")))
    assert {(e.incident, e.team, e.kind) for e in outcome.entries} == {(1, "payments", EntryKind.STEP)}


def test_members_asked_past_the_policy_are_asked_by_every_method_as_by_one_more_step() -> None:
    incident = _incident(_step(PRIMARY))
    pages, entries = ask_members(incident, incident.lead, _company(), NINE)
    asked = [(page.person, page.channel) for page in pages]
    assert asked == [(name, channel) for name in ("alice", "bob", "carol") for channel in ("sms", "voice")]
    assert {(page.step, page.kind, page.important) for page in pages} == {(2, MessageKind.PAGE, True)}
    assert entries[0].text == "step 2: asks alice (member of payments) by sms, voice"


def test_what_a_step_says_is_read_with_names() -> None:
    outcome = _take(Step(targets=(PRIMARY,), wait=MINUTE), on_call=["Alice"])
    (entry,) = outcome.entries
    assert entry.text == "step 1: asks Alice (on call for payments/primary) by sms, voice"
    assert readable(entry, _company(), "UTC") == "step 1: asks Alice (on call for Payments/primary) by sms, voice"
    assert [(mark.kind, mark.value) for mark in entry.marks] == [("person", "alice"), ("team", "payments")]


@pytest.mark.parametrize(
    ("target", "on_call", "said"),
    [
        (PRIMARY, (), "step 1: nobody is on call for Payments/primary, next step now"),
        (PRIMARY, ("deaf",), "step 1: Deaf (on call for Payments/primary) has no contact method, next step now"),
        (TeamTarget(team="nobody"), (), "step 1: team Nobody has no members, next step now"),
        (PRIMARY, ("Stranger",), "step 1: 'Stranger' (on call for Payments/primary) is not in the people files"),
    ],
)
def test_a_step_that_reached_nobody_is_read_with_names(target: Target, on_call: Sequence[str], said: str) -> None:
    outcome = _take(Step(targets=(target,), wait=MINUTE), on_call=on_call)
    assert readable(outcome.entries[0], _company(), "UTC").startswith(said)


def test_a_team_without_members_says_that_nobody_could_be_asked() -> None:
    incident = _incident(team="nobody")
    pages, entries = ask_members(incident, incident.lead, _company(), NINE)
    assert pages == []
    assert [(entry.kind, entry.text) for entry in entries] == [
        (EntryKind.NOBODY, "step 1: team nobody has no members, next step now")
    ]
