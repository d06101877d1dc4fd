"""The API: one line per operation. The OpenAPI document is made from this tuple, so it cannot say anything else."""

from __future__ import annotations

from typing import Any

from oncall.engine import Engine
from oncall.services import acting
from oncall.services.operation import administration
from oncall.services.people.rights import Caller
from oncall.services.record import attachments
from oncall.services.rotations import on_call_view
from oncall.services.views import (
    incident_list,
    incident_view,
    insights,
    now_view,
    operator_view,
    phone_view,
    providers_view,
    similar,
    team_view,
)
from oncall.web import account_api, catalog_api, contacts_api, grouping_api, practice_api, record_api, rotations_api
from oncall.web.operations import Asked, Operation


def _act(verb: str) -> Operation:
    kind = acting.ACTS[verb]

    async def call(engine: Engine, caller: Caller, asked: Asked) -> incident_view.IncidentView:
        after = await acting.perform(engine, caller, asked.number, asked.body)
        return await incident_view.view_incident(engine, caller, after.id)

    return Operation(
        method="POST",
        path=f"/incidents/{{id}}/{verb}",
        name=f"{verb}_incident",
        about=(kind.__doc__ or "").strip(),
        call=call,
        body=kind,
        answer=incident_view.IncidentView,
        problems=(404, 409),
    )


async def _list(engine: Engine, caller: Caller, asked: Asked) -> incident_list.IncidentPage:
    return await incident_list.list_incidents(engine, caller, asked.query)


async def _one(engine: Engine, caller: Caller, asked: Asked) -> incident_view.IncidentView:
    return await incident_view.view_incident(engine, caller, asked.number)


async def _alerts(engine: Engine, caller: Caller, asked: Asked) -> incident_view.AlertPage:
    return await incident_view.alerts_after(engine, caller, asked.number, asked.cursor or 0)


async def _timeline(engine: Engine, caller: Caller, asked: Asked) -> incident_view.TimelinePage:
    return await incident_view.timeline_before(engine, caller, asked.number, asked.cursor)


async def _attach(engine: Engine, caller: Caller, asked: Asked) -> incident_view.IncidentView:
    await attachments.attach(engine, caller, asked.number, asked.body)
    return await incident_view.view_incident(engine, caller, asked.number)


async def _similar(engine: Engine, caller: Caller, asked: Asked) -> similar.SimilarIncidents:
    return await similar.find_similar(engine, caller, asked.number)


async def _now(engine: Engine, caller: Caller, _asked: Asked) -> now_view.NowView:
    return await now_view.view_now(engine, caller)


async def _on_call(engine: Engine, caller: Caller, asked: Asked) -> on_call_view.OnCallView:
    return await on_call_view.who_is_on_call(engine, caller, asked.query)


async def _phones(engine: Engine, caller: Caller, _asked: Asked) -> Any:
    return await phone_view.phones(engine, caller)


async def _phone(engine: Engine, caller: Caller, asked: Asked) -> phone_view.PhoneView:
    return await phone_view.view_phone(engine, caller, asked.path["person"])


async def _phone_reply(engine: Engine, caller: Caller, asked: Asked) -> phone_view.PhoneView:
    return await phone_view.reply(engine, caller, asked.path["person"], asked.body)


async def _teams(engine: Engine, caller: Caller, _asked: Asked) -> team_view.Teams:
    return await team_view.list_teams(engine, caller)


async def _team(engine: Engine, caller: Caller, asked: Asked) -> team_view.TeamView:
    return await team_view.view_team(engine, caller, asked.path["team"])


async def _insights(engine: Engine, caller: Caller, asked: Asked) -> insights.Insights:
    return await insights.view_insights(engine, caller, asked.query)


async def _operator(engine: Engine, caller: Caller, _asked: Asked) -> operator_view.OperatorView:
    return await operator_view.view_operator(engine, caller)


async def _providers(engine: Engine, caller: Caller, _asked: Asked) -> providers_view.ProvidersView:
    return await providers_view.view_providers(engine, caller)


async def _quarantine(engine: Engine, caller: Caller, asked: Asked) -> operator_view.QuarantinePage:
    return await operator_view.list_quarantine(engine, caller, asked.cursor)


async def _replay(engine: Engine, caller: Caller, asked: Asked) -> administration.Replayed:
    return await administration.replay(engine, caller, asked.body)


async def _audit(engine: Engine, caller: Caller, asked: Asked) -> operator_view.AuditPage:
    return await operator_view.list_audit(engine, caller, asked.cursor)


