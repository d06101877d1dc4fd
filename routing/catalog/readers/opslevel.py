"""OpsLevel's `opslevel.yml`, version 1: a service (lately called component) or a repository.

Format: https://docs.opslevel.com/docs/opslevel-yml. Owners, tiers and lifecycles are written as aliases; a renamed
team keeps its old alias, so team aliases of the configuration should hold them.
"""

from __future__ import annotations

from pathlib import PurePosixPath

from routing.catalog.entry import Entry, Tool, ToolKind
from routing.catalog.fields import is_web_address, tier, tool, unique
from routing.catalog.part import Notes, Part
from routing.catalog.reading import Draft, Reader, Reading

_PROVIDERS = {
    "github": "https://github.com",
    "gitlab": "https://gitlab.com",
    "bitbucket": "https://bitbucket.org",
}
#: The tool categories that OpsLevel has and we name otherwise.
_CATEGORIES = {
    "metrics": ToolKind.DASHBOARD,
    "health_checks": ToolKind.DASHBOARD,
    "errors": ToolKind.DEBUGGER,
    "code": ToolKind.REPOSITORY,
    "logs": ToolKind.LOGS,
    "runbooks": ToolKind.RUNBOOK,
    "tracing": ToolKind.TRACES,
}
_CHAT = {"slack", "chat", "collaboration"}
_FIELDS = ("owner", "tier", "lifecycle", "description", "aliases", "tags", "tools", "dependencies")


def read(text: str, file: str, source: str) -> Reading:
    """The services and repositories of one file."""
    notes = Notes(file, source)
    drafts: list[Draft] = []
    for document in notes.documents(text):
        _check_version(document)
        parts = [document.part(key) for key in ("service", "component")]
        entries = [_service(part) for part in parts if part is not None]
        repository = document.part("repository")
        if repository is not None:
            entries.append(_repository(repository, file))
        if not entries:
            notes.error(
                document.line(), "there is neither service:, component: nor repository:", "Add service: with a name"
            )
        drafts += [Draft(entry=entry) for entry in entries if entry is not None]
    return Reading(drafts=tuple(drafts), problems=tuple(notes.problems))


def _check_version(document: Part) -> None:
    version = document.text("version")
    if version not in {"1", "1.0"}:
        what = f"version is {version!r}" if version else "version is missing"
        document.notes.warn(document.line("version"), what, "Write version: 1, the only one there is")


def _service(part: Part) -> Entry | None:
    name = part.text("name")
    if not name:
        part.notes.error(part.line("name"), "the service has no name", "Add name: NAME")
        return None
    fields = {_FIELD_NAMES.get(key, key): part.origin(key) for key in _FIELDS if part.value.get(key) is not None}
    return Entry(
        name=name,
        owner=part.text("owner"),
        tier=_tier(part),
        lifecycle=part.text("lifecycle"),
        description=part.text("description"),
        # OpsLevel makes an alias of every name, and alerts use that rather than the name for people.
        aliases=unique((*part.texts("aliases"), name.lower().replace(" ", "_").replace("-", "_")), name),
        depends_on=unique(_dependencies(part), name),
        tools=_tools(part),
        tags=unique(_tag(tag) for tag in part.parts("tags")),
        origins={"name": part.origin("name")} | fields,
    )


_FIELD_NAMES = {"dependencies": "depends_on"}


def _repository(part: Part, file: str) -> Entry | None:
    """The owner of a repository; its file says no name, so the folder it lies in gives it."""
    name = PurePosixPath(file).parent.name
    if not name:
        part.notes.warn(part.line(), "the repository has no name of its own", "Keep the file in a folder of that name")
        return None
    if not part.text("owner"):
        return None
    return Entry(
        name=name,
        owner=part.text("owner"),
        tier=_tier(part),
        origins={"name": part.origin(), "owner": part.origin("owner")},
    )


def _tier(part: Part) -> int | None:
    written = part.text("tier")
    number = tier(written)
    if written and number is None:
        part.notes.warn(part.line("tier"), f"the tier {written!r} has no number", "Write an alias such as tier_1")
    return number


def _dependencies(part: Part) -> list[str]:
    found = []
    for value, line in part.items("dependencies"):
        if isinstance(value, dict):
            name = str(value.get("alias") or value.get("name") or "")
            if name:
                found.append(name)
                continue
        elif isinstance(value, str):
            found.append(value)
            continue
        part.notes.warn(line, "a dependency names no service", "Write `- alias: SERVICE`")
    return found


def _tools(part: Part) -> tuple[Tool, ...]:
    found = []
    for row in part.parts("tools"):
        url, category = row.text("url"), row.text("category").lower()
        if not url:
            continue
        if not is_web_address(url):
            row.notes.warn(row.line("url"), f"the tool's address {url!r} is no web address", "Begin it with https://")
            continue
        name = " ".join(
            word for word in (row.text("display_name") or row.text("name"), row.text("environment")) if word
        )
        hint = ToolKind.CHAT if category in _CHAT else _CATEGORIES.get(category, "")
        found.append(tool(name, url, str(hint)))
    for row in part.parts("repositories"):
        slug, base = row.text("name"), _PROVIDERS.get(row.text("provider").lower() or "github")
        if slug and base:
            found.append(Tool(kind=ToolKind.REPOSITORY, name=slug, url=f"{base}/{slug}"))
    return tuple(found)


def _tag(part: Part) -> str:
    # A value such as `false` is meant as the word.
    value = part.value.get("value")
    word = str(value).lower() if isinstance(value, bool) else part.text("value")
    return f"{part.text('key')}:{word}" if part.text("key") else ""


READER = Reader(
    name="opslevel",
    title="OpsLevel",
    files=("opslevel.yml",),
    read=read,
    example="""\
---
version: 1
service:
  name: Shopping Cart
  description: Holds what people mean to buy.
  owner: order_management_team
  lifecycle: generally_available
  tier: tier_1
  product: shop
  language: Ruby
  framework: rails
  system: orders
  aliases: [shopping_cart_service]
  tags:
  - {key: db, value: mysql}
  tools:
  - {name: Splunk, category: logs, url: "https://logs.example/cart", environment: Production}
  repositories:
  - {name: shop/cart, path: "/", provider: github}
  dependencies:
  - alias: fraud_detection_service
""",
)
