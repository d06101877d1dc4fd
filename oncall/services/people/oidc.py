"""Signing in at an OpenID provider: authorization code with PKCE (OpenID Connect Core 1.0, RFC 7636).

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
BACK = "/sign-in/oidc/back"
#: Clocks of provider and engine may differ by this much, in seconds.
LEEWAY = 60


class _Provider(msgspec.Struct):
    """What discovery says (OpenID Connect Discovery 1.0, section 3), as far as it is used."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str


class _Tokens(msgspec.Struct):
    id_token: str


async def begin(engine: Engine, visit: str) -> str:
    """Where to send the browser whose secret is `visit`.

    Raises:
        NotFound: no provider is configured.
        Unavailable: the provider does not answer.
    """
    provider = await _discover(engine)
    challenge = base64.urlsafe_b64encode(hashlib.sha256(_derived(visit, "verifier").encode()).digest()).rstrip(b"=")
    query = {
        "response_type": "code",
        "client_id": engine.settings.oidc_client_id,
        "redirect_uri": engine.settings.address + BACK,
        "scope": "openid email profile",
        "state": _derived(visit, "state"),
        "nonce": _derived(visit, "nonce"),
        "code_challenge": challenge.decode(),
        "code_challenge_method": "S256",
    }
    mark = "&" if "?" in provider.authorization_endpoint else "?"
    return f"{provider.authorization_endpoint}{mark}{urlencode(query)}"


async def finish(engine: Engine, visit: str, *, code: str, state: str) -> Secret:
    """Trade the code for a session of the person whose verified e-mail the provider names.

    Raises:
        SignedOut: the answer is not to this browser's question, or names nobody the files know.
        NotFound, Unavailable: see `begin`.
    """
    if not hmac.compare_digest(state.encode(), _derived(visit, "state").encode()):
        raise SignedOut("this answer is not to this browser's question", "Begin again at the sign-in.")
    provider = await _discover(engine)
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": engine.settings.address + BACK,
        "client_id": engine.settings.oidc_client_id,
        "client_secret": engine.settings.oidc_client_secret.reveal(),
        "code_verifier": _derived(visit, "verifier"),
    }
    answer = await _ask(engine, "POST", provider.token_endpoint, urlencode(form).encode())
    tokens = _decoded(answer, _Tokens)
    keys = await _ask(engine, "GET", provider.jwks_uri)
    claims = _claims(engine, provider, tokens.id_token, keys, _derived(visit, "nonce"))
    return await access.start_session(engine, _person(engine, claims), "OpenID")


async def _discover(engine: Engine) -> _Provider:
    issuer = engine.settings.oidc_issuer
    if not issuer or not engine.settings.oidc_client_id:
        raise NotFound("no OpenID provider is configured", "Set ONCALL_OIDC_ISSUER and its client id and secret.")
    provider = _decoded(await _ask(engine, "GET", f"{issuer}/.well-known/openid-configuration"), _Provider)
    if provider.issuer.rstrip("/") != issuer:
        raise Unavailable(f"the provider calls itself {provider.issuer[:100]}", "Set ONCALL_OIDC_ISSUER to that.")
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


def _claims(engine: Engine, provider: _Provider, token: str, keys: bytes, nonce: str) -> dict[str, object]:
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
            aud={"essential": True, "value": engine.settings.oidc_client_id},
            exp={"essential": True},
            nonce={"essential": True, "value": nonce},
        )
        registry.validate(decoded.claims)
    except (JoseError, ValueError, KeyError, TypeError) as error:
        raise SignedOut("the OpenID provider's word cannot be trusted", "Begin again at the sign-in.") from error
    return dict(decoded.claims)


def _person(engine: Engine, claims: dict[str, object]) -> Person:
    email = claims.get("email")
    if not isinstance(email, str) or not email or claims.get("email_verified") is False:
        raise SignedOut("the OpenID provider names no verified e-mail address", "Ask whoever runs the provider.")
    for person in engine.directory.people.values():
        if person.email and person.email.casefold() == email.casefold():
            return person
    raise SignedOut(f"nobody in people.yaml has the address {email[:100]}", "Ask an admin to add you.")


def _decoded(body: bytes, kind: type[T]) -> T:
    try:
        return msgspec.json.decode(body, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Unavailable("the OpenID provider says something else than the standard", str(error)) from error


def _derived(visit: str, what: str) -> str:
    return hmac.new(visit.encode(), f"oidc {what}".encode(), hashlib.sha256).hexdigest()
