"""What the engine and its calendar worker send each other: a length, then so many bytes of MessagePack."""

from __future__ import annotations

import struct
from collections.abc import Mapping
from datetime import datetime

import msgspec

LENGTH = struct.Struct(">I")


class Request(msgspec.Struct, frozen=True, kw_only=True):
    """What to read; the fields are those of `schedules.reading.read`."""

    body: bytes
    begin: datetime
    end: datetime
    default_tz: str = "UTC"
    identity: Mapping[str, object] = {}
    tz_aliases: Mapping[str, str] = {}
    source: str = ""
