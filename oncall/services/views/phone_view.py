"""The built-in phone: what it shows, and what its owner answers."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import msgspec

from notifiers.phone_item import PhoneKind
from oncall.engine import Engine
from oncall.errors import Invalid, NotFound
from oncall.person import Person
from oncall.services.answers import replies
from oncall.services.answers.replies import Incoming
from oncall.services.people.rights import Caller, Right
from oncall.store import phone as rows
from oncall.store import replies as reply_rows
from oncall.store import views
from oncall.store.phone import PhoneMessage

#: Messages shown of a phone.
SHOWN = 60
#: Kind of a message that is a key pressed in a call.
KEY = "key"


class PhoneItem(msgspec.Struct, frozen=True, kw_only=True):
    """One phone the caller may use. `received` counts the texts and calls it has had."""

    person: str
    name: str
    received: int


class Phones(msgspec.Struct, frozen=True, kw_only=True):
    """The phones the caller may use, the most used first."""

    phones: tuple[PhoneItem, ...]


class PhoneLine(msgspec.Struct, frozen=True, kw_only=True):
    """One text, call or pressed key. `kind` is text, call or key; `inbound` came from the person."""

    id: int
    at: datetime
    kind: str
    inbound: bool
    text: str
    incident: int | None
    #: When a call was answered; null while it rings.
    answered_at: datetime | None


class PhoneView(msgspec.Struct, frozen=True, kw_only=True):
    """One phone, oldest message first."""

    person: str
    name: str
    messages: tuple[PhoneLine, ...]


class PhoneReply(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A text ("ack 12"), or keys pressed in the call with the number `call`. The same `id` takes effect once."""

    text: Annotated[str, msgspec.Meta(max_length=1000)] = ""
    keys: Annotated[str, msgspec.Meta(pattern="^[0-9*#]{0,8}$")] = ""
    call: Annotated[int, msgspec.Meta(ge=0, le=2**53)] = 0
    id: Annotated[str, msgspec.Meta(max_length=100)] = ""


async def phones(engine: Engine, caller: Caller) -> Phones:
    """The phones the caller may use: their own; an admin's are all."""
    caller.require(Right.SEE)
    usable = [p for p in engine.directory.people.values() if caller.may(Right.USE_PHONE, person=p.id)]
    async with engine.database.read() as tx:
        received = await views.phone_numbers(tx, [p.id for p in usable])
    items = [PhoneItem(person=p.id, name=p.name, received=received[p.id]) for p in usable]
    return Phones(phones=tuple(sorted(items, key=lambda i: (i.person != caller.person, -i.received, i.name))))


async def view_phone(engine: Engine, caller: Caller, person: str) -> PhoneView:
    """What a phone shows.

    Raises:
        NotFound: there is no such person.
        Refused: it is another person's.
    """
    owner = _owner(engine, caller, person)
    async with engine.database.read() as tx:
        messages = await rows.of_person(tx, owner.id, limit=SHOWN)
    return PhoneView(person=owner.id, name=owner.name, messages=tuple(_line(m) for m in messages))


async def messages_after(engine: Engine, caller: Caller, person: str, after: int) -> tuple[PhoneLine, ...]:
    """The messages that came after the message `after`, oldest first.

    Raises:
        NotFound, Refused: see `view_phone`.
    """
    owner = _owner(engine, caller, person)
    async with engine.database.read() as tx:
        return tuple(_line(m) for m in await rows.of_person(tx, owner.id, after=after, limit=SHOWN))


async def reply(engine: Engine, caller: Caller, person: str, said: PhoneReply) -> PhoneView:
    """Send what the owner wrote or pressed, and show the phone with the answer.

    Raises:
        NotFound, Refused: see `view_phone`.
        Invalid: nothing was said, or the call is not one of this phone's.
    """
    owner = _owner(engine, caller, person)
    if bool(said.text.strip()) == bool(said.keys):
        raise Invalid("a reply is a text or keys", "Write something, or press a key.", "$.text")
    call = await _call(engine, owner, said) if said.keys else None
    now = engine.clock.now()
    mine = PhoneMessage(
        person=owner.id,
        at=now,
        kind=KEY if call else PhoneKind.TEXT.value,
        inbound=True,
        text=said.keys or said.text.strip(),
        incident_id=call.incident_id if call else None,
    )
    reply_id = f"phone:{owner.id}:{said.id or engine.new_id()}"
    async with engine.database.read() as tx:
        if await reply_rows.answered(tx, reply_id) is not None:
            return await view_phone(engine, caller, person)
    async with engine.database.write() as tx:
        await rows.add(tx, mine)
        if call:
            await rows.answered(tx, [call.id], now)
    answer = await replies.handle(
        engine,
        Incoming(
            id=reply_id,
            channel="phone_call" if call else "phone",
            address=owner.id,
            text=said.text.strip(),
            digits=said.keys,
            incident=call.incident_id if call else None,
        ),
    )
    answered = PhoneMessage(person=owner.id, at=now, kind=PhoneKind.TEXT.value, inbound=False, text=answer)
    async with engine.database.write() as tx:
        await rows.add(tx, answered)
    return await view_phone(engine, caller, person)


async def _call(engine: Engine, owner: Person, said: PhoneReply) -> PhoneMessage:
    async with engine.database.read() as tx:
        call = await rows.get(tx, said.call)
    if call is None or call.person != owner.id or call.kind != PhoneKind.CALL.value:
        raise Invalid("there is no such call on this phone", "Press keys in a call that this phone got.", "$.call")
    return call


def _owner(engine: Engine, caller: Caller, person: str) -> Person:
    caller.require(Right.USE_PHONE, person=person)
    known = engine.directory.people.get(person)
    if known is None:
        raise NotFound(f"there is no person {person}", "People are kept in people.yaml.")
    return known


def _line(message: PhoneMessage) -> PhoneLine:
    return PhoneLine(
        id=message.id,
        at=message.at,
        kind=message.kind,
        inbound=message.inbound,
        text=message.text,
        incident=message.incident_id,
        answered_at=message.answered_at,
    )
