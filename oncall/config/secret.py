"""Values that must never show in a log, an error or a debugger's listing by accident."""

from __future__ import annotations

import hashlib


class Secret:
    """A credential. Only `reveal()` gives the text; `str` and `repr` do not.

    An empty secret is false, which means "not configured".
    """

    __slots__ = ("_text",)

    def __init__(self, text: str = "") -> None:
        self._text = text

    def reveal(self) -> str:
        """The text itself, for the one call that needs it."""
        return self._text

    def __bool__(self) -> bool:
        return bool(self._text)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and self._text == other._text

    def __hash__(self) -> int:
        return hash(self._text)

    def __repr__(self) -> str:
        return "Secret(***)" if self._text else "Secret()"

    __str__ = __repr__


def key_digest(key: str) -> str:
    """SHA-256 of an integration key in hex: the only form in which a key is kept and compared."""
    return hashlib.sha256(key.encode()).hexdigest()
