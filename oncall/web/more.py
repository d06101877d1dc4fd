"""Where everything else is."""

from __future__ import annotations

from aiohttp import web

from oncall.web.keys import CALLER
from oncall.web.rendering import render
from oncall.web.sessions import signed_in

PLACES = (
    ("/rotations", "Rotations", "How sound they are: gaps, load, what to mend", "calendar"),
    ("/teams", "Teams", "Rotations, policy, services, who can be reached", "person"),
    ("/insights", "Load and noise", "Who carries how much, which alerts only make noise", "now"),
    ("/grouping", "Grouping", "What people’s answers taught, suggestions about rules, trying a change out", "list"),
    ("/services", "Services", "Who owns what, and where to look", "box"),
    ("/deploys", "Deploys", "What went out when, of all services", "out"),
    ("/route", "Where would it go?", "The path of an alert before it happens", "up"),
    ("/unowned", "Unowned alerts", "What went to the fallback team, and how to settle it", "warn"),
    ("/readiness", "Readiness", "Which services are ready to be woken up for", "check"),
    ("/subscriptions", "Calendars to subscribe to", "Your shifts, or a team's, in your own calendar", "calendar"),
    ("/actions", "Action items", "What is to be done after incidents, by whom, until when", "check"),
    ("/contacts", "Contact methods", "How pages reach you: prove them, try them", "phone"),
    ("/drills", "Drills", "Practise answering, and see how fast it went", "clock"),
    ("/account", "Account", "Your role, API tokens, signing out", "person"),
    ("/api/v1/openapi.json", "API", "Everything here, for programs", "box"),
)
FOR_ADMINS = (
    ("/operator", "Operator", "Channels, calendars, senders, quarantine, audit log", "warn"),
    ("/operator/providers", "Providers", "How fast and how well pages are carried, and what to do", "up"),
)


@signed_in
async def show(request: web.Request) -> web.StreamResponse:
    """The list."""
    return render(request, "more.html", {"places": PLACES + (FOR_ADMINS if request[CALLER].may_administer else ())})
