"""Operations on rotations: how they stand, overrides, cover, feed addresses."""

from __future__ import annotations

from oncall.engine import Engine
from oncall.services.people.rights import Caller
from oncall.services.rotations import cover, overrides, subscriptions
from oncall.services.rotations import views as rotation_views
from oncall.store.overrides import StoredOverride
from oncall.web.operations import Asked, Operation


async def _rotations(engine: Engine, caller: Caller, _asked: Asked) -> rotation_views.Rotations:
    return await rotation_views.list_rotations(engine, caller)


async def _rotation(engine: Engine, caller: Caller, asked: Asked) -> rotation_views.RotationView:
    return await rotation_views.view_rotation(engine, caller, asked.path["team"], asked.path["schedule"])


async def _add_override(engine: Engine, caller: Caller, asked: Asked) -> StoredOverride:
    return await overrides.add(engine, caller, asked.path["team"], asked.path["schedule"], asked.body)


async def _revoke_override(engine: Engine, caller: Caller, asked: Asked) -> rotation_views.RotationView:
    await overrides.revoke(engine, caller, asked.path["team"], asked.path["schedule"], asked.number)
    return await _rotation(engine, caller, asked)


async def _accept_calendar(engine: Engine, caller: Caller, asked: Asked) -> rotation_views.RotationView:
    await overrides.accept_calendar(engine, caller, asked.path["team"], asked.path["schedule"])
    return await _rotation(engine, caller, asked)


async def _subscribe(engine: Engine, caller: Caller, asked: Asked) -> subscriptions.Subscription:
    return await subscriptions.subscribe(engine, caller, asked.body)


async def _ask_for_cover(engine: Engine, caller: Caller, asked: Asked) -> cover.CoverView:
    return await cover.ask(engine, caller, asked.body)


async def _cover(engine: Engine, caller: Caller, asked: Asked) -> cover.CoverView:
    return await cover.view(engine, caller, asked.number)


async def _take_cover(engine: Engine, caller: Caller, asked: Asked) -> cover.CoverView:
    return await cover.take(engine, caller, asked.number)


OPERATIONS: tuple[Operation, ...] = (
    Operation(
        method="GET",
        path="/rotations",
        name="list_rotations",
        about="Every rotation with its health score, trend and most important sentence, worst first.",
        call=_rotations,
        answer=rotation_views.Rotations,
    ),
    Operation(
        method="GET",
        path="/rotations/{team}/{schedule}",
        name="get_rotation",
        about="One rotation: score with every deduction, loads, gaps, fixes, timeline, overrides.",
        call=_rotation,
        answer=rotation_views.RotationView,
        problems=(404,),
    ),
    Operation(
        method="POST",
        path="/rotations/{team}/{schedule}/overrides",
        name="add_override",
        about="Put somebody on call over the calendars, for a span.",
        call=_add_override,
        body=overrides.NewOverride,
        answer=StoredOverride,
        status=201,
        problems=(404,),
    ),
    Operation(
        method="POST",
        path="/rotations/{team}/{schedule}/overrides/{id}/revoke",
        name="revoke_override",
        about="Take an override back: the calendars hold again.",
        call=_revoke_override,
        answer=rotation_views.RotationView,
        problems=(404,),
    ),
    Operation(
        method="POST",
        path="/rotations/{team}/{schedule}/accept",
        name="accept_calendar",
        about="Put a calendar into force that was held back because it lost too much.",
        call=_accept_calendar,
        answer=rotation_views.RotationView,
        problems=(404,),
    ),
    Operation(
        method="POST",
        path="/subscriptions",
        name="subscribe",
        about="Make a secret feed address of one's own shifts or of a team's rotations.",
        call=_subscribe,
        body=subscriptions.NewSubscription,
        answer=subscriptions.Subscription,
        status=201,
    ),
    Operation(
        method="POST",
        path="/covers",
        name="ask_for_cover",
        about="Ask others to take a shift of one's own; the best candidates are told, and the first yes takes it.",
        call=_ask_for_cover,
        body=cover.NewCover,
        answer=cover.CoverView,
        status=201,
        problems=(404,),
    ),
    Operation(
        method="GET",
        path="/covers/{id}",
        name="get_cover",
        about="One request for cover, with the candidates and the reasons for their order.",
        call=_cover,
        answer=cover.CoverView,
        problems=(404,),
    ),
    Operation(
        method="POST",
        path="/covers/{id}/take",
        name="take_cover",
        about="Take the shift: an override puts the caller on call.",
        call=_take_cover,
        answer=cover.CoverView,
        problems=(404, 409),
    ),
)
