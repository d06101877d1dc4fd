"""Signing in at an OpenID provider, which Slack is one of: authorization code with PKCE (OpenID Connect Core 1.0, RFC 7636).

Nothing is kept between the two steps: state, nonce and verifier follow from the browser's own secret.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from typing import TypeVar
from urllib.parse import urlencode

import msgspec

from notifiers.http import NotCarriedOut, NoTelling, PrivateAddress
from oncall.config.secret import Secret
from oncall.engine import Engine
from oncall.errors import NotFound, SignedOut, Unavailable
from oncall.person import Person
from oncall.services.people import access

T = TypeVar("T")

#: Longest wait for one answer of the provider, in seconds.
PATIENCE = 10.0
#: Signatures a provider makes with a key of its own; never "none", never one made with the client's secret.
ALGORITHMS = ("RS256", "PS256", "ES256", "EdDSA")
#: What Slack's tokens call the workspace and the member (docs.slack.dev/authentication/sign-in-with-slack).
SLACK_TEAM, SLACK_USER = "https://slack.com/team_id", "https://slack.com/user_id"
#: Clocks of provider and engine may differ by this much, in seconds.
LEEWAY = 60


class Way(msgspec.Struct, frozen=True, kw_only=True):
    """One provider this engine sends people to.

    Attributes:
        name: In addresses: `/sign-in/NAME`.
        title: What the button says.
        how: What the audit log says.
        pkce: Whether it is sent a challenge; Slack knows none.
        team: Slack's workspace; empty where any will do.
    """

    name: str
    title: str
    how: str
    issuer: str
    client_id: str
    client_secret: Secret
    pkce: bool = True
    team: str = ""

    @property
    def back(self) -> str:
        """Where the provider sends the browser."""
        return f"/sign-in/{self.name}/back"


def ways(engine: Engine) -> dict[str, Way]:
    """The providers that are configured, by name."""
    settings = engine.settings
    company = Way(
        name="oidc",
        title="Sign in with your company account",
        how="OpenID",
        issuer=settings.oidc_issuer,
        client_id=settings.oidc_client_id,
        client_secret=settings.oidc_client_secret,
    )
    slack = Way(
        name="slack",
        title="Sign in with Slack",
        how="Slack",
        issuer=settings.slack_issuer,
        client_id=settings.slack_client_id,
        client_secret=settings.slack_client_secret,
        pkce=False,
        team=settings.slack_team_id,
    )
    return {way.name: way for way in (company, slack) if way.issuer and way.client_id}


class _Provider(msgspec.Struct):
    """What discovery says (OpenID Connect Discovery 1.0, section 3), as far as it is used."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str


class _Tokens(msgspec.Struct):
    #: Slack answers 200 without one where the code does not hold.
    id_token: str = ""


async def begin(engine: Engine, name: str, visit: str) -> str:
    """Where to send the browser whose secret is `visit`.

    Raises:
        NotFound: no such provider is configured.
        Unavailable: the provider does not answer.
    """
    way = _way(engine, name)
    provider = await _discover(engine, way)
    query = {
        "response_type": "code",
        "client_id": way.client_id,
        "redirect_uri": engine.settings.address + way.back,
        "scope": "openid email profile",
        "state": _derived(visit, way, "state"),
        "nonce": _derived(visit, way, "nonce"),
    }
    if way.pkce:
        challenge = hashlib.sha256(_derived(visit, way, "verifier").encode()).digest()
        query["code_challenge"] = base64.urlsafe_b64encode(challenge).rstrip(b"=").decode()
        query["code_challenge_method"] = "S256"
    if way.team:
        query["team"] = way.team
    mark = "&" if "?" in provider.authorization_endpoint else "?"
    return f"{provider.authorization_endpoint}{mark}{urlencode(query)}"


async def finish(engine: Engine, name: str, visit: str, *, code: str, state: str) -> Secret:
    """Trade the code for a session of the person whom the provider names.

    Raises:
        SignedOut: the answer is not to this browser's question, or names nobody the files know.
        NotFound, Unavailable: see `begin`.
    """
    way = _way(engine, name)
    if not hmac.compare_digest(state.encode(), _derived(visit, way, "state").encode()):
        raise SignedOut("this answer is not to this browser's question", "Begin again at the sign-in.")
    provider = await _discover(engine, way)
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": engine.settings.address + way.back,
        "client_id": way.client_id,
        "client_secret": way.client_secret.reveal(),
    }
    if way.pkce:
        form["code_verifier"] = _derived(visit, way, "verifier")
    answer = await _ask(engine, "POST", provider.token_endpoint, urlencode(form).encode())
    tokens = _decoded(answer, _Tokens)
    if not tokens.id_token:
        raise SignedOut("the provider did not accept it", "Begin again at the sign-in.")
    keys = await _ask(engine, "GET", provider.jwks_uri)
    claims = _claims(engine, way, provider, tokens.id_token, keys, nonce=_derived(visit, way, "nonce"))
    return await access.start_session(engine, _person(engine, way, claims), way.how)


