"""Signing in by a local password, for where no identity provider exists. Nobody has one until they set it."""

from __future__ import annotations

import asyncio
import functools
from datetime import timedelta

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from msgspec.structs import replace

from oncall.config.secret import Secret
from oncall.engine import Engine
from oncall.errors import Invalid, SignedOut
from oncall.services.operation.administration import note
from oncall.services.people import access
from oncall.services.people.rights import Caller
from oncall.store import passwords as rows
from oncall.store.passwords import Password

SHORTEST = 12
LONGEST = 200
#: After so many wrong ones in a row nobody is let in by password for a while.
MOST_FAILURES = 10
PAUSE = timedelta(minutes=15)
#: argon2id with the library's defaults (RFC 9106, low memory).
_HASHER = PasswordHasher()


@functools.cache
def _nobody() -> str:
    """Checked where there is no password, so that how long it takes does not tell who has one. Made when first asked."""
    return _HASHER.hash("nobody has this password")


async def set_password(engine: Engine, caller: Caller, new: str, *, old: str = "") -> None:
    """Give the caller a password; whoever has one must show it.

    Raises:
        Invalid: too short or too long, or the old one is wrong.
    """
    if not SHORTEST <= len(new) <= LONGEST:
        raise Invalid(
            f"a password has {SHORTEST} to {LONGEST} characters", "A few words in a row are easy to keep.", "$.new"
        )
    async with engine.database.read() as tx:
        known = await rows.get(tx, caller.person)
    if known is not None and not await _right(known.hash, old):
        raise Invalid("the old password is wrong", "Sign in by a link if you lost it: oncall sign-in.", "$.old")
    hashed = await asyncio.to_thread(_HASHER.hash, new)
    async with engine.database.write() as tx:
        await rows.save(tx, Password(person=caller.person, hash=hashed, changed_at=engine.clock.now()))
    await note(engine, caller, "set password", caller.person)


async def sign_in(engine: Engine, name: str, password: str) -> Secret:
    """A session for somebody by id, name or e-mail and their password.

    Raises:
        SignedOut: they do not match, or too many did not lately. It does not say which.
    """
    person, now = engine.directory.person_named(name), engine.clock.now()
    async with engine.database.read() as tx:
        known = await rows.get(tx, person.id) if person else None
    stored = known.hash if known else await asyncio.to_thread(_nobody)
    right = await _right(stored, password[:LONGEST])
    paused = known is not None and known.failures >= MOST_FAILURES and now - (known.failed_at or now) < PAUSE
    if person is None or known is None or not right or paused:
        if known is not None and not right:
            await _failed(engine, known)
        raise SignedOut("name and password do not match", "Try again in a while, or ask for a sign-in link.")
    if known.failures:
        async with engine.database.write() as tx:
            await rows.save(tx, replace(known, failures=0, failed_at=None))
    return await access.start_session(engine, person, "password")


async def _failed(engine: Engine, known: Password) -> None:
    async with engine.database.write() as tx:
        latest = await rows.get(tx, known.person) or known
        await rows.save(tx, replace(latest, failures=latest.failures + 1, failed_at=engine.clock.now()))


async def _right(hashed: str, password: str) -> bool:
    try:
        # Some tens of milliseconds of work: not on the event loop, where pages wait for it.
        return await asyncio.to_thread(_HASHER.verify, hashed, password)
    except (VerificationError, InvalidHashError):
        return False
