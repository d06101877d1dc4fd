"""The incident: a pure state machine.

Every verb takes the incident and `now` and returns a `Change`: the incident after it and what to write into its
timeline. Nothing here reads the time or touches a database.
"""

from __future__ import annotations

from oncall.incident.alerts import Arrival, absorb, all_resolved, gone_stale, open_incident, rest_unknown
from oncall.incident.due import Due, due, expired, release_held, released, reminded
from oncall.incident.values import (
    ALERTMANAGER,
    ENGINE,
    Actor,
    Change,
    Entry,
    EntryKind,
    Incident,
    IncidentStatus,
    Involvement,
    InvolvementStatus,
    Via,
)
from oncall.incident.verbs import (
    acknowledge,
    confirm,
    escalate,
    exhausted,
    involve,
    merge,
    note,
    reassign,
    release,
    reopen,
    resolve,
    snooze,
    split,
)

__all__ = [
    "ALERTMANAGER",
    "ENGINE",
    "Actor",
    "Arrival",
    "Change",
    "Due",
    "Entry",
    "EntryKind",
    "Incident",
    "IncidentStatus",
    "Involvement",
    "InvolvementStatus",
    "Via",
    "absorb",
    "acknowledge",
    "all_resolved",
    "confirm",
    "due",
    "escalate",
    "exhausted",
    "expired",
    "gone_stale",
    "involve",
    "merge",
    "note",
    "open_incident",
    "reassign",
    "release",
    "release_held",
    "released",
    "reminded",
    "reopen",
    "resolve",
    "rest_unknown",
    "snooze",
    "split",
]
