"""The score once more, minute by minute or piece by piece, by the book and without any of the real code."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta
from itertools import pairwise
from math import ceil, sqrt
from statistics import median
from zoneinfo import ZoneInfo

MINUTE = timedelta(minutes=1)
STEP = 15
DAYS = 84


def deductions(shifts, now: datetime, members, pages) -> dict[str, float]:
    """Item to points, walking the timeline in steps; shifts must begin and end on multiples of the step."""
    steps = [now + STEP * index * MINUTE for index in range(DAYS * 24 * 60 // STEP)]
    walk = [{person for start, end, person in shifts if start <= at < end} for at in steps]
    end = _plan_end(walk)
    walk = walk[:end]
    names = sorted(set(members) | {person for people in walk for person in people})
    hours = Counter(person for people in walk for person in people)
    dark = Counter(
        person
        for at, people in zip(steps, walk, strict=False)
        for person in people
        if _unsocial(at, members.get(person))
    )
    runs = {person: _runs([person in people for people in walk]) for person in names}
    size = median([stop - start for spans in runs.values() for start, stop in spans] or [0])
    unreachable = [not any(person in members and members[person].reachable for person in people) for people in walk]
    return {
        "coverage": _coverage(unreachable),
        "balance": _balance(names, hours, dark, pages, size),
        "rest": _rest(runs),
        "people": min(8, 4 * len(set(hours) - set(members)) + 3 * sum(not members[who].reachable for who in set(hours) & set(members))),
        "horizon": 8 * max(0, 1 - end * STEP / 1440 / 56),
        "concentration": _concentration(names, hours),
        "shape": _shape(runs),
    }  # fmt: skip


def _plan_end(walk) -> int:
    last = 0
    for start, stop in _runs([bool(people) for people in walk]):
        if (start - last) * STEP > 7 * 1440:
            return last
        last = stop
    return last


def _runs(flags):
    found, since = [], None
    for index, flag in enumerate([*flags, False]):
        if flag and since is None:
            since = index
        elif not flag and since is not None:
            found.append((since, index))
            since = None
    return found


def _unsocial(at: datetime, member) -> bool:
    local = at.astimezone(ZoneInfo(member.timezone if member else "UTC"))
    return local.hour >= 22 or local.hour < 7 or local.weekday() >= 5


def _weight(index: int) -> int:
    day = index * STEP / 1440
    return 4 if day < 7 else 2 if day < 28 else 1


def _coverage(unreachable) -> float:
    total = sum(_weight(index) for index in range(len(unreachable)))
    if not total:
        return 40
    return min(40, 400 * sum(_weight(index) for index, dark in enumerate(unreachable) if dark) / total)


def _balance(names, hours, dark, pages, size) -> float:
    total, dark_total = sum(hours.values()), sum(dark.values())
    dark_size = size * dark_total / total if total else 0
    parts = [(8, hours, size), (9, dark, dark_size)]
    lost = sum(points * _q(_index(names, load, _allowed(names, load, unit))) for points, load, unit in parts)
    page_total = sum(pages.values())
    if page_total < 10:
        return lost * 25 / 17
    mean = sum(pages.get(name, 0) for name in names) / len(names) if names else 0
    return lost + 8 * _q(_index(names, pages, mean + sqrt(mean)))


def _allowed(names, load, unit) -> float:
    mean = sum(load.values()) / len(names) if names else 0
    return unit * ceil(mean / unit - 1e-9) if unit else mean


def _index(names, load, allowed) -> float:
    total = sum(load.get(name, 0) for name in names)
    if not total:
        return 0
    if len(names) == 1:
        return 1
    return sum(max(0, load.get(name, 0) - allowed) for name in names) / (total * (1 - 1 / len(names)))


def _q(index: float) -> float:
    return min(1, max(0, (index - 0.05) / 0.35))


def _rest(runs) -> float:
    four, eleven = 4 * 60 / STEP, 11 * 60 / STEP
    pauses = [
        later[0] - earlier[1]
        for spans in runs.values()
        for earlier, later in pairwise(spans)
        if earlier[1] - earlier[0] >= four and later[1] - later[0] >= four
    ]
    return min(8, 16 * sum(pause < eleven for pause in pauses) / len(pauses)) if pauses else 0


def _concentration(names, hours) -> float:
    total = sum(hours.values())
    if not total:
        return 0
    free = max(0.35, 1 / len(names))
    if free >= 0.75:
        return 7
    return 7 * min(1, max(0, (max(hours.values()) / total - free) / (0.75 - free)))


def _shape(runs) -> float:
    lost, last = 0, DAYS * 1440 // STEP
    for spans in runs.values():
        for start, stop in spans:
            if stop - start < 60 / STEP and start > 0 and stop < last:
                lost += 1
            elif (stop - start) * STEP > 8 * 1440:
                lost += 2
    return min(4, lost)
