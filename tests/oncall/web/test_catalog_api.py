"""The catalog, deploys and the path of an alert through the API; every answer is held against the document."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from msgspec.structs import replace

from oncall.checks import CustomCheck
from oncall.engine import Organisation
from oncall.person import Role
from oncall.services.catalog import sources as catalog_sources
from oncall.services.delivery.messages import messages_for
from oncall.services.insight import tallying
from oncall.store import incidents as incident_rows
from oncall.store import pages as page_rows
from oncall.store import silences
from routing.matchers import parse_matchers
from routing.silence import Silence
from tests.oncall.web.conftest import firing
from tests.oncall.web.test_api import Program


class Pipeline(Program):
    """A program that also puts and deletes."""

    async def put(self, path, body, *, status=200):
        response = await self._client.put(f"/api/v1{path}", data=json.dumps(body), headers=self._headers)
        assert response.status == status, await response.text()
        return await response.json()

    async def delete(self, path, *, status=200):
        response = await self._client.delete(f"/api/v1{path}", headers=self._headers)
        assert response.status == status, await response.text()
        return await response.json()


@pytest.fixture
async def api(client, token):
    async def of(person="ana", scope=None):
        return Pipeline(client, (await token(person, scope)).reveal())

    return of


async def test_the_path_of_an_alert_is_told_before_it_happens(api, happens):
    await happens.on_call("payments/primary", "ben", hours=48)
    labels = 'severity="critical", service="checkout"'
    found = await (await api()).get("/route", labels=labels)
    assert found["path"]["ownership"]["team"] == "payments"
    assert found["path"]["walk"]["asks"][0]["person"] == "ben"
    assert found["joins"]["incident"] is None


async def test_the_path_names_the_incident_it_would_join_and_changes_nothing(api, happens):
    number = await happens.receive(firing("HighErrors", service="checkout", instance="a"))
    program = await api()
    labels = 'alertname="HighErrors", severity="critical", service="checkout", instance="b"'
    for _ in range(2):
        assert (await program.get("/route", labels=labels))["joins"]["incident"] == number
    assert (await program.get(f"/incidents/{number}"))["alerts"] == 1


@pytest.mark.parametrize(
    ("query", "path"), [({"labels": "service"}, "query.labels"), ({"labels": "a=b", "at": "soon"}, "query.at")]
)
async def test_a_question_that_cannot_be_read_says_which_part(api, query, path):
    answer = await (await api()).get("/route", status=400, **query)
    assert answer["path"] == path


async def test_a_service_is_shown_with_where_each_field_was_written(api):
    entry = await (await api()).get("/catalog/entries/cart-api")
    assert (entry["name"], entry["team"], entry["tier"]) == ("checkout", "payments", 1)
    assert entry["origins"]["owner"].startswith("catalog/services.yaml:")
    assert "web" in entry["needed_by"]


async def test_an_unknown_service_names_the_nearest(api):
    answer = await (await api()).get("/catalog/entries/chekout", status=404)
    assert "'checkout'" in answer["mend"]


async def test_services_are_listed_by_name_and_by_team(api):
    program = await api()
    everything = await program.get("/catalog/entries")
    names = [entry["name"] for entry in everything["entries"]]
    assert names == sorted(names)
    assert everything["total"] == len(names)
    assert {e["team"] for e in (await program.get("/catalog/entries", team="data"))["entries"]} == {"data"}
    assert (await program.get("/catalog/entries", cursor="kubernetes"))["entries"][0]["name"] > "kubernetes"


async def test_search_forgives_a_slip_and_finds_people_and_teams(api):
    program = await api()
    assert (await program.get("/search", q="chekout"))["hits"][0]["id"] == "checkout"
    assert (await program.get("/search", q="storefr"))["hits"][0]["kind"] in {"team", "service"}
    assert "ana" in {
        hit["id"] for hit in (await program.get("/search", q="ana ruiz"))["hits"] if hit["kind"] == "person"
    }


async def test_a_pipeline_describes_a_service_and_its_alerts_find_the_team(api, engine):
    program = await api()
    receipt = await program.put("/catalog/ci/entries/coupons", {"owner": "payments", "aliases": ["voucher-api"]})
    assert receipt == {"source": "ci", "name": "coupons", "team": "payments"}
    assert engine.organisation.resolver.resolve({"service": "voucher-api"}).service == "coupons"
    entry = await program.get("/catalog/entries/coupons")
    assert entry["origins"]["name"] == "pushed 2026-01-05 09:00 by ana (ci)"
    assert (await program.delete("/catalog/ci/entries/coupons"))["team"] is None
    assert engine.organisation.resolver.resolve({"service": "voucher-api"}).rule == "fallback"
    await program.delete("/catalog/ci/entries/coupons", status=404)


async def test_what_files_say_is_stronger_than_what_is_pushed(api, engine):
    await (await api()).put("/catalog/ci/entries/checkout", {"owner": "data", "tags": ["pci"]})
    assert engine.organisation.resolver.resolve({"service": "checkout"}).team == "payments"
    assert (await (await api()).get("/catalog/entries/checkout"))["tags"] == ["pci"]


async def test_another_node_takes_over_what_was_pushed_here(api, engine):
    before = engine.organisation
    await (await api()).put("/catalog/ci/entries/coupons", {"owner": "payments"})
    engine.organisation = before
    assert await catalog_sources.keep_up(engine)
    assert not await catalog_sources.keep_up(engine)
    assert engine.directory.catalog.find("coupons") is not None


@pytest.mark.parametrize(
    ("path", "body", "where"),
    [
        ("/catalog/own/entries/x", {}, "source"),
        ("/catalog/ci/entries/x", {"ownr": "a"}, "$"),
        ("/catalog/ci/entries/x", {"tools": [{"kind": "logs", "name": "l", "url": "javascript:x"}]}, "$.tools[0].url"),
        (
            "/catalog/ci/entries/x",
            {"tools": [{"kind": "logs", "name": "l", "url": "https://{host}/"}]},
            "$.tools[0].url",
        ),
    ],
)
async def test_a_push_that_cannot_be_taken_says_which_part(api, path, body, where):
    assert (await (await api()).put(path, body, status=400))["path"] == where


async def test_who_may_only_look_neither_pushes_nor_reports(api):
    viewer = await api("ana", Role.VIEWER)
    await viewer.put("/catalog/ci/entries/x", {}, status=403)
    await viewer.post("/deploys", {"service": "checkout"}, status=403)


async def test_deploys_of_the_service_and_what_it_depends_on_stand_beside_an_incident(api, happens, clock):
    program = await api()
    begin = clock.now()

    def at(minutes):
        return (begin + timedelta(minutes=minutes)).isoformat()

    await program.post("/deploys", {"service": "ledger", "version": "7", "at": at(-10)}, status=201)
    await program.post("/deploys", {"service": "cart-api", "version": "2.1", "by": "cai", "at": at(-30)}, status=201)
    await program.post("/deploys", {"service": "warehouse", "at": at(-1)}, status=201)
    await program.post("/deploys", {"service": "checkout", "version": "old", "at": at(-60 * 30)}, status=201)
    number = await happens.receive(firing("HighErrors", service="checkout"))
    found = (await program.get(f"/incidents/{number}"))["deploys"]
    assert [(one["service"], one["version"], one["minutes"]) for one in found] == [
        ("ledger", "7", 10),
        ("checkout", "2.1", 30),
    ]
    assert [one["relation"] for one in found] == ["a service it depends on", "its own service"]


async def test_a_page_names_the_nearest_deploys(api, happens, engine, clock):
    await happens.on_call("payments/primary", "ana")
    await (await api()).post("/deploys", {"service": "checkout", "version": "2.1", "by": "cai"}, status=201)
    clock.move(timedelta(minutes=4))
    number = await happens.receive(firing("HighErrors", service="checkout"))
    async with engine.database.write() as tx:
        page = next(p for p in await page_rows.of_incident(tx, number) if p.person == "ana")
        incident = (await incident_rows.get(tx, [number]))[number]
        (message,) = await messages_for(engine, tx, [page], {number: incident}, clock.now())
    assert message.context == ("deploy of checkout 2.1 by cai, 4 min before",)


async def test_a_pagerduty_change_event_is_a_deploy(api):
    program = await api()
    event = {
        "routing_key": "x",
        "payload": {
            "summary": "Build 9 is live",
            "source": "acme-build",
            "timestamp": "2026-01-05T08:59:00Z",
            "custom_details": {"service": "cart-api", "version": "9"},
        },
        "links": [{"href": "https://ci/9", "text": "build"}],
    }
    assert (await program.post("/deploys/pagerduty", event, status=201))["service"] == "checkout"
    (deploy,) = (await program.get("/deploys"))["deploys"]
    assert (deploy["version"], deploy["summary"], deploy["link"]) == ("9", "Build 9 is live", "https://ci/9")


@pytest.mark.parametrize(
    ("body", "where"),
    [
        ({"service": "a", "at": "2026-01-05T10:00:00Z"}, "$.at"),
        ({"service": "a", "at": "2026-01-05T09:00:00"}, "$.at"),
        ({"service": "a", "link": "javascript:x"}, "$.link"),
        ({"version": "1"}, "$"),
    ],
)
async def test_a_deploy_that_cannot_be_taken_says_which_part(api, body, where):
    assert (await (await api()).post("/deploys", body, status=400))["path"] == where


async def test_alerts_nobody_owns_are_listed_with_how_often_who_and_the_line(api, happens):
    program = await api()
    await happens.receive(firing("QueueFull", team="", service="chekout-api", instance="a"), group="a")
    number = await happens.receive(firing("QueueFull", team="", service="chekout-api", instance="b"), group="b")
    found = await program.get("/catalog/unowned")
    (item,) = found["unowned"]
    assert (item["matcher"], item["count"], item["incident"]) == ('service="chekout-api"', 2, number)
    assert item["suggestions"][0]["team"] == "payments"
    assert item["line"] == "- {match: 'service=\"chekout-api\"', team: payments}"
    assert found["fallback_team"] == "platform"


async def test_what_has_an_owner_by_now_is_off_the_list(api, happens):
    program = await api()
    await happens.receive(firing("QueueFull", team="", service="coupons"))
    await program.put("/catalog/ci/entries/coupons", {"owner": "payments"})
    assert (await program.get("/catalog/unowned"))["unowned"] == []


async def test_services_without_a_team_are_listed(api):
    program = await api()
    await program.put("/catalog/ci/entries/coupons", {"owner": "dissolved"})
    (orphan,) = (await program.get("/catalog/unowned"))["orphans"]
    assert (orphan["name"], orphan["reason"]) == ("coupons", "there is no team 'dissolved'")


async def test_readiness_is_told_per_service_per_team_and_as_campaigns(api, happens):
    await happens.on_call("payments/primary", "ana", hours=24 * 15)
    program = await api()
    one = await program.get("/catalog/entries/checkout/checks")
    outcomes = {outcome["check"]: outcome["passed"] for outcome in one["outcomes"]}
    assert (one["team"], outcomes["owner"], outcomes["reachable"], outcomes["rotation"]) == (
        "payments",
        True,
        True,
        True,
    )
    assert (outcomes["runbook"], outcomes["dashboard"], outcomes["drill"]) == (None, True, False)
    everything = await program.get("/checks")
    assert {card["team"] for card in everything["scorecards"]} == {"payments", "storefront", "platform", "data"}
    drill = next(campaign for campaign in everything["campaigns"] if campaign["check"] == "drill")
    assert drill["failing"] == drill["services"] == sum(card["services"] for card in everything["scorecards"])
    await program.get("/catalog/entries/nothing/checks", status=404)


async def test_a_gap_ahead_in_the_first_steps_rotation_is_named(api, happens):
    await happens.on_call("payments/primary", "ana", hours=24)
    one = await (await api()).get("/catalog/entries/checkout/checks")
    rotation = next(outcome for outcome in one["outcomes"] if outcome["check"] == "rotation")
    assert rotation["detail"] == "nobody is on call for payments/primary from Tue 06 Jan 09:00 UTC"


async def test_an_alert_that_paged_counts(api, happens):
    await happens.receive(firing("HighErrors", service="checkout"))
    await tallying.keep_up(happens.engine)
    one = await (await api()).get("/catalog/entries/checkout/checks")
    assert next(o for o in one["outcomes"] if o["check"] == "alert")["detail"] == "an alert paged 0 days ago"


async def test_an_outcome_is_reported_for_a_check_that_waits_for_it(api, engine):
    checks = (CustomCheck(name="backup", title="has a backup"), CustomCheck(name="chat", title="x", expect="owner"))
    engine.organisation = Organisation(replace(engine.organisation.files, checks=checks))
    program = await api()
    found = await program.post(
        "/checks/reports", {"service": "cart-api", "check": "backup", "passed": True, "detail": "ok"}
    )
    assert {o["check"]: o["passed"] for o in found["outcomes"]}["backup"] is True
    answer = await program.post("/checks/reports", {"service": "checkout", "check": "chat", "passed": True}, status=400)
    assert (answer["path"], answer["mend"]) == ("$.check", "Those that wait for reports: backup.")
    await program.post("/checks/reports", {"service": "nothing", "check": "backup", "passed": True}, status=404)


async def test_a_silence_that_would_cover_the_alert_is_named(api, engine, clock):
    until = clock.now() + timedelta(hours=2)
    silence = Silence(
        id="",
        matchers=parse_matchers('service="checkout"'),
        starts_at=clock.now(),
        ends_at=until,
        by="ana",
        comment="move",
    )
    async with engine.database.write() as tx:
        await silences.add(tx, silence, clock.now())
    program = await api()
    covered = await program.get("/route", labels='severity="critical", service="checkout"')
    assert (covered["silence"]["by"], covered["silence"]["comment"]) == ("ana", "move")
    assert (await program.get("/route", labels='severity="critical", service="checkout"', at="tomorrow 12:00"))[
        "silence"
    ] is None
    assert (await program.get("/route", labels='severity="critical", service="web"'))["silence"] is None
