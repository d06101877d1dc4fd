"""Grouping in the browser and for programs: what was taught, what a change would do, what the rules could say better."""

from __future__ import annotations

import json
from datetime import timedelta

import msgspec
import pytest

from grouping.backtest import Backtest, Trial
from grouping.backtest import run as try_out
from grouping.suggesting import Asked, Suggestions, answer
from oncall.errors import Unavailable
from oncall.person import Role
from oncall.services import incidents
from oncall.services.grouping import trials as grouping_trials
from oncall.services.operation import apart
from oncall.store import access as access_rows
from oncall.store import alerts as alert_rows
from oncall.store.grouping_answers import ModelState
from tests.oncall.web.conftest import firing
from tests.oncall.web.test_grouping_model import add, in_force, version


@pytest.fixture
def admin(engine) -> str:
    return next(person.id for person in engine.directory.people.values() if person.role is Role.ADMIN)


@pytest.fixture
def here(monkeypatch):
    """The code of the other process, in this one."""

    async def compute(module: str, asked: bytes) -> bytes:
        if module == "grouping.backtest":
            return msgspec.json.encode(try_out(msgspec.json.decode(asked, type=Trial)))
        return msgspec.json.encode(answer(msgspec.json.decode(asked, type=Asked)))

    monkeypatch.setattr(grouping_trials, "compute", compute)


async def outages(happens, clock, many: int = 8) -> None:
    for number in range(many):
        names = ("CheckoutDown", "CheckoutSlow")
        for place, name in enumerate(names):
            at = clock.now().isoformat()
            severity = "critical" if place == 0 else "warning"
            await happens.receive(firing(name, severity=severity) | {"startsAt": at}, group=f"{name}{number}")
        for name in names:
            over = firing(name, severity="critical" if name == names[0] else "warning")
            over |= {"status": "resolved", "endsAt": clock.now().isoformat()}
            await happens.receive(over, group=f"{name}{number}")
        clock.move(timedelta(hours=20))


async def headers(token, person: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {(await token(person)).reveal()}"}


async def test_everybody_sees_what_was_taught_and_only_admins_may_try_and_revert(engine, sign_in):
    await add(engine, version(1, ModelState.ACTIVE))
    page = await (await sign_in("vic")).text("/grouping")
    assert "Version 1 weighs in: of 1050 answers it had not seen, it judges 860 right" in page
    assert "/grouping/revert" not in page
    assert "Try a change out" not in page


async def test_an_admin_takes_a_model_back_and_the_audit_log_says_so(engine, sign_in, admin):
    await add(engine, version(1, ModelState.ACTIVE))
    browser = await sign_in(admin)
    answered = await browser.send("/grouping/revert", on="/grouping")
    assert answered.status == 303
    assert await in_force(engine) is None
    assert "version 1 was taken back" in await browser.text("/grouping")
    async with engine.database.read() as tx:
        line = (await access_rows.audit_lines(tx, limit=1))[0]
    assert (line.by, line.act) == (admin, "take grouping model back")


async def test_reverting_nothing_is_refused(client, token, admin):
    answered = await client.post("/api/v1/grouping/revert", headers=await headers(token, admin))
    assert answered.status == 400
    assert "no model is in force" in await answered.text()


async def test_a_backtest_shows_both_sides_and_the_decisions_that_differ(engine, happens, clock, sign_in, here, admin):
    await outages(happens, clock)
    browser = await sign_in(admin)
    page = await browser.text("/grouping/backtest?days=30&history=0&things=0&place=0&habit=0")
    assert "As it would be" in page
    assert "decisions differ" in page
    assert "how rare each is by itself at this hour" in page
    assert 'name="history" type="number" min="0" max="10" step="0.05" value="0"' in page


async def test_a_backtest_by_api_is_for_admins(engine, happens, clock, client, token, here, admin):
    await outages(happens, clock, many=3)
    body = {"days": 30, "weights": {"history": 1.5}}
    answered = await client.post("/api/v1/grouping/backtest", json=body, headers=await headers(token, admin))
    found = msgspec.json.decode(await answered.read(), type=Backtest)
    assert found.alerts == 6
    assert found.page_worthy == 3
    refused = await client.post("/api/v1/grouping/backtest", json=body, headers=await headers(token, "ana"))
    assert refused.status == 403


@pytest.mark.parametrize(
    ("body", "status"),
    [({"days": 0}, 400), ({"weights": {"luck": 1}}, 400), ({"weights": {"history": 11}}, 400), ({"more": 1}, 400)],
)
async def test_a_backtest_of_what_there_is_not_is_refused(client, token, here, body, status, admin):
    answered = await client.post("/api/v1/grouping/backtest", json=body, headers=await headers(token, admin))
    assert answered.status == status, await answered.text()


async def test_corrections_of_people_judge_a_backtest(engine, happens, clock, here, caller, admin):
    number = await happens.receive(firing(), firing("CheckoutSlow", severity="warning"))
    async with engine.database.read() as tx:
        last = (await alert_rows.of_incident(tx, number))[-1]
    await incidents.split(engine, number, alerts=[last.id], by=caller("ana").actor)
    found = await grouping_trials.backtest(engine, caller(admin), grouping_trials.BacktestQuery(days=30))
    assert found.alerts == 2
    assert found.corrections in (0, 1)


async def test_suggestions_are_shown_with_their_diff(engine, happens, clock, sign_in, here):
    await outages(happens, clock, many=10)
    page = await (await sign_in("vic")).text("/grouping/suggestions?days=60")
    assert "What the rules could say better" in page
    assert "20 alerts" in page


async def test_nothing_to_suggest_is_said(sign_in, here):
    assert "Nothing to suggest" in await (await sign_in("vic")).text("/grouping/suggestions")


async def test_suggestions_by_api(engine, happens, clock, client, token, here):
    await outages(happens, clock, many=2)
    answered = await client.get("/api/v1/grouping/suggestions?days=60", headers=await headers(token, "vic"))
    assert msgspec.json.decode(await answered.read(), type=Suggestions).alerts == 4
    overview = await client.get("/api/v1/grouping", headers=await headers(token, "vic"))
    assert json.loads(await overview.text())["needed"] == 1000


async def test_what_fails_apart_is_said(monkeypatch):
    with pytest.raises(Unavailable, match=r"grouping\.nothing failed: .*No module named"):
        await apart.compute("grouping.nothing", b"")


async def test_what_takes_too_long_is_ended(monkeypatch):
    monkeypatch.setattr(apart, "TIMEOUT_SECONDS", 0.0)
    with pytest.raises(Unavailable, match="took too long"):
        await apart.compute("grouping.suggesting", b"{}")
