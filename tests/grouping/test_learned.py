"""What people's answers teach: measured at the time, judged by plain numbers, and never a page made silent."""

from __future__ import annotations

import re

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from grouping import Answer, Basis, Call, Learned, Saying
from grouping.answer import contradicted
from grouping.cases import CASE, LIKELY
from grouping.learned import LEAST_ANSWERS, Weighed
from grouping.settings import MEASURED
from tests.grouping.test_answers import LATER, taught
from tests.grouping.world import World

JOIN = MEASURED.bars.join


def constant(log_odds: float, **more) -> Learned:
    """A model of one opinion."""
    return Learned(version=1, constant=log_odds, weights=(0.0,) * len(CASE), **more)


def test_an_alert_that_might_belong_to_an_incident_is_measured_for_later_answers(world):
    first = world.fire("Errors", "orders")
    found = world.fire("Slow", "orders", at=20)
    (case,) = found.cases
    assert case.incident == first.incident
    assert len(case.measures) == len(CASE)
    assert case.joined == (found.incident == first.incident)
    assert case.probability == pytest.approx(found.probability if case.joined else found.near[0].probability, abs=1e-3)


def test_nothing_is_measured_where_nothing_was_open(world):
    assert world.fire("Errors", "orders").cases == ()


def test_a_repeat_is_no_question(world):
    world.fire("Errors", "orders", pod="a")
    assert world.fire("Errors", "orders", at=20, pod="b").cases == ()


def test_a_model_that_says_no_keeps_apart_what_the_statistics_would_join(world):
    taught(world)
    first = world.fire("Errors", "orders", at=LATER)
    assert world.fire("Slow", "orders", at=LATER + 20).incident == first.incident
    world.grouper.closed(first.incident)
    world.grouper.take_learned(constant(-5))
    first = world.fire("Errors", "orders", at=LATER + 86400)
    assert world.fire("Slow", "orders", at=LATER + 86420).incident != first.incident


#: Alerts after "Errors of orders"; the statistics are to be in two minds about one of them.
PERHAPS = tuple(("Slow", "orders", gap) for gap in (120, 100, 140, 160))


def undecided(fire: str) -> tuple[str, str, int]:
    for name, service, gap in PERHAPS:
        world = taught(World())
        getattr(world, fire)("Errors", "orders", at=LATER)
        cases = getattr(world, fire)(name, service, at=LATER + gap).cases
        if cases and LIKELY <= cases[0].probability < JOIN:
            return name, service, gap
    raise AssertionError("the statistics are sure about all of them: name another alert")


def test_a_model_that_says_yes_joins_a_warning_and_the_reason_says_so(world):
    name, service, gap = undecided("fire")
    taught(world).grouper.take_learned(constant(4))
    first = world.fire("Errors", "orders", at=LATER)
    joined = world.fire(name, service, at=LATER + gap)
    assert (joined.incident, joined.basis) == (first.incident, Basis.STATISTICS)
    assert re.search(r"; people's answers had a say, by the counts alone it is \d\d % sure$", joined.reason)


def test_no_model_makes_a_page_silent(world):
    """However sure a model is: a page the statistics would not have joined calls its team."""
    name, service, gap = undecided("page")
    taught(world).grouper.take_learned(constant(25))
    first = world.page("Errors", "orders", at=LATER)
    joined = world.page(name, service, at=LATER + gap)
    assert joined.incident == first.incident
    assert joined.call is Call.PAGE


def test_a_page_that_a_model_leads_elsewhere_calls_its_team():
    """The statistics would have made it silent in one incident: that is no leave to be silent in another."""
    weighed = Weighed([], statistic={"i1": 0.9, "i2": 0.8})
    assert weighed.by_statistics(JOIN) == "i1"
    assert Weighed([], statistic={"i1": 0.7}).by_statistics(JOIN) == ""
    assert Weighed([]).by_statistics(JOIN) == ""


