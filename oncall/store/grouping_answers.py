"""What people's answers teach grouping on, and the models that came of it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from grouping import Case
from grouping.cases import SURE, Told
from grouping.lesson import Example, Fitted
from oncall.store.incidents import IN_LIST, chunks
from oncall.store.schema import alert, grouping_case, grouping_model
from oncall.store.statements import Prepared

#: More questions than this about one incident nobody answers,
ASKED = 3
#: and of what came later than so many alerts people have other worries.
DOUBTED_OF = 200


class ModelState(StrEnum):
    """In force, followed by a newer one, not good enough, or taken back by a person."""

    ACTIVE = "active"
    REPLACED = "replaced"
    REFUSED = "refused"
    REVERTED = "reverted"


class ModelVersion(msgspec.Struct, frozen=True, kw_only=True):
    """One model that was fitted, with why it is in force or not."""

    version: int
    at: datetime
    state: ModelState
    reason: str
    #: How many answers there were.
    answers: int
    fitted: Fitted
    changed_at: datetime | None = None
    changed_by: str = ""


async def keep(tx: AsyncConnection, cases: Mapping[int, Sequence[Case]], now: datetime) -> None:
    """Remember what was measured of each alert and the incidents it may belong to."""
    rows = [
        {
            "alert_id": number,
            "incident_id": int(case.incident),
            "at": now,
            "measures": [round(value, 4) for value in case.measures],
            "probability": case.probability,
            "joined": case.joined,
            "sentence": case.sentence,
            "ties": msgspec.to_builtins(case.ties),
            "answered_by": "",
        }
        for number, found in cases.items()
        for case in found
    ]
    if rows:
        await _KEEP.run(tx, rows)


class KeptCase(msgspec.Struct, frozen=True, kw_only=True):
    """An alert and an incident it may have belonged to, for people."""

    alert: int
    incident: int
    probability: float
    joined: bool
    sentence: str
    ties: tuple[Told, ...]
    #: What a person said, null where nobody did.
    related: bool | None
    #: Who, "" where nobody did.
    answered_by: str


async def of_first_alerts(tx: AsyncConnection, number: int, *, limit: int) -> list[KeptCase]:
    """What is remembered of the first alerts of an incident, by alert, the most probable incident first."""
    return [
        KeptCase(
            alert=row.alert_id,
            incident=row.incident_id,
            probability=row.probability,
            joined=row.joined,
            sentence=row.sentence,
            ties=msgspec.convert(row.ties, tuple[Told, ...]),
            related=row.related,
            answered_by=row.answered_by,
        )
        for row in await _OF_FIRST_ALERTS.rows(tx, {"number": number, "most": limit})
    ]


class Doubt(msgspec.Struct, frozen=True, kw_only=True):
    """An alert that joined its incident, and not surely; `sentence` says why it did."""

    alert: int
    kind: str
    probability: float
    sentence: str


async def doubts(tx: AsyncConnection, number: int) -> list[Doubt]:
    """What people should be asked of an incident's first alerts and nobody has answered, the least sure first."""
    found = await _DOUBTS.rows(tx, {"number": number, "most": DOUBTED_OF, "sure": SURE, "asked": ASKED})
    return [Doubt(alert=r.alert_id, kind=r.kind, probability=r.probability, sentence=r.sentence) for r in found]


async def answer(
    tx: AsyncConnection, alerts: Collection[int], incident: int, *, related: bool, by: str, now: datetime
) -> int:
    """Note what a person said of these alerts and that incident; how many decisions it teaches on. The last word counts."""
    taught = 0
    for some in chunks(sorted(alerts), IN_LIST):
        done = await tx.execute(
            sa.update(grouping_case)
            .where(grouping_case.c.alert_id.in_(some), grouping_case.c.incident_id == incident)
            .values(related=related, answered_at=now, answered_by=by)
        )
        taught += done.rowcount
    return taught


async def count(tx: AsyncConnection) -> int:
    """How many answers there are."""
    query = sa.select(sa.func.count()).where(grouping_case.c.answered_at.is_not(None))
    return int((await tx.execute(query)).scalar_one())


