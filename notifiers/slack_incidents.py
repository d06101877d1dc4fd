"""The living message of an incident in a team's channel: posted once, updated in place, its timeline in the thread."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import msgspec

from notifiers import slack_history
from notifiers.incident_card import IncidentCard, Moment
from notifiers.outcome import Outcome, OutcomeKind
from notifiers.phrases import Phrasebook
from notifiers.slack import posted
from notifiers.slack_api import Result, SlackApi
from notifiers.slack_messages import card_blocks, card_text, thread_text
from notifiers.slack_places import SlackPlaces

#: The message is gone or frozen: a new one takes its place.
_LOST = frozenset({"message_not_found", "cant_update_message", "edit_window_closed"})


class SlackIncidents:
    """Shows incidents in channels. A place is "channel/ts", as `show` returns it in `provider_id`."""

    def __init__(self, api: SlackApi, places: SlackPlaces, phrases: Phrasebook) -> None:
        self._api = api
        self._places = places
        self._phrases = phrases

    async def show(self, address: str, card: IncidentCard, place: str = "", *, doubtful: bool = False) -> Outcome:
        """Update the message at `place`, or post one in the channel `address` if there is none yet or none any more.

        With `doubtful` an earlier attempt may have posted it: it is looked for first.
        """
        if place:
            result = await self._update(place, card)
            if result.outcome.code not in _LOST:
                return result.outcome
        channel = await self._places.find(address)
        if isinstance(channel, Outcome):
            return channel
        if doubtful:
            number = str(card.number)
            found = await slack_history.find(self._api, channel, slack_history.INCIDENT, number, card.opened_at)
            if found:
                return (await self._update(found[0], card)).outcome
        outcome = (await self._post(channel, card)).outcome
        if outcome.code == "not_in_channel":
            joined = await self._api.call(lambda client: client.conversations_join(channel=channel))
            outcome = (await self._post(channel, card)).outcome if joined.ok else joined.outcome
        return outcome

    def drawn(self, card: IncidentCard) -> str:
        """A digest of what the message shows: the same for cards that look the same."""
        looks = [card_text(card, self._phrases), card_blocks(card, self._phrases)]
        return hashlib.sha256(msgspec.json.encode(looks)).hexdigest()

    async def tell(self, place: str, parts: Sequence[str | Moment]) -> Outcome:
        """Lines of the timeline, in the thread under the message."""
        channel, _, ts = place.partition("/")
        text = thread_text(parts)
        result = await self._api.call(
            lambda client: client.chat_postMessage(
                channel=channel, thread_ts=ts, text=text, unfurl_links=False, unfurl_media=False
            )
        )
        return posted(result).outcome

    async def _post(self, channel: str, card: IncidentCard) -> Result:
        result = await self._api.call(
            lambda client: client.chat_postMessage(
                channel=channel,
                text=card_text(card, self._phrases),
                blocks=card_blocks(card, self._phrases),
                unfurl_links=False,
                unfurl_media=False,
                metadata=slack_history.metadata(slack_history.INCIDENT, str(card.number)),
            )
        )
        return posted(result)

    async def _update(self, place: str, card: IncidentCard) -> Result:
        channel, _, ts = place.partition("/")
        result = await self._api.call(
            lambda client: client.chat_update(
                channel=channel,
                ts=ts,
                text=card_text(card, self._phrases),
                blocks=card_blocks(card, self._phrases),
            )
        )
        if result.ok:
            return Result(outcome=Outcome(kind=OutcomeKind.ACCEPTED, code="ok", provider_id=place), data=result.data)
        return result
