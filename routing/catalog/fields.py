"""Reading the small fields that every format writes in its own way: tiers, kinds of tools, addresses."""

from __future__ import annotations

import re
from collections.abc import Iterable

from routing.catalog.entry import Origin, Tool, ToolKind

#: The words for the kinds of tools.
KINDS = frozenset(kind.value for kind in ToolKind)

_TIER = re.compile(r"(?:tier|t|level|p|sev)?[\s_-]*([0-9])", re.IGNORECASE)
_TIER_WORDS = {
    "mission critical": 1,
    "critical": 1,
    "gold": 1,
    "high": 2,
    "silver": 2,
    "medium": 3,
    "bronze": 3,
    "low": 4,
}
#: Words in a link's type, icon, title or address that tell what it is for, most telling first.
_WORDS: tuple[tuple[ToolKind, tuple[str, ...]], ...] = (
    (ToolKind.RUNBOOK, ("runbook", "playbook", "run-book", "operations manual", "sop")),
    (ToolKind.LOGS, ("logs", "logging", "log ", "kibana", "splunk", "loki", "graylog", "papertrail")),
    (ToolKind.TRACES, ("trace", "tracing", "jaeger", "tempo", "zipkin", "apm")),
    (ToolKind.DEBUGGER, ("debug", "errors", "error tracking", "sentry", "bugsnag", "rollbar", "profil", "pprof")),
    (ToolKind.DASHBOARD, ("dashboard", "grafana", "metrics", "datadog", "newrelic", "monitor")),
    (ToolKind.CHAT, ("slack", "chat", "teams.microsoft", "mattermost")),
    (ToolKind.REPOSITORY, ("repository", "github", "gitlab", "bitbucket", "source", "code")),
)
_SCHEME = re.compile(r"([a-z][a-z0-9+.-]*):", re.IGNORECASE)


def tier(text: str) -> int | None:
    """The number of a tier, 1 the most important: "tier_1", "Tier 2", "T3", "critical"; None if it names none."""
    found = _TIER.fullmatch(text.strip())
    if found:
        return int(found.group(1))
    return _TIER_WORDS.get(text.strip().lower().replace("_", " ").replace("-", " "))


def tool_kind(*hints: str) -> ToolKind:
    """What a link is for, from the words about it: its type first, its address last."""
    for hint in hints:
        lowered = f"{hint.lower()} "
        if lowered.strip() in KINDS:
            return ToolKind(lowered.strip())
        for kind, words in _WORDS:
            if any(word in lowered for word in words):
                return kind
    return ToolKind.OTHER


def tool(name: str, url: str, *hints: str) -> Tool:
    """A tool whose kind is read from the hints, then its name, then its address."""
    return Tool(kind=tool_kind(*(hint for hint in hints if hint), name, url), name=name or url, url=url)


def is_web_address(url: str) -> bool:
    """Whether a browser may be sent there: http or https, and nothing that runs ("javascript:")."""
    scheme = _SCHEME.match(url.strip())
    return scheme is not None and scheme.group(1).lower() in {"http", "https"}


def unique(texts: Iterable[str], without: str = "") -> tuple[str, ...]:
    """The texts in order, each once, without empty ones and without one given."""
    return tuple(text for text in dict.fromkeys(texts) if text and text != without)


def origins(default: Origin, **fields: Origin) -> dict[str, Origin]:
    """The origins of an entry: of its name, and of the fields given."""
    return {"name": default, **fields}
