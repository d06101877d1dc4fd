"""What each shortcoming costs. The numbers are judgement, not research: they are configuration, and are printed."""

from __future__ import annotations

import msgspec


class Weights(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Points, limits and bounds of the health score."""

    #: The timeline that is judged.
    look_ahead_days: int = 84
    #: Pages of this many days before count.
    look_back_days: int = 90

    coverage: float = 40
    #: Points per share of the weighted hours without anybody reachable: one percent costs four.
    coverage_slope: float = 400
    #: Hours up to this day weigh this much: (7, 4) makes the first week count four times.
    coverage_weights: tuple[tuple[int, float], ...] = ((7, 4), (28, 2))

    balance_hours: float = 8
    balance_unsocial: float = 9
    balance_pages: float = 8
    #: Fewer pages than this say nothing about fairness.
    balance_least_pages: int = 10
    #: An index up to the first costs nothing, from the sum of both on everything.
    balance_free: float = 0.05
    balance_range: float = 0.35

    rest: float = 8
    rest_slope: float = 16
    rest_hours: float = 11
    #: Stretches shorter than this are no turnaround.
    rest_least_stretch_hours: float = 4

    people: float = 8
    people_unknown: float = 4
    people_unreachable: float = 3
    people_unproven: float = 1

    horizon: float = 8
    horizon_days: float = 56

    concentration: float = 7
    concentration_free: float = 0.35
    concentration_full: float = 0.75

    shape: float = 4
    shape_short: float = 1
    shape_short_hours: float = 1
    shape_long: float = 2
    shape_long_days: float = 8

    #: The score is at most this when nothing is planned at all.
    gate_empty: float = 0
    #: ... when nobody can be reached now.
    gate_now: float = 20
    #: ... when nobody can be reached from an instant within `gate_soon_hours` on.
    gate_soon: float = 40
    gate_soon_hours: float = 72
    #: ... when nobody can be reached for longer than `gate_long_hours` somewhere in the plan.
    gate_long: float = 60
    gate_long_hours: float = 24
    #: ... when one person carries everything: no rotation at all, however even.
    gate_alone: float = 50

    healthy: float = 85
    attention: float = 60
