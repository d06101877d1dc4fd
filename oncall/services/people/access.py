"""Signing in and out, and keys for programs. Secrets leave here once, as text; only their digests are kept."""

from __future__ import annotations

import hashlib
import secrets
from datetime import timedelta

import msgspec

from oncall.config.secret import Secret
from oncall.engine import Engine
from oncall.errors import Invalid, NotFound, Refused, SignedOut
from oncall.incident import Via
from oncall.person import Person, Role
from oncall.services.people.rights import Caller, Right, lower
from oncall.store import access as store
from oncall.store.access import ApiToken, AuditLine, Session

#: Responders are called out twice a year; a session that ends in between costs minutes at 3 a.m.
SESSION_LIFE = timedelta(days=90)
LINK_LIFE = timedelta(minutes=30)
#: Written at most this often, so that reading with a token does not write each time.
TOKEN_USE_STEP = timedelta(minutes=10)
LONGEST_TOKEN_LIFE = timedelta(days=365)


class NewToken(msgspec.Struct, frozen=True, kw_only=True):
    """What is needed to make an API token. `days` bounds its life."""

    name: str
    scope: Role = Role.VIEWER
    days: int = 90


async def create_sign_in_link(engine: Engine, person: str, *, life: timedelta = LINK_LIFE) -> str:
    """A secret address that signs one person in, once.

    Raises:
        NotFound: the files name no such person.
    """
    if person not in engine.directory.people:
        raise NotFound(f"there is no person {person}", "People are kept in people.yaml.")
    secret, now = _new_secret(), engine.clock.now()
    async with engine.database.write() as tx:
        await store.add_link(tx, digest(secret), person, now + life)
    return f"{engine.settings.address}/sign-in/link/{secret}"


async def person_of_link(engine: Engine, secret: str) -> Person:
    """Whom a link would sign in; looking does not spend it.

    Raises:
        SignedOut: it was used, has expired, or never was.
    """
    async with engine.database.read() as tx:
        person = await store.link_person(tx, digest(secret), engine.clock.now())
    return _known(engine, person)


async def sign_in_by_link(engine: Engine, secret: str) -> Secret:
    """Spend a link for a session.

    Raises:
        SignedOut: it was used, has expired, or never was.
    """
    async with engine.database.write() as tx:
        person = _known(engine, await store.use_link(tx, digest(secret), engine.clock.now()))
    return await start_session(engine, person, "link")


async def start_session(engine: Engine, person: Person, how: str) -> Secret:
    """A session for somebody who has shown who they are; `how` goes to the audit log."""
    now, session = engine.clock.now(), _new_secret()
    async with engine.database.write() as tx:
        await store.add_session(
            tx, Session(digest=digest(session), person=person.id, created_at=now, expires_at=now + SESSION_LIFE)
        )
        await store.log(tx, AuditLine(at=now, by=person.id, via=Via.WEB.value, act="sign in", subject=how))
    return Secret(session)


async def sessions_of(engine: Engine, caller: Caller) -> list[Session]:
    """The caller's sessions that hold, newest first."""
    async with engine.database.read() as tx:
        return await store.sessions_of_person(tx, caller.person, engine.clock.now())


async def revoke_session(engine: Engine, caller: Caller, session_digest: str) -> None:
    """End one of the caller's sessions, on whatever device it is.

    Raises:
        NotFound: there is none.
    """
    if not any(session.digest == session_digest for session in await sessions_of(engine, caller)):
        raise NotFound("there is no such session", "It may have ended already.")
    now = engine.clock.now()
    async with engine.database.write() as tx:
        await store.revoke_session(tx, session_digest, now)
        line = AuditLine(at=now, by=caller.person, via=caller.via.value, act="end session", subject="")
        await store.log(tx, line)


async def caller_of_session(engine: Engine, secret: str) -> Caller:
    """Who a browser's cookie speaks for.

    Raises:
        SignedOut: the session has ended, or the person is gone from the files.
    """
    async with engine.database.read() as tx:
        session = await store.session_of(tx, digest(secret), engine.clock.now())
    person = _known(engine, session.person if session else None)
    return _caller(engine, person, person.role, Via.WEB)


