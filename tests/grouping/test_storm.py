from __future__ import annotations

import pytest

from grouping import Basis, Call
from grouping.storm import (
    EXPLAINED,
    MANY_AT_ONCE,
    MANY_THINGS,
    QUIET_SECONDS,
    SCATTERED,
    THINGS,
    THINGS_AT_ONCE,
    Storms,
)


def region_down(world, *, teams: int) -> list:
    return [
        world.page("Down", f"service{n}", at=n * 0.5, team=f"team{n % teams}", cluster="eu1", namespace=f"ns{n}")
        for n in range(120)
    ]


def test_a_region_that_goes_down_is_a_few_incidents_and_a_few_pages(world):
    found = region_down(world, teams=6)
    late = found[40:]
    assert len({f.incident for f in late}) <= 2
    assert not [f for f in late if f.call is Call.PAGE]


def test_a_storm_says_what_broke_and_teaches_nothing(world):
    found = region_down(world, teams=6)
    assert found[-1].storm_scope == "eu1"
    world.grouper.drain_changes()
    world.page("Down", "service999", at=61, team="team1", cluster="eu1")
    assert not {r.table for r in world.grouper.drain_changes()} & {"pair", "tie", "habit"}


def test_another_cluster_is_no_part_of_the_storm(world):
    region_down(world, teams=6)
    apart = world.page("Down", "elsewhere", at=61, team="team1", cluster="us1")
    assert apart.basis is not Basis.STORM
    assert apart.call is Call.PAGE


def test_a_storm_goes_on_after_a_restart(world):
    """Which things broke is not kept; the open incidents are, and the next minutes show the rest."""
    region_down(world, teams=6)
    again = world.restart(rows=world.grouper.drain_changes())
    later = [
        again.page("Down", f"late{n}", at=70 + n, team="team1", cluster="eu1", namespace=f"late{n}") for n in range(60)
    ]
    assert sum(found.call is Call.PAGE for found in later) < 60


@pytest.fixture
def storms() -> Storms:
    return Storms()


def strike(storms: Storms, things: int, *, every: float, at: float = 0.0, scope: str = "eu1") -> int:
    """So many things alert in turn; how many the last of them found alerting, 0 where those are too few."""
    for n in range(things):
        _, found = storms.storm(scope, n, at + n * every)
    return found


@pytest.mark.parametrize(
    ("things", "every", "enough"),
    [
        (THINGS - 1, 10.0, False),
        (THINGS, 10.0, True),
        (THINGS_AT_ONCE, 4.0, True),
        (THINGS_AT_ONCE - 1, 0.0, False),
        (THINGS_AT_ONCE, 5.0, False),
        (THINGS * 10, 60.0, False),
    ],
)
def test_many_things_within_minutes_or_fewer_within_one_may_be_a_storm(storms, things, every, enough):
    assert bool(strike(storms, things, every=every)) is enough


def test_one_thing_that_flaps_is_no_storm(storms):
    for n in range(500):
        assert storms.storm("eu1", 1, n * 0.5) == (None, 0)


def test_scopes_are_counted_apart(storms):
    strike(storms, THINGS - 1, every=1.0)
    assert strike(storms, THINGS_AT_ONCE - 1, every=1.0, scope="us1") == 0


@pytest.mark.parametrize(
    ("incidents", "things", "is_storm"),
    [
        (["a"] * 30, THINGS, False),
        (["a"] * 30, MANY_THINGS, True),
        ([f"i{n % SCATTERED}" for n in range(30)], THINGS, True),
        ([f"i{n % (SCATTERED - 1)}" for n in range(30)], THINGS, False),
        (["a"] * int(EXPLAINED * 100 + 1) + [f"i{n}" for n in range(38)], THINGS, False),
        ([], MANY_THINGS, False),
    ],
)
def test_what_one_incident_explains_is_no_storm_unless_it_is_very_much(storms, incidents, things, is_storm):
    assert (storms.begin("eu1", things, incidents, at=0.0) is not None) is is_storm


def test_a_storms_incident_is_the_one_that_holds_most(storms):
    incidents = ["small"] * 5 + ["large"] * 9 + [f"i{n}" for n in range(10)]
    assert storms.begin("eu1", THINGS, incidents, at=0.0).incident == "large"


def test_a_storm_ends_when_it_was_quiet(storms):
    strike(storms, THINGS, every=1.0)
    begun = storms.begin("eu1", THINGS, [f"i{n}" for n in range(30)], at=THINGS)
    assert strike(storms, THINGS, every=1.0, at=60.0)
    assert storms.storm("eu1", 1, 100.0)[0] is begun
    quiet = 100.0 + QUIET_SECONDS + 60.0
    assert storms.storm("eu1", 1, quiet) == (None, 0)


def test_quiet_scopes_are_forgotten(storms):
    strike(storms, THINGS, every=1.0)
    storms.forget(10_000.0)
    assert storms.storm("eu1", 99, 10_000.0) == (None, 0)


def test_without_a_label_that_says_where_much_at_once_is_not_one_trouble(storms):
    """Systems side by side that no label tells apart: only what lies scattered over incidents is a storm there."""
    one_trouble = ["a"] * 50
    assert storms.begin("", MANY_THINGS, one_trouble, at=0.0) is None
    assert storms.begin("eu1", MANY_THINGS, one_trouble, at=0.0) is not None
    assert storms.begin("", MANY_THINGS, [f"i{n}" for n in range(30)], at=0.0) is not None


def test_very_many_things_within_a_minute_are_a_storm_before_five_minutes_are_over(storms):
    assert strike(storms, MANY_AT_ONCE, every=1.0) >= MANY_THINGS
    assert strike(storms, MANY_AT_ONCE, every=10.0, scope="us1") < MANY_THINGS
