"""The first day, and what changes later: renamed services, moved teams, new rules. Recovery takes days, not weeks."""

from __future__ import annotations

import pytest

from grouping import Basis
from grouping.relations import Calls
from routing.alert import SourceGroup

DAY = 86400
#: When something changed, after twelve outages in a fortnight.
CHANGED = 16 * DAY


def outage(world, at: float, *, db: str = "orders-db", app: str = "orders", rule: str = "Errors", team: str = "shop"):
    """A database goes down and what hangs on it follows, two teams and no word in common."""
    found = [
        world.fire("DatabaseDown", db, at=at, team="data"),
        world.fire(rule, app, at=at + 35, team=team),
        world.fire("Slow", "mailer", at=at + 80, team="post"),
    ]
    for n in range(world.fired - 2, world.fired + 1):
        world.grouper.resolved(f"e{n}", world.at(at + 1800))
    return found


def as_one(found) -> bool:
    return len({f.incident for f in found}) == 1


def settled(world) -> None:
    for n in range(12):
        found = outage(world, n * 1.3 * DAY)
    assert as_one(found), "a fortnight is enough to know these three"


def days_to_recover(world, **changed) -> float:
    """Days after the change until an outage every day and a bit is one incident again, for good."""
    outcomes = [as_one(outage(world, CHANGED + n * 1.2 * DAY, **changed)) for n in range(12)]
    assert outcomes[-1]
    last_wrong = max((n for n, good in enumerate(outcomes) if not good), default=-1)
    return (last_wrong + 1) * 1.2


def test_a_renamed_service_is_known_again_within_days(world):
    settled(world)
    assert days_to_recover(world, app="baskets") <= 7


def test_a_renamed_database_is_known_again_within_days(world):
    settled(world)
    assert days_to_recover(world, db="orders-pg") <= 7


def test_a_service_that_moves_to_another_team_stays_known(world):
    settled(world)
    assert days_to_recover(world, team="web") == 0


def test_a_rule_with_a_new_name_is_known_by_its_thing(world):
    settled(world)
    assert days_to_recover(world, rule="ErrorRatioHigh") <= 3


def test_a_dependency_that_is_gone_fades(world):
    """What stopped happening together is no tie for ever."""
    settled(world)
    for n in range(40):
        world.fire("DatabaseDown", "orders-db", at=CHANGED + n * DAY, team="data")
        world.fire("Errors", "orders", at=CHANGED + n * DAY + 9 * 3600 + n * 600, team="shop")
        for episode in (world.fired - 1, world.fired):
            world.grouper.resolved(f"e{episode}", world.at(CHANGED + n * DAY + 10 * 3600))
    at = CHANGED + 41 * DAY
    found = [world.fire("DatabaseDown", "orders-db", at=at, team="data"), world.fire("Errors", "orders", at=at + 290)]
    assert found[1].probability < 0.9 or not as_one(found)


def test_on_the_first_day_one_name_is_enough(world):
    first = world.fire("Errors", "shop")
    second = world.fire("Slow", "shop", at=20, team="other")
    assert second.incident == first.incident
    assert "never seen together before" in second.reason


@pytest.mark.parametrize(("one", "other"), [("shop", "cart"), ("cart", "shop")])
def test_on_the_first_day_a_neighbour_in_the_catalog_is_possibly_related(world, one, other):
    world.grouper.configure(world.grouper.settings, Calls([("shop", "cart")]))
    first = world.fire("Errors", one)
    second = world.fire("Slow", other, at=20, team="other")
    (near,) = second.near
    assert (near.incident, near.possibly_related) == (first.incident, True)


def test_on_the_first_day_strangers_stay_apart(world):
    first = world.fire("Errors", "shop")
    assert world.fire("Slow", "backup", at=20, team="infra").incident != first.incident


def test_an_assignment_by_labels_says_that_the_statistics_have_nothing_to_say_yet(world):
    group = SourceGroup(key='{}:{zone="a"}', receiver="oncall", labels={"zone": "a"})
    world.fire("Errors", "shop", group=group)
    found = world.fire("Slow", "backup", at=20, group=group)
    assert found.basis is Basis.LABELS
    assert "the counts have nothing to say yet" in found.reason
