"""Every address as every role: what a role may not do is refused by the services behind it, at every door."""

from __future__ import annotations

import re

import pytest

from oncall.person import Role
from oncall.services.people.rights import Caller, Right
from oncall.web.app import ROUTES
from tests.oncall.web.conftest import firing

#: Person of the example company by role; ana edits payments.
BY_ROLE = {Role.VIEWER: "vic", Role.RESPONDER: "ben", Role.EDITOR: "ana", Role.ADMIN: "dee"}
#: Addresses that need nobody to be signed in.
OPEN = {
    "/api/v1/alertmanager/{key}",
    "/api/v1/openapi.json",
    "/healthz",
    "/readyz",
    "/metrics",
    "/static/{name}",
    "/sign-in",
    "/sign-in/link/{secret}",
    "/sign-in/oidc",
    "/sign-in/oidc/back",
    "/sign-in/slack",
    "/sign-in/slack/back",
    "/answer/{page}",
    "/feeds/{secret}.ics",
}
#: What everybody changes about themselves.
OWN = {
    "/digest",
    "/api/v1/digest",
    "/account/password",
    "/account/sessions/{digest}/revoke",
    "/account/tokens",
    "/account/tokens/{digest}/revoke",
    "/subscriptions",
    "/subscriptions/{digest}/revoke",
    "/api/v1/account/sessions/{digest}/revoke",
    "/api/v1/account/tokens/{digest}/revoke",
    "/api/v1/subscriptions/{digest}/revoke",
}
#: Least role of an address that asks for more than looking.
LEAST = {
    "/incidents/{id}/{verb}": Role.RESPONDER,
    ("POST", "/incidents/{id}/attachments"): Role.RESPONDER,
    "/phone/{person}": Role.ADMIN,
    ("POST", "/drills"): Role.EDITOR,
    ("POST", "/api/v1/drills"): Role.EDITOR,
    ("POST", "/game-days"): Role.EDITOR,
    ("POST", "/api/v1/game-days"): Role.EDITOR,
    "/operator": Role.ADMIN,
    "/operator/providers": Role.ADMIN,
    "/contacts": Role.RESPONDER,
    "/operator/quarantine": Role.ADMIN,
    "/operator/audit": Role.ADMIN,
    "/-/reload": Role.ADMIN,
    "/grouping/backtest": Role.ADMIN,
    "/grouping/revert": Role.ADMIN,
    "/api/v1/grouping/backtest": Role.ADMIN,
    "/api/v1/grouping/revert": Role.ADMIN,
    "/api/v1/phones/{person}": Role.ADMIN,
    "/api/v1/phones/{person}/replies": Role.ADMIN,
    "/api/v1/contacts": Role.RESPONDER,
    "/api/v1/operator": Role.ADMIN,
    "/api/v1/operator/providers": Role.ADMIN,
    "/api/v1/operator/quarantine": Role.ADMIN,
    "/api/v1/operator/replay": Role.ADMIN,
    "/api/v1/operator/audit": Role.ADMIN,
}
ORDER = [Role.VIEWER, Role.RESPONDER, Role.EDITOR, Role.ADMIN]
PLACES = {
    "verb": "note",
    "schedule": "primary",
    "person": "fay",
    "team": "payments",
    "table": "people.csv",
    "digest": "0" * 64,
}
GUARDED = [(method, path) for method, path, _ in ROUTES if path not in OPEN and not path.startswith("/webhooks/")]


def least(method: str, path: str) -> Role:
    """Whoever changes anything is a responder, unless the address asks for more."""
    usual = Role.VIEWER if method == "GET" or path in OWN else Role.RESPONDER
    return LEAST.get((method, path)) or LEAST.get(path, usual)


def address(path: str, number: int) -> str:
    for name, value in {"id": str(number), **PLACES}.items():
        path = path.replace("{" + name + "}", value)
    return re.sub(r"{(\w+)}", r"\1", path)


async def test_nobody_gets_in_without_signing_in(client):
    for method, path in GUARDED:
        response = await client.request(method, address(path, 1), allow_redirects=False)
        assert response.status == 401, path
        people = await client.request(method, address(path, 1), headers={"Accept": "text/html"}, allow_redirects=False)
        assert people.status in {303, 401}, path


@pytest.mark.parametrize("role", ORDER)
async def test_each_role_reaches_what_it_may_and_nothing_else(sign_in, happens, token, role):
    number = await happens.receive(firing())
    browser = await sign_in(BY_ROLE[role])
    bearer = {"Authorization": f"Bearer {(await token(BY_ROLE[role])).reveal()}"}
    form = (await browser.text("/account")).split('name="form_token" value="')[1].split('"')[0]
    for method, path in GUARDED:
        if path in {"/sign-out", "/live"}:
            continue  # ends the session; never ends
        programs = path.startswith(("/api/", "/-/"))
        response = await browser.client.request(
            method,
            address(path, number),
            headers=bearer if programs else {},
            json={"text": "x", "team": "platform", "into": 1, "person": "ben", "alerts": [1]} if programs and method != "GET" else None,
            data={"form_token": form, **({"team": "payments"} if path == "/drills" else {"text": "x"})} if method == "POST" and not programs else None,
            allow_redirects=False,
        )  # fmt: skip
        what = f"{role} {method} {path}: {response.status}"
        assert response.status not in {401, 500}, what
        if ORDER.index(role) < ORDER.index(least(method, path)):
            # What cannot be understood is named before anybody asks who sends it.
            assert response.status == 403 or (method != "GET" and response.status in {400, 404}), what
        elif method == "GET" or path in LEAST or (method, path) in LEAST:
            assert response.status != 403, what


def person(role: Role, *teams: str) -> Caller:
    return Caller(person="me", name="Me", role=role, teams=teams)


def test_an_editor_edits_their_own_team_alone():
    assert person(Role.EDITOR, "payments").may(Right.EDIT_TEAM, team="payments")
    assert not person(Role.EDITOR, "payments").may(Right.EDIT_TEAM, team="platform")
    assert person(Role.ADMIN).may(Right.EDIT_TEAM, team="platform")


def test_numbers_are_for_colleagues_and_admins():
    assert person(Role.RESPONDER, "payments").may(Right.CONTACT, team="payments")
    assert not person(Role.VIEWER, "payments").may(Right.CONTACT, team="payments")
    assert not person(Role.EDITOR, "platform").may(Right.CONTACT, team="payments")
    assert person(Role.ADMIN).may(Right.CONTACT, team="payments")
