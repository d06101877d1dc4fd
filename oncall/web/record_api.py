"""The API of what is written after an incident: its review, what is to be done, and the week as a whole."""

from __future__ import annotations

from oncall.engine import Engine
from oncall.services.insight import weekly
from oncall.services.people.rights import Caller
from oncall.services.record import actions, reviews
from oncall.web.operations import Asked, Operation


async def _review(engine: Engine, caller: Caller, asked: Asked) -> reviews.ReviewView:
    return await reviews.view(engine, caller, asked.number)


async def _draft(engine: Engine, caller: Caller, asked: Asked) -> reviews.ReviewView:
    return await reviews.draft(engine, caller, asked.number, asked.body)


async def _save(engine: Engine, caller: Caller, asked: Asked) -> reviews.ReviewView:
    return await reviews.save(engine, caller, asked.number, asked.body)


async def _add(engine: Engine, caller: Caller, asked: Asked) -> actions.ActionView:
    return await actions.add(engine, caller, asked.number, asked.body)


async def _actions(engine: Engine, caller: Caller, asked: Asked) -> actions.Actions:
    return await actions.list_actions(engine, caller, asked.query)


async def _change(engine: Engine, caller: Caller, asked: Asked) -> actions.ActionView:
    return await actions.change(engine, caller, asked.number, asked.body)


async def _digest(engine: Engine, caller: Caller, _asked: Asked) -> weekly.DigestView:
    return await weekly.preview(engine, caller)


async def _choose(engine: Engine, caller: Caller, asked: Asked) -> weekly.DigestView:
    return await weekly.choose(engine, caller, asked.body)


OPERATIONS: tuple[Operation, ...] = (
    Operation(
        method="GET",
        path="/digest",
        name="get_digest",
        about="What the caller's weekly digest would say now, and whether it comes by itself.",
        call=_digest,
        answer=weekly.DigestView,
    ),
    Operation(
        method="POST",
        path="/digest",
        name="choose_digest",
        about="Want the weekly digest, or not: for the caller, or for a team they may change.",
        call=_choose,
        body=weekly.SetDigest,
        answer=weekly.DigestView,
        problems=(404,),
    ),
    Operation(
        method="GET",
        path="/incidents/{id}/review",
        name="get_review",
        about="The review of an incident, in parts and as one Markdown document.",
        call=_review,
        answer=reviews.ReviewView,
        problems=(404,),
    ),
    Operation(
        method="POST",
        path="/incidents/{id}/review",
        name="draft_review",
        about="Draft the review of an incident from its record.",
        call=_draft,
        body=reviews.DraftReview,
        answer=reviews.ReviewView,
        status=201,
        problems=(404, 409),
    ),
    Operation(
        method="PUT",
        path="/incidents/{id}/review",
        name="save_review",
        about="Keep corrected sections of a review.",
        call=_save,
        body=reviews.SaveReview,
        answer=reviews.ReviewView,
        problems=(404, 409),
    ),
    Operation(
        method="POST",
        path="/incidents/{id}/actions",
        name="add_action_item",
        about="Take down what is to be done after an incident.",
        call=_add,
        body=actions.NewAction,
        answer=actions.ActionView,
        status=201,
        problems=(404,),
    ),
    Operation(
        method="GET",
        path="/actions",
        name="list_action_items",
        about="What is to be done after incidents, the oldest first.",
        call=_actions,
        query=actions.ActionQuery,
        answer=actions.Actions,
    ),
    Operation(
        method="POST",
        path="/actions/{id}",
        name="change_action_item",
        about="Correct an action item, hand it over, or say that it is done.",
        call=_change,
        body=actions.ChangeAction,
        answer=actions.ActionView,
        problems=(404,),
    ),
)
