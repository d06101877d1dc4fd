"""A fault in something a person wrote, told so that they can mend it."""

from __future__ import annotations

from enum import StrEnum

import msgspec


class ProblemLevel(StrEnum):
    """An error refuses the directory; a warning lets it through and is shown."""

    ERROR = "error"
    WARNING = "warning"


class Problem(msgspec.Struct, frozen=True, kw_only=True, order=True):
    """What is wrong, where, and how to mend it. `line` counts from 1; 0 means the whole file."""

    file: str
    line: int = 0
    what: str
    mend: str
    level: ProblemLevel = ProblemLevel.ERROR

    def __str__(self) -> str:
        """As `oncall check` prints it: one line that editors can jump to."""
        place = f"{self.file}:{self.line}" if self.line else self.file
        return f"{place}: {self.level}: {self.what}. {self.mend}"
