from __future__ import annotations

import pytest

from oncall.errors import NotFound, Refused
from oncall.services.practice import drills
from oncall.services.practice.drills import NewDrill
from oncall.services.views import phone_view
from oncall.store import incidents as incident_rows


async def test_a_drill_pages_as_a_real_one_would_and_says_that_it_is_one(engine, happens, caller):
    number = await drills.start(engine, caller("ana"), NewDrill(team="payments", title="Checkout is slow"))
    await happens.settle()
    (text,) = (await phone_view.view_phone(engine, caller("ana"), "ana")).messages
    assert "DRILL" in text.text
    assert f"#{number}" in text.text or "Checkout is slow" in text.text


async def test_it_measures_who_answered_how_fast_and_ends_by_itself(engine, happens, caller, clock):
    from datetime import timedelta

    from oncall.services import acting

    number = await drills.start(engine, caller("ana"), NewDrill(team="payments"))
    await happens.settle()
    clock.move(timedelta(seconds=95))
    await acting.perform(engine, caller("ana"), number, acting.Acknowledge())
    assert await drills.end_due(engine) == 0
    clock.move(drills.LENGTH)
    assert await drills.end_due(engine) == 1
    (drill,) = (await drills.list_drills(engine, caller("vic"))).drills
    assert (drill.answered_by, drill.seconds_to_answer, drill.over) == ("ana", 95, True)


@pytest.mark.parametrize("person", ["vic", "ben"])
async def test_only_editors_and_admins_start_drills(engine, caller, person):
    with pytest.raises(Refused):
        await drills.start(engine, caller(person), NewDrill(team="payments"))


async def test_an_editor_drills_their_own_team_only(engine, caller):
    with pytest.raises(Refused):
        await drills.start(engine, caller("ana"), NewDrill(team="data"))
    with pytest.raises(NotFound):
        await drills.start(engine, caller("dee"), NewDrill(team="nobody"))


async def test_a_drill_is_started_by_a_form_and_counts_nowhere_as_load(sign_in, engine, happens):
    ana = await sign_in("ana")
    response = await ana.send("/drills", on="/drills", team="payments", title="Practice")
    number = int(response.headers["Location"].rsplit("/", 1)[1])
    async with engine.database.read() as tx:
        assert (await incident_rows.get(tx, [number]))[number].drill
    assert "DRILL" in await ana.text(f"/incidents/{number}")
    assert "No incident." in await ana.text("/insights")
    assert "not yet" in await ana.text("/drills")
