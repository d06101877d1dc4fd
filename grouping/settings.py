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


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """The options, with the defaults that were measured best."""

    #: Another team's page waits this long for the lead team's acknowledgement.
    hold_for: timedelta = timedelta(minutes=5)
    kinds: tuple[KindRule, ...] = ()
    #: Signals' weights that differ from the measured ones, by name.
    weights: Mapping[str, float] = msgspec.field(default_factory=dict)
