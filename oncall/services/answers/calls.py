"""What a call says when it is answered, and what a key in it does."""

from __future__ import annotations

from functools import partial

from notifiers import twiml
from notifiers.bundle import bundle
from notifiers.message import Message, MessageKind
from notifiers.replies import Verb, parse_keys
from notifiers.twilio_inbound import InboundCall
from oncall.engine import Engine
from oncall.incident import Incident, InvolvementStatus
from oncall.services.answers import replies
from oncall.services.answers.replies import Incoming
from oncall.services.delivery.messages import messages_for
from oncall.services.delivery.page_posts import standings_of
from oncall.store import contacts
from oncall.store import incidents as incident_rows
from oncall.store import pages as page_rows
from oncall.store.pages import Page

#: Incidents of a bundle of which a call says who has them.
MOST_TOLD = 3


async def speak(engine: Engine, call: InboundCall) -> str:
    """The document for a call that was just answered, or goes into another round.

    The page is looked at once more: what is no longer open is said to be over instead of being asked.
    """
    message, pages = await _open_message(engine, call)
    if message is None:
        return await _over(engine, pages)
    if call.machine:
        return twiml.goodbye(engine.wording.spoken(message), message.language)
    return twiml.page(message, engine.wording, engine.settings.address, call.round)


async def press(engine: Engine, call: InboundCall) -> str:
    """The document after a key. Only a key that means something does something; the same key twice does it once."""
    message, pages = await _open_message(engine, call)
    reply = parse_keys(call.digits)
    if reply is not None and reply.verb is Verb.REPEAT and message is not None:
        return twiml.repeat(message, engine.settings.address, call.round)
    if reply is None and message is not None:
        return twiml.wrong_key(message, engine.wording, engine.settings.address, call.round)
    if message is not None and message.kind is MessageKind.TEST:
        async with engine.database.write() as tx:
            await contacts.change(tx, "voice", call.person, answered_at=engine.clock.now(), fault="", fault_at=None)
        return twiml.goodbye(engine.wording.phrases.say(message.language, "short_test"), message.language)
    if reply is None or not pages:
        return await _over(engine, pages)
    said = [
        await replies.handle(
            engine,
            Incoming(
                id=f"call:{call.sid}:{call.digits}:{page.id}",
                channel="voice",
                address=call.person,
                digits=call.digits,
                incident=page.incident,
            ),
        )
        for page in pages
    ]
    return twiml.goodbye(" ".join(line for line in said if line))


async def _over(engine: Engine, pages: list[Page]) -> str:
    """Nothing is left to ask: who was first and when, so that whoever was woken knows that somebody is at it."""
    person = engine.directory.people.get(pages[0].person) if pages else None
    say = partial(engine.wording.phrases.say, person.language if person else "en")
    async with engine.database.read() as tx:
        incidents = await incident_rows.get(tx, {p.incident for p in pages if p.incident is not None})
        standings = await standings_of(engine, tx, pages, incidents)
    said = [
        say(
            "spoken_ended" if one.resolved else "spoken_taken",
            number=number,
            by=one.by or say("by_alerts"),
            at=f"{one.at:%H:%M} UTC",
        )
        for number, one in sorted(standings.items())[:MOST_TOLD]
    ]
    words = " ".join([*said, say("spoken_goodbye")]) if said else say("spoken_over")
    return twiml.goodbye(words, person.language if person else "en")


async def _open_message(engine: Engine, call: InboundCall) -> tuple[Message | None, list[Page]]:
    """What is still to be said in this call (None: nothing), and the pages it carries for this number."""
    now = engine.clock.now()
    async with engine.database.write() as tx:
        pages = [p for p in await page_rows.carried_by(tx, call.page_id) if p.address == call.person]
        incidents = await incident_rows.get(tx, {p.incident for p in pages if p.incident is not None})
        open_pages = [p for p in pages if _still_open(p, incidents.get(p.incident or 0))]
        messages = await messages_for(engine, tx, open_pages, incidents, now)
    if not messages:
        return None, pages
    return (messages[0] if len(messages) == 1 else bundle(messages, page_id=call.page_id, at=now)), pages


def _still_open(page: Page, incident: Incident | None) -> bool:
    if page.kind is not MessageKind.PAGE:
        return True
    involvement = incident.of(page.team) if incident else None
    return involvement is not None and involvement.status is InvolvementStatus.TRIGGERED
