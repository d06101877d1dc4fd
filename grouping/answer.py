"""What people say of a grouping."""

from __future__ import annotations

from enum import StrEnum

import msgspec


class Saying(StrEnum):
    """What somebody did or answered."""

    UNRELATED = "unrelated"
    MERGED = "merged"
    SPLIT = "split"


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """`UNRELATED`: two incidents are not the same trouble. `MERGED`: `incident` went over to `other`.

    `SPLIT`: these `episodes` of `incident` became `other`.
    """

    saying: Saying
    incident: str
    other: str
    episodes: tuple[str, ...] = ()
