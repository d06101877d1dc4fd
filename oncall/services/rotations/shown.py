"""Segments with the names people go by."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from oncall.directory import Directory
from schedules.shift import Segment


def shown(directory: Directory, segments: Iterable[Segment]) -> tuple[Segment, ...]:
    """With people under the names others call them by, as every sentence about a rotation needs them."""
    return tuple(
        msgspec.structs.replace(
            segment,
            on_call=tuple(msgspec.structs.replace(who, person=directory.shown(who.person)) for who in segment.on_call),
        )
        for segment in segments
    )
