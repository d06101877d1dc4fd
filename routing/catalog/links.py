"""Filling the links of a service from an alert's labels, so that they lead to the very instance."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from urllib.parse import quote

import msgspec

from routing.catalog.entry import Entry, Tool, ToolKind
from routing.catalog.fields import is_web_address

_PLACE = re.compile(r"\{([A-Za-z_][\w.]*)\}")
_ORDER = {kind: number for number, kind in enumerate(ToolKind)}


class FilledLink(msgspec.Struct, frozen=True, kw_only=True):
    """A link ready to be followed."""

    kind: ToolKind
    name: str
    url: str


def links(entry: Entry, labels: Mapping[str, str]) -> tuple[FilledLink, ...]:
    """The tools of a service for one alert, runbook first; those that a label is missing for are left out."""
    known = {"service": entry.name, **{name: value for name, value in labels.items() if value}}
    filled = (
        FilledLink(kind=tool.kind, name=tool.name, url=url)
        for tool in entry.tools
        if (url := filled_url(tool.url, known)) is not None
    )
    return tuple(sorted(filled, key=_kind_order))


def alert_links(annotations: Mapping[str, str], generator_url: str = "") -> tuple[FilledLink, ...]:
    """The links an alert brings itself: `runbook_url`, `dashboard_url` and where it was made. Only web addresses."""
    candidates = (
        (ToolKind.RUNBOOK, "Runbook", annotations.get("runbook_url") or annotations.get("runbook", "")),
        (ToolKind.DASHBOARD, "Dashboard", annotations.get("dashboard_url") or annotations.get("dashboard", "")),
        (ToolKind.OTHER, "Source", generator_url),
    )
    return tuple(
        FilledLink(kind=kind, name=name, url=url.strip()) for kind, name, url in candidates if is_web_address(url)
    )


def filled_url(template: str, labels: Mapping[str, str]) -> str | None:
    """The address with each `{label}` replaced by the label's value, escaped so that it stays one piece.

    A query parameter whose label is missing is left out; None where a label of the path is missing, or where the
    result is no web address.
    """
    before, mark, query = template.partition("?")
    query, hash_mark, fragment = query.partition("#")
    if any(place not in labels for place in _PLACE.findall(before + fragment)):
        return None
    pieces = [piece for piece in query.split("&") if all(place in labels for place in _PLACE.findall(piece))]
    url = _fill(before, labels)
    if mark and any(pieces):
        url += "?" + "&".join(_fill(piece, labels) for piece in pieces)
    if hash_mark:
        url += "#" + _fill(fragment, labels)
    return url if is_web_address(url) else None


def template_faults(tool: Tool) -> Iterable[str]:
    """What is wrong with a link's template, as sentences: a label must never choose the host."""
    scheme, _, rest = tool.url.partition("://")
    host = rest.partition("/")[0].partition("?")[0]
    if _PLACE.search(scheme + host):
        yield f"{tool.kind} {tool.name!r}: the host may not come from a label"


def _fill(text: str, labels: Mapping[str, str]) -> str:
    return _PLACE.sub(lambda place: quote(labels[place[1]], safe=""), text)


def _kind_order(link: FilledLink) -> tuple[int, str]:
    return _ORDER[link.kind], link.name
