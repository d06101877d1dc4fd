"""The weekly digest: who gets it, when, through what, and who does not want it."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from msgspec.structs import replace

from oncall.engine import Organisation
from oncall.errors import NotFound, Refused
from oncall.person import Role
from oncall.services.insight import tallying, weekly
from oncall.services.insight.tally import VERSION
from oncall.services.insight.weekly import SetDigest
from oncall.services.record import actions
from oncall.services.rotations import digest as rotation_digest
from oncall.services.views import phone_view
from oncall.store import tallies
from tests.oncall.web.conftest import START, firing
from tests.oncall.web.test_hostile_content import ATTACK, hostile

#: The Monday after, half past nine in Madrid.
MONDAY = START + timedelta(days=7) - timedelta(minutes=30)


@pytest.fixture
def to_monday(clock, happens):
    def move(length: timedelta = timedelta(0)) -> None:
        clock.move(MONDAY + length - clock.now())

    return move


async def texts(engine, caller, person: str) -> list[str]:
    return [m.text for m in (await phone_view.view_phone(engine, caller(person), person)).messages]


async def test_managers_read_it_on_their_monday_morning_once(engine, caller, happens, to_monday):
    to_monday(timedelta(minutes=-31))
    await weekly.send_due(engine)
    await happens.settle()
    assert not any("The last seven days" in text for text in await texts(engine, caller, "ana"))
    to_monday()
    assert await weekly.send_due(engine) >= 1
    assert await weekly.send_due(engine) == 0
    await happens.settle()
    (text,) = [text for text in await texts(engine, caller, "ana") if "The last seven days" in text]
    assert "Payments" in text
    assert "Platform" not in text


async def test_it_comes_in_each_recipients_own_zone(engine, caller, happens, to_monday):
    people = dict(engine.directory.people)
    people["fay"] = replace(people["fay"], role=Role.EDITOR, timezone="America/Los_Angeles")
    engine.organisation = Organisation(replace(engine.directory, people=people))
    to_monday()
    await weekly.send_due(engine)
    await happens.settle()
    assert not any("last seven days" in text for text in await texts(engine, caller, "fay"))
    to_monday(timedelta(hours=9))
    await weekly.send_due(engine)
    await happens.settle()
    assert any("last seven days" in text for text in await texts(engine, caller, "fay"))


async def test_it_is_not_sent_on_other_days_nor_to_responders(engine, caller, happens, to_monday):
    to_monday(timedelta(days=1))
    assert await weekly.send_due(engine) == 0
    to_monday(timedelta(days=7))
    await weekly.send_due(engine)
    await happens.settle()
    assert not any("last seven days" in text for text in await texts(engine, caller, "ben"))


async def test_whoever_says_no_does_not_get_it_until_they_want_it_again(engine, caller, happens, to_monday):
    found = await weekly.choose(engine, caller("ana"), SetDigest(wanted=False))
    assert (found.wanted, found.sent) == (False, False)
    to_monday()
    await weekly.send_due(engine)
    await happens.settle()
    assert not any("last seven days" in text for text in await texts(engine, caller, "ana"))
    found = await weekly.choose(engine, caller("ana"), SetDigest(wanted=True))
    assert found.wanted
    assert await weekly.send_due(engine) == 1


async def test_a_team_reads_its_week_in_its_monday_message_unless_it_does_not_want_to(
    engine, caller, happens, to_monday
):
    await actions.add(engine, caller("ana"), await happens.receive(firing()), actions.NewAction(text="Alert earlier", due=date(2026, 1, 7)))  # fmt: skip
    to_monday()
    team = engine.directory.teams["payments"]
    assert any("overdue by 5 days: Alert earlier" in line for line in await weekly.team_lines(engine, team))
    await weekly.choose(engine, caller("ana"), SetDigest(wanted=False, team="payments"))
    assert await weekly.team_lines(engine, team) == []
    assert await rotation_digest.send_due(engine) > 0


async def test_only_whoever_may_change_a_team_decides_for_it(engine, caller):
    for person in ("vic", "ben"):
        with pytest.raises(Refused):
            await weekly.choose(engine, caller(person), SetDigest(wanted=False, team="payments"))
    with pytest.raises(Refused):
        await weekly.choose(engine, caller("ana"), SetDigest(wanted=False, team="data"))
    with pytest.raises(NotFound):
        await weekly.choose(engine, caller("dee"), SetDigest(wanted=False, team="nobody"))


async def test_an_admin_reads_of_every_team(engine, caller):
    text = (await weekly.preview(engine, caller("dee"))).text
    assert all(team.name in text for team in engine.directory.teams.values())


async def test_it_is_read_beforehand_and_chosen_in_the_browser(sign_in, happens):
    await happens.receive(firing())
    ana = await sign_in("ana")
    assert "The last seven days on call" in await ana.text("/digest")
    await ana.send("/digest", on="/digest", wanted="false")
    assert "You said that you do not want it" in await ana.text("/digest")
    await ana.send("/digest", on="/digest", wanted="false", team="payments")
    assert "does not get it" in await ana.text("/digest")


async def test_the_api_previews_and_chooses(client, token):
    headers = {"Authorization": f"Bearer {(await token('ana')).reveal()}"}
    found = await (await client.get("/api/v1/digest", headers=headers)).json()
    assert ["payments", True] in found["teams"]
    assert ["data", True] not in found["teams"]
    changed = await client.post("/api/v1/digest", json={"wanted": False, "team": "payments"}, headers=headers)
    assert ["payments", False] in (await changed.json())["teams"]


async def test_hostile_words_stay_words(sign_in, engine, caller, happens):
    number = await happens.receive(firing())
    await actions.add(engine, caller("ana"), number, actions.NewAction(text=ATTACK, due=date(2026, 1, 1)))
    page = await (await sign_in("ana")).text("/digest")
    assert hostile(page) == []
    assert "overdue by 4 days" in page


async def test_a_teams_week_is_read_anew_only_where_it_changed_and_names_are_todays(
    engine, caller, happens, monkeypatch
):
    await happens.receive(firing())
    await happens.receive(firing("Other", service="ledger"), group="other")
    await tallying.keep_up(engine)
    teams = tuple(engine.directory.teams.values())
    first = await weekly.written(engine, teams)
    read: list[str] = []
    sums_of_teams = tallies.sums_of_teams

    async def noted(tx, teams, wanted):
        read.extend(teams)
        return await sums_of_teams(tx, teams, wanted)

    monkeypatch.setattr(tallies, "sums_of_teams", noted)
    assert await weekly.written(engine, teams) == first
    assert read == []
    async with engine.database.write() as tx:
        day = engine.clock.now().date().isoformat()
        of_payments = (await tallies.sums(tx, [day], "payments"))[day].replace(
            '"pages":1', '"pages":7,"nights":["2026-01-03","2026-01-04"]'
        )
        everything = {
            team: sums[day] for team, sums in (await sums_of_teams(tx, ["", *engine.directory.teams], [day])).items()
        }
        counts = {team: (await tallies.counted(tx, day[:7], team))[day] for team in everything}
        changed = {team: (counts[team].incidents, counts[team].alerts, sums) for team, sums in everything.items()}
        changed["payments"] = (*changed["payments"][:2], of_payments)
        await tallies.save(tx, day, changed, VERSION, engine.clock.now() + timedelta(seconds=1))
    second = await weekly.written(engine, teams)
    assert read == ["payments"]
    assert second != first
    people = engine.directory.people
    renamed = people | {"ana": replace(people["ana"], name="Ana Nova")}
    engine.organisation = Organisation(replace(engine.directory, people=renamed))
    assert "Ana Nova" in await weekly.written(engine, teams)
