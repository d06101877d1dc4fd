"""What the engine counts about itself, for Prometheus."""

from __future__ import annotations

from collections.abc import Sequence

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

_FAST = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
_LATE = (0.01, 0.05, 0.1, 0.25, 0.5, 1, 2, 5, 15, 60, 300)


class Metrics:
    """One registry per engine, so that several engines in one process stay apart."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.bodies = self._counter(
            "oncall_intake_bodies", "Webhook bodies by integration and answer.", ["integration", "answer"]
        )
        self.alerts = self._counter("oncall_intake_alerts", "Alert reports by what they meant.", ["meaning"])
        self.accept_seconds = self._histogram("oncall_intake_commit_seconds", "From body read to committed.", _FAST)
        self.batch_seconds = self._histogram("oncall_intake_batch_seconds", "One transaction of the inbox.", _FAST)
        self.queue = self._gauge("oncall_intake_queue", "Bodies that wait in the inbox.")
        self.grouping_failures = self._counter(
            "oncall_grouping_failures", "Alerts that opened their own incident because grouping failed."
        )
        self.incidents = self._gauge("oncall_incidents_open", "Open incidents by status.", ["status"])
        self.step_lateness = self._histogram(
            "oncall_step_lateness_seconds", "How long after its due instant a step was taken.", _LATE
        )
        self.exhausted = self._counter("oncall_policies_exhausted", "Escalations that ran out of steps.", ["team"])
        self.deliveries = self._counter(
            "oncall_deliveries", "Attempts to carry a page, by outcome.", ["channel", "outcome"]
        )
        self.reports = self._counter(
            "oncall_delivery_reports",
            "What providers reported later about messages, where it changed what was known.",
            ["channel", "outcome"],
        )
        self.provider_down = self._gauge(
            "oncall_provider_down", "1 while the latest attempts through a channel all failed.", ["channel"]
        )
        self.delivery_seconds = self._histogram(
            "oncall_delivery_seconds", "How long a provider took to answer.", _FAST, ["channel"]
        )
        self.page_lateness = self._histogram(
            "oncall_page_lateness_seconds", "How long after its due instant a page was sent.", _LATE
        )
        self.acknowledgements = self._counter("oncall_acknowledgements", "Acknowledgements by door.", ["via"])
        self.loop_lag = self._gauge("oncall_loop_lag_seconds", "How late the event loop woke last.")
        self.clock_steps = self._counter(
            "oncall_clock_steps", "How often the machine's clock was set by seconds or more."
        )
        self.loop_failures = self._counter("oncall_loop_failures", "Rounds of the loop that failed.", ["stage"])
        self.feed_age = self._gauge("oncall_feed_age_seconds", "Since a calendar was last read well.", ["schedule"])
        self.feed_errors = self._gauge("oncall_feed_failing", "1 while a calendar cannot be read.", ["schedule"])
        self.rotation_findings = self._gauge(
            "oncall_rotation_findings",
            "Trouble ahead within 30 days: gaps, unknown names, people who cannot be reached and the like.",
            ["schedule", "kind"],
        )
        self.rotation_health = self._gauge(
            "oncall_rotation_health", "Health score from 0 to 100, as of the last snapshot.", ["schedule"]
        )
        self.rotation_planned = self._gauge(
            "oncall_rotation_planned_seconds", "How far ahead a rotation is planned.", ["schedule"]
        )
        self.heartbeat_age = self._gauge(
            "oncall_heartbeat_age_seconds", "Since an Alertmanager's Watchdog was last heard.", ["integration"]
        )

    def _counter(self, name: str, about: str, labels: Sequence[str] = ()) -> Counter:
        return Counter(name, about, labels, registry=self.registry)

    def _gauge(self, name: str, about: str, labels: Sequence[str] = ()) -> Gauge:
        return Gauge(name, about, labels, registry=self.registry)

    def _histogram(self, name: str, about: str, buckets: Sequence[float], labels: Sequence[str] = ()) -> Histogram:
        return Histogram(name, about, labels, buckets=buckets, registry=self.registry)
