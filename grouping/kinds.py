"""Alert kinds: what recurs, told from the labels that change each time."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from grouping.settings import MEASURED, Settings
from grouping.volatility import Volatility

#: Labels that name the thing an alert is about, most telling first.
THING = (
    "service",
    "app",
    "app_kubernetes_io_name",
    "application",
    "component",
    "workload",
    "deployment",
    "statefulset",
    "daemonset",
    "cronjob",
    "job_name",
    "topic",
    "queue",
    "consumergroup",
    "node",
    "nodename",
    "hostname",
    "host",
    "instance",
    "device_id",
    "device",
    "target",
    "pod",
    "container",
    "job",
    "namespace",
)
#: Labels a team sets to name its own thing; they speak louder than a name in front of the rule ("cart:HighErrors").
NAMED_BY_THEIR_TEAM = frozenset(THING[:6])
#: Labels that say where the thing runs.
SCOPE = ("cluster", "region", "datacenter", "environment", "env", "stage", "tenant")
#: Labels about the rule or its readers, never part of what recurs.
ABOUT_THE_RULE = frozenset(
    {"alertname", "severity", "priority", "team", "owner", "prometheus", "replica", "monitor", "alertstate", "slo"}
)
#: Labels whose values are made anew each time; they name a thing only through the stable part of their value.
VOLATILE = frozenset(
    {"pod", "pod_name", "container_id", "id", "uid", "pod_uid", "value", "exported_instance", "endpoint", "pod_ip"}
)

#: Kubernetes draws pod names without vowels; anything else that is short must carry a digit to count as drawn.
_DRAWN_TAIL = re.compile(
    r"(-(?=[0-9a-z]*\d)[0-9a-z]{6,16})?-(([bcdfghjklmnpqrstvwxz2456789]{5})|((?=[a-z]*\d)[0-9a-z]{4,5}))$"
    r"|-(?=[a-f]*\d)[0-9a-f]{6,40}$|-\d+$"
)
_MADE_ANEW = re.compile(
    r"[0-9a-f]{8}-[0-9a-f]{4}-|^[0-9a-f]{12,}$|^\d{1,3}(\.\d{1,3}){3}(:\d+)?$|^\[?[0-9a-f:]*::?[0-9a-f:]+\]?(:\d+)?$|^[\d.]+$"
)
_RULE_WITH_THING = re.compile(r"^(?P<thing>[^:/]+)[:/](?P<rule>[^:/]+)$")


@dataclass(frozen=True, slots=True)
class Kind:
    """What recurs: a rule, the thing it is about, and where that runs."""

    rule: str
    thing: str
    scope: str

    @property
    def component(self) -> str:
        """The thing where it runs, whatever the rule."""
        return f"{self.thing}@{self.scope}" if self.scope else self.thing

    @property
    def key(self) -> str:
        """The kind's name in the database; never changes meaning."""
        return f"{self.rule}|{self.component}"

    @property
    def readable(self) -> str:
        """As people would say it: "HighErrorRate of checkout in prod-eu1"."""
        of = f" of {self.thing}" if self.thing else ""
        where = f" in {self.scope}" if self.scope else ""
        return f"{self.rule}{of}{where}"


def kind_of(labels: Mapping[str, str], volatility: Volatility, settings: Settings = MEASURED) -> Kind:
    """The kind of an alert with these labels, with what was learned and declared about which of them are volatile."""
    rule = next((r for r in settings.kinds if all(labels.get(k) == v for k, v in r.match.items())), None)
    dropped = {*settings.volatile, *(rule.volatile if rule else ())}
    name = labels.get("alertname", "")
    split = _RULE_WITH_THING.match(name)
    alert_rule = split["rule"] if split else name
    scope_labels = rule.scope if rule and rule.scope else SCOPE
    scope = "/".join(labels[k] for k in scope_labels if labels.get(k) and k not in dropped)
    if rule and rule.thing:
        return Kind(alert_rule, "/".join(labels.get(k, "") for k in rule.thing), scope)
    stable = {k: v for k, v in labels.items() if v and k not in dropped and k not in ABOUT_THE_RULE}
    thing = _named_thing(alert_rule, stable, volatility, split["thing"] if split else "")
    return Kind(alert_rule, thing or _other_labels(alert_rule, stable, volatility), scope)


def stable_part(value: str) -> str:
    """A value without the pieces that are made anew each time: "cart-3f96747c-24f0x" is "cart"; "" if nothing stays."""
    return "" if _MADE_ANEW.search(value) else _DRAWN_TAIL.sub("", value)


def _named_thing(rule: str, labels: Mapping[str, str], volatility: Volatility, in_name: str) -> str:
    for label in THING:
        if in_name and label not in NAMED_BY_THEIR_TEAM:
            return in_name
        value = labels.get(label)
        if not value:
            continue
        if label in VOLATILE or volatility.is_volatile(rule, label):
            value = stable_part(value)
            if not value or label not in VOLATILE:
                continue
        elif _MADE_ANEW.search(value):
            continue
        return value
    return in_name


def _other_labels(rule: str, labels: Mapping[str, str], volatility: Volatility) -> str:
    return "/".join(
        f"{label}={value}"
        for label, value in sorted(labels.items())
        if label not in SCOPE
        and label not in VOLATILE
        and not volatility.is_volatile(rule, label)
        and not _MADE_ANEW.search(value)
    )
