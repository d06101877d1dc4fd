"""What people say of a grouping."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from enum import StrEnum

import msgspec


class Saying(StrEnum):
    """What somebody did or answered."""

    UNRELATED = "unrelated"
    MERGED = "merged"
    SPLIT = "split"
    RELATED = "related"


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """`UNRELATED`: two incidents are not the same trouble. `MERGED`: `incident` went over to `other`.

    `SPLIT`: these `episodes` of `incident` became `other`. `RELATED`: these `episodes` of `incident` belong there.
    """

    saying: Saying
    incident: str
    other: str = ""
    episodes: tuple[str, ...] = ()


def contradicted(episodes: Sequence[int], chosen: Collection[int]) -> list[int]:
    """Which alerts' joining a split says was wrong: `episodes` of the incident in the order they came, `chosen` leave.

    An alert that met only alerts of the other side joined wrongly. One that met its own side, too, may have joined
    because of them, and that says nothing.
    """
    wrong = []
    met_chosen = met_staying = False
    for episode in episodes:
        goes = episode in chosen
        own, others = (met_chosen, met_staying) if goes else (met_staying, met_chosen)
        if others and not own:
            wrong.append(episode)
        met_chosen, met_staying = met_chosen or goes, met_staying or not goes
    return wrong
