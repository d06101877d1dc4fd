"""Every answer below is held against the OpenAPI document."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable

import pytest
from aiohttp.test_utils import TestClient
from openapi_core import Config, OpenAPI
from openapi_core.testing import MockRequest, MockResponse
from openapi_spec_validator import validate

from oncall.person import Role
from oncall.web.api import OPERATIONS
from oncall.web.openapi import document
from tests.oncall.web.conftest import firing

DOCUMENT = document(OPERATIONS)
#: Whether the document is one at all is a test of its own below.
CONTRACT = OpenAPI.from_dict(
    DOCUMENT,
    config=Config(spec_validator_cls=None, extra_media_type_deserializers={"application/problem+json": json.loads}),
)


class Program:
    """A program with a token; checks what it sends and what it gets."""

    def __init__(self, client: TestClient, token: str) -> None:
        self._client = client
        self._headers = {"Authorization": f"Bearer {token}"}

    async def get(self, path: str, *, status: int = 200, **query: str) -> dict:
        response = await self._client.get(f"/api/v1{path}", params=query, headers=self._headers)
        return await self._checked(response, status, path, query=query)

    async def post(self, path: str, body: dict | None = None, *, status: int = 200) -> dict:
        raw = json.dumps(body or {}).encode()
        response = await self._client.post(f"/api/v1{path}", data=raw, headers=self._headers)
        return await self._checked(response, status, path, raw=raw)

    async def _checked(self, response, status, path, *, query=None, raw=None):
        text = await response.text()
        assert response.status == status, text
        request = MockRequest(
            "http://localhost",
            "get" if raw is None else "post",
            f"/api/v1{path.split('?')[0]}",
            args=query or {},
            headers=self._headers,
            data=raw,
            content_type="application/json",
        )
        if status < 400:
            CONTRACT.validate_request(request)
        answer = MockResponse(text.encode(), status_code=response.status, content_type=response.content_type)
        CONTRACT.validate_response(request, answer)
        return json.loads(text)


@pytest.fixture
async def program(client, token) -> Callable[..., Awaitable[Program]]:
    async def of(person: str = "ana", scope: Role | None = None) -> Program:
        return Program(client, (await token(person, scope)).reveal())

    return of


def test_the_document_is_valid_openapi():
    validate(DOCUMENT)


async def test_the_document_is_served_to_everybody(client):
    response = await client.get("/api/v1/openapi.json")
    assert response.status == 200
    assert (await response.json()) == json.loads(json.dumps(DOCUMENT))


def test_every_operation_has_its_own_name_and_says_what_it_does():
    names = [op.name for op in OPERATIONS]
    assert len(names) == len(set(names))
    assert all(op.about.strip() for op in OPERATIONS)


async def test_an_empty_list_is_an_empty_list(program):
    ana = await program()
    assert await ana.get("/incidents") == {"incidents": [], "next": None}


async def test_an_incident_has_its_owner_reasons_alerts_and_who_was_paged(program, happens):
    number = await happens.receive(firing(pod="a"), firing(pod="b"))
    ana = await program()
    found = await ana.get(f"/incidents/{number}")
    assert found["team"] == "payments"
    assert "payments" in found["why_team"]
    assert found["status"] == "triggered"
    assert (found["alerts"], found["firing"]) == (2, 2)
    assert found["shared_labels"]["alertname"] == "CheckoutDown"
    assert found["links"][0]["name"].lower() == "runbook"
    assert "https://wiki.shop.example/checkout" in {link["url"] for link in found["links"]}
    assert [p["person"] for p in found["pages"] if p["status"] == "sent"] == ["ana"]
    assert {"opened", "page"} <= {line["kind"] for line in found["timeline"]}


async def test_acknowledging_answers_with_the_incident_after_it(program, happens):
    number = await happens.receive(firing())
    ana = await program()
    after = await ana.post(f"/incidents/{number}/acknowledge")
    assert after["status"] == "acknowledged"
    assert after["acknowledged_by"] == "ana"
    assert after["involvements"][0]["acknowledged_via"] == "api"


async def test_who_comes_second_hears_who_was_first(program, happens):
    number = await happens.receive(firing())
    await (await program("ana")).post(f"/incidents/{number}/acknowledge")
    problem = await (await program("ben")).post(f"/incidents/{number}/acknowledge", status=409)
    assert problem["detail"] == "already acknowledged by ana at 09:00 UTC"


@pytest.mark.parametrize(
    ("verb", "body", "kind"),
    [
        ("resolve", {"why": "restarted it"}, "resolved"),
        ("escalate", {}, "escalated"),
        ("snooze", {"minutes": 30}, "snoozed"),
        ("reassign", {"person": "ben"}, "reassigned"),
        ("note", {"text": "looking at *the* queue"}, "note"),
        ("involve", {"team": "platform"}, "involved"),
    ],
)
async def test_each_verb_leaves_its_line(program, happens, verb, body, kind):
    number = await happens.receive(firing())
    after = await (await program()).post(f"/incidents/{number}/{verb}", body)
    assert kind in {line["kind"] for line in after["timeline"]}


async def test_confirm_and_reopen_follow_what_came_before(program, happens):
    number = await happens.receive(firing())
    ana = await program()
    await ana.post(f"/incidents/{number}/confirm", status=400)
    await ana.post(f"/incidents/{number}/acknowledge")
    await ana.post(f"/incidents/{number}/confirm")
    await ana.post(f"/incidents/{number}/resolve")
    assert (await ana.post(f"/incidents/{number}/reopen"))["status"] == "triggered"


async def test_merge_answers_with_the_incident_that_goes_on_and_split_with_the_new_one(program, happens):
    first = await happens.receive(firing("CheckoutDown", pod="a"), firing("CheckoutDown", pod="b"))
    second = await happens.receive(firing("CertificateExpires", team="platform", service="edge"), group="other")
    ana = await program()
    assert first != second
    kept = await ana.post(f"/incidents/{second}/merge", {"into": first})
    assert kept["id"] == first
    assert kept["alerts"] == 3
    some = [kept["alert_items"][0]["id"]]
    part = await ana.post(f"/incidents/{first}/split", {"alerts": some})
    assert part["id"] not in {first, second}
    assert [a["id"] for a in part["alert_items"]] == some


async def test_lists_go_on_by_cursor_without_gaps_or_repeats(program, happens):
    for n in range(5):
        await happens.receive(firing(f"Alert{n}", team="platform", service=f"s{n}"), group=f"g{n}")
    ana = await program()
    seen, cursor = [], ""
    while True:
        stretch = await ana.get("/incidents", limit="2", **({"cursor": cursor} if cursor else {}))
        seen += [i["id"] for i in stretch["incidents"]]
        cursor = stretch["next"]
        if cursor is None:
            break
    everything = [i["id"] for i in (await ana.get("/incidents"))["incidents"]]
    assert seen == everything
    assert seen == sorted(set(seen), reverse=True)


async def test_alerts_and_timeline_have_addresses_of_their_own(program, happens):
    number = await happens.receive(*[firing(pod=f"p{n}") for n in range(30)])
    ana = await program()
    assert len((await ana.get(f"/incidents/{number}"))["alert_items"]) == 25
    assert len((await ana.get(f"/incidents/{number}/alerts"))["alerts"]) == 30
    assert len((await ana.get(f"/incidents/{number}/alerts", cursor="28"))["alerts"]) == 2
    lines = (await ana.get(f"/incidents/{number}/timeline"))["timeline"]
    older = (await ana.get(f"/incidents/{number}/timeline", cursor=str(lines[0]["id"])))["timeline"]
    assert older == lines[1:]


@pytest.mark.parametrize("query", ["status=burning", "limit=0", "cursor=x", "colour=red", "limit=1&limit=2"])
async def test_a_wrong_parameter_is_named(program, query):
    problem = await (await program()).get(f"/incidents?{query}", status=400)
    assert problem["mend"]


@pytest.mark.parametrize(
    ("body", "path"), [({"minutes": "soon"}, "$.minutes"), ({"minutes": 0}, "$.minutes"), ({"hours": 1}, "$")]
)
async def test_a_wrong_field_is_named(program, happens, body, path):
    number = await happens.receive(firing())
    problem = await (await program()).post(f"/incidents/{number}/snooze", body, status=400)
    assert problem["path"] == path


@pytest.mark.parametrize("number", ["999", "0", "99999999999999"])
async def test_what_is_not_there_is_not_found(program, number):
    await (await program()).get(f"/incidents/{number}", status=404)


async def test_a_number_that_is_none_is_not_found(client, token):
    secret = (await token("ana")).reveal()
    response = await client.get("/api/v1/incidents/x'--", headers={"Authorization": f"Bearer {secret}"})
    assert response.status == 404


async def test_without_a_token_nothing_is_told(client):
    for path in ("/incidents", "/incidents/1", "/oncall", "/now", "/phones"):
        response = await client.get(f"/api/v1{path}")
        assert response.status == 401
        assert "Bearer" in response.headers["WWW-Authenticate"]


async def test_a_read_only_token_may_not_answer(program, happens):
    number = await happens.receive(firing())
    ana = await program("ana", Role.VIEWER)
    problem = await ana.post(f"/incidents/{number}/acknowledge", status=403)
    assert "may not answer incidents" in problem["detail"]


async def test_a_session_may_read_and_needs_the_form_token_to_write(sign_in, happens):
    number = await happens.receive(firing())
    browser = await sign_in("ana")
    path = f"/api/v1/incidents/{number}/acknowledge"
    assert (await browser.client.get("/api/v1/now")).status == 200
    assert (await browser.client.post(path)).status == 403
    token = (await browser.text("/account")).split('name="form_token" value="')[1].split('"')[0]
    assert (await browser.client.post(path, headers={"X-Form-Token": token})).status == 200


async def test_who_is_on_call_until_when_and_who_follows(program, happens):
    found = await (await program()).get("/oncall", team="payments")
    primary = next(r for r in found["rotations"] if r["schedule"] == "primary")
    assert [p["name"] for p in primary["current"]["on_call"]] == ["Ana Ruiz"]
    assert primary["current"]["until"] == "2026-01-06T09:00:00Z"
    assert {r["team"] for r in found["rotations"]} == {"payments"}


async def test_a_gap_is_said(program, happens):
    found = await (await program()).get("/oncall", at="2026-03-01T00:00:00Z", team="payments")
    assert all(r["current"] is None for r in found["rotations"])


async def test_now_puts_what_asks_for_me_first(program, happens):
    mine = await happens.receive(firing())
    other = await happens.receive(firing("DiskFull", team="platform", service="disks"), group="other")
    found = await (await program("ana")).get("/now")
    assert [i["id"] for i in found["mine"]] == [mine]
    assert [i["id"] for i in found["others"]] == [other]
    assert found["open"] == {"triggered": 2, "acknowledged": 0}
    assert [d["schedule"] for d in found["on_call"]] == ["primary"]
