"""What grouping answers: values that say where an alert belongs, who is to hear of it, and why."""

from __future__ import annotations

from datetime import timedelta
from enum import StrEnum

import msgspec

from grouping.cases import Case


class Basis(StrEnum):
    """What an assignment rests on."""

    REPEAT = "repeat"
    STORM = "storm"
    STATISTICS = "statistics"
    LABELS = "labels"
    PEOPLE = "people"
    FORK = "fork"
    ALONE = "alone"


class Call(StrEnum):
    """Who is to hear of the alert.

    `PAGE` now; `HOLD` tells the team at once and pages it unless the lead team acknowledges in time; `NOTICE` tells
    a team that was already called for this incident; `NONE` is context, shown with the incident.
    """

    PAGE = "page"
    HOLD = "hold"
    NOTICE = "notice"
    NONE = "none"


class Evidence(msgspec.Struct, frozen=True, kw_only=True):
    """One signal's part in a decision; `weight` is in log-odds, positive speaks for joining."""

    signal: str
    weight: float
    sentence: str


class Near(msgspec.Struct, frozen=True, kw_only=True):
    """An open incident that was considered and not joined, and why not."""

    incident: str
    probability: float
    sentence: str
    #: Close enough to be shown as "possibly related", with the two answers.
    possibly_related: bool


class Move(msgspec.Struct, frozen=True, kw_only=True):
    """An episode that goes from one incident to another, and why."""

    episode: str
    from_incident: str
    to_incident: str
    sentence: str


class MergeOffer(msgspec.Struct, frozen=True, kw_only=True):
    """Two open incidents that an alert ties together: offered to people, never done."""

    incident: str
    other: str
    sentence: str


class Grouping(msgspec.Struct, frozen=True, kw_only=True):
    """Where one alert belongs."""

    incident: str
    is_new: bool
    basis: Basis
    call: Call
    #: One sentence with its counts, the same on every door.
    reason: str
    #: Between 0 and 1: how sure it is that the alert belongs to this incident. 1 for an incident of its own.
    probability: float
    evidence: tuple[Evidence, ...] = ()
    near: tuple[Near, ...] = ()
    moves: tuple[Move, ...] = ()
    merge_offers: tuple[MergeOffer, ...] = ()
    #: How long a held page waits for the lead's acknowledgement; None unless `call` is `HOLD`.
    hold_for: timedelta | None = None
    #: The incident this one was kept apart from, so that its pages are not swallowed.
    forked_from: str | None = None
    #: What broke as a whole, where this is a storm's incident ("cluster prod-eu1").
    storm_scope: str | None = None
    #: The alert's kind, readable ("HighErrorRate of checkout in prod-eu1").
    kind: str = ""
    #: The incident has seen this kind, or it is well known to follow those it has seen.
    expected: bool = False
    #: What a later answer about this alert and these incidents teaches on.
    cases: tuple[Case, ...] = ()
    #: Where `reason` names teams: (character it begins at, the team's id).
    teams: tuple[tuple[int, str], ...] = ()
