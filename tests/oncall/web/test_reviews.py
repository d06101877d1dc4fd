"""The review of an incident and what is to be done after it, over services and every door."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from oncall.errors import AlreadyTaken, Invalid, NotFound, Refused
from oncall.services import acting
from oncall.services.record import actions, reviews
from oncall.services.record.actions import ActionQuery, ChangeAction, NewAction, is_day_of_reminder, reminder
from oncall.services.record.reviews import DraftReview, SaveReview
from oncall.services.views import now_view, operator_view, phone_view, team_view
from oncall.store.reviews import ActionItem
from tests.oncall.web.conftest import firing
from tests.oncall.web.test_hostile_content import ATTACK, hostile

DUE = date(2026, 1, 8)
#: Nine o'clock of that day where Ana is.
DUE_MORNING = datetime(2026, 1, 8, 8, 0, tzinfo=UTC)


@pytest.fixture
async def over(happens, engine, caller, clock) -> int:
    """An incident that was acknowledged after four minutes and resolved after nine."""
    number = await happens.receive(firing())
    clock.move(timedelta(minutes=4))
    await acting.perform(engine, caller("ana"), number, acting.Acknowledge())
    await acting.perform(engine, caller("ana"), number, acting.Note(text="restarted the ledger"))
    clock.move(timedelta(minutes=5))
    await acting.perform(engine, caller("ana"), number, acting.Resolve(why="rolled back"))
    await happens.settle()
    return number


async def test_one_click_drafts_it_from_the_record(sign_in, over):
    ben = await sign_in("ben")
    place = f"/incidents/{over}/review"
    assert "Nobody has written one yet" in await ben.text(place)
    response = await ben.send(place, on=place)
    assert (response.status, response.headers["Location"]) == (303, place)
    page = await ben.text(place)
    for said in (
        "The on-call responder of Payments acknowledged.",
        "restarted the ledger",
        "Ana Ruiz",
        "4 min",
        "9 min",
    ):
        assert said in page, said


async def test_one_call_drafts_it(client, token, over):
    headers = {"Authorization": f"Bearer {(await token('ben')).reveal()}"}
    drafted = await client.post(f"/api/v1/incidents/{over}/review", headers=headers)
    body = await drafted.json()
    assert drafted.status == 201
    assert body["durations"] == {"detection": 60, "acknowledgement": 240, "resolution": 300, "whole": 540}
    assert [(a["person"], a["answered_at"]) for a in body["asked"]] == [("ana", "2026-01-05T09:04:00Z")]
    assert body["markdown"].startswith(f"# Review of #{over}: ")
    again = await client.post(f"/api/v1/incidents/{over}/review", headers=headers)
    assert again.status == 409
    changed = {"version": body["version"], "impact": "40 orders"}
    saved = await client.put(f"/api/v1/incidents/{over}/review", json=changed, headers=headers)
    assert (await saved.json())["sections"]["impact"] == "40 orders"
    assert (await client.get("/api/v1/incidents/4711/review", headers=headers)).status == 404


async def test_a_second_draft_replaces_only_when_asked(engine, caller, over):
    first = await reviews.draft(engine, caller("ben"), over, DraftReview())
    await reviews.save(engine, caller("ben"), over, SaveReview(version=first.version, lessons="many"))
    with pytest.raises(AlreadyTaken):
        await reviews.draft(engine, caller("ben"), over, DraftReview())
    again = await reviews.draft(engine, caller("ben"), over, DraftReview(again=True))
    assert again.sections == first.sections
    assert again.version == first.version + 2


async def test_sections_are_corrected_one_by_one(engine, caller, over):
    first = await reviews.draft(engine, caller("ben"), over, DraftReview())
    saved = await reviews.save(engine, caller("ana"), over, SaveReview(version=1, summary="It broke.\r\nTwice."))
    assert saved.sections["summary"] == "It broke.\nTwice."
    assert saved.sections["timeline"] == first.sections["timeline"]
    assert (saved.version, saved.saved_by, saved.drafted_by) == (2, "ana", "ben")
    with pytest.raises(Invalid):
        await reviews.save(engine, caller("ana"), over, SaveReview(version=2))


async def test_nobody_overwrites_what_they_have_not_seen(sign_in, engine, caller, over):
    await reviews.draft(engine, caller("ben"), over, DraftReview())
    ben = await sign_in("ben")
    place = f"/incidents/{over}/review/edit"
    await ben.text(place)
    await reviews.save(engine, caller("ana"), over, SaveReview(version=1, summary="Ana was first"))
    response = await ben.send(place, on=place, version="1", summary="Ben wrote this")
    page = await response.text()
    assert response.status == 409
    assert "Ana Ruiz saved it in the meantime" in page
    assert "Ben wrote this" in page
    assert (await reviews.view(engine, caller("ben"), over)).sections["summary"] == "Ana was first"


async def test_it_is_edited_in_a_form_that_hints_at_blame(sign_in, engine, caller, over):
    await reviews.draft(engine, caller("ben"), over, DraftReview())
    ben = await sign_in("ben")
    place = f"/incidents/{over}/review/edit"
    await ben.send(place, on=place, version="1", factors="Somebody failed to look", lessons="")
    found = await reviews.view(engine, caller("ben"), over)
    assert (found.sections["factors"], found.sections["lessons"]) == ("Somebody failed to look", "")
    assert found.blaming == {"factors": ("failed to",)}
    assert "These words look for somebody: failed to" in await ben.text(place)


async def test_it_is_exported_as_markdown(sign_in, engine, caller, over):
    await reviews.draft(engine, caller("ben"), over, DraftReview())
    response = await (await sign_in("vic")).get(f"/incidents/{over}/review.md")
    assert response.content_type == "text/markdown"
    assert "attachment" in response.headers["Content-Disposition"]
    assert (await response.text()) == (await reviews.view(engine, caller("vic"), over)).markdown


async def test_viewers_read_and_do_not_write(engine, caller, over, sign_in):
    await reviews.draft(engine, caller("ben"), over, DraftReview())
    item = await actions.add(engine, caller("ben"), over, NewAction(text="x"))
    vic = caller("vic")
    for attempt in (
        reviews.draft(engine, vic, over, DraftReview(again=True)),
        reviews.save(engine, vic, over, SaveReview(version=1, summary="x")),
        actions.add(engine, vic, over, NewAction(text="x")),
        actions.change(engine, vic, item.id, ChangeAction(done=True)),
    ):
        with pytest.raises(Refused):
            await attempt
    assert "<form" not in await (await sign_in("vic")).text(f"/incidents/{over}/review")


async def test_writing_is_in_the_audit_log(engine, caller, over):
    await reviews.draft(engine, caller("ben"), over, DraftReview())
    await reviews.save(engine, caller("ben"), over, SaveReview(version=1, summary="x"))
    item = await actions.add(engine, caller("ben"), over, NewAction(text="x"))
    await actions.change(engine, caller("ben"), item.id, ChangeAction(done=True))
    lines = (await operator_view.list_audit(engine, caller("dee"), None)).audit
    assert [line.act for line in reversed(lines)][-4:] == [
        "draft review",
        "edit review",
        "add action item",
        "change action item",
    ]


async def test_hostile_words_stay_words(engine, caller, over, sign_in):
    await acting.perform(engine, caller("ben"), over, acting.Note(text=ATTACK))
    await reviews.draft(engine, caller("ben"), over, DraftReview())
    everything = dict.fromkeys(("summary", "impact", "timeline", "tried", "factors", "lessons"), ATTACK)
    await reviews.save(engine, caller("ben"), over, SaveReview(version=1, **everything))
    await actions.add(engine, caller("ben"), over, NewAction(text=ATTACK, owner="ben"))
    ben = await sign_in("ben")
    for path in (f"/incidents/{over}/review", f"/incidents/{over}/review/edit", "/actions", "/", "/teams/payments"):
        assert hostile(await ben.text(path)) == [], path


async def test_an_item_is_the_teams_and_its_owners(engine, caller, over):
    item = await actions.add(
        engine, caller("ana"), over, NewAction(text=" Alert  earlier ", owner="Ben Okafor", due=DUE)
    )
    assert (item.text, item.owner, item.team, item.due) == ("Alert earlier", "ben", "payments", DUE)
    assert [a.id for a in (await now_view.view_now(engine, caller("ben"))).actions] == [item.id]
    assert (await now_view.view_now(engine, caller("ana"))).actions == ()
    assert [a.id for a in (await team_view.view_team(engine, caller("vic"), "payments")).actions] == [item.id]


async def test_whoever_gets_an_item_is_told(engine, caller, over, happens):
    await actions.add(engine, caller("ben"), over, NewAction(text="Alert earlier", owner="ana", due=DUE))
    await happens.settle()
    newest = (await phone_view.view_phone(engine, caller("ana"), "ana")).messages
    assert any("Alert earlier" in message.text and "08 Jan" in message.text for message in newest)


async def test_an_item_is_changed_handed_over_done_and_not_done(engine, caller, over, clock):
    item = await actions.add(engine, caller("ana"), over, NewAction(text="x", owner="ana", due=DUE))
    after = await actions.change(engine, caller("ben"), item.id, ChangeAction(text="y", owner="ben"))
    assert (after.text, after.owner, after.due) == ("y", "ben", DUE)
    after = await actions.change(engine, caller("ben"), item.id, ChangeAction(owner="", no_due=True))
    assert (after.owner, after.due) == ("", None)
    done = await actions.change(engine, caller("ben"), item.id, ChangeAction(done=True))
    assert (done.done_by, done.done_at) == ("ben", clock.now())
    clock.move(timedelta(hours=1))
    assert await actions.change(engine, caller("ana"), item.id, ChangeAction(done=True)) == done
    assert (await actions.change(engine, caller("ana"), item.id, ChangeAction(done=False))).done_at is None


async def test_what_cannot_be_done_is_said(engine, caller, over):
    with pytest.raises(NotFound):
        await actions.add(engine, caller("ana"), 4711, NewAction(text="x"))
    with pytest.raises(NotFound, match="no person"):
        await actions.add(engine, caller("ana"), over, NewAction(text="x", owner="stranger"))
    with pytest.raises(Invalid):
        await actions.add(engine, caller("ana"), over, NewAction(text="  "))
    with pytest.raises(NotFound):
        await actions.change(engine, caller("ana"), 4711, ChangeAction(done=True))


async def test_an_incident_has_not_endlessly_many_items(engine, caller, over, monkeypatch):
    monkeypatch.setattr(actions, "MOST", 2)
    for number in range(2):
        await actions.add(engine, caller("ana"), over, NewAction(text=f"item {number}"))
    with pytest.raises(Invalid):
        await actions.add(engine, caller("ana"), over, NewAction(text="one more"))


async def test_lists_are_filtered_and_paged(engine, caller, over):
    made = [await actions.add(engine, caller("ana"), over, NewAction(text=f"{n}", owner="ana" if n % 2 else "ben")) for n in range(5)]  # fmt: skip
    await actions.change(engine, caller("ana"), made[0].id, ChangeAction(done=True))

    async def ids(**query: object) -> list[int]:
        found = await actions.list_actions(engine, caller("vic"), ActionQuery(**query))  # type: ignore[arg-type]
        return [item.id - made[0].id for item in found.actions]

    assert await ids() == [1, 2, 3, 4]
    assert await ids(status="done") == [0]
    assert await ids(status="all", owner="ben") == [0, 2, 4]
    assert await ids(team="data") == []
    first = await actions.list_actions(engine, caller("vic"), ActionQuery(limit=3))
    assert first.next is not None
    assert await ids(limit=3, cursor=first.next) == [4]


async def test_items_are_ticked_off_where_they_are_seen(sign_in, engine, caller, over):
    item = await actions.add(engine, caller("ben"), over, NewAction(text="Alert earlier", owner="ben"))
    ben = await sign_in("ben")
    assert "Alert earlier" in await ben.text("/actions?owner=me")
    response = await ben.send(f"/actions/{item.id}?from=now", on="/", done="true")
    assert response.headers["Location"] == "/"
    assert "Alert earlier" not in await ben.text("/")
    assert "Alert earlier" in await ben.text("/actions?status=done")
    table = await (await ben.get("/actions.csv?status=all")).text()
    assert table.splitlines()[0].startswith("id,incident,team,text,owner,due")


async def test_a_form_adds_an_item_and_says_what_is_wrong(sign_in, engine, caller, over):
    await reviews.draft(engine, caller("ben"), over, DraftReview())
    ben = await sign_in("ben")
    place = f"/incidents/{over}/review"
    await ben.send(f"/incidents/{over}/actions", on=place, text="Alert earlier", owner="ben", due="2026-01-08")
    (item,) = (await actions.list_actions(engine, caller("ben"), ActionQuery())).actions
    assert (item.owner, item.due) == ("ben", DUE)
    assert (await ben.send(f"/incidents/{over}/actions", on=place, text="x", due="tomorrow")).status == 400


async def test_a_critical_incident_without_a_review_is_on_the_teams_list(engine, caller, over):
    found = await team_view.view_team(engine, caller("ana"), "payments")
    assert [number for number, _ in found.unreviewed] == [over]
    await reviews.draft(engine, caller("ben"), over, DraftReview())
    assert (await team_view.view_team(engine, caller("ana"), "payments")).unreviewed == ()


@pytest.mark.parametrize(
    ("late", "told"), [(-2, False), (-1, True), (0, True), (1, True), (2, False), (7, False), (8, True), (15, True)]
)
def test_reminders_come_around_the_day_and_then_weekly(late, told):
    assert is_day_of_reminder(DUE, DUE + timedelta(days=late)) is told


async def test_owners_are_reminded_in_their_morning_once(engine, caller, over, clock, happens):
    for text, due in (("first", DUE), ("second", DUE + timedelta(days=1)), ("later", DUE + timedelta(days=30))):
        await actions.add(engine, caller("ana"), over, NewAction(text=text, owner="ana", due=due))
    # Ana lives in Madrid: at 07:59 UTC it is not nine there yet.
    clock.move(DUE_MORNING - clock.now() - timedelta(minutes=1))
    assert await actions.remind_due(engine) == 0
    clock.move(timedelta(minutes=2))
    assert await actions.remind_due(engine) == 1
    assert await actions.remind_due(engine) == 0
    await happens.settle()
    texts = [m.text for m in (await phone_view.view_phone(engine, caller("ana"), "ana")).messages]
    (told,) = [text for text in texts if "2 action items wait for you" in text]
    assert "first (due today" in told
    assert "second (due tomorrow" in told
    assert "later" not in told


async def test_what_is_done_or_nobodys_is_not_reminded_of(engine, caller, over, clock):
    item = await actions.add(engine, caller("ana"), over, NewAction(text="x", owner="ana", due=DUE))
    await actions.add(engine, caller("ana"), over, NewAction(text="y", due=DUE))
    await actions.change(engine, caller("ana"), item.id, ChangeAction(done=True))
    clock.move(DUE_MORNING - clock.now() + timedelta(minutes=5))
    assert await actions.remind_due(engine) == 0


async def test_an_item_is_overdue_when_its_day_is_over_where_its_owner_is(engine, caller, over, clock):
    await actions.add(engine, caller("ana"), over, NewAction(text="x", owner="ana", due=DUE))

    async def overdue() -> bool:
        return (await actions.list_actions(engine, caller("vic"), ActionQuery())).actions[0].overdue

    clock.move(DUE_MORNING + timedelta(hours=14) - clock.now())
    assert not await overdue()
    clock.move(timedelta(hours=2))
    assert await overdue()


def test_a_reminder_says_how_late_each_is():
    item = ActionItem(incident=7, team="payments", text="x", owner="ana", due=DUE, made_at=DUE_MORNING, made_by="ana")
    said = {days: reminder([item], DUE + timedelta(days=days), "http://x") for days in (-1, 0, 1, 8)}
    assert ["due tomorrow" in said[-1], "due today" in said[0], "due yesterday" in said[1], "8 days ago" in said[8]] == [True] * 4  # fmt: skip
    assert said[0].endswith("http://x/actions?owner=me")
