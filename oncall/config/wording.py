"""Replaced phrases: `wording.yaml`, language to key to phrase, each checked before it is ever said."""

from __future__ import annotations

from pathlib import Path

from notifiers import phrases
from oncall.config.files import read_file
from oncall.config.section import Place, Reading
from routing.lined_yaml import LinedDict

FILE = "wording.yaml"


def read_wording(directory: Path, reading: Reading) -> dict[str, dict[str, str]]:
    """The organisation's own phrases; what cannot be used is noted with its line and left out."""
    path = directory / FILE
    content = read_file(path, directory, reading) if path.is_file() else None
    found: dict[str, dict[str, str]] = {}
    for language, own in content.items() if content else ():
        if not isinstance(own, LinedDict):
            mend = "Write a language, such as en:, and indented phrases below it"
            reading.error(Place(FILE, content.lines[language] if content else 0), f"{language} is no mapping", mend)
            continue
        for key, phrase in own.items():
            place = Place(FILE, own.lines[key])
            if not isinstance(phrase, str):
                reading.error(place, f"phrase {language}.{key} is no text", "Put it in quotes")
                continue
            faults = phrases.problems({language: {key: phrase}}, FILE)
            for fault in faults:
                reading.error(place, fault.what, fault.mend)
            if not faults:
                found.setdefault(language, {})[key] = phrase
    return found
