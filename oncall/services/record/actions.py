"""Action items: what is to be done after an incident, by whom and until when, followed up until it is done."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

import msgspec
from sqlalchemy.ext.asyncio import AsyncConnection

from oncall.engine import Engine
from oncall.errors import Invalid, NotFound
from oncall.services.operation.administration import note
from oncall.services.people.rights import Caller, Right
from oncall.services.telling import tell_person
from oncall.store import incidents as incident_rows
from oncall.store import reviews as rows
from oncall.store import rotation_findings
from oncall.store.reviews import ActionItem

#: From this hour on, in the owner's zone, they are reminded.
HOUR = time(9)
#: An incident has at most so many items.
MOST = 100
MOST_AT_ONCE = 200

Line = Annotated[str, msgspec.Meta(max_length=500)]
Name = Annotated[str, msgspec.Meta(max_length=200)]


class NewAction(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Something to do. `owner` by id, name or e-mail; `due` as a day."""

    text: Annotated[str, msgspec.Meta(min_length=1, max_length=500)]
    owner: Name = ""
    due: date | None = None


class ChangeAction(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What changes; what is left out stays. An empty `owner` gives it back, `no_due` takes the day away."""

    text: Line | None = None
    owner: Name | None = None
    due: date | None = None
    no_due: bool = False
    done: bool | None = None


class ActionQuery(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which items: of a team, of an owner, open (the default), done or all."""

    team: Name = ""
    owner: Name = ""
    status: Literal["open", "done", "all"] = "open"
    cursor: Annotated[str, msgspec.Meta(pattern="^[0-9]{0,15}$")] = ""
    limit: Annotated[int, msgspec.Meta(ge=1, le=MOST_AT_ONCE)] = 100


class ActionView(msgspec.Struct, frozen=True, kw_only=True):
    """One item. `overdue`: its day has passed where its owner is, and it is not done."""

    id: int
    incident: int
    team: str
    text: str
    owner: str
    due: date | None
    overdue: bool
    made_at: datetime
    made_by: str
    done_at: datetime | None
    done_by: str


class Actions(msgspec.Struct, frozen=True, kw_only=True):
    """Items by number; `next` is the cursor of the stretch after them, null at the end."""

    actions: tuple[ActionView, ...]
    next: str | None = None


async def add(engine: Engine, caller: Caller, number: int, given: NewAction) -> ActionView:
    """Take something down that is to be done after an incident, for the team that led it; the same once.

    Raises:
        NotFound: no such incident or owner.
        Invalid: there is nothing to do in it, or the incident has enough of them.
    """
    caller.require(Right.RESPOND)
    text, owner = _text(given.text), _owner(engine, given.owner)
    async with engine.database.write() as tx:
        found = await incident_rows.get(tx, [number], lock=True)
        if number not in found:
            raise NotFound(f"there is no incident #{number}", "Look in the list of incidents.")
        known = await rows.actions(tx, incident_number=number, limit=MOST)
        for item in known:
            if item.done_at is None and (item.text, item.owner, item.due) == (text, owner, given.due):
                return viewed(engine, item)
        if len(known) >= MOST:
            raise Invalid(f"#{number} has {MOST} action items", "A few that get done are better than many.")
        item = ActionItem(
            incident=number,
            team=found[number].lead.team,
            text=text,
            owner=owner,
            due=given.due,
            made_at=engine.clock.now(),
            made_by=caller.person,
        )
        item = msgspec.structs.replace(item, id=await rows.add_action(tx, item))
        if owner and owner != caller.person:
            said = f"An action item of #{number} is yours: {text}" + (
                f" (due {given.due:%d %b %Y})" if given.due else ""
            )
            await _tell(engine, tx, owner, said, item.team)
    await note(engine, caller, "add action item", f"{item.id} of #{number}")
    engine.wake.delivery.set()
    return viewed(engine, item)


async def change(engine: Engine, caller: Caller, action: int, given: ChangeAction) -> ActionView:
    """Correct an item, hand it over, or say that it is done.

    Raises:
        NotFound: no such item or owner.
        Invalid: there is nothing to do in it.
    """
    caller.require(Right.RESPOND)
    now = engine.clock.now()
    async with engine.database.write() as tx:
        item = await rows.action(tx, action, lock=True)
        if item is None:
            raise NotFound("there is no such action item", "Look in the list of action items.")
        after = _changed(engine, item, given, caller.person, now)
        await rows.change_action(tx, after)
        if after.owner not in {item.owner, caller.person, ""} and after.done_at is None:
            await _tell(
                engine, tx, after.owner, f"An action item of #{item.incident} is yours now: {after.text}", item.team
            )
    await note(engine, caller, "change action item", f"{item.id} of #{item.incident}")
    engine.wake.delivery.set()
    return viewed(engine, after)


async def list_actions(engine: Engine, caller: Caller, query: ActionQuery) -> Actions:
    """Items of a team, an owner, or all."""
    caller.require(Right.SEE)
    done = {"open": False, "done": True, "all": None}[query.status]
    async with engine.database.read() as tx:
        found = await rows.actions(
            tx, team=query.team, owner=query.owner, done=done, after=int(query.cursor or 0), limit=query.limit + 1
        )
    shown = found[: query.limit]
    more = len(found) > query.limit
    return Actions(actions=tuple(viewed(engine, i) for i in shown), next=str(shown[-1].id) if more else None)


async def all_actions(engine: Engine, caller: Caller, query: ActionQuery) -> tuple[ActionView, ...]:
    """The same without an end at a stretch: for a table that is taken along."""
    found: tuple[ActionView, ...] = ()
    cursor: str | None = query.cursor
    while cursor is not None:
        part = await list_actions(engine, caller, msgspec.structs.replace(query, cursor=cursor, limit=MOST_AT_ONCE))
        found, cursor = found + part.actions, part.next
    return found


def viewed(engine: Engine, item: ActionItem) -> ActionView:
    """The item as views show it."""
    today = _today(engine, item.owner, engine.clock.now())
    return ActionView(
        id=item.id,
        incident=item.incident,
        team=item.team,
        text=item.text,
        owner=item.owner,
        due=item.due,
        overdue=item.done_at is None and item.due is not None and item.due < today,
        made_at=item.made_at,
        made_by=item.made_by,
        done_at=item.done_at,
        done_by=item.done_by,
    )


async def remind_due(engine: Engine) -> int:
    """Tell owners in their morning what is due tomorrow, today, since yesterday, and then every week; how many people."""
    now = engine.clock.now()
    async with engine.database.read() as tx:
        items = await rows.open_and_due(tx, (now + timedelta(days=2)).date())
    by_owner: dict[str, list[ActionItem]] = defaultdict(list)
    for item in items:
        local = _local(engine, item.owner, now)
        if item.owner and item.due and local.time() >= HOUR and is_day_of_reminder(item.due, local.date()):
            by_owner[item.owner].append(item)
    told = 0
    for owner, due in by_owner.items():
        today = _today(engine, owner, now)
        async with engine.database.write() as tx:
            if await rotation_findings.tell_once(tx, f"action items {owner} {today}", now):
                await _tell(engine, tx, owner, reminder(due, today, engine.settings.address), due[0].team)
                told += 1
    if told:
        engine.wake.delivery.set()
    return told


def is_day_of_reminder(due: date, today: date) -> bool:
    """The day before, the day itself, the day after, and from then on once a week."""
    late = (today - due).days
    return late in {-1, 0, 1} or (late > 1 and late % 7 == 1)


def reminder(items: Sequence[ActionItem], today: date, address: str) -> str:
    """What an owner reads in the morning."""
    lines = [f"{len(items)} action items wait for you:" if len(items) > 1 else "An action item waits for you:"]
    lines += [f"• {item.text} ({_due(item.due, today)}, after #{item.incident})" for item in items if item.due]
    return "\n".join([*lines, f"{address}/actions?owner=me"])


def _due(due: date | None, today: date) -> str:
    if due is None:
        return "no day"
    late = (today - due).days
    if late > 0:
        return "was due yesterday" if late == 1 else f"was due {late} days ago"
    return {0: "due today", 1: "due tomorrow"}.get(-late, f"due on {due:%d %b}")


def _changed(engine: Engine, item: ActionItem, given: ChangeAction, by: str, now: datetime) -> ActionItem:
    changed: dict[str, object] = {}
    if given.text is not None:
        changed["text"] = _text(given.text)
    if given.owner is not None:
        changed["owner"] = _owner(engine, given.owner)
    if given.due is not None or given.no_due:
        changed["due"] = None if given.no_due else given.due
    if given.done is not None and given.done != (item.done_at is not None):
        changed |= {"done_at": now if given.done else None, "done_by": by if given.done else ""}
    return msgspec.structs.replace(item, **changed)


def _text(text: str) -> str:
    said = " ".join(text.split())
    if not said:
        raise Invalid("an action item says what is to be done", "Write it in a sentence.", "$.text")
    return said


def _owner(engine: Engine, name: str) -> str:
    if not name.strip():
        return ""
    person = engine.directory.person_named(name)
    if person is None:
        raise NotFound(f"there is no person {name[:60]!r}", "Name somebody by id, name or e-mail.")
    return person.id


def _local(engine: Engine, person: str, now: datetime) -> datetime:
    known = engine.directory.people.get(person)
    return now.astimezone(ZoneInfo(known.timezone if known else "UTC"))


def _today(engine: Engine, person: str, now: datetime) -> date:
    return _local(engine, person, now).date()


async def _tell(engine: Engine, tx: AsyncConnection, owner: str, text: str, team: str) -> None:
    await tell_person(engine, tx, owner, text, team=team, reason="an action item", now=engine.clock.now())
