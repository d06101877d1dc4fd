"""The first words of a review, from the record alone: people then correct and complete them."""

from __future__ import annotations

import re
from datetime import datetime
from zoneinfo import ZoneInfo

from oncall.incident import Entry, EntryKind
from oncall.incident.record import ABOUT
from oncall.review.cast import called, cast, unnamed
from oncall.review.facts import Durations, Facts, durations, length

#: Characters of a note that the timeline quotes; the whole of it stands under what was tried.
QUOTED = 200
#: From here on, in seconds, a wait is named among what made an incident last.
SLOW_ANSWER = 10 * 60
SLOW_DETECTION = 5 * 60
MOST_LINES = 200
#: What a timeline of people leaves out: how messages went, and each alert.
_QUIET = frozenset(
    {
        EntryKind.PAGE,
        EntryKind.DELIVERY,
        EntryKind.ALERT,
        EntryKind.ALERT_RESOLVED,
        EntryKind.GROUPING,
        EntryKind.REMINDED,
        EntryKind.NOT_PAGED,
    }
)


def draft(facts: Facts) -> dict[str, str]:
    """Every section's text, in Markdown."""
    writer = _Writer(facts)
    took = durations(facts)
    return {
        "summary": writer.summary(took),
        "impact": facts.record.impact.text or "_Whom did it hurt, how much, and for how long?_",
        "timeline": writer.timeline(),
        "tried": writer.tried(),
        "factors": writer.factors(took),
        "lessons": "**What went well**\n\n- \n\n**What was hard**\n\n- \n\n**Where we were lucky**\n\n- ",
    }


