"""The API of one's own account: what is seen under one's name, and what may be ended there.

Tokens are made in the browser or at the shell alone: a program's key must not make itself another one.
"""

from __future__ import annotations

from oncall.engine import Engine
from oncall.services.people import access, account
from oncall.services.people.account import AccountView
from oncall.services.people.rights import Caller
from oncall.services.rotations import subscriptions
from oncall.services.rotations.subscriptions import Subscriptions
from oncall.web.operations import Asked, Operation


async def _show(engine: Engine, caller: Caller, _asked: Asked) -> AccountView:
    return await account.view_account(engine, caller)


async def _end_session(engine: Engine, caller: Caller, asked: Asked) -> AccountView:
    await access.revoke_session(engine, caller, asked.path["digest"])
    return await account.view_account(engine, caller)


async def _end_token(engine: Engine, caller: Caller, asked: Asked) -> AccountView:
    await access.revoke_token(engine, caller, asked.path["digest"])
    return await account.view_account(engine, caller)


async def _subscriptions(engine: Engine, caller: Caller, _asked: Asked) -> Subscriptions:
    return Subscriptions(subscriptions=tuple(await subscriptions.subscriptions(engine, caller)))


async def _unsubscribe(engine: Engine, caller: Caller, asked: Asked) -> Subscriptions:
    await subscriptions.unsubscribe(engine, caller, asked.path["digest"])
    return await _subscriptions(engine, caller, asked)


OPERATIONS: tuple[Operation, ...] = (
    Operation(
        method="GET",
        path="/account",
        name="get_account",
        about="The caller's own account: role, teams, sessions and tokens.",
        call=_show,
        answer=AccountView,
    ),
    Operation(
        method="POST",
        path="/account/sessions/{digest}/revoke",
        name="revoke_session",
        about="Sign a browser of the caller out.",
        call=_end_session,
        answer=AccountView,
        problems=(404,),
    ),
    Operation(
        method="POST",
        path="/account/tokens/{digest}/revoke",
        name="revoke_token",
        about="End a token of the caller, or as an admin anybody's.",
        call=_end_token,
        answer=AccountView,
        problems=(404,),
    ),
    Operation(
        method="GET",
        path="/subscriptions",
        name="list_subscriptions",
        about="The calendars the caller subscribed to, without their secret addresses.",
        call=_subscriptions,
        answer=Subscriptions,
    ),
    Operation(
        method="POST",
        path="/subscriptions/{digest}/revoke",
        name="unsubscribe",
        about="End a subscription: its secret address answers no more.",
        call=_unsubscribe,
        answer=Subscriptions,
        problems=(404,),
    ),
)
