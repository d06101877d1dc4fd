"""The parts of a review, and the words it does without."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime

import msgspec

#: Each part with its heading and what it asks for, in the order they are read.
SECTIONS: Mapping[str, tuple[str, str]] = {
    "summary": ("Summary", "What happened, in three sentences somebody from elsewhere understands."),
    "impact": ("Impact", "Whom it hurt, how much, for how long."),
    "timeline": ("Timeline", "What happened when. Roles and actions, no names."),
    "tried": ("What was tried", "What people tried, and what came of it."),
    "factors": ("Contributing factors", "What made it possible, what made it last. Conditions, not people."),
    "lessons": ("What we learned", "What went well, what was hard, where we were lucky."),
}
#: Longest text of one part, in characters.
MOST_SECTION = 50_000

#: Words that look for somebody instead of a cause.
_BLAME = re.compile(
    r"\b(blam(?:e|ed|ing)|at fault|(?:his|her|their|my|our) fault|fault of|guilty|careless(?:ly|ness)?|negligen(?:t|ce)|"
    r"incompeten(?:t|ce)|stupid(?:ly|ity)?|human error|user error|operator error|screwed up|messed up|"
    r"should have (?:known|noticed|seen|checked)|failed to|neglected to|forgot to|ignored)\b",
    re.IGNORECASE,
)


class Review(msgspec.Struct, frozen=True, kw_only=True):
    """One review as it is kept. `version` counts its saves."""

    sections: Mapping[str, str]
    version: int
    drafted_at: datetime
    drafted_by: str
    saved_at: datetime
    saved_by: str


def blaming(text: str) -> tuple[str, ...]:
    """The words of a text that read like blame, each once, as they are written."""
    return tuple(dict.fromkeys(found[0].lower() for found in _BLAME.finditer(text)))
