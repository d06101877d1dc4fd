"""What grouping takes from the configuration directory."""

from __future__ import annotations

from msgspec.structs import replace

from grouping import Grouper, Settings
from grouping.relations import Calls
from oncall.directory import Directory


def configure(grouper: Grouper, directory: Directory) -> None:
    """Put the directory's settings of grouping and the catalog's calls into force."""
    calls = Calls((entry.name, called) for entry in directory.catalog.entries for called in entry.depends_on)
    grouper.configure(settings_of(directory), calls)


def settings_of(directory: Directory) -> Settings:
    """The directory's settings of grouping."""
    return replace(directory.grouping, hold_for=directory.defaults.hold)
