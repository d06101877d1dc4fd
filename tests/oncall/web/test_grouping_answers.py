"""What people say of a grouping acts at once, teaches later decisions, and stands in the timeline; from every door."""

from __future__ import annotations

import msgspec
import pytest

from grouping import Case, Grouper, Move, Near
from grouping.cases import CASE
from oncall.incident import Actor, Via
from oncall.services import incidents
from oncall.store import alerts as alert_rows
from oncall.store import grouping_answers, grouping_state
from oncall.store import incidents as incident_rows
from tests.oncall.web.conftest import firing

BY = Actor("ana", Via.API)


def ledger() -> dict:
    return firing("LedgerFull", service="ledger")


async def apart(engine, happens) -> tuple[int, int]:
    """Two incidents of two troubles, the second of which was held against the first."""
    first = await happens.receive(firing())
    second = await happens.receive(ledger(), group="other")
    assert first != second
    await hold_against(engine, second, first, joined=False)
    return first, second


async def hold_against(engine, number: int, candidate: int, *, joined: bool) -> None:
    """Grouping held an alert of `number` against `candidate` (whatever it measures today)."""
    async with engine.database.write() as tx:
        (alert,) = [e.id for e in await alert_rows.of_incident(tx, number)][-1:]
        await tx.execute(grouping_answers.grouping_case.delete())
        case = Case(incident=str(candidate), measures=(0.5,) * len(CASE), probability=0.6, joined=joined)
        await grouping_answers.keep(tx, {alert: [case]}, engine.clock.now())


async def taught(engine) -> list[bool]:
    async with engine.database.read() as tx:
        return [example.related for example in await grouping_answers.examples(tx, 100)]


async def timeline(engine, number: int) -> str:
    async with engine.database.read() as tx:
        return "\n".join(entry.text for _, entry in await incident_rows.entries(tx, number))


async def test_grouping_remembers_what_it_measured_of_a_near_incident(engine, happens):
    await happens.receive(firing())
    await happens.receive(firing("CheckoutSlow", severity="warning"))
    async with engine.database.read() as tx:
        rows = (await tx.execute(grouping_answers.grouping_case.select())).all()
    assert rows
    assert all(len(row.measures) == len(CASE) for row in rows)


class Forks(Grouper):
    """Takes a stored alert along into each incident it opens, as a page fork does."""

    along: str = ""

    def assign(self, arrival, now, *, new_incident):
        found = super().assign(arrival, now, new_incident=new_incident)
        left = self.open.home(self.along)
        self.open.move(self.along, found.incident)
        move = Move(episode=self.along, from_incident=left, to_incident=found.incident, sentence="it is closer")
        return msgspec.structs.replace(found, moves=(move,))


async def test_a_fork_takes_stored_alerts_along_into_the_incident_it_opens(engine, happens):
    """This once made the whole inbox fail, again and again: the alert moved before its incident was written."""
    first = await happens.receive(firing("CheckoutSlow", severity="warning"), firing())
    async with engine.database.read() as tx:
        warning = (await alert_rows.of_incident(tx, first))[0].id
        rows = await grouping_state.load(tx)
    grouper = Forks()
    grouper.load(rows)
    grouper.along = str(warning)
    engine.grouping.grouper = grouper
    second = await happens.receive(ledger(), group="other")
    assert second != first
    async with engine.database.read() as tx:
        moved = {e.id: e.why_group for e in await alert_rows.of_incident(tx, second)}
    assert moved[warning].startswith("moved here: it is closer; before that: ")
    for number in (first, second):
        assert f"an alert moved from #{first} to #{second}: it is closer" in await timeline(engine, number)


async def reasons(engine, number: int) -> list[str]:
    async with engine.database.read() as tx:
        return [episode.why_group for episode in await alert_rows.of_incident(tx, number)]


async def test_an_alert_that_moved_says_why_it_is_where_it_is_now(engine, happens):
    """It once told in its new incident why nothing there was close enough."""
    first, second = await apart(engine, happens)
    (before,) = await reasons(engine, second)
    await incidents.merge(engine, second, into=first, by=BY)
    assert f"came with #{second}, which was merged into this; before that: {before}" in await reasons(engine, first)


async def test_an_alert_that_was_split_off_says_so(engine, happens):
    number = await happens.receive(firing(), firing("CheckoutSlow", severity="warning"))
    async with engine.database.read() as tx:
        last = (await alert_rows.of_incident(tx, number))[-1]
    part = await incidents.split(engine, number, alerts=[last.id], by=BY)
    assert await reasons(engine, part.id) == [f"was split off from #{number}; before that: {last.why_group}"]


class Doubts(Grouper):
    """Says of each alert that it may as well belong to the first incident."""

    other: str = ""
    likely: float = 0.5

    def assign(self, arrival, now, *, new_incident):
        found = super().assign(arrival, now, new_incident=new_incident)
        near = Near(incident=self.other, probability=self.likely, sentence="50 % sure", possibly_related=True)
        return msgspec.structs.replace(found, near=(near,))


