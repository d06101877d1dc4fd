"""A page as a notification of ntfy, with a button that acknowledges (https://docs.ntfy.sh/publish/)."""

from __future__ import annotations

import re
from collections.abc import Mapping

import msgspec

from notifiers.channel import Channel, Edge, Setting, one_line
from notifiers.http import Http, NotCarriedOut, NoTelling, PrivateAddress, classify, classify_failure
from notifiers.message import Message, Standing
from notifiers.outcome import Outcome, OutcomeKind
from notifiers.throttle import TEXT_LIMITS
from notifiers.wording import Wording
from routing.alert import Severity

#: A larger body is refused, or becomes an attachment.
MOST_BYTES = 4096
#: Neither sound nor vibration.
QUIET = 2
_NOTHING: Mapping[int, Standing] = {}
_PRIORITY: Mapping[Severity, int] = {Severity.CRITICAL: 5, Severity.WARNING: 4, Severity.INFO: 3}


class NtfyNotifier:
    """One notification, posted as JSON to the server's root. Stored is not delivered; there is no receipt."""

    channel = "ntfy"
    two_way = True
    timeout = 10.0

    def __init__(self, http: Http, server: str, token: str, wording: Wording) -> None:
        self._http = http
        self._server = server.rstrip("/") + "/"
        self._token = token
        self._wording = wording

    async def send(self, address: str, message: Message) -> Outcome:
        """Publish to the topic.

        The provider id is "id/sequence" where the server names the sequence in its answer, as ntfy 2.16 and later do:
        what is published there once more replaces the notification. An older one would show a second.
        """
        return await self._publish(self._body(address, message, _NOTHING), message.page_id)

    async def follow(self, address: str, place: str, message: Message, standings: Mapping[int, Standing]) -> Outcome:
        """Replace the notification without a sound: who took it, or that it is over, and no button that misleads."""
        sequence = place.partition("/")[2]
        if not sequence:
            return Outcome(kind=OutcomeKind.ACCEPTED, code="nothing", provider_id=place)
        outcome = await self._publish(self._body(address, message, standings, QUIET), sequence)
        if outcome.kind is OutcomeKind.UNKNOWN:
            # The same words once more in the same place change nothing.
            return Outcome(kind=OutcomeKind.RETRY, code=outcome.code, detail=outcome.detail)
        return outcome

    async def close(self) -> None:
        """The pool belongs to the engine."""

    async def _publish(self, shown: Mapping[str, object], sequence: str) -> Outcome:
        headers = {"content-type": "application/json"}
        if self._token:
            headers["authorization"] = f"Bearer {self._token}"
        # A name of our own, so that a page that is sent twice after a lost answer is one notification as well.
        body = _within(MOST_BYTES, {**shown, "sequence_id": sequence})
        try:
            answer = await self._http.request(
                "POST", self._server, timeout_seconds=self.timeout, headers=headers, body=body
            )
        except (NotCarriedOut, NoTelling, PrivateAddress) as error:
            return classify_failure(error)
        told = answer.json()
        if 200 <= answer.status < 300:
            if not isinstance(told, dict) or not isinstance(told.get("id"), str):
                return Outcome(kind=OutcomeKind.UNKNOWN, code="unreadable", detail="ntfy's answer cannot be read")
            named = told.get("sequence_id") == sequence
            return classify(answer, provider_id=f"{told['id']}/{sequence}" if named else told["id"])
        return classify(answer)

    def _body(
        self, topic: str, message: Message, standings: Mapping[int, Standing], priority: int | None = None
    ) -> dict[str, object]:
        rich = self._wording.rich(message)
        asks = rich.asks and message.waits(standings)
        actions: list[dict[str, object]] = []
        if asks and message.ack_url:
            label = self._wording.phrases.say(message.language, "button_acknowledge")
            # GET on this address shows a page and changes nothing; only POST acknowledges.
            actions.append({"action": "http", "label": label, "url": message.ack_url, "method": "POST", "clear": True})
        if message.url:
            label = self._wording.phrases.say(message.language, "button_open")
            actions.append({"action": "view", "label": label, "url": message.url})
        shown: dict[str, object] = {
            "topic": topic,
            "title": rich.title,
            "priority": priority or (_PRIORITY[message.severity] if rich.asks else 3),
            "tags": ["rotating_light"] if asks else ["white_check_mark"] if rich.asks else [],
            "actions": actions,
        }
        if message.url:
            shown["click"] = message.url
        stand = self._wording.stand(message, standings)
        return {**shown, "message": "\n".join((*stand, *rich.body)) or message.summary or rich.title}


def _within(most: int, shown: Mapping[str, object]) -> bytes:
    """As JSON of at most so many bytes; the text gives way."""
    text = str(shown["message"])
    room = most - len(msgspec.json.encode({**shown, "message": ""}))
    while len(msgspec.json.encode(text)) - 2 > max(room, 0):
        text = text[: len(text) * 3 // 4]
    return msgspec.json.encode({**shown, "message": text})


def check_address(address: str) -> str | None:
    """A topic."""
    fault = one_line(address)
    if fault is None and not re.fullmatch(r"[-_A-Za-z0-9]{1,64}", address):
        fault = (
            f"{address!r} is no topic: write up to 64 letters, digits, - and _; on an open server make it hard to guess"
        )
    return fault


def _check_server(value: str) -> str | None:
    return None if value.startswith(("http://", "https://")) else f"{value!r} is no address: write https://host"


def _build(values: Mapping[str, str], edge: Edge) -> NtfyNotifier:
    return NtfyNotifier(edge.http, values["ONCALL_NTFY_URL"], values["ONCALL_NTFY_TOKEN"], edge.wording)


CHANNEL = Channel(
    name="ntfy",
    title="ntfy",
    about="A push notification through your own ntfy server, with a button that acknowledges.",
    address="The topic",
    example="oncall-alice-9f3k2",
    check_address=check_address,
    two_way=True,
    limits=TEXT_LIMITS,
    settings=(
        Setting(env="ONCALL_NTFY_URL", about="Root address of the server.", required=True, check=_check_server),
        Setting(env="ONCALL_NTFY_TOKEN", about="Access token, if the server wants one.", secret=True),
    ),
    docs="notifiers/ntfy.md",
    build=_build,
)
