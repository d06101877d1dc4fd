"""The services a company runs and who owns them."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """One service."""

    name: str
    owner: str = ""


class Catalog(msgspec.Struct, frozen=True, kw_only=True):
    """Every entry by name."""

    entries: Mapping[str, Entry] = {}
