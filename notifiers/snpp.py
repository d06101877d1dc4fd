"""A page through a paging gateway that speaks SNPP (RFC 1861), two-way where the gateway offers level 3."""

from __future__ import annotations

import asyncio
import contextlib
import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

from notifiers import gsm7
from notifiers.channel import Channel, Edge, Setting, one_line
from notifiers.message import Message, MessageKind
from notifiers.notifier import Receipt
from notifiers.outcome import Outcome, OutcomeKind
from notifiers.throttle import TEXT_LIMITS
from notifiers.wording import Wording

#: Gateways commonly cut at this or more.
MOST_TEXT = 200
#: The multiple-choice response that acknowledges.
ACKNOWLEDGE = "01"
_ASKS = frozenset({MessageKind.PAGE, MessageKind.BUNDLE})


class _Refused(Exception):
    """The gateway said no."""

    def __init__(self, code: int) -> None:
        super().__init__(str(code))
        self.code = code


class _Conversation:
    """Commands and their replies, one at a time."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    async def reply(self) -> tuple[int, str]:
        """The next reply; lines that only inform (214, 218) are passed over."""
        while True:
            line = (await self._reader.readline()).decode("latin-1").strip()
            if not line:
                raise ConnectionResetError("the gateway hung up")
            if not line[:3].isdecimal():
                raise ValueError("the gateway does not speak SNPP")
            if line[:3] not in {"214", "218"}:
                return int(line[:3]), line[3:].strip()

    async def say(self, command: str) -> tuple[int, str]:
        """One command; CR and LF in it would be another."""
        flat = "".join(c if c.isprintable() else " " for c in command)
        self._writer.write(flat.encode("ascii", "replace") + b"\r\n")
        await self._writer.drain()
        return await self.reply()

    async def expect(self, command: str, *codes: int) -> tuple[int, str]:
        """One command that must be answered with one of these codes."""
        code, text = await self.say(command)
        if code not in codes:
            raise _Refused(code)
        return code, text


class SnppNotifier:
    """One conversation, one page. Once SEND was said, silence means that it may have been paged."""

    channel = "snpp"
    two_way = True
    timeout = 10.0

    def __init__(self, host: str, port: int, wording: Wording) -> None:
        self._host = host
        self._port = port
        self._wording = wording

    async def send(self, address: str, message: Message) -> Outcome:
        """Page; the outcome's provider id is "tag passcode" where the page is two-way, so that it can be asked about."""
        said = False
        try:
            async with asyncio.timeout(self.timeout), self._talk() as talk:
                two_way = message.kind in _ASKS and (await talk.say("2WAY"))[0] == 250
                await talk.expect(f"PAGE {address}", 250, 850, 950)
                await talk.expect(f"MESS {self._text(message)}", 250)
                if two_way:
                    await talk.say(f"MCRE {ACKNOWLEDGE} Ack")
                said = True
                code, text = await talk.expect("SEND", 250, 860, 880, 960)
        except _Refused as error:
            return _by_code(error.code)
        except (OSError, TimeoutError, ValueError) as error:
            if isinstance(error, ValueError):
                return Outcome(kind=OutcomeKind.BROKEN, code="not-snpp", detail="the gateway does not speak SNPP")
            kind = OutcomeKind.UNKNOWN if said else OutcomeKind.RETRY
            return Outcome(kind=kind, code="no-answer", detail="the paging gateway fell silent")
        tag = " ".join(text.split()[:2]) if code == 960 else ""
        return Outcome(kind=OutcomeKind.ACCEPTED, code=str(code), provider_id=tag or message.page_id)

    async def receipt(self, provider_id: str) -> Receipt | None:
        """Whether the pager has it, and whether its owner chose to acknowledge."""
        if not re.fullmatch(r"\d+ \d+", provider_id):
            return Receipt(final=True)
        try:
            async with asyncio.timeout(self.timeout), self._talk() as talk:
                code, text = await talk.say(f"MSTA {provider_id}")
        except (OSError, TimeoutError, ValueError, _Refused):
            return None
        if code >= 500 and code < 700:
            return Receipt(final=True)
        chosen = code == 888 and ACKNOWLEDGE in text.split()
        return Receipt(answered=chosen, delivered=860 <= code <= 889, final=code in {780, 888, 889})

    async def close(self) -> None:
        """Connections live only as long as one page."""

    def _text(self, message: Message) -> str:
        short = " ".join(self._wording.short(message).split())
        return gsm7.transliterate(short)[:MOST_TEXT] or "page"

    @asynccontextmanager
    async def _talk(self) -> AsyncIterator[_Conversation]:
        reader, writer = await asyncio.open_connection(self._host, self._port)
        try:
            talk = _Conversation(reader, writer)
            code, _ = await talk.reply()
            if code != 220:
                raise _Refused(code)
            yield talk
            writer.write(b"QUIT\r\n")
        finally:
            writer.close()
            with contextlib.suppress(OSError, TimeoutError):
                await writer.wait_closed()


def _by_code(code: int) -> Outcome:
    """RFC 1861, 3: the first digit tells; a refused pager id or message is 550 or 554."""
    named = str(code)
    match code:
        case 550 | 554:
            return Outcome(kind=OutcomeKind.REFUSED, code=named, detail=f"the gateway refuses this pager ({code})")
        case 750 | 780:
            return Outcome(kind=OutcomeKind.UNREACHABLE, code=named, detail=f"the pager is not on the network ({code})")
        case _ if 400 <= code < 500 or 700 <= code < 800:
            return Outcome(kind=OutcomeKind.RETRY, code=named, detail=f"the gateway asks to try later ({code})")
        case _:
            return Outcome(kind=OutcomeKind.BROKEN, code=named, detail=f"the gateway refuses us ({code})")


def check_address(address: str) -> str | None:
    """A pager id, as the gateway knows it."""
    fault = one_line(address)
    if fault is None and not re.fullmatch(r"[A-Za-z0-9.@_+-]{1,64}", address):
        fault = f"{address!r} is no pager id: write digits, or what the gateway calls the pager"
    if fault is None and address.startswith("-"):
        fault = "a pager id does not start with a dash: write it as the gateway knows it"
    return fault


def _check_port(value: str) -> str | None:
    fits = value.isdecimal() and value.isascii() and 0 < int(value[:6]) < 65536
    return None if fits else f"{value!r} is no port: write a number from 1 to 65535"


def _build(values: Mapping[str, str], edge: Edge) -> SnppNotifier:
    return SnppNotifier(values["ONCALL_SNPP_HOST"], int(values["ONCALL_SNPP_PORT"]), edge.wording)


CHANNEL = Channel(
    name="snpp",
    title="Pager (SNPP)",
    about="A classic pager through a gateway that speaks SNPP; a two-way pager's choice acknowledges.",
    address="The pager id",
    example="5551212",
    check_address=check_address,
    two_way=True,
    limits=TEXT_LIMITS,
    settings=(
        Setting(env="ONCALL_SNPP_HOST", about="The gateway.", required=True),
        Setting(env="ONCALL_SNPP_PORT", about="Its port.", default="444", check=_check_port),
    ),
    docs="notifiers/snpp.md",
    build=_build,
)
