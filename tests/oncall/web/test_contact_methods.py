"""One's own contact methods in the browser, and what the engine does with the order one chose."""

from __future__ import annotations

import re

import pytest
import sqlalchemy as sa

from oncall.engine import Organisation
from oncall.errors import Invalid
from oncall.services.people import contacts, preferences
from oncall.services.people.preferences import Move
from oncall.store.schema import page as pages
from tests.oncall.web.conftest import firing


async def methods(engine, caller) -> list[tuple[str, bool]]:
    return [(one.channel, one.left_out) for one in (await contacts.list_contacts(engine, caller)).methods]


async def planned(engine, person: str) -> list[str]:
    """Channels of a person's pages in the order they are due."""
    async with engine.database.read() as tx:
        query = sa.select(pages.c.channel).where(pages.c.person == person, pages.c.kind == "page")
        return list((await tx.execute(query.order_by(pages.c.due_at, pages.c.channel))).scalars())


async def test_the_view_says_how_each_method_stands_and_what_to_do(sign_in):
    view = await (await sign_in("ana")).text("/contacts")
    assert "untested" in view
    assert "Send a test page" in view
    assert "Send a code" in view


async def test_a_test_page_goes_out_and_its_delivery_is_said_to_be_on_its_way(sign_in, happens, engine):
    ana = await sign_in("ana")
    answer = await ana.send("/contacts/test", "/contacts", channel="phone")
    assert answer.headers["Location"] == "/contacts?said=test"
    await happens.settle()
    assert "on its way" in await ana.text("/contacts?said=test")
    assert "Test" in await ana.text("/phone/ana")


async def test_a_code_is_asked_for_entered_and_then_not_asked_for_again(sign_in, happens):
    ana = await sign_in("ana")
    assert "The code that came" not in await ana.text("/contacts")
    await ana.send("/contacts/code", "/contacts", channel="phone")
    await happens.settle()
    assert "The code that came" in await ana.text("/contacts")
    code = re.search(r"\b(\d{6})\b", await ana.text("/phone/ana"))[1]
    wrong = await ana.send("/contacts/verify", "/contacts", channel="phone", code="1")
    assert wrong.status == 400
    assert "not the code" in await wrong.text()
    right = await ana.send("/contacts/verify", "/contacts", channel="phone", code=code)
    assert right.headers["Location"] == "/contacts?said=verified"
    view = await ana.text("/contacts")
    assert "works" in view
    assert "The code that came" not in view


async def test_the_order_one_chose_is_the_order_one_is_paged_in(sign_in, happens, engine, caller):
    before = [channel for channel, _ in await methods(engine, caller("ana"))]
    last = before[-1]
    ana = await sign_in("ana")
    for _ in before:
        await ana.send("/contacts/up", "/contacts", channel=last)
    assert [channel for channel, _ in await methods(engine, caller("ana"))] == [last, *before[:-1]]
    await happens.receive(firing())
    assert (await planned(engine, "ana"))[0] == last


async def test_what_is_left_out_is_not_used_until_it_is_taken_back(sign_in, happens, engine, caller):
    first = (await methods(engine, caller("ana")))[0][0]
    ana = await sign_in("ana")
    await ana.send("/contacts/leave-out", "/contacts", channel=first)
    assert (first, True) in await methods(engine, caller("ana"))
    assert "Use it again" in await ana.text("/contacts")
    await happens.receive(firing())
    assert first not in await planned(engine, "ana")
    await ana.send("/contacts/take-back", "/contacts", channel=first)
    assert (first, False) in await methods(engine, caller("ana"))


async def test_the_last_method_that_counts_cannot_be_left_out(engine, caller):
    ana = caller("ana")
    *others, last = [channel for channel, _ in await methods(engine, ana) if channel in engine.notifiers]
    for channel in others:
        await preferences.leave_out(engine, ana, Move(channel=channel))
    with pytest.raises(Invalid, match="nothing would be left"):
        await preferences.leave_out(engine, ana, Move(channel=last))
    assert any(not left_out for _, left_out in await methods(engine, ana))


async def test_another_node_and_a_reload_know_what_somebody_chose(engine, caller):
    first = (await methods(engine, caller("ana")))[0][0]
    await preferences.leave_out(engine, caller("ana"), Move(channel=first))
    assert engine.organisation.reloaded(engine.organisation.files).directory.people["ana"].address(first) is None
    # What a node that has just started has.
    engine.organisation = Organisation(engine.organisation.files)
    assert await preferences.keep_up(engine)
    assert engine.directory.people["ana"].address(first) is None
    assert not await preferences.keep_up(engine)


@pytest.mark.parametrize("act", ["delete", "test"])
async def test_what_one_does_not_have_is_not_found(sign_in, act):
    ana = await sign_in("ana")
    assert (await ana.send(f"/contacts/{act}", "/contacts", channel="pigeon")).status == 404
