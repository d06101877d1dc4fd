from __future__ import annotations

import re
from datetime import timedelta

from grouping import Basis, Call
from routing.alert import SourceGroup
from tests.grouping.world import World


def test_an_alert_that_nothing_goes_with_opens_an_incident_and_says_so(world):
    found = world.page("Slow", "cart", cluster="eu1")
    assert (found.incident, found.is_new, found.basis, found.call) == ("i1", True, Basis.ALONE, Call.PAGE)
    assert "Slow of cart in eu1" in found.reason


def test_alerts_of_one_thing_that_begin_together_are_one_incident_from_the_first_day(world):
    first = world.page("Slow", "cart")
    second = world.fire("Errors", "cart", at=40)
    assert second.incident == first.incident
    assert second.call is Call.NONE
    assert "cart" in second.reason


def test_alerts_of_different_things_stay_apart_until_something_ties_them(world):
    assert world.page("Slow", "cart").incident != world.page("Slow", "mail", at=10, team="post").incident


def test_one_owner_and_one_alertmanager_group_are_one_incident_from_the_first_day(world):
    group = SourceGroup(key='{}:{zone="a"}', receiver="oncall", labels={"zone": "a"})
    first = world.page("Slow", "cart", group=group)
    assert world.page("Slow", "mail", at=10, group=group).incident == first.incident


def test_an_alert_that_fires_again_stays_in_its_incident(world):
    first = world.page("Slow", "cart")
    world.grouper.resolved("e1", world.at(300))
    again = world.page("Slow", "cart", at=600)
    assert (again.incident, again.basis, again.call) == (first.incident, Basis.REPEAT, Call.NOTICE)


def test_a_closed_incident_takes_nothing_more_in(world):
    first = world.page("Slow", "cart")
    world.grouper.closed(first.incident)
    assert world.page("Slow", "cart", at=60).incident != first.incident


def test_a_restart_loses_no_open_incident(world):
    first = world.page("Slow", "cart")
    again = world.restart(rows=world.grouper.drain_changes())
    assert again.fire("Errors", "cart", at=30).incident == first.incident


def test_only_what_changed_is_written_again(world):
    world.page("Slow", "cart")
    assert world.grouper.drain_changes()
    assert world.grouper.drain_changes() == ()


def test_a_forgotten_incident_leaves_no_row(world):
    world.page("Slow", "cart")
    world.grouper.review(world.at(timedelta(days=4).total_seconds()))
    assert [r.value for r in world.grouper.drain_changes() if r.table == "member"] == [None]


def outage(world, at: float) -> list:
    """A database and what hangs on it, with an unrelated alert an hour later."""
    found = [
        world.page("DatabaseDown", "orders-db", at=at, team="data"),
        world.fire("Errors", "orders", at=at + 35),
        world.page("BudgetBurn", "checkout", at=at + 80, team="shop"),
    ]
    world.fire("DiskFull", "backup", at=at + 3600 * 5, team="infra")
    for n in range(world.fired - 3, world.fired + 1):
        world.grouper.resolved(f"e{n}", world.at(at + 1800))
    return found


def test_what_fired_together_often_is_one_incident_and_says_how_often(world):
    for day in range(12):
        found = outage(world, at=day * 86400 * 1.3)
    assert len({f.incident for f in found}) == 1
    assert found[2].basis is Basis.STATISTICS
    assert re.search(
        r"together \d+ of \d+ times lately, by chance 0\.\d; 9\d % sure by this and 1 more alert; shop is told",
        found[2].reason,
    )
    assert found[2].evidence


def test_another_teams_page_on_strong_evidence_is_held(world):
    for day in range(12):
        found = outage(world, at=day * 86400 * 1.3)
    assert found[2].call is Call.HOLD
    assert found[2].hold_for == timedelta(minutes=5)
    assert "data acknowledges" in found[2].reason


def test_an_incident_that_was_not_joined_is_named_with_the_reason(world):
    for day in range(12):
        outage(world, at=day * 86400 * 1.3)
    first = world.page("DatabaseDown", "orders-db", at=86400 * 20, team="data")
    other = world.page("DiskFull", "backup", at=86400 * 20 + 200, team="infra")
    assert other.incident != first.incident
    assert other.call is Call.PAGE
    assert "0.75" in other.reason or not other.near


def test_a_restart_in_the_middle_changes_no_decision():
    straight, broken = World(), World()
    kept: dict = {}
    for day in range(12):
        expected = outage(straight, at=day * 86400 * 1.3)
        kept |= {(r.table, r.key): r for r in broken.grouper.drain_changes()}
        broken = broken.restart(rows=kept.values())
        assert [decision(g) for g in outage(broken, at=day * 86400 * 1.3)] == [decision(g) for g in expected]


def decision(grouping) -> tuple:
    return grouping.incident, grouping.call, grouping.reason
