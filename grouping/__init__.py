"""Which alerts are one incident: kinds, co-firing statistics, assignment, explanation, learning, replay."""

from __future__ import annotations

from grouping.answer import Answer, Saying
from grouping.arrival import Arrival, Deployed
from grouping.cases import Case
from grouping.decision import Basis, Call, Evidence, Grouping, MergeOffer, Move, Near
from grouping.grouper import Grouper
from grouping.learned import Learned
from grouping.rows import StateRow
from grouping.settings import KindRule, Settings

__all__ = [
    "Answer",
    "Arrival",
    "Basis",
    "Call",
    "Case",
    "Deployed",
    "Evidence",
    "Grouper",
    "Grouping",
    "KindRule",
    "Learned",
    "MergeOffer",
    "Move",
    "Near",
    "Saying",
    "Settings",
    "StateRow",
]
