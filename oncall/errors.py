"""What can go wrong in a use case, named by the state that forbids it.

Every door maps these to its own words in one place: HTTP to problem JSON (RFC 9457), replies to a sentence,
the command line to a line and an exit code.
"""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar


class OncallError(Exception):
    """The root. `str()` is a sentence for people; `mend` says what to do about it."""

    mend: str = ""

    def __init__(self, what: str, mend: str = "") -> None:
        super().__init__(what)
        if mend:
            self.mend = mend


class NotFound(OncallError):
    """There is no such thing."""


class SignedOut(OncallError):
    """Nobody is signed in, or what was shown for it does not hold any more."""


class Refused(OncallError):
    """The caller may not do that."""


class Invalid(OncallError):
    """The input cannot be used; `path` names the wrong part ("$.alerts[0].labels")."""

    def __init__(self, what: str, mend: str = "", path: str = "") -> None:
        super().__init__(what, mend)
        self.path = path


class Unavailable(OncallError):
    """The database cannot take it now; the caller should try again."""


class AlreadyDone(OncallError):
    """Somebody was first: who (a person's id) and when, so that whoever is told reads a name and their own time."""

    did: ClassVar[str]

    def __init__(self, by: str, at: datetime) -> None:
        super().__init__(self.told(by, f"{at:%H:%M} UTC"))
        self.by = by
        self.at = at

    def told(self, by: str, at: str) -> str:
        """The error in the words of whoever reads it."""
        return f"already {self.did} by {by} at {at}"


class AlreadyAcknowledged(AlreadyDone):
    """Somebody has taken it."""

    did = "acknowledged"


class AlreadyResolved(AlreadyDone):
    """The incident is over."""

    did = "resolved"


class AlreadyTaken(OncallError):
    """Somebody took it first; nothing is left to do."""
