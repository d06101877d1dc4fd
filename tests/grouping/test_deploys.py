"""Deploys are counted like alerts that call nobody: they explain, tie together what follows them, and hide nothing."""

from __future__ import annotations

import pytest

from grouping import Basis, Call, Deployed
from tests.grouping.world import World

DAY = 86400
LATER = 20 * DAY


def deploy(world, at: float, service: str = "cart", *, told: float | None = None) -> None:
    world.grouper.deployed(Deployed(service=service, at=world.at(at)), world.at(at if told is None else told))


def bad_deploys(world, times: int = 12) -> None:
    """A deploy of cart breaks cart, and mail of another team that no catalog ties to it; each day at another hour."""
    for n in range(times):
        at = n * DAY * 1.3
        deploy(world, at)
        world.fire("CrashLoop", "cart", at=at + 60)
        world.fire("QueueStuck", "mail", at=at + 200, team="post")
        for episode in (world.fired - 1, world.fired):
            world.grouper.resolved(f"e{episode}", world.at(at + 1800))


def test_an_alert_that_follows_deploys_says_so_with_the_counts(world):
    bad_deploys(world)
    deploy(world, LATER)
    found = world.fire("CrashLoop", "cart", at=LATER + 60)
    assert "60 s after a deploy of cart: together 9 of 10 times lately" in found.reason
    assert "by chance 0.2" in found.reason


def test_a_deploy_is_no_incident_and_calls_nobody(world):
    bad_deploys(world)
    deploy(world, LATER)
    found = world.page("Unrelated", "backup", at=LATER + 60, team="infra")
    assert (found.basis, found.call) == (Basis.ALONE, Call.PAGE)
    assert "deploy" not in found.reason


def test_a_deploy_that_nothing_ever_followed_explains_nothing(world):
    for n in range(10):
        deploy(world, n * DAY)
        world.fire("CrashLoop", "cart", at=n * DAY + 4000 * (n % 3 + 1))
    deploy(world, LATER)
    assert "deploy" not in world.fire("CrashLoop", "cart", at=LATER + 60).reason


def test_what_followed_one_deploy_often_is_one_incident_even_where_the_first_alert_is_missing(world):
    bad_deploys(world)
    deploy(world, LATER)
    first = world.fire("CrashLoop", "cart", at=LATER + 60)
    other = world.fire("QueueStuck", "mail", at=LATER + 200, team="post")
    assert other.incident == first.incident


@pytest.mark.parametrize("later", [10, 60, 200, 290])
def test_no_page_hides_behind_a_deploy(later):
    """The page fork looks at page-worthy alerts alone, and a deploy is none: the same people are called without it."""
    calls = []
    for deployed in (True, False):
        world = World()
        bad_deploys(world)
        if deployed:
            deploy(world, LATER)
        one = world.page("CrashLoop", "cart", at=LATER + 60)
        other = world.page("NeverSeen", "search", at=LATER + 60 + later, team="web")
        calls.append((one.call, other.call))
    assert calls[0] == calls[1]


def test_a_deploy_told_of_hours_late_is_counted_and_explains_nothing_of_now(world):
    bad_deploys(world)
    deploy(world, LATER, told=LATER + 4 * 3600)
    counts = [k.count for k in world.grouper.stats.kinds.values() if k.name == ("a deploy", "cart", "")]
    assert counts[0] / world.grouper.stats.weight > 8
    assert "deploy" not in world.fire("CrashLoop", "cart", at=LATER + 4 * 3600 + 60).reason


def test_what_is_counted_of_deploys_survives_a_restart(world):
    bad_deploys(world)
    again = world.restart(rows=world.grouper.drain_changes())
    deploy(again, LATER)
    assert "after a deploy of cart" in again.fire("CrashLoop", "cart", at=LATER + 60).reason


def test_an_incident_with_a_deploy_in_it_goes_on_after_a_restart_and_is_closed_whole(world):
    bad_deploys(world)
    world.grouper.drain_changes()
    deploy(world, LATER)
    first = world.fire("CrashLoop", "cart", at=LATER + 60)
    world.grouper.closed(first.incident)
    later = world.fire("QueueStuck", "mail", at=LATER + 200, team="post")
    assert later.incident != first.incident


def test_moves_and_forks_take_alerts_along_and_no_deploys(world):
    bad_deploys(world)
    deploy(world, LATER)
    found = [world.fire("CrashLoop", "cart", at=LATER + 60)]
    found += [world.page("BudgetBurn", f"s{n}", at=LATER + 70 + n, team=f"t{n}") for n in range(6)]
    moves = [move for grouping in found for move in grouping.moves]
    moves += world.grouper.review(world.at(LATER + 900))
    assert all(move.episode.startswith("e") for move in moves)


@pytest.mark.parametrize("ahead", [0, 120])
def test_a_pipelines_clock_may_run_ahead(world, ahead):
    bad_deploys(world)
    deploy(world, LATER + ahead, told=LATER)
    assert "after a deploy of cart" in world.fire("CrashLoop", "cart", at=LATER + 60).reason
