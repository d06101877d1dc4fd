from __future__ import annotations

from grouping import pruning

DAY = 86400


def test_what_faded_is_forgotten_with_its_rows(world):
    for n in range(10):
        world.fire("Errors", f"old{n}", at=n)
    world.grouper.drain_changes()
    world.grouper.review(world.at(0))
    world.sweep(200 * DAY)
    gone = {row.table for row in world.grouper.drain_changes() if row.value is None}
    assert {"kind", "pair", "tie", "component"} <= gone
    assert len(world.grouper.stats.kinds) <= 2


def test_what_still_happens_is_kept(world):
    for day in range(40):
        world.page("BudgetBurn", "cart", at=day * DAY)
        world.fire("Errors", "cart", at=day * DAY + 30)
        world.grouper.review(world.at(day * DAY + 60))
    assert len(world.grouper.stats.kinds) == 2
    assert len(world.grouper.stats.pairs) == 1


def test_kinds_are_bounded_and_the_rarest_go_first(world, monkeypatch):
    monkeypatch.setattr(pruning, "MAX_KINDS", 5)
    for day in range(6):
        for n in range(3):
            world.fire("Errors", f"often{n}", at=day * 2 * DAY + n * 900)
    for n in range(20):
        world.fire("Errors", f"once{n}", at=12 * DAY + n * 900)
    world.grouper.review(world.at(0))
    world.sweep(16 * DAY)
    things = {k.name[1] for k in world.grouper.stats.kinds.values()}
    assert len(things) == 5
    assert {"often0", "often1", "often2"} <= things
