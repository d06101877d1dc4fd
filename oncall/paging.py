"""Planning pages: which people a step asks, by which contact methods and when. Pure."""

from __future__ import annotations

from collections.abc import Callable, Container, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import msgspec
from msgspec.structs import replace

from notifiers.message import MessageKind
from oncall.directory import Directory
from oncall.incident import Entry, EntryKind, Incident, Involvement
from oncall.incident.telling import Saying, Sentence, channel, sentence
from oncall.incident.telling import person as person_marked
from oncall.incident.telling import team as team_marked
from oncall.incident.values import Position, with_involvement
from oncall.person import ContactRule, Person
from routing.alert import Severity
from routing.escalation import (
    ChannelTarget,
    PersonTarget,
    RotationTarget,
    Step,
    StepTaken,
    Target,
    TeamTarget,
    in_daily_span,
    next_step,
)

#: Channels that ring.
CALLS = frozenset({"voice", "phone_call"})

#: Names that a rotation has on call at the instant of the step; unknown names are passed through as they stand.
WhoIsOnCall = Callable[[RotationTarget], Sequence[str]]


class PlannedPage(msgspec.Struct, frozen=True, kw_only=True):
    """One person, one contact method, one instant. For a channel, `person` is empty."""

    incident: int
    team: str
    person: str
    channel: str
    address: str
    due_at: datetime
    kind: MessageKind
    important: bool
    reason: str
    step: int = 0
    text: str = ""


class StepOutcome(msgspec.Struct, frozen=True, kw_only=True):
    """What taking the next step came to: the incident after it, timeline lines and the pages to write.

    `exhausted` means that no step was left and nobody was asked.
    """

    incident: Incident
    entries: tuple[Entry, ...]
    pages: tuple[PlannedPage, ...]
    exhausted: bool = False


def take_step(
    incident: Incident, involvement: Involvement, directory: Directory, who: WhoIsOnCall, now: datetime
) -> StepOutcome:
    """Take the next step of one team's escalation.

    A step that reaches nobody (no one on call, unknown names, nobody with a contact method) is said and passed
    over at once; only a step that asked somebody is waited for.
    """
    entries: list[Entry] = []
    position = involvement.position
    while True:
        taken = next_step(involvement.policy, position.step, position.round, involvement.severity, now)
        if taken is None:
            return StepOutcome(incident=incident, entries=tuple(entries), pages=(), exhausted=True)
        entries += [_entry(incident, involvement, now, EntryKind.NOT_PAGED, text) for text in taken.skipped]
        position = Position(step=taken.next_step, round=taken.next_round)
        pages, told = _ask(_Asking(incident, involvement, taken, directory, who, now))
        entries += told
        if any(page.person for page in pages):
            after = replace(involvement, position=position, next_due_at=now + taken.step.wait)
            return StepOutcome(incident=with_involvement(incident, after), entries=tuple(entries), pages=tuple(pages))
        if pages:
            # A step that only posts to a channel asked nobody, but the post itself must go out.
            rest = take_step(incident, replace(involvement, position=position), directory, who, now)
            return replace(rest, entries=(*entries, *rest.entries), pages=(*pages, *rest.pages))


def ask_members(
    incident: Incident, involvement: Involvement, directory: Directory, now: datetime
) -> tuple[list[PlannedPage], list[Entry]]:
    """Every member of a team, asked past its policy, which is as if it had one step more."""
    step = Step(targets=(TeamTarget(team=involvement.team),), wait=timedelta(0))
    number = len(involvement.policy.steps) + 1
    taken = StepTaken(number=number, step=step, next_step=number, next_round=0)
    return _ask(_Asking(incident, involvement, taken, directory, lambda _: (), now))


def plan(person: Person, *, important: bool, now: datetime) -> list[tuple[str, str, datetime]]:
    """(channel, address, due instant) for each of the person's contact rules that has an address.

    Ordinary pages wait for the end of quiet hours. Somebody with contact methods but no rules for this
    importance is reached by every method at once: silence is not a default.
    """
    rules = person.important if important else person.ordinary
    if not rules:
        rules = person.important or tuple(ContactRule(channel=m.channel) for m in person.methods)
    start = now if important else _after_quiet_hours(person, now)
    planned = []
    for rule in rules:
        address = person.address(rule.channel)
        if address:
            planned.append((rule.channel, address, start + rule.after))
    return planned


def notice_method(person: Person, available: Container[str]) -> tuple[str, str] | None:
    """The quietest way to tell a person something through a channel there is: never a call."""
    quiet = [m for m in person.methods if m.channel not in CALLS and m.channel in available]
    preferred = [rule.channel for rule in (*person.ordinary, *person.important)]
    quiet.sort(key=lambda m: preferred.index(m.channel) if m.channel in preferred else len(preferred))
    return (quiet[0].channel, quiet[0].address) if quiet else None


