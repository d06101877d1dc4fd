from __future__ import annotations

import pytest

from grouping.insights import redundant, wilson_low

DAY = 86400


def test_a_warning_that_always_comes_with_a_page_is_suggested_with_its_numbers_and_an_inhibition(world):
    for day in range(20):
        world.page("BudgetBurn", "cart", at=day * 1.3 * DAY)
        world.fire("Errors", "cart", at=day * 1.3 * DAY + 30)
    (found,) = redundant(world.grouper.stats, world.at(27 * DAY).timestamp())
    assert (found.warning, found.page) == ("Errors of cart", "BudgetBurn of cart")
    assert "of" in found.sentence
    assert 'alertname="Errors"' in found.inhibition


def test_a_warning_that_often_comes_alone_is_not_suggested(world):
    for day in range(20):
        world.fire("Errors", "cart", at=day * 1.3 * DAY)
        if day % 3 == 0:
            world.page("BudgetBurn", "cart", at=day * 1.3 * DAY + 30)
    assert redundant(world.grouper.stats, world.at(27 * DAY).timestamp()) == []


def test_a_few_cases_are_not_enough(world):
    for day in range(3):
        world.page("BudgetBurn", "cart", at=day * 1.3 * DAY)
        world.fire("Errors", "cart", at=day * 1.3 * DAY + 30)
    assert redundant(world.grouper.stats, world.at(4 * DAY).timestamp()) == []


@pytest.mark.parametrize(("hits", "of", "low"), [(10, 10, 0.722), (8, 10, 0.490), (0, 10, 0.0)])
def test_the_wilson_bound_is_the_textbooks(hits, of, low):
    assert wilson_low(hits, of) == pytest.approx(low, abs=0.001)
