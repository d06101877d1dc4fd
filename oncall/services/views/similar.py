"""Past incidents that look like this one, and what ended them."""

from __future__ import annotations

import functools
import math
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime

import msgspec

from oncall.engine import Engine
from oncall.errors import NotFound
from oncall.incident import Incident
from oncall.services.people.rights import Caller, Right
from oncall.store import incidents as incident_rows
from oncall.store import past
from oncall.store.past import Comparable

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
        found = await incident_rows.get(tx, [number])
        if number not in found:
            raise NotFound(f"there is no incident #{number}", "Look in the list of incidents.")
        others = await past.newest_resolved(tx, team=found[number].lead.team, before=number, limit=COMPARED)
        near = nearest(found[number], others)
        words = await past.last_words(tx, [other.id for other, _, _ in near])
    return SimilarIncidents(similar=tuple(_item(*one, words) for one in near))


def nearest(incident: Incident, others: Sequence[Comparable]) -> list[tuple[Comparable, float, str]]:
    """The most alike, each with its score and what is alike; the newer of two that are as alike."""
    rarity = _rarity([tokens(other.title) for other in others])
    own = tokens(incident.title)
    scored = []
    for other in others:
        kinds = _overlap(incident.kinds, other.kinds)
        text = _weighted_overlap(own, tokens(other.title), rarity)
        service = float(bool(incident.service) and incident.service == other.service)
        score = sum(weight * part for weight, part in zip(WEIGHTS, (kinds, text, service), strict=True))
        if score >= LEAST:
            scored.append((other, score, _why(kinds, text, service)))
    return sorted(scored, key=lambda one: (-round(one[1], 3), -one[0].id))[:SHOWN]


@functools.lru_cache(maxsize=4096)
def tokens(text: str) -> frozenset[str]:
    """Words that may mean something: no numbers, which name a moment or a machine."""
    return frozenset(word for word in re.findall(r"[^\W\d_]{3,}", text.casefold()))


def _rarity(texts: Sequence[frozenset[str]]) -> Mapping[str, float]:
    """How much a word says: words that every incident has say nothing."""
    counts = Counter(word for words in texts for word in words)
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


def _item(other: Comparable, score: float, why: str, words: Mapping[int, str]) -> SimilarIncident:
    return SimilarIncident(
        id=other.id,
        title=other.title,
        opened_at=other.opened_at,
        minutes=round((other.resolved_at - other.opened_at).total_seconds() / 60),
        resolved_by=other.resolved_by,
        score=round(score, 3),
        why=why,
        ended=words.get(other.id, ""),
    )
