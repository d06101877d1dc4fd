from __future__ import annotations

from tests.oncall.web.conftest import firing


async def test_a_team_shows_rotations_policy_services_and_what_they_lack(sign_in, happens):
    number = await happens.receive(firing())
    page = await (await sign_in("ben")).text("/teams/payments")
    assert f'href="/incidents/{number}"' in page
    assert "whoever is on call in payments/primary" in page
    assert "card-gateway" in page
    assert "reachable" in page


async def test_addresses_are_shown_to_colleagues_only(sign_in):
    assert "ana@shop.example" in await (await sign_in("ben")).text("/teams/payments")
    assert "ana@shop.example" not in await (await sign_in("vic")).text("/teams/payments")
    assert "dee@shop.example" not in await (await sign_in("ben")).text("/teams/platform")


async def test_the_list_of_teams_counts_what_is_open_and_an_unknown_team_is_not_found(sign_in, happens):
    await happens.receive(firing())
    ana = await sign_in("ana")
    assert "1 open" in await ana.text("/teams")
    assert (await ana.get("/teams/nobody")).status == 404


async def test_the_operator_reads_what_to_do(sign_in, happens, client):
    await client.post("/api/v1/alertmanager/demo-key-for-trying-out", data=b'{"version": "3"}')
    dee = await sign_in("dee")
    page = await dee.text("/operator")
    assert "In the quarantine: 1" in page
    assert "never heard" in page
    quarantine = await dee.text("/operator/quarantine")
    assert "$.version" in quarantine
    assert "&#34;version&#34;: &#34;3&#34;" in quarantine


async def test_the_audit_log_shows_who_changed_what(sign_in, token):
    await token("ana")
    page = await (await sign_in("dee")).text("/operator/audit")
    assert "create token" in page
    assert "sign in" in page
