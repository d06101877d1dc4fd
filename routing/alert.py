"""The alert as the whole engine knows it, whatever source it came from."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum

import msgspec


class AlertStatus(StrEnum):
    """What the source says about one alert."""

    FIRING = "firing"
    RESOLVED = "resolved"


class Severity(StrEnum):
    """How loud an alert is, after the configured mapping of the `severity` label.

    `CRITICAL` pages, `WARNING` is shown as context in the team's channel, `INFO` is only recorded.
    """

    CRITICAL = "critical"
    WARNING = "warning"
    INFO = "info"

    @property
    def rank(self) -> int:
        """Higher is louder, so that severities compare."""
        return {"info": 0, "warning": 1, "critical": 2}[self.value]


class Alert(msgspec.Struct, frozen=True, kw_only=True):
    """One alert as a source reported it.

    `fingerprint` names the label set; one run from firing to resolved is an *episode*, and `starts_at` alone
    does not name it (Alertmanager moves it after losing its state).
    """

    fingerprint: str
    status: AlertStatus
    labels: Mapping[str, str]
    annotations: Mapping[str, str]
    starts_at: datetime
    #: None while the alert fires; sources write "0001-01-01T00:00:00Z" for it.
    ends_at: datetime | None = None
    generator_url: str = ""

    @property
    def name(self) -> str:
        """The alert's name; a label set may lack one, and then says so."""
        return self.labels.get("alertname") or "(no alertname)"

    @property
    def summary(self) -> str:
        """The shortest human sentence the alert carries: summary, else description, else message, else its name."""
        for key in ("summary", "message", "description", "title"):
            text = " ".join(self.annotations.get(key, "").split())
            if text:
                return text
        return self.name


class SourceGroup(msgspec.Struct, frozen=True, kw_only=True):
    """What a source said about the alerts it sent together.

    `key` is opaque and changes when the source's routes are edited. `truncated` counts alerts left out of the
    message: only where it is 0 does a group's silence about an alert mean anything.
    """

    key: str
    receiver: str
    labels: Mapping[str, str]
    truncated: int = 0
    external_url: str = ""
