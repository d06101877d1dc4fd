"""A page as a direct message in Slack, with buttons; also what is posted to a team's channel."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import datetime

import msgspec

from notifiers import slack_history
from notifiers.channel import Channel, Edge, Setting, one_line
from notifiers.message import Message, Standing
from notifiers.outcome import Outcome, OutcomeKind
from notifiers.slack_api import DEFAULT_BASE, Result, SlackApi
from notifiers.slack_blocks import Block
from notifiers.slack_codes import LAYOUT
from notifiers.slack_messages import page_blocks, page_text
from notifiers.slack_places import SlackPlaces
from notifiers.slack_places import check_address as check_place
from notifiers.throttle import TEXT_LIMITS
from notifiers.wording import Wording


class SlackNotifier:
    """One message. A look-up of the address may come before it, and joining a public channel."""

    channel = "slack"
    two_way = True
    timeout = 8.0

    def __init__(self, api: SlackApi, wording: Wording) -> None:
        self.api = api
        self.places = SlackPlaces(api)
        self._wording = wording

    async def send(self, address: str, message: Message) -> Outcome:
        """Post it; the outcome's provider id is "channel/ts", by which it can be found again."""
        place: str | Outcome = ""
        try:
            async with asyncio.timeout(self.timeout):
                place = await self.places.find(address)
                return place if isinstance(place, Outcome) else await self._deliver(address, place, message)
        except TimeoutError:
            kind = OutcomeKind.UNKNOWN if place else OutcomeKind.RETRY
            detail = f"no answer within {self.timeout:g} s"
            return Outcome(kind=kind, code="no-answer", detail=detail, trace=message.page_id)

    def trace(self, _address: str, message: Message) -> str:
        """The page's id, which its message carries in its metadata."""
        return message.page_id

    async def find(self, address: str, trace: str, since: datetime) -> tuple[Outcome, ...] | None:
        """What Slack has of a message whose answer was lost."""
        try:
            async with asyncio.timeout(self.timeout):
                place = await self.places.find(address)
                if isinstance(place, Outcome):
                    return None
                found = await slack_history.find(self.api, place, slack_history.PAGE, trace, since)
        except TimeoutError:
            return None
        if found is None:
            return None
        return tuple(Outcome(kind=OutcomeKind.ACCEPTED, code="ok", provider_id=one) for one in found)

    async def _deliver(self, address: str, place: str, message: Message) -> Outcome:
        text = page_text(message, self._wording)
        result = await self._post(place, text, page_blocks(message, self._wording), message.page_id)
        if result.outcome.code == "not_in_channel":
            joined = await self.api.call(lambda client: client.conversations_join(channel=place))
            if not joined.ok:
                return joined.outcome if joined.outcome.kind is not OutcomeKind.UNKNOWN else result.outcome
            result = await self._post(place, text, page_blocks(message, self._wording), message.page_id)
        elif result.outcome.code in LAYOUT:
            result = await self._post(place, text, [], message.page_id)
        elif result.outcome.code == "channel_not_found":
            self.places.forget(address)
        outcome = result.outcome
        unknown = outcome.kind is OutcomeKind.UNKNOWN
        return msgspec.structs.replace(outcome, trace=message.page_id) if unknown else outcome

    async def follow(self, _address: str, place: str, message: Message, standings: Mapping[int, Standing]) -> Outcome:
        """Say who took it, or that it is over, and take back the buttons that no longer apply."""
        channel, _, ts = place.partition("/")
        text = page_text(message, self._wording, standings)
        blocks = page_blocks(message, self._wording, standings)
        try:
            async with asyncio.timeout(self.timeout):
                result = await self._update(channel, ts, text, blocks)
                if result.outcome.code in LAYOUT:
                    result = await self._update(channel, ts, text, [])
        except TimeoutError:
            # The same words once more change nothing, so it is safe to say them again.
            return Outcome(kind=OutcomeKind.RETRY, code="no-answer", detail=f"no answer within {self.timeout:g} s")
        return result.outcome

    async def close(self) -> None:
        """The pool belongs to the engine."""

    async def _update(self, channel: str, ts: str, text: str, blocks: list[Block]) -> Result:
        # Without blocks, those the message has would stay.
        return await self.api.call(lambda client: client.chat_update(channel=channel, ts=ts, text=text, blocks=blocks))

    async def _post(self, place: str, text: str, blocks: list[Block], page_id: str) -> Result:
        result = await self.api.call(
            lambda client: client.chat_postMessage(
                channel=place,
                text=text,
                blocks=blocks or None,
                unfurl_links=False,
                unfurl_media=False,
                metadata=slack_history.metadata(slack_history.PAGE, page_id),
            ),
        )
        return posted(result)


def posted(result: Result) -> Result:
    """The result of a post with its place as provider id; an answer that names none leaves us in the dark."""
    if not result.ok:
        return result
    channel, ts = result.data.get("channel"), result.data.get("ts")
    if not isinstance(channel, str) or not isinstance(ts, str):
        detail = "Slack accepted, but does not say where"
        return Result(outcome=Outcome(kind=OutcomeKind.UNKNOWN, code="unreadable", detail=detail))
    return Result(
        outcome=Outcome(kind=OutcomeKind.ACCEPTED, code="ok", provider_id=f"{channel}/{ts}"), data=result.data
    )


def check_address(address: str) -> str | None:
    """An id, an e-mail address or a channel name, on one line."""
    return one_line(address) or check_place(address)


def _check_base(value: str) -> str | None:
    fits = value.startswith(("http://", "https://"))
    return None if fits else f"{value!r} is no base address: write https://host/api"


SETTINGS = (
    Setting(
        env="ONCALL_SLACK_BOT_TOKEN",
        about="Bot token of the Slack app (xoxb-...).",
        required=True,
        secret=True,
        check=lambda value: None if value.startswith("xox") else "a bot token starts with xoxb-",
    ),
    Setting(
        env="ONCALL_SLACK_APP_TOKEN",
        about="App-level token (xapp-...): clicks and commands come through a socket, no public address needed.",
        secret=True,
        check=lambda value: None if not value or value.startswith("xapp") else "an app token starts with xapp-",
    ),
    Setting(
        env="ONCALL_SLACK_SIGNING_SECRET",
        about="Signing secret: verifies what Slack posts to /webhooks/slack.",
        secret=True,
    ),
    Setting(env="ONCALL_SLACK_API_BASE", about="Where the API is.", default=DEFAULT_BASE, check=_check_base),
)


def api(values: Mapping[str, str], edge: Edge) -> SlackApi:
    """The workspace the settings name."""
    return SlackApi(edge.http, token=values["ONCALL_SLACK_BOT_TOKEN"], base=values["ONCALL_SLACK_API_BASE"])


def _build(values: Mapping[str, str], edge: Edge) -> SlackNotifier:
    return SlackNotifier(api(values, edge), edge.wording)


CHANNEL = Channel(
    name="slack",
    title="Slack",
    about="A direct message with buttons; for teams one message per incident in their channel.",
    address="The member's id or e-mail address, or #channel",
    example="U024BE7LH",
    check_address=check_address,
    two_way=True,
    limits=TEXT_LIMITS,
    settings=SETTINGS,
    docs="notifiers/slack.md",
    build=_build,
)
