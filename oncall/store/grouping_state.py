"""What grouping remembers, kept as the rows it names."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import uuid4

import msgspec
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from grouping import Answer, Deployed, Learned, Saying, StateRow
from oncall.store.schema import grouping_state
from oncall.store.statements import Prepared, upsert

#: The part that holds what people said and grouping has not heard yet.
SAID = "said"
#: The same for what an older node could not read: it leaves these rows for a newer one.
TAUGHT = "taught"
#: The key of the model that is to come into force.
MODEL = "model"
#: The part that holds deploys that grouping has not heard of yet.
DEPLOYED = "deployed"


class Said(msgspec.Struct, frozen=True, kw_only=True):
    """What the node that groups has not heard yet."""

    answers: tuple[Answer, ...] = ()
    #: The model to judge by, null for none; empty where nothing changed.
    models: tuple[Learned | None, ...] = ()


async def load(tx: AsyncConnection) -> list[StateRow]:
    """Every row."""
    rows = (await tx.execute(sa.select(grouping_state))).all()
    return [StateRow(table=row.part, key=row.key, value=row.value) for row in rows]


async def save(tx: AsyncConnection, rows: Sequence[StateRow]) -> None:
    """Write changed rows; those without a value are deleted."""
    gone = [{"old_part": row.table, "old_key": row.key} for row in rows if row.value is None]
    kept = [{"part": row.table, "key": row.key, "value": row.value} for row in rows if row.value is not None]
    if gone:
        await _DELETE.run(tx, gone)
    if kept:
        await _SAVE.run(tx, kept)


async def say(tx: AsyncConnection, answer: Answer) -> None:
    """Keep what a person said for the node that groups; it takes it before the next alert."""
    value = msgspec.json.encode(answer).decode()
    part = TAUGHT if answer.saying is Saying.RELATED else SAID
    await save(tx, [StateRow(table=part, key=uuid4().hex, value=value)])


async def put_in_force(tx: AsyncConnection, learned: Learned | None) -> None:
    """Keep the model for the node that groups, or that there is none any more."""
    await save(tx, [StateRow(table=TAUGHT, key=MODEL, value=msgspec.json.encode(learned).decode())])


async def deployed(tx: AsyncConnection, deploy: Deployed) -> None:
    """Keep a deploy for the node that groups; it counts it before the next alert."""
    value = msgspec.json.encode(deploy).decode()
    await save(tx, [StateRow(table=DEPLOYED, key=uuid4().hex, value=value)])


async def take_deployed(tx: AsyncConnection) -> list[Deployed]:
    """The deploys since the last call, once, oldest first."""
    rows = [row[0] for row in await _DEPLOYED.rows(tx)]
    if rows:
        await tx.execute(sa.delete(grouping_state).where(grouping_state.c.part == DEPLOYED))
    return sorted((msgspec.json.decode(value, type=Deployed) for value in rows), key=lambda deploy: deploy.at)


async def take_said(tx: AsyncConnection) -> Said:
    """What was said since the last call, once."""
    rows = await _UNHEARD.rows(tx)
    if not rows:
        return Said()
    await tx.execute(sa.delete(grouping_state).where(grouping_state.c.part.in_((SAID, TAUGHT))))
    return Said(
        answers=tuple(msgspec.json.decode(row.value, type=Answer) for row in rows if row.key != MODEL),
        models=tuple(msgspec.json.decode(row.value, type=Learned | None) for row in rows if row.key == MODEL),
    )


_SAVE = upsert(grouping_state, ["part", "key"])
_DELETE = Prepared(
    sa.delete(grouping_state).where(
        grouping_state.c.part == sa.bindparam("old_part"), grouping_state.c.key == sa.bindparam("old_key")
    )
)
_UNHEARD = Prepared(
    sa.select(grouping_state.c.key, grouping_state.c.value).where(grouping_state.c.part.in_((SAID, TAUGHT)))
)
_DEPLOYED = Prepared(sa.select(grouping_state.c.value).where(grouping_state.c.part == DEPLOYED))
