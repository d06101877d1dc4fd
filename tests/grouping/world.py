"""Alerts as the tests of grouping write them: `world.fire("HighErrorRate", "cart", at=30)`."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from grouping import Arrival, Grouper, Grouping, Settings
from routing.alert import Alert, AlertStatus, Severity, SourceGroup

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


@dataclass
class World:
    """A grouper, and a clock in seconds from a Monday morning."""

    grouper: Grouper = field(default_factory=Grouper)
    fired: int = 0

    def at(self, seconds: float) -> datetime:
        return START + timedelta(seconds=seconds)

    def fire(
        self,
        name: str,
        service: str = "",
        *,
        at: float = 0,
        team: str = "shop",
        severity: Severity = Severity.WARNING,
        group: SourceGroup | None = None,
        **labels: str,
    ) -> Grouping:
        self.fired += 1
        all_labels = {"alertname": name, **({"service": service} if service else {}), **labels}
        alert = Alert(
            fingerprint=f"{hash(tuple(sorted(all_labels.items()))):x}",
            status=AlertStatus.FIRING,
            labels=all_labels,
            annotations={},
            starts_at=self.at(at),
        )
        arrival = Arrival(
            episode=f"e{self.fired}",
            alert=alert,
            severity=severity,
            team=team,
            source_group=group,
        )
        return self.grouper.assign(arrival, self.at(at), new_incident=f"i{self.fired}")

    def page(self, name: str, service: str = "", **more) -> Grouping:
        return self.fire(name, service, severity=Severity.CRITICAL, **more)

    def sweep(self, at: float) -> None:
        """Let a few minutes pass in which reviews forget what is to be forgotten."""
        for n in range(20):
            self.grouper.review(self.at(at + 10 * n))

    def restart(self, settings: Settings | None = None, rows=None) -> World:
        """The same world after a restart that kept these rows."""
        again = Grouper(settings)
        again.load(rows)
        return World(again, self.fired)
