"""Forms filled in by somebody half asleep, by somebody clumsy and by somebody hostile: what is wrong is said above the
view the form is on, and everything stays in it as it was written."""

from __future__ import annotations

import html
import re
from datetime import timedelta

import pytest

from oncall.services import acting
from oncall.services.practice import drills, game_days
from oncall.services.record import actions, reviews
from oncall.services.rotations import cover, overrides
from oncall.services.views import phone_view
from oncall.store import incidents as incident_rows
from tests.oncall.web.conftest import START, firing
from tests.oncall.web.test_hostile_content import ATTACK, hostile

#: Written into a field that fails; it must come back whole, and as text.
WORDS = f"The card network {ATTACK}"
LONG = WORDS + "x" * 30_000
HERE = "/incidents/1"
ROTATION = "/rotations/payments/primary"
#: Person, the view a form is on, its address, what is sent, words of the complaint, fields that must come back.
CASES = [
    ("ana", HERE, f"{HERE}/note", {"text": LONG}, "text is too long: it may have 20000 characters", ["text"]),
    ("ana", HERE, f"{HERE}/note", {}, "text is missing", []),
    ("ana", HERE, f"{HERE}/note", {"text": " \n\t "}, "text is missing", []),
    ("ana", HERE, f"{HERE}/snooze", {"minutes": "soon"}, "minutes is a whole number", []),
    ("ana", HERE, f"{HERE}/snooze", {"minutes": "-5"}, "minutes is at least 1", []),
    ("ana", HERE, f"{HERE}/reassign", {"person": "nobody"}, "there is no person", []),
    ("ana", HERE, f"{HERE}/involve", {"team": ATTACK}, "there is no team", []),
    ("ana", HERE, f"{HERE}/merge", {"into": "9" * 30}, "into is at most", []),
    ("ana", HERE, f"{HERE}/merge", {"into": "4711"}, "there is no incident #4711", []),
    ("ana", HERE, f"{HERE}/merge", {"into": "1"}, "merged into itself", []),
    ("ana", HERE, f"{HERE}/split", {}, "alerts is missing", []),
    ("ana", HERE, f"{HERE}/split", {"alerts": "99999"}, "takes some of the alerts", []),
    ("ana", HERE, f"{HERE}/describe", {"impact": WORDS * 5, "status": WORDS}, "too long", ["impact", "status"]),
    ("ana", HERE, f"{HERE}/assign", {"role": WORDS, "person": "ben"}, "role is too long", ["role"]),
    ("ana", HERE, f"{HERE}/resolve", {"why": LONG}, "why is too long", ["why"]),
    ("ana", HERE, f"{HERE}/attachments", {"text": WORDS}, "no file was chosen", ["text"]),
    ("vic", HERE, f"{HERE}/note", {"text": "x"}, "may not", []),
    ("ana", f"{HERE}/review", f"{HERE}/actions", {"text": WORDS, "due": "2026-02-31"}, "due is no date", ["text", "due"]),
    ("ana", f"{HERE}/review", f"{HERE}/actions", {"text": WORDS, "owner": "nobody"}, "there is no person", ["text"]),
    ("ana", f"{HERE}/review", f"{HERE}/actions", {"text": WORDS * 5}, "text is too long", ["text"]),
    ("ana", "/actions", "/actions/1?from=list", {"text": WORDS, "due": "soon"}, "due is no date", ["text"]),
    ("ana", f"{HERE}/review/edit", f"{HERE}/review/edit",
     {"version": "1", "factors": LONG * 3, "lessons": WORDS}, "factors is too long", ["factors", "lessons"]),
    ("ana", f"{HERE}/review/edit", f"{HERE}/review/edit",
     {"version": "7", "lessons": WORDS}, "saved", ["lessons", "version"]),
    ("ana", ROTATION, f"{ROTATION}/overrides",
     {"person": "ben", "starts_at": "2026-01-09T10:00", "ends_at": "2026-01-08T10:00"}, "", ["starts_at", "ends_at"]),
    ("ana", ROTATION, f"{ROTATION}/overrides",
     {"person": "ben", "starts_at": "tomorrow", "ends_at": "2026-01-08T10:00"}, "no date and time", ["ends_at"]),
    ("ana", ROTATION, f"{ROTATION}/overrides",
     {"person": ATTACK, "starts_at": "2026-01-08T10:00", "ends_at": "2026-01-09T10:00"}, "", ["starts_at"]),
    ("vic", ROTATION, f"{ROTATION}/overrides",
     {"person": "ben", "starts_at": "2026-01-08T10:00", "ends_at": "2026-01-09T10:00"}, "may not", []),
    ("ben", ROTATION, f"{ROTATION}/cover",
     {"starts_at": "2026-01-08T10:00", "ends_at": "2026-01-07T10:00", "note": WORDS}, "cannot be covered", ["note"]),
    ("ana", "/drills", "/drills", {"team": "platform", "title": "x"}, "may not", ["title"]),
    ("ana", "/drills", "/drills", {"team": "payments", "title": WORDS * 5, "text": WORDS}, "too long", ["title", "text"]),
    ("ana", "/drills", "/drills", {"team": "payments", "text": WORDS, "announced": "perhaps"}, "true or false", ["text"]),
    ("ana", "/game-days/new", "/game-days", {"day": WORDS}, "choose at least 1", ["day"]),
    ("ana", "/game-days/new", "/game-days",
     {"day": WORDS, "team-0": "payments", "minutes-0": "-3", "title-0": WORDS}, "minutes is at least 0", ["day", "title-0"]),
    ("ana", "/game-days/new", "/game-days",
     {"day": WORDS, "team-0": "payments", "begins": "2020-01-01T00:00"}, "begins now or later", ["day", "begins"]),
    ("ana", "/game-days/1", "/game-days/1/abort", {"why": WORDS * 5}, "why is too long", ["why"]),
    ("ana", "/account", "/account/tokens", {"name": WORDS, "days": "900"}, "lives 1 to 365 days", ["name", "days"]),
    ("ana", "/account", "/account/tokens", {"name": WORDS, "scope": "admin"}, "may not give", ["name"]),
    ("ana", "/account", "/account/password", {"new": "short", "old": ""}, "", []),
    ("ana", "/contacts", "/contacts/verify", {"channel": "sms", "code": "1"}, "", []),
    ("ana", "/contacts", "/contacts/test", {"channel": ATTACK}, "", []),
    ("ana", "/phone/ana", "/phone/ana", {"text": WORDS * 9}, "text is too long", ["text"]),
    ("ana", "/digest", "/digest", {"wanted": "perhaps"}, "wanted is true or false", []),
    ("ana", "/subscriptions", "/subscriptions", {"team": ATTACK}, "", []),
]  # fmt: skip


