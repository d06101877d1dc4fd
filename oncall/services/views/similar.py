"""Past incidents that look like this one, and what ended them."""

from __future__ import annotations

import functools
import heapq
import itertools
import math
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime

import msgspec

from oncall.engine import Engine
from oncall.errors import NotFound
from oncall.incident import Incident
from oncall.incident.reading import readable
from oncall.services.people.rights import Caller, Right
from oncall.store import past
from oncall.store.past import Comparable, Ended

#: How many of the lead team's past incidents are compared: bounded, so that an incident opens as fast after years as on
#: the first day.
COMPARED = 300
SHOWN = 5
#: Below this two incidents have nothing to say about one another.
LEAST = 0.25
#: What each part counts: the alerts that fired say most, then the words, then the service.
WEIGHTS = (0.55, 0.25, 0.20)


class SimilarIncident(msgspec.Struct, frozen=True, kw_only=True):
    """A past incident. `score` is between 0 and 1, `why` says what is alike, `ended` what was written at its end."""

    id: int
    title: str
    opened_at: datetime
    minutes: int
    resolved_by: str
    score: float
    why: str
    ended: str


class SimilarIncidents(msgspec.Struct, frozen=True, kw_only=True):
    """The nearest past incidents, nearest first."""

    similar: tuple[SimilarIncident, ...]


async def find_similar(engine: Engine, caller: Caller, number: int) -> SimilarIncidents:
    """The nearest of the team's newest past incidents.

    Raises:
        NotFound: no such incident.
    """
    caller.require(Right.SEE)
    async with engine.database.read() as tx:
        own = await past.comparable(tx, number)
        if own is None:
            raise NotFound(f"there is no incident #{number}", "Look in the list of incidents.")
        near = nearest(own, await past.newest_resolved(tx, team=own.team, before=number, limit=COMPARED))
        numbers = [other.id for other, _, _ in near]
        ends, last = await past.ends_of(tx, numbers), await past.last_words(tx, numbers)
    words = {other: readable(entry, engine.directory, caller.timezone) for other, entry in last.items()}
    return SimilarIncidents(
        similar=tuple(
            _item(other, ends[other.id], words.get(other.id, ""), score, why)
            for other, score, why in near
            if other.id in ends
        )
    )


def nearest(incident: Incident | Comparable, others: Sequence[Comparable]) -> list[tuple[Comparable, float, str]]:
    """The most alike, each with its score and what is alike; the newer of two that are as alike."""
    rarity = _rarity([tokens(other.title) for other in others])
    own = tokens(incident.title)
    # Titles recur, and with them their words.
    texts: dict[frozenset[str], float] = {}
    of_kinds, of_text, of_service = WEIGHTS
    scored = []
    for other in others:
        words = tokens(other.title)
        if (text := texts.get(words)) is None:
            text = texts[words] = _weighted_overlap(own, words, rarity)
        kinds = _overlap(incident.kinds, other.kinds)
        service = float(bool(incident.service) and incident.service == other.service)
        score = of_kinds * kinds + of_text * text + of_service * service
        if score >= LEAST:
            scored.append((-round(score, 3), -other.id, other, score, kinds, text, service))
    return [(other, score, _why(*alike)) for _, _, other, score, *alike in heapq.nsmallest(SHOWN, scored)]


@functools.lru_cache(maxsize=4096)
def tokens(text: str) -> frozenset[str]:
    """Words that may mean something: no numbers, which name a moment or a machine."""
    return frozenset(word for word in re.findall(r"[^\W\d_]{3,}", text.casefold()))


def _rarity(texts: Sequence[frozenset[str]]) -> Mapping[str, float]:
    """How much a word says: words that every incident has say nothing."""
    counts = Counter(itertools.chain.from_iterable(texts))
    return {word: math.log((1 + len(texts)) / (1 + count)) + 0.1 for word, count in counts.items()}


def _overlap(one: frozenset[str], other: frozenset[str]) -> float:
    return len(one & other) / len(one | other) if one and other else 0.0


def _weighted_overlap(one: frozenset[str], other: frozenset[str], rarity: Mapping[str, float]) -> float:
    every = sum(rarity.get(word, 1.0) for word in one | other)
    return sum(rarity.get(word, 1.0) for word in one & other) / every if every else 0.0


def _why(kinds: float, text: float, service: float) -> str:
    alike = []
    if kinds:
        alike.append("the same alerts" if kinds > 0.99 else "some of the same alerts")
    if service:
        alike.append("the same service")
    if text >= 0.5:
        alike.append("much the same words")
    return ", ".join(alike)


def _item(other: Comparable, end: Ended, words: str, score: float, why: str) -> SimilarIncident:
    return SimilarIncident(
        id=other.id,
        title=other.title,
        opened_at=end.opened_at,
        minutes=round((end.resolved_at - end.opened_at).total_seconds() / 60),
        resolved_by=end.resolved_by,
        score=round(score, 3),
        why=why,
        ended=words,
    )
