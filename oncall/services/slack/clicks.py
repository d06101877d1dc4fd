"""What clicks and saved modals in Slack do. A stranger's click changes nothing and says why."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from functools import partial

import msgspec

from notifiers import slack_modals
from notifiers.slack_blocks import ButtonValue
from notifiers.slack_inbound import Click, Submission
from notifiers.slack_messages import (
    ACKNOWLEDGE,
    BELONGS,
    ESCALATE,
    NOTE,
    REASSIGN,
    RELATED,
    RESOLVE,
    SNOOZE,
    UNRELATED,
    WORKS,
)
from oncall.engine import Engine
from oncall.errors import OncallError
from oncall.incident import Actor, Via
from oncall.person import Person, Role
from oncall.services import incidents
from oncall.services.answers import replies
from oncall.services.answers.replies import Incoming
from oncall.services.slack.members import address_of, person_of
from oncall.store import contacts
from oncall.store import pages as page_rows

_WORDS = {ACKNOWLEDGE: "ack", RESOLVE: "resolve", ESCALATE: "escalate", SNOOZE: "snooze"}


async def click(engine: Engine, pressed: Click) -> str:
    """Do what a button says; the answer for the one who pressed it, "" where nothing is to be said."""
    value = pressed.value
    if value is None or pressed.action not in {*_WORDS, REASSIGN, NOTE, RELATED, UNRELATED, BELONGS, WORKS}:
        return ""
    person = await person_of(engine, pressed.user)
    if person is None or person.role is Role.VIEWER:
        return refusal(pressed.user, person)
    if pressed.action == WORKS:
        return await _works(engine, value, person)
    if pressed.action in _WORDS:
        return await _reply(engine, pressed, value, person)
    if value.incident is None:
        return ""
    if pressed.action in {REASSIGN, NOTE}:
        return await _ask(engine, pressed, value.incident, person)
    by = Actor(person.id, Via.SLACK)
    try:
        return await _grouped(engine, pressed.action, value.incident, value, by)
    except OncallError as error:
        return f"{error}. {error.mend}".strip()


class Saved(msgspec.Struct, frozen=True, kw_only=True):
    """What came of a saved modal: `said` to whoever saved it, or what is `wrong` in it, by block id."""

    said: str = ""
    wrong: Mapping[str, str] = {}


async def submit(engine: Engine, saved: Submission) -> Saved:
    """Do what a saved modal says."""
    person = await person_of(engine, saved.user)
    if person is None or person.role is Role.VIEWER:
        return Saved(said=refusal(saved.user, person))
    number = saved.about.incident if saved.about else None
    try:
        if saved.callback == slack_modals.COVER:
            return await _cover(engine, saved, person)
        if number is None:
            return Saved()
        if saved.callback == NOTE:
            return await _note(engine, saved, number, Actor(person.id, Via.SLACK))
        return await _reassign(engine, saved, number, Actor(person.id, Via.SLACK))
    except OncallError as error:
        return Saved(said=f"#{number}: {error}. {error.mend}".strip())


async def _note(engine: Engine, saved: Submission, number: int, by: Actor) -> Saved:
    text = saved.values.get(slack_modals.TEXT, "").strip()
    if not text:
        return Saved(wrong={slack_modals.TEXT: "The note is empty. Write something."})
    await incidents.note(engine, number, by=by, text=text)
    return Saved(said=f"Noted on #{number}.")


async def _reassign(engine: Engine, saved: Submission, number: int, by: Actor) -> Saved:
    chosen = await person_of(engine, saved.values.get(slack_modals.PERSON, ""))
    if chosen is None:
        return Saved(wrong={slack_modals.PERSON: "That member is nobody the on-call engine knows. Choose another."})
    await incidents.reassign(engine, number, by=by, person=chosen.id)
    return Saved(said=f"#{number} now asks {chosen.name}.")


def refusal(user: str, person: Person | None) -> str:
    """Why a click or command changed nothing."""
    if person is not None:
        return f"Nothing changed: {person.name} may look, but not answer incidents. An admin can change the role."
    return (
        "Nothing changed: the on-call engine does not know you. "
        f"Somebody who edits its people can add your member id {user}, or the e-mail address you have here."
    )


async def _reply(engine: Engine, pressed: Click, value: ButtonValue, person: Person) -> str:
    async with engine.database.read() as tx:
        bundled = await page_rows.carried_by(tx, value.page) if value.incident is None and value.page else []
    numbers = [value.incident] if value.incident is not None else [p.incident for p in bundled]
    length = f" {value.minutes}m" if pressed.action == SNOOZE and value.minutes else ""
    said = [
        await replies.handle(
            engine,
            Incoming(
                id=f"slack:{pressed.id}:{number}",
                channel="slack",
                address=address_of(person),
                person=person.id,
                text=f"{_WORDS[pressed.action]} #{number}{length}",
            ),
        )
        for number in dict.fromkeys(numbers)
        if number is not None
    ]
    return " ".join(said) or "That page is no longer open."


async def _works(engine: Engine, value: ButtonValue, person: Person) -> str:
    """The person it was sent to says that a test or a check reached them."""
    async with engine.database.write() as tx:
        page = await page_rows.get(tx, value.page)
        if page is None or page.person != person.id:
            return "That was sent to somebody else."
        now = engine.clock.now()
        await contacts.change(tx, page.channel, page.address, answered_at=now, fault="", fault_at=None)
    return engine.wording.phrases.say(person.language, "answer_works")


async def _ask(engine: Engine, pressed: Click, number: int, person: Person) -> str:
    say = partial(engine.wording.phrases.say, person.language)
    make = slack_modals.reassign if pressed.action == REASSIGN else slack_modals.note
    opened = engine.slack is not None and await engine.slack.open_modal(pressed.trigger_id, make(number, say))
    return "" if opened else "Slack did not open the form in time; press the button once more."


async def _grouped(engine: Engine, action: str, number: int, value: ButtonValue, by: Actor) -> str:
    """What somebody answers of two incidents, or of an alert and the incident it joined."""
    if value.alert is not None and action == BELONGS:
        await incidents.confirm_related(engine, number, alerts=[value.alert], by=by)
        return f"It stays in #{number}."
    if value.alert is not None and action == UNRELATED:
        part = await incidents.split(engine, number, alerts=[value.alert], by=by)
        return f"It went out of #{number} and is #{part.id} now."
    if value.other is not None and action == RELATED:
        older, newer = sorted((number, value.other))
        await incidents.merge(engine, newer, into=older, by=by)
        return f"#{newer} is now part of #{older}."
    if value.other is not None and action == UNRELATED:
        await incidents.keep_apart(engine, number, value.other, by=by)
        return f"#{number} and #{value.other} stay apart."
    return ""


async def _cover(engine: Engine, saved: Submission, person: Person) -> Saved:
    hours = saved.values.get(slack_modals.HOURS, "").strip()
    if not (hours.isdecimal() and hours.isascii() and 0 < int(hours) <= 336):
        return Saved(wrong={slack_modals.HOURS: "Say for how many hours, as a number from 1 to 336."})
    length = timedelta(hours=int(hours))
    why = saved.values.get(slack_modals.TEXT, "")
    return Saved(said=await replies.ask_for_cover(engine, person, length, why=why))