@pytest.fixture
async def world(engine, happens, caller) -> None:
    """An incident with a review and an action item, and a game day."""
    assert await happens.receive(firing(pod="a"), firing(pod="b")) == 1
    await reviews.draft(engine, caller("ana"), 1, reviews.DraftReview())
    await actions.add(engine, caller("ana"), 1, actions.NewAction(text="Alert earlier"))
    step = game_days.NewStep(team="payments")
    day = game_days.NewGameDay(title="Evening", steps=(step,), starts_at=START + timedelta(hours=5))
    await game_days.plan(engine, caller("ana"), day)


async def content(engine) -> list[tuple[object, ...]]:
    """Everything people wrote or did, as the database has it."""
    tables = (
        "timeline",
        "action_item",
        "review",
        "drill",
        "game_day",
        "schedule_override",
        "cover_request",
        "api_token",
    )
    async with engine.database.read() as tx:
        names = set((await tx.exec_driver_sql("select name from sqlite_master where type = 'table'")).scalars())
        return [
            (table, *row)
            for table in tables
            if table in names
            for row in (await tx.exec_driver_sql(f"select * from {table}")).all()
        ]


async def test_what_is_wrong_is_said_and_nothing_is_lost(sign_in, world, engine):
    """One world for all of them: none of these forms changes anything."""
    browsers = {person: await sign_in(person) for person in {case[0] for case in CASES}}
    before = await content(engine)
    for person, on, path, fields, complaint, kept in CASES:
        # A viewer has no form of it, and takes the token from one that everybody has.
        response = await browsers[person].send(path, on="/account" if person == "vic" else on, **fields)
        page = await response.text()
        what = f"{person} {path} {str(fields)[:80]}"
        assert response.status in {400, 403, 404, 409}, f"{what}: {response.status}"
        alerts = "".join(re.findall(r'role="alert">(.*?)</div>', page, re.DOTALL))
        said = html.unescape(re.sub(r"<[^>]+>", "", alerts))
        assert said.strip(), what
        assert complaint.lower() in said.lower(), f"{what}: {said}"
        assert "Expected `" not in said, what
        for name in kept:
            assert html.escape(fields[name], quote=False) in plain(page), f"{what}: {name}"
        assert hostile(page) == [], what
        assert "x-x-x-x-" not in page, what
    assert await content(engine) == before


