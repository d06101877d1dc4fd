"""`oncall.yaml`: settings of the process, and what holds unless a team or a person says otherwise."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

import msgspec

from oncall.config.people import Rules, read_rules
from oncall.config.section import Keys, Section, suggestion
from oncall.config.settings import SETTING_KEYS
from oncall.config.words import parse_length
from oncall.directory import Defaults
from routing.alert import Severity
from schedules.health.weights import Weights

DEFAULT_KEYS: Keys = {
    "fallback_team": "team that owns what no rule resolves; required",
    "severities": "values of the `severity` label to `critical`, `warning` or `info`, as `{page: critical, p3: warning}`",
    "unknown_severity": "severity of alerts whose label is missing or not listed; default `critical`",
    "acknowledgement_expiry": "how long an acknowledgement holds, per severity, as `{critical: 1h, warning: never}`",
    "acknowledgement_reminder": "how long before the expiry the reminder comes; default 10m",
    "hold": "how long a held page waits for the leading team's acknowledgement; default 5m",
    "stale_after": "an alert not repeated for this long is marked stale; default 9h (Alertmanager repeats every 4h)",
    "health": "what each shortcoming of a rotation costs in its health score, as `{coverage: 40, rest_hours: 11}`",
    "important": "contact rules for important pages of people who give none of their own",
    "ordinary": "contact rules for ordinary pages of people who give none of their own",
}
ONCALL_KEYS: Keys = {
    **SETTING_KEYS,
    "defaults": "what holds unless a team or a person says otherwise",
    "ownership": "rules by which an alert finds its team, in order",
    "catalog": "further sources of services, and which one is believed",
    "checks": "checks of your own on services, and when checks are due",
    "grouping": "which labels say what recurs, and from when on alerts are one incident",
}
#: Words of the `severity` label that are understood without being listed.
USUAL_SEVERITIES: Mapping[str, Severity] = {
    "critical": Severity.CRITICAL,
    "page": Severity.CRITICAL,
    "warning": Severity.WARNING,
    "info": Severity.INFO,
    "none": Severity.INFO,
}
_SEVERITY_WORDS = [severity.value for severity in Severity]


def read_default_rules(section: Section | None) -> Mapping[str, Rules]:
    """The company's contact rules for important and for ordinary pages."""
    return {key: read_rules(section, key) for key in ("important", "ordinary")} if section else {}


def read_defaults(section: Section) -> Defaults:
    """The defaults; the mapping of severities comes on top of the usual words."""
    usual = Defaults(fallback_team="")
    section.reading.places["defaults",] = section.place()
    for key in DEFAULT_KEYS:
        section.reading.places["defaults", key] = section.place(key)
    return Defaults(
        fallback_team=section.text("fallback_team", required=True),
        severities={**USUAL_SEVERITIES, **_severities(section)},
        unknown_severity=section.choice("unknown_severity", Severity, usual.unknown_severity),
        acknowledgement_expiry=_expiry(section, usual.acknowledgement_expiry),
        acknowledgement_reminder=section.length("acknowledgement_reminder", usual.acknowledgement_reminder),
        hold=section.length("hold", usual.hold),
        stale_after=section.length("stale_after", usual.stale_after),
        health=_health(section),
    )


def _health(section: Section) -> Weights:
    given = section.free("health")
    try:
        return msgspec.convert(dict(given.value), Weights, strict=False)
    except msgspec.ValidationError as error:
        names = ", ".join(field.name for field in msgspec.structs.fields(Weights))
        section.reading.error(section.place("health"), f"health: {error}", f"Its keys are {names}")
        return Weights()


def _severities(section: Section) -> dict[str, Severity]:
    words = section.free("severities")
    return {word.lower(): words.choice(word, Severity, Severity.CRITICAL) for word in words.value}


def _expiry(section: Section, usual: Mapping[Severity, timedelta]) -> dict[Severity, timedelta]:
    given = section.free("acknowledgement_expiry")
    expiry = dict(usual)
    for word in given.value:
        if word not in _SEVERITY_WORDS:
            given.reading.error(given.place(word), f"there is no severity {word!r}", suggestion(word, _SEVERITY_WORDS))
        elif given.value[word] == "never":
            expiry.pop(Severity(word), None)
        else:
            expiry[Severity(word)] = given.parsed(word, parse_length, expiry.get(Severity(word), timedelta(hours=1)))
    return expiry
