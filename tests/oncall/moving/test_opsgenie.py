"""An Opsgenie account comes over whole: what has a counterpart is written, what has none is said."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import msgspec
import pytest
import yaml
from aiohttp import web
from aiohttp.test_utils import TestServer
from click.testing import CliRunner

from oncall.cli.main import main
from oncall.config import load
from oncall.errors import Unavailable
from oncall.moving.opsgenie import Dump, company
from oncall.moving.opsgenie_api import PAGE, dump_of
from schedules.identity import identity
from schedules.reading import read

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
ANA = {
    "id": "u1",
    "username": "ana@shop.example",
    "fullName": "Ana Ruiz",
    "timeZone": "Europe/Madrid",
    "blocked": False,
}
BEN = {"id": "u2", "username": "ben@shop.example", "fullName": "Ben O'Neil", "timeZone": "UTC", "blocked": False}
GONE = {"id": "u3", "username": "gone@shop.example", "fullName": "Gone", "blocked": True}
TEAM = {"id": "t1", "name": "Payments"}
SCHEDULE = {"id": "s1", "name": "Payments_schedule", "timezone": "Europe/Madrid", "enabled": True, "ownerTeam": TEAM}
CONTACTS = {"u1": [{"method": "email", "to": "ana@shop.example"}, {"method": "sms", "to": "34-600111222"}]}
PERIODS = [
    {"startDate": "2026-03-02T08:00:00Z", "endDate": "2026-03-09T08:00:00Z", "type": "historical",
     "recipient": {"id": "u1", "type": "user", "name": "ana@shop.example"}},
    {"startDate": "2026-03-09T08:00:00Z", "endDate": "2026-03-16T08:00:00Z", "type": "default",
     "recipient": {"id": "u2", "type": "user", "name": "ben@shop.example"}},
    {"startDate": "2026-03-16T08:00:00Z", "endDate": "2026-03-17T08:00:00Z", "type": "default", "recipient": {"type": "none"}},
]  # fmt: skip


def rule(minutes: float, kind: str, id_: str, **more) -> dict:
    delay = {"timeAmount": minutes, "timeUnit": "minutes"}
    return {
        "condition": "if-not-acked",
        "notifyType": "default",
        "delay": delay,
        "recipient": {"type": kind, "id": id_},
    } | more


def escalation(*rules: dict, name: str = "Payments_escalation", **more) -> dict:
    return {"id": f"e-{name}", "name": name, "ownerTeam": TEAM, "rules": list(rules)} | more


ESCALATION = escalation(rule(0, "schedule", "s1"), rule(5, "user", "u2"), rule(15, "team", "t1"))


def dump(**more) -> Dump:
    found = {
        "users": [ANA, BEN, GONE],
        "contacts": CONTACTS,
        "teams": [TEAM | {"members": [{"user": {"id": "u1"}, "role": "admin"}]}],
        "schedules": [SCHEDULE],
        "shifts": {"s1": PERIODS},
        "escalations": [ESCALATION],
    }
    return msgspec.convert(found | more, Dump)


def written(one: Dump, folder):
    """The directory, as an engine loads it."""
    made = company(one, new_key=lambda: "k" * 48, made_at=NOW)
    made.write(folder)
    return made, load(folder, {})


def steps(made, team: str = "payments"):
    return yaml.safe_load(made.files[f"teams/{team}.yaml"])["escalation"]["steps"]


def test_what_is_written_is_a_directory_that_an_engine_takes(tmp_path):
    made, loaded = written(dump(), tmp_path)
    assert not loaded.errors, loaded.problems
    assert set(loaded.directory.people) == {"ana", "ben"}
    assert set(loaded.directory.teams["payments"].members) == {"ana", "ben"}
    assert yaml.safe_load(made.files["people.yaml"])["ana"]["mobile"] == "+34600111222"


def test_shifts_are_written_out_and_nobody_stays_nobody(tmp_path):
    made, _ = written(dump(), tmp_path)
    found = read(made.files["calendars/payments-payments.ics"], (NOW, NOW + timedelta(days=20)), identity=identity())
    assert [[who.person for who in segment.on_call] for segment in found.segments] == [["ana"], ["ben"], []]


def test_delays_that_count_from_the_alert_become_waits_between_steps(tmp_path):
    made, _ = written(dump(), tmp_path)
    assert steps(made) == [
        {"notify": [{"schedule": "payments"}], "wait": "5m"},
        {"notify": [{"person": "ben"}], "wait": "10m"},
        {"notify": [{"team": "payments"}]},
    ]


def test_rules_of_one_instant_are_one_step_and_units_are_kept(tmp_path):
    later = rule(0, "team", "t1", delay={"timeAmount": 1, "timeUnit": "hours"})
    made, _ = written(dump(escalations=[escalation(later, rule(5, "user", "u1"), rule(5, "user", "u2"))]), tmp_path)
    assert steps(made) == [
        {"notify": [{"person": "ana"}, {"person": "ben"}], "wait": "55m"},
        {"notify": [{"team": "payments"}]},
    ]
    assert any("the first rule waited 5m" in note for note in made.notes)


def test_a_repeat_comes_over(tmp_path):
    made, _ = written(dump(escalations=[ESCALATION | {"repeat": {"count": 3, "waitInterval": 10}}]), tmp_path)
    assert yaml.safe_load(made.files["teams/payments.yaml"])["escalation"]["repeat"] == 3


@pytest.mark.parametrize(
    ("odd", "said"),
    [
        (rule(5, "user", "u3"), "is not known any more"),
        (rule(5, "user", "u1", condition="if-not-closed"), "unless the alert was closed"),
        (rule(5, "schedule", "s1", notifyType="next"), "by 'next'"),
    ],
)
def test_what_has_no_counterpart_is_said(tmp_path, odd, said):
    made, loaded = written(dump(escalations=[escalation(rule(0, "schedule", "s1"), odd)]), tmp_path)
    assert any(said in note for note in made.notes), made.notes
    assert not loaded.errors


def test_the_escalation_made_with_the_team_is_its_policy_and_others_become_teams(tmp_path):
    other = escalation(rule(0, "user", "u2"), name="A night one")
    made, loaded = written(dump(escalations=[other, ESCALATION]), tmp_path)
    assert not loaded.errors, loaded.problems
    assert steps(made)[0]["notify"] == [{"schedule": "payments"}]
    assert steps(made, "payments-a-night-one") == [{"notify": [{"person": "ben"}]}]


def test_a_team_without_an_escalation_asks_everybody_in_it(tmp_path):
    made, loaded = written(dump(escalations=[]), tmp_path)
    assert steps(made) == [{"notify": [{"team": "payments"}]}]
    assert not loaded.errors


def test_what_belongs_to_no_team_and_is_switched_off_is_told_apart(tmp_path):
    schedules = [SCHEDULE | {"ownerTeam": None}, SCHEDULE | {"id": "s2", "name": "Old", "enabled": False}]
    made, loaded = written(dump(schedules=schedules), tmp_path)
    assert not loaded.errors, loaded.problems
    assert list(loaded.directory.teams["general"].schedules) == ["payments"]
    assert steps(made)[0]["notify"] == [{"schedule": "general/payments"}]


# -- the API -----------------------------------------------------------------------------------------------------------


class Opsgenie:
    """Answers as the API does, to whoever has the key."""

    def __init__(self) -> None:
        self.users = [ANA, BEN]
        self.asked: list[tuple[str, dict[str, str]]] = []

    async def answer(self, request: web.Request) -> web.Response:
        path, query = request.match_info["path"], dict(request.query)
        self.asked.append((path, query))
        if request.headers.get("Authorization") != "GenieKey secret-key":
            return web.json_response({"message": "Could not authenticate"}, status=401)
        begin = int(query.get("offset", "0"))
        found = {
            "users": self.users[begin : begin + int(query.get("limit", "20"))],
            "teams": [TEAM],
            "teams/t1": TEAM | {"members": [{"user": {"id": "u1"}, "role": "admin"}]},
            "schedules": [SCHEDULE],
            "schedules/s1/timeline": {
                "finalTimeline": {"rotations": [{"periods": PERIODS[:1]}, {"periods": PERIODS[1:]}]}
            },
            "escalations": [ESCALATION],
        }
        answer = CONTACTS.get(path.split("/")[1], []) if path.endswith("/contacts") else found[path]
        return web.json_response({"data": answer, "took": 0.1, "requestId": "r"})


@pytest.fixture
async def opsgenie():
    answering = Opsgenie()
    app = web.Application()
    app.router.add_get("/v2/{path:.*}", answering.answer)
    async with TestServer(app) as server:
        answering.url = str(server.make_url("/")).rstrip("/")
        yield answering


async def test_every_person_is_read_however_many_there_are(opsgenie):
    opsgenie.users = [ANA | {"id": f"u{n}", "username": f"p{n}@shop.example"} for n in range(PAGE + 3)]
    found = await dump_of(opsgenie.url, "secret-key", now=NOW, months=6)
    assert len(found.users) == PAGE + 3


async def test_shifts_of_all_rotations_of_a_schedule_are_read_for_the_months_wanted(opsgenie):
    found = await dump_of(opsgenie.url, "secret-key", now=NOW, months=4)
    assert len(found.shifts["s1"]) == 3
    asked = dict(opsgenie.asked)["schedules/s1/timeline"]
    assert (asked["interval"], asked["intervalUnit"]) == ("4", "months")


async def test_a_wrong_key_is_said_without_the_key(opsgenie):
    with pytest.raises(Unavailable, match="answered 401") as refused:
        await dump_of(opsgenie.url, "wrong-key", now=NOW, months=1)
    assert "wrong-key" not in f"{refused.value} {refused.value.mend}"


async def test_the_command_writes_a_directory_that_passes_the_check(opsgenie, tmp_path, monkeypatch):
    monkeypatch.setenv("OPSGENIE_API_KEY", "secret-key")
    out = tmp_path / "company"
    command = ["import", "opsgenie", "--url", opsgenie.url, "--out", str(out)]
    done = await asyncio.to_thread(CliRunner().invoke, main, command)
    assert done.exit_code == 0, done.output
    assert "2 people and 1 teams are in" in done.output
    assert (out / "people.yaml").stat().st_mode & 0o077 == 0
    checked = await asyncio.to_thread(CliRunner().invoke, main, ["check", str(out)])
    assert checked.exit_code == 0, checked.output
