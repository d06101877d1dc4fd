"""Rules that were broken: collected while a stand-in runs, raised when it ends."""

from __future__ import annotations


class RulesBroken(AssertionError):
    """The engine sent what the provider does not allow."""


class Violations:
    """A list that ends in an error."""

    def __init__(self, provider: str) -> None:
        self._provider = provider
        self.found: list[str] = []

    def add(self, what: str) -> None:
        """Record one."""
        self.found.append(what)

    def raise_if_any(self) -> None:
        """Raise with all of them.

        Raises:
            RulesBroken: There was at least one.
        """
        if self.found:
            raise RulesBroken(f"{self._provider}: " + "; ".join(self.found))
