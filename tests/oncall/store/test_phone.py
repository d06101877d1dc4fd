from __future__ import annotations

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from oncall.store import phone
from oncall.store.phone import PhoneMessage


async def test_a_phone_shows_its_own_newest_messages_in_order(tx: AsyncConnection, nine: datetime) -> None:
    for number in range(4):
        await phone.add(tx, PhoneMessage(person="alice", at=nine, kind="text", inbound=False, text=str(number)))
    await phone.add(tx, PhoneMessage(person="bob", at=nine, kind="text", inbound=True, text="hi"))
    assert [m.text for m in await phone.of_person(tx, "alice", limit=3)] == ["1", "2", "3"]
    assert [m.text for m in await phone.of_person(tx, "alice", after=2)] == ["2", "3"]


async def test_a_call_is_answered(tx: AsyncConnection, nine: datetime) -> None:
    call = PhoneMessage(
        person="alice", at=nine, kind="call", inbound=False, text="Press 4", page_id="pg_1", incident_id=7
    )
    number = await phone.add(tx, call)
    await phone.answered(tx, [number], nine)
    found = await phone.get(tx, number)
    assert found is not None
    assert (found.answered_at, found.page_id, found.incident_id) == (nine, "pg_1", 7)
    assert await phone.get(tx, 99) is None
