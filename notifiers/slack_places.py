"""Who and what an address in Slack means: ids stand for themselves, e-mail addresses and channel names are looked up."""

from __future__ import annotations

import re

from notifiers.outcome import Outcome, OutcomeKind
from notifiers.slack_api import SlackApi

_ID = re.compile(r"[UWCGD][A-Z0-9]{2,}")
_CHANNEL = re.compile(r"#[^\s#,<>]{1,80}")
_EMAIL = re.compile(r"[^\s@<>]{1,64}@[A-Za-z0-9.-]{1,255}")
#: Pages of 1,000 channels that are read at most.
MOST_PAGES = 20


def check_address(address: str) -> str | None:
    """An id, an e-mail address or a channel name."""
    if any(pattern.fullmatch(address) for pattern in (_ID, _CHANNEL, _EMAIL)):
        return None
    return f"{address!r} is nothing in Slack: write a member id (U024BE7LH), the e-mail address or #channel"


class SlackPlaces:
    """Looks addresses up and remembers what they mean; a name that is refused later is forgotten."""

    def __init__(self, api: SlackApi) -> None:
        self._api = api
        self._known: dict[str, str] = {}
        self._emails: dict[str, str] = {}

    async def find(self, address: str) -> str | Outcome:
        """The id to post to, or why there is none."""
        if _ID.fullmatch(address):
            return address
        if address not in self._known:
            found = await (self._channel(address[1:]) if address.startswith("#") else self._person(address))
            if isinstance(found, Outcome):
                return found
            self._known[address] = found
        return self._known[address]

    def forget(self, address: str) -> None:
        """Look it up again next time."""
        self._known.pop(address, None)

    async def email_of(self, user: str, team: str = "") -> str:
        """The e-mail address of a member, lower case, "" if it is not to be had.

        Whoever comes from another workspace through a shared channel has none here where `team` is ours: what stands in
        a profile there is up to its administrators.
        """
        if user not in self._emails:
            result = await self._api.call(lambda client: client.users_info(user=user))
            if not result.ok:
                return ""
            member = result.data.get("user") or {}
            profile = member.get("profile") or {}
            own = not team or member.get("team_id", team) == team or "enterprise_user" in member
            trusted = own and not (member.get("is_stranger") or member.get("deleted"))
            self._emails[user] = str(profile.get("email", "")).lower() if trusted else ""
        return self._emails[user]

    async def _person(self, email: str) -> str | Outcome:
        result = await self._api.call(lambda client: client.users_lookupByEmail(email=email))
        user = result.data.get("user") or {}
        return str(user["id"]) if result.ok and "id" in user else _not_sent(result.outcome)

    async def _channel(self, name: str) -> str | Outcome:
        cursor = ""
        for _ in range(MOST_PAGES):
            result = await self._api.call(
                lambda client, at=cursor: client.conversations_list(  # type: ignore[misc] # `at` binds this page
                    types="public_channel,private_channel", exclude_archived=True, limit=1000, cursor=at or None
                )
            )
            if not result.ok:
                return _not_sent(result.outcome)
            for channel in result.data.get("channels", ()):
                if channel.get("name") == name:
                    return str(channel["id"])
            cursor = (result.data.get("response_metadata") or {}).get("next_cursor", "")
            if not cursor:
                break
        return Outcome(kind=OutcomeKind.REFUSED, code="channel_not_found", detail=f"there is no channel #{name}")


def _not_sent(outcome: Outcome) -> Outcome:
    """A failed look-up carried nothing out, so what would be unknown for a message may be tried again."""
    if outcome.kind is OutcomeKind.UNKNOWN:
        return Outcome(kind=OutcomeKind.RETRY, code=outcome.code, detail=outcome.detail)
    return outcome
