"""The API of one's own contact methods."""

from __future__ import annotations

from oncall.engine import Engine
from oncall.services.people import contacts, preferences
from oncall.services.people.rights import Caller
from oncall.web.operations import Asked, Operation


async def _list(engine: Engine, caller: Caller, _asked: Asked) -> contacts.Contacts:
    return await contacts.list_contacts(engine, caller)


async def _test(engine: Engine, caller: Caller, asked: Asked) -> contacts.Contacts:
    return await contacts.send_test(engine, caller, asked.body)


async def _send_code(engine: Engine, caller: Caller, asked: Asked) -> contacts.Contacts:
    return await contacts.send_code(engine, caller, asked.body)


async def _verify(engine: Engine, caller: Caller, asked: Asked) -> contacts.Contacts:
    return await contacts.verify(engine, caller, asked.body)


async def _move_up(engine: Engine, caller: Caller, asked: Asked) -> contacts.Contacts:
    await preferences.move_up(engine, caller, asked.body)
    return await contacts.list_contacts(engine, caller)


async def _leave_out(engine: Engine, caller: Caller, asked: Asked) -> contacts.Contacts:
    await preferences.leave_out(engine, caller, asked.body)
    return await contacts.list_contacts(engine, caller)


async def _take_back(engine: Engine, caller: Caller, asked: Asked) -> contacts.Contacts:
    await preferences.take_back(engine, caller, asked.body)
    return await contacts.list_contacts(engine, caller)


OPERATIONS: tuple[Operation, ...] = (
    Operation(
        method="GET",
        path="/contacts",
        name="list_contacts",
        about="The caller's own contact methods, and whether each works.",
        call=_list,
        answer=contacts.Contacts,
    ),
    Operation(
        method="POST",
        path="/contacts/test",
        name="test_contact",
        about="Send a test page to oneself.",
        call=_test,
        body=contacts.Method,
        answer=contacts.Contacts,
        problems=(404,),
    ),
    Operation(
        method="POST",
        path="/contacts/code",
        name="send_contact_code",
        about="Send a code that proves a contact method is one's own.",
        call=_send_code,
        body=contacts.Method,
        answer=contacts.Contacts,
        problems=(404,),
    ),
    Operation(
        method="POST",
        path="/contacts/verify",
        name="verify_contact",
        about="Enter the code that came through a contact method.",
        call=_verify,
        body=contacts.Code,
        answer=contacts.Contacts,
        problems=(404,),
    ),
    Operation(
        method="POST",
        path="/contacts/move-up",
        name="move_contact_up",
        about="Be reached by a contact method earlier.",
        call=_move_up,
        body=preferences.Move,
        answer=contacts.Contacts,
        problems=(404,),
    ),
    Operation(
        method="POST",
        path="/contacts/leave-out",
        name="leave_contact_out",
        about="Be reached by a contact method no more; refused where nothing would be left that can carry an important page.",
        call=_leave_out,
        body=preferences.Move,
        answer=contacts.Contacts,
        problems=(404,),
    ),
    Operation(
        method="POST",
        path="/contacts/take-back",
        name="take_contact_back",
        about="Be reached by a contact method again.",
        call=_take_back,
        body=preferences.Move,
        answer=contacts.Contacts,
        problems=(404,),
    ),
)
