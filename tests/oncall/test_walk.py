"""The path of an alert, told in advance exactly as the engine would take it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from oncall.directory import Defaults, Directory, Team
from oncall.engine import Organisation
from oncall.person import ContactMethod, ContactRule, Person
from oncall.walk import path, reach
from routing.catalog import Catalog, Entry
from routing.escalation import ChannelTarget, PersonTarget, Policy, RotationTarget, Step, TeamTarget

NINE = datetime(2026, 11, 20, 9, tzinfo=UTC)
PRIMARY = RotationTarget(team="pay", schedule="primary")


def minutes(n):
    return timedelta(minutes=n)


def person(id_, *after):
    return Person(
        id=id_,
        name=id_.title(),
        methods=(ContactMethod(channel="sms", address="+1"),),
        important=tuple(ContactRule(channel="sms", after=minutes(n)) for n in after or (0,)),
    )


def company(*steps, repeats=0):
    policy = Policy(name="pay", steps=steps, repeats=repeats)
    quiet = Policy(name="sre", steps=(Step(targets=(PersonTarget(person="cai"),), wait=minutes(5)),))
    return Directory(
        people={p.id: p for p in (person("ana", 0, 2), person("ben"), person("cai"))},
        teams={
            "pay": Team(id="pay", name="Pay", members=("ana", "ben"), slack_channel="#pay", policy=policy),
            "sre": Team(id="sre", name="SRE", policy=quiet),
        },
        catalog=Catalog.of([Entry(name="checkout", owner="pay")]),
        integrations=(),
        defaults=Defaults(fallback_team="sre"),
    )


def explained(directory, who=lambda target, at: ("ana",), **labels):
    labels = {"service": "checkout", "severity": "critical"} | labels
    return path(directory, Organisation(directory).resolver, labels, at=NINE, who=who)


def asked(found):
    return [(ask.after // 60, ask.step, ask.person) for ask in found.walk.asks]


STEPS = (
    Step(targets=(PRIMARY,), wait=minutes(5)),
    Step(targets=(ChannelTarget(channel="#pay"),), wait=minutes(1)),
    Step(targets=(TeamTarget(team="pay"),), wait=minutes(10)),
)


def test_each_step_person_and_minute_is_told_to_the_end():
    found = explained(company(*STEPS))
    assert asked(found) == [(0, 1, "ana"), (2, 1, "ana"), (5, 2, ""), (5, 3, "ana"), (5, 3, "ben"), (7, 3, "ana")]
    assert found.walk.exhausted_at == NINE + minutes(15)
    assert found.walk.remarks[-1].text == "the policy is exhausted: the fallback team sre is told"


def test_the_person_on_call_is_the_one_at_the_minute_of_the_step():
    handoff = NINE + minutes(3)

    def who(target, at):
        return ("ana",) if at < handoff else ("ben",)

    steps = (Step(targets=(PRIMARY,), wait=minutes(5)), Step(targets=(PRIMARY,), wait=minutes(5)))
    assert asked(explained(company(*steps), who)) == [(0, 1, "ana"), (2, 1, "ana"), (5, 2, "ben")]


def test_a_gap_is_said_and_the_next_step_comes_at_once():
    found = explained(company(*STEPS), lambda target, at: ())
    assert found.walk.remarks[0].text == "step 1: nobody is on call for pay/primary, next step now"
    assert asked(found)[0] == (0, 2, "")
    assert asked(found)[1] == (0, 3, "ana")


def test_repeats_are_walked_too():
    found = explained(company(STEPS[0], repeats=2))
    assert [ask.after // 60 for ask in found.walk.asks] == [0, 2, 5, 7, 10, 12]


def test_a_warning_asks_nobody_and_says_where_it_is_shown():
    found = explained(company(*STEPS), severity="warning")
    assert not found.paging
    assert asked(found) == []
    assert found.walk.remarks[0].text == "nobody is asked: it is shown in #pay as context"


def test_an_unknown_alert_walks_the_fallback_team():
    assert asked(explained(company(*STEPS), service="unheard-of")) == [(0, 1, "cai")]


@pytest.mark.parametrize("repeats", [0, 3])
def test_the_reach_covers_the_last_step(repeats):
    directory = company(*STEPS, repeats=repeats)
    last = max(ask.at for ask in explained(directory).walk.asks)
    assert last <= NINE + reach(directory.teams["pay"].policy)
