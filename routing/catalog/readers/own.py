"""Our own catalog files: services by name, each with the keys of `KEYS`."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping

from routing.catalog.entry import Entry, Origin, Tool, ToolKind
from routing.catalog.fields import KINDS, is_web_address, tier, tool_kind, unique
from routing.catalog.links import template_faults
from routing.catalog.part import Notes, Part
from routing.catalog.reading import Draft, Reader, Reading
from routing.lined_yaml import LinedDict, LinedList

#: What a service may have, each key with the sentence that explains it in the reference.
KEYS: Mapping[str, str] = {
    "owner": "team that is paged: its id, its name or a former name",
    "tier": "importance; 1 is the most important",
    "lifecycle": "as `production`, `experimental` or `deprecated`",
    "description": "what it does, in a sentence",
    "aliases": "other names by which alerts and people call it",
    "depends_on": "services it calls",
    "namespaces": "Kubernetes namespaces it runs in",
    "paths": "module or file paths it is built from, in CODEOWNERS syntax",
    "tags": "free words",
    "tools": "links by kind (runbook, dashboard, logs, traces, repository, debugger, chat, other)",
}


def read(text: str, file: str, source: str) -> Reading:
    """The services of one file."""
    notes = Notes(file, source)
    drafts = []
    for document in notes.documents(text):
        for name, value in document.value.items():
            if isinstance(value, LinedDict):
                drafts.append(Draft(entry=_entry(name, document.line(name), Part(value, notes))))
            else:
                notes.error(document.line(name), f"service {name} is no mapping", "Write indented keys: owner: TEAM")
    return Reading(drafts=tuple(drafts), problems=tuple(notes.problems))


def _entry(name: str, line: int, part: Part) -> Entry:
    for key in part.value:
        if key not in KEYS:
            near = difflib.get_close_matches(key, KEYS, n=1)
            mend = f"Did you mean {near[0]!r}?" if near else f"Known: {', '.join(KEYS)}"
            part.notes.error(part.line(key), f"service {name}: there is no key {key!r}", mend)
    if not part.text("owner"):
        part.notes.warn(
            line, f"service {name}: owner is missing", "Add owner: TEAM, or its alerts go to the fallback team"
        )
    return Entry(
        name=name,
        owner=part.text("owner"),
        tier=_tier(name, part),
        lifecycle=part.text("lifecycle"),
        description=part.text("description"),
        aliases=unique(part.texts("aliases"), name),
        depends_on=unique(part.texts("depends_on"), name),
        tools=tuple(_tools(name, part)),
        namespaces=unique(part.texts("namespaces")),
        paths=unique(part.texts("paths")),
        tags=unique(part.texts("tags")),
        origins={"name": Origin(source=part.notes.source, file=part.notes.file, line=line)}
        | {key: part.origin(key) for key in part.value if key in KEYS},
    )


def _tier(name: str, part: Part) -> int | None:
    written = part.text("tier")
    number = tier(written)
    if written and number is None:
        part.notes.error(
            part.line("tier"), f"service {name}: tier is {written!r}", "Write a number; 1 is the most important"
        )
    return number


def _tools(name: str, part: Part) -> Iterator[Tool]:
    tools = part.part("tools")
    if tools is None:
        return
    for word, value in tools.value.items():
        if word not in KINDS:
            what = f"service {name}: there is no kind of tool {word!r}"
            tools.notes.error(tools.line(word), what, f"Known: {', '.join(ToolKind)}; {tool_kind(word)} may be meant")
            continue
        kind = ToolKind(word)
        for label, url, line in _links(word, value, tools):
            tool = Tool(kind=kind, name=label, url=url)
            faults = list(template_faults(tool))
            if is_web_address(url) and not faults:
                yield tool
                continue
            what = faults[0] if faults else f"{word} {label!r} is no web address: {url!r}"
            tools.notes.error(line, f"service {name}: {what}", "Write an address that begins with https://HOST/")


def _links(kind: str, value: object, tools: Part) -> Iterator[tuple[str, str, int]]:
    """The (name, address, line) of one kind: an address, a list of addresses, or a mapping of name to address."""
    if isinstance(value, LinedDict):
        named = Part(value, tools.notes)
        yield from ((label, named.text(label), named.line(label)) for label in value)
    elif isinstance(value, LinedList):
        for number, (url, line) in enumerate(zip(value, value.lines, strict=True), start=1):
            yield (kind if len(value) == 1 else f"{kind} {number}"), str(url), line
    elif value is not None:
        yield kind, str(value), tools.line(kind)


READER = Reader(
    name="own",
    title="Our own YAML",
    files=("*.yaml", "*.yml"),
    read=read,
    example="""\
checkout:
  owner: payments
  tier: 1
  lifecycle: production
  description: Takes the cart to a paid order.
  aliases: [cart-api]
  depends_on: [ledger, card-gateway]
  namespaces: [shop]
  paths: [/src/checkout/]
  tags: [pci]
  tools:
    runbook: https://wiki.example/checkout
    dashboard:
      Latency: https://grafana.example/d/checkout?var-instance={instance}
      Errors: https://grafana.example/d/errors?var-service={service}
    chat: https://shop.slack.com/archives/C0123
""",
)
