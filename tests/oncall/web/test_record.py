"""Roles, impact and status over every door."""

from __future__ import annotations

import pytest

from oncall.errors import Invalid, NotFound, Refused
from oncall.services import acting
from oncall.services.acting import Assign, Describe, read_act
from oncall.services.delivery import incident_posts
from oncall.services.views import incident_view
from oncall.store import past
from tests.oncall.web.conftest import firing
from tests.oncall.web.test_hostile_content import ATTACK, hostile


async def test_impact_and_status_are_said_by_a_form_and_shown_on_top(sign_in, happens):
    number = await happens.receive(firing())
    ben = await sign_in("ben")
    place = f"/incidents/{number}"
    await ben.send(f"{place}/describe", on=place, impact="Checkout fails for one in five", status="rolling back")
    page = await ben.text(place)
    summary = page[page.index('id="summary"') : page.index('id="alerts"')]
    assert "Checkout fails for one in five" in summary
    assert "rolling back" in summary
    assert "Status: rolling back" in page[page.index('id="timeline"') :]


async def test_a_form_takes_a_line_away_and_leaves_the_other(sign_in, happens, engine, caller):
    number = await happens.receive(firing())
    await acting.perform(engine, caller("ben"), number, Describe(impact="slow", status="looking"))
    ben = await sign_in("ben")
    await ben.send(f"/incidents/{number}/describe", on=f"/incidents/{number}", impact="", status="looking")
    found = await incident_view.view_incident(engine, caller("ben"), number)
    assert (found.record.impact.text, found.record.status.text) == ("", "looking")


async def test_roles_are_given_passed_on_and_freed(sign_in, happens, engine, caller):
    number = await happens.receive(firing())
    ben, place = await sign_in("ben"), f"/incidents/{number}"
    await ben.send(f"{place}/assign", on=place, role="commander", person="ben")
    await ben.send(f"{place}/assign", on=place, role="customer liaison", person="fay")
    found = await incident_view.view_incident(engine, caller("vic"), number)
    assert [(r.role, r.person) for r in found.record.roles] == [("commander", "ben"), ("customer liaison", "fay")]
    await ben.send(f"{place}/assign", on=place, role="commander")
    found = await incident_view.view_incident(engine, caller("vic"), number)
    assert [r.role for r in found.record.roles] == ["customer liaison"]


async def test_the_api_says_what_is_recorded(client, happens, token):
    number = await happens.receive(firing())
    headers = {"Authorization": f"Bearer {(await token('ben')).reveal()}"}
    sent = await client.post(f"/api/v1/incidents/{number}/describe", json={"status": "looking"}, headers=headers)
    assert (await sent.json())["record"]["status"]["by"] == "ben"
    given = {"role": "scribe", "person": "Ana Ruiz"}
    sent = await client.post(f"/api/v1/incidents/{number}/assign", json=given, headers=headers)
    body = await sent.json()
    assert body["record"]["roles"] == [{"role": "scribe", "person": "ana"}]
    assert [line["about"] for line in body["timeline"] if line["about"]] == ["role", "status"]


async def test_it_can_be_said_after_the_end_for_the_review(happens, engine, caller):
    number = await happens.receive(firing())
    await acting.perform(engine, caller("ben"), number, acting.Resolve())
    await acting.perform(engine, caller("ben"), number, Describe(impact="40 orders were lost"))
    found = await incident_view.view_incident(engine, caller("ben"), number)
    assert found.record.impact.text == "40 orders were lost"


async def test_viewers_look_and_do_not_write(happens, engine, caller, sign_in):
    number = await happens.receive(firing())
    for act in (Describe(status="x"), Assign(role="scribe", person="vic")):
        with pytest.raises(Refused):
            await acting.perform(engine, caller("vic"), number, act)
    assert 'action="/incidents/' not in await (await sign_in("vic")).text(f"/incidents/{number}")


async def test_strangers_and_unknown_incidents_are_named(happens, engine, caller):
    number = await happens.receive(firing())
    with pytest.raises(NotFound, match="nobody of that name"):
        await acting.perform(engine, caller("ben"), number, Assign(role="scribe", person="nobody of that name"))
    with pytest.raises(NotFound):
        await acting.perform(engine, caller("ben"), 4711, Describe(status="x"))
    with pytest.raises(Invalid):
        read_act("assign", {"person": "ben"})
    with pytest.raises(Invalid):
        read_act("describe", {"status": "x" * 501})


async def test_who_leads_is_no_solution_of_an_incident(happens, engine, caller):
    """What ended an incident is shown beside the next one; a role or a status line is not that."""
    number = await happens.receive(firing())
    ben = caller("ben")
    await acting.perform(engine, ben, number, acting.Note(text="rolled back"))
    await acting.perform(engine, ben, number, Describe(status="watching"))
    await acting.perform(engine, ben, number, acting.Resolve())
    await acting.perform(engine, ben, number, Assign(role="scribe", person="ben"))
    async with engine.database.read() as tx:
        last = await past.last_words(tx, [number])
    assert {number: entry.text for number, entry in last.items()} == {number: "rolled back"}


async def test_hostile_words_stay_words(happens, engine, caller, sign_in):
    number = await happens.receive(firing())
    await acting.perform(engine, caller("ben"), number, Describe(impact=ATTACK, status=ATTACK))
    ben = await sign_in("ben")
    for path in (f"/incidents/{number}", f"/incidents/{number}/timeline"):
        assert hostile(await ben.text(path)) == []


async def test_a_channel_reads_what_was_said(happens, engine, caller):
    number = await happens.receive(firing())
    await acting.perform(engine, caller("ben"), number, Describe(impact="slow"))
    await acting.perform(engine, caller("ben"), number, Assign(role="commander", person="ana"))
    async with engine.database.read() as tx:
        said = await incident_posts._record(engine, tx, number, "en")
    assert said == (("Impact", "slow"), ("Commander", engine.directory.people["ana"].name))
