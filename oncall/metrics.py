"""What the engine counts about itself, for Prometheus."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

_FAST = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
_LATE = (0.01, 0.05, 0.1, 0.25, 0.5, 1, 2, 5, 15, 60, 300)


class Metrics:
    """One registry per engine, so that several engines in one process stay apart."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        registry = self.registry
        self.bodies = Counter(
            "oncall_intake_bodies",
            "Webhook bodies by integration and answer.",
            ["integration", "answer"],
            registry=registry,
        )
        self.alerts = Counter(
            "oncall_intake_alerts", "Alert reports by what they meant.", ["meaning"], registry=registry
        )
        self.accept_seconds = Histogram(
            "oncall_intake_commit_seconds", "From body read to committed.", buckets=_FAST, registry=registry
        )
        self.batch_seconds = Histogram(
            "oncall_intake_batch_seconds", "One transaction of the inbox.", buckets=_FAST, registry=registry
        )
        self.queue = Gauge("oncall_intake_queue", "Bodies that wait in the inbox.", registry=registry)
        self.grouping_failures = Counter(
            "oncall_grouping_failures",
            "Alerts that opened their own incident because grouping failed.",
            registry=registry,
        )
        self.incidents = Gauge("oncall_incidents_open", "Open incidents by status.", ["status"], registry=registry)
        self.step_lateness = Histogram(
            "oncall_step_lateness_seconds",
            "How long after its due instant a step was taken.",
            buckets=_LATE,
            registry=registry,
        )
        self.exhausted = Counter(
            "oncall_policies_exhausted", "Escalations that ran out of steps.", ["team"], registry=registry
        )
        self.deliveries = Counter(
            "oncall_deliveries", "Attempts to carry a page, by outcome.", ["channel", "outcome"], registry=registry
        )
        self.delivery_seconds = Histogram(
            "oncall_delivery_seconds",
            "How long a provider took to answer.",
            ["channel"],
            buckets=_FAST,
            registry=registry,
        )
        self.page_lateness = Histogram(
            "oncall_page_lateness_seconds",
            "How long after its due instant a page was sent.",
            buckets=_LATE,
            registry=registry,
        )
        self.acknowledgements = Counter(
            "oncall_acknowledgements", "Acknowledgements by door.", ["via"], registry=registry
        )
        self.loop_lag = Gauge("oncall_loop_lag_seconds", "How late the event loop woke last.", registry=registry)
        self.loop_failures = Counter(
            "oncall_loop_failures", "Rounds of the loop that failed.", ["stage"], registry=registry
        )
        self.feed_age = Gauge(
            "oncall_feed_age_seconds", "Since a calendar was last read well.", ["schedule"], registry=registry
        )
        self.feed_errors = Gauge(
            "oncall_feed_failing", "1 while a calendar cannot be read.", ["schedule"], registry=registry
        )
        self.rotation_findings = Gauge(
            "oncall_rotation_findings",
            "Trouble ahead within 30 days: gaps, unknown names, people who cannot be reached and the like.",
            ["schedule", "kind"],
            registry=registry,
        )
        self.heartbeat_age = Gauge(
            "oncall_heartbeat_age_seconds",
            "Since an Alertmanager's Watchdog was last heard.",
            ["integration"],
            registry=registry,
        )
