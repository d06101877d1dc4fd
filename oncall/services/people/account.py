"""What somebody reads about themselves: who they are here, where they are signed in, which programs act for them."""

from __future__ import annotations

import msgspec

from oncall.engine import Engine
from oncall.person import Role
from oncall.services.people import access
from oncall.services.people.rights import Caller
from oncall.store.access import ApiToken, Session


class AccountView(msgspec.Struct, frozen=True, kw_only=True):
    """The caller. `role` is what holds at this door; sessions and tokens are named by digests, never by their secrets.

    An admin's `tokens` are everybody's.
    """

    person: str
    name: str
    role: Role
    teams: tuple[str, ...]
    timezone: str
    sessions: tuple[Session, ...]
    tokens: tuple[ApiToken, ...]


async def view_account(engine: Engine, caller: Caller) -> AccountView:
    """The caller's own account."""
    return AccountView(
        person=caller.person,
        name=caller.name,
        role=caller.role,
        teams=caller.teams,
        timezone=caller.timezone,
        sessions=tuple(await access.sessions_of(engine, caller)),
        tokens=tuple(await access.tokens_of(engine, caller)),
    )
