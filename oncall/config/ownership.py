"""The ordered rules of `ownership:` in `oncall.yaml`, by which an alert finds its owner."""

from __future__ import annotations

from oncall.config.section import Keys, Section, sentence
from routing.matchers import MatcherError, parse_matchers
from routing.rules import (
    DependencyRule,
    LabelRule,
    MatchRule,
    NamespaceRule,
    OwnerRule,
    PathRule,
    ServiceRule,
    default_rules,
)

OWNERSHIP_KEYS: Keys = {
    "match": 'matchers as in Alertmanager, as `\'alertname=~"Kube.*", cluster="eu"\'`; with `team` or `service`',
    "team": "with `match`: the team these alerts belong to",
    "service": "with `match`: the service they are about; without: labels that name a service",
    "label": "labels that name the team itself, as `[team, owner]`",
    "namespace": "labels that name a Kubernetes namespace of a service",
    "dependency": "labels that name something which one team's services depend on",
    "path": "labels that hold a module or file path",
    "reporters": "with `service`: `true` to take the word of exporters, too, which usually report on others",
}
_KINDS: dict[str, type[LabelRule | NamespaceRule | DependencyRule | PathRule]] = {
    "label": LabelRule,
    "namespace": NamespaceRule,
    "dependency": DependencyRule,
    "path": PathRule,
}


def read_ownership(section: Section) -> tuple[OwnerRule, ...]:
    """The rules in order. Where all of them are matchers, they stand at their usual place in the default order."""
    rules: list[OwnerRule] = []
    for part in section.sections("ownership", OWNERSHIP_KEYS, about="ownership rule"):
        rule = _rule(part)
        if rule is not None:
            rules.append(rule)
    matchers = [rule for rule in rules if isinstance(rule, MatchRule)]
    return default_rules(matchers) if len(matchers) == len(rules) else tuple(rules)


def _rule(section: Section) -> OwnerRule | None:
    place = section.place()
    origin = f"{place.file}:{place.line}"
    if section.has("match"):
        return _match(section, origin)
    given = [key for key in ("label", "service", "namespace", "dependency", "path") if section.has(key)]
    if len(given) != 1:
        what = f"{section.about} has {' and '.join(given) or 'nothing that decides'}"
        section.reading.error(place, what, "Write one of match, label, service, namespace, dependency or path")
        return None
    labels = section.words(given[0])
    section.reading.places["ownership", origin] = place
    if given == ["service"]:
        return ServiceRule(labels=labels, reporters=section.flag("reporters"), origin=origin)
    return _KINDS[given[0]](labels=labels, origin=origin)


def _match(section: Section, origin: str) -> MatchRule | None:
    team, service = section.text("team"), section.text("service")
    if bool(team) == bool(service):
        what = f"{section.about} names {'both a team and a service' if team else 'neither a team nor a service'}"
        section.reading.error(section.place(), what, "Write match: with team: TEAM or service: SERVICE")
    for key in ("team", "service"):
        section.reading.places["ownership", origin, key] = section.place(key)
    try:
        matchers = parse_matchers(section.text("match", required=True))
    except MatcherError as error:
        section.wrong("match", "cannot be read", sentence(str(error)))
        return None
    return MatchRule(matchers=matchers, team=team, service=service, origin=origin)
