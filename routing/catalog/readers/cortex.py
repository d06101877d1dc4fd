"""Cortex entity descriptors (`cortex.yaml`): OpenAPI documents with `x-cortex-*` keys in `info`.

Format: https://docs.cortex.io/ingesting-data-into-cortex/entities/yaml and the pages on ownership inheritance. Older
files keep the keys beside `info`, write owner types in capitals, and have chat channels among the owners.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from routing.catalog.entry import Entry, Origin, Tool, ToolKind
from routing.catalog.fields import is_web_address, tier, tool, unique
from routing.catalog.part import Notes, Part
from routing.catalog.reading import Draft, Group, Holder, Reader, Reading
from routing.lined_yaml import LinedDict

_GIT = {"github": "https://github.com", "gitlab": "https://gitlab.com", "bitbucket": "https://bitbucket.org"}


class _Owner(NamedTuple):
    name: str
    kind: str
    inheritance: str


def read(text: str, file: str, source: str) -> Reading:
    """The entities of one file: services and resources as entries, domains as holders, teams as groups."""
    notes = Notes(file, source)
    drafts: list[Draft] = []
    holders: list[Holder] = []
    groups: list[Group] = []
    for document in notes.documents(text):
        info = _info(document)
        tag = info.text("x-cortex-tag")
        if not tag:
            notes.error(info.line(), "x-cortex-tag is missing", "Add x-cortex-tag: NAME under info:")
            continue
        kind = info.text("x-cortex-type").lower() or "service"
        if kind == "team":
            groups.append(_group(tag, info))
            continue
        owners = _owners(info)
        parents = tuple(_tags(info, "x-cortex-parents", "x-cortex-domain-parents"))
        holders.append(_holder(tag, owners, parents, info))
        if kind != "domain":
            drafts.append(Draft(entry=_entry(tag, owners, info), parents=parents))
    return Reading(drafts=tuple(drafts), holders=tuple(holders), groups=tuple(groups), problems=tuple(notes.problems))


def _info(document: Part) -> Part:
    inner = document.part("info") if isinstance(document.value.get("info"), LinedDict) else None
    if inner is None or ("x-cortex-tag" in document.value and "x-cortex-tag" not in inner.value):
        return document
    return inner


def _entry(tag: str, owners: list[_Owner], info: Part) -> Entry:
    # Groups are teams; a mail address means a team only where the configuration knows it as one.
    ordered = [owner.name for owner in owners if owner.kind == "group"] + [
        owner.name for owner in owners if owner.kind == "email"
    ]
    metadata = info.part("x-cortex-custom-metadata")
    title = info.text("title")
    return Entry(
        name=tag,
        owner=ordered[0] if ordered else "",
        other_owners=unique(ordered[1:]),
        tier=tier(metadata.text("tier")) if metadata and "tier" in metadata.value else None,
        lifecycle=_lifecycle(info),
        description=info.text("description"),
        aliases=unique((title,), tag),
        depends_on=unique((*_tags(info, "x-cortex-dependency"), *_related(info)), tag),
        tools=tuple(_tools(info)),
        tags=unique((*info.texts("x-cortex-groups"), *info.texts("x-cortex-service-groups"))),
        origins={"name": info.origin("x-cortex-tag")} | _origins(info),
    )


def _origins(info: Part) -> dict[str, Origin]:
    keys = {
        "owner": "x-cortex-owners",
        "lifecycle": "x-cortex-lifecycle",
        "description": "description",
        "tier": "x-cortex-custom-metadata",
        "aliases": "title",
        "depends_on": "x-cortex-dependency",
        "tools": "x-cortex-link",
        "tags": "x-cortex-groups",
    }
    return {field: info.origin(key) for field, key in keys.items() if info.value.get(key) is not None}


def _lifecycle(info: Part) -> str:
    value = info.value.get("x-cortex-lifecycle")
    if isinstance(value, LinedDict):
        return Part(value, info.notes).text("stage") or Part(value, info.notes).text("name")
    return info.text("x-cortex-lifecycle")


def _owners(info: Part) -> list[_Owner]:
    found = []
    for part in info.parts("x-cortex-owners"):
        kind = part.text("type").lower()
        name = part.text("email") if kind == "email" else part.text("name") or part.text("groupName")
        inheritance = part.text("inheritance").lower() or "none"
        if kind in {"slack", "user"}:
            continue
        if kind not in {"group", "email"} or not name:
            what = f"an owner of type {kind or '(none)'} names nobody"
            part.notes.warn(part.line(), what, "Write {type: group, name: TEAM}")
            continue
        if inheritance not in {"none", "append", "fallback"}:
            part.notes.warn(
                part.line("inheritance"), f"inheritance is {inheritance!r}", "Write NONE, APPEND or FALLBACK"
            )
            inheritance = "none"
        found.append(_Owner(name, kind, inheritance))
    return found


def _holder(tag: str, owners: list[_Owner], parents: tuple[str, ...], info: Part) -> Holder:
    """What the entity hands down. Appended and fallback owners alike end up paging where nothing nearer does."""
    inherited = [owner for mode in ("append", "fallback") for owner in owners if owner.inheritance == mode]
    return Holder(
        id=tag,
        owners=unique(owner.name for owner in inherited),
        parents=parents,
        origin=info.origin("x-cortex-owners"),
    )


def _group(tag: str, info: Part) -> Group:
    team = info.part("x-cortex-team")
    names = [part.text("name") for part in team.parts("groups")] if team else []
    return Group(names=unique((tag, info.text("title"), *names)), origin=info.origin("x-cortex-tag"))


def _tags(info: Part, *keys: str) -> Iterator[str]:
    for key in keys:
        value = info.value.get(key)
        if isinstance(value, LinedDict) and "cortex" in value:
            # The longer form of dependencies: {cortex: [...], aws: {...}}.
            yield from _tags(Part(value, info.notes), "cortex")
            continue
        for member, line in info.items(key):
            tag = member.get("tag") if isinstance(member, LinedDict) else member
            if isinstance(tag, str) and tag.strip():
                yield tag.strip()
            else:
                info.notes.warn(line, f"{key} has a member without tag", "Write `- tag: NAME`")


def _related(info: Part) -> Iterator[str]:
    """Dependencies written as relationships of a type such as "depends-on"."""
    for row in info.parts("x-cortex-relationships"):
        if row.text("type").lower().startswith("depend"):
            yield from _tags(row, "destinations")


def _tools(info: Part) -> Iterator[Tool]:
    for row in info.parts("x-cortex-link"):
        url = row.text("url")
        if is_web_address(url):
            yield tool(row.text("name"), url, row.text("type").replace("_", " "))
        elif ":" in url.partition("/")[0] or not url:
            row.notes.warn(row.line("url"), f"the link's address {url!r} is no web address", "Begin it with https://")
    dashboards = info.part("x-cortex-dashboards")
    for row in dashboards.parts("embeds") if dashboards else ():
        if is_web_address(row.text("url")):
            yield Tool(kind=ToolKind.DASHBOARD, name=row.text("type") or "dashboard", url=row.text("url"))
    git = info.part("x-cortex-git")
    for provider, base in _GIT.items():
        repository = git.part(provider) if git else None
        if repository and repository.text("repository"):
            slug = repository.text("repository")
            yield Tool(kind=ToolKind.REPOSITORY, name=slug, url=f"{base}/{slug}")


READER = Reader(
    name="cortex",
    title="Cortex",
    files=("cortex.yaml", "cortex.yml"),
    read=read,
    example="""\
openapi: 3.0.1
info:
  title: Ledger
  description: Keeps the books.
  x-cortex-tag: ledger
  x-cortex-type: service
  x-cortex-groups: [tier-one]
  x-cortex-owners:
    - {type: group, name: payments, provider: CORTEX}
    - {type: email, email: ledger@shop.example}
  x-cortex-parents:
    - tag: payments-platform
  x-cortex-dependency:
    - {tag: card-gateway, method: GET, path: /cards}
  x-cortex-link:
    - {name: Runbook, type: runbook, url: https://wiki.example/ledger}
  x-cortex-dashboards:
    embeds:
      - {type: grafana, url: https://grafana.example/d/ledger}
  x-cortex-git:
    github: {repository: shop/ledger}
  x-cortex-custom-metadata: {tier: 1}
""",
)
