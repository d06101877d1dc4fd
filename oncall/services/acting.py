"""What a person may ask for at an incident, as values: one struct per verb, one function that checks and performs.

The API's bodies and the forms of the views are these structs, so every door asks in the same words.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

import msgspec

from oncall.engine import Engine
from oncall.incident import Incident
from oncall.misfit import misfit
from oncall.services import incidents
from oncall.services.people.rights import Caller, Right
from oncall.services.record import record

Text = Annotated[str, msgspec.Meta(max_length=20_000)]
Line = Annotated[str, msgspec.Meta(max_length=500)]
#: A number that was handed out here; larger ones fit no database.
Number = Annotated[int, msgspec.Meta(ge=1, le=10**15)]
Name = Annotated[str, msgspec.Meta(max_length=200)]


class Acknowledge(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Take the incident, which stops its escalation. `teams`: only for these; default the caller's, else all."""

    teams: tuple[Name, ...] = ()


class Resolve(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """It is over, for every team. `why` becomes the line in the timeline."""

    why: Text = ""


class Escalate(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Ask the next step now. `team`: whose; default the lead's."""

    team: Name = ""


class Snooze(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Take it, and be asked again after `minutes`."""

    minutes: Annotated[int, msgspec.Meta(ge=1, le=20_160)] = 60


class Reassign(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Hand it to `person` (id, name or e-mail), who is asked at once."""

    person: Name
    team: Name = ""


class Note(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Write down what is known, in Markdown."""

    text: Text


class Reopen(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """It is not over after all: its teams are asked again."""


class Confirm(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Still on it: the acknowledgement's expiry starts again."""


class Release(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Page `team`, which was held or only told."""

    team: Name


class Involve(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Bring in `team` and page it."""

    team: Name


class Merge(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One trouble after all: alerts and teams go over to the incident `into`, which goes on."""

    into: Number


class Split(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Another trouble: these `alerts` become an incident of their own, which asks its team."""

    alerts: Annotated[tuple[Number, ...], msgspec.Meta(min_length=1, max_length=5000)]


class Assign(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Give `role` (commander, communications, scribe, or any name) to `person`; without a person it is freed."""

    role: Annotated[str, msgspec.Meta(min_length=1, max_length=40)]
    person: Name = ""


class Describe(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Say whom it hurts (`impact`) and how it stands (`status`), a line each; what is left out stays, "" is taken away."""

    impact: Line | None = None
    status: Line | None = None


class Related(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """These `alerts` belong to the incident they are in: their kinds are tied, and grouping learns from it."""

    alerts: Annotated[tuple[Number, ...], msgspec.Meta(min_length=1, max_length=5000)]


class Unrelated(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The incident `other` is not the same trouble: the two are kept apart, and grouping learns from it."""

    other: Number


Act = (
    Acknowledge
    | Resolve
    | Escalate
    | Snooze
    | Reassign
    | Note
    | Reopen
    | Confirm
    | Release
    | Involve
    | Merge
    | Split
    | Assign
    | Describe
    | Related
    | Unrelated
)

#: Every verb by the last part of its address.
ACTS: dict[str, type[Act]] = {
    "acknowledge": Acknowledge,
    "resolve": Resolve,
    "escalate": Escalate,
    "snooze": Snooze,
    "reassign": Reassign,
    "note": Note,
    "reopen": Reopen,
    "confirm": Confirm,
    "release": Release,
    "involve": Involve,
    "merge": Merge,
    "split": Split,
    "assign": Assign,
    "describe": Describe,
    "related": Related,
    "unrelated": Unrelated,
}


async def perform(engine: Engine, caller: Caller, number: int, act: Act) -> Incident:
    """Do it, if the caller may; the incident to look at next.

    Raises:
        Refused: the caller's role does not answer incidents.
        NotFound, Invalid, AlreadyAcknowledged, AlreadyResolved: as the verb says.
    """
    caller.require(Right.RESPOND)
    by = caller.actor
    match act:
        case Acknowledge(teams=teams):
            return await incidents.acknowledge(engine, number, by=by, teams=teams)
        case Resolve(why=why):
            return await incidents.resolve(engine, number, by=by, why=why)
        case Escalate(team=team):
            return await incidents.escalate(engine, number, by=by, team=team)
        case Snooze(minutes=minutes):
            return await incidents.snooze(engine, number, by=by, length=timedelta(minutes=minutes))
        case Reassign(person=person, team=team):
            return await incidents.reassign(engine, number, by=by, person=person, team=team)
        case Note(text=text):
            return await incidents.note(engine, number, by=by, text=text)
        case Reopen():
            return await incidents.reopen(engine, number, by=by)
        case Confirm():
            return await incidents.confirm(engine, number, by=by)
        case Release(team=team):
            return await incidents.release(engine, number, by=by, team=team)
        case Involve(team=team):
            return await incidents.involve(engine, number, by=by, team=team)
        case Merge(into=into):
            return await incidents.merge(engine, number, into=into, by=by)
        case Split(alerts=alerts):
            return await incidents.split(engine, number, alerts=alerts, by=by)
        case Assign(role=role, person=person):
            return await record.assign(engine, number, by=by, role=role, person=person)
        case Describe(impact=impact, status=status):
            return await record.describe(engine, number, by=by, impact=impact, status=status)
        case Related(alerts=alerts):
            return await incidents.confirm_related(engine, number, alerts=alerts, by=by)
        case Unrelated(other=other):
            return await incidents.keep_apart(engine, number, other, by=by)


def read_act(verb: str, fields: dict[str, object]) -> Act:
    """An act from what a form or a body says; numbers may be text, as forms send them.

    Raises:
        Invalid: a field is missing, unknown or cannot be used; `path` names it.
    """
    try:
        return msgspec.convert(fields, ACTS[verb], strict=False)
    except msgspec.ValidationError as error:
        raise misfit(error, "Correct it and send it again.") from error
