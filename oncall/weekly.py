"""What a week was like, in a few lines: for managers and teams, on Monday morning. Pure."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

#: Lines of each sort that a digest names.
MOST = 3
#: From here on a load is pointed out: broken nights of one person in a week.
MANY_NIGHTS = 2


class PersonWeek(msgspec.Struct, frozen=True, kw_only=True):
    """What one person carried."""

    name: str
    pages: int
    nights: int


class WeekLoad(msgspec.Struct, frozen=True, kw_only=True):
    """What a team's last seven days came to. `before` is how many incidents the seven days before them had."""

    incidents: int
    before: int
    pages: int
    nights: int
    minutes_to_answer: float | None
    people: tuple[PersonWeek, ...]
    #: Alert kinds with what their history suggests.
    noise: tuple[tuple[str, str], ...]
    #: Days that were far beyond what was to be expected, as text.
    unusual: tuple[str, ...]


class TeamWeek(WeekLoad, frozen=True, kw_only=True):
    """One team's last seven days, with what is left to do."""

    team: str
    name: str
    #: Action items: text, owner's name, days overdue.
    overdue: tuple[tuple[str, str, int], ...]
    open_items: int
    #: Critical incidents without a review: number and title.
    unreviewed: tuple[tuple[int, str], ...]
    #: What came of the last drill, as a sentence.
    practised: str


def lines(week: TeamWeek, address: str) -> list[str]:
    """One team's week; what is as it should be takes no line."""
    if not week.incidents and not week.pages:
        said = ["No incident, nobody was paged."]
    else:
        answered = f", answered after {_minutes(week.minutes_to_answer)}" if week.minutes_to_answer is not None else ""
        counts = (_count(week.pages, "page"), f"{_count(week.nights, 'night')} broken{answered}.")
        incidents = f"{_count(week.incidents, 'incident')} ({_change(week.incidents, week.before)})"
        said = [", ".join((incidents, *counts))]
    said += _loads(week.people)
    said += [f"• unusual: {day}" for day in week.unusual[:MOST]]
    said += [f"• {_cut(kind)}: {_cut(advice, 160)}" for kind, advice in week.noise[:MOST]]
    said += [
        f"• overdue by {_count(days, 'day')}: {_cut(text, 120)}" + (f" ({owner})" if owner else " (nobody has it)")
        for text, owner, days in week.overdue[:MOST]
    ]
    if len(week.overdue) > MOST:
        said.append(f"• and {len(week.overdue) - MOST} more overdue action items")
    if week.unreviewed:
        numbers = ", ".join(f"#{number}" for number, _ in week.unreviewed[:5])
        said.append(f"• not reviewed yet: {numbers}")
    if week.practised:
        said.append(f"• {week.practised}")
    said.append(f"{address}/insights?team={week.team}&days=7")
    return said


def digest(weeks: Sequence[TeamWeek], address: str) -> str:
    """What a manager reads of their teams, the one with most to say first."""
    if not weeks:
        return "Your week: you are in no team, and look after none."
    ordered = sorted(weeks, key=lambda week: (-week.nights, -week.pages, -week.incidents, week.name))
    parts = ["The last seven days on call"]
    for week in ordered:
        parts += ["", week.name, *lines(week, address)]
    return "\n".join([*parts, "", f"Not wanted? {address}/digest"])


def _loads(people: Sequence[PersonWeek]) -> list[str]:
    heavy = [one for one in people if one.nights >= MANY_NIGHTS]
    return [f"• {one.name}: {_count(one.pages, 'page')}, {one.nights} nights broken" for one in heavy[:MOST]]


def _change(now: int, before: int) -> str:
    if now == before:
        return "as many as the week before"
    return f"{abs(now - before)} {'more' if now > before else 'fewer'} than the week before"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _minutes(value: float) -> str:
    return f"{value:g} min" if value >= 1 else f"{value * 60:.0f} s"


def _cut(text: str, most: int = 80) -> str:
    text = " ".join(text.split())
    return text if len(text) <= most else text[: most - 1].rstrip() + "…"
