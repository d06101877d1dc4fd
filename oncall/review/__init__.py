"""What an incident taught: drafted from its record, in roles and actions. Pure."""

from __future__ import annotations

from oncall.review.draft import draft
from oncall.review.export import as_markdown
from oncall.review.facts import Answer, Durations, EarlierIncident, Facts, NearChange, durations, who_was_asked
from oncall.review.sections import MOST_SECTION, SECTIONS, Review, blaming

__all__ = [
    "MOST_SECTION",
    "SECTIONS",
    "Answer",
    "Durations",
    "EarlierIncident",
    "Facts",
    "NearChange",
    "Review",
    "as_markdown",
    "blaming",
    "draft",
    "durations",
    "who_was_asked",
]
