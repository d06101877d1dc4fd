"""Which labels change each time: learned from whether their values ever come back.

A value that names a thing (a service, a node) is met again days later; a value made anew each time (a pod, a
measured number) is not. So each firing is asked of every label whether its value was first met more than a day ago.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping

from grouping.rows import Changes, from_text, to_text

DAY = 86400.0
#: A label is judged only after it was watched this long and this often.
WATCHED_DAYS = 4.0
WATCHED_FIRINGS = 60.0
#: Below the first share of old values a label becomes volatile, above the second it becomes stable again.
VOLATILE_BELOW = 0.15
STABLE_ABOVE = 0.4
#: Old firings fade, so that a label whose habit changes is judged by what it does now.
FADE = 0.995
MAX_VALUES = 4096
MAX_LABELS = 256
#: Labels are watched rule by rule; the rules watched longest go first, for a rule that still fires is soon known again.
MAX_HABITS = 20_000


class Volatility:
    """Per label: the values met and when first; per rule and label: how often a firing's value was an old one."""

    def __init__(self, changes: Changes) -> None:
        self._changes = changes
        self._first: dict[str, OrderedDict[str, float]] = {}
        self._habits: dict[tuple[str, str], _Habit] = {}

    def is_volatile(self, rule: str, label: str) -> bool:
        """Whether this label changes each time in alerts of this rule."""
        habit = self._habits.get((rule, label))
        return habit is not None and habit.volatile

    def learn(self, rule: str, labels: Mapping[str, str], at: float) -> None:
        """Take one firing in, at `at` seconds since the epoch."""
        for label, value in labels.items():
            values = self._first.get(label)
            if values is None:
                if len(self._first) >= MAX_LABELS:
                    continue
                values = self._first[label] = OrderedDict()
            first = values.get(value)
            if first is None:
                first = values[value] = at
                self._changes.touch("value", f"{label}={value}")
                if len(values) > MAX_VALUES:
                    self._changes.touch("value", f"{label}={values.popitem(last=False)[0]}")
            habit = self._habits.get((rule, label))
            if habit is None:
                habit = self._habits[rule, label] = _Habit(since=at)
                self._forget_habit()
            if habit.learn(at, is_old=at - first > DAY):
                self._changes.touch("label_habit", f"{label}={rule}")

    def _forget_habit(self) -> None:
        if len(self._habits) > MAX_HABITS:
            rule, label = oldest = next(iter(self._habits))
            del self._habits[oldest]
            self._changes.touch("label_habit", f"{label}={rule}")

    def load(self, table: str, key: str, value: str) -> None:
        """Take a remembered row back."""
        label, _, rest = key.partition("=")
        if table == "value":
            self._first.setdefault(label, OrderedDict())[rest] = float(value)
        else:
            self._habits[rest, label] = _Habit(*from_text(value))

    def row(self, table: str, key: str) -> str | None:
        """The row as it now is, None where it went."""
        label, _, rest = key.partition("=")
        if table == "value":
            values = self._first.get(label)
            first = values.get(rest) if values else None
            return None if first is None else repr(first)
        habit = self._habits.get((rest, label))
        return None if habit is None else to_text(habit.as_list())


class _Habit:
    __slots__ = ("firings", "old", "since", "volatile")

    def __init__(self, since: float, firings: float = 0.0, old: float = 0.0, volatile: bool = False) -> None:  # noqa: FBT001, FBT002 - the row's own order
        self.since = since
        self.firings = firings
        self.old = old
        self.volatile = volatile

    def learn(self, at: float, *, is_old: bool) -> bool:
        """Whether enough changed for the row to be written again."""
        if at - self.since < DAY:
            return self.firings == 0.0
        self.firings = self.firings * FADE + 1
        self.old = self.old * FADE + is_old
        if at - self.since > WATCHED_DAYS * DAY and self.firings > WATCHED_FIRINGS:
            share = self.old / self.firings
            self.volatile = share < VOLATILE_BELOW or (self.volatile and share < STABLE_ABOVE)
        return True

    def as_list(self) -> list[float | bool]:
        return [self.since, self.firings, self.old, self.volatile]
