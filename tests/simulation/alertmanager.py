"""One group of one Alertmanager, which posts until it is told 2xx."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from tests.acceptance import story


@dataclass
class Sender:
    """What a group's alerts do, and the body that was not taken yet."""

    name: str
    service: str
    alerts: dict[str, dict[str, Any]] = field(default_factory=dict)
    waiting: bytes | None = None
    #: What the last body that was answered with 2xx said of each alert.
    accepted: dict[str, str] = field(default_factory=dict)
    #: When each alert ended last.
    _ended: dict[str, str] = field(default_factory=dict)

    def change(self, number: int, now: datetime) -> None:
        """An alert of the group begins, or ends.

        None begins again in the second in which it ended: rules are evaluated less often, and nobody could tell such a
        message from one that comes late.
        """
        instant = now.strftime("%Y-%m-%dT%H:%M:%SZ")
        fresh = story.alert(f"{self.name}-{number % 2}", service=self.service, pod=str(number))
        known = self.alerts.get(fresh["fingerprint"])
        if known is not None and known["status"] == "firing":
            self._end(known, instant)
        elif self._ended.get(fresh["fingerprint"]) != instant:
            self.alerts[fresh["fingerprint"]] = {**fresh, "startsAt": instant}

    def end_all(self, now: datetime) -> None:
        """The trouble is over."""
        instant = now.strftime("%Y-%m-%dT%H:%M:%SZ")
        for known in [one for one in self.alerts.values() if one["status"] == "firing"]:
            self._end(known, instant)

    def _end(self, known: dict[str, Any], instant: str) -> None:
        self.alerts[known["fingerprint"]] = {**known, "status": "resolved", "endsAt": instant}
        self._ended[known["fingerprint"]] = instant

    def body(self, *, anew: bool) -> bytes | None:
        """What is posted now: the same bytes as before until they are taken, or what is so `anew`; None: nothing."""
        if not self.alerts:
            return self.waiting
        if anew or self.waiting is None:
            self.waiting = json.dumps(story.body(*self.alerts.values(), group=self.name)).encode()
        return self.waiting

    def taken(self, body: bytes) -> None:
        """It was answered with 2xx; alerts it called resolved are not sent again."""
        self.waiting = None
        for one in json.loads(body)["alerts"]:
            self.accepted[one["fingerprint"]] = one["status"]
            if self.alerts.get(one["fingerprint"]) == one and one["status"] == "resolved":
                del self.alerts[one["fingerprint"]]