async def examples(tx: AsyncConnection, limit: int) -> list[Example]:
    """The newest answers, oldest first."""
    query = (
        sa.select(grouping_case)
        .where(grouping_case.c.answered_at.is_not(None))
        .order_by(grouping_case.c.answered_at.desc(), grouping_case.c.alert_id.desc())
        .limit(limit)
    )
    rows = (await tx.execute(query)).all()
    return [
        Example(
            incident=str(row.incident_id),
            measures=tuple(row.measures),
            probability=row.probability,
            related=row.related,
        )
        for row in reversed(rows)
    ]


async def forget_unanswered(tx: AsyncConnection, before: datetime, limit: int) -> int:
    """Delete some of what nobody answered and that is older than this; how many."""
    old = (
        sa.select(grouping_case.c.alert_id, grouping_case.c.incident_id)
        .where(grouping_case.c.answered_at.is_(None), grouping_case.c.at < before)
        .limit(limit)
    )
    keys = (await tx.execute(old)).all()
    if keys:
        await tx.execute(
            sa.delete(grouping_case).where(
                grouping_case.c.alert_id == sa.bindparam("alert"),
                grouping_case.c.incident_id == sa.bindparam("incident"),
            ),
            [{"alert": alert, "incident": incident} for alert, incident in keys],
        )
    return len(keys)


async def models(tx: AsyncConnection, limit: int = 20) -> list[ModelVersion]:
    """The newest models, newest first."""
    query = sa.select(grouping_model).order_by(grouping_model.c.version.desc()).limit(limit)
    return [_model(row) for row in (await tx.execute(query)).all()]


async def add_model(tx: AsyncConnection, model: ModelVersion) -> None:
    """Keep a model as it was fitted."""
    await tx.execute(
        sa.insert(grouping_model).values(
            version=model.version,
            at=model.at,
            state=model.state.value,
            reason=model.reason,
            answers=model.answers,
            model=msgspec.to_builtins(model.fitted),
            changed_by=model.changed_by,
        )
    )


async def set_state(tx: AsyncConnection, version: int, state: ModelState, *, by: str, now: datetime) -> None:
    """Put a model in or out of force."""
    await tx.execute(
        sa.update(grouping_model)
        .where(grouping_model.c.version == version)
        .values(state=state.value, changed_by=by, changed_at=now)
    )


_KEEP = Prepared(sa.insert(grouping_case))
_FIRST_ALERTS = (
    sa.select(alert.c.id)
    .where(alert.c.incident_id == sa.bindparam("number"))
    .order_by(alert.c.id)
    .limit(sa.bindparam("most"))
)
_DOUBTS = Prepared(
    sa.select(grouping_case.c.alert_id, grouping_case.c.probability, grouping_case.c.sentence, alert.c.kind)
    .join(alert, alert.c.id == grouping_case.c.alert_id)
    .where(
        grouping_case.c.alert_id.in_(_FIRST_ALERTS),
        grouping_case.c.incident_id == sa.bindparam("number"),
        grouping_case.c.joined,
        grouping_case.c.probability < sa.bindparam("sure"),
        grouping_case.c.related.is_(None),
    )
    .order_by(grouping_case.c.probability, grouping_case.c.alert_id)
    .limit(sa.bindparam("asked"))
)
_OF_FIRST_ALERTS = Prepared(
    sa.select(grouping_case)
    .where(grouping_case.c.alert_id.in_(_FIRST_ALERTS))
    .order_by(grouping_case.c.alert_id, grouping_case.c.probability.desc(), grouping_case.c.incident_id)
)


def _model(row: Any) -> ModelVersion:
    return ModelVersion(
        version=row.version,
        at=row.at,
        state=ModelState(row.state),
        reason=row.reason,
        answers=row.answers,
        fitted=msgspec.convert(row.model, Fitted),
        changed_at=row.changed_at,
        changed_by=row.changed_by,
    )
