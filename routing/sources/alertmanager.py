"""Prometheus Alertmanager's webhook, version 4.

Body: https://prometheus.io/docs/alerting/latest/configuration/#webhook_config, and `template.Data` in its source.
Unknown fields are ignored, so newer ones (`notification_reason`, `routeLabels`) pass.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Annotated, Generic, Literal, TypeVar

import msgspec

from routing.alert import Alert, AlertStatus, SourceGroup
from routing.fingerprint import fingerprint
from routing.sources.base import (
    ANNOTATION_LIMIT,
    LABEL_LIMIT,
    RAW_LIMIT,
    BodyError,
    Decoded,
    Glance,
    Rejected,
    Source,
    bounded,
    without_nul,
)

_T = TypeVar("_T")


class _Alert(msgspec.Struct, gc=False, rename="camel"):
    status: AlertStatus
    labels: dict[str, str]
    starts_at: Annotated[datetime, msgspec.Meta(tz=True)]
    ends_at: Annotated[datetime, msgspec.Meta(tz=True)] | None = None
    annotations: dict[str, str] | None = None
    generator_url: str = msgspec.field(name="generatorURL", default="")
    fingerprint: str = ""


class _Body(msgspec.Struct, Generic[_T], gc=False, rename="camel"):
    version: Literal["4"]
    group_key: str
    alerts: list[_T]
    #: Of the group, computed after truncation, so it may lie: nothing is decided by it.
    status: AlertStatus | None = None
    receiver: str = ""
    group_labels: dict[str, str] | None = None
    truncated_alerts: int = 0
    external_url: str = msgspec.field(name="externalURL", default="")


_BODY = msgspec.json.Decoder(_Body[msgspec.Raw])
#: Reads every alert at once, and fails as a whole where one is wrong.
_WHOLE = msgspec.json.Decoder(_Body[_Alert])
_ALERT = msgspec.json.Decoder(_Alert)
#: Everything reading untrusted JSON may raise: wrong types, broken UTF-8, endless nesting, years beyond the calendar.
_UNREADABLE = (msgspec.DecodeError, UnicodeDecodeError, RecursionError, OverflowError)
_PATH = re.compile(r" - at `(\$[^`]*)`$")
_MISSING = re.compile(r"missing required field `([^`]+)`")
_QUOTED = re.compile(r"\\([\\.+*?()|\[\]{}^$])")


def decode(body: bytes) -> Decoded:
    """The alerts of one webhook body.

    A bad alert among good ones is handed back as rejected; a body without one usable alert in it is refused.

    Raises:
        BodyError: the body is not JSON or not a version 4 webhook.
    """
    try:
        message = _BODY.decode(body)
    except _UNREADABLE as error:
        raise _body_error(error) from error
    nul = b"\\u0000" in body
    alerts: list[Alert] = []
    rejected: list[Rejected] = []
    for index, raw in enumerate(message.alerts):
        try:
            alerts.append(_alert(raw, nul=nul))
        except _UNREADABLE as error:
            rejected.append(_rejected(index, raw, error))
    if rejected and not alerts:
        raise BodyError(rejected[0].reason, rejected[0].path)
    return Decoded(group=_group(message, nul=nul), alerts=tuple(alerts), rejected=tuple(rejected))


def glance(body: bytes) -> Glance:
    """Whose turn a webhook body is and how loud it may be.

    Raises:
        BodyError: `decode` would refuse the body.
    """
    try:
        message = _WHOLE.decode(body)
    except _UNREADABLE:
        # Something is wrong with it; reading it alert by alert tells what, and whether the rest can be used.
        decoded = decode(body)
        firing = [alert.labels for alert in decoded.alerts if alert.status is AlertStatus.FIRING]
        key, receiver = decoded.group.key, decoded.group.receiver
    else:
        firing = [alert.labels for alert in message.alerts if alert.status is AlertStatus.FIRING]
        key, receiver = without_nul(message.group_key), _receiver(message.receiver)
    severities = frozenset([labels.get("severity", "") for labels in firing])
    return Glance(group_key=key, receiver=receiver, severities=severities)


def _group(message: _Body[msgspec.Raw], *, nul: bool) -> SourceGroup:
    return SourceGroup(
        key=without_nul(message.group_key),
        receiver=_receiver(message.receiver),
        labels=bounded(message.group_labels or {}, LABEL_LIMIT, nul=nul),
        truncated=max(message.truncated_alerts, 0),
        external_url=without_nul(message.external_url)[:LABEL_LIMIT],
    )


def _receiver(name: str) -> str:
    # Alertmanager regexp-quotes the name; people know it unquoted.
    return without_nul(_QUOTED.sub(r"\1", name) if "\\" in name else name)


def _alert(raw: msgspec.Raw, *, nul: bool) -> Alert:
    seen = _ALERT.decode(raw)
    labels, annotations = seen.labels, seen.annotations or {}
    # Nothing inside can be over a limit, or too many, when the whole is short.
    if nul or len(memoryview(raw)) > LABEL_LIMIT:
        labels = dict(bounded(labels, LABEL_LIMIT, nul=nul))
        annotations = dict(bounded(annotations, ANNOTATION_LIMIT, nul=nul))
    return Alert(
        fingerprint=without_nul(seen.fingerprint)[:64] or fingerprint(seen.labels),
        status=seen.status,
        labels=labels,
        annotations=annotations,
        starts_at=_utc(seen.starts_at),
        ends_at=_ends_at(seen),
        generator_url=without_nul(seen.generator_url)[:LABEL_LIMIT],
    )


def _ends_at(seen: _Alert) -> datetime | None:
    # Go's zero time means "not yet"; a firing alert has not ended, even where its poster gave an end to come.
    if seen.status is AlertStatus.FIRING or seen.ends_at is None or seen.ends_at.year == 1:
        return None
    return _utc(seen.ends_at)


def _utc(instant: datetime) -> datetime:
    return instant if instant.tzinfo is UTC else instant.astimezone(UTC)


def _rejected(index: int, raw: msgspec.Raw, error: Exception) -> Rejected:
    inner = _body_error(error)
    text = bytes(raw)[: RAW_LIMIT * 4].decode("utf-8", "replace")
    return Rejected(
        index=index,
        path=f"$.alerts[{index}]{inner.path[1:]}",
        reason=inner.what,
        raw=without_nul(text)[:RAW_LIMIT],
    )


def _body_error(error: Exception) -> BodyError:
    if isinstance(error, RecursionError):
        return BodyError("nested too deeply")
    if isinstance(error, UnicodeDecodeError):
        return BodyError("not UTF-8")
    if isinstance(error, OverflowError):
        return BodyError("a time lies outside the years 1 to 9999")
    text = str(error)
    place = _PATH.search(text)
    path = place.group(1) if place else "$"
    what = _PATH.sub("", text)
    missing = _MISSING.search(what)
    if missing:
        path = f"{path}.{missing.group(1)}"
    if path == "$.version":
        what = 'the version must be "4"'
    return BodyError(what, path)


SOURCE = Source(
    name="alertmanager",
    title="Prometheus Alertmanager",
    decode=decode,
    glance=glance,
    example=b"""{
  "version": "4", "groupKey": "{}:{alertname=\\"DiskFull\\"}", "status": "firing", "receiver": "oncall",
  "groupLabels": {"alertname": "DiskFull"}, "truncatedAlerts": 0, "externalURL": "http://alertmanager.example:9093",
  "alerts": [{
    "status": "firing",
    "labels": {"alertname": "DiskFull", "severity": "critical", "service": "checkout", "instance": "web-1:9100"},
    "annotations": {"summary": "The disk of web-1 is 97 % full."},
    "startsAt": "2026-01-05T03:04:05.678Z", "endsAt": "0001-01-01T00:00:00Z",
    "generatorURL": "http://prometheus.example:9090/graph", "fingerprint": "5ef77f1f8a3ecfb8"}]}
""",
)
