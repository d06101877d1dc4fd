"""Every table. `alembic/versions` leads an old database here; a test holds the two together."""

from __future__ import annotations

from oncall.store.schema.access import api_token, audit, password, session, sign_in_link
from oncall.store.schema.base import metadata
from oncall.store.schema.catalog import catalog_entry, catalog_feed, check_report, deploy, unowned
from oncall.store.schema.cluster import counter, lease
from oncall.store.schema.grouping import grouping_case, grouping_model
from oncall.store.schema.incidents import alert, attachment, incident, incident_post, involvement, timeline
from oncall.store.schema.insights import tally
from oncall.store.schema.intake import grouping_state, heartbeat, inbox, quarantine, silence, silence_log
from oncall.store.schema.paging import (
    contact,
    contact_preference,
    delivery,
    early_report,
    page,
    phone_message,
    reply,
    reply_code,
)
from oncall.store.schema.practice import drill, game_day
from oncall.store.schema.record import action_item, digest_refusal, incident_record, review, slack_note
from oncall.store.schema.rotations import (
    cover_request,
    feed,
    feed_token,
    health_snapshot,
    rotation,
    rotation_finding,
    segment,
    shift_check,
    shift_override,
    told,
)

__all__ = [
    "action_item",
    "alert",
    "api_token",
    "attachment",
    "audit",
    "catalog_entry",
    "catalog_feed",
    "check_report",
    "contact",
    "contact_preference",
    "counter",
    "cover_request",
    "delivery",
    "deploy",
    "digest_refusal",
    "drill",
    "early_report",
    "feed",
    "feed_token",
    "game_day",
    "grouping_case",
    "grouping_model",
    "grouping_state",
    "health_snapshot",
    "heartbeat",
    "inbox",
    "incident",
    "incident_post",
    "incident_record",
    "involvement",
    "lease",
    "metadata",
    "page",
    "password",
    "phone_message",
    "quarantine",
    "reply",
    "reply_code",
    "review",
    "rotation",
    "rotation_finding",
    "segment",
    "session",
    "shift_check",
    "shift_override",
    "sign_in_link",
    "silence",
    "silence_log",
    "slack_note",
    "tally",
    "timeline",
    "told",
    "unowned",
]
