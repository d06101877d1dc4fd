from __future__ import annotations

from grouping import Basis, Call


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
