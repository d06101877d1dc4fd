"""How loud an alert is: the `severity` label through the configured mapping."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from routing.alert import Severity

#: Words people write into the label, where the configuration does not say otherwise.
WELL_KNOWN: Mapping[str, Severity] = {
    **dict.fromkeys(("critical", "crit", "page", "emergency", "fatal", "disaster", "p1", "sev1"), Severity.CRITICAL),
    **dict.fromkeys(("error", "high", "major", "urgent", "p2", "sev2"), Severity.CRITICAL),
    **dict.fromkeys(("warning", "warn", "minor", "medium", "average", "ticket", "p3", "sev3"), Severity.WARNING),
    **dict.fromkeys(("info", "informational", "information", "notice", "low", "none", "debug"), Severity.INFO),
    **dict.fromkeys(("p4", "p5", "sev4", "sev5"), Severity.INFO),
}


class Graded(msgspec.Struct, frozen=True, kw_only=True):
    """A severity and why."""

    severity: Severity
    reason: str


def grade(labels: Mapping[str, str], mapping: Mapping[str, Severity], unknown: Severity) -> Graded:
    """The severity of a label set.

    `mapping` goes from label value (lower case) to severity and is asked before the well-known words. A label that
    is missing, or that nobody knows, gives `unknown`.
    """
    written = labels.get("severity", "")
    word = written.strip().lower()
    if not word:
        return Graded(severity=unknown, reason=f"no severity label, so {unknown}")
    found = mapping.get(word) or WELL_KNOWN.get(word)
    if found is None:
        return Graded(severity=unknown, reason=f'severity="{written}" is not known, so {unknown}')
    return Graded(severity=found, reason=f'severity="{written}"' + ("" if found == word else f" means {found}"))
