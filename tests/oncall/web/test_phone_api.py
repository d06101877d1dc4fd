from __future__ import annotations

import pytest

from oncall.errors import Invalid, NotFound, Refused
from oncall.services.views import phone_view
from oncall.services.views.phone_view import PhoneReply
from oncall.store import incidents, phone
from oncall.store.phone import PhoneMessage
from tests.oncall.web.conftest import firing


async def test_a_page_rings_on_the_phone_and_a_reply_stops_it(engine, happens, caller):
    number = await happens.receive(firing())
    ana = caller("ana")
    (text,) = (await phone_view.view_phone(engine, ana, "ana")).messages
    assert f"#{number}" in text.text or "CheckoutDown" in text.text
    shown = await phone_view.reply(engine, ana, "ana", PhoneReply(text="ack"))
    assert [m.inbound for m in shown.messages] == [False, True, False]
    assert "acknowledged" in shown.messages[-1].text
    async with engine.database.read() as tx:
        assert (await incidents.get(tx, [number]))[number].lead.acknowledged_by == "ana"


async def test_the_same_reply_sent_twice_takes_effect_once(engine, happens, caller):
    await happens.receive(firing())
    ana = caller("ana")
    once = await phone_view.reply(engine, ana, "ana", PhoneReply(text="ack", id="form-1"))
    twice = await phone_view.reply(engine, ana, "ana", PhoneReply(text="ack", id="form-1"))
    assert once == twice


async def test_a_key_pressed_in_a_call_acknowledges_what_the_call_is_about(engine, happens, caller, clock):
    number = await happens.receive(firing())
    async with engine.database.write() as tx:
        call = await phone.add(
            tx,
            PhoneMessage(person="ana", at=clock.now(), kind="call", inbound=False, text="Press 4.", incident_id=number),
        )
    shown = await phone_view.reply(engine, caller("ana"), "ana", PhoneReply(keys="4", call=call))
    assert next(m for m in shown.messages if m.id == call).answered_at == clock.now()
    async with engine.database.read() as tx:
        assert (await incidents.get(tx, [number]))[number].status == "acknowledged"


@pytest.mark.parametrize("said", [PhoneReply(), PhoneReply(text="ack", keys="4"), PhoneReply(keys="4", call=77)])
async def test_a_reply_is_a_text_or_a_key_in_a_call_of_this_phone(engine, caller, said):
    with pytest.raises(Invalid):
        await phone_view.reply(engine, caller("ana"), "ana", said)


async def test_a_phone_belongs_to_its_owner_and_an_admin_may_use_all(engine, caller):
    with pytest.raises(Refused):
        await phone_view.view_phone(engine, caller("ben"), "ana")
    assert [p.person for p in (await phone_view.phones(engine, caller("ben"))).phones] == ["ben"]
    assert len((await phone_view.phones(engine, caller("dee"))).phones) == len(engine.directory.people)
    assert (await phone_view.view_phone(engine, caller("dee"), "ana")).name == "Ana Ruiz"


async def test_there_is_no_phone_without_a_person(engine, caller):
    with pytest.raises(NotFound):
        await phone_view.view_phone(engine, caller("dee"), "nobody")
