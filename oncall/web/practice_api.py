"""The API of practice: drills and game days."""

from __future__ import annotations

from oncall.engine import Engine
from oncall.services.people.rights import Caller
from oncall.services.practice import drills, game_days
from oncall.services.views import incident_view
from oncall.web.operations import Asked, Operation


async def _drills(engine: Engine, caller: Caller, asked: Asked) -> drills.Drills:
    return await drills.list_drills(engine, caller, asked.cursor)


async def _start_drill(engine: Engine, caller: Caller, asked: Asked) -> incident_view.IncidentView:
    number = await drills.start(engine, caller, asked.body)
    return await incident_view.view_incident(engine, caller, number)


async def _game_days(engine: Engine, caller: Caller, asked: Asked) -> game_days.GameDays:
    return await game_days.list_game_days(engine, caller, asked.cursor)


async def _game_day(engine: Engine, caller: Caller, asked: Asked) -> game_days.GameDayView:
    return await game_days.view(engine, caller, asked.number)


async def _plan(engine: Engine, caller: Caller, asked: Asked) -> game_days.GameDayView:
    return await game_days.view(engine, caller, await game_days.plan(engine, caller, asked.body))


async def _abort(engine: Engine, caller: Caller, asked: Asked) -> game_days.GameDayView:
    await game_days.abort(engine, caller, asked.number, asked.body)
    return await game_days.view(engine, caller, asked.number)


OPERATIONS: tuple[Operation, ...] = (
    Operation(
        method="GET",
        path="/drills",
        name="list_drills",
        about="Practice incidents, newest first, and who answered how fast.",
        call=_drills,
        query=incident_view.Cursor,
        answer=drills.Drills,
    ),
    Operation(
        method="POST",
        path="/drills",
        name="start_drill",
        about="Open a practice incident that pages a team as a real one would.",
        call=_start_drill,
        body=drills.NewDrill,
        answer=incident_view.IncidentView,
        status=201,
        problems=(404,),
    ),
    Operation(
        method="GET",
        path="/game-days",
        name="list_game_days",
        about="Game days, newest first.",
        call=_game_days,
        query=incident_view.Cursor,
        answer=game_days.GameDays,
    ),
    Operation(
        method="POST",
        path="/game-days",
        name="plan_game_day",
        about="Take a script of several drills down; they begin at their times.",
        call=_plan,
        body=game_days.NewGameDay,
        answer=game_days.GameDayView,
        status=201,
        problems=(404,),
    ),
    Operation(
        method="GET",
        path="/game-days/{id}",
        name="get_game_day",
        about="One game day: its script, how each drill stands, who answered how fast.",
        call=_game_day,
        answer=game_days.GameDayView,
        problems=(404,),
    ),
    Operation(
        method="POST",
        path="/game-days/{id}/abort",
        name="abort_game_day",
        about="End a game day: drills that run are over, those that wait do not begin.",
        call=_abort,
        body=game_days.Abort,
        answer=game_days.GameDayView,
        problems=(404, 409),
    ),
)
