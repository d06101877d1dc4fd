"""Backstage's `catalog-info.yaml`: several documents a file, each an entity.

Format: https://backstage.io/docs/features/software-catalog/descriptor-format and `references`. A reference reads
`[kind:][namespace/]name`, in any case; without a namespace it means the one of the entity it stands in.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from routing.catalog.entry import Entry, Origin, Tool, ToolKind
from routing.catalog.fields import is_web_address, tier, tool, unique
from routing.catalog.part import Notes, Part
from routing.catalog.reading import Draft, Group, Holder, Location, Member, Reader, Reading
from routing.lined_yaml import LinedDict

_REF = re.compile(r"(?:([^:/]+):)?(?:([^:/]+)/)?([^:/]+)")
_IGNORED = {"template", "plugin"}
_REPOSITORIES = {
    "github.com/project-slug": "https://github.com/",
    "gitlab.com/project-slug": "https://gitlab.com/",
    "bitbucket.org/project-slug": "https://bitbucket.org/",
}
_SOURCE = "backstage.io/source-location"


class _Ref(NamedTuple):
    kind: str
    namespace: str
    name: str

    @property
    def id(self) -> str:
        """The full reference, by which entities of different files find one another."""
        return f"{self.kind}:{self.namespace}/{self.name}".lower()

    @property
    def short(self) -> str:
        """The name people and alerts use: without the namespace that everything is in unless said otherwise."""
        return self.name if self.namespace.lower() == "default" else f"{self.namespace}/{self.name}"


@dataclass(slots=True)
class _Found:
    drafts: list[Draft] = field(default_factory=list)
    holders: list[Holder] = field(default_factory=list)
    groups: list[Group] = field(default_factory=list)
    members: list[Member] = field(default_factory=list)
    locations: list[Location] = field(default_factory=list)


def read(text: str, file: str, source: str) -> Reading:
    """The entities of one file."""
    notes = Notes(file, source)
    found = _Found()
    for document in notes.documents(text):
        _document(document, found)
    return Reading(
        drafts=tuple(found.drafts),
        holders=tuple(found.holders),
        groups=tuple(found.groups),
        members=tuple(found.members),
        locations=tuple(found.locations),
        problems=tuple(notes.problems),
    )


def _document(document: Part, found: _Found) -> None:
    kind = document.text("kind").lower()
    if not kind:
        document.notes.error(document.line(), "kind is missing", "Add kind: Component")
        return
    take = _KINDS.get(kind)
    if take is None:
        if kind not in _IGNORED:
            document.notes.warn(document.line("kind"), f"kind {kind!r} is not known", f"Known: {', '.join(_KINDS)}")
        return
    metadata = document.part("metadata")
    name = metadata.text("name") if metadata else ""
    if metadata is None or (not name and kind != "location"):
        document.notes.error(
            document.line("metadata"), f"the {kind} has no metadata.name", "Add metadata: {name: NAME}"
        )
        return
    if "{{" in name:
        metadata.notes.warn(
            metadata.line("name"), f"{name!r} is a template's placeholder", "Keep skeletons out of the source"
        )
        return
    spec = document.part("spec") or Part(_empty(document), document.notes)
    take(_Entity(_Ref(kind, metadata.text("namespace") or "default", name), metadata, spec), found)


def _empty(document: Part) -> LinedDict:
    empty = LinedDict()
    empty.line, empty.lines = document.line("spec"), {}
    return empty


@dataclass(frozen=True, slots=True)
class _Entity:
    ref: _Ref
    metadata: Part
    spec: Part

    def refs(self, key: str, kind: str) -> tuple[_Ref, ...]:
        """The references of a field; `kind` is what one without a kind means."""
        read = (self.one(value, line, kind, key) for value, line in self.spec.items(key))
        return tuple(ref for ref in read if ref is not None)

    def one(self, value: object, line: int, kind: str, key: str) -> _Ref | None:
        """One reference, also in the old form {kind, namespace, name}."""
        if isinstance(value, LinedDict) and isinstance(value.get("name"), str):
            part = Part(value, self.spec.notes)
            return _Ref(
                (part.text("kind") or kind).lower(), part.text("namespace") or self.ref.namespace, part.text("name")
            )
        parsed = _REF.fullmatch(" ".join(value.split())) if isinstance(value, str) else None
        if parsed is None:
            self.spec.notes.warn(line, f"{key}: {value!r} is no reference", "Write [kind:][namespace/]name")
            return None
        return _Ref((parsed[1] or kind).lower(), parsed[2] or self.ref.namespace, parsed[3])

    def owners(self) -> tuple[str, ...]:
        """The owner as a team name, or "user:…" where it is a person."""
        return tuple(ref.id if ref.kind == "user" else ref.short for ref in self.refs("owner", "group")[:1])


def _service(entity: _Entity, found: _Found) -> None:
    """A Component or a Resource is an entry."""
    spec, metadata, ref = entity.spec, entity.metadata, entity.ref
    owners = entity.owners()
    if not spec.value.get("owner"):
        spec.notes.warn(spec.line(), f"{ref.kind} {ref.short}: spec.owner is missing", "Add owner: TEAM")
    annotations = _annotations(entity)
    labels = metadata.part("labels")
    entry = Entry(
        name=ref.short,
        owner=owners[0] if owners else "",
        tier=_tier(labels, metadata),
        lifecycle=spec.text("lifecycle"),
        description=metadata.text("description") if isinstance(metadata.value.get("description"), str) else "",
        aliases=unique((ref.name, metadata.text("title"), *_kubernetes_names(annotations)), ref.short),
        depends_on=unique((target.short for target in _depends(entity)), ref.short),
        tools=tuple(_tools(entity, annotations)),
        namespaces=unique((annotations.get("backstage.io/kubernetes-namespace", ""),)),
        tags=metadata.texts("tags"),
        origins={"name": metadata.origin("name")} | _origins(entity),
    )
    found.drafts.append(
        Draft(
            entry=entry,
            parents=tuple(
                parent.id
                for key, kind in (("subcomponentOf", "component"), ("system", "system"))
                for parent in entity.refs(key, kind)
            ),
            provides=tuple(api.id for api in entity.refs("providesApis", "api")),
            consumes=tuple(api.id for api in entity.refs("consumesApis", "api")),
            needed_by=tuple(user.short for user in entity.refs("dependencyOf", "component")),
        )
    )
    found.holders.append(Holder(id=ref.id, owners=owners, origin=spec.origin("owner")))


def _depends(entity: _Entity) -> Iterator[_Ref]:
    for value, line in entity.spec.items("dependsOn"):
        ref = entity.one(value, line, "component", "dependsOn")
        if ref is None:
            continue
        if isinstance(value, str) and ":" not in value:
            entity.spec.notes.warn(line, f"dependsOn {value!r} says no kind", f"Write component:{value}")
        yield ref


def _origins(entity: _Entity) -> dict[str, Origin]:
    spec = {"owner": "owner", "lifecycle": "lifecycle", "depends_on": "dependsOn"}
    metadata = {"description": "description", "aliases": "title", "tools": "links", "tags": "tags", "tier": "labels"}
    return {name: entity.spec.origin(key) for name, key in spec.items() if key in entity.spec.value} | {
        name: entity.metadata.origin(key) for name, key in metadata.items() if key in entity.metadata.value
    }


def _tier(labels: Part | None, metadata: Part) -> int | None:
    """Backstage has no tier; people write it as a label or a tag."""
    for key in labels.value if labels else ():
        if labels is not None and key.rpartition("/")[2].lower() in {"tier", "service-tier", "criticality"}:
            return tier(labels.text(key))
    return next((number for tag in metadata.texts("tags") if tag.startswith("tier") and (number := tier(tag))), None)


def _annotations(entity: _Entity) -> dict[str, str]:
    part = entity.metadata.part("annotations")
    return {key: str(value) for key, value in part.value.items() if value is not None} if part else {}


def _kubernetes_names(annotations: dict[str, str]) -> Iterator[str]:
    yield annotations.get("backstage.io/kubernetes-id", "")
    for pair in annotations.get("backstage.io/kubernetes-label-selector", "").split(","):
        label, _, value = pair.partition("=")
        if label.strip() in {"app", "app.kubernetes.io/name", "app.kubernetes.io/instance"}:
            yield value.strip("= ")


def _tools(entity: _Entity, annotations: dict[str, str]) -> Iterator[Tool]:
    for row in entity.metadata.parts("links"):
        url = row.text("url")
        if is_web_address(url):
            yield tool(row.text("title"), url, row.text("type"), row.text("icon"))
        elif url:
            row.notes.warn(row.line("url"), f"the link's address {url!r} is no web address", "Begin it with https://")
    for key, base in _REPOSITORIES.items():
        if annotations.get(key):
            yield Tool(kind=ToolKind.REPOSITORY, name=annotations[key], url=base + annotations[key])
            return
    address = annotations.get(_SOURCE, "").removeprefix("url:")
    if is_web_address(address):
        yield Tool(kind=ToolKind.REPOSITORY, name="source", url=address)


def _holder(entity: _Entity, found: _Found) -> None:
    """A System or a Domain lends its owner to what lies in it and says none."""
    parents = entity.refs("domain", "domain") + entity.refs("subdomainOf", "domain")
    found.holders.append(
        Holder(
            id=entity.ref.id,
            owners=entity.owners(),
            parents=tuple(parent.id for parent in parents),
            origin=entity.spec.origin("owner"),
        )
    )


def _group(entity: _Entity, found: _Found) -> None:
    profile = entity.spec.part("profile")
    names = (profile.text("displayName"), profile.text("email")) if profile else ()
    found.groups.append(
        Group(
            names=unique((entity.ref.short, entity.ref.name, entity.metadata.text("title"), *names)),
            origin=entity.metadata.origin("name"),
        )
    )
    for member in entity.refs("members", "user"):
        found.members.append(Member(id=member.id, groups=(entity.ref.short,)))


def _user(entity: _Entity, found: _Found) -> None:
    groups = entity.refs("memberOf", "group")
    found.members.append(Member(id=entity.ref.id, groups=tuple(group.short for group in groups)))


def _location(entity: _Entity, found: _Found) -> None:
    for key in ("target", "targets"):
        for value, line in entity.spec.items(key):
            if isinstance(value, str) and value.strip():
                origin = Origin(source=entity.spec.notes.source, file=entity.spec.notes.file, line=line)
                found.locations.append(Location(target=value.strip(), origin=origin))
            else:
                entity.spec.notes.warn(line, f"a target is no path: {value!r}", "Write a path or an address")


def _api(entity: _Entity, found: _Found) -> None:
    """An API is no service; whoever provides it is. Its owner is kept for those who provide it and say none."""
    found.holders.append(Holder(id=entity.ref.id, owners=entity.owners(), origin=entity.spec.origin("owner")))


_KINDS: dict[str, Callable[[_Entity, _Found], None]] = {
    "component": _service,
    "resource": _service,
    "api": _api,
    "system": _holder,
    "domain": _holder,
    "group": _group,
    "user": _user,
    "location": _location,
}

READER = Reader(
    name="backstage",
    title="Backstage",
    files=("catalog-info.yaml", "catalog-info.yml"),
    read=read,
    example="""\
apiVersion: backstage.io/v1alpha1
kind: Component
metadata:
  name: checkout
  title: Checkout
  description: Takes the cart to a paid order.
  labels: {tier: "1"}
  annotations:
    github.com/project-slug: shop/checkout
    backstage.io/kubernetes-id: checkout-api
  tags: [java]
  links:
    - {url: https://grafana.example/d/checkout, title: Dashboard, icon: dashboard}
spec:
  type: service
  lifecycle: production
  owner: group:default/payments
  system: shop
  dependsOn: [component:ledger, resource:default/orders-db]
  consumesApis: [cards]
---
apiVersion: backstage.io/v1alpha1
kind: System
metadata: {name: shop}
spec: {owner: payments}
---
apiVersion: backstage.io/v1alpha1
kind: Group
metadata: {name: payments}
spec: {type: team, profile: {displayName: Payments}, children: []}
""",
)
