"""The model that people's answers train: fitted in a process of its own, in force only after its backtest."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from importlib.util import find_spec

import msgspec
import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from grouping import Learned
from grouping.learned import LEAST_ANSWERS
from grouping.lesson import Fitted, Lesson
from oncall.engine import Engine
from oncall.errors import Invalid, Unavailable
from oncall.services.operation import administration
from oncall.services.operation.apart import compute
from oncall.services.people.rights import Caller, Right
from oncall.store import grouping_answers as rows
from oncall.store import grouping_state
from oncall.store.grouping_answers import ModelState, ModelVersion

log = structlog.get_logger(__name__)

#: Answers one model is fitted to; the newest count.
MOST_ANSWERS = 20_000
#: It is fitted again after so many more answers, and more where a person took the last one back.
NEWS, NEWS_AFTER_REVERT = 25, 100
#: And not more often than this.
PAUSE = timedelta(hours=12)


class Learning(msgspec.Struct, frozen=True, kw_only=True):
    """What people's answers have taught so far."""

    #: Decisions that somebody judged, and how many are needed before they weigh in.
    answers: int
    needed: int
    #: Whether scikit-learn is there to fit a model with.
    installed: bool
    #: The version in force, null where the statistics judge alone.
    version: int | None
    sentence: str
    #: Newest first, with those refused or taken back.
    models: tuple[ModelVersion, ...]


async def learning(engine: Engine) -> Learning:
    """The model in force, what it gains, and what came before."""
    async with engine.database.read() as tx:
        answers = await rows.count(tx)
        models = await rows.models(tx)
    active = next((model for model in models if model.state is ModelState.ACTIVE), None)
    return Learning(
        answers=answers,
        needed=LEAST_ANSWERS,
        installed=is_installed(),
        version=active.version if active else None,
        sentence=_sentence(answers, active, models, installed=is_installed()),
        models=tuple(models),
    )


async def train_due(engine: Engine) -> ModelVersion | None:
    """Fit a model where there are enough new answers; the periodic job."""
    now = engine.clock.now()
    async with engine.database.read() as tx:
        answers = await rows.count(tx)
        last = next(iter(await rows.models(tx, limit=1)), None)
    if not is_due(answers, last, now) or not is_installed():
        return None
    return await train(engine, by="")


def is_due(answers: int, last: ModelVersion | None, now: datetime) -> bool:
    """Whether so many answers may have something new to say since the last model."""
    if answers < LEAST_ANSWERS:
        return False
    if last is None:
        return True
    news = NEWS_AFTER_REVERT if last.state is ModelState.REVERTED else NEWS
    return answers - last.answers >= news and now - last.at >= PAUSE


def is_installed() -> bool:
    """Whether scikit-learn is there to fit with; to apply a model it is not needed."""
    return find_spec("sklearn") is not None


async def train(engine: Engine, *, by: str) -> ModelVersion:
    """Fit a model to all answers and put it in force if its backtest is good.

    Raises:
        Unavailable: scikit-learn is not installed, or the process that fits failed.
    """
    if not is_installed():
        raise Unavailable("scikit-learn is not installed", "Install the extra: pip install 'oncall-engine[learn]'.")
    async with engine.database.read() as tx:
        examples = await rows.examples(tx, MOST_ANSWERS)
    lesson = msgspec.json.encode(Lesson(examples=tuple(examples), join=engine.directory.grouping.bars.join))
    fitted = msgspec.json.decode(await compute("grouping.fitting", lesson), type=Fitted)
    now = engine.clock.now()
    async with engine.database.write() as tx:
        known = await rows.models(tx, limit=1)
        version = known[0].version + 1 if known else 1
        state = ModelState.ACTIVE if fitted.accepted else ModelState.REFUSED
        model = ModelVersion(
            version=version,
            at=now,
            state=state,
            reason=fitted.reason,
            answers=len(examples),
            fitted=fitted,
            changed_by=by,
        )
        if fitted.accepted:
            await _replace_active(tx, ModelState.REPLACED, by=by, now=now)
            await grouping_state.put_in_force(tx, _learned(model))
        await rows.add_model(tx, model)
    log.info("a model was fitted to people's answers", version=version, state=state.value, why=fitted.reason)
    return model


async def revert(engine: Engine, *, by: str) -> ModelVersion | None:
    """Take the model out of force; the one before it that is in force now, None for the statistics alone.

    Raises:
        Invalid: none is in force.
    """
    now = engine.clock.now()
    async with engine.database.write() as tx:
        gone = await _replace_active(tx, ModelState.REVERTED, by=by, now=now)
        if gone is None:
            raise Invalid("no model is in force", "The statistics judge alone already.")
        older = (m for m in await rows.models(tx, limit=200) if m.version < gone.version)
        before = next((m for m in older if m.state is ModelState.REPLACED), None)
        if before is not None:
            await rows.set_state(tx, before.version, ModelState.ACTIVE, by=by, now=now)
        await grouping_state.put_in_force(tx, _learned(before) if before else None)
    return before


async def take_back(engine: Engine, caller: Caller) -> None:
    """Take the model out of force, and note who did.

    Raises:
        Refused: the caller is no admin.
        Invalid: none is in force.
    """
    caller.require(Right.ADMINISTER)
    before = await revert(engine, by=caller.person)
    now_judges = f"version {before.version} again" if before else "the statistics alone"
    await administration.note(engine, caller, "take grouping model back", now_judges)


async def learned_in_force(tx: AsyncConnection) -> Learned | None:
    """The model in force, None where the statistics judge alone."""
    active = next((m for m in await rows.models(tx, limit=200) if m.state is ModelState.ACTIVE), None)
    return _learned(active) if active else None


async def _replace_active(tx: AsyncConnection, state: ModelState, *, by: str, now: datetime) -> ModelVersion | None:
    active = next((m for m in await rows.models(tx, limit=200) if m.state is ModelState.ACTIVE), None)
    if active is not None:
        await rows.set_state(tx, active.version, state, by=by, now=now)
    return active


def _sentence(answers: int, active: ModelVersion | None, models: Sequence[ModelVersion], *, installed: bool) -> str:
    if active is not None:
        return f"Version {active.version} weighs in: {active.reason}."
    alone = "The statistics judge alone"
    if models and models[0].state is ModelState.REVERTED:
        return f"{alone}: version {models[0].version} was taken back."
    if not installed:
        return f"{alone}: scikit-learn, which a model is fitted with, is not installed here."
    if answers < LEAST_ANSWERS:
        return f"{alone}: {answers} of {LEAST_ANSWERS} answers are there."
    if not models:
        return f"{alone}: {answers} answers are there, and a model will be fitted within the hour."
    return f"{alone}: the last model was {models[0].reason}."


def _learned(model: ModelVersion) -> Learned:
    fitted = model.fitted
    return Learned(version=model.version, constant=fitted.constant, weights=fitted.weights, measures=fitted.measures)
