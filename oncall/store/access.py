"""Sessions, one-time sign-in links, API tokens and the audit log. Secrets are kept as SHA-256 digests only."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from oncall.store.schema import api_token, audit, session, sign_in_link
from oncall.store.statements import Prepared


class Session(msgspec.Struct, frozen=True, kw_only=True):
    """One browser of one person, until it expires or is revoked."""

    digest: str
    person: str
    created_at: datetime
    expires_at: datetime
    revoked_at: datetime | None = None


class ApiToken(msgspec.Struct, frozen=True, kw_only=True):
    """A key for programs. `scope` bounds what it may do below the role of the person it belongs to."""

    digest: str
    name: str
    person: str
    scope: str
    created_at: datetime
    expires_at: datetime | None = None
    last_used_at: datetime | None = None
    revoked_at: datetime | None = None


class AuditLine(msgspec.Struct, frozen=True, kw_only=True):
    """Who changed what through which door."""

    id: int = 0
    at: datetime
    by: str
    via: str
    act: str
    subject: str
    data: Mapping[str, Any] = {}


async def add_session(tx: AsyncConnection, value: Session) -> None:
    """Write a new session."""
    await tx.execute(sa.insert(session).values(msgspec.structs.asdict(value)))


async def session_of(tx: AsyncConnection, digest: str, now: datetime) -> Session | None:
    """The session with that digest, if it still holds."""
    row = await _SESSION.first(tx, {"digest": digest, "now": now})
    return _session(row) if row else None


async def sessions_of_person(tx: AsyncConnection, person: str, now: datetime) -> list[Session]:
    """A person's sessions that still hold, newest first."""
    query = (
        sa.select(session)
        .where(session.c.person == person, session.c.expires_at > now, session.c.revoked_at.is_(None))
        .order_by(session.c.created_at.desc())
    )
    return [_session(row) for row in (await tx.execute(query)).all()]


async def revoke_session(tx: AsyncConnection, digest: str, now: datetime) -> None:
    """End one session."""
    await tx.execute(
        sa.update(session).where(session.c.digest == digest, session.c.revoked_at.is_(None)).values(revoked_at=now)
    )


async def add_link(tx: AsyncConnection, digest: str, person: str, expires_at: datetime) -> None:
    """Write a one-time sign-in link."""
    await tx.execute(sa.insert(sign_in_link).values(digest=digest, person=person, expires_at=expires_at))


async def link_person(tx: AsyncConnection, digest: str, now: datetime) -> str | None:
    """Whom an unused link signs in."""
    query = sa.select(sign_in_link.c.person).where(
        sign_in_link.c.digest == digest, sign_in_link.c.expires_at > now, sign_in_link.c.used_at.is_(None)
    )
    found: str | None = (await tx.execute(query)).scalar()
    return found


async def use_link(tx: AsyncConnection, digest: str, now: datetime) -> str | None:
    """Spend a link: whom it signs in, None if it was used, has expired or never was. Only one caller gets it."""
    statement = (
        sa.update(sign_in_link)
        .where(sign_in_link.c.digest == digest, sign_in_link.c.expires_at > now, sign_in_link.c.used_at.is_(None))
        .values(used_at=now)
        .returning(sign_in_link.c.person)
    )
    found: str | None = (await tx.execute(statement)).scalar()
    return found


async def add_token(tx: AsyncConnection, value: ApiToken) -> None:
    """Write a new API token."""
    await tx.execute(sa.insert(api_token).values(msgspec.structs.asdict(value)))


async def token_of(tx: AsyncConnection, digest: str, now: datetime) -> ApiToken | None:
    """The token with that digest, if it still holds."""
    query = sa.select(api_token).where(
        api_token.c.digest == digest,
        api_token.c.revoked_at.is_(None),
        sa.or_(api_token.c.expires_at.is_(None), api_token.c.expires_at > now),
    )
    row = (await tx.execute(query)).one_or_none()
    return _token(row) if row else None


async def tokens(tx: AsyncConnection, person: str = "") -> list[ApiToken]:
    """Tokens that were not revoked, of one person or of everybody, newest first."""
    query = sa.select(api_token).where(api_token.c.revoked_at.is_(None)).order_by(api_token.c.created_at.desc())
    if person:
        query = query.where(api_token.c.person == person)
    return [_token(row) for row in (await tx.execute(query)).all()]


async def token_used(tx: AsyncConnection, digest: str, now: datetime) -> None:
    """Note when a token was last used."""
    await tx.execute(sa.update(api_token).where(api_token.c.digest == digest).values(last_used_at=now))


async def revoke_token(tx: AsyncConnection, digest: str, now: datetime) -> None:
    """End one token."""
    await tx.execute(
        sa.update(api_token)
        .where(api_token.c.digest == digest, api_token.c.revoked_at.is_(None))
        .values(revoked_at=now)
    )


async def log(tx: AsyncConnection, line: AuditLine) -> None:
    """Add a line to the audit log; nothing changes or removes one."""
    row = {k: v for k, v in msgspec.structs.asdict(line).items() if k != "id"}
    await tx.execute(sa.insert(audit).values(row | {"data": dict(line.data)}))


async def audit_lines(tx: AsyncConnection, *, before: int | None = None, limit: int = 50) -> list[AuditLine]:
    """The audit log, newest first."""
    query = sa.select(audit).order_by(audit.c.id.desc()).limit(limit)
    if before is not None:
        query = query.where(audit.c.id < before)
    return [AuditLine(**row._mapping) for row in (await tx.execute(query)).all()]  # noqa: SLF001 - SQLAlchemy's public name for it


async def forget_expired(tx: AsyncConnection, before: datetime, limit: int) -> int:
    """Delete sessions and links that ended before that instant, a batch at a time; how many."""
    gone = 0
    for table in (session, sign_in_link):
        key = table.primary_key.columns[0]
        old = sa.select(key).where(table.c.expires_at < before).limit(limit)
        gone = max(gone, (await tx.execute(sa.delete(table).where(key.in_(old)))).rowcount)
    return gone


_SESSION = Prepared(
    sa.select(session).where(
        session.c.digest == sa.bindparam("digest"),
        session.c.expires_at > sa.bindparam("now"),
        session.c.revoked_at.is_(None),
    )
)


def _session(row: Any) -> Session:
    return Session(**row._asdict())


def _token(row: Any) -> ApiToken:
    return ApiToken(**row._mapping)  # noqa: SLF001 - SQLAlchemy's public name for it
