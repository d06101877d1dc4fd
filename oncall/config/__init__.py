"""The organisation and the settings, from a directory of files and the environment."""

from __future__ import annotations

from oncall.config.comparison import Change, ChangeKind, compare
from oncall.config.loading import Loaded, load, load_settings
from oncall.config.secret import Secret, key_digest
from oncall.config.settings import Settings

__all__ = [
    "Change",
    "ChangeKind",
    "Loaded",
    "Secret",
    "Settings",
    "compare",
    "key_digest",
    "load",
    "load_settings",
]
