"""Game days: several drills by a script, from the form to the result."""

from __future__ import annotations

from datetime import timedelta

import pytest

from oncall.errors import AlreadyResolved, Invalid, NotFound, Refused
from oncall.practice import LATEST, DrillState
from oncall.services import acting
from oncall.services.practice import drills, game_days
from oncall.services.practice.game_days import Abort, NewGameDay, NewStep
from oncall.services.rotations import report
from oncall.services.views import operator_view, phone_view, team_view
from tests.oncall.web.conftest import START, firing
from tests.oncall.web.test_hostile_content import ATTACK, hostile

SCRIPT = NewGameDay(
    title="The database goes away",
    steps=(
        NewStep(team="payments", title="Checkout is slow", text="Look at *the pool*", service="checkout"),
        NewStep(team="payments", title="Checkout is down", minutes=40),
    ),
)


@pytest.fixture
def later(engine, clock, happens):
    """Time passes, and the jobs that belong to it run."""

    async def pass_by(minutes: float = 0) -> None:
        clock.move(timedelta(minutes=minutes))
        await game_days.begin_due(engine)
        await drills.end_due(engine)
        await game_days.begin_due(engine)
        await happens.settle()

    return pass_by


@pytest.fixture
async def states(engine, caller):
    async def of(number: int) -> list[str]:
        return [step.state.value for step in (await game_days.view(engine, caller("vic"), number)).steps]

    return of


async def test_drills_begin_at_their_times_and_it_ends_by_itself(engine, caller, clock, later, states):
    number = await game_days.plan(engine, caller("ana"), SCRIPT)
    assert await states(number) == ["waiting", "waiting"]
    await later()
    assert await states(number) == ["running", "waiting"]
    first = (await game_days.view(engine, caller("ana"), number)).steps[0]
    clock.move(timedelta(seconds=95))
    await acting.perform(engine, caller("ana"), first.incident, acting.Acknowledge())
    await later(31)
    assert await states(number) == ["answered", "waiting"]
    await later(8)
    assert await states(number) == ["answered", "running"]
    assert (await game_days.view(engine, caller("ana"), number)).ended_at is None
    await later(31)
    day = await game_days.view(engine, caller("ana"), number)
    assert [step.state for step in day.steps] == [DrillState.ANSWERED, DrillState.UNANSWERED]
    assert (day.ended_at, day.ended_why) == (clock.now(), "every drill is over")
    assert (day.steps[0].answered_by, day.steps[0].seconds_to_answer) == ("ana", 95)


async def test_whoever_made_it_reads_the_result(engine, caller, later):
    await game_days.plan(engine, caller("ana"), NewGameDay(title="Short", steps=SCRIPT.steps[:1]))
    await later()
    await later(31)
    texts = [m.text for m in (await phone_view.view_phone(engine, caller("ana"), "ana")).messages]
    assert any("Short is over: 0 of 1 drills were answered." in text for text in texts)


async def test_a_drill_begins_once_however_often_it_is_looked_for(engine, caller, later, states):
    number = await game_days.plan(engine, caller("ana"), SCRIPT)
    for _ in range(3):
        await game_days.begin_due(engine)
    found = (await drills.list_drills(engine, caller("vic"))).drills
    assert [(d.title, d.game_day) for d in found] == [("Checkout is slow", number)]


async def test_an_announced_drill_is_told_beforehand_and_a_surprise_is_not(engine, caller, happens):
    surprise = NewGameDay(title="Surprise", steps=(NewStep(team="payments"),), starts_at=START + timedelta(hours=2))
    told = NewGameDay(
        title="Told", steps=(NewStep(team="payments", announced=True),), starts_at=START + timedelta(hours=2)
    )
    await game_days.plan(engine, caller("ana"), surprise)
    await game_days.plan(engine, caller("ana"), told)
    await happens.settle()
    texts = [m.text for m in (await phone_view.view_phone(engine, caller("ana"), "ana")).messages]
    assert any("Told: 1 drill for you from Mon 05 Jan 12:00 (Europe/Madrid)" in text for text in texts)
    assert not any("Surprise" in text for text in texts)


