"""Who is on call at an instant: a lookup on stored segments, never a question to a calendar."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from datetime import datetime
from operator import attrgetter

from schedules.shift import OnCall, Segment

#: The role somebody has whose calendar names none.
PRIMARY = "primary"


def who_at(segments: Sequence[Segment], at: datetime, role: str | None = None) -> tuple[OnCall, ...]:
    """Everybody on call at the instant, or those of one role; empty in a gap and outside the segments.

    A shift without a role is a primary one. Roles are compared without regard to case.
    """
    index = bisect_right(segments, at, key=attrgetter("start")) - 1
    if index < 0 or at >= segments[index].end:
        return ()
    on_call = segments[index].on_call
    return on_call if role is None else tuple(who for who in on_call if same_role(who.role, role))


def same_role(one: str | None, other: str | None) -> bool:
    """Whether two role names mean the same."""
    return (one or PRIMARY).casefold() == (other or PRIMARY).casefold()
