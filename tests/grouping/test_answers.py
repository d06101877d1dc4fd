from __future__ import annotations

from grouping import Answer, Call, Saying
from tests.grouping.test_grouper import outage

LATER = 86400 * 20


def taught(world):
    for day in range(12):
        outage(world, at=day * 86400 * 1.3)
    return world


def test_two_incidents_said_to_be_unrelated_are_not_tied_by_their_kinds_again(world):
    taught(world)
    first = world.fire("Errors", "orders", at=LATER)
    other = world.fire("DiskFull", "backup", at=LATER + 5, team="infra")
    world.grouper.said(Answer(saying=Saying.UNRELATED, incident=first.incident, other=other.incident))
    world.grouper.closed(first.incident)
    world.grouper.closed(other.incident)
    again = world.fire("Errors", "orders", at=LATER + 86400)
    assert world.fire("DiskFull", "backup", at=LATER + 86405, team="infra").incident != again.incident


def test_a_merge_is_remembered_for_warnings_of_the_same_kinds(world):
    taught(world)
    first = world.fire("Errors", "orders", at=LATER)
    other = world.fire("DiskFull", "backup", at=LATER + 5, team="infra")
    assert first.incident != other.incident
    world.grouper.said(Answer(saying=Saying.MERGED, incident=other.incident, other=first.incident))
    world.grouper.closed(first.incident)
    again = world.fire("Errors", "orders", at=LATER + 86400)
    joined = world.fire("DiskFull", "backup", at=LATER + 86405, team="infra")
    assert joined.incident == again.incident


def test_an_answer_about_two_incidents_is_about_their_leading_kinds_alone(world):
    """That a warning lay with one of them is no word about it."""
    taught(world)
    first = world.fire("Errors", "orders", at=LATER)
    warning = world.fire("Latency", "orders", at=LATER + 20)
    other = world.fire("DiskFull", "backup", at=LATER + 30, team="infra")
    assert warning.incident == first.incident != other.incident
    world.grouper.said(Answer(saying=Saying.MERGED, incident=other.incident, other=first.incident))
    stats, memory = world.grouper.stats, world.grouper.memory
    kinds = {kind.name[:2]: kind for kind in stats.kinds.values()}
    disk = kinds["DiskFull", "backup"]
    assert memory.applied(disk, kinds["Errors", "orders"], -9.0) > 0
    assert memory.applied(disk, kinds["Latency", "orders"], -9.0) == -9.0


def test_one_wrong_click_cannot_swallow_a_page(world):
    """People's answers never lower the page fork's bar: it judges the statistics alone."""
    taught(world)
    first = world.page("DatabaseDown", "orders-db", at=LATER, team="data")
    other = world.page("DiskFull", "backup", at=LATER + 5, team="data")
    world.grouper.said(Answer(saying=Saying.MERGED, incident=other.incident, other=first.incident))
    world.grouper.closed(first.incident)
    world.page("DatabaseDown", "orders-db", at=LATER + 86400, team="data")
    again = world.page("DiskFull", "backup", at=LATER + 86405, team="data")
    assert again.call is Call.PAGE


def test_merged_alerts_lie_in_the_incident_that_is_kept(world):
    first = world.fire("Errors", "orders")
    other = world.fire("DiskFull", "backup", at=5, team="infra")
    world.grouper.said(Answer(saying=Saying.MERGED, incident=other.incident, other=first.incident))
    assert world.fire("DiskFull", "backup", at=60, team="infra").incident == first.incident


def test_split_alerts_lie_in_their_own_incident_from_then_on(world):
    first = world.fire("Errors", "orders")
    world.fire("Slow", "orders", at=10)
    said = Answer(saying=Saying.SPLIT, incident=first.incident, other="i99", episodes=("e2",))
    world.grouper.said(said)
    assert world.fire("Slow", "orders", at=60).incident == "i99"
    assert world.fire("Errors", "orders", at=70).incident == first.incident


def test_answers_survive_a_restart(world):
    taught(world)
    first = world.fire("Errors", "orders", at=LATER)
    other = world.fire("DiskFull", "backup", at=LATER + 5, team="infra")
    world.grouper.said(Answer(saying=Saying.MERGED, incident=other.incident, other=first.incident))
    world.grouper.closed(first.incident)
    later = world.restart(rows=world.grouper.drain_changes())
    again = later.fire("Errors", "orders", at=LATER + 86400)
    assert later.fire("DiskFull", "backup", at=LATER + 86405, team="infra").incident == again.incident