async def test_a_single_drill_is_announced_too(engine, caller, happens):
    await drills.start(engine, caller("ana"), drills.NewDrill(team="payments", announced=True, text="Read *this*"))
    await happens.settle()
    texts = [m.text for m in (await phone_view.view_phone(engine, caller("ana"), "ana")).messages]
    assert any("A drill for Payments begins now" in text for text in texts)
    (item,) = (await drills.list_drills(engine, caller("vic"))).drills
    assert item.announced


async def test_a_real_incident_goes_first(engine, caller, happens, later):
    real = await happens.receive(firing())
    number = await game_days.plan(engine, caller("ana"), SCRIPT)
    await later()
    (first, _) = (await game_days.view(engine, caller("ana"), number)).steps
    assert (first.state, first.left_out) == (DrillState.LEFT_OUT, f"the team had a real incident, #{real}")


async def test_what_could_not_begin_in_time_is_left_out(engine, caller, clock, later, states):
    number = await game_days.plan(engine, caller("ana"), SCRIPT)
    await later((LATEST + timedelta(minutes=1)).total_seconds() / 60)
    assert await states(number) == ["left out", "waiting"]


async def test_it_is_ended_early_and_everything_with_it(engine, caller, later, states):
    number = await game_days.plan(engine, caller("ana"), SCRIPT)
    await later()
    await game_days.abort(engine, caller("ana"), number, Abort(why="a real incident came in"))
    day = await game_days.view(engine, caller("ana"), number)
    assert [step.state for step in day.steps] == [DrillState.UNANSWERED, DrillState.LEFT_OUT]
    assert (day.ended_by, day.ended_why, day.may_abort) == ("ana", "a real incident came in", False)
    await later(60)
    assert await states(number) == ["unanswered", "left out"]
    with pytest.raises(AlreadyResolved):
        await game_days.abort(engine, caller("ana"), number, Abort())


async def test_rights_are_those_of_every_team_in_it(engine, caller):
    mixed = NewGameDay(title="x", steps=(NewStep(team="payments"), NewStep(team="data")))
    for person in ("vic", "ben", "ana"):
        with pytest.raises(Refused):
            await game_days.plan(engine, caller(person), mixed)
    number = await game_days.plan(engine, caller("dee"), mixed)
    for person in ("vic", "ben", "ana"):
        with pytest.raises(Refused):
            await game_days.abort(engine, caller(person), number, Abort())
        assert not (await game_days.view(engine, caller(person), number)).may_abort
    await game_days.abort(engine, caller("dee"), number, Abort())


async def test_what_cannot_be_planned_is_said(engine, caller):
    with pytest.raises(NotFound, match="no team"):
        await game_days.plan(engine, caller("dee"), NewGameDay(title="x", steps=(NewStep(team="nobody"),)))
    for away in (timedelta(hours=-1), timedelta(days=400)):
        late = NewGameDay(title="x", steps=SCRIPT.steps, starts_at=START + away)
        with pytest.raises(Invalid):
            await game_days.plan(engine, caller("ana"), late)
    with pytest.raises(Invalid):
        await game_days.plan(engine, caller("ana"), NewGameDay(title="  ", steps=SCRIPT.steps))
    with pytest.raises(NotFound):
        await game_days.view(engine, caller("ana"), 4711)
    with pytest.raises(NotFound):
        await game_days.abort(engine, caller("ana"), 4711, Abort())


async def test_planning_and_ending_are_in_the_audit_log(engine, caller):
    number = await game_days.plan(engine, caller("ana"), SCRIPT)
    await game_days.abort(engine, caller("ana"), number, Abort())
    acts = [line.act for line in (await operator_view.list_audit(engine, caller("dee"), None)).audit]
    assert acts[:2] == ["abort game day", "plan game day"]


async def test_a_form_plans_it_and_the_view_follows_it(sign_in, engine, caller, later):
    ana = await sign_in("ana")
    fields = {"day": "By form", "team-0": "payments", "title-0": "First", "minutes-0": "0", "announced-0": "true",
              "team-1": "", "title-1": "left out", "team-2": "payments", "title-2": "Second", "minutes-2": "30"}  # fmt: skip
    response = await ana.send("/game-days", on="/game-days/new", **fields)
    place = response.headers["Location"]
    day = await game_days.view(engine, caller("ana"), int(place.rsplit("/", 1)[1]))
    assert [(s.title, s.minutes, s.announced) for s in day.steps] == [("First", 0, True), ("Second", 30, False)]
    await later()
    page = await ana.text(place)
    assert "not yet" in page
    assert "waits" in page
    await ana.send(f"{place}/abort", on=place, why="enough")
    assert "enough" in await ana.text(place)
    assert "By form" in await ana.text("/drills")