class _Writer:
    """Writes about one incident, with everybody called by their role and every time in the lead team's zone."""

    def __init__(self, facts: Facts) -> None:
        self._facts = facts
        self._roles = cast(facts)
        self._zone = ZoneInfo(facts.timezone)
        instants = [entry.at for entry in facts.entries] + ([facts.began_at] if facts.began_at else [])
        days = {at.astimezone(self._zone).date() for at in instants}
        self._dated = len(days) > 1

    def summary(self, took: Durations) -> str:
        facts = self._facts
        local = facts.opened_at.astimezone(self._zone)
        names = list(facts.teams.values())
        lines = [f"{_sentence(facts.title)} It opened on {local.day} {local:%B %Y at %H:%M} ({facts.timezone})"]
        lines[0] += f" and lasted {length(took.whole)}." if took.whole is not None else " and is still open."
        lines.append(f"{names[0]} led" + (f", with {_listed(names[1:])}." if names[1:] else "."))
        if facts.service:
            lines.append(f"Service: {facts.service}.")
        if took.acknowledgement is not None:
            lines.append(f"Somebody had it after {length(took.acknowledgement)}.")
        elif facts.resolved_at is not None:
            lines.append("It was over before anybody had to take it.")
        return " ".join(lines)

    def timeline(self) -> str:
        lines = [(e.at, said) for e in self._facts.entries if e.kind not in _QUIET and (said := self._said(e))]
        began = self._facts.began_at
        if began is not None and began < self._facts.opened_at:
            lines.insert(0, (began, "The first alert began to fire."))
        shown = lines[:MOST_LINES]
        told = [f"- {self._clock(at)} {said}" for at, said in shown]
        if len(lines) > len(shown):
            told.append(f"- and {len(lines) - len(shown)} more lines in the incident's own timeline")
        return "\n".join(told)

    def tried(self) -> str:
        lines = []
        for entry in self._facts.entries:
            who = self._who(entry)
            if entry.kind is EntryKind.NOTE and ABOUT not in entry.data and entry.actor.person in self._facts.people:
                lines.append(f"- {self._clock(entry.at)} {who}: {_indented(entry.text)}")
            elif entry.kind is EntryKind.RESOLVED and _reason(entry):
                lines.append(f"- {self._clock(entry.at)} Resolved: {_indented(_reason(entry))}")
            elif entry.kind in {EntryKind.ESCALATED, EntryKind.REASSIGNED, EntryKind.REOPENED}:
                lines.append(f"- {self._clock(entry.at)} {self._said(entry)}")
        return "\n".join(lines) or "_Nothing was written down during the incident. What was tried?_"

    def factors(self, took: Durations) -> str:
        facts = self._facts
        lines = [
            f"A deploy of {change.what} {_before(change.minutes)} ({change.relation})." for change in facts.changes
        ]
        if took.detection is not None and took.detection >= SLOW_DETECTION:
            lines.append(f"The alerts had fired for {length(took.detection)} before the incident opened.")
        for entry in facts.entries:
            if entry.kind is EntryKind.NOBODY:
                lines.append(f"At {self._clock(entry.at)} a step of {self._team(entry)} reached nobody.")
            elif entry.kind is EntryKind.EXHAUSTED:
                lines.append(f"At {self._clock(entry.at)} the policy of {self._team(entry)} had run out.")
            elif entry.kind is EntryKind.EXPIRED:
                lines.append(f"At {self._clock(entry.at)} an acknowledgement expired without a word.")
        if facts.undelivered:
            lines.append(
                f"{facts.undelivered} messages could not be delivered."
                if facts.undelivered > 1
                else "One message could not be delivered."
            )
        if took.acknowledgement is not None and took.acknowledgement >= SLOW_ANSWER:
            lines.append(f"It took {length(took.acknowledgement)} until somebody had it.")
        for earlier in facts.before:
            ended = ""
            if earlier.ended is not None:
                ended = f"; that one ended with: {_indented(unnamed(facts, {}, earlier.ended))}"
            days = (
                "less than a day before"
                if not earlier.days
                else f"{earlier.days} {'day' if earlier.days == 1 else 'days'} before"
            )
            lines.append(f"It looks like #{earlier.number} ({earlier.title}), {days}{ended}")
        return "\n".join(f"- {line}" for line in [*lines, "_What else made it possible, or made it last?_"])

    def _said(self, entry: Entry) -> str:
        """The entry in roles and actions; "" where a review has no use for it."""
        who, team = self._who(entry), self._team(entry)
        match entry.kind:
            case EntryKind.OPENED:
                return f"The incident opened; {team} owns it."
            case EntryKind.INVOLVED:
                return f"{team} was brought in."
            case EntryKind.HELD:
                return f"{team} was told, and not paged yet."
            case EntryKind.RELEASED:
                return f"The page that {team} had been held back was settled."
            case EntryKind.STEP:
                return f"{team} was paged."
            case EntryKind.NOBODY:
                return f"A step of {team} reached nobody."
            case EntryKind.EXHAUSTED:
                return f"The policy of {team} had run out without an answer."
            case EntryKind.STALE:
                return "Alerts stopped being reported without a word that they were over."
            case EntryKind.EXPIRED:
                return "The acknowledgement expired, and people were asked again."
            case EntryKind.RESOLVED:
                how = f": {' '.join(_reason(entry).split())[:QUOTED]}" if _reason(entry) else "."
                return (
                    (f"{who} resolved it{how}") if entry.actor.person in self._facts.people else "The alerts were over."
                )
            case EntryKind.NOTE:
                return self._note(entry, who)
        return f"{who} {_ACTS[entry.kind]}." if entry.kind in _ACTS else ""

    def _note(self, entry: Entry, who: str) -> str:
        about = entry.data.get(ABOUT)
        if about == "role":
            return "Roles were given or changed."
        if about or entry.actor.person not in self._facts.people:
            return " ".join(unnamed(self._facts, self._roles, entry).split())[:QUOTED]
        lines = [line.strip() for line in entry.text.splitlines() if line.strip()]
        cut = lines[0] if lines else ""
        more = len(cut) > QUOTED or len(lines) > 1
        return f"{who} noted: {cut[: QUOTED - 1].rstrip()}{' …' if more else ''}"

    def _who(self, entry: Entry) -> str:
        who = called(self._facts, self._roles, entry.actor.person)
        return who[:1].upper() + who[1:]

    def _team(self, entry: Entry) -> str:
        names = self._facts.teams
        return names.get(entry.team, entry.team) or next(iter(names.values()))

    def _clock(self, at: datetime) -> str:
        local = at.astimezone(self._zone)
        return f"{local.day} {local:%b %H:%M}" if self._dated else f"{local:%H:%M}"


_ACTS = {
    EntryKind.ACKNOWLEDGED: "acknowledged",
    EntryKind.CONFIRMED: "confirmed to be still on it",
    EntryKind.ESCALATED: "asked for the next step",
    EntryKind.REASSIGNED: "handed it over",
    EntryKind.SNOOZED: "put it off for a while",
    EntryKind.REOPENED: "reopened it",
    EntryKind.MERGED: "merged it with another incident",
    EntryKind.SPLIT: "split alerts off as another incident",
}


def _reason(entry: Entry) -> str:
    """What was written at the end, without the line the engine writes where nothing was."""
    plain = f"{entry.actor.person} resolved by {entry.actor.via}"
    return "" if entry.text == plain or entry.kind is not EntryKind.RESOLVED else entry.text


def _before(minutes: int) -> str:
    return f"{length(minutes * 60)} before it opened" if minutes >= 0 else f"{length(-minutes * 60)} after it opened"


def _sentence(text: str) -> str:
    text = text.strip()
    return text if text.endswith((".", "!", "?")) else f"{text}."


def _listed(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def _indented(text: str) -> str:
    """A text of several lines as part of one item of a list."""
    return re.sub(r"\n+", "\n  ", text.strip())
