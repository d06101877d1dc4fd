from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from email import message_from_bytes
from email.policy import default

import pytest
from aiosmtpd.smtp import SMTP

from notifiers.email import EmailNotifier, SmtpServer
from notifiers.outcome import OutcomeKind


class Handler:
    """Takes mail, or refuses as it is told."""

    def __init__(self) -> None:
        self.mails: list[bytes] = []
        self.rcpt = ""
        self.data = ""

    async def handle_RCPT(self, _server, _session, envelope, address, _options) -> str:  # noqa: N802 - aiosmtpd's name
        if not self.rcpt:
            envelope.rcpt_tos.append(address)
        return self.rcpt or "250 OK"

    async def handle_DATA(self, _server, _session, envelope) -> str:  # noqa: N802 - aiosmtpd's name
        self.mails.append(envelope.content)
        return self.data or "250 taken"


@pytest.fixture
async def server() -> AsyncIterator[tuple[Handler, int]]:
    handler = Handler()
    loop = asyncio.get_running_loop()
    listening = await loop.create_server(lambda: SMTP(handler, hostname="localhost", loop=loop), "127.0.0.1", 0)
    async with listening:
        yield handler, listening.sockets[0].getsockname()[1]


@pytest.fixture
def notifier(server, wording):
    def build(**changes):
        values = {"host": "127.0.0.1", "port": server[1], "security": "none", "sender": "oncall@example.com"}
        return EmailNotifier(SmtpServer(**(values | changes)), wording)

    return build


async def test_a_mail_is_plain_marked_as_automatic_and_named_after_its_page(server, notifier, message):
    outcome = await notifier().send("alice@example.com", message(summary="Größe – ж"))
    mail = message_from_bytes(server[0].mails[0], policy=default)
    assert outcome.kind is OutcomeKind.ACCEPTED
    assert mail["Subject"] == "[critical] #4711 Payments: Größe – ж"
    assert mail["Message-ID"] == "<pg_0001@example.com>"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail.get_content_type() == "text/plain"
    assert "https://oncall.example.com/a/token" in mail.get_content()
    assert server[0].mails[0].isascii()


async def test_alert_text_cannot_add_a_header(server, notifier, message):
    await notifier().send("alice@example.com", message(summary="x\r\nBcc: everybody@example.com"))
    mail = message_from_bytes(server[0].mails[0], policy=default)
    assert mail["Bcc"] is None


@pytest.mark.parametrize(
    ("rcpt", "data", "kind"),
    [
        ("550 5.1.1 no such user", "", OutcomeKind.REFUSED),
        ("451 4.2.1 greylisted", "", OutcomeKind.RETRY),
        ("", "452 4.2.2 full", OutcomeKind.RETRY),
        ("", "554 5.7.1 spam", OutcomeKind.UNREACHABLE),
    ],
)
async def test_a_refusal_is_classified_by_its_code(server, notifier, message, rcpt, data, kind):
    server[0].rcpt, server[0].data = rcpt, data
    assert (await notifier().send("alice@example.com", message())).kind is kind


async def test_a_server_without_starttls_is_a_broken_channel_where_it_is_asked_for(notifier, message):
    outcome = await notifier(security="starttls").send("alice@example.com", message())
    assert outcome.kind is OutcomeKind.BROKEN


async def test_a_refused_login_is_a_broken_channel_and_shows_no_password(notifier, message):
    outcome = await notifier(username="oncall", password="hunter2").send("alice@example.com", message())
    assert outcome.kind is OutcomeKind.BROKEN
    assert "hunter2" not in repr(outcome)
