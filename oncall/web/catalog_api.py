"""The catalog's part of the API: services, who owns what, deploys, and where an alert would go."""

from __future__ import annotations

from datetime import UTC
from typing import Annotated

import msgspec

from oncall.checks import Readiness
from oncall.engine import Engine
from oncall.errors import Invalid
from oncall.expectations import labels_of
from oncall.moment import parse_moment
from oncall.services.catalog import checks as checks_view
from oncall.services.catalog import sources as catalog_sources
from oncall.services.catalog import unowned as unowned_view
from oncall.services.catalog import view as catalog_view
from oncall.services.explain import Explanation, explain
from oncall.services.people.rights import Caller, Right
from oncall.services.record import deploys
from oncall.services.views.incident_view import Cursor
from oncall.web.operations import Asked, Operation
from routing.matchers import MatcherError


class RouteQuery(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The alert's labels as `severity="critical", service="checkout"`, and when it fires ("Sat 03:00", ISO 8601)."""

    labels: Annotated[str, msgspec.Meta(max_length=8000)]
    at: Annotated[str, msgspec.Meta(max_length=100)] = "now"


async def _explain(engine: Engine, caller: Caller, asked: Asked) -> Explanation:
    caller.require(Right.SEE)
    try:
        labels = labels_of(asked.query.labels)
    except MatcherError as error:
        raise Invalid(str(error), 'Write severity="critical", service="checkout".', "query.labels") from error
    try:
        at = parse_moment(asked.query.at, caller.timezone, engine.clock.now())
    except ValueError as error:
        raise Invalid(str(error), "Times are in your own zone.", "query.at") from error
    return await explain(engine, labels, at.astimezone(UTC))


async def _search(engine: Engine, caller: Caller, asked: Asked) -> catalog_view.Hits:
    return await catalog_view.search(engine, caller, asked.query)


async def _entries(engine: Engine, caller: Caller, asked: Asked) -> catalog_view.EntryList:
    return await catalog_view.list_entries(engine, caller, asked.query)


async def _entry(engine: Engine, caller: Caller, asked: Asked) -> catalog_view.EntryView:
    return await catalog_view.view_entry(engine, caller, asked.path["name"])


async def _push(engine: Engine, caller: Caller, asked: Asked) -> catalog_sources.PushReceipt:
    return await catalog_sources.push(engine, caller, asked.path["source"], asked.path["name"], asked.body)


async def _withdraw(engine: Engine, caller: Caller, asked: Asked) -> catalog_sources.PushReceipt:
    return await catalog_sources.withdraw(engine, caller, asked.path["source"], asked.path["name"])


async def _unowned(engine: Engine, caller: Caller, _asked: Asked) -> unowned_view.UnownedView:
    return await unowned_view.view_unowned(engine, caller)


async def _deploy(engine: Engine, caller: Caller, asked: Asked) -> deploys.DeployReceipt:
    return await deploys.record(engine, caller, asked.body)


async def _change(engine: Engine, caller: Caller, asked: Asked) -> deploys.DeployReceipt:
    return await deploys.record_change(engine, caller, asked.body)


async def _deploys(engine: Engine, caller: Caller, asked: Asked) -> deploys.DeployList:
    return await deploys.list_deploys(engine, caller, asked.cursor)


async def _readiness(engine: Engine, caller: Caller, _asked: Asked) -> checks_view.ReadinessView:
    return await checks_view.view_readiness(engine, caller)


async def _checks(engine: Engine, caller: Caller, asked: Asked) -> Readiness:
    return await checks_view.view_service(engine, caller, asked.path["name"])


async def _report(engine: Engine, caller: Caller, asked: Asked) -> Readiness:
    return await checks_view.report(engine, caller, asked.body)


OPERATIONS: tuple[Operation, ...] = (
    Operation(
        method="GET",
        path="/route",
        name="explain_route",
        about="Whose an alert would be, the incident it would join, and who would be woken when.",
        call=_explain,
        query=RouteQuery,
        answer=Explanation,
    ),
    Operation(
        method="GET",
        path="/search",
        name="search",
        about="Services, teams and people by any fragment of a name, typos forgiven.",
        call=_search,
        query=catalog_view.SearchQuery,
        answer=catalog_view.Hits,
    ),
    Operation(
        method="GET",
        path="/catalog/entries",
        name="list_services",
        about="The services, by name.",
        call=_entries,
        query=catalog_view.EntryQuery,
        answer=catalog_view.EntryList,
    ),
    Operation(
        method="GET",
        path="/catalog/entries/{name}",
        name="get_service",
        about="One service by name or alias, with where each field was written.",
        call=_entry,
        answer=catalog_view.EntryView,
        problems=(404,),
    ),
    Operation(
        method="PUT",
        path="/catalog/{source}/entries/{name}",
        name="push_service",
        about="Describe a service from a pipeline; what comes from files cannot be changed here.",
        call=_push,
        body=catalog_sources.PushedEntry,
        answer=catalog_sources.PushReceipt,
    ),
    Operation(
        method="DELETE",
        path="/catalog/{source}/entries/{name}",
        name="withdraw_service",
        about="Take back what a pipeline pushed.",
        call=_withdraw,
        answer=catalog_sources.PushReceipt,
        problems=(404,),
    ),
    Operation(
        method="GET",
        path="/catalog/unowned",
        name="list_unowned",
        about="Alerts nobody owns, with likely owners and the line that settles it; services without a team.",
        call=_unowned,
        answer=unowned_view.UnownedView,
    ),
    Operation(
        method="POST",
        path="/deploys",
        name="record_deploy",
        about="Tell of a deploy, so that it stands beside incidents that follow.",
        call=_deploy,
        body=deploys.NewDeploy,
        answer=deploys.DeployReceipt,
        status=201,
    ),
    Operation(
        method="POST",
        path="/deploys/pagerduty",
        name="record_change_event",
        about="The same in the shape of a PagerDuty change event.",
        call=_change,
        body=deploys.ChangeEvent,
        answer=deploys.DeployReceipt,
        status=201,
    ),
    Operation(
        method="GET",
        path="/deploys",
        name="list_deploys",
        about="Deploys of all services, newest first.",
        call=_deploys,
        query=Cursor,
        answer=deploys.DeployList,
    ),
    Operation(
        method="GET",
        path="/checks",
        name="get_readiness",
        about="How ready services are: a scorecard per team, and each check that some service fails.",
        call=_readiness,
        answer=checks_view.ReadinessView,
    ),
    Operation(
        method="GET",
        path="/catalog/entries/{name}/checks",
        name="get_service_checks",
        about="One service held against every check.",
        call=_checks,
        answer=Readiness,
        problems=(404,),
    ),
    Operation(
        method="POST",
        path="/checks/reports",
        name="report_check",
        about="Report the outcome of a check that is made elsewhere.",
        call=_report,
        body=checks_view.NewReport,
        answer=Readiness,
        problems=(404,),
    ),
)
