"""Builds webhook bodies as Alertmanager does: a whole group each time, grouped by alert name and service."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec

from oncall.demo.outage import Report
from routing.fingerprint import fingerprint

#: Alertmanager's way of saying that an alert has not ended.
NOT_ENDED = "0001-01-01T00:00:00Z"
CLUSTER = "eu-1"


def labels_of(report: Report) -> dict[str, str]:
    """The alert's labels, as the example company's Prometheus writes them."""
    return {
        "alertname": report.name,
        "cluster": CLUSTER,
        "namespace": report.namespace,
        "service": report.service,
        "severity": report.severity,
        **report.labels,
    }


class DemoAlertmanager:
    """Remembers each group, so that every body names all of its alerts."""

    def __init__(self) -> None:
        self._groups: dict[tuple[str, str], dict[str, dict[str, Any]]] = {}

    def post(self, reports: tuple[Report, ...], now: datetime) -> list[bytes]:
        """The bodies these reports cause, one for each group they touch."""
        touched = dict.fromkeys((report.name, report.service) for report in reports)
        for report in reports:
            self._note(report, now)
        bodies = [self._body(key) for key in touched]
        for key in touched:
            # Once told, a resolved alert leaves its group.
            firing = {name: alert for name, alert in self._groups[key].items() if alert["status"] == "firing"}
            self._groups[key] = firing
        return bodies

    def _note(self, report: Report, now: datetime) -> None:
        labels = labels_of(report)
        name = fingerprint(labels)
        group = self._groups.setdefault((report.name, report.service), {})
        known = group.get(name)
        group[name] = {
            "status": "resolved" if report.resolved else "firing",
            "labels": labels,
            "annotations": {"summary": report.summary},
            "startsAt": known["startsAt"] if known else now.isoformat(),
            "endsAt": now.isoformat() if report.resolved else NOT_ENDED,
            "generatorURL": "http://prometheus.shop.example:9090/graph",
            "fingerprint": name,
        }

    def _body(self, key: tuple[str, str]) -> bytes:
        alerts = list(self._groups[key].values())
        firing = any(alert["status"] == "firing" for alert in alerts)
        labels = {"alertname": key[0], "service": key[1]}
        return msgspec.json.encode(
            {
                "version": "4",
                "groupKey": f'{{}}:{{alertname="{key[0]}", service="{key[1]}"}}',
                "truncatedAlerts": 0,
                "status": "firing" if firing else "resolved",
                "receiver": "oncall",
                "groupLabels": labels,
                "commonLabels": labels,
                "commonAnnotations": {},
                "externalURL": "http://alertmanager.shop.example:9093",
                "alerts": alerts,
            }
        )
