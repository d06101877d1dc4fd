"""Signing in at an OpenID provider that can lie: discovery, code, token endpoint with PKCE, signed tokens.

`tests/e2e/test_openid_provider.py` does the same at a provider somebody else wrote.
"""

from __future__ import annotations

import base64
import hashlib
from urllib.parse import parse_qs, urlsplit

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from joserfc import jwt
from joserfc.jwk import KeySet, RSAKey
from msgspec.structs import replace

from oncall.config import Secret
from oncall.engine import Organisation
from oncall.person import ContactMethod
from oncall.store.access import audit_lines

CLIENT, SECRET = "oncall-here", "client-secret"


class Provider:
    """An OpenID provider with one user, who is always signed in and always says yes."""

    def __init__(self) -> None:
        self.key = RSAKey.generate_key(2048, {"kid": "one", "use": "sig"})
        self.signing_key = self.key
        self.claims: dict = {"email": "ana@shop.example", "email_verified": True}
        self.codes: dict[str, dict] = {}
        self.issuer = ""
        self.broken = False
        #: Slack takes no challenge, and answers 200 whatever comes of it.
        self.pkce = True
        self.app = web.Application()
        self.app.add_routes(
            [
                web.get("/.well-known/openid-configuration", self.discovery),
                web.get("/authorize", self.authorize),
                web.post("/token", self.token),
                web.get("/keys", self.keys),
            ]
        )

    async def discovery(self, _request: web.Request) -> web.Response:
        if self.broken:
            return web.Response(status=502)
        return web.json_response(
            {
                "issuer": self.issuer,
                "authorization_endpoint": f"{self.issuer}/authorize",
                "token_endpoint": f"{self.issuer}/token",
                "jwks_uri": f"{self.issuer}/keys",
            }
        )

    async def authorize(self, request: web.Request) -> web.Response:
        asked = dict(request.query)
        assert asked["response_type"] == "code"
        assert asked["client_id"] == CLIENT
        assert "openid" in asked["scope"]
        assert asked.get("code_challenge_method") == ("S256" if self.pkce else None)
        code = f"code-{len(self.codes)}"
        self.codes[code] = asked
        return web.Response(
            status=302, headers={"Location": f"{asked['redirect_uri']}?code={code}&state={asked['state']}"}
        )

    async def token(self, request: web.Request) -> web.Response:
        form = await request.post()
        asked = self.codes.pop(str(form.get("code")), None)
        verifier = hashlib.sha256(str(form.get("code_verifier")).encode()).digest()
        challenge = base64.urlsafe_b64encode(verifier).rstrip(b"=").decode()
        held = asked is not None and (not self.pkce or challenge == asked["code_challenge"])
        if asked is None or form.get("client_secret") != SECRET or not held:
            refused = {"ok": False, "error": "invalid_grant"}
            return web.json_response(refused, status=400 if self.pkce else 200)
        claims = {"iss": self.issuer, "aud": CLIENT, "sub": "1", "exp": 1767604200 + 300, "nonce": asked["nonce"]}
        signed = jwt.encode({"alg": "RS256", "kid": "one"}, claims | self.claims, self.signing_key)
        return web.json_response({"id_token": signed, "access_token": "x", "token_type": "Bearer"})

    async def keys(self, _request: web.Request) -> web.Response:
        return web.json_response(KeySet([self.key]).as_dict(private=False))


@pytest.fixture
async def provider(engine):
    provider = Provider()
    server = TestServer(provider.app)
    await server.start_server()
    provider.issuer = str(server.make_url("/")).rstrip("/")
    engine.settings = replace(
        engine.settings, oidc_issuer=provider.issuer, oidc_client_id=CLIENT, oidc_client_secret=Secret(SECRET)
    )
    yield provider
    await server.close()


@pytest.fixture
async def slack(engine, provider):
    """The same provider in Slack's place, for one workspace."""
    provider.pkce = False
    provider.claims |= {"https://slack.com/team_id": "T1", "https://slack.com/user_id": "U9"}
    engine.settings = replace(
        engine.settings,
        oidc_issuer="",
        slack_issuer=provider.issuer,
        slack_client_id=CLIENT,
        slack_client_secret=Secret(SECRET),
        slack_team_id="T1",
    )
    return provider


async def walk(client, engine, *, state: str = "", way: str = "oidc"):
    """From the sign-in to the provider and back, as a browser goes."""
    out = await client.get(f"/sign-in/{way}", allow_redirects=False)
    assert out.status == 303, await out.text()
    async with client.session.get(out.headers["Location"], allow_redirects=False) as response:
        back = urlsplit(response.headers["Location"])
    query = {name: values[0] for name, values in parse_qs(back.query).items()}
    return await client.get(back.path, params=query | ({"state": state} if state else {}), allow_redirects=False)