OPERATIONS: tuple[Operation, ...] = (
    Operation(
        method="GET",
        path="/incidents",
        name="list_incidents",
        about="Incidents, newest first.",
        call=_list,
        query=incident_list.ListQuery,
        answer=incident_list.IncidentPage,
    ),
    Operation(
        method="GET",
        path="/incidents/{id}",
        name="get_incident",
        about="One incident with its teams, first alerts, newest timeline lines and pages.",
        call=_one,
        answer=incident_view.IncidentView,
        problems=(404,),
    ),
    Operation(
        method="GET",
        path="/incidents/{id}/alerts",
        name="list_alerts",
        about="An incident's alerts, those that fire first.",
        call=_alerts,
        query=incident_view.Cursor,
        answer=incident_view.AlertPage,
        problems=(404,),
    ),
    Operation(
        method="GET",
        path="/incidents/{id}/timeline",
        name="list_timeline",
        about="An incident's timeline, newest line first.",
        call=_timeline,
        query=incident_view.Cursor,
        answer=incident_view.TimelinePage,
        problems=(404,),
    ),
    Operation(
        method="POST",
        path="/incidents/{id}/attachments",
        name="attach_file",
        about="Keep an image or a text beside an incident and note it in the timeline.",
        call=_attach,
        body=attachments.NewAttachment,
        # Base64 takes four bytes for three.
        most_body=attachments.LARGEST * 4 // 3 + 10_000,
        answer=incident_view.IncidentView,
        status=201,
        problems=(404,),
    ),
    Operation(
        method="GET",
        path="/incidents/{id}/similar",
        name="find_similar",
        about="Past incidents that look like this one, and what ended them.",
        call=_similar,
        answer=similar.SimilarIncidents,
        problems=(404,),
    ),
    *(_act(verb) for verb in acting.ACTS),
    *record_api.OPERATIONS,
    *practice_api.OPERATIONS,
    Operation(
        method="GET",
        path="/now",
        name="get_now",
        about="What is open for the caller, and what they are on call for.",
        call=_now,
        answer=now_view.NowView,
    ),
    Operation(
        method="GET",
        path="/oncall",
        name="get_on_call",
        about="Who is on call, until when, who follows, and how old the calendars are.",
        call=_on_call,
        query=on_call_view.OnCallQuery,
        answer=on_call_view.OnCallView,
    ),
    *rotations_api.OPERATIONS,
    Operation(
        method="GET",
        path="/phones",
        name="list_phones",
        about="The built-in phones the caller may use.",
        call=_phones,
        answer=phone_view.Phones,
    ),
    Operation(
        method="GET",
        path="/phones/{person}",
        name="get_phone",
        about="What the built-in phone of a person shows.",
        call=_phone,
        answer=phone_view.PhoneView,
        problems=(404,),
    ),
    Operation(
        method="POST",
        path="/phones/{person}/replies",
        name="reply_by_phone",
        about="Answer on the built-in phone: a text, or a key pressed in a call.",
        call=_phone_reply,
        body=phone_view.PhoneReply,
        answer=phone_view.PhoneView,
        problems=(404,),
    ),
    *catalog_api.OPERATIONS,
    *account_api.OPERATIONS,
    *contacts_api.OPERATIONS,
    Operation(
        method="GET",
        path="/teams",
        name="list_teams",
        about="Every team and how much it has open.",
        call=_teams,
        answer=team_view.Teams,
    ),
    Operation(
        method="GET",
        path="/teams/{team}",
        name="get_team",
        about="One team: rotations, policy, incidents, services, and whether its members can be reached.",
        call=_team,
        answer=team_view.TeamView,
        problems=(404,),
    ),
    Operation(
        method="GET",
        path="/insights",
        name="get_insights",
        about="Load by person and team, the noisiest alert kinds, and incidents by day.",
        call=_insights,
        query=insights.InsightsQuery,
        answer=insights.Insights,
    ),
    *grouping_api.OPERATIONS,
    Operation(
        method="GET",
        path="/operator",
        name="get_operator",
        about="What works and what does not; for admins.",
        call=_operator,
        answer=operator_view.OperatorView,
    ),
    Operation(
        method="GET",
        path="/operator/providers",
        name="list_providers",
        about="How the providers that carry pages do: latency, success, what to do; for admins.",
        call=_providers,
        answer=providers_view.ProvidersView,
    ),
    Operation(
        method="GET",
        path="/operator/quarantine",
        name="list_quarantine",
        about="Bodies and alerts that could not be used, newest first; for admins.",
        call=_quarantine,
        query=incident_view.Cursor,
        answer=operator_view.QuarantinePage,
    ),
    Operation(
        method="POST",
        path="/operator/replay",
        name="replay_bodies",
        about="Process the bodies received in a stretch of time again, without paging twice; for admins.",
        call=_replay,
        body=administration.Replay,
        answer=administration.Replayed,
        status=202,
    ),
    Operation(
        method="GET",
        path="/operator/audit",
        name="list_audit",
        about="Who changed what, newest first; for admins.",
        call=_audit,
        query=incident_view.Cursor,
        answer=operator_view.AuditPage,
    ),
)
