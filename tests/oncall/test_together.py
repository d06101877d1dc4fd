"""What several ask for at once is done once, and one that fails fails alone."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oncall.together import Together


class Work:
    """Doubles numbers; refuses some; remembers its batches."""

    def __init__(self, *, refuses: set[int] = frozenset(), error: type[Exception] = ValueError) -> None:  # type: ignore[assignment]
        self.batches: list[list[int]] = []
        self.refuses, self.error = refuses, error

    async def __call__(self, numbers: Sequence[int]) -> list[int]:
        self.batches.append(list(numbers))
        await asyncio.sleep(0)
        if self.refuses & set(numbers):
            raise self.error(f"will not do {sorted(self.refuses & set(numbers))}")
        return [number * 2 for number in numbers]


async def answers(together: Together[int, int], work: Work, numbers: Sequence[int]) -> list[int | BaseException]:
    return await asyncio.gather(*(together.ask(work, number) for number in numbers), return_exceptions=True)


@given(count=st.integers(0, 60), most=st.integers(1, 30))
def test_everybody_gets_their_own_answer_in_as_few_rounds_as_batches_allow(count, most):
    work = Work()

    async def run() -> list[int | BaseException]:
        return await answers(Together(most=most), work, range(count))

    assert asyncio.run(run()) == [number * 2 for number in range(count)]
    assert len(work.batches) == -(-count // most)
    assert sorted(number for batch in work.batches for number in batch) == list(range(count))


async def test_what_is_asked_during_a_round_is_the_next_round():
    together: Together[int, int] = Together(most=10)
    gate = asyncio.Event()
    batches: list[list[int]] = []

    async def work(numbers: Sequence[int]) -> list[int]:
        batches.append(list(numbers))
        await gate.wait()
        return list(numbers)

    first = asyncio.create_task(together.ask(work, 1))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    rest = [asyncio.create_task(together.ask(work, number)) for number in (2, 3)]
    await asyncio.sleep(0)
    gate.set()
    assert [await first, *await asyncio.gather(*rest)] == [1, 2, 3]
    assert batches == [[1], [2, 3]]


async def test_one_that_cannot_be_done_does_not_take_the_others_with_it():
    work = Work(refuses={3})
    said = await answers(Together(most=10), work, range(5))
    assert [one for one in said if not isinstance(one, BaseException)] == [0, 2, 4, 8]
    assert isinstance(said[3], ValueError)


async def test_a_failure_that_is_everybodys_is_not_tried_one_by_one():
    work = Work(refuses={3}, error=OSError)
    said = await answers(Together(most=10, everybodys=(OSError,)), work, range(5))
    assert all(isinstance(one, OSError) for one in said)
    assert len(work.batches) == 1


async def test_it_goes_on_after_a_failure_and_after_somebody_stopped_waiting():
    together: Together[int, int] = Together(most=2)
    with pytest.raises(ValueError, match="will not"):
        await together.ask(Work(refuses={1}), 1)
    work = Work()
    gone = asyncio.create_task(together.ask(work, 4))
    await asyncio.sleep(0)
    gone.cancel()
    assert await together.ask(work, 5) == 10
    assert [4] in work.batches or [4, 5] in work.batches


class Ended(BaseException):
    """What ends more than one piece of work."""


@pytest.mark.parametrize("most", [2, 10])
async def test_whatever_ends_the_rounds_nobody_waits_for_ever(most):
    together: Together[int, int] = Together(most=most)

    async def ends(_: Sequence[int]) -> list[int]:
        raise Ended

    said = await asyncio.wait_for(
        asyncio.gather(*(together.ask(ends, n) for n in range(5)), return_exceptions=True), timeout=5
    )
    assert all(isinstance(one, Ended) for one in said)
    assert await together.ask(Work(), 4) == 8, "and the next round works"