async def test_whoever_the_provider_names_is_signed_in(client, engine, provider):
    assert "company account" in await (await client.get("/sign-in")).text()
    response = await walk(client, engine)
    assert response.status == 303, await response.text()
    assert "Ana Ruiz" in await (await client.get("/account")).text()


@pytest.mark.parametrize(
    "claims",
    [
        {"email": "stranger@elsewhere.example"},
        {"email_verified": False},
        {"email": ""},
        {"aud": "another-client"},
        {"iss": "https://evil.example"},
        {"exp": 1767600000},
        {"nonce": "replayed"},
    ],
)
async def test_a_token_that_is_not_for_us_now_signs_nobody_in(client, engine, provider, claims):
    provider.claims |= claims
    response = await walk(client, engine)
    assert response.status == 401
    assert (await client.get("/account", headers={"Accept": "text/html"}, allow_redirects=False)).status == 303


async def test_a_token_signed_by_somebody_else_signs_nobody_in(client, engine, provider):
    provider.signing_key = RSAKey.generate_key(2048, {"kid": "one"})
    assert (await walk(client, engine)).status == 401


async def test_an_answer_to_another_browsers_question_is_refused(client, engine, provider):
    assert (await walk(client, engine, state="0" * 64)).status == 401


async def test_a_code_works_once(client, engine, provider):
    out = await client.get("/sign-in/oidc", allow_redirects=False)
    async with client.session.get(out.headers["Location"], allow_redirects=False) as response:
        back = urlsplit(response.headers["Location"])
    assert (await client.get(f"{back.path}?{back.query}", allow_redirects=False)).status == 303
    assert (await client.get(f"{back.path}?{back.query}", allow_redirects=False)).status == 401


async def test_a_provider_that_is_down_is_said_and_links_still_work(client, engine, provider, sign_in):
    provider.broken = True
    response = await client.get("/sign-in/oidc", headers={"Accept": "text/html"}, allow_redirects=False)
    assert response.status == 503
    assert "sign in by a link" in await response.text()
    assert (await (await sign_in("ana")).get("/account")).status == 200


async def test_without_a_provider_there_is_no_such_door(client):
    assert (await client.get("/sign-in/oidc", allow_redirects=False)).status == 404
    assert "company account" not in await (await client.get("/sign-in")).text()


async def test_slack_signs_in_whoever_has_the_address(client, engine, slack):
    page = await (await client.get("/sign-in")).text()
    assert "Sign in with Slack" in page
    assert "company account" not in page
    assert (await walk(client, engine, way="slack")).status == 303
    assert "Ana Ruiz" in await (await client.get("/account")).text()


async def test_slack_knows_people_by_their_member_id_whatever_their_address(client, engine, slack):
    people = dict(engine.directory.people)
    people["ben"] = replace(
        people["ben"], methods=(*people["ben"].methods, ContactMethod(channel="slack", address="U9"))
    )
    engine.organisation = Organisation(replace(engine.directory, people=people))
    slack.claims["email"] = "someone@elsewhere.example"
    assert (await walk(client, engine, way="slack")).status == 303
    assert "Ben" in await (await client.get("/account")).text()


async def test_a_member_of_another_workspace_stays_outside(client, engine, slack):
    slack.claims["https://slack.com/team_id"] = "T2"
    assert (await walk(client, engine, way="slack")).status == 401
    assert (await client.get("/account", headers={"Accept": "text/html"}, allow_redirects=False)).status == 303


async def test_slacks_no_is_a_no_although_it_comes_with_200(client, engine, slack):
    engine.settings = replace(engine.settings, slack_client_secret=Secret("another"))
    response = await walk(client, engine, way="slack")
    assert response.status == 401
    assert "did not accept it" in await response.text()


async def test_what_one_provider_was_asked_is_no_answer_at_the_other(client, engine, provider):
    engine.settings = replace(
        engine.settings, slack_issuer=provider.issuer, slack_client_id=CLIENT, slack_client_secret=Secret(SECRET)
    )
    out = await client.get("/sign-in/oidc", allow_redirects=False)
    async with client.session.get(out.headers["Location"], allow_redirects=False) as response:
        back = urlsplit(response.headers["Location"])
    assert (await client.get(f"/sign-in/slack/back?{back.query}", allow_redirects=False)).status == 401


async def test_how_somebody_came_in_is_in_the_audit_log(client, engine, slack):
    await walk(client, engine, way="slack")
    async with engine.database.read() as tx:
        (line,) = await audit_lines(tx, before=None, limit=1)
    assert (line.act, line.by, line.subject) == ("sign in", "ana", "Slack")
