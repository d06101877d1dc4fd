"""A page as a mail, over SMTP."""

from __future__ import annotations

import asyncio
import contextlib
import re
import ssl
from collections.abc import Mapping
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

import aiosmtplib
import msgspec

from notifiers.channel import Channel, Edge, Setting, one_line
from notifiers.message import Message
from notifiers.outcome import Outcome, OutcomeKind
from notifiers.throttle import TEXT_LIMITS
from notifiers.wording import Wording


class SmtpServer(msgspec.Struct, frozen=True, kw_only=True):
    """Where mail is handed over.

    `security` is "starttls" (refused if the server does not offer it), "tls" (from the first byte) or "none".
    """

    host: str
    port: int
    security: str = "starttls"
    username: str = ""
    password: str = ""
    sender: str


class EmailNotifier:
    """Hands one mail to the configured server. 250 is acceptance by the next hop, not delivery."""

    channel = "email"
    two_way = False
    timeout = 10.0

    def __init__(self, server: SmtpServer, wording: Wording) -> None:
        self._server = server
        self._wording = wording

    async def send(self, address: str, message: Message) -> Outcome:
        """One connection, one mail. From the moment the mail itself is sent, silence means unknown."""
        client = self._client()
        handed_over = False
        try:
            async with asyncio.timeout(self.timeout):
                await client.connect()
                await client.mail(self._server.sender)
                await client.rcpt(address)
                handed_over = True
                answer = await client.data(self._mail(address, message))
        except (aiosmtplib.SMTPException, OSError, TimeoutError, ValueError) as error:
            return _classify(error, handed_over=handed_over)
        else:
            return Outcome(kind=OutcomeKind.ACCEPTED, code=str(answer.code), provider_id=message.page_id)
        finally:
            with contextlib.suppress(aiosmtplib.SMTPException, OSError, TimeoutError):
                client.close()

    async def close(self) -> None:
        """Connections live only as long as one mail."""

    def _client(self) -> aiosmtplib.SMTP:
        server = self._server
        return aiosmtplib.SMTP(
            hostname=server.host,
            port=server.port,
            username=server.username or None,
            password=server.password or None,
            use_tls=server.security == "tls",
            start_tls=server.security == "starttls",
            timeout=self.timeout,
        )

    def _mail(self, address: str, message: Message) -> bytes:
        words = self._wording.mail(message)
        mail = EmailMessage(policy=SMTP.clone(cte_type="7bit"))
        mail["From"] = self._server.sender
        mail["To"] = address
        mail["Subject"] = words.subject
        mail["Date"] = format_datetime(message.at)
        mail["Message-ID"] = f"<{message.page_id}@{self._server.sender.rpartition('@')[2].rstrip('>')}>"
        mail["Auto-Submitted"] = "auto-generated"
        mail["X-Priority"] = "1"
        mail.set_content(words.body)
        return mail.as_bytes()


def _classify(error: Exception, *, handed_over: bool) -> Outcome:
    """The class of a failure, by the reply code where there is one (RFC 5321, 4.2), else by how far we came."""
    if isinstance(error, (aiosmtplib.SMTPAuthenticationError, aiosmtplib.SMTPNotSupported, ssl.SSLError)):
        return Outcome(kind=OutcomeKind.BROKEN, code="login", detail="the mail server refused our login or TLS")
    if isinstance(error, (aiosmtplib.SMTPTimeoutError, aiosmtplib.SMTPServerDisconnected, TimeoutError)):
        kind = OutcomeKind.UNKNOWN if handed_over else OutcomeKind.RETRY
        return Outcome(kind=kind, code="no-answer", detail="the mail server fell silent")
    if isinstance(error, aiosmtplib.SMTPResponseException):
        code = str(error.code)
        if 400 <= error.code < 500:
            return Outcome(kind=OutcomeKind.RETRY, code=code, detail=f"the mail server asks to try later ({code})")
        if isinstance(error, aiosmtplib.SMTPRecipientRefused):
            return Outcome(
                kind=OutcomeKind.REFUSED, code=code, detail=f"the mail server knows no such mailbox ({code})"
            )
        if isinstance(error, aiosmtplib.SMTPSenderRefused):
            return Outcome(kind=OutcomeKind.BROKEN, code=code, detail=f"the mail server refuses our sender ({code})")
        if 500 <= error.code < 600 and handed_over:
            return Outcome(kind=OutcomeKind.UNREACHABLE, code=code, detail=f"the mail server refused the mail ({code})")
        return Outcome(kind=OutcomeKind.BROKEN, code=code, detail=f"the mail server refuses to talk to us ({code})")
    if isinstance(error, aiosmtplib.SMTPException) and not isinstance(error, OSError) and not handed_over:
        detail = "the mail server offers no login or no STARTTLS"
        return Outcome(kind=OutcomeKind.BROKEN, code="not-offered", detail=detail)
    if handed_over:
        return Outcome(kind=OutcomeKind.UNKNOWN, code="broken-off", detail="the conversation broke off")
    return Outcome(kind=OutcomeKind.RETRY, code="no-connection", detail="no connection to the mail server")


def check_address(address: str) -> str | None:
    """One mailbox in ASCII, without a display name."""
    fault = one_line(address)
    if fault is None and not re.fullmatch(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9.-]{1,255}", address):
        fault = f"{address!r} is no mail address: write name@example.com"
    return fault


def _check_security(value: str) -> str | None:
    return None if value in {"starttls", "tls", "none"} else f"{value!r} is none of starttls, tls, none"


def _check_port(value: str) -> str | None:
    fits = value.isdecimal() and value.isascii() and 0 < int(value[:6]) < 65536
    return None if fits else f"{value!r} is no port: write a number from 1 to 65535"


def _build(values: Mapping[str, str], edge: Edge) -> EmailNotifier:
    server = SmtpServer(
        host=values["ONCALL_SMTP_HOST"],
        port=int(values["ONCALL_SMTP_PORT"]),
        security=values["ONCALL_SMTP_SECURITY"],
        username=values["ONCALL_SMTP_USERNAME"],
        password=values["ONCALL_SMTP_PASSWORD"],
        sender=values["ONCALL_SMTP_FROM"],
    )
    return EmailNotifier(server, edge.wording)


CHANNEL = Channel(
    name="email",
    title="E-mail",
    about="Sends each page as a plain mail with a link that acknowledges after one more click.",
    address="The mailbox",
    example="alice@example.com",
    check_address=check_address,
    two_way=False,
    limits=TEXT_LIMITS,
    settings=(
        Setting(env="ONCALL_SMTP_HOST", about="The mail server.", required=True),
        Setting(env="ONCALL_SMTP_PORT", about="Its port.", default="587", check=_check_port),
        Setting(env="ONCALL_SMTP_SECURITY", about="starttls, tls or none.", default="starttls", check=_check_security),
        Setting(env="ONCALL_SMTP_USERNAME", about="Login, if the server wants one."),
        Setting(env="ONCALL_SMTP_PASSWORD", about="Its password.", secret=True),
        Setting(env="ONCALL_SMTP_FROM", about="The sender's mailbox.", required=True, check=check_address),
    ),
    docs="notifiers/email.md",
    build=_build,
)
