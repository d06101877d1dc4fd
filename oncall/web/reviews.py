"""Reviews and action items in the browser, as Markdown and as CSV."""

from __future__ import annotations

import re

from aiohttp import web

from oncall.errors import NotFound
from oncall.review import SECTIONS
from oncall.services.record import actions, reviews
from oncall.services.record.actions import ActionQuery, ChangeAction, NewAction
from oncall.services.record.reviews import DraftReview, SaveReview
from oncall.services.views import incident_view
from oncall.web.csv_tables import as_csv, attachment
from oncall.web.forms import read_form, read_query
from oncall.web.incidents import number_of
from oncall.web.keys import CALLER, WRITTEN, Written, engine_of
from oncall.web.problems import Problem, form_on
from oncall.web.rendering import render, see_other
from oncall.web.sessions import signed_in

#: Stands for whoever looks, in an address that can be passed on.
ME = "me"


async def show_review(request: web.Request, problem: Problem | None = None) -> web.StreamResponse:
    """The review with what went wrong above it."""
    engine, caller, number = engine_of(request), request[CALLER], number_of(request)
    context = {
        "sections": SECTIONS,
        "people": engine.directory.people,
        "team_names": {team.id: team.name for team in engine.directory.teams.values()},
        "may_act": caller.may_respond,
        "problem": problem,
        "number": number,
    }
    try:
        context["review"] = await reviews.view(engine, caller, number)
    except NotFound:
        context["review"] = None
        # Says itself where there is no such incident at all.
        context["incident"] = await incident_view.view_incident(engine, caller, number)
    return render(request, "review.html", context, status=problem.status if problem else 200)


@signed_in
async def show(request: web.Request) -> web.StreamResponse:
    """The review, to be read, printed and passed on; an offer to draft it where there is none."""
    return await show_review(request)


@signed_in
@form_on(show_review)
async def draft(request: web.Request) -> web.StreamResponse:
    """One click: the record becomes a draft."""
    number = number_of(request)
    asked = await read_form(request, DraftReview)
    await reviews.draft(engine_of(request), request[CALLER], number, asked)
    return see_other(f"/incidents/{number}/review")


@signed_in
async def edit(request: web.Request) -> web.StreamResponse:
    """The form of all sections."""
    return await show_edit(request)


async def show_edit(request: web.Request, problem: Problem | None = None) -> web.StreamResponse:
    """The form; what could not be saved stays in it, under what went wrong."""
    found = await reviews.view(engine_of(request), request[CALLER], number_of(request))
    written = request.get(WRITTEN, Written()).fields
    shown = {
        "review": found,
        "texts": {key: written.get(key, found.sections.get(key, "")) for key in SECTIONS},
        # Who has not seen what others saved meanwhile still has not.
        "version": written.get("version", found.version),
        "sections": SECTIONS,
        "problem": problem,
    }
    return render(request, "review_edit.html", shown, status=problem.status if problem else 200)


@signed_in
@form_on(show_edit)
async def save(request: web.Request) -> web.StreamResponse:
    """Keep it."""
    number = number_of(request)
    given = await read_form(request, SaveReview, empty_counts=SECTIONS)
    await reviews.save(engine_of(request), request[CALLER], number, given)
    return see_other(f"/incidents/{number}/review")


@signed_in
async def as_markdown(request: web.Request) -> web.StreamResponse:
    """The whole document."""
    number = number_of(request)
    found = await reviews.view(engine_of(request), request[CALLER], number)
    headers = attachment(f"review-{number}.md")
    return web.Response(text=found.markdown, content_type="text/markdown", charset="utf-8", headers=headers)


@signed_in
@form_on(show_review)
async def add_action(request: web.Request) -> web.StreamResponse:
    """Something to do after this incident."""
    number = number_of(request)
    given = await read_form(request, NewAction)
    await actions.add(engine_of(request), request[CALLER], number, given)
    return see_other(f"/incidents/{number}/review#actions")


@signed_in
async def list_actions(request: web.Request) -> web.StreamResponse:
    """What is to be done, of a team, of oneself, or of all."""
    return await show_actions(request)


async def show_actions(request: web.Request, problem: Problem | None = None) -> web.StreamResponse:
    """The list with what went wrong above it."""
    query = _query(request)
    found = await actions.list_actions(engine_of(request), request[CALLER], query)
    engine = engine_of(request)
    context = {
        "found": found,
        "query": query,
        "me": query.owner == request[CALLER].person,
        "people": engine.directory.people,
        "teams": engine.directory.teams,
        "may_act": request[CALLER].may_respond,
        "problem": problem,
    }
    return render(request, "actions.html", context, status=problem.status if problem else 200)


@signed_in
async def actions_csv(request: web.Request) -> web.StreamResponse:
    """The same as CSV."""
    found = await actions.all_actions(engine_of(request), request[CALLER], _query(request))
    headers = attachment("action-items.csv")
    return web.Response(text=as_csv(found), content_type="text/csv", charset="utf-8", headers=headers)


@signed_in
@form_on(show_actions)
async def change_action(request: web.Request) -> web.StreamResponse:
    """Correct one, hand it over, tick it off; then back to where it was done."""
    text = request.match_info["action"]
    if re.fullmatch(r"[0-9]{1,15}", text, re.ASCII) is None:
        raise NotFound("there is no such action item", "Look in the list of action items.")
    given = await read_form(request, ChangeAction, empty_counts={"owner"})
    after = await actions.change(engine_of(request), request[CALLER], int(text), given)
    back = {"now": "/", "list": "/actions"}.get(request.query.get("from", ""))
    return see_other(back or f"/incidents/{after.incident}/review#actions")


def _query(request: web.Request) -> ActionQuery:
    given = {name: value for name, value in request.query.items() if name != "from"}
    if given.get("owner") == ME:
        given["owner"] = request[CALLER].person
    return read_query(given, ActionQuery)
