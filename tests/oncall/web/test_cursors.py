"""Lists are read a stretch at a time: every row once, in order, by the API and in the browser, with one kind of cursor."""

from __future__ import annotations

import csv
import io
import re
from datetime import timedelta

import pytest
import sqlalchemy as sa

from oncall.incident import Incident, IncidentStatus, Involvement, InvolvementStatus
from oncall.practice import GameDay
from oncall.services.practice import drills, game_days
from oncall.services.record import actions, deploys
from oncall.services.views import operator_view
from oncall.store import access, incidents, practice, reviews
from oncall.store import deploys as deploy_rows
from oncall.store.access import AuditLine
from oncall.store.deploys import Deploy
from oncall.store.reviews import ActionItem
from oncall.store.schema import deploy
from oncall.web.api import OPERATIONS
from routing.alert import Severity
from routing.escalation import Policy
from tests.oncall.web.conftest import START, firing

MANY = 7
LISTS = {
    "drills": "drills",
    "game-days": "game_days",
    "deploys": "deploys",
    "actions?status=all": "actions",
    "operator/audit": "audit",
}


@pytest.fixture
async def much(engine, happens, monkeypatch) -> None:
    """Seven of everything, and stretches of three."""
    for module, name in ((drills, "SHOWN"), (game_days, "SHOWN"), (deploys, "SHOWN"), (operator_view, "MOST_AUDIT")):
        monkeypatch.setattr(module, name, 3)
    first = await happens.receive(firing())
    async with engine.database.write() as tx:
        for number in range(MANY):
            at = START - timedelta(hours=number)
            await practice.add_game_day(tx, GameDay(title=f"Day {number}", starts_at=at, made_at=at, made_by="ana"))
            # Told of late, two at one instant: numbers and instants are in different orders.
            await deploy_rows.add(tx, Deploy(service=f"svc-{number}", at=START - timedelta(hours=number // 2)))
            item = ActionItem(
                incident=first, team="payments", text=f"Do {number}", owner="ben", due=None, made_at=at, made_by="ana"
            )
            await reviews.add_action(tx, item)
            await access.log(tx, AuditLine(at=at, by="dee", via="web", act="reload", subject=str(number)))
            part = Involvement(
                team="payments",
                status=InvolvementStatus.RESOLVED,
                severity=Severity.CRITICAL,
                policy=Policy(name="p", steps=()),
                since=at,
            )
            drill = Incident(
                id=first + 1 + number,
                title=f"Drill {number}",
                severity=Severity.CRITICAL,
                service="",
                opened_at=at,
                involvements=(part,),
                status=IncidentStatus.RESOLVED,
                resolved_at=at,
                drill=True,
            )
            await incidents.save(tx, [drill], [], at)


async def stretches(client, headers, path: str, field: str) -> list[list[int]]:
    """The numbers of each stretch, until there is no next one."""
    found, cursor = [], ""
    while cursor is not None:
        response = await client.get(f"/api/v1/{path}{'&' if '?' in path else '?'}cursor={cursor}", headers=headers)
        assert response.status == 200, await response.text()
        body = await response.json()
        found.append([row["id"] for row in body[field]])
        cursor = body["next"]
        assert len(found) < 20
    return found


@pytest.mark.parametrize(("path", "field"), LISTS.items())
async def test_every_row_comes_once(client, token, much, path, field):
    if path.startswith("actions"):
        path += "&limit=3"
    bearer = {"Authorization": f"Bearer {(await token('dee')).reveal()}"}
    found = await stretches(client, bearer, path, field)
    rows = [number for stretch in found for number in stretch]
    assert len(found) >= MANY // 3
    assert len(rows) == len(set(rows)) >= MANY
    assert all(len(stretch) == 3 for stretch in found[:-1])
    assert found[-1]


async def test_deploys_are_in_the_order_they_happened_whatever_they_were_told_in(engine, caller, much):
    found, after = [], None
    while True:
        page = await deploys.list_deploys(engine, caller("vic"), after)
        found += [(deploy.at, deploy.id) for deploy in page.deploys]
        if page.next is None:
            break
        after = int(page.next)
    assert found == sorted(found, reverse=True)
    assert len(found) == MANY


async def test_what_was_forgotten_in_between_ends_a_list_of_deploys(engine, caller, much):
    page = await deploys.list_deploys(engine, caller("vic"))
    async with engine.database.write() as tx:
        await tx.execute(sa.delete(deploy).where(deploy.c.id == int(page.next)))
    assert await deploys.list_deploys(engine, caller("vic"), int(page.next)) == deploys.DeployList(deploys=())


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("/drills", "Drill"),
        ("/game-days", "Day"),
        ("/deploys", "svc-"),
        ("/actions?status=all&limit=3", "Do"),
        ("/operator/audit", "numbers"),
    ],
)
async def test_a_view_leads_to_what_is_older_until_there_is_nothing(sign_in, much, path, words):
    dee = await sign_in("dee")
    seen: list[str] = []
    for _ in range(10):
        page = await dee.text(path)
        main = page[page.index("<main") :]
        seen += (
            re.findall(rf">[^<]*({words} ?\d)\b", main) if words != "numbers" else re.findall(r"<td>(\d)</td>", main)
        )
        following = re.search(r'class="button" href="([^"]+cursor=\d+)"', page)
        if following is None:
            break
        path = following[1].replace("&amp;", "&")
    assert len(set(seen)) == MANY, seen


async def test_a_table_that_is_taken_along_is_whole(sign_in, much, monkeypatch):
    monkeypatch.setattr(actions, "MOST_AT_ONCE", 3)
    text = await (await sign_in("ana")).text("/actions.csv?status=all")
    rows = list(csv.DictReader(io.StringIO(text)))
    assert [row["text"] for row in rows] == [f"Do {number}" for number in range(MANY)]


@pytest.mark.parametrize("cursor", ["x", "-1", "1.5", "9" * 40, "٣", "1 or 1=1", "<script>"])
async def test_what_is_no_cursor_is_said(sign_in, client, token, happens, cursor):
    number = await happens.receive(firing())
    dee = await sign_in("dee")
    bearer = {"Authorization": f"Bearer {(await token('dee')).reveal()}"}
    places = [op.path for op in OPERATIONS if op.query is not None and "cursor" in op.query.__struct_fields__]
    assert len(places) > 8
    views = {"/catalog/entries": "/services"}
    for place in places:
        path = place.replace("{id}", str(number))
        if place == "/catalog/entries":
            continue  # goes by name: every text is a place in it
        response = await client.get(f"/api/v1{path}", params={"cursor": cursor}, headers=bearer)
        assert response.status == 400, path
        view = await dee.client.get(views.get(path, path), params={"cursor": cursor}, headers={"Accept": "text/html"})
        assert view.status == 400, path
        assert "<script>" not in (await view.text()).split("<main")[1]