def plain(page: str) -> str:
    """With quotes as they were written; what could be markup stays escaped."""
    return page.replace("&#34;", '"').replace("&#39;", "'")


async def test_a_field_that_failed_shows_where_it_is(sign_in, world):
    ana = await sign_in("ana")
    page = await (await ana.send("/account/tokens", on="/account", name="ci", days="900")).text()
    assert re.search(r'<details open id="written">\s*<summary>New token', page)
    assert 'href="#written"' in page
    page = await ana.text("/account")
    assert re.search(r"<details>\s*<summary>New token", page)


async def test_what_went_well_does_not_stay_in_the_form(sign_in, world):
    ana = await sign_in("ana")
    page = await (await ana.send("/account/tokens", on="/account", name="for the pipeline", days="9")).text()
    assert "Copy it now" in page
    assert 'value="for the pipeline"' not in page


async def test_words_written_on_a_stale_view_are_shown_to_be_copied(sign_in, world, engine):
    """Somebody signed in anew in another tab: the form they have been writing in belongs to the old session."""
    ana = await sign_in("ana")
    data = {"form_token": "0" * 64, "text": WORDS, "password": "hidden horse"}
    response = await ana.client.post(f"{HERE}/note", data=data, headers={"Accept": "text/html"}, allow_redirects=False)
    page = await response.text()
    assert response.status == 403
    assert html.escape(WORDS, quote=False) in plain(page)
    assert "hidden horse" not in page
    assert hostile(page) == []


async def test_words_written_until_the_session_ended_are_shown_to_be_copied(client, world):
    headers = {"Accept": "text/html", "Sec-Fetch-Site": "same-origin"}
    response = await client.post(f"{HERE}/note", data={"text": "half an hour of thought"}, headers=headers)
    assert response.status == 401
    page = await response.text()
    assert "half an hour of thought" in page
    assert 'href="/sign-in"' in page


@pytest.mark.parametrize("site", ["cross-site", "same-site", "none", ""])
async def test_nobody_else_puts_words_on_a_view_of_ours(client, world, site):
    headers = {"Accept": "text/html", **({"Sec-Fetch-Site": site} if site else {})}
    response = await client.post(f"{HERE}/note", data={"text": "call 0900 now"}, headers=headers, allow_redirects=False)
    assert response.status == 303
    assert response.headers["Location"] == "/sign-in"


