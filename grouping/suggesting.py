"""Suggestions in a process of their own: past alerts in, suggestions out.

python -m grouping.suggesting < alerts.json
"""

from __future__ import annotations

import sys
from datetime import datetime

import msgspec

from grouping.past import Past as PastAlerts
from grouping.past import occurrence
from grouping.settings import MEASURED, Settings
from grouping.suggestions import Suggestion, suggest


class Past(msgspec.Struct, frozen=True, kw_only=True):
    """One past alert."""

    labels: dict[str, str]
    at: datetime
    pages: bool
    query_url: str = ""


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """All past alerts of so many days, and the kinds that somebody acted on by themselves."""

    alerts: tuple[Past, ...]
    acted_alone: tuple[str, ...] = ()
    days: int
    #: How kinds are told from labels.
    settings: Settings = MEASURED


class Suggestions(msgspec.Struct, frozen=True, kw_only=True):
    """What they suggest, surest first."""

    days: int
    alerts: int
    suggestions: tuple[Suggestion, ...]


def answer(asked: Asked) -> Suggestions:
    """Look at all of them."""
    past = PastAlerts(
        occurrence(
            index, one.labels, one.at.timestamp(), pages=one.pages, query_url=one.query_url, settings=asked.settings
        )
        for index, one in enumerate(asked.alerts)
    )
    found = suggest(past, asked.acted_alone)
    return Suggestions(days=asked.days, alerts=len(asked.alerts), suggestions=tuple(one.suggestion for one in found))


if __name__ == "__main__":
    said = msgspec.json.decode(sys.stdin.buffer.read(), type=Asked)
    sys.stdout.buffer.write(msgspec.json.encode(answer(said)))