async def sign_out(engine: Engine, secret: str) -> None:
    """End a session."""
    now = engine.clock.now()
    async with engine.database.write() as tx:
        await store.revoke_session(tx, digest(secret), now)


async def create_token(engine: Engine, caller: Caller, asked: NewToken) -> Secret:
    """A key for a program that acts for the caller, never with more rights than they have.

    Raises:
        Refused: the scope is above the caller's role.
        Invalid: the name is empty, or it would live too long.
    """
    if not asked.name.strip():
        raise Invalid("the token has no name", "Say what it is for.", "$.name")
    if not 1 <= asked.days <= LONGEST_TOKEN_LIFE.days:
        raise Invalid("a token lives 1 to 365 days", "Choose fewer days and renew it.", "$.days")
    if lower(asked.scope, caller.role) is not asked.scope:
        raise Refused(f"{caller.name} may not give the scope {asked.scope}", f"Choose {caller.role} or less.")
    secret, now = f"oncall_{_new_secret()}", engine.clock.now()
    token = ApiToken(
        digest=digest(secret),
        name=asked.name.strip()[:100],
        person=caller.person,
        scope=asked.scope.value,
        created_at=now,
        expires_at=now + timedelta(days=asked.days),
    )
    async with engine.database.write() as tx:
        await store.add_token(tx, token)
        line = AuditLine(at=now, by=caller.person, via=caller.via.value, act="create token", subject=token.name)
        await store.log(tx, line)
    return Secret(secret)


async def caller_of_token(engine: Engine, secret: str) -> Caller:
    """Who a program's key speaks for.

    Raises:
        SignedOut: it was revoked, has expired, or never was.
    """
    now = engine.clock.now()
    async with engine.database.read() as tx:
        token = await store.token_of(tx, digest(secret), now)
    person = _known(engine, token.person if token else None)
    if token is None:
        raise SignedOut("the token does not hold")
    if token.last_used_at is None or now - token.last_used_at > TOKEN_USE_STEP:
        async with engine.database.write() as tx:
            await store.token_used(tx, token.digest, now)
    return _caller(engine, person, lower(person.role, Role(token.scope)), Via.API)


async def tokens_of(engine: Engine, caller: Caller) -> list[ApiToken]:
    """The caller's tokens; an admin sees everybody's."""
    async with engine.database.read() as tx:
        return await store.tokens(tx, "" if caller.may(Right.ADMINISTER) else caller.person)


async def revoke_token(engine: Engine, caller: Caller, token_digest: str) -> None:
    """End a token of the caller's, or as an admin of anybody's.

    Raises:
        NotFound: there is none.
    """
    now = engine.clock.now()
    token = next((t for t in await tokens_of(engine, caller) if t.digest == token_digest), None)
    if token is None:
        raise NotFound("there is no such token", "It may have been revoked already.")
    async with engine.database.write() as tx:
        await store.revoke_token(tx, token.digest, now)
        line = AuditLine(at=now, by=caller.person, via=caller.via.value, act="revoke token", subject=token.name)
        await store.log(tx, line)


def caller_at_shell(engine: Engine, person: str) -> Caller:
    """Who somebody speaks for that has the configuration and the database in their hands anyway.

    Raises:
        NotFound: the files name no such person.
    """
    known = engine.directory.people.get(person)
    if known is None:
        raise NotFound(f"there is no person {person}", "People are kept in people.yaml.")
    return _caller(engine, known, known.role, Via.CLI)


def digest(secret: str) -> str:
    """SHA-256 in hex. The secrets are 256 random bits, so a slow hash would add nothing."""
    return hashlib.sha256(secret.encode()).hexdigest()


def _new_secret() -> str:
    return secrets.token_urlsafe(32)


def _known(engine: Engine, person: str | None) -> Person:
    known = engine.directory.people.get(person) if person else None
    if known is None:
        raise SignedOut("this does not sign anybody in", "Ask for a new link, or sign in again.")
    return known


def _caller(engine: Engine, person: Person, role: Role, via: Via) -> Caller:
    return Caller(
        person=person.id,
        name=person.name,
        role=role,
        teams=tuple(team.id for team in engine.directory.teams_of(person.id)),
        timezone=person.timezone,
        via=via,
    )
