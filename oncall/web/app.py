"""The web application: middleware, addresses, and what lives as long as it does."""

from __future__ import annotations

from aiohttp import web

from oncall.engine import Engine
from oncall.services.views.news import News
from oncall.web import (
    account,
    alertmanager,
    answer,
    attachments,
    catalog,
    contacts,
    drills,
    grouping,
    health,
    incidents,
    insights,
    live,
    more,
    on_call,
    openapi,
    operations,
    operator,
    phone,
    reload,
    reviews,
    rotations,
    sign_in,
    teams,
)
from oncall.web.api import OPERATIONS
from oncall.web.assets import ASSETS
from oncall.web.headers import add_headers
from oncall.web.keys import ENGINE, NEWS
from oncall.web.problems import problems
from oncall.web.rendering import set_up
from oncall.web.sessions import Handler
from oncall.web.webhooks import pagerduty, slack, twilio

#: Every address: method, path, door.
ROUTES: tuple[tuple[str, str, Handler], ...] = (
    ("POST", "/api/v1/alertmanager/{key}", alertmanager.receive),
    ("GET", "/api/v1/openapi.json", openapi.door(OPERATIONS)),
    *((op.method, openapi.PREFIX + op.path, operations.door(op)) for op in OPERATIONS),
    ("POST", "/webhooks/twilio/sms", twilio.sms),
    ("POST", "/webhooks/twilio/voice", twilio.voice),
    ("POST", "/webhooks/twilio/gather", twilio.gather),
    ("POST", "/webhooks/twilio/status", twilio.status),
    ("POST", "/webhooks/pagerduty", pagerduty.receive),
    ("POST", "/webhooks/slack/actions", slack.actions),
    ("POST", "/webhooks/slack/commands", slack.commands),
    ("POST", "/webhooks/slack/events", slack.events),
    ("GET", "/healthz", health.healthz),
    ("GET", "/readyz", health.readyz),
    ("GET", "/metrics", health.metrics),
    ("GET", "/static/{name}", ASSETS.serve),
    ("GET", "/sign-in", sign_in.sign_in),
    ("POST", "/sign-in", sign_in.by_password),
    ("GET", "/sign-in/oidc", sign_in.to_provider("oidc")),
    ("GET", "/sign-in/oidc/back", sign_in.from_provider("oidc")),
    ("GET", "/sign-in/slack", sign_in.to_provider("slack")),
    ("GET", "/sign-in/slack/back", sign_in.from_provider("slack")),
    ("GET", "/sign-in/link/{secret}", sign_in.show_link),
    ("POST", "/sign-in/link/{secret}", sign_in.use_link),
    ("POST", "/sign-out", sign_in.sign_out),
    ("GET", "/", incidents.now),
    ("GET", "/incidents", incidents.listed),
    ("GET", "/incidents/{id}", incidents.one),
    ("GET", "/incidents/{id}/alerts", incidents.alerts),
    ("GET", "/incidents/{id}/timeline", incidents.timeline),
    ("POST", "/incidents/{id}/attachments", attachments.upload),
    ("GET", "/incidents/{id}/attachments/{file}", attachments.show),
    ("GET", "/incidents/{id}/review", reviews.show),
    ("POST", "/incidents/{id}/review", reviews.draft),
    ("GET", "/incidents/{id}/review.md", reviews.as_markdown),
    ("GET", "/incidents/{id}/review/edit", reviews.edit),
    ("POST", "/incidents/{id}/review/edit", reviews.save),
    ("POST", "/incidents/{id}/actions", reviews.add_action),
    ("GET", "/actions", reviews.list_actions),
    ("GET", "/actions.csv", reviews.actions_csv),
    ("POST", "/actions/{action}", reviews.change_action),
    ("POST", "/incidents/{id}/{verb}", incidents.act),
    ("GET", "/on-call", on_call.show),
    ("GET", "/rotations", rotations.listed),
    ("GET", "/rotations/{team}/{schedule}.csv", rotations.table),
    ("GET", "/rotations/{team}/{schedule}", rotations.one),
    ("GET", "/services", catalog.services),
    ("GET", "/services/{name:.+}", catalog.service),
    ("GET", "/deploys", catalog.list_deploys),
    ("GET", "/unowned", catalog.unowned),
    ("GET", "/readiness", catalog.readiness),
    ("GET", "/route", catalog.route),
    ("POST", "/rotations/{team}/{schedule}/overrides", rotations.add_override),
    ("POST", "/rotations/{team}/{schedule}/overrides/{id}/revoke", rotations.revoke_override),
    ("POST", "/rotations/{team}/{schedule}/accept", rotations.accept),
    ("POST", "/rotations/{team}/{schedule}/cover", rotations.ask_for_cover),
    ("GET", "/covers/{id}", rotations.show_cover),
    ("POST", "/covers/{id}", rotations.take_cover),
    ("GET", "/subscriptions", rotations.subscriptions_list),
    ("POST", "/subscriptions", rotations.subscribe),
    ("POST", "/subscriptions/{digest}/revoke", rotations.unsubscribe),
    ("GET", "/feeds/{secret}.ics", rotations.feed),
    ("GET", "/phone", phone.choose),
    ("GET", "/phone/{person}", phone.show),
    ("POST", "/phone/{person}", phone.reply),
    ("GET", "/live", live.stream),
    ("GET", "/answer/{page}", answer.show),
    ("POST", "/answer/{page}", answer.acknowledge),
    ("GET", "/teams", teams.listed),
    ("GET", "/teams/{team}", teams.one),
    ("GET", "/digest", insights.digest),
    ("POST", "/digest", insights.choose_digest),
    ("GET", "/insights", insights.show),
    ("GET", "/insights/{table}", insights.table),
    ("GET", "/grouping", grouping.show),
    ("GET", "/grouping/backtest", grouping.backtest),
    ("GET", "/grouping/suggestions", grouping.suggestions),
    ("POST", "/grouping/revert", grouping.revert),
    ("GET", "/operator", operator.show),
    ("GET", "/operator/quarantine", operator.quarantine),
    ("POST", "/operator/quarantine", operator.replay),
    ("GET", "/operator/audit", operator.audit),
    ("GET", "/operator/providers", operator.providers),
    ("GET", "/contacts", contacts.show),
    ("POST", "/contacts/{act}", contacts.act),
    ("GET", "/drills", drills.listed),
    ("POST", "/drills", drills.start),
    ("GET", "/game-days", drills.list_game_days),
    ("GET", "/game-days/new", drills.script),
    ("POST", "/game-days", drills.plan),
    ("GET", "/game-days/{id}", drills.game_day),
    ("POST", "/game-days/{id}/abort", drills.abort),
    ("GET", "/more", more.show),
    ("POST", "/-/reload", reload.reload),
    ("GET", "/account", account.show),
    ("POST", "/account/password", account.set_password),
    ("POST", "/account/sessions/{digest}/revoke", account.revoke_session),
    ("POST", "/account/tokens", account.create_token),
    ("POST", "/account/tokens/{digest}/revoke", account.revoke_token),
)


def create_app(engine: Engine) -> web.Application:
    """The application on a running engine; closing it leaves the engine alone."""
    app = web.Application(middlewares=[problems], client_max_size=engine.settings.max_body)
    app[ENGINE] = engine
    app[NEWS] = News(engine)
    app.cleanup_ctx.append(live.run)
    app.on_shutdown.append(live.release)
    set_up(app)
    app.on_response_prepare.append(add_headers)
    for method, path, door in ROUTES:
        _add(app.router, method, path, door)
    return app


def _add(router: web.UrlDispatcher, method: str, path: str, door: Handler) -> None:
    # Clients that post do not follow redirects, so both spellings are the same address.
    for spelling in (path, f"{path}/") if path != "/" else (path,):
        if method == "GET":
            router.add_get(spelling, door)
        else:
            router.add_route(method, spelling, door)
