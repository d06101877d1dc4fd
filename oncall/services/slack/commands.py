"""What `/oncall` answers: who is on call, services, pages to teams, covering, shifts, and every reply."""

from __future__ import annotations

import re
from datetime import timedelta
from functools import partial

from notifiers import slack_command, slack_modals
from notifiers.replies import Verb
from notifiers.slack_blocks import anchor, cut_plain, escape
from notifiers.slack_command import Ask, Command
from notifiers.slack_inbound import SlashCommand
from oncall.engine import Engine
from oncall.errors import OncallError
from oncall.incident import Actor, Via
from oncall.person import Person, Role
from oncall.services import acting, team_pages
from oncall.services.answers import replies
from oncall.services.answers.replies import Incoming
from oncall.services.people.rights import Caller
from oncall.services.rotations import overrides
from oncall.services.rotations.on_call import schedule_key
from oncall.services.rotations.on_call_view import AHEAD, shifts
from oncall.services.rotations.overrides import NewOverride
from oncall.services.slack import clicks as slack_clicks
from oncall.services.slack.members import address_of, person_of
from oncall.store import views
from routing.catalog.entry import Entry
from routing.catalog.links import links
from routing.catalog.search import Hit

HELP = (
    "`/oncall` who is on call · `who payments` · `pay` finds services · `page payments why` pages a team · "
    "`override payments 2h` you take over · `cover` asks for cover · `shifts` yours · `status 12 how it stands` · `impact 12 whom it hurts` · `role 12 commander ben` · `ack 12` and every other reply"
)
#: What carriers make of these words holds for texts; here somebody would go out of reach by a word.
TEXTS_ONLY = "Nothing changed: STOP and START are for text messages. Send them to the number the texts come from."
#: A member as Slack writes one in a command, where the app asks for that.
_MENTION = re.compile(r"<@([A-Z0-9]{2,})(?:\|[^>]*)?>")
#: Things one answer names.
MOST_HITS = 5
#: Length of an override that names none.
OVERRIDE = timedelta(hours=2)
#: Shifts one answer names.
MOST_SHIFTS = 5


async def run(engine: Engine, asked: SlashCommand) -> str:
    """The answer, in Slack's markup."""
    command = slack_command.read(asked.text)
    match command.ask:
        case Ask.HELP:
            return HELP
        case Ask.WHO:
            return escape(await replies.who_is_on_call(engine, command.about, engine.clock.now()))
        case Ask.FIND:
            return await _find(engine, command.about)
    person = await person_of(engine, asked.user)
    if person is None or person.role is Role.VIEWER:
        return slack_clicks.refusal(asked.user, person)
    return await _act(engine, asked, command, person)


async def _act(engine: Engine, asked: SlashCommand, command: Command, person: Person) -> str:
    match command.ask:
        case Ask.SHIFTS:
            return escape(await _shifts(engine, person))
        case Ask.PAGE:
            return await _page(engine, command, person)
        case Ask.COVER if command.duration is not None:
            return await replies.ask_for_cover(engine, person, command.duration)
        case Ask.COVER:
            view = slack_modals.cover(partial(engine.wording.phrases.say, person.language))
            opened = engine.slack is not None and await engine.slack.open_modal(asked.trigger_id, view)
            return "" if opened else "Slack did not open the form in time; try `/oncall cover 2h`."
        case Ask.OVERRIDE:
            return await _override(engine, command, person)
        case Ask.STATUS | Ask.IMPACT | Ask.ROLE:
            return await _record(engine, command, person)
        case Ask.REPLY if command.reply is not None and command.reply.verb in {Verb.STOP, Verb.START}:
            return TEXTS_ONLY
    incoming = Incoming(
        id=f"slack:{asked.id}",
        channel="slack",
        address=address_of(person),
        person=person.id,
        text=asked.text,
    )
    return escape(await replies.handle(engine, incoming))


async def _find(engine: Engine, words: str) -> str:
    """What fits a fragment: services with owner, runbook, logs and dashboards, teams with who is on call, people."""
    hits = engine.organisation.search.search(words, MOST_HITS)
    lines = [await _found(engine, hit) for hit in hits]
    return "\n".join(line for line in lines if line) or f"Nothing here is called {escape(cut_plain(words, 80))}. {HELP}"


