"""User groups that follow who is on call, so that @payments-oncall reaches the right person."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from notifiers.outcome import Outcome, OutcomeKind
from notifiers.slack_api import SlackApi
from notifiers.slack_places import SlackPlaces

UNCHANGED = Outcome(kind=OutcomeKind.ACCEPTED, code="unchanged")


class SlackGroups:
    """Reads all groups with one request and writes those that differ: Slack takes some twenty of each a minute."""

    def __init__(self, api: SlackApi, places: SlackPlaces) -> None:
        self._api = api
        self._places = places

    async def sync(self, wanted: Mapping[str, Sequence[str]]) -> dict[str, Outcome]:
        """Make the groups with these handles (or ids) hold exactly these people; what came of each.

        A group cannot be emptied: with nobody to put in, the last members stay, and the outcome says so.
        """
        if not wanted:
            return {}
        result = await self._api.call(lambda client: client.usergroups_list(include_users=True))
        if not result.ok:
            return dict.fromkeys(wanted, result.outcome)
        groups: dict[str, dict[str, Any]] = {}
        for group in result.data.get("usergroups", ()):
            groups[str(group.get("handle", ""))] = groups[str(group["id"])] = group
        return {handle: await self._one(handle, people, groups) for handle, people in wanted.items()}

    async def _one(self, handle: str, addresses: Sequence[str], groups: Mapping[str, dict[str, Any]]) -> Outcome:
        name = handle.removeprefix("@")
        group = groups.get(name)
        if group is None:
            detail = f"there is no user group @{name}"
            return Outcome(kind=OutcomeKind.REFUSED, code="no_such_subteam", detail=detail)
        places = [await self._places.find(address) for address in addresses]
        users = list(dict.fromkeys(place for place in places if isinstance(place, str)))
        if not users:
            detail = f"nobody to put into @{name}, so its last members stay"
            return Outcome(kind=OutcomeKind.UNREACHABLE, code="nobody", detail=detail)
        number = str(group["id"])
        current = group.get("users")
        if current is None:
            # A workspace that leaves members out of the list is asked for each group's.
            told = await self._api.call(lambda client: client.usergroups_users_list(usergroup=number))
            if not told.ok:
                return told.outcome
            current = told.data.get("users", ())
        if set(current) == set(users):
            return UNCHANGED
        result = await self._api.call(lambda client: client.usergroups_users_update(usergroup=number, users=users))
        return result.outcome