@dataclass(frozen=True, slots=True)
class _Asking:
    """What stays the same while one step is taken."""

    incident: Incident
    involvement: Involvement
    taken: StepTaken
    directory: Directory
    who: WhoIsOnCall
    now: datetime

    @property
    def important(self) -> bool:
        if self.taken.step.important is not None:
            return self.taken.step.important
        return self.involvement.severity is Severity.CRITICAL

    def entry(self, kind: EntryKind, said: Saying) -> Entry:
        numbered = sentence(f"step {self.taken.number}: ", said)
        return _entry(self.incident, self.involvement, self.now, kind, numbered)


def _ask(asking: _Asking) -> tuple[list[PlannedPage], list[Entry]]:
    entries: list[Entry] = []
    asked: dict[str, Sentence] = {}
    pages: list[PlannedPage] = []
    for target in asking.taken.step.targets:
        if isinstance(target, ChannelTarget):
            pages.append(_channel_post(asking, target))
            continue
        names, reason = _people(target, asking.directory, asking.who)
        if not names:
            entries.append(asking.entry(EntryKind.NOBODY, reason))
        for name in names:
            asked.setdefault(name, reason)
    for name in _chosen(list(asked), asking.taken.step, asking.involvement):
        reached = _pages_for(asking, name, asked[name])
        if isinstance(reached, Sentence):
            entries.append(asking.entry(EntryKind.NOBODY, reached))
        else:
            pages += reached
            by = ", ".join(channel(page.channel) for page in reached)
            who = person_marked(reached[0].person, name)
            entries.append(asking.entry(EntryKind.STEP, sentence("asks ", who, " (", asked[name], f") by {by}")))
    return pages, entries


def _people(target: Target, directory: Directory, who: WhoIsOnCall) -> tuple[tuple[str, ...], Sentence]:
    if isinstance(target, RotationTarget):
        names = tuple(who(target))
        role = f" [{target.role}]" if target.role else ""
        label = sentence(team_marked(target.team), f"/{target.schedule}{role}")
        if names:
            return names, sentence("on call for ", label)
        return names, sentence("nobody is on call for ", label, ", next step now")
    if isinstance(target, PersonTarget):
        return (target.person,), sentence("named in the policy")
    if isinstance(target, TeamTarget):
        team, known = team_marked(target.team), directory.teams.get(target.team)
        if known and known.members:
            return known.members, sentence("member of ", team)
        return (), sentence("team ", team, " has no members, next step now")
    return (), sentence()


def _chosen(names: list[str], step: Step, involvement: Involvement) -> list[str]:
    if not step.round_robin or len(names) < 2:
        return names
    return [names[(involvement.turn + involvement.position.round) % len(names)]]


def _pages_for(asking: _Asking, name: str, reason: Sentence) -> list[PlannedPage] | Sentence:
    person = asking.directory.person_named(name)
    if person is None:
        return sentence(f"{name!r} (", reason, ") is not in the people files, next step now")
    methods = plan(person, important=asking.important, now=asking.now)
    if not methods:
        who = person_marked(person.id, person.name)
        return sentence(who, " (", reason, ") has no contact method, next step now")
    return [
        PlannedPage(
            incident=asking.incident.id,
            team=asking.involvement.team,
            person=person.id,
            channel=via,
            address=address,
            due_at=due_at,
            kind=MessageKind.PAGE,
            important=asking.important,
            reason=reason.text,
            step=asking.taken.number,
        )
        for via, address, due_at in methods
    ]


def _channel_post(asking: _Asking, target: ChannelTarget) -> PlannedPage:
    return PlannedPage(
        incident=asking.incident.id,
        team=asking.involvement.team,
        person="",
        channel="slack",
        address=target.channel,
        due_at=asking.now,
        kind=MessageKind.NOTICE,
        important=False,
        reason=f"step {asking.taken.number} of {asking.involvement.policy.name}",
        step=asking.taken.number,
    )


def _after_quiet_hours(person: Person, now: datetime) -> datetime:
    quiet = person.quiet_hours
    if quiet is None:
        return now
    local = now.astimezone(ZoneInfo(person.timezone))
    if not in_daily_span(local.hour * 60 + local.minute, quiet.since, quiet.until):
        return now
    end = local.replace(hour=quiet.until // 60, minute=quiet.until % 60, second=0, microsecond=0)
    if end <= local:
        end += timedelta(days=1)
    return end.astimezone(now.tzinfo)


def _entry(incident: Incident, involvement: Involvement, now: datetime, kind: EntryKind, said: Saying) -> Entry:
    return Entry.saying(said, incident=incident.id, at=now, kind=kind, team=involvement.team)
