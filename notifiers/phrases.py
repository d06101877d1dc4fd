"""Every sentence a message is made of, per language, replaceable by an organisation and checked when loaded.

A phrase is text with named fields in braces: "{total} incidents for {team}". Which fields a phrase may use is what
its English original uses; anything else is reported with the key and the way to mend it.
"""

from __future__ import annotations

from collections.abc import Mapping
from string import Formatter
from typing import Protocol

from notifiers.phrases_de import GERMAN
from notifiers.phrases_en import ENGLISH
from routing.problem import Problem

SHIPPED: Mapping[str, Mapping[str, str]] = {"en": ENGLISH, "de": GERMAN}


def fields_of(phrase: str) -> set[str]:
    """The names in braces.

    Raises:
        ValueError: The braces do not match, or a field is more than a name.
    """
    names: set[str] = set()
    for _, name, spec, conversion in Formatter().parse(phrase):
        if name is None:
            continue
        if not name.isidentifier() or spec or conversion:
            message = f"field {{{name}}} is more than a name"
            raise ValueError(message)
        names.add(name)
    return names


def problems(overrides: Mapping[str, Mapping[str, str]], file: str) -> list[Problem]:
    """Everything wrong with replaced phrases, given as language -> key -> phrase."""
    found: list[Problem] = []
    for language, phrases in overrides.items():
        for key, phrase in phrases.items():
            place = f"{language}.{key}"
            if key not in ENGLISH:
                found.append(Problem(file=file, what=f"there is no phrase {place}", mend=f"One of: {_keys()}"))
                continue
            try:
                unknown = fields_of(phrase) - fields_of(ENGLISH[key])
            except ValueError as error:
                found.append(Problem(file=file, what=f"phrase {place}: {error}", mend="Write fields as {name}"))
                continue
            if unknown:
                known = ", ".join(f"{{{name}}}" for name in sorted(fields_of(ENGLISH[key]))) or "none"
                what = f"phrase {place} uses unknown field {', '.join(sorted(unknown))}"
                found.append(Problem(file=file, what=what, mend=f"Its fields are: {known}"))
    return found


class Say(Protocol):
    """Phrases in one language: `functools.partial(phrases.say, language)`."""

    def __call__(self, key: str, /, **fields: object) -> str:
        """One phrase."""
        ...


class Phrasebook:
    """Phrases in a language, with an organisation's own laid over the shipped ones, and English under all."""

    def __init__(self, overrides: Mapping[str, Mapping[str, str]] | None = None) -> None:
        self.replace(overrides or {})

    def replace(self, own: Mapping[str, Mapping[str, str]]) -> None:
        """Lay other phrases of the organisation over the shipped ones; whoever holds this book says them from now on."""
        self._languages = {
            language: {**ENGLISH, **SHIPPED.get(language, {}), **own.get(language, {})} for language in {*SHIPPED, *own}
        }

    def say(self, language: str, key: str, **fields: object) -> str:
        """One phrase. "de-AT" falls back to "de", and an unknown language to English."""
        phrases = self._languages.get(language) or self._languages.get(language.split("-", maxsplit=1)[0].lower())
        return (phrases or self._languages["en"])[key].format(**fields)


def _keys() -> str:
    return ", ".join(sorted(ENGLISH))
