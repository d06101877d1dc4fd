"""What people said of two kinds: acted on at once, for that pair alone."""

from __future__ import annotations

from grouping.counts import KindCount
from grouping.rows import Changes, from_text, to_text

#: An answer outweighs the statistics up to here (log-odds).
ANSWERED = 3.0
#: Answers kept; the oldest go first.
MAX_ANSWERS = 50_000


class PairMemory:
    """The sum of answers for each pair of kinds: above 0 related, below not."""

    def __init__(self, changes: Changes) -> None:
        self._changes = changes
        self._sums: dict[str, int] = {}

    def answer(self, a: KindCount, b: KindCount, *, related: bool) -> None:
        """Take one person's answer; a pair's sum stays within three, so that people can change their mind."""
        key = _key(a, b)
        self._sums[key] = max(-3, min(3, self._sums.pop(key, 0) + (1 if related else -1)))
        self._changes.touch("answer", key)
        if len(self._sums) > MAX_ANSWERS:
            oldest = next(iter(self._sums))
            del self._sums[oldest]
            self._changes.touch("answer", oldest)

    def applied(self, a: KindCount, b: KindCount, log_odds: float) -> float:
        """The log-odds of a pair, with what people said of it."""
        if not self._sums:
            return log_odds
        said = self._sums.get(_key(a, b), 0)
        return max(log_odds, ANSWERED) if said > 0 else min(log_odds, -ANSWERED) if said < 0 else log_odds

    def load(self, key: str, value: str) -> None:
        """Take a row back."""
        self._sums[key] = from_text(value)

    def row(self, key: str) -> str | None:
        """The row as it now is."""
        return to_text(self._sums[key]) if key in self._sums else None


def _key(a: KindCount, b: KindCount) -> str:
    return f"{min(a.id, b.id)}:{max(a.id, b.id)}"
