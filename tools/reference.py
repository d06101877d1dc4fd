"""Write the tables of the documentation from the code: `python -m tools.reference docs/*.md`.

A table stands between `<!-- table: NAME -->` and `<!-- end -->`; the prose around it is written by hand.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping, Sequence
from datetime import timedelta
from enum import StrEnum
from pathlib import Path

import msgspec
from prometheus_client.metrics import MetricWrapperBase

from oncall.config.catalog import CATALOG_KEYS, SOURCE_KEYS
from oncall.config.checks import CHECKS_KEYS, CUSTOM_KEYS
from oncall.config.defaults import DEFAULT_KEYS
from oncall.config.escalation import ESCALATION_KEYS, STEP_KEYS, TARGET_KEYS, WHEN_KEYS
from oncall.config.files import LAYOUT
from oncall.config.grouping import BAR_KEYS, GROUPING_KEYS, KIND_KEYS
from oncall.config.integrations import HEARTBEAT_KEYS, INTEGRATION_KEYS
from oncall.config.ownership import OWNERSHIP_KEYS
from oncall.config.people import AWAY_KEYS, PERSON_KEYS, RULE_KEYS
from oncall.config.secret import Secret
from oncall.config.section import Keys
from oncall.config.settings import CHANNEL_SETTINGS, PREFIX, SETTING_KEYS, SETTINGS, Settings
from oncall.config.teams import IDENTITY_KEYS, SCHEDULE_KEYS, TEAM_KEYS
from oncall.config.words import format_length, format_size
from oncall.metrics import Metrics
from routing.catalog.readers import own

#: Every table of keys, by the name it has in the document.
TABLES: Mapping[str, Keys] = {
    "layout": LAYOUT,
    "defaults": DEFAULT_KEYS,
    "person": PERSON_KEYS,
    "rule": RULE_KEYS,
    "away": AWAY_KEYS,
    "team": TEAM_KEYS,
    "schedule": SCHEDULE_KEYS,
    "identity": IDENTITY_KEYS,
    "escalation": ESCALATION_KEYS,
    "step": STEP_KEYS,
    "target": TARGET_KEYS,
    "when": WHEN_KEYS,
    "ownership": OWNERSHIP_KEYS,
    "catalog": CATALOG_KEYS,
    "source": SOURCE_KEYS,
    "service": own.KEYS,
    "checks": CHECKS_KEYS,
    "check": CUSTOM_KEYS,
    "grouping": GROUPING_KEYS,
    "kind": KIND_KEYS,
    "bars": BAR_KEYS,
    "integration": INTEGRATION_KEYS,
    "heartbeat": HEARTBEAT_KEYS,
}
_REGION = re.compile(r"(<!-- table: (\w+) -->\n).*?(<!-- end -->)", re.DOTALL)


def fill(document: str) -> str:
    """The document with every table written anew.

    Raises:
        KeyError: the document asks for a table that does not exist.
    """
    return _REGION.sub(lambda found: f"{found[1]}{table(found[2])}{found[3]}", document)


def table(name: str) -> str:
    """One table in Markdown."""
    if name == "metrics":
        return _rows(("metric", "kind", "labels", "meaning"), [_metric(metric) for metric in _metrics()])
    if name == "settings":
        rows = [(f"`{PREFIX}{key.upper()}`", _default(key), SETTING_KEYS[key]) for key in sorted(SETTING_KEYS)]
        return _rows(("variable", "default", "meaning"), rows)
    return _rows(("key", "meaning"), [(f"`{key}`", about) for key, about in TABLES[name].items()])


def _rows(head: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    lines = [head, tuple("---" for _ in head), *rows]
    return "".join(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in line)} |\n" for line in lines)


def _metrics() -> list[MetricWrapperBase]:
    made = [value for value in vars(Metrics()).values() if isinstance(value, MetricWrapperBase)]
    return sorted(made, key=lambda metric: metric.describe()[0].name)


def _metric(metric: MetricWrapperBase) -> tuple[str, ...]:
    family = metric.describe()[0]
    name = f"{family.name}_total" if family.type == "counter" else family.name
    labels = ", ".join(f"`{label}`" for label in metric._labelnames)  # noqa: SLF001 - the library has no other door
    return f"`{name}`", family.type, labels, family.documentation


def _default(key: str) -> str:
    if key not in SETTINGS:
        default = CHANNEL_SETTINGS[key].default
        return f"`{default}`" if default else ""
    default = next(field.default for field in msgspec.structs.fields(Settings) if field.name == key)
    match default:
        case Secret() | "":
            return ""
        case timedelta():
            return f"`{format_length(default)}`"
        case StrEnum():
            return f"`{default.value}`"
        case int():
            return f"`{format_size(default)}`"
        case _:
            return f"`{default}`"


if __name__ == "__main__":
    for path in map(Path, sys.argv[1:]):
        path.write_text(fill(path.read_text("utf-8")), "utf-8")
