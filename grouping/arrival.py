"""What grouping is told about one alert."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

import msgspec

from routing.alert import Alert, Severity, SourceGroup

#: A source's own start time is believed this far back; anything older is dated by its arrival.
BELIEVED = timedelta(minutes=15)


#: What stands for the rule in a deploy's kind: "a deploy of cart". No alert is called so.
DEPLOY = "a deploy"


class Deployed(msgspec.Struct, frozen=True, kw_only=True):
    """A service was deployed: counted like an alert that calls nobody and has no incident of its own."""

    service: str
    at: datetime


class Arrival(msgspec.Struct, frozen=True, kw_only=True):
    """One alert that starts to fire, with what routing resolved about it.

    `episode` is the caller's name of this run from firing to resolved; moves and later calls speak of it.
    """

    episode: str
    alert: Alert
    #: After the configured mapping of the severity label; `CRITICAL` is page-worthy.
    severity: Severity
    team: str
    #: The catalog's service, "" where the alert resolved to a team alone.
    service: str = ""
    #: The source's own group, where it sent one; its labels help before the statistics have anything to say.
    source_group: SourceGroup | None = None

    @property
    def pages(self) -> bool:
        """Whether somebody is to be called for it."""
        return self.severity is Severity.CRITICAL

    def happened(self, now: datetime) -> float:
        """When it began, in seconds since the epoch: the source's word where that is believable, else `now`."""
        starts = self.alert.starts_at
        return (starts if now - BELIEVED <= starts <= now else now).timestamp()


def arrival_labels(arrival: Arrival) -> Mapping[str, str]:
    """The alert's labels, with the resolved service in place of a missing one."""
    labels = arrival.alert.labels
    return {**labels, "service": arrival.service} if arrival.service and "service" not in labels else labels
