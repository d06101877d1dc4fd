"""What people answer, through whatever channel: understood once, acted on once, always answered."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from notifiers.phrases import Say
from notifiers.replies import Aim, Reply, Verb, parse, parse_keys
from oncall.engine import Engine
from oncall.errors import AlreadyAcknowledged, AlreadyResolved, OncallError
from oncall.incident import Actor, Via
from oncall.person import Person
from oncall.services import incidents
from oncall.services.rotations import cover, on_call
from oncall.services.telling import tell_team
from oncall.store import contacts, rotations
from oncall.store import incidents as incident_rows
from oncall.store import pages as page_rows
from oncall.store import replies as reply_rows

#: Length of a snooze that names none.
SNOOZE = timedelta(hours=1)
#: Length of a cover that names none.
COVER = timedelta(hours=8)
#: So many replies in this span get an answer even if they mean nothing.
MOST_CHATTER = 5
CHATTER_SPAN = timedelta(minutes=15)
#: What would act a second time if it were done again after a crash; the rest comes to the same.
ONCE = frozenset({Verb.ESCALATE, Verb.COVER})
#: Which door a channel's answers come through.
DOORS = {
    "phone": Via.PHONE,
    "phone_call": Via.PHONE,
    "sms": Via.SMS,
    "voice": Via.VOICE,
    "slack": Via.SLACK,
    "email": Via.EMAIL,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Incoming:
    """One answer as a provider handed it over.

    `id` is the provider's name for it: the same id twice takes effect once and gets the same answer. `incident` is
    the one it is about where the channel knows (a call, a button). `person` is who it is from where the door knows;
    otherwise the address tells.
    """

    id: str
    channel: str
    address: str
    text: str = ""
    digits: str = ""
    incident: int | None = None
    person: str = ""


async def handle(engine: Engine, incoming: Incoming) -> str:
    """Do what was asked and say what came of it; "" for a stranger, who gets no answer."""
    known = engine.directory.people.get(incoming.person)
    person = known or sender(engine, incoming.channel, incoming.address)
    if person is None:
        return ""
    now = engine.clock.now()
    async with engine.database.write() as tx:
        before = await reply_rows.answered(tx, incoming.id)
        if before:
            return before
        if before is None:
            # Noted before it acts, so that one that comes again after a crash is known to have begun.
            await reply_rows.remember(
                tx,
                reply_id=incoming.id,
                at=now,
                channel=incoming.channel,
                address=incoming.address,
                person=person.id,
                text=incoming.text or incoming.digits,
                answer="",
            )
        await contacts.change(tx, incoming.channel, incoming.address, answered_at=now, fault="", fault_at=None)
    answer = await _answer(engine, incoming, person, now, again=before is not None)
    async with engine.database.write() as tx:
        await reply_rows.set_answer(tx, incoming.id, answer)
    return answer


def sender(engine: Engine, channel: str, address: str) -> Person | None:
    """The person who has this address on this channel (a number counts for texts and calls alike)."""
    family = {"sms", "voice"} if channel in {"sms", "voice"} else {"phone", "phone_call", channel}
    for person in engine.directory.people.values():
        if any(m.channel in family and m.address == address for m in person.methods):
            return person
    return None


async def _answer(engine: Engine, incoming: Incoming, person: Person, now: datetime, *, again: bool) -> str:
    say = partial(engine.wording.phrases.say, person.language)
    reply = parse_keys(incoming.digits) if incoming.digits else parse(incoming.text)
    if reply is None:
        return await _not_understood(engine, incoming, say, now)
    if again and reply.verb in ONCE:
        return f"The engine stopped while it did this. Look first, then say it again if it is not done: {reply.verb}"
    if reply.verb in {Verb.HELP, Verb.REPEAT}:
        return say("answer_help")
    if reply.verb is Verb.WHO:
        return await who_is_on_call(engine, reply.name, now)
    if reply.verb is Verb.COVER:
        return await ask_for_cover(engine, person, reply.duration or COVER)
    if reply.verb in {Verb.STOP, Verb.START}:
        return await _stop_or_start(engine, incoming, person, now, stop=reply.verb is Verb.STOP)
    numbers = await _targets(engine, incoming, reply)
    if not numbers:
        return f"{say('answer_no_match')} {say('answer_help')}"
    by = Actor(person.id, DOORS.get(incoming.channel, Via.PAGER))
    said = [await _do(engine, reply, number, by, say, now) for number in numbers[:20]]
    return " ".join(said)


async def _not_understood(engine: Engine, incoming: Incoming, say: Say, now: datetime) -> str:
    """One line that helps; none any more for a machine that keeps writing."""
    if incoming.digits:
        return say("answer_wrong_key")
    async with engine.database.read() as tx:
        lately = await reply_rows.count_since(tx, incoming.channel, incoming.address, now - CHATTER_SPAN)
    return f"{say('answer_not_understood')} {say('answer_help')}" if lately <= MOST_CHATTER else ""


async def _stop_or_start(engine: Engine, incoming: Incoming, person: Person, now: datetime, *, stop: bool) -> str:
    """Stop texts to this address, or begin again. Other methods of the person go on."""
    async with engine.database.write() as tx:
        await contacts.change(tx, incoming.channel, incoming.address, stopped_at=now if stop else None)
    return engine.wording.phrases.say(person.language, "answer_stop" if stop else "answer_start")


async def _targets(engine: Engine, incoming: Incoming, reply: Reply) -> list[int]:
    async with engine.database.read() as tx:
        if reply.aim is Aim.INCIDENT:
            return [int(reply.name)]
        if reply.aim is Aim.ALL:
            return sorted(await page_rows.open_incidents(tx, incoming.channel, incoming.address))
        if reply.aim is Aim.CODE:
            found = await reply_rows.incident_of(tx, incoming.channel, incoming.address, int(reply.name))
            if found is None and await incident_rows.get(tx, [int(reply.name)]):
                found = int(reply.name)
            return [found] if found is not None else []
        latest = incoming.incident or await page_rows.latest_incident(tx, incoming.channel, incoming.address)
        return [latest] if latest is not None else []


async def _do(engine: Engine, reply: Reply, number: int, by: Actor, say: Say, now: datetime) -> str:  # noqa: PLR0917 - one reply
    """One verb on one incident, as a sentence; a late answer says who was first and when."""
    try:
        match reply.verb:
            case Verb.ACKNOWLEDGE:
                await incidents.acknowledge(engine, number, by=by)
                return say("answer_acknowledged", number=number)
            case Verb.RESOLVE:
                await incidents.resolve(engine, number, by=by)
                return say("answer_resolved", number=number)
            case Verb.ESCALATE:
                await incidents.escalate(engine, number, by=by)
                return say("answer_escalated", number=number)
            case Verb.CONFIRM:
                await incidents.confirm(engine, number, by=by)
                return say("answer_confirmed", number=number)
            case Verb.SNOOZE:
                length = reply.duration or SNOOZE
                await incidents.snooze(engine, number, by=by, length=length)
                return say("answer_snoozed", number=number, until=f"{now + length:%H:%M} UTC")
            case _:
                return say("answer_help")
    except (AlreadyAcknowledged, AlreadyResolved) as error:
        key = "answer_first_acknowledged" if isinstance(error, AlreadyAcknowledged) else "answer_first_resolved"
        return say(key, number=number, by=_first(engine, error.by, by, say), at=f"{error.at:%H:%M} UTC")
    except OncallError as error:
        return f"#{number}: {error}. {error.mend}".strip()


def _first(engine: Engine, who: str, asking: Actor, say: Say) -> str:
    if who == asking.person:
        return say("answer_you")
    person = engine.directory.people.get(who)
    return person.name if person else who


async def ask_for_cover(engine: Engine, person: Person, length: timedelta, why: str = "") -> str:
    """Ask the person's teams to take over from now on; they stay on call until somebody does."""
    now = engine.clock.now()
    until = now + length
    teams = engine.directory.teams_of(person.id)
    if not teams:
        return "You are in no team that could be asked."
    # Whoever is on call now has the best candidates asked for the very shift, beside the word to the team.
    await cover.ask_from_now(engine, person, length, why.strip())
    asking = f"{person.name} asks for cover until {until:%a %H:%M} UTC" + (f": {why.strip()}" if why.strip() else "")
    async with engine.database.write() as tx:
        for team in teams:
            await tell_team(engine, tx, team, asking, reason="a member asks for cover", now=now)
    engine.wake.delivery.set()
    return engine.wording.phrases.say(person.language, "answer_cover", until=f"{until:%H:%M} UTC")


async def who_is_on_call(engine: Engine, words: str, now: datetime) -> str:
    """Who is on call, for every team or for those whose name holds the words."""
    async with engine.database.read() as tx:
        segments = await rotations.segments_at(tx, now)
    wanted = words.strip().casefold()
    lines = []
    for team in engine.directory.teams.values():
        if wanted and wanted not in team.id.casefold() and wanted not in team.name.casefold():
            continue
        mine = [s for s in segments if s.schedule.startswith(on_call.schedule_key(team.id, ""))]
        names = dict.fromkeys(engine.directory.shown(name) for s in mine for name, _ in s.on_call)
        lines.append(f"{team.name}: {', '.join(names) or 'nobody'}")
    return "; ".join(lines) if lines else f"No team is called {words}."
