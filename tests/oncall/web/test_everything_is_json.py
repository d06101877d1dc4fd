"""Each view's data is at a JSON address."""

from __future__ import annotations

import re

from oncall.web.api import OPERATIONS
from oncall.web.app import ROUTES

#: A view and the operation that has its data.
DATA = {
    "/": "/now",
    "/incidents": "/incidents",
    "/incidents/{id}": "/incidents/{id}",
    "/incidents/{id}/alerts": "/incidents/{id}/alerts",
    "/incidents/{id}/timeline": "/incidents/{id}/timeline",
    "/incidents/{id}/review": "/incidents/{id}/review",
    "/incidents/{id}/review/edit": "/incidents/{id}/review",
    "/actions": "/actions",
    "/on-call": "/oncall",
    "/rotations": "/rotations",
    "/rotations/{team}/{schedule}": "/rotations/{team}/{schedule}",
    "/services": "/catalog/entries",
    "/services/{name:.+}": "/catalog/entries/{name}",
    "/unowned": "/catalog/unowned",
    "/readiness": "/checks",
    "/route": "/route",
    "/covers/{id}": "/covers/{id}",
    "/subscriptions": "/subscriptions",
    "/phone": "/phones",
    "/phone/{person}": "/phones/{person}",
    "/teams": "/teams",
    "/teams/{team}": "/teams/{team}",
    "/digest": "/digest",
    "/insights": "/insights",
    "/operator": "/operator",
    "/operator/providers": "/operator/providers",
    "/operator/quarantine": "/operator/quarantine",
    "/operator/audit": "/operator/audit",
    "/contacts": "/contacts",
    "/deploys": "/deploys",
    "/game-days": "/game-days",
    "/drills": "/drills",
    "/game-days/{id}": "/game-days/{id}",
    "/account": "/account",
    "/grouping": "/grouping",
    "/grouping/backtest": "/grouping/backtest",
    "/grouping/suggestions": "/grouping/suggestions",
}
#: Asked with a body, since what is tried does not fit an address; it changes nothing.
ASKED = {("POST", "/grouping/backtest")}
#: No views of data: forms, files in another form than HTML, signing in, what is for programs anyway.
NO_DATA = re.compile(
    r"/(api|static|sign-in|feeds|answer)/|/(healthz|readyz|metrics|live|more|sign-in)$|\.(csv|md)$|/insights/{table}$"
    r"|/attachments/|/game-days/new$"
)


def test_every_view_has_its_data_as_json():
    shown = {path for method, path, _ in ROUTES if method == "GET" and not NO_DATA.search(path)}
    assert shown == DATA.keys(), "a new view needs its data at a JSON address, and a line here"
    operations = {op.path for op in OPERATIONS if op.method == "GET" or (op.method, op.path) in ASKED}
    assert set(DATA.values()) <= operations


async def test_the_account_is_read_and_ended_by_api(client, token, sign_in):
    headers = {"Authorization": f"Bearer {(await token('ana')).reveal()}"}
    await sign_in("ana")
    own = await (await client.get("/api/v1/account", headers=headers)).json()
    assert (own["person"], own["role"], own["teams"]) == ("ana", "editor", ["payments", "storefront"])
    (session,) = own["sessions"]
    after = await client.post(f"/api/v1/account/sessions/{session['digest']}/revoke", headers=headers)
    assert (await after.json())["sessions"] == []
    (key,) = own["tokens"]
    assert (await client.post(f"/api/v1/account/tokens/{key['digest']}/revoke", headers=headers)).status == 200
    assert (await client.get("/api/v1/account", headers=headers)).status == 401


async def test_subscriptions_are_listed_and_ended_by_api(client, token):
    headers = {"Authorization": f"Bearer {(await token('ana')).reveal()}"}
    made = await (await client.post("/api/v1/subscriptions", headers=headers, json={"kind": "person"})).json()
    assert made["address"]
    (kept,) = (await (await client.get("/api/v1/subscriptions", headers=headers)).json())["subscriptions"]
    assert (kept["digest"], kept["address"]) == (made["digest"], "")
    left = await client.post(f"/api/v1/subscriptions/{kept['digest']}/revoke", headers=headers)
    assert (await left.json())["subscriptions"] == []
    assert (await client.post(f"/api/v1/subscriptions/{kept['digest']}/revoke", headers=headers)).status == 404
