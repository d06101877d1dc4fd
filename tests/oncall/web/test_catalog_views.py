"""The catalog in the browser: found, explained, and nothing in it trusted as markup."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from oncall.checks import CustomCheck
from oncall.engine import Organisation
from oncall.services.catalog import sources as catalog_sources
from oncall.services.catalog.sources import PushedEntry
from oncall.services.record import deploys
from oncall.services.record.deploys import NewDeploy
from oncall.web.rendering import service_links
from routing.catalog import Tool, ToolKind
from tests.oncall.web.conftest import firing

EVIL = "<script>alert(1)</script>"


async def test_services_are_listed_and_a_slip_still_finds(sign_in):
    browser = await sign_in("ana")
    everything = await browser.text("/services")
    assert 'href="/services/checkout"' in everything
    found = await browser.text("/services?q=chekout")
    assert 'href="/services/checkout"' in found
    assert 'href="/services/kafka"' not in found
    assert "Nothing is called like that" in await browser.text("/services?q=qqqqqqq")
    assert 'href="/services/kafka"' not in await browser.text("/services?team=payments")


async def test_a_service_shows_its_team_tools_checks_deploys_and_origins(sign_in, engine, caller):
    await deploys.record(engine, caller("ana"), NewDeploy(service="checkout", version="2.1", by="cai"))
    text = await (await sign_in("ana")).text("/services/cart-api")
    for said in ("<strong>Payments</strong> owns it", "catalog/services.yaml:", "https://wiki.shop.example/runbooks/checkout",
                 "filled from the alert", "Has an owner", "level 0 of 3", "2.1", 'href="/services/ledger"'):  # fmt: skip
        assert said in text


async def test_a_service_that_is_not_there_names_the_nearest(sign_in):
    response = await (await sign_in("ana")).get("/services/chekout")
    assert response.status == 404
    assert "checkout" in await response.text()


async def test_names_with_a_slash_have_their_own_view(sign_in, engine, caller):
    await catalog_sources.push(engine, caller("ana"), "ci", "finance/ledger", PushedEntry(owner="payments"))
    assert "finance/ledger" in await (await sign_in("ana")).text("/services/finance/ledger")


async def test_what_a_pipeline_pushes_is_text_never_markup(sign_in, engine, caller):
    tool = Tool(kind=ToolKind.LOGS, name=EVIL, url="https://x/?a={instance}")
    entry = PushedEntry(owner=EVIL, description=EVIL, aliases=(EVIL,), tags=(EVIL,), lifecycle=EVIL, tools=(tool,))
    await catalog_sources.push(engine, caller("ana"), EVIL, "evil", entry)
    await deploys.record(engine, caller("ana"), NewDeploy(service="evil", version=EVIL, by=EVIL, summary=EVIL))
    browser = await sign_in("ana")
    for path in ("/services", "/services/evil", "/services?q=script", "/unowned", "/readiness"):
        assert EVIL not in await browser.text(path)


async def test_the_path_of_an_alert_is_shown_step_by_step(sign_in, happens):
    await happens.on_call("payments/primary", "ben", hours=48)
    browser = await sign_in("ana")
    assert "Show the path" in await browser.text("/route")
    shown = await browser.text('/route?labels=severity%3D"critical",service%3D"checkout"&at=tomorrow 03:00')
    for said in (
        "payments owns it",
        "is the service checkout",
        "It would open an incident",
        "Ben Okafor",
        "the fallback team platform is told",
    ):
        assert said.lower() in shown.lower()


@pytest.mark.parametrize("query", ["labels=service", "labels=a%3Db&at=soon"])
async def test_a_question_that_cannot_be_read_says_how_to_write_it(sign_in, query):
    response = await (await sign_in("ana")).get(f"/route?{query}")
    assert response.status == 400
    assert "Write" in await response.text() or "write" in await response.text()


async def test_unowned_alerts_come_with_the_line_that_settles_them(sign_in, happens):
    browser = await sign_in("ana")
    assert "Every alert has an owner" in await browser.text("/unowned")
    await happens.receive(firing("QueueFull", team="", service="chekout-api"))
    shown = await browser.text("/unowned")
    assert "Perhaps <strong>payments</strong>" in shown
    assert "team: payments}" in shown


async def test_readiness_shows_teams_and_campaigns(sign_in, engine):
    checks = (CustomCheck(name="chat", title="has a chat channel", expect='has_tool("chat")'),)
    engine.organisation = Organisation(replace(engine.organisation.files, checks=checks))

    shown = await (await sign_in("ana")).text("/readiness")
    assert "services fail “has a chat channel”" in shown
    assert "By team" in shown


async def test_deploys_stand_beside_an_incident(sign_in, engine, caller, happens):
    await deploys.record(engine, caller("ana"), NewDeploy(service="ledger", version="7"))
    number = await happens.receive(firing("HighErrors", service="checkout"))
    shown = await (await sign_in("ana")).text(f"/incidents/{number}")
    assert "a service it depends on" in shown
    assert "0 min before" in shown


async def test_everything_is_linked_from_more(sign_in):
    shown = await (await sign_in("ana")).text("/more")
    for path in ("/services", "/route", "/unowned", "/readiness"):
        assert f'href="{path}"' in shown


def test_many_services_lead_each_to_its_own_view_whatever_they_are_called():
    assert service_links([]) == ""
    assert service_links(["ledger", "a b", "<i>&"]) == (
        '<a href="/services/ledger">ledger</a>, <a href="/services/a%20b">a b</a>, '
        '<a href="/services/%3Ci%3E%26">&lt;i&gt;&amp;</a>'
    )
