"""What an operator may set about grouping."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

import msgspec


class KindRule(msgspec.Struct, frozen=True, kw_only=True):
    """A declared override: for alerts with these labels, which labels name the thing and its scope.

    `match` compares label values exactly; the first rule that matches decides. `volatile` labels are never part of
    a kind, whatever was learned.
    """

    match: Mapping[str, str] = msgspec.field(default_factory=dict)
    thing: tuple[str, ...] = ()
    scope: tuple[str, ...] = ()
    volatile: tuple[str, ...] = ()


class Bars(msgspec.Struct, frozen=True, kw_only=True):
    """The probabilities from which something happens, with those that were measured best."""

    #: An incident is shown as "possibly related".
    related: float = 0.35
    #: An alert joins where it belongs with at least this probability.
    join: float = 0.75
    #: A page-worthy alert below this gets an incident of its own, so that no trouble hides behind another.
    same: float = 0.5
    #: A page-worthy alert follows a page of the incident so surely that it may be held.
    known: float = 0.83


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """The options, with the defaults that were measured best."""

    #: Another team's page waits this long for the lead team's acknowledgement.
    hold_for: timedelta = timedelta(minutes=5)
    kinds: tuple[KindRule, ...] = ()
    #: Labels that are never part of a kind, of any alert.
    volatile: tuple[str, ...] = ()
    #: Signals' weights that differ from the measured ones, by name.
    weights: Mapping[str, float] = msgspec.field(default_factory=dict)
    bars: Bars = Bars()


MEASURED = Settings()
