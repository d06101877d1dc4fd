"""Everything else that Apprise speaks, as an extra: it reports success without proof, so it never counts as a method."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from notifiers.channel import Channel, Edge, Setting, one_line
from notifiers.message import Message
from notifiers.outcome import Outcome, OutcomeKind
from notifiers.throttle import TEXT_LIMITS
from notifiers.wording import Wording

#: Schemes that are nobody's programs, files or sockets on this machine.
DEFAULT_SCHEMES = "msteams,workflows,discord,gchat,mattermost,rocket,tgram,matrixs,signl4,squadcast,spike"


class LastResortNotifier:
    """One fresh object per attempt, no retries, no redirects. Whatever it says, it is acceptance at most."""

    channel = "apprise"
    two_way = False
    timeout = 10.0

    def __init__(self, schemes: frozenset[str], wording: Wording) -> None:
        self._schemes = schemes
        self._wording = wording

    async def send(self, address: str, message: Message) -> Outcome:
        """Hand it over. Its threads cannot be stopped, so an answer that does not come leaves us in the dark."""
        if urlsplit(address).scheme.lower() not in self._schemes:
            detail = "the operator does not allow this kind of address"
            return Outcome(kind=OutcomeKind.REFUSED, code="scheme", detail=detail)
        from apprise import Apprise, AppriseAsset  # noqa: PLC0415 - half a second that only this channel needs
        from apprise.common import PersistentStoreMode  # noqa: PLC0415 - as above

        rich = self._wording.rich(message)
        service = Apprise(asset=AppriseAsset(storage_mode=PersistentStoreMode.MEMORY, secure_logging=True))
        if not service.add(tamed(address)):
            return Outcome(kind=OutcomeKind.REFUSED, code="address", detail="this address cannot be used")
        try:
            async with asyncio.timeout(self.timeout):
                result: Any = await service.async_notify(
                    title=rich.title, body="\n".join([*rich.body, message.url]).strip() or rich.title
                )
        except TimeoutError:
            return Outcome(kind=OutcomeKind.UNKNOWN, code="no-answer", detail="no answer in time")
        except (OSError, TypeError, ValueError) as error:
            return Outcome(kind=OutcomeKind.UNKNOWN, code="failed", detail=f"it failed: {type(error).__name__}")
        if result:
            return Outcome(kind=OutcomeKind.ACCEPTED, code="success", provider_id=message.page_id)
        # A connection that dropped afterwards looks the same as a refusal.
        return Outcome(kind=OutcomeKind.UNKNOWN, code="failure", detail="it failed, and no reason is told")

    async def close(self) -> None:
        """Nothing is held."""


def tamed(address: str) -> str:
    """The address with redirects and repetitions switched off: a redirect to any page would count as success."""
    parts = urlsplit(address)
    asked = [(key, value) for key, value in parse_qsl(parts.query) if key not in {"redirect", "retry"}]
    return urlunsplit(parts._replace(query=urlencode([*asked, ("redirect", "no"), ("retry", "0")])))


def check_address(address: str) -> str | None:
    """An address with a scheme; which are allowed is the operator's choice."""
    fault = one_line(address)
    if fault is None and ("://" not in address or " " in address or len(address) > 500):
        fault = "this is no Apprise address: write scheme://..., as apprise documents it"
    return fault


def _build(values: Mapping[str, str], edge: Edge) -> LastResortNotifier:
    schemes = frozenset(part.strip().lower() for part in values["ONCALL_APPRISE_SCHEMES"].split(",") if part.strip())
    return LastResortNotifier(schemes, edge.wording)


CHANNEL = Channel(
    name="apprise",
    title="Anything else (last resort)",
    about="Microsoft Teams and what else Apprise speaks. It cannot tell whether a message arrived, so it never counts as "
    "the only method of an important page.",
    address="An Apprise address",
    example="msteams://example.webhook.office.com/a/b/c",
    check_address=check_address,
    two_way=False,
    counts=False,
    limits=TEXT_LIMITS,
    settings=(
        Setting(
            env="ONCALL_APPRISE_SCHEMES",
            about="Kinds of addresses people may use, separated by commas.",
            default=DEFAULT_SCHEMES,
        ),
    ),
    docs="notifiers/apprise.md",
    build=_build,
)
