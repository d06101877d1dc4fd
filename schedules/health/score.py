"""Deductions and gates to a score and a band."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from enum import StrEnum

import msgspec

from schedules.health.items import ITEMS, Item
from schedules.health.plan import Plan
from schedules.health.weights import Weights


class Band(StrEnum):
    """The score in a word."""

    HEALTHY = "healthy"
    ATTENTION = "attention"
    AT_RISK = "at risk"


class Gate(msgspec.Struct, frozen=True, kw_only=True):
    """A reason for which the score is at most `limit`, whatever the items say."""

    limit: float
    reason: str


class Health(msgspec.Struct, frozen=True, kw_only=True):
    """The score, rounded, and everything that explains it."""

    score: int
    band: Band
    #: Before rounding.
    exact: float
    items: tuple[Item, ...]
    gates: tuple[Gate, ...]
    plan_end: datetime


def health(subject: Plan) -> Health:
    """The score of a plan, and why."""
    items = tuple(item(subject) for item in ITEMS)
    gates = tuple(_gates(subject))
    exact = min([max(0.0, 100 - sum(item.lost for item in items)), *(gate.limit for gate in gates)])
    return Health(
        score=round(exact),
        band=_band(round(exact), subject.weights),
        exact=exact,
        items=items,
        gates=gates,
        plan_end=subject.end,
    )


def _band(score: int, weights: Weights) -> Band:
    if score >= weights.healthy:
        return Band.HEALTHY
    return Band.ATTENTION if score >= weights.attention else Band.AT_RISK


def _gates(subject: Plan) -> Iterator[Gate]:
    weights, begin = subject.weights, subject.begin
    if not subject.stretches:
        yield Gate(limit=weights.gate_empty, reason="nobody is planned at all")
        return
    soon = begin + timedelta(hours=weights.gate_soon_hours)
    starts = [start for start, _ in subject.gaps]
    if subject.end < subject.horizon:
        starts.append(subject.end)
    if begin in starts:
        yield Gate(limit=weights.gate_now, reason="nobody can be reached now")
    elif any(start < soon for start in starts):
        yield Gate(limit=weights.gate_soon, reason=f"nobody can be reached from {min(starts):%d %b %H:%M} UTC on")
    longest = max(subject.gaps, key=lambda gap: gap[1] - gap[0], default=None)
    if longest and (longest[1] - longest[0]) / timedelta(hours=1) > weights.gate_long_hours:
        lasting = (longest[1] - longest[0]) / timedelta(hours=1)
        yield Gate(limit=weights.gate_long, reason=f"a gap of {lasting:.0f} h from {longest[0]:%d %b %H:%M} UTC on")
    if len(subject.stretches) == 1:
        (name,) = subject.stretches
        yield Gate(limit=weights.gate_alone, reason=f"{name} carries everything: nobody else takes over")
