"""What Twilio asks of a request, beyond its OpenAPI document: who sends, what, to which number, with which addresses."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from urllib.parse import urlsplit

Form = Mapping[str, Sequence[str]]

_NUMBER = re.compile(r"\+[1-9]\d{6,14}")
_MESSAGE_PARAMETERS = (
    "To StatusCallback ApplicationSid MaxPrice ProvideFeedback Attempt ValidityPeriod ForceDelivery ContentRetention "
    "AddressRetention SmartEncoded PersistentAction TrafficType ShortenUrls ScheduleType SendAt SendAsMms "
    "ContentVariables MessageIntent RiskCheck From FallbackFrom MessagingServiceSid Body MediaUrl ContentSid"
)
_CALL_PARAMETERS = (
    "To From Method FallbackUrl FallbackMethod StatusCallback StatusCallbackEvent StatusCallbackMethod SendDigits "
    "Timeout Record RecordingChannels RecordingStatusCallback RecordingStatusCallbackMethod SipAuthUsername "
    "SipAuthPassword MachineDetection MachineDetectionTimeout RecordingStatusCallbackEvent Trim CallerId "
    "MachineDetectionSpeechThreshold MachineDetectionSpeechEndThreshold MachineDetectionSilenceTimeout AsyncAmd "
    "AsyncAmdStatusCallback AsyncAmdStatusCallbackMethod Byoc CallReason CallToken RecordingTrack TimeLimit "
    "ClientNotificationUrl Url Twiml ApplicationSid"
)
_LIST_PARAMETERS = "To From DateSent DateSent< DateSent> PageSize Page PageToken"
_LIST = frozenset(_LIST_PARAMETERS.split())
_MESSAGE = frozenset(_MESSAGE_PARAMETERS.split())
_CALL = frozenset(_CALL_PARAMETERS.split())
_REPEATABLE = frozenset({"MediaUrl", "PersistentAction", "StatusCallbackEvent", "RecordingStatusCallbackEvent"})
_CALL_EVENTS = frozenset({"initiated", "ringing", "answered", "completed"})

#: A broken rule: Twilio's error code and what is wrong.
Broken = tuple[int, str]


def message_faults(form: Form) -> list[Broken]:
    """Every rule a request to send a text breaks; empty if none."""
    faults = list(_shape(form, _MESSAGE))
    faults += _number(form, "To", missing=21604, invalid=21211)
    if not _one(form, "From") and not _one(form, "MessagingServiceSid"):
        faults.append((21603, "neither From nor MessagingServiceSid"))
    if _one(form, "From"):
        faults += _number(form, "From", missing=21603, invalid=21212)
    if not any(_one(form, key) for key in ("Body", "MediaUrl", "ContentSid")):
        faults.append((21619, "neither Body nor MediaUrl nor ContentSid"))
    if len(_one(form, "Body")) > 1600:
        faults.append((21617, "Body is longer than 1600 characters"))
    faults += _whole(form, "ValidityPeriod", 1, 36000)
    faults += _address(form, "StatusCallback", 21609)
    return faults


def list_faults(query: Form) -> list[Broken]:
    """Every rule a request for the list of texts breaks; empty if none."""
    faults = list(_shape(query, _LIST))
    for key in ("To", "From"):
        if _one(query, key):
            faults += _number(query, key, missing=20001, invalid=20001)
    faults += _whole(query, "PageSize", 1, 1000)
    return faults


def call_faults(form: Form) -> list[Broken]:
    """Every rule a request to call breaks; empty if none."""
    faults = list(_shape(form, _CALL))
    faults += _number(form, "To", missing=21201, invalid=21217)
    faults += _number(form, "From", missing=21213, invalid=21212)
    if not any(_one(form, key) for key in ("Url", "Twiml", "ApplicationSid")):
        faults.append((21205, "neither Url nor Twiml nor ApplicationSid"))
    faults += _address(form, "Url", 21205)
    faults += _address(form, "StatusCallback", 21609)
    faults += _whole(form, "Timeout", 1, 600)
    for key in ("Method", "StatusCallbackMethod"):
        if _one(form, key) not in {"", "GET", "POST"}:
            faults.append((20001, f"{key} is neither GET nor POST"))
    unknown = set(form.get("StatusCallbackEvent", ())) - _CALL_EVENTS
    if unknown:
        faults.append((20001, f"StatusCallbackEvent {sorted(unknown)}"))
    if len(_one(form, "Twiml")) > 4000:
        faults.append((20001, "Twiml is longer than 4000 characters"))
    return faults


def _shape(form: Form, known: frozenset[str]) -> Iterator[Broken]:
    for key, values in form.items():
        if key not in known:
            yield 20001, f"unknown parameter {key}"
        if len(values) > 1 and key not in _REPEATABLE:
            yield 20001, f"{key} is repeated"


def _one(form: Form, key: str) -> str:
    return next(iter(form.get(key, ())), "")


def _number(form: Form, key: str, *, missing: int, invalid: int) -> Iterator[Broken]:
    value = _one(form, key)
    if not value:
        yield missing, f"{key} is missing"
    elif not _NUMBER.fullmatch(value):
        yield invalid, f"{key} {value!r} is not a phone number"


def _whole(form: Form, key: str, low: int, high: int) -> Iterator[Broken]:
    value = _one(form, key)
    if value and not (value.isdecimal() and low <= int(value) <= high):
        yield 20001, f"{key} {value!r} is not from {low} to {high}"


def _address(form: Form, key: str, code: int) -> Iterator[Broken]:
    value = _one(form, key)
    if not value:
        return
    parts = urlsplit(value)
    if parts.scheme not in {"http", "https"} or not parts.hostname or "_" in parts.hostname:
        yield code, f"{key} {value!r} is not an address Twilio can call"


#: Finds every rule a request breaks.
Rules = Callable[[Form], list[Broken]]
