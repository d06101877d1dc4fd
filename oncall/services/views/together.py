"""Why an incident's alerts are together: what began when, the strongest ties with their counts, and what stayed apart."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

import msgspec
from sqlalchemy.ext.asyncio import AsyncConnection

from grouping.cases import Told, is_doubtful
from grouping.explain import times
from grouping.settings import Bars
from oncall.store import alerts as alert_rows
from oncall.store import grouping_answers
from oncall.store import incidents as incident_rows
from oncall.store.alerts import Begun
from oncall.store.grouping_answers import Doubt, KeptCase

#: Alerts that are looked at; the first ones say how an incident came about.
LOOKED_AT = 200
KINDS_SHOWN = 8
NEAR_SHOWN = 5


class KindRun(msgspec.Struct, frozen=True, kw_only=True):
    """A kind of this incident: when it first began, until when it fired (null: still), and why it is here."""

    kind: str
    alerts: int
    paging: bool
    first_at: datetime
    until: datetime | None
    why: str


class TieItem(msgspec.Struct, frozen=True, kw_only=True):
    """Two kinds of this incident that the counts tie. `counted`: the kinds, their things, a habit, or nothing (new)."""

    kind: str
    earlier: str
    counted: str
    together: float
    of: float
    by_chance: float
    probability: float
    sentence: str


class NearItem(msgspec.Struct, frozen=True, kw_only=True):
    """An incident that an alert of this one was held against and did not join, or the other way round."""

    incident: int
    title: str
    open: bool
    #: The alert that was held against the other's.
    kind: str
    probability: float
    sentence: str
    #: Likely enough that people are asked; about one that is only possibly related they may answer, too.
    asked: bool
    possibly_related: bool
    #: A person said whether they are related; null where nobody did.
    related: bool | None
    #: Who said it, "" where nobody did.
    answered_by: str


class Together(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of how the incident came together."""

    kinds: tuple[KindRun, ...]
    #: Kinds beyond those.
    more_kinds: int
    ties: tuple[TieItem, ...]
    near: tuple[NearItem, ...]
    #: Alerts that joined, and not surely: people are asked whether they belong here.
    doubts: tuple[Doubt, ...]


async def view_together(tx: AsyncConnection, number: int, bars: Bars) -> Together:
    """For the incident view."""
    episodes = await alert_rows.first_of_incident(tx, number, limit=LOOKED_AT)
    cases = await grouping_answers.of_first_alerts(tx, number, limit=LOOKED_AT)
    near = _near(number, cases)
    others = await incident_rows.get(tx, {case.incident for case in near})
    kinds = kinds_of(episodes)
    return Together(
        kinds=kinds[:KINDS_SHOWN],
        doubts=tuple(await grouping_answers.doubts(tx, number)),
        more_kinds=max(0, len(kinds) - KINDS_SHOWN),
        ties=ties_of(episodes, cases, [kind.kind for kind in kinds[:KINDS_SHOWN]]),
        near=tuple(
            NearItem(
                incident=case.incident,
                title=others[case.incident].title,
                open=others[case.incident].resolved_at is None,
                kind=next(e.kind for e in episodes if e.id == case.alert),
                probability=case.probability,
                sentence=case.sentence,
                asked=is_doubtful(case.probability, joined=False),
                possibly_related=case.probability >= bars.related,
                related=case.related,
                answered_by=case.answered_by,
            )
            for case in near
            if case.incident in others and others[case.incident].merged_into != number
        ),
    )


def kinds_of(episodes: Sequence[Begun]) -> tuple[KindRun, ...]:
    """The kinds in the order they began; each with the reason of its first alert."""
    found: dict[str, list[Begun]] = {}
    for episode in sorted(episodes, key=lambda e: (e.starts_at, e.id)):
        found.setdefault(episode.kind, []).append(episode)
    return tuple(
        KindRun(
            kind=kind,
            alerts=len(own),
            paging=any(e.paging for e in own),
            first_at=own[0].starts_at,
            until=None if any(e.ended_at is None for e in own) else max(e.ended_at for e in own if e.ended_at),
            why=min(own, key=lambda e: e.id).why_group,
        )
        for kind, own in found.items()
    )


def ties_of(episodes: Sequence[Begun], cases: Sequence[KeptCase], kinds: Sequence[str]) -> tuple[TieItem, ...]:
    """For each kind but the first, its strongest tie to one that began before it; in the order of the kinds."""
    kind_of: Mapping[str, str] = {str(e.id): e.kind for e in episodes}
    place = {kind: number for number, kind in enumerate(kinds)}
    best: dict[str, TieItem] = {}
    for case in cases:
        kind = kind_of[str(case.alert)]
        for tie in case.ties if case.joined else ():
            earlier = kind_of.get(tie.episode, "")
            if kind not in place or place.get(earlier, len(place)) >= place[kind]:
                continue
            if kind not in best or best[kind].probability < tie.probability:
                best[kind] = TieItem(
                    kind=kind,
                    earlier=earlier,
                    counted=tie.counted,
                    together=tie.together,
                    of=tie.of,
                    by_chance=tie.by_chance,
                    probability=tie.probability,
                    sentence=tie_words(kind, earlier, tie),
                )
    return tuple(best[kind] for kind in kinds if kind in best)


def tie_words(kind: str, earlier: str, counts: Told) -> str:
    """One tie as a sentence."""
    match counts.counted:
        case "kinds":
            return f"{kind} and {earlier}: together {times(counts)}"
        case "things":
            return f"{kind} and {earlier}: not these two, but other alerts of the same things {times(counts)}"
        case "habit":
            return f"{kind} and {earlier}: not these two, but such alerts of such neighbours {times(counts)}"
        case _:
            ever = "never" if counts.together < 0.05 else "hardly"
            return f"{kind} and {earlier}: {ever} seen together before; judged by time, place and how rare they are"


def _near(number: int, cases: Sequence[KeptCase]) -> list[KeptCase]:
    """What stayed apart, each other incident once, the nearest first."""
    nearest: dict[int, KeptCase] = {}
    for case in cases:
        known = nearest.get(case.incident)
        if case.incident != number and not case.joined and (known is None or known.probability < case.probability):
            nearest[case.incident] = case
    return sorted(nearest.values(), key=lambda c: (-c.probability, c.incident))[:NEAR_SHOWN]
