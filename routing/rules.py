"""The ordered rules by which an alert finds its owner, as the configuration declares them."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from routing.matchers import Matcher


class LabelRule(msgspec.Struct, frozen=True, kw_only=True, tag="label"):
    """A label that names the team itself."""

    labels: tuple[str, ...]
    origin: str = ""


class MatchRule(msgspec.Struct, frozen=True, kw_only=True, tag="match"):
    """Alerts that satisfy every matcher belong to this team, or to the team of this service."""

    matchers: tuple[Matcher, ...]
    team: str = ""
    service: str = ""
    #: "oncall.yaml:31", for the explanation.
    origin: str = ""


class ServiceRule(msgspec.Struct, frozen=True, kw_only=True, tag="service"):
    """A label that names a service: by name, then alias, then normalised form."""

    labels: tuple[str, ...]
    #: Also take the word of exporters, which usually report on others ("kube-state-metrics").
    reporters: bool = False
    origin: str = ""


class NamespaceRule(msgspec.Struct, frozen=True, kw_only=True, tag="namespace"):
    """A label that names a Kubernetes namespace which one service, or one team's services, run in."""

    labels: tuple[str, ...]
    origin: str = ""


class DependencyRule(msgspec.Struct, frozen=True, kw_only=True, tag="dependency"):
    """A label that names something not in the catalog which one team's services depend on."""

    labels: tuple[str, ...]
    origin: str = ""


class PathRule(msgspec.Struct, frozen=True, kw_only=True, tag="path"):
    """A label that holds a module or file path."""

    labels: tuple[str, ...]
    origin: str = ""


OwnerRule = LabelRule | MatchRule | ServiceRule | NamespaceRule | DependencyRule | PathRule

SERVICE_LABELS = (
    "service",
    "service_name",
    "app",
    "app_kubernetes_io_name",
    "application",
    "component",
    "deployment",
    "statefulset",
    "daemonset",
    "job",
)

_BEFORE: tuple[OwnerRule, ...] = (LabelRule(labels=("team", "owner")),)
_AFTER: tuple[OwnerRule, ...] = (
    ServiceRule(labels=SERVICE_LABELS),
    NamespaceRule(labels=("namespace", "exported_namespace", "kubernetes_namespace")),
    DependencyRule(labels=("dependency", "upstream", "database", "queue", "topic", *SERVICE_LABELS)),
    PathRule(labels=("module", "path", "file", "package")),
    ServiceRule(labels=SERVICE_LABELS, reporters=True),
)


def default_rules(matchers: Sequence[MatchRule] = ()) -> tuple[OwnerRule, ...]:
    """The order used where the configuration declares none: explicit label, matchers, then the catalog."""
    return (*_BEFORE, *matchers, *_AFTER)
