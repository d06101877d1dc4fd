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

    def change(self, number: int, now: datetime) -> None:
        """An alert of the group begins, or ends."""
        instant = now.strftime("%Y-%m-%dT%H:%M:%SZ")
        fresh = story.alert(f"{self.name}-{number % 2}", service=self.service, pod=str(number))
        known = self.alerts.get(fresh["fingerprint"])
        if known is None or known["status"] == "resolved":
            self.alerts[fresh["fingerprint"]] = {**fresh, "startsAt": instant}
        else:
            self.alerts[fresh["fingerprint"]] = {**known, "status": "resolved", "endsAt": instant}

    def end_all(self, now: datetime) -> None:
        """The trouble is over."""
        instant = now.strftime("%Y-%m-%dT%H:%M:%SZ")
        for fingerprint, known in self.alerts.items():
            if known["status"] == "firing":
                self.alerts[fingerprint] = {**known, "status": "resolved", "endsAt": instant}

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
