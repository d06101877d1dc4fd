"""Slack's error names, sorted into outcome classes (https://docs.slack.dev/reference/methods)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from notifiers.outcome import Outcome, OutcomeKind

_REFUSED: Mapping[str, str] = {
    "channel_not_found": "there is no such channel or person",
    "user_not_found": "there is no such person",
    "users_not_found": "nobody has this e-mail address",
    "user_disabled": "the person's account is deactivated",
    "user_not_visible": "the person is not visible to us",
    "is_archived": "the channel is archived",
    "cannot_dm_bot": "a bot cannot be asked",
    "is_bot": "a bot cannot be asked",
}
_BROKEN: Mapping[str, str] = {
    **dict.fromkeys(
        ("invalid_auth", "not_authed", "token_revoked", "token_expired", "account_inactive"),
        "Slack refuses our token",
    ),
    **dict.fromkeys(
        ("missing_scope", "no_permission", "not_allowed_token_type", "access_denied", "app_access_restricted"),
        "our app lacks a permission",
    ),
    **dict.fromkeys(
        ("team_not_found", "ekm_access_denied", "org_login_required", "accesslimited", "enterprise_is_restricted"),
        "the workspace is closed to us",
    ),
    **dict.fromkeys(
        (
            "restricted_action",
            "restricted_action_read_only_channel",
            "restricted_action_thread_only_channel",
            "restricted_action_non_threadable_channel",
            "restricted_action_thread_locked",
        ),
        "we may not post in this channel",
    ),
    "not_in_channel": "our app is not in this channel, and cannot join it",
    "method_not_supported_for_channel_type": "our app is not in this private channel; invite it",
    "messages_tab_disabled": "our app's messages tab is switched off",
    "plan_upgrade_required": "the workspace's plan has no user groups",
    "permission_denied": "our app may not change this user group",
    "unknown_method": "this is not Slack's API; check ONCALL_SLACK_API_BASE",
}
_RETRY: Mapping[str, str] = dict.fromkeys(
    ("ratelimited", "rate_limited", "message_limit_exceeded", "service_unavailable", "team_added_to_org"),
    "Slack asks to try later",
)
_UNKNOWN: Mapping[str, str] = dict.fromkeys(("fatal_error", "internal_error", "request_timeout"), "Slack failed midway")
#: Our own fault in laying a message out; it can go out as plain text.
LAYOUT = frozenset(
    {"invalid_blocks", "invalid_blocks_format", "msg_blocks_too_long", "block_mismatch", "invalid_attachments"}
)

_CLASSES: tuple[tuple[OutcomeKind, Mapping[str, str]], ...] = (
    (OutcomeKind.REFUSED, _REFUSED),
    (OutcomeKind.BROKEN, _BROKEN),
    (OutcomeKind.RETRY, _RETRY),
    (OutcomeKind.UNKNOWN, _UNKNOWN),
)
TABLE: Mapping[str, tuple[OutcomeKind, str]] = {
    name: (kind, detail) for kind, rows in _CLASSES for name, detail in rows.items()
}


def by_error(error: str, status: int, retry_after: timedelta | None = None) -> Outcome:
    """The class of an answer that is not ok: by Slack's error name, else by the HTTP status."""
    if status == 429 or error in _RETRY:
        return Outcome(
            kind=OutcomeKind.RETRY,
            code=error or "429",
            detail="Slack asks to try later",
            retry_after=retry_after,
        )
    if error in TABLE:
        kind, detail = TABLE[error]
        return Outcome(kind=kind, code=error, detail=detail)
    if status == 503:
        return Outcome(kind=OutcomeKind.RETRY, code="503", detail="Slack is unavailable for a moment")
    if status >= 500:
        return Outcome(kind=OutcomeKind.UNKNOWN, code=str(status), detail=f"Slack failed midway (HTTP {status})")
    if 300 <= status < 400:
        return Outcome(kind=OutcomeKind.BROKEN, code=str(status), detail="Slack's address redirects elsewhere")
    if status in {401, 403, 404}:
        return Outcome(kind=OutcomeKind.BROKEN, code=str(status), detail=f"Slack refuses us (HTTP {status})")
    return Outcome(kind=OutcomeKind.UNREACHABLE, code=error or str(status), detail=f"Slack refused: {error or status}")