def _way(engine: Engine, name: str) -> Way:
    way = ways(engine).get(name)
    if way is None:
        raise NotFound("no such provider is configured", "Its settings are in docs/web.md, under Signing in.")
    return way


async def _discover(engine: Engine, way: Way) -> _Provider:
    provider = _decoded(await _ask(engine, "GET", f"{way.issuer}/.well-known/openid-configuration"), _Provider)
    if provider.issuer.rstrip("/") != way.issuer:
        raise Unavailable(f"the provider calls itself {provider.issuer[:100]}", "Set its issuer to that.")
    return provider


async def _ask(engine: Engine, method: str, url: str, body: bytes = b"") -> bytes:
    headers = {"Accept": "application/json"}
    if body:
        headers["Content-Type"] = "application/x-www-form-urlencoded"
    try:
        answer = await engine.http.request(method, url, timeout_seconds=PATIENCE, headers=headers, body=body)
    except (NotCarriedOut, NoTelling, PrivateAddress) as error:
        raise Unavailable("the OpenID provider does not answer", "Try again, or sign in by a link.") from error
    if answer.status >= 500:
        raise Unavailable("the OpenID provider is in trouble", "Try again, or sign in by a link.")
    if answer.status != 200:
        raise SignedOut("the OpenID provider did not accept it", "Begin again at the sign-in.")
    return answer.body


def _claims(engine: Engine, way: Way, provider: _Provider, token: str, keys: bytes, *, nonce: str) -> dict[str, object]:
    # Loaded with the first sign-in: with the cryptography behind it, nine megabytes that most nodes never need.
    from joserfc import jwt  # noqa: PLC0415
    from joserfc.errors import JoseError  # noqa: PLC0415
    from joserfc.jwk import KeySet  # noqa: PLC0415

    try:
        key_set = KeySet.import_key_set(msgspec.json.decode(keys))
        decoded = jwt.decode(token, key_set, algorithms=list(ALGORITHMS))
        registry = jwt.JWTClaimsRegistry(
            now=int(engine.clock.now().timestamp()),
            leeway=LEEWAY,
            iss={"essential": True, "value": provider.issuer},
            aud={"essential": True, "value": way.client_id},
            exp={"essential": True},
            nonce={"essential": True, "value": nonce},
        )
        registry.validate(decoded.claims)
    except (JoseError, ValueError, KeyError, TypeError) as error:
        raise SignedOut("the OpenID provider's word cannot be trusted", "Begin again at the sign-in.") from error
    return dict(decoded.claims)


def _person(engine: Engine, way: Way, claims: dict[str, object]) -> Person:
    people = engine.directory.people.values()
    if way.team:
        if claims.get(SLACK_TEAM) != way.team:
            raise SignedOut("that is another Slack workspace", "Sign in from the one this engine belongs to.")
        # Member ids are unique within one workspace alone, so they count only where it is known to be ours.
        for person in people:
            if person.address("slack") and person.address("slack") == claims.get(SLACK_USER):
                return person
    email = claims.get("email")
    if not isinstance(email, str) or not email or claims.get("email_verified") is False:
        raise SignedOut("the provider names no verified e-mail address", "Ask whoever runs the provider.")
    for person in people:
        if person.email and person.email.casefold() == email.casefold():
            return person
    raise SignedOut(f"nobody in people.yaml has the address {email[:100]}", "Ask an admin to add you.")


def _decoded(body: bytes, kind: type[T]) -> T:
    try:
        return msgspec.json.decode(body, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Unavailable("the OpenID provider says something else than the standard", str(error)) from error


def _derived(visit: str, way: Way, what: str) -> str:
    """Another one for each provider: what one of them was told is of no use at the other."""
    return hmac.new(visit.encode(), f"{way.name} {what}".encode(), hashlib.sha256).hexdigest()
