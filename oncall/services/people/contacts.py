"""A person's contact methods: proved by a code, tried with a test page, stopped and started again by a text."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from datetime import datetime, timedelta

import msgspec
from msgspec.structs import replace

from notifiers.channels import BY_NAME
from notifiers.message import MessageKind
from oncall.engine import Engine
from oncall.errors import Invalid, NotFound
from oncall.person import Person
from oncall.services.people.rights import Caller, Right
from oncall.store import contacts as rows
from oncall.store import pages as page_rows
from oncall.store.contacts import Contact
from oncall.store.pages import Page

#: How long a code counts, and how often it may be tried.
CODE_LIFE = timedelta(minutes=10)
MOST_TRIES = 5
#: A method that carried an answer within this time is known to work.
LATELY = timedelta(days=90)


class ContactItem(msgspec.Struct, frozen=True, kw_only=True):
    """One contact method as its owner sees it.

    `state` is "works" (answered lately or verified lately), "untested", "stopped" (they wrote STOP), "failing" or
    "off" (the channel is not configured here); `why` says more in a sentence.
    """

    channel: str
    title: str
    address: str
    state: str
    why: str
    verified_at: datetime | None
    answered_at: datetime | None
    #: Until when a code that was sent counts; null where none waits to be entered.
    code_expires_at: datetime | None = None
    #: The person does not want to be reached by it.
    left_out: bool = False


class Contacts(msgspec.Struct, frozen=True, kw_only=True):
    """A person's contact methods in the order they prefer, those they leave out at the end."""

    person: str
    methods: tuple[ContactItem, ...]


class Method(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which of one's own contact methods."""

    channel: str


class Code(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A code that came through a contact method."""

    channel: str
    code: str


async def list_contacts(engine: Engine, caller: Caller) -> Contacts:
    """The caller's own contact methods and how they stand."""
    person = _self(engine, caller)
    now = engine.clock.now()
    written = engine.organisation.files.people.get(person.id, person)
    unused = [method for method in written.methods if method not in person.methods]
    async with engine.database.read() as tx:
        known = [await rows.get(tx, method.channel, method.address) for method in (*person.methods, *unused)]
    items = [_item(engine, contact, now) for contact in known]
    used = len(person.methods)
    return Contacts(person=person.id, methods=(*items[:used], *(replace(one, left_out=True) for one in items[used:])))


async def send_test(engine: Engine, caller: Caller, asked: Method) -> Contacts:
    """Send a test page to oneself, the way a real one goes.

    Raises:
        NotFound: The caller has no such contact method.
    """
    await _send(engine, _self(engine, caller), asked.channel, MessageKind.TEST, "")
    return await list_contacts(engine, caller)


async def send_code(engine: Engine, caller: Caller, asked: Method) -> Contacts:
    """Send a code that proves the contact method is the caller's.

    Raises:
        NotFound: The caller has no such contact method.
    """
    person = _self(engine, caller)
    code = f"{secrets.randbelow(1_000_000):06}"
    text = engine.wording.phrases.say(person.language, "verify_text", code=code)
    address = await _send(engine, person, asked.channel, MessageKind.VERIFY, text)
    async with engine.database.write() as tx:
        await rows.change(
            tx,
            asked.channel,
            address,
            code_digest=_digest(code),
            code_expires_at=engine.clock.now() + CODE_LIFE,
            code_tries=0,
        )
    return await list_contacts(engine, caller)


async def verify(engine: Engine, caller: Caller, entered: Code) -> Contacts:
    """Enter the code.

    Raises:
        NotFound: The caller has no such contact method.
        Invalid: It is not the code, it is too old, or it was tried too often.
    """
    address = _address(_self(engine, caller), entered.channel)
    now = engine.clock.now()
    async with engine.database.write() as tx:
        contact = await rows.get(tx, entered.channel, address, lock=True)
        fits = hmac.compare_digest(contact.code_digest, _digest(entered.code.strip()))
        fresh = contact.code_expires_at is not None and now < contact.code_expires_at
        if fits and fresh and contact.code_tries < MOST_TRIES:
            values = {"verified_at": now, "answered_at": now, "fault": "", "fault_at": None, "code_digest": ""}
            await rows.change(tx, entered.channel, address, **values)
        else:
            await rows.change(tx, entered.channel, address, code_tries=contact.code_tries + 1)
    if not (fits and fresh and contact.code_tries < MOST_TRIES):
        raise Invalid("this is not the code, or it is too old", "Ask for a new code.", "$.code")
    return await list_contacts(engine, caller)


def works(contact: Contact, now: datetime) -> bool:
    """Whether a human act came back from it lately and nothing spoke against it since."""
    if contact.stopped_at is not None or contact.answered_at is None:
        return False
    failed_since = contact.fault_at is not None and contact.fault_at > contact.answered_at
    return not failed_since and now - contact.answered_at <= LATELY


def _item(engine: Engine, contact: Contact, now: datetime) -> ContactItem:
    channel = engine.channels.get(contact.channel)
    waits = bool(contact.code_digest) and contact.code_expires_at is not None and now < contact.code_expires_at
    if channel is None:
        state, why = "off", "this engine has no such channel configured"
    elif contact.stopped_at is not None:
        state, why = "stopped", "unreachable by text since STOP was sent from it; send START to get texts again"
    elif contact.fault:
        state, why = "failing", contact.fault
    elif works(contact, now):
        state, why = "works", "answered lately"
    else:
        state, why = "untested", "nothing came back from it lately; send yourself a test page"
    return ContactItem(
        channel=contact.channel,
        title=BY_NAME[contact.channel].title if contact.channel in BY_NAME else contact.channel,
        address=contact.address,
        state=state,
        why=why,
        verified_at=contact.verified_at,
        answered_at=contact.answered_at,
        code_expires_at=contact.code_expires_at if waits else None,
    )


async def _send(engine: Engine, person: Person, channel: str, kind: MessageKind, text: str) -> str:
    address = _address(person, channel)
    now = engine.clock.now()
    page = Page(
        id=engine.new_id(),
        incident=None,
        team="",
        person=person.id,
        channel=channel,
        address=address,
        kind=kind,
        important=False,
        step=0,
        reason=f"{person.name} asked for it",
        text=text,
        planned_at=now,
        due_at=now,
    )
    async with engine.database.write() as tx:
        await page_rows.add(tx, [page])
    engine.wake.delivery.set()
    return address


def _self(engine: Engine, caller: Caller) -> Person:
    caller.require(Right.RESPOND)
    person = engine.directory.people.get(caller.person)
    if person is None:
        raise NotFound(f"there is no person {caller.person}", "People are kept in people.yaml.")
    return person


def _address(person: Person, channel: str) -> str:
    address = person.address(channel)
    if address is None:
        raise NotFound(f"{person.name} has no contact method {channel!r}", "Add it to people.yaml.")
    return address


def _digest(code: str) -> str:
    return hashlib.sha256(code.encode()).hexdigest()
