"""Finding the team that is meant by a name, however a catalog, a label or a code host writes it."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping

_MARKS = re.compile(r"[^a-z0-9]+")


class TeamNames:
    """Names to team ids; built once per reload.

    Args:
        teams: The ids there are.
        aliases: Other names (display names, former names, mail addresses), in any case, to ids.
        groups: Sets of names that catalogs say mean one team; where one of them is known, all are.
    """

    def __init__(
        self, teams: Collection[str], aliases: Mapping[str, str] | None = None, groups: Iterable[Collection[str]] = ()
    ) -> None:
        self._names = {alias.lower(): team for alias, team in (aliases or {}).items() if team in teams}
        self._names.update({team.lower(): team for team in teams})
        self._plain = _plain_names(self._names)
        learned: dict[str, set[str]] = {}
        for names in groups:
            known = {team for name in names if (team := self.find(name)) is not None}
            for name in names if len(known) == 1 else ():
                learned.setdefault(name.lower(), set()).update(known)
        for name, means in learned.items():
            if len(means) == 1:
                self._names.setdefault(name, next(iter(means)))
        self._plain = _plain_names(self._names)

    def find(self, name: str) -> str | None:
        """The team of that name, or None.

        "@shop/payments", "group:default/payments" and "payments-team" all mean payments where nothing nearer does.
        """
        key = name.strip().lower().lstrip("@").removeprefix("group:")
        if not key:
            return None
        last = key.rpartition("/")[2]
        return self._names.get(key) or self._names.get(last) or self._plain.get(_plain(last))


def _plain(name: str) -> str:
    """The name without punctuation and without the word "team"."""
    words = [word for word in _MARKS.split(name) if word]
    return "".join([word for word in words if word not in {"team", "the"}] or words)


def _plain_names(names: Mapping[str, str]) -> dict[str, str]:
    """Plain forms that only one team claims."""
    claimed: dict[str, set[str]] = {}
    for name, team in names.items():
        claimed.setdefault(_plain(name), set()).add(team)
    return {plain: next(iter(teams)) for plain, teams in claimed.items() if plain and len(teams) == 1}
