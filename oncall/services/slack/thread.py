"""The thread under an incident's message, taken into the timeline: what people write there is a note here, once.

An edit changes the note and a deletion takes its words away, also here: whoever pasted a secret and took it back must
be able to rely on that. What apps write, ourselves included, is never taken in.
"""

from __future__ import annotations

from notifiers.slack_events import Happened, ThreadMessage, as_markdown, members, read_thread_message
from oncall.engine import Engine
from oncall.incident import Actor, Entry, EntryKind, Via
from oncall.person import Role
from oncall.services.slack.members import person_of
from oncall.store import incidents as incident_rows
from oncall.store import posts, slack_notes

#: Longest note, in characters.
LONGEST = 20_000
TAKEN_BACK = "(taken back in Slack)"


async def take(engine: Engine, payload: object) -> None:
    """Take one event in; every other event than a person's message in an incident's thread means nothing."""
    message = read_thread_message(payload)
    if message is None:
        return
    async with engine.database.read() as tx:
        number = await posts.incident_at(tx, message.place)
    if number is None:
        return
    if message.happened is Happened.DELETED:
        await _change(engine, number, message, TAKEN_BACK)
        return
    person = await person_of(engine, message.user)
    if person is None or person.role is Role.VIEWER:
        return  # whoever may not write into the timeline here does not do so by way of Slack
    text = await _markdown(engine, message)
    if text and not (message.happened is Happened.EDITED and await _change(engine, number, message, text)):
        await _note(engine, number, message, text, Actor(person.id, Via.SLACK))


async def _note(engine: Engine, number: int, message: ThreadMessage, text: str, by: Actor) -> None:
    now = engine.clock.now()
    async with engine.database.write() as tx:
        # Two nodes may be told of the same message; the incident's lock lets one of them find the other's line.
        await incident_rows.get(tx, [number], lock=True)
        if await slack_notes.line_of(tx, message.channel, message.ts) is not None:
            return
        data = {slack_notes.CHANNEL: message.channel}
        entry = Entry(incident=number, at=now, kind=EntryKind.NOTE, text=text, actor=by, data=data)
        await slack_notes.add(tx, message.channel, message.ts, entry)
        await posts.touch(tx, [number], now)
    engine.wake.posts.set()


async def _change(engine: Engine, number: int, message: ThreadMessage, text: str) -> bool:
    """Change the note that a message became; False if it became none."""
    async with engine.database.write() as tx:
        await incident_rows.get(tx, [number], lock=True)
        line = await slack_notes.line_of(tx, message.channel, message.ts)
        if line is None:
            return False
        await slack_notes.change(tx, line, text)
    return True


async def _markdown(engine: Engine, message: ThreadMessage) -> str:
    names: dict[str, str] = {}
    for member in members(message.text)[:10]:
        mentioned = await person_of(engine, member)
        names[member] = mentioned.name if mentioned else ""
    lines = [as_markdown(message.text, lambda member: names.get(member, ""))]
    lines += [f"[{name}]({link})" for name, link in message.files]
    return "\n\n".join(line for line in lines if line.strip())[:LONGEST].strip()
