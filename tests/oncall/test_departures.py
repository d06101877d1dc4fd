"""The paperwork waits until what was claimed has set out, and never for ever."""

from __future__ import annotations

import asyncio

from oncall.departures import Departures

LONG, BRIEF = 3600.0, 0.0


async def waiting(departures: Departures) -> asyncio.Task[None]:
    task = asyncio.create_task(departures.all_gone())
    for _ in range(3):
        await asyncio.sleep(0)
    return task


async def test_where_nobody_stands_nothing_waits():
    await Departures(LONG).all_gone()


async def test_somebody_stands_until_the_last_is_gone():
    departures = Departures(LONG)
    assert not departures.standing
    departures.claimed("a")
    departures.claimed("b")
    departures.gone("a")
    assert departures.standing
    departures.gone("b")
    assert not departures.standing


async def test_it_waits_for_the_last_that_was_claimed():
    departures = Departures(LONG)
    departures.claimed("a")
    departures.claimed("b")
    paperwork = await waiting(departures)
    departures.gone("a")
    await asyncio.sleep(0)
    assert not paperwork.done()
    departures.gone("b")
    await paperwork


async def test_what_is_claimed_while_others_stand_is_waited_for_as_well():
    departures = Departures(LONG)
    departures.claimed("a")
    paperwork = await waiting(departures)
    departures.claimed("b")
    departures.gone("a")
    await asyncio.sleep(0)
    assert not paperwork.done()
    departures.gone("b")
    await paperwork


async def test_saying_twice_that_one_is_gone_counts_for_no_other():
    departures = Departures(LONG)
    departures.claimed("a")
    departures.claimed("b")
    departures.gone("a")
    departures.gone("a")
    paperwork = await waiting(departures)
    assert not paperwork.done()
    departures.gone("b")
    await paperwork


async def test_whoever_never_sets_out_holds_nobody_for_ever():
    departures = Departures(BRIEF)
    departures.claimed("stuck")
    await departures.all_gone()


async def test_the_next_to_be_claimed_is_waited_for_again():
    departures = Departures(LONG)
    departures.claimed("a")
    departures.gone("a")
    departures.claimed("b")
    paperwork = await waiting(departures)
    assert not paperwork.done()
    departures.gone("b")
    await paperwork
