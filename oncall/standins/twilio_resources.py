"""What Twilio answers: the resources of its API, as its OpenAPI document describes them."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from datetime import datetime
from email.utils import format_datetime

import msgspec
from aiohttp import web


class Text(msgspec.Struct, frozen=True, kw_only=True):
    """A text the engine sent."""

    sid: str
    to: str
    sender: str
    body: str
    created_at: datetime
    status_callback: str = ""


class Call(msgspec.Struct, frozen=True, kw_only=True):
    """A call the engine asked for."""

    sid: str
    to: str
    sender: str
    url: str
    status_callback: str = ""


def new_sid(prefix: str) -> str:
    """Two letters and 32 hexadecimal digits."""
    return prefix + secrets.token_hex(16)


def text_resource(text: Text, account_sid: str, status: str = "", error_code: int = 0) -> Mapping[str, object]:
    """A message as it stands; without a status it was just queued."""
    at = text.created_at
    service = text.sender.startswith("MG")
    uri = f"/2010-04-01/Accounts/{account_sid}/Messages/{text.sid}"
    return {
        "account_sid": account_sid,
        "api_version": "2010-04-01",
        "body": text.body,
        "date_created": format_datetime(at),
        "date_sent": format_datetime(at) if status not in {"", "queued", "accepted"} else None,
        "date_updated": format_datetime(at),
        "direction": "outbound-api",
        "error_code": error_code or None,
        "error_message": None,
        "from": None if service else text.sender,
        "messaging_service_sid": text.sender if service else None,
        "num_media": "0",
        "num_segments": "1",
        "price": None,
        "price_unit": "USD",
        "sid": text.sid,
        "status": status or ("accepted" if service else "queued"),
        "subresource_uris": {"media": f"{uri}/Media.json"},
        "to": text.to,
        "uri": f"{uri}.json",
    }


def text_page(texts: Sequence[Mapping[str, object]], account_sid: str, query: str) -> Mapping[str, object]:
    """The first page of a list of messages; there is no second."""
    uri = f"/2010-04-01/Accounts/{account_sid}/Messages.json?{query}"
    return {
        "end": max(len(texts) - 1, 0),
        "first_page_uri": uri,
        "messages": list(texts),
        "next_page_uri": None,
        "page": 0,
        "page_size": len(texts),
        "previous_page_uri": None,
        "start": 0,
        "uri": uri,
    }


def call_resource(call: Call, account_sid: str, at: datetime) -> Mapping[str, object]:
    """A call that was just queued."""
    uri = f"/2010-04-01/Accounts/{account_sid}/Calls/{call.sid}"
    return {
        "account_sid": account_sid,
        "annotation": None,
        "answered_by": None,
        "api_version": "2010-04-01",
        "caller_name": None,
        "date_created": format_datetime(at),
        "date_updated": format_datetime(at),
        "direction": "outbound-api",
        "duration": None,
        "end_time": None,
        "forwarded_from": None,
        "from": call.sender,
        "from_formatted": call.sender,
        "group_sid": None,
        "parent_call_sid": None,
        "phone_number_sid": None,
        "price": None,
        "price_unit": "USD",
        "queue_time": "0",
        "sid": call.sid,
        "start_time": None,
        "status": "queued",
        "subresource_uris": {"recordings": f"{uri}/Recordings.json"},
        "to": call.to,
        "to_formatted": call.to,
        "trunk_sid": None,
        "uri": f"{uri}.json",
    }


def error(status: int, code: int, what: str) -> web.Response:
    """An error in Twilio's own shape."""
    body = {"code": code, "message": what, "more_info": f"https://www.twilio.com/docs/errors/{code}", "status": status}
    return web.json_response(body, status=status)
