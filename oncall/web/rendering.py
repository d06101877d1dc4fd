"""Views from templates: one environment, everything escaped, times in the reader's own zone."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Mapping
from http import HTTPStatus
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import aiohttp_jinja2
import jinja2
from aiohttp import web
from jinja2.filters import do_urlencode
from markupsafe import Markup

from oncall.review.facts import length
from oncall.web.assets import ASSETS
from oncall.web.keys import CALLER, FORM_TOKEN, WRITTEN, Written, engine_of
from oncall.web.markdown import markdown
from oncall.web.told import shortened, told
from oncall.web.when import When

FOLDER = Path(__file__).parent / "templates"
#: The main places: address, name, icon.
TABS = (
    ("/", "Now", "now"),
    ("/incidents", "Incidents", "list"),
    ("/on-call", "On call", "calendar"),
    ("/phone", "Phone", "phone"),
    ("/more", "More", "more"),
)
#: Places without a tab of their own.
BEHIND_MORE = (
    "/teams",
    "/rotations",
    "/services",
    "/deploys",
    "/unowned",
    "/readiness",
    "/route",
    "/subscriptions",
    "/covers",
    "/insights",
    "/digest",
    "/grouping",
    "/operator",
    "/contacts",
    "/account",
    "/drills",
    "/game-days",
    "/actions",
)


def set_up(app: web.Application) -> None:
    """Give the application its templates."""
    env = aiohttp_jinja2.setup(
        app,
        loader=jinja2.FileSystemLoader(FOLDER),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    env.globals["asset"] = ASSETS.address
    env.filters["spaced"] = spaced
    env.filters["lasting"] = length
    env.filters["count"] = count
    env.filters["initials"] = initials
    env.filters["sentence"] = sentence
    env.filters["shortened"] = shortened
    env.filters["capitalised"] = capitalised
    env.filters["markdown"] = markdown
    env.filters["told"] = told
    env.filters["with_search"] = with_search
    env.filters["urlencode"] = quoted
    env.filters["service_links"] = service_links
    env.globals["tabs"] = TABS
    env.globals["behind_more"] = BEHIND_MORE


def render(
    request: web.Request, template: str, context: Mapping[str, Any] | None = None, *, status: int = 200
) -> web.Response:
    """The view as HTML. One that says what is wrong keeps what was written into its form."""
    shared = _common(request) | {
        "written": request.get(WRITTEN, Written()) if status >= HTTPStatus.BAD_REQUEST else Written()
    }
    return aiohttp_jinja2.render_template(template, request, shared | dict(context or {}), status=status)


def see_other(location: str) -> web.Response:
    """Look there next: the answer to a form."""
    return web.Response(status=303, headers={"Location": location})


def spaced(word: str) -> str:
    """A name of the code as words."""
    return word.replace("_", " ")


def count(number: int, one: str, many: str = "") -> str:
    """The number with its noun: "1 alert", "2 alerts"."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def initials(name: str) -> str:
    """Of the first and the last word."""
    words = name.split() or ["?"]
    return (words[0][0] + (words[-1][0] if len(words) > 1 else "")).upper()


def sentence(text: str) -> str:
    """With a capital in front and a full stop behind."""
    text = text.strip()
    return text[:1].upper() + text[1:] + ("" if text.endswith((".", "!", "?")) else ".")


def capitalised(text: str) -> str:
    """With a capital in front, the rest as it is."""
    return text[:1].upper() + text[1:]


def quoted(value: Any) -> str:
    """As part of an address. Names of services and teams come a thousand times in a view, and are quoted once."""
    return _quoted(value) if isinstance(value, str) else do_urlencode(value)


_quoted = functools.lru_cache(maxsize=4096)(do_urlencode)


def service_links(names: Iterable[str]) -> Markup:
    """Services one behind the other, each leading to its view: thousands of them where a company looks at all of its."""
    return Markup(", ".join(map(_service_link, names)))  # noqa: S704 - each of them is escaped


@functools.lru_cache(maxsize=4096)
def _service_link(name: str) -> Markup:
    return Markup('<a href="/services/{}">{}</a>').format(quoted(name), name)


def with_search(fields: Mapping[str, str], query: Any) -> str:
    """An address's query with these fields and what is searched for; empty ones are left out."""
    searched = {name: str(getattr(query, name) or "") for name in ("q", "kind", "service", "paged", "day")}
    return urlencode({name: value for name, value in {**fields, **searched}.items() if value})


def _common(request: web.Request) -> dict[str, Any]:
    caller = request.get(CALLER)
    engine = engine_of(request)
    return {
        "caller": caller,
        "names": {person.id: person.name for person in engine.directory.people.values()},
        "form_token": request.get(FORM_TOKEN, ""),
        "path": request.path,
        "problem": None,
        "when": When(engine.clock.now(), caller.timezone if caller else "UTC"),
    }
