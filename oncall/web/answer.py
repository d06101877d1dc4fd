"""The link in a page: acknowledge without signing in. The page's id is the secret, and looking changes nothing."""

from __future__ import annotations

from aiohttp import web

from oncall.errors import OncallError
from oncall.services.answers import page_answer
from oncall.web import sessions
from oncall.web.keys import engine_of
from oncall.web.problems import problem_of
from oncall.web.rendering import render, see_other


@sessions.visitor
async def show(request: web.Request) -> web.StreamResponse:
    """What the page was about, and one button."""
    asked = await page_answer.view_page(engine_of(request), request.match_info["page"])
    return render(request, "answer.html", {"asked": asked, "problem": None})


@sessions.visitor
async def acknowledge(request: web.Request) -> web.StreamResponse:
    """The button."""
    engine, page = engine_of(request), request.match_info["page"]
    try:
        await page_answer.acknowledge_page(engine, page)
    except OncallError as error:
        asked = await page_answer.view_page(engine, page)
        problem = problem_of(error)
        return render(request, "answer.html", {"asked": asked, "problem": problem}, status=problem.status)
    return see_other(f"/answer/{page}")
