"""Webhook bodies as Alertmanager posts them for kube-prometheus alerts, and the same alerts for its own API."""

from __future__ import annotations

import json
import random
import time
from typing import Any

#: Stands for an eight-digit number that makes every fingerprint of a body distinct.
PLACE = b"@@number@@"
SEVERITIES = ("critical", "warning", "warning", "info")


def alert(index: int, run: str, *, service: str, severity: str) -> dict[str, Any]:
    place = f"{run}-{PLACE.decode()}-{index}"
    return {
        "status": "firing",
        "labels": {
            "alertname": "KubePodCrashLooping",
            "cluster": "prod-eu-1",
            "container": "api",
            "instance": f"{place}.pods.example.com:8080",
            "job": "kube-state-metrics",
            "namespace": service,
            "pod": f"{service}-7d9c5b8f6d-{place}",
            "prometheus": "monitoring/k8s",
            "service": service,
            "severity": severity,
            "uid": place,
        },
        "annotations": {
            "description": f"Pod {service}/{service}-7d9c5b8f6d-{index} (api) is in waiting state (reason: "
            '"CrashLoopBackOff") on job kube-state-metrics.',
            "runbook_url": "https://runbooks.example.com/runbooks/kubernetes/kubepodcrashlooping",
            "summary": "Pod is crash looping.",
        },
        "startsAt": time.strftime("%Y-%m-%dT%H:%M:%S.000Z", time.gmtime()),
        "endsAt": "0001-01-01T00:00:00Z",
        "generatorURL": "https://prometheus.example.com/graph?g0.expr=max_over_time%28kube_pod_container_status_"
        "waiting_reason%7Breason%3D%22CrashLoopBackOff%22%7D%5B5m%5D%29+%3E%3D+1&g0.tab=1",
        "fingerprint": f"{random.getrandbits(24):06x}{PLACE.decode()}{index % 100:02d}",
    }


def webhook(alerts: list[dict[str, Any]], group: str) -> bytes:
    """One version 4 body."""
    first = alerts[0]
    shared = {k: v for k, v in first["labels"].items() if all(a["labels"].get(k) == v for a in alerts)}
    body = {
        "receiver": "oncall",
        "status": "firing",
        "alerts": alerts,
        "groupLabels": {"alertname": first["labels"]["alertname"], "namespace": group},
        "commonLabels": shared,
        "commonAnnotations": {},
        "externalURL": "https://alertmanager.example.com",
        "version": "4",
        # A group of its own: a message that does not name an earlier alert of its group says that this one is gone.
        "groupKey": f'{{}}:{{alertname="KubePodCrashLooping", namespace="{group}", uid="{PLACE.decode()}"}}',
        "truncatedAlerts": 0,
    }
    return json.dumps(body, separators=(",", ":")).encode() + b"\n"


def templates(alerts: int, groups: int, run: str, form: str = "webhook") -> list[bytes]:
    """Bodies with places for numbers, of that many alerts each; every group is another service's."""
    random.seed(run)
    found = []
    for group in range(groups):
        service = f"svc-{group}"
        batch = [alert(i, run, service=service, severity=SEVERITIES[i % 4]) for i in range(alerts)]
        if form == "webhook":
            found.append(webhook(batch, service))
        else:
            bare = [{k: v for k, v in a.items() if k not in {"status", "endsAt", "fingerprint"}} for a in batch]
            found.append(json.dumps(bare, separators=(",", ":")).encode())
    return found


def numbered(template: bytes, number: int) -> bytes:
    """A body of its own: no fingerprint of it was seen before."""
    return template.replace(PLACE, b"%08d" % number)
