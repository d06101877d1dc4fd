"""Answers through pagers: told by PagerDuty, asked of Pushover."""

from __future__ import annotations

import dataclasses
import hmac
import json
from datetime import timedelta

import aiohttp
import pytest
from aiohttp import web
from msgspec.structs import replace

from notifiers.http import Http
from notifiers.pushover import PushoverNotifier
from notifiers.throttle import TEXT_LIMITS
from oncall.engine import Organisation
from oncall.incident import IncidentStatus
from oncall.person import ContactMethod, ContactRule
from oncall.services.answers import receipts
from oncall.store import incidents as incident_rows

SECRET = "pd-webhook-signing-secret"


def firing() -> dict:
    return {
        "status": "firing",
        "labels": {"alertname": "CheckoutDown", "severity": "critical", "team": "payments", "service": "checkout"},
        "annotations": {},
        "startsAt": "2026-01-05T08:59:00Z",
    }


async def incident(engine, number: int):
    async with engine.database.read() as tx:
        return (await incident_rows.get(tx, [number]))[number]


@pytest.fixture(autouse=True)
def secret(engine):
    values = {**engine.settings.channels, "ONCALL_PAGERDUTY_WEBHOOK_SECRET": SECRET}
    engine.settings = replace(engine.settings, channels=type(engine.settings.channels)(values))


@pytest.fixture
async def tell(door):
    async def post(kind: str, number: int, *, id_: str = "01DFE", agent: str = "Ana Ruiz", secret: str = SECRET) -> int:
        data = {"incident_key": f"oncall.example.com/incidents/{number}"}
        event = {"id": id_, "event_type": kind, "agent": {"summary": agent}, "data": data}
        body = json.dumps({"event": event}).encode()
        signature = "v1=" + hmac.new(secret.encode(), body, "sha256").hexdigest()
        url = door.make_url("/webhooks/pagerduty")
        async with (
            aiohttp.ClientSession() as session,
            session.post(url, data=body, headers={"X-PagerDuty-Signature": signature}) as answer,
        ):
            return answer.status

    return post


async def test_an_acknowledgement_in_pagerduty_counts_here(engine, happens, tell):
    number = await happens.receive(firing())
    assert await tell("incident.acknowledged", number) == 202
    after = await incident(engine, number)
    assert after.status is IncidentStatus.ACKNOWLEDGED
    assert after.lead.acknowledged_by == "ana"


async def test_the_same_event_twice_takes_effect_once(engine, happens, tell):
    number = await happens.receive(firing())
    await tell("incident.resolved", number)
    happens.clock.move(timedelta(minutes=1))
    again = await happens.receive(firing(), group="later")
    assert await tell("incident.resolved", again) == 202
    assert (await incident(engine, again)).status is not IncidentStatus.RESOLVED or again == number


@pytest.mark.parametrize(("kind", "key"), [("incident.acknowledged", "wrong"), ("incident.annotated", SECRET)])
async def test_what_is_not_signed_or_means_nothing_changes_nothing(engine, happens, tell, kind, key):
    number = await happens.receive(firing())
    assert await tell(kind, number, secret=key) == (403 if key == "wrong" else 202)
    assert (await incident(engine, number)).status is IncidentStatus.TRIGGERED


async def test_an_event_about_a_trouble_that_is_not_ours_is_taken_and_ignored(tell):
    assert await tell("incident.acknowledged", 987654) == 202


@pytest.fixture
async def pushover(engine, wording_of):
    """A Pushover whose receipts say what `told` says."""
    told = {"status": 1, "acknowledged": 0, "expired": 0}

    async def handle(request: web.Request) -> web.Response:
        if request.path.startswith("/1/receipts/"):
            return web.json_response(told)
        return web.json_response({"status": 1, "request": "r", "receipt": "x" * 30})

    app = web.Application()
    app.router.add_route("*", "/{rest:.*}", handle)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    http = Http(allow_private=True)
    url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    notifier = PushoverNotifier(http, url, "a" * 30, wording_of)
    engine.notifiers = {**engine.notifiers, "pushover": notifier}
    described = next(iter(engine.channels.values()))
    engine.channels = {
        **engine.channels,
        "pushover": dataclasses.replace(described, name="pushover", limits=TEXT_LIMITS),
    }
    people = dict(engine.directory.people)
    methods, rules = (ContactMethod(channel="pushover", address="u" * 30),), (ContactRule(channel="pushover"),)
    people["ana"] = replace(people["ana"], methods=methods, important=rules, ordinary=rules)
    engine.organisation = Organisation(replace(engine.directory, people=people))
    yield told
    await http.close()
    await runner.cleanup()


@pytest.fixture
def wording_of(engine):
    return engine.wording


async def test_pushover_is_asked_and_its_own_word_acknowledges(engine, happens, pushover):
    number = await happens.receive(firing())
    assert await receipts.ask(engine) == 0
    assert (await incident(engine, number)).status is IncidentStatus.TRIGGERED
    pushover["acknowledged"] = 1
    assert await receipts.ask(engine) == 1
    after = await incident(engine, number)
    assert (after.status, after.lead.acknowledged_by) == (IncidentStatus.ACKNOWLEDGED, "ana")


async def test_nobody_is_asked_about_a_page_that_was_answered(engine, happens, pushover):
    await happens.receive(firing())
    pushover["acknowledged"] = 1
    await receipts.ask(engine)
    assert await receipts.ask(engine) == 0