async def test_a_file_that_is_too_large_is_told_in_the_words_of_people(sign_in, world):
    ana = await sign_in("ana")
    response = await ana.client.post(
        f"{HERE}/attachments", data={"text": "x" * 300_000}, headers={"Accept": "text/html"}, allow_redirects=False
    )
    page = await response.text()
    assert response.status == 413
    assert "A file may have 5 MB." in page
    assert "Alertmanager" not in page


TWICE = [
    ("ana", HERE, f"{HERE}/note", {"text": "Restarted it"}),
    ("ana", f"{HERE}/review", f"{HERE}/actions", {"text": "Alert on the queue", "owner": "ben", "due": "2026-02-01"}),
    ("ana", "/drills", "/drills", {"team": "payments", "title": "Slow"}),
    ("ana", "/game-days/new", "/game-days", {"day": "Night", "team-0": "payments", "minutes-0": "600"}),
    ("ana", ROTATION, f"{ROTATION}/overrides",
     {"person": "ben", "starts_at": "2026-01-08T10:00", "ends_at": "2026-01-09T10:00"}),
    ("ana", ROTATION, f"{ROTATION}/cover", {"starts_at": "2026-01-05T18:00", "ends_at": "2026-01-05T20:00"}),
]  # fmt: skip


@pytest.mark.parametrize(("person", "on", "path", "fields"), TWICE)
async def test_a_form_sent_twice_does_it_once(sign_in, world, engine, happens, person, on, path, fields):
    browser = await sign_in(person)
    first = await browser.send(path, on=on, **fields)
    assert first.status == 303, await first.text()
    await happens.settle()
    before = await content(engine)
    again = await browser.send(path, on=on, **fields)
    assert again.status in {303, 400, 409}
    await happens.settle()
    assert await content(engine) == before


async def test_the_same_words_later_or_from_somebody_else_are_said_again(engine, world, caller, clock):
    async def notes() -> int:
        async with engine.database.read() as tx:
            return sum(entry.text == "Restarted it" for _, entry in await incident_rows.entries(tx, 1))

    for person, minutes in (("ana", 0), ("ana", 0), ("ben", 0), ("ana", 0), ("ana", 2)):
        clock.move(timedelta(minutes=minutes))
        await acting.perform(engine, caller(person), 1, acting.Note(text="Restarted it"))
    assert await notes() == 4


async def test_what_is_asked_twice_is_answered_by_what_there_is(engine, world, caller, happens):
    ana = caller("ana")
    wanted = actions.NewAction(text="Alert on the queue", owner="ben")
    one = await actions.add(engine, ana, 1, wanted)
    assert await actions.add(engine, ana, 1, wanted) == one
    await actions.change(engine, ana, one.id, actions.ChangeAction(done=True))
    assert (await actions.add(engine, ana, 1, wanted)).id != one.id
    asked = cover.NewCover(
        team="payments", schedule="primary", starts_at=START + timedelta(hours=9), ends_at=START + timedelta(hours=11)
    )
    first = await cover.ask(engine, ana, asked)
    assert (await cover.ask(engine, ana, asked)).request == first.request
    span = {"starts_at": START + timedelta(days=2), "ends_at": START + timedelta(days=3)}
    put = await overrides.add(engine, ana, "payments", "primary", overrides.NewOverride(person="ben", **span))
    assert await overrides.add(engine, ana, "payments", "primary", overrides.NewOverride(person="ben", **span)) == put
    await overrides.revoke(engine, ana, "payments", "primary", put.id)
    again = await overrides.add(engine, ana, "payments", "primary", overrides.NewOverride(person="ben", **span))
    assert again.id != put.id
    number = await drills.start(engine, ana, drills.NewDrill(team="payments"))
    await acting.perform(engine, ana, number, acting.Resolve())
    assert await drills.start(engine, ana, drills.NewDrill(team="payments")) != number
    await happens.settle()
    texts = [m.text for m in (await phone_view.view_phone(engine, ana, "ana")).messages]
    assert texts
