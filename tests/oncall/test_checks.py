"""Readiness is decided from facts, with a sentence for each outcome."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from oncall.checks import CHECKS, CustomCheck, Facts, Level, OwnCheck, campaigns, readiness, scorecards
from routing.catalog import Entry, Tool, ToolKind

NOW = datetime(2026, 11, 20, 9, tzinfo=UTC)


def day(n):
    return timedelta(days=n)


def entry(name="checkout", **changes):
    tools = tuple(Tool(kind=kind, name=kind, url="https://x") for kind in (ToolKind.RUNBOOK, ToolKind.DASHBOARD))
    return Entry(**{"name": name, "owner": "payments", "tier": 1, "tools": tools} | changes)


def facts(**changes):
    good = {
        "entry": entry(),
        "now": NOW,
        "team": "payments",
        "members": 3,
        "reachable": 2,
        "last_paged": NOW - day(10),
        "last_drill": NOW - day(30),
        "reports": {"runbook answers": (True, "answered 200")},
    }
    return Facts(**good | changes)


def test_a_service_with_everything_stands_at_the_highest_level():
    found = readiness(facts())
    assert found.level == Level.PRACTISED
    assert all(outcome.passed and outcome.detail for outcome in found.outcomes)
    assert [outcome.check for outcome in found.outcomes] == [check.name for check in CHECKS]


@pytest.mark.parametrize(
    ("changes", "check", "passed", "detail", "level"),
    [
        ({"team": "", "entry": entry(owner="gone")}, "owner", False, "'gone' is no team", 0),
        ({"team": "", "entry": entry(owner="")}, "owner", False, "it names no owner", 0),
        ({"members": 0}, "owner", False, "payments has 0 people", 0),
        ({"reachable": 1}, "reachable", False, "1 person can be reached through the team's policy", 0),
        ({"gaps": (("p/1", NOW + day(1)), ("p/1", NOW + day(3)))}, "rotation", False,
         "nobody is on call for p/1 from Sat 21 Nov 09:00 UTC, and 1 more", 0),
        ({"entry": entry(tools=())}, "runbook", False, "it has no runbook", 1),
        ({"reports": {}}, "runbook", None, "the runbook's address was not tried yet", 1),
        ({"reports": {"runbook answers": (False, "answered 404")}}, "runbook", False, "answered 404", 1),
        ({"entry": entry(tools=())}, "dashboard", False, "it has no dashboard", 1),
        ({"last_paged": None}, "alert", False, "no alert of it has paged anybody in the last half year", 1),
        ({"last_drill": None}, "drill", False, "no drill in the last quarter", 2),
        ({"last_drill": NOW - day(93)}, "drill", False, "no drill in the last quarter", 2),
        ({"weaker": ("ledger",)}, "tiers", False, "tier 1, but it depends on ledger of a lower one", 2),
    ],
)  # fmt: skip
def test_what_is_missing_is_said_and_holds_the_level_down(changes, check, passed, detail, level):
    found = readiness(facts(**changes))
    outcome = next(outcome for outcome in found.outcomes if outcome.check == check)
    assert (outcome.passed, outcome.detail) == (passed, detail)
    assert found.level == level


def own(name="own", expect=None, applies=None):
    return OwnCheck(CustomCheck(name=name, title=f"{name} holds", expect="written" if expect else ""), expect, applies)


def test_a_custom_check_is_an_expression_or_a_report():
    found = readiness(facts(), [own("yes", lambda _: True), own("no", lambda _: False), own("reported")])
    assert [(o.check, o.passed, o.detail) for o in found.outcomes[-3:]] == [
        ("yes", True, "written"),
        ("no", False, "not so: written"),
        ("reported", None, "nothing was reported yet"),
    ]
    assert found.level == Level.COVERED
    reports = {"runbook answers": (True, ""), "reported": (True, "restored on Monday")}
    assert readiness(facts(reports=reports), [own("reported")]).outcomes[-1].detail == "restored on Monday"


def test_a_check_is_held_only_where_it_applies():
    assert len(readiness(facts(), [own(applies=lambda _: False)]).outcomes) == len(CHECKS)


def several():
    return [
        readiness(facts(entry=entry("a"))),
        readiness(facts(entry=entry("b", tools=()))),
        readiness(facts(entry=entry("c", tools=()), team="data", last_drill=None)),
    ]


def test_a_scorecard_counts_a_teams_services_by_level():
    assert [(card.team, card.services, card.levels) for card in scorecards(several())] == [
        ("data", 1, (0, 1, 0, 0)),
        ("payments", 2, (0, 1, 0, 1)),
    ]


def test_a_campaign_says_how_many_fail_by_team_and_until_when():
    first, *others = campaigns(several(), {"runbook": date(2027, 3, 1)})
    assert first.sentence == "2 of 3 services fail “has a runbook that answers”, due 1 March"
    assert first.by_team == {"data": ("c",), "payments": ("b",)}
    assert [campaign.check for campaign in others] == ["dashboard", "drill"]
