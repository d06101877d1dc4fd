"""Who probably owns what nothing resolves: from names alike, dependencies and who took such alerts before."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

import msgspec
from rapidfuzz import fuzz, process

from routing.catalog import Catalog, normalised
from routing.matchers import Matcher, MatchOp
from routing.owner import Resolver
from routing.rules import SERVICE_LABELS

#: How alike two names must be to count, 0 to 100.
_ALIKE = 78.0
#: Words for a part of a service rather than for what it is about.
_PARTS = frozenset({"api", "web", "worker", "server", "backend", "frontend", "consumer", "cron", "gateway", "proxy"})
#: Team ids that YAML reads as text without quotes, in all its versions.
_PLAIN = re.compile(r"(?!(null|true|false|yes|no|on|off|y|n)$)[a-z][a-z0-9._-]*")
#: Labels that tell kinds of alerts apart, in the order in which a rule is best written on them.
_TELLING = (*SERVICE_LABELS, "namespace", "team", "alertname")


class Suggestion(msgspec.Struct, frozen=True, kw_only=True):
    """A team that may own some alerts, how sure that is from 0 to 1, why, and the line that settles it."""

    team: str
    score: float
    reasons: tuple[str, ...]
    #: A member of the configuration's `ownership:` list.
    line: str


def suggest(
    labels: Mapping[str, str],
    catalog: Catalog,
    resolver: Resolver,
    acknowledged: Mapping[str, int] | None = None,
    limit: int = 3,
) -> tuple[Suggestion, ...]:
    """Likely owners of a label set that nothing resolves, likeliest first.

    `acknowledged` counts by team id who acknowledged alerts with such labels before.
    """
    evidence: dict[str, list[tuple[float, str]]] = {}
    for score, team, reason in (
        *_acknowledged(acknowledged or {}),
        *_names(labels, catalog, resolver),
        *_neighbours(labels, catalog, resolver),
        *_words(labels, resolver),
    ):
        evidence.setdefault(team, []).append((score, reason))
    found = [
        Suggestion(
            team=team,
            score=round(_together(score for score, _ in rows), 2),
            reasons=tuple(reason for _, reason in sorted(rows, reverse=True)),
            line=rule_line(labels, team),
        )
        for team, rows in evidence.items()
    ]
    return tuple(sorted(found, key=lambda suggestion: (-suggestion.score, suggestion.team))[:limit])


def settling_matcher(labels: Mapping[str, str]) -> Matcher:
    """The matcher by which a rule is best written for such alerts: on the label that tells most."""
    telling = next((label for label in _TELLING if labels.get(label)), None)
    if telling is None:
        telling = min(labels, default="alertname")
    return Matcher(telling, MatchOp.EQUAL, labels.get(telling, ""))


def rule_line(labels: Mapping[str, str], team: str) -> str:
    """The YAML line that gives alerts with such labels to a team."""
    written = str(settling_matcher(labels)).replace("'", "''")
    named = team if _PLAIN.fullmatch(team) else f"'{team}'"
    return f"- {{match: '{written}', team: {named}}}"


_Evidence = tuple[float, str, str]


def _acknowledged(counts: Mapping[str, int]) -> list[_Evidence]:
    total = sum(counts.values())
    return [
        # One acknowledgement may be chance; ten of ten are not.
        (0.9 * count / (total + 2), team, f"acknowledged {count} of {total} such alerts")
        for team, count in counts.items()
        if count > 0
    ]


def _names(labels: Mapping[str, str], catalog: Catalog, resolver: Resolver) -> list[_Evidence]:
    found = []
    for label in (*SERVICE_LABELS, "namespace"):
        for name, alike in _alike_names(normalised(labels.get(label, "")), catalog).items():
            for entry in catalog.by_normal[name]:
                team = resolver.owner_of(entry)
                if team is not None:
                    reason = f'{label}="{labels[label]}" reads like the service {entry.name}'
                    found.append((0.8 * alike / 100, team, reason))
    return found


def _alike_names(value: str, catalog: Catalog) -> dict[str, float]:
    """Normalised names like a value, with or without the words for its part, each with how alike it is."""
    core = "-".join(word for word in value.split("-") if word not in _PARTS)
    found: dict[str, float] = {}
    for word in {value, core} - {""}:
        names = process.extract(word, catalog.by_normal.keys(), scorer=fuzz.ratio, score_cutoff=_ALIKE, limit=5)
        for name, alike, _ in names:
            found[name] = max(alike, found.get(name, 0.0))
    return found


def _neighbours(labels: Mapping[str, str], catalog: Catalog, resolver: Resolver) -> list[_Evidence]:
    """Teams whose services depend on it, or run in its namespace: several, or it would have been resolved."""
    found = []
    for label in (*SERVICE_LABELS, "namespace"):
        value = labels.get(label, "")
        index = (
            catalog.by_namespace.get(value, ()) if label == "namespace" else catalog.dependents.get(value.lower(), ())
        )
        how = "runs in" if label == "namespace" else "depends on"
        teams: dict[str, str] = {}
        for entry in index[:500]:
            team = resolver.owner_of(entry)
            if team is not None:
                teams.setdefault(team, entry.name)
        found += [(0.6 / len(teams), team, f"{name} {how} {value}") for team, name in teams.items()]
    return found


def _words(labels: Mapping[str, str], resolver: Resolver) -> list[_Evidence]:
    """A team whose name stands in a label, as in alertname="PaymentsQueueFull"."""
    found: dict[str, _Evidence] = {}
    for label, value in labels.items():
        for word in normalised(value).split("-"):
            team = resolver.team(word) if len(word) > 3 else None
            if team is not None:
                found.setdefault(team, (0.4, team, f'{label}="{value}" names the team'))
    return list(found.values())


def _together(scores: Iterable[float]) -> float:
    """Independent hints: the chance that not all of them mislead."""
    missing = 1.0
    for score in scores:
        missing *= 1.0 - score
    return 1.0 - missing
