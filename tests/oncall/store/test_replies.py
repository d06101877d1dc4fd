from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncConnection

from oncall.store import replies

ALICE = "+4915112345678"


async def _code(tx: AsyncConnection, incident: int, nine: datetime, address: str = ALICE) -> int:
    return (await replies.codes_for(tx, [("sms", address, incident)], nine))["sms", address, incident]


async def test_codes_are_as_short_as_can_be(tx: AsyncConnection, nine: datetime) -> None:
    assert [await _code(tx, incident, nine) for incident in (4711, 4712, 4713)] == [1, 2, 3]


async def test_an_incident_keeps_its_code(tx: AsyncConnection, nine: datetime) -> None:
    assert [await _code(tx, incident, nine) for incident in (7, 8, 7)] == [1, 2, 1]


async def test_each_address_counts_for_itself(tx: AsyncConnection, nine: datetime) -> None:
    await _code(tx, 7, nine)
    assert await _code(tx, 8, nine, address="+44") == 1
    assert await replies.codes_for(tx, [("voice", ALICE, 8)], nine) == {("voice", ALICE, 8): 1}


async def test_many_codes_are_given_at_once_as_one_by_one(tx: AsyncConnection, nine: datetime) -> None:
    await _code(tx, 7, nine)
    wanted = [("sms", ALICE, 8), ("sms", ALICE, 7), ("sms", "+44", 8), ("sms", ALICE, 9)]
    given = await replies.codes_for(tx, wanted, nine)
    assert [given[one] for one in wanted] == [2, 1, 1, 3]


async def test_the_smallest_free_code_is_given_again(tx: AsyncConnection, nine: datetime) -> None:
    for incident in (7, 8, 9):
        await _code(tx, incident, nine)
    await replies.free(tx, 7)
    assert await _code(tx, 10, nine) == 1
    assert await _code(tx, 11, nine) == 4


async def test_a_code_names_its_incident_until_that_is_over(tx: AsyncConnection, nine: datetime) -> None:
    await _code(tx, 7, nine)
    assert await replies.incident_of(tx, "sms", ALICE, 1) == 7
    assert await replies.incident_of(tx, "sms", ALICE, 2) is None
    await replies.free(tx, 7)
    assert await replies.incident_of(tx, "sms", ALICE, 1) is None


async def test_invariant_9_a_reply_is_remembered_with_its_answer(tx: AsyncConnection, nine: datetime) -> None:
    assert await replies.answered(tx, "SM1") is None
    await replies.remember(
        tx, reply_id="SM1", at=nine, channel="sms", address=ALICE, person="alice", text="ok 1" * 999, answer="done"
    )
    assert await replies.answered(tx, "SM1") == "done"


async def test_old_replies_are_forgotten(tx: AsyncConnection, nine: datetime) -> None:
    for number, at in enumerate([nine, nine + timedelta(days=2)]):
        await replies.remember(
            tx, reply_id=f"SM{number}", at=at, channel="sms", address=ALICE, person="alice", text="1", answer="done"
        )
    assert await replies.forget(tx, nine + timedelta(days=1), limit=100) == 1
    assert await replies.answered(tx, "SM1") == "done"
