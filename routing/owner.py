"""Whose alert it is, and why: total, so that no label set is left without an owner."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

import msgspec

from routing.catalog import Catalog, Entry, normalised
from routing.match_index import MatchIndex
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
from routing.team_names import TeamNames

Labels = Mapping[str, str]


class Ownership(msgspec.Struct, frozen=True, kw_only=True):
    """The team an alert resolves to, and the path to it."""

    team: str
    service: str | None = None
    #: The kind of rule that decided: label, match, service, namespace, dependency, path, fallback.
    rule: str
    #: Where the deciding line was written ("catalog/services.yaml:12 (own)"), "" for built-in rules.
    source: str = ""
    #: Why, as sentences for people, the deciding one first.
    reasons: tuple[str, ...]
    #: What was asked before, in order, and why it did not decide.
    tried: tuple[str, ...] = ()


class _Found(msgspec.Struct, frozen=True):
    team: str
    service: str | None
    rule: str
    source: str
    reason: str


_Stage = Callable[[Labels, list[str]], _Found | None]

_REPORTERS = frozenset(
    {"kube-state-metrics", "node-exporter", "cadvisor", "kubelet", "pushgateway", "blackbox", "apiserver", "prometheus"}
)


class Resolver:
    """Resolves label sets; built once per reload, then only read.

    Args:
        catalog: The services.
        teams: Ids of the teams there are.
        fallback: The team that owns what nothing else resolves.
        rules: In order of trial; None is the default order.
        team_aliases: Other names of teams (display names, former names, mail addresses), any case, to their ids.
    """

    def __init__(
        self,
        catalog: Catalog,
        teams: Collection[str],
        fallback: str,
        rules: Sequence[OwnerRule] | None = None,
        team_aliases: Mapping[str, str] | None = None,
    ) -> None:
        self._catalog = catalog
        self._names = TeamNames(teams, team_aliases, (group.names for group in catalog.groups))
        self._owners: dict[str, str | None] = {}
        self._fallback = fallback
        self._stages = tuple(self._compiled(default_rules() if rules is None else rules))

    def resolve(self, labels: Labels, integration_fallback: str | None = None) -> Ownership:
        """The owner of an alert with these labels. Never fails.

        `integration_fallback` is the team that the alert's integration names for what nothing resolves.
        """
        tried: list[str] = []
        for stage in self._stages:
            found = stage(labels, tried)
            if found is not None:
                return Ownership(
                    team=found.team,
                    service=found.service,
                    rule=found.rule,
                    source=found.source,
                    reasons=(found.reason,),
                    tried=tuple(dict.fromkeys(tried)),
                )
        if integration_fallback:
            return self._fell_through(integration_fallback, "the fallback team of its integration", labels, tried)
        return self._fell_through(self._fallback, "the fallback team", labels, tried)

    def team(self, name: str) -> str | None:
        """The id of the team of that id, alias or former name, or None."""
        return self._names.find(name)

    def owner_of(self, entry: Entry) -> str | None:
        """The team that owns an entry: the first of its owners that is one, or None."""
        try:
            return self._owners[entry.name]
        except KeyError:
            teams = (self.team(owner) for owner in (entry.owner, *entry.other_owners))
            return self._owners.setdefault(entry.name, next((team for team in teams if team is not None), None))

    def _fell_through(self, team: str, what: str, labels: Labels, tried: list[str]) -> Ownership:
        reason = f"no rule knows an owner, so {what}, {team}" if labels else f"it has no labels, so {what}, {team}"
        return Ownership(
            team=team,
            service=self._service(labels),
            rule="fallback",
            reasons=(reason,),
            tried=tuple(dict.fromkeys(tried)),
        )

    def _service(self, labels: Labels) -> str | None:
        """The service an unowned alert is still about: in the catalog, but without a team."""
        entry = self._catalog.find(labels.get("service", ""))
        return entry.name if entry else None

    def _compiled(self, rules: Sequence[OwnerRule]) -> Iterable[_Stage]:
        run: list[MatchRule] = []
        for rule in rules:
            if isinstance(rule, MatchRule):
                run.append(rule)
                continue
            if run:
                yield self._match_stage(run)
                run = []
            yield self._stage(rule)
        if run:
            yield self._match_stage(run)

    def _stage(self, rule: OwnerRule) -> _Stage:
        match rule:
            case LabelRule():
                return lambda labels, tried: self._by_label(rule, labels, tried)
            case ServiceRule():
                return lambda labels, tried: self._by_service(rule, labels, tried)
            case NamespaceRule():
                return lambda labels, tried: self._by_index(
                    "namespace", self._catalog.by_namespace, rule.labels, labels, tried
                )
            case DependencyRule():
                return lambda labels, tried: self._by_index(
                    "dependency", self._catalog.dependents, rule.labels, labels, tried
                )
            case PathRule():
                return lambda labels, tried: self._by_path(rule, labels, tried)
            case MatchRule():
                return self._match_stage([rule])

    def _by_label(self, rule: LabelRule, labels: Labels, tried: list[str]) -> _Found | None:
        for label in rule.labels:
            value = labels.get(label)
            if not value:
                continue
            team = self.team(value)
            if team is not None:
                return _Found(
                    team, self._service(labels), "label", rule.origin, f'the label {label}="{value}" names it'
                )
            tried.append(f'label {label}="{value}": no such team')
        return None

    def _match_stage(self, rules: Sequence[MatchRule]) -> _Stage:
        index = MatchIndex(rules)

        def stage(labels: Labels, tried: list[str]) -> _Found | None:
            for rule in index.matching(labels):
                found = self._by_match(rule, labels, tried)
                if found is not None:
                    return found
            tried.append(f"{len(rules)} matcher rules: none decides")
            return None

        return stage

    def _by_match(self, rule: MatchRule, labels: Labels, tried: list[str]) -> _Found | None:
        text = ", ".join(str(matcher) for matcher in rule.matchers)
        place = f" ({rule.origin})" if rule.origin else ""
        entry = self._catalog.find(rule.service) if rule.service else None
        team = self.team(rule.team) if rule.team else self.owner_of(entry) if entry else None
        if team is None:
            tried.append(f"rule {{{text}}}{place}: it names no team there is")
            return None
        service = entry.name if entry else self._service(labels)
        return _Found(team, service, "match", rule.origin, f"the rule {{{text}}} gives it to {team}")

    def _by_service(self, rule: ServiceRule, labels: Labels, tried: list[str]) -> _Found | None:
        for label in rule.labels:
            value = labels.get(label)
            if not value or (not rule.reporters and _is_reporter(value)):
                continue
            for how, claimed in self._claims(value):
                found = self._owned(claimed, f'{label}="{value}"', how, "service", tried)
                if found is not None:
                    return found
        return None

    def _claims(self, value: str) -> Iterable[tuple[str, tuple[Entry, ...]]]:
        catalog = self._catalog
        exact = catalog.by_name.get(value)
        if exact is not None:
            yield "is the service", (exact,)
            return
        alias = catalog.by_alias.get(value.lower())
        if alias:
            yield "is another name of the service", alias
            return
        last = value.rpartition("/")[2]
        yield (
            "reads like the service",
            catalog.by_normal.get(normalised(value)) or catalog.by_normal.get(normalised(last), ()),
        )

    def _by_index(
        self,
        how: str,
        index: Mapping[str, tuple[Entry, ...]],
        names: Sequence[str],
        labels: Labels,
        tried: list[str],
    ) -> _Found | None:
        what = "is the namespace of" if how == "namespace" else "is used by"
        for label in names:
            value = labels.get(label)
            if not value:
                continue
            claimed = index.get(value if how == "namespace" else value.lower(), ())
            found = self._owned(claimed, f'{label}="{value}"', what, how, tried)
            if found is not None:
                return found
        return None

    def _by_path(self, rule: PathRule, labels: Labels, tried: list[str]) -> _Found | None:
        for label in rule.labels:
            value = labels.get(label)
            if not value:
                continue
            what = f'{label}="{value}"'
            found = self._owned(self._catalog.paths.services_at(value), what, "lies in", "path", tried)
            found = found or self._by_code_owner(value, what, labels, tried)
            if found is not None:
                return found
        return None

    def _by_code_owner(self, path: str, what: str, labels: Labels, tried: list[str]) -> _Found | None:
        repository = labels.get("repository") or labels.get("repo") or ""
        lines = self._catalog.paths.code_owners_at(path, repository)
        owned = [(team, line) for line in lines for owner in line.owners[:8] if (team := self.team(owner))]
        teams = {team for team, _ in owned[:1]} if len(lines) == 1 else {team for team, _ in owned}
        if len(teams) == 1:
            team, line = owned[0]
            reason = f"{what} is covered by the code owners' line {line.pattern}, owned by {team}"
            return _Found(team, None, "path", str(line.origin), reason)
        if lines:
            which = "names no team there is" if not teams else "differs between repositories"
            tried.append(f"{what}: the code owners' line {lines[0].pattern} {which}")
        return None

    def _owned(self, claimed: tuple[Entry, ...], what: str, how: str, rule: str, tried: list[str]) -> _Found | None:
        """The team of the entries that claim something, where they agree on one."""
        if not claimed:
            tried.append(f"{what}: no {rule} of that name" if rule != "path" else f"{what}: no path pattern matches")
            return None
        owners = {self.owner_of(entry) for entry in claimed}
        names = ", ".join(entry.name for entry in claimed[:3]) + (" and others" if len(claimed) > 3 else "")
        team = next(iter(owners))
        if len(owners) > 1:
            tried.append(f"{what} {how} {names}, whose owners differ")
            return None
        if team is None:
            tried.append(f"{what} {how} {names}, which no team there is owns")
            return None
        origin = claimed[0].origin("owner")
        service = claimed[0].name if len(claimed) == 1 else None
        return _Found(team, service, rule, str(origin) if origin else "", f"{what} {how} {names}, owned by {team}")


def _is_reporter(value: str) -> bool:
    word = value.lower().replace("_", "-")
    return word in _REPORTERS or word.endswith("-exporter")