def test_a_model_knows_nothing_of_what_nobody_is_asked_about(world):
    taught(world).grouper.take_learned(constant(25))
    first = world.fire("Errors", "orders", at=LATER)
    far = world.fire("DiskFull", "backup", at=LATER + 5, team="infra")
    assert far.near[0].probability < LIKELY
    assert far.incident != first.incident


def test_a_merge_and_a_model_together_make_no_page_silent(world):
    taught(world)
    world.grouper.take_learned(constant(25))
    first = world.page("DatabaseDown", "orders-db", at=LATER, team="data")
    other = world.page("DiskFull", "backup", at=LATER + 5, team="data")
    world.grouper.said(Answer(saying=Saying.MERGED, incident=other.incident, other=first.incident))
    world.grouper.closed(first.incident)
    world.page("DatabaseDown", "orders-db", at=LATER + 86400, team="data")
    assert world.page("DiskFull", "backup", at=LATER + 86405, team="data").call is Call.PAGE


def test_a_model_of_other_measures_is_not_applied(world):
    world.grouper.take_learned(constant(25, measures=("something", "else")))
    first = world.fire("Errors", "orders")
    assert world.fire("DiskFull", "backup", at=4000, team="infra").incident != first.incident


def test_the_model_survives_a_restart_and_so_does_its_absence(world):
    world.fire("Errors", "orders")
    world.grouper.take_learned(constant(1.5))
    rows = {(row.table, row.key): row for row in world.grouper.drain_changes()}
    assert world.restart(rows=rows.values()).grouper.learned == constant(1.5)
    world.grouper.take_learned(None)
    rows |= {(row.table, row.key): row for row in world.grouper.drain_changes()}
    assert world.restart(rows=rows.values()).grouper.learned is None


def test_related_ties_an_alert_to_its_incident_at_once(world):
    taught(world)
    first = world.fire("Errors", "orders", at=LATER)
    other = world.fire("DiskFull", "backup", at=LATER + 5, team="infra")
    world.grouper.said(Answer(saying=Saying.MERGED, incident=other.incident, other=first.incident))
    world.grouper.said(Answer(saying=Saying.RELATED, incident=first.incident, episodes=(f"e{world.fired}",)))
    assert world.fire("DiskFull", "backup", at=LATER + 60, team="infra").incident == first.incident
    world.grouper.closed(first.incident)
    again = world.fire("Errors", "orders", at=LATER + 86400)
    assert world.fire("DiskFull", "backup", at=LATER + 86405, team="infra").incident == again.incident


@pytest.mark.parametrize(
    ("order", "chosen", "wrong"),
    [
        ([1, 2, 3], {3}, [3]),  # the last one joined two strangers
        ([1, 2, 3, 4], {3, 4}, [3]),  # the fourth may have come because of the third
        ([1, 2, 3], {1}, [2]),  # the second joined a stranger, the third may have come because of the second
        ([1, 2, 3, 4], {1, 2}, [3]),
        ([1], {1}, []),
        ([1, 2], set(), []),
        ([1, 2], {1, 2}, []),
    ],
)
def test_a_split_blames_only_those_who_met_the_other_side_alone(order, chosen, wrong):
    assert contradicted(order, chosen) == wrong


@given(st.lists(st.booleans(), max_size=30))
def test_a_split_blames_at_most_one_alert_and_never_the_first(goes):
    order = list(range(len(goes)))
    wrong = contradicted(order, {i for i in order if goes[i]})
    assert len(wrong) == (1 if len(set(goes)) == 2 else 0)
    assert 0 not in wrong


def test_a_model_is_plain_numbers_in_json():
    model = constant(0.5)
    text = msgspec.json.encode(model)
    assert msgspec.json.decode(text, type=Learned) == model
    assert model.score([1.0] * len(CASE)) == 0.5


def test_the_bar_and_the_least_number_of_answers_are_as_documented():
    assert (JOIN, LEAST_ANSWERS) == (0.75, 1000)
