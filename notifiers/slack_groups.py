"""A user group that follows who is on call, so that @payments-oncall reaches the right person."""

from __future__ import annotations

from collections.abc import Sequence

from notifiers.outcome import Outcome, OutcomeKind
from notifiers.slack_api import SlackApi
from notifiers.slack_places import SlackPlaces


class SlackGroups:
    """Writes a group only when it differs: updates are limited to twenty a minute."""

    def __init__(self, api: SlackApi, places: SlackPlaces) -> None:
        self._api = api
        self._places = places

    async def sync(self, handle: str, addresses: Sequence[str]) -> Outcome:
        """Make the group with this handle (or id) hold exactly these people.

        A group cannot be emptied: with nobody to put in, the last members stay, and the outcome says so.
        """
        group = await self._group(handle.removeprefix("@"))
        if isinstance(group, Outcome):
            return group
        users = [found for address in addresses if isinstance(found := await self._places.find(address), str)]
        if not users:
            detail = f"nobody to put into @{handle}, so its last members stay"
            return Outcome(kind=OutcomeKind.UNREACHABLE, code="nobody", detail=detail)
        current = await self._api.call(lambda client: client.usergroups_users_list(usergroup=group))
        if current.ok and set(current.data.get("users", ())) == set(users):
            return Outcome(kind=OutcomeKind.ACCEPTED, code="unchanged")
        if not current.ok:
            return current.outcome
        result = await self._api.call(lambda client: client.usergroups_users_update(usergroup=group, users=users))
        return result.outcome

    async def _group(self, handle: str) -> str | Outcome:
        result = await self._api.call(lambda client: client.usergroups_list())
        if not result.ok:
            return result.outcome
        for group in result.data.get("usergroups", ()):
            if handle in {group.get("handle"), group.get("id")}:
                return str(group["id"])
        detail = f"there is no user group @{handle}"
        return Outcome(kind=OutcomeKind.REFUSED, code="no_such_subteam", detail=detail)
