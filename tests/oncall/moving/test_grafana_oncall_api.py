"""The API is read page by page, politely, and whatever goes wrong is said."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from click.testing import CliRunner

from oncall.cli.main import main
from oncall.errors import Unavailable
from oncall.moving.grafana_oncall_api import dump_of

NOW = datetime(2026, 3, 2, tzinfo=UTC)
LISTS = {
    "users": [{"id": f"U{n}", "username": f"person{n}", "email": f"p{n}@shop.example"} for n in range(5)],
    "teams": [{"id": "T1", "name": "Payments"}],
    "schedules": [{"id": "S1", "name": "Primary", "type": "web", "team_id": "T1"}],
    "schedules/S1/final_shifts": [
        {"user_pk": "U1", "shift_start": "2026-03-02T09:00:00Z", "shift_end": "2026-03-09T09:00:00Z"}
    ],
    "escalation_chains": [{"id": "C1", "name": "default", "team_id": "T1"}],
    "escalation_policies": [{"escalation_chain_id": "C1", "type": "notify_persons", "persons_to_notify": ["U1"]}],
    "integrations": [{"id": "I1", "name": "Prod", "type": "alertmanager"}],
}


class Grafana:
    """Answers lists in pages of two, to whoever has the key."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, dict[str, str]]] = []
        self.refuse_first = 0
        self.status = 200

    async def answer(self, request: web.Request) -> web.Response:
        path = request.match_info["path"].removesuffix("/")
        self.asked.append((path, dict(request.query)))
        if request.headers.get("Authorization") != "secret-key":
            return web.json_response({"detail": "Invalid token."}, status=403)
        if self.refuse_first:
            self.refuse_first -= 1
            return web.Response(status=429, headers={"Retry-After": "0"})
        if self.status != 200:
            return web.Response(status=self.status)
        found, page = LISTS.get(path, []), int(request.query.get("page", "1"))
        further = f"http://oncall.internal/api/v1/{path}/?page={page + 1}" if len(found) > 2 * page else None
        return web.json_response({"count": len(found), "next": further, "results": found[2 * page - 2 : 2 * page]})


@pytest.fixture
async def grafana():
    answering = Grafana()
    app = web.Application()
    app.router.add_get("/api/v1/{path:.*}", answering.answer)
    async with TestServer(app) as server:
        answering.url = str(server.make_url("/")).rstrip("/")
        yield answering


async def test_every_page_is_read_whatever_host_the_links_name(grafana):
    found = await dump_of(grafana.url, "secret-key", now=NOW, days=180)
    assert [user.id for user in found.users] == ["U0", "U1", "U2", "U3", "U4"]
    assert [shift.user_pk for shift in found.shifts["S1"]] == ["U1"]


async def test_shifts_are_asked_for_as_many_days_as_wanted(grafana):
    await dump_of(f"{grafana.url}/api/v1/", "secret-key", now=NOW, days=30)
    assert ("schedules/S1/final_shifts", {"start_date": "2026-03-02", "end_date": "2026-04-01"}) in grafana.asked


async def test_one_that_wants_a_pause_gets_it(grafana):
    grafana.refuse_first = 2
    found = await dump_of(grafana.url, "secret-key", now=NOW, days=30)
    assert len(found.users) == 5


async def test_a_wrong_key_is_said_without_the_key(grafana):
    with pytest.raises(Unavailable, match="answered 403") as refused:
        await dump_of(grafana.url, "wrong-key", now=NOW, days=30)
    assert "API key" in refused.value.mend
    assert "wrong-key" not in str(refused.value)


@pytest.mark.parametrize("status", [404, 500, 302])
async def test_an_address_that_is_none_is_said(grafana, status):
    grafana.status = status
    with pytest.raises(Unavailable, match=f"answered {status}"):
        await dump_of(grafana.url, "secret-key", now=NOW, days=30)


async def test_the_command_writes_a_directory_and_says_what_is_left(grafana, tmp_path, monkeypatch):
    monkeypatch.setenv("GRAFANA_ONCALL_TOKEN", "secret-key")
    out = tmp_path / "company"
    command = ["import", "grafana-oncall", grafana.url, "--out", str(out)]
    done = await asyncio.to_thread(CliRunner().invoke, main, command)
    assert done.exit_code == 0, done.output
    assert "5 people and 1 teams are in" in done.output
    assert (out / "teams" / "payments.yaml").exists()
    assert (out / "integrations.yaml").stat().st_mode & 0o077 == 0
    assert "- [ ] calendars/payments-primary.ics" in (out / "IMPORT.md").read_text()
    checked = await asyncio.to_thread(CliRunner().invoke, main, ["check", str(out)])
    assert checked.exit_code == 0, checked.output


async def test_nothing_is_written_over(grafana, tmp_path):
    (tmp_path / "people.yaml").write_text("ana: {name: Ana}")
    command = ["import", "grafana-oncall", grafana.url, "--token", "secret-key", "--out", str(tmp_path)]
    done = await asyncio.to_thread(CliRunner().invoke, main, command)
    assert done.exit_code == 2
    assert "is not empty" in done.output
    assert not grafana.asked
