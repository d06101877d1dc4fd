"""Rotations in the browser and as CSV."""

from __future__ import annotations

import csv
import io
import re
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest

from oncall.services.rotations import calendars as rotations
from oncall.store import rotations as rotation_rows
from oncall.web.rotations import _cell


@pytest.fixture
async def read(engine):
    """Every calendar of the company was read."""
    await rotations.refresh(engine)


async def test_the_list_leads_to_each_rotation(sign_in, read, engine):
    text = await (await sign_in("ana")).text("/rotations")
    for team in engine.directory.teams.values():
        for schedule in team.schedules:
            assert f'href="/rotations/{team.id}/{schedule}"' in text


async def test_one_rotation_answers_the_three_questions_before_all_else(sign_in, read):
    text = await (await sign_in("ana")).text("/rotations/payments/primary")
    order = [
        text.index(part)
        for part in ("Who carries too much", "When nobody can be reached", "What to do", '<svg class="rota"')
    ]
    assert order == sorted(order)
    assert "Ana Ruiz" in text


async def test_the_table_is_csv_with_a_row_for_every_piece_and_every_person(sign_in, read):
    response = await (await sign_in("ana")).get("/rotations/payments/primary.csv")
    assert response.headers["Content-Disposition"] == 'attachment; filename="payments-primary.csv"'
    rows = list(csv.reader(io.StringIO(await response.text())))
    assert rows[0] == ["start_utc", "end_utc", "person", "role"]
    assert ["person", "hours", "fair_hours", "night_hours", "free_day_hours", "pages"] in rows


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)"])
def test_a_name_from_a_calendar_is_never_a_formula(text):
    assert _cell(text) == f"'{text}"
    assert _cell("Ana") == "Ana"


async def test_a_rotation_that_is_not_there_is_404(sign_in, read):
    assert (await (await sign_in("ana")).get("/rotations/payments/none")).status == 404


async def test_an_override_is_made_and_revoked_in_the_browser(sign_in, read):
    ana = await sign_in("ana")
    page = "/rotations/payments/primary"
    fields = {"person": "ben", "replaces": "", "starts_at": "2026-01-05T12:00", "ends_at": "2026-01-05T18:00"}
    response = await ana.send(f"{page}/overrides", on=page, **fields)
    assert (response.status, response.headers["Location"]) == (303, page)
    assert "Revoke" in await ana.text(page)
    assert (await ana.send(f"{page}/overrides/1/revoke", on=page)).status == 303
    assert "Revoke" not in await ana.text(page)


async def test_a_time_that_is_none_is_told(sign_in, read):
    ana = await sign_in("ana")
    page = "/rotations/payments/primary"
    response = await ana.send(f"{page}/overrides", on=page, person="ben", starts_at="soon", ends_at="later")
    assert response.status == 400
    assert "no date and time" in await response.text()


async def test_somebody_of_another_team_sees_no_form(sign_in, read):
    assert "Put somebody on call" not in await (await sign_in("vic")).text("/rotations/payments/primary")


async def test_a_feed_address_is_shown_once_and_serves_the_calendar(sign_in, read, client):
    ana = await sign_in("ana")
    text = await (await ana.send("/subscriptions", on="/subscriptions", team="payments")).text()
    path = re.search(r"<code>https?://[^/]+(/feeds/[^<]+)</code>", text)[1]
    response = await client.get(path)
    assert response.headers["Content-Type"] == "text/calendar; charset=utf-8"
    assert (await response.read()).startswith(b"BEGIN:VCALENDAR")
    again = await client.get(path, headers={"If-None-Match": response.headers["ETag"]})
    assert again.status == 304
    assert path.split("/")[-1] not in await ana.text("/subscriptions")
    assert (await client.get("/feeds/guess.ics")).status == 404


async def test_cover_is_asked_for_and_taken_with_one_button(sign_in, read, engine):
    now = engine.clock.now()
    asking = (await on_call_now(engine)).pop()
    one = await sign_in(asking)
    page = "/rotations/payments/primary"
    zone = ZoneInfo(engine.directory.people[asking].timezone)
    fields = {
        "starts_at": f"{(now + timedelta(hours=1)).astimezone(zone):%Y-%m-%dT%H:%M}",
        "ends_at": f"{(now + timedelta(hours=2)).astimezone(zone):%Y-%m-%dT%H:%M}",
    }
    response = await one.send(f"{page}/cover", on=page, **fields)
    assert response.headers["Location"] == "/covers/1"
    other = await sign_in(next(m for m in engine.directory.teams["payments"].members if m != asking))
    assert "I take it" in await other.text("/covers/1")
    assert (await other.send("/covers/1", on="/covers/1")).status == 303
    assert "takes it." in await one.text("/covers/1")


async def on_call_now(engine) -> set[str]:
    async with engine.database.read() as tx:
        (segment,) = await rotation_rows.segments_at(tx, engine.clock.now(), {"payments/primary"})
    return {name for name, _ in segment.on_call}