async def test_many_alerts_that_come_at_once_ask_once_about_a_neighbour(engine, happens):
    """In a storm the timeline once asked about the same incident for each of its alerts."""
    first = await happens.receive(firing())
    async with engine.database.read() as tx:
        rows = await grouping_state.load(tx)
    grouper = Doubts()
    grouper.load(rows)
    grouper.other = str(first)
    engine.grouping.grouper = grouper
    second = await happens.receive(ledger(), firing("LedgerSlow", service="ledger", severity="warning"), group="other")
    assert (await timeline(engine, second)).count(f"possibly the same as #{first}: 50 % sure") == 1
    later = await happens.receive(firing("LedgerLate", service="ledger", severity="warning"), group="third")
    assert later == second
    assert (await timeline(engine, second)).count(f"possibly the same as #{first}: 50 % sure") == 2


@pytest.mark.parametrize(("likely", "asked"), [(0.59, False), (0.6, True)])
async def test_a_channel_is_asked_about_a_likely_neighbour_alone(engine, happens, likely, asked):
    first = await happens.receive(firing())
    async with engine.database.read() as tx:
        rows = await grouping_state.load(tx)
    grouper = Doubts()
    grouper.load(rows)
    grouper.other, grouper.likely = str(first), likely
    engine.grouping.grouper = grouper
    second = await happens.receive(ledger(), group="other")
    async with engine.database.read() as tx:
        about = [entry.data.get("other") for _, entry in await incident_rows.entries(tx, second)]
    assert (first in about) is asked


async def test_not_related_teaches_and_says_what_it_did(engine, happens):
    first, second = await apart(engine, happens)
    await incidents.keep_apart(engine, second, first, by=BY)
    assert await taught(engine) == [False]
    told = await timeline(engine, second)
    assert f"ana says that #{first} is not related" in told
    assert "kept apart from now on, and 1 decision teaches the grouping" in told


async def test_a_merge_teaches_that_they_belong_together(engine, happens):
    first, second = await apart(engine, happens)
    await incidents.merge(engine, second, into=first, by=BY)
    assert await taught(engine) == [True]
    assert "are one trouble: their kinds of alerts are tied from now on, and 1 decision" in await timeline(
        engine, first
    )


async def test_a_split_teaches_that_the_alert_joined_wrongly(engine, happens):
    number = await happens.receive(firing(), firing("CheckoutSlow", severity="warning"))
    await hold_against(engine, number, number, joined=True)
    async with engine.database.read() as tx:
        found = await alert_rows.of_incident(tx, number)
    assert len(found) == 2
    await incidents.split(engine, number, alerts=[found[-1].id], by=BY)
    assert await taught(engine) == [False]
    assert "are two troubles: their kinds of alerts are kept apart from now on" in await timeline(engine, number)


async def test_related_teaches_that_the_alert_belongs_there(engine, happens):
    number = await happens.receive(firing(), firing("CheckoutSlow", severity="warning"))
    await hold_against(engine, number, number, joined=True)
    async with engine.database.read() as tx:
        last = (await alert_rows.of_incident(tx, number))[-1]
    await incidents.confirm_related(engine, number, alerts=[last.id], by=BY)
    assert await taught(engine) == [True]
    assert f"ana says that this belongs here: {last.kind}; their kinds of alerts are tied" in await timeline(
        engine, number
    )


async def test_the_grouper_hears_of_it_before_the_next_alert(engine, happens):
    first, second = await apart(engine, happens)
    await incidents.merge(engine, second, into=first, by=BY)
    await happens.receive(firing("LedgerSlow", service="ledger", severity="warning"), group="other")
    grouper = engine.grouping.grouper
    assert grouper.open.get(str(second)) is None
    kinds = grouper.open.kinds_of(str(first))
    assert grouper.memory.applied(kinds[0], kinds[1], -9.0) > 0


@pytest.mark.parametrize("verb", ["related", "unrelated"])
async def test_the_api_takes_both_answers(engine, happens, client, token, verb):
    first, second = await apart(engine, happens)
    async with engine.database.read() as tx:
        (alert,) = await alert_rows.of_incident(tx, second)
    body = {"alerts": [alert.id]} if verb == "related" else {"other": first}
    headers = {"Authorization": f"Bearer {(await token('ana')).reveal()}"}
    answered = await client.post(f"/api/v1/incidents/{second}/{verb}", json=body, headers=headers)
    assert answered.status == 200, await answered.text()
    lines = [line["text"] for line in (await answered.json())["timeline"]]
    assert any("ana says that" in line for line in lines)


async def test_an_answer_about_an_incident_that_is_not_there_is_refused(engine, happens, client, token):
    number = await happens.receive(firing())
    headers = {"Authorization": f"Bearer {(await token('ana')).reveal()}"}
    for verb, body, status in (("unrelated", {"other": 999}, 404), ("related", {"alerts": [999]}, 400)):
        answered = await client.post(f"/api/v1/incidents/{number}/{verb}", json=body, headers=headers)
        assert answered.status == status, await answered.text()
    assert await taught(engine) == []


async def test_who_may_only_look_may_not_answer(engine, happens, client, token):
    first, second = await apart(engine, happens)
    headers = {"Authorization": f"Bearer {(await token('vic')).reveal()}"}
    answered = await client.post(f"/api/v1/incidents/{second}/unrelated", json={"other": first}, headers=headers)
    assert answered.status == 403
    assert await taught(engine) == []