async def _found(engine: Engine, hit: Hit) -> str:
    catalog, directory = engine.directory.catalog, engine.directory
    if hit.kind == "team" and hit.id in directory.teams:
        on_call = await replies.who_is_on_call(engine, hit.id, engine.clock.now())
        owned = [e.name for e in catalog.entries if engine.organisation.resolver.owner_of(e) == hit.id]
        runs = f"; runs {', '.join(owned[:MOST_HITS])}" if owned else ""
        return f"*{escape(hit.name)}* (team). On call: {escape(on_call)}{escape(runs)}"
    if hit.kind == "person" and hit.id in directory.people:
        teams = ", ".join(team.name for team in directory.teams_of(hit.id)) or "no team"
        return f"*{escape(hit.name)}* (person), {escape(teams)}"
    return _service(engine, catalog.by_name[hit.id]) if hit.id in catalog.by_name else ""


def _service(engine: Engine, entry: Entry) -> str:
    team = engine.organisation.resolver.owner_of(entry)
    known = engine.directory.teams.get(team) if team else None
    owner = known.name if known else entry.owner or "nobody"
    named = " · ".join(anchor(link.name, link.url) for link in links(entry, {}))
    about = f": {escape(entry.description)}" if entry.description else ""
    return f"*{escape(entry.name)}*{about} (owner: {escape(owner)})" + (f"\n{named}" if named else "")


async def _shifts(engine: Engine, person: Person) -> str:
    now = engine.clock.now()
    async with engine.database.read() as tx:
        segments = await views.segments_of_all(tx, now, now + AHEAD)
    lines = [
        (shift.since, f"{team.name} {name}: {shift.since:%a %d %b %H:%M} to {shift.until:%a %d %b %H:%M} UTC")
        for team in engine.directory.teams.values()
        for name in team.schedules
        for shift in shifts(engine.directory, segments.get(schedule_key(team.id, name), ()))
        if any(one.person == person.id for one in shift.on_call)
    ]
    days = AHEAD // timedelta(days=1)
    return "\n".join(line for _, line in sorted(lines)[:MOST_SHIFTS]) or f"No shift of yours in the next {days} days."


async def _override(engine: Engine, command: Command, person: Person) -> str:
    """The asker takes over now, in the team's first rotation or the one named as TEAM/ROTATION."""
    team, _, rotation = command.about.partition("/")
    wanted = team.casefold()
    teams = engine.directory.teams.values()
    known = next((t for t in teams if wanted in {t.id.casefold(), t.name.casefold()}), None)
    if known is None or not (rotation or known.schedules):
        return escape(f"No team with a rotation is called {team}. Teams: {', '.join(engine.directory.teams)}.")
    if rotation and rotation not in known.schedules:
        return escape(f"{known.name} has no rotation {rotation}. Rotations: {', '.join(known.schedules)}.")
    if command.text:
        return escape(f"{command.text!r} is no length of time up to a month. Write 2h, 90m or 1d.")
    now = engine.clock.now()
    until = now + (command.duration or OVERRIDE)
    asked = NewOverride(starts_at=now, ends_at=until, person=person.id, note="from Slack")
    try:
        await overrides.add(engine, _caller(engine, person), known.id, rotation or next(iter(known.schedules)), asked)
    except OncallError as error:
        return escape(f"{error}. {error.mend}")
    return f"You are on call for {escape(known.name)} until {until:%a %H:%M} UTC."


def _caller(engine: Engine, person: Person) -> Caller:
    teams = tuple(team.id for team in engine.directory.teams_of(person.id))
    return Caller(
        person=person.id, name=person.name, role=person.role, teams=teams, timezone=person.timezone, via=Via.SLACK
    )


async def _record(engine: Engine, command: Command, person: Person) -> str:
    """A line of the incident's record, or who does what in it."""
    number, what = int(command.about), command.ask.value
    try:
        if command.ask is Ask.ROLE:
            return await _role(engine, number, command, person)
        described = acting.read_act("describe", {what: command.text})
        await acting.perform(engine, _caller(engine, person), number, described)
    except OncallError as error:
        return escape(f"{error}. {error.mend}".strip())
    return f"#{number}, {what}: {escape(command.text)}" if command.text else f"#{number} has no {what} line any more."


async def _role(engine: Engine, number: int, command: Command, person: Person) -> str:
    said = command.text.strip()
    mention = _MENTION.fullmatch(said)
    named = await person_of(engine, mention[1]) if mention else None
    who = "" if said.casefold() == "nobody" else named.id if named else said or person.id
    assigned = acting.read_act("assign", {"role": command.role, "person": who})
    await acting.perform(engine, _caller(engine, person), number, assigned)
    shown = engine.directory.shown(who) if who else "free"
    return f"#{number}, {escape(command.role)}: {escape(shown)}"


async def _page(engine: Engine, command: Command, person: Person) -> str:
    try:
        number = await team_pages.page_team(
            engine, command.about, why=command.text, by=Actor(person.id, Via.SLACK), name=person.name
        )
    except OncallError as error:
        return escape(f"{error}. {error.mend}")
    return f"#{number} is open and asks {escape(command.about)}."