async def test_a_form_begins_in_the_readers_own_zone(sign_in, engine, caller):
    ana = await sign_in("ana")
    fields = {"day": "Later", "begins": "2026-01-05T15:00", "team-0": "payments"}
    place = (await ana.send("/game-days", on="/game-days/new", **fields)).headers["Location"]
    day = await game_days.view(engine, caller("ana"), int(place.rsplit("/", 1)[1]))
    assert day.starts_at == START.replace(hour=14)


@pytest.mark.parametrize(
    "fields",
    [
        {"day": "x"},
        {"day": "", "team-0": "payments"},
        {"day": "x", "team-0": "data"},
        {"day": "x", "team-0": "payments", "minutes-0": "-5"},
        {"day": "x", "team-0": "payments", "begins": "soon"},
        {"day": "x", "team-0": "payments", "begins": "2020-01-01T00:00"},
    ],
)
async def test_a_wrong_form_says_so_and_keeps_what_was_written(sign_in, fields):
    ana = await sign_in("ana")
    response = await ana.send("/game-days", on="/game-days/new", **fields, **{"title-0": "Keep me"})
    page = await response.text()
    assert response.status in {400, 403}
    assert 'role="alert"' in page
    assert "Keep me" in page


async def test_the_api_plans_follows_and_ends_it(client, token, later):
    headers = {"Authorization": f"Bearer {(await token('ana')).reveal()}"}
    script = {"title": "By API", "steps": [{"team": "payments", "title": "One", "minutes": 5}]}
    made = await client.post("/api/v1/game-days", json=script, headers=headers)
    body = await made.json()
    assert (made.status, body["steps"][0]["state"]) == (201, "waiting")
    listed = await (await client.get("/api/v1/game-days", headers=headers)).json()
    assert [day["title"] for day in listed["game_days"]] == ["By API"]
    ended = await client.post(f"/api/v1/game-days/{body['id']}/abort", json={}, headers=headers)
    assert (await ended.json())["steps"][0]["state"] == "left out"
    again = await client.post(f"/api/v1/game-days/{body['id']}/abort", json={}, headers=headers)
    assert again.status == 409


async def test_hostile_words_stay_words(sign_in, engine, caller, later):
    steps = (NewStep(team="payments", title=ATTACK, service=ATTACK, text=ATTACK),)
    number = await game_days.plan(engine, caller("ana"), NewGameDay(title=ATTACK, steps=steps))
    await later()
    await game_days.abort(engine, caller("ana"), number, Abort(why=ATTACK))
    ana = await sign_in("ana")
    (item,) = (await drills.list_drills(engine, caller("ana"))).drills
    for path in (f"/game-days/{number}", "/drills", f"/incidents/{item.id}", "/teams/payments"):
        assert hostile(await ana.text(path)) == [], path


async def test_the_result_goes_to_the_team_and_its_rotations(engine, caller, later, clock):
    team = engine.directory.teams["payments"]

    async def notes() -> tuple[str, ...]:
        async with engine.database.read() as tx:
            return (await report.report(engine, tx, team, team.schedules["primary"], clock.now())).notes

    assert "Never practised" in (await team_view.view_team(engine, caller("vic"), "payments")).practised
    assert any("Never practised" in note for note in await notes())
    number = await drills.start(engine, caller("ana"), drills.NewDrill(team="payments"))
    clock.move(timedelta(seconds=42))
    await acting.perform(engine, caller("ana"), number, acting.Acknowledge())
    await later(31)
    said = f"The last drill, today (#{number}), was answered by Ana Ruiz after 42 s."
    assert (await team_view.view_team(engine, caller("vic"), "payments")).practised == said
    assert said in await notes()
    clock.move(timedelta(days=3))
    await drills.start(engine, caller("ana"), drills.NewDrill(team="payments"))
    await later(31)
    assert "was answered by nobody" in (await team_view.view_team(engine, caller("vic"), "payments")).practised
