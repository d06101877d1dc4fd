"""One service as the catalog knows it.

These values cannot refer to themselves, so they are kept out of the garbage collector's sight (`gc=False`): it would
walk a million of them in one go, and nothing is paged meanwhile.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import StrEnum
from functools import lru_cache

import msgspec


class ToolKind(StrEnum):
    """What a tool is for; a page shows the runbook first."""

    RUNBOOK = "runbook"
    DASHBOARD = "dashboard"
    LOGS = "logs"
    TRACES = "traces"
    REPOSITORY = "repository"
    DEBUGGER = "debugger"
    CHAT = "chat"
    OTHER = "other"


class Tool(msgspec.Struct, frozen=True, kw_only=True, order=True, gc=False):
    """A link beside a service. `url` may hold `{label}` places that are filled from the alert."""

    kind: ToolKind
    name: str
    url: str


class Origin(msgspec.Struct, frozen=True, kw_only=True, order=True, gc=False):
    """Where something was written. `source` is the catalog source's name; `line` counts from 1, 0 is unknown."""

    source: str
    file: str = ""
    line: int = 0

    def __str__(self) -> str:
        """As people read it: "catalog/services.yaml:12 (own)"."""
        place = f"{self.file}:{self.line}" if self.line else self.file
        return f"{place} ({self.source})" if place else self.source


class Entry(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A service and what is known about it.

    `owner` is the team as its source wrote it (an id, a name or an alias); resolution finds the team.
    """

    name: str
    owner: str = ""
    #: Further owners its source names; asked in order where the first is no team there is.
    other_owners: tuple[str, ...] = ()
    #: 1 is the most important.
    tier: int | None = None
    lifecycle: str = ""
    description: str = ""
    #: Other names by which alerts and people call it.
    aliases: tuple[str, ...] = ()
    #: Names of services it calls.
    depends_on: tuple[str, ...] = ()
    tools: tuple[Tool, ...] = ()
    #: Kubernetes namespaces it runs in.
    namespaces: tuple[str, ...] = ()
    #: Module or file path patterns, in CODEOWNERS syntax.
    paths: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    #: Field name to where its value was written; list fields name the strongest source that gave a member.
    origins: Mapping[str, Origin] = {}

    def origin(self, field: str = "name") -> Origin | None:
        """Where a field's value, or a member of a list field ("aliases.cart-api"), was written, or None."""
        return self.origins.get(field) or self.origins.get(field.partition(".")[0])


_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_SEPARATORS = re.compile(r"[^a-z0-9]+")
_AFFIXES = frozenset({"service", "svc", "srv", "app", "prod", "production", "live", "deployment", "job"})


@lru_cache(maxsize=65536)
def normalised(name: str) -> str:
    """The name without case, punctuation and filler words: "CheckoutService", "prod/checkout_svc" -> "checkout".

    "" where nothing is left that tells services apart.
    """
    words = [word for word in _SEPARATORS.split(_CAMEL.sub("-", name).lower()) if word]
    return "-".join([word for word in words if word not in _AFFIXES] or words)
