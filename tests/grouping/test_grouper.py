from __future__ import annotations

from datetime import timedelta

from grouping import Basis, Call
from routing.alert import SourceGroup


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
    world.grouper.review(world.at(timedelta(days=2).total_seconds()))
    assert [r.value for r in world.grouper.drain_changes() if r.table == "member"] == [None]
