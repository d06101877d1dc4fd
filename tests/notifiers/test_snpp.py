"""SNPP against a server of our own for the faults, and against Net::SNPP::Server, which somebody else wrote."""

from __future__ import annotations

import asyncio
import os
import shutil
import socket
import subprocess
from collections.abc import AsyncIterator

import pytest

from notifiers.outcome import OutcomeKind
from notifiers.snpp import SnppNotifier

SERVER = """
use Net::SNPP::Server; $| = 1;
my $server = Net::SNPP::Server->new(Port => $ARGV[0]);
$server->callback('write_log', sub {});
$server->callback('process_page', sub { my ($who, $page, $results) = @_; push @$results, [$who, $page]; return 1; });
print "ready\\n";
while (my $client = $server->client()) {
    for my $page ($server->handle_client($client)) { print "paged $page->[0][0] $page->[1]{mess}\\n"; }
}
"""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def has_server() -> bool:
    perl = shutil.which("perl")
    return (
        perl is not None
        and subprocess.run([perl, "-MNet::SNPP::Server", "-e1"], check=False, capture_output=True).returncode == 0
    )


@pytest.fixture
async def gateway() -> AsyncIterator[tuple[int, asyncio.StreamReader]]:
    """Debian's libnet-snpp-perl on a free port; its lines say what was paged."""
    if not has_server():
        if os.environ.get("CI") == "true":
            pytest.fail("Net::SNPP::Server is missing: apt-get install libnet-snpp-perl")
        pytest.skip("Net::SNPP::Server is missing: apt-get install libnet-snpp-perl")
    port = free_port()
    process = await asyncio.create_subprocess_exec(
        "perl", "-e", SERVER, str(port), stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL
    )
    assert process.stdout is not None
    assert (await asyncio.wait_for(process.stdout.readline(), 10)) == b"ready\n"
    yield port, process.stdout
    process.kill()
    await process.wait()


async def test_an_independent_server_takes_a_two_way_page(gateway, wording, message):
    port, lines = gateway
    outcome = await SnppNotifier("127.0.0.1", port, wording).send("5551212", message())
    assert outcome.kind is OutcomeKind.ACCEPTED
    assert outcome.code == "960"
    assert len(outcome.provider_id.split()) == 2
    paged = (await asyncio.wait_for(lines.readline(), 10)).decode()
    assert paged.startswith("paged 5551212 Payments critical #4711: Database primary down Reply 12a ack")


async def test_an_independent_server_refuses_a_pager_it_does_not_know(gateway, wording, message):
    port, _ = gateway
    outcome = await SnppNotifier("127.0.0.1", port, wording).send("abc", message())
    assert (outcome.kind, outcome.code) == (OutcomeKind.REFUSED, "550")


async def test_alert_text_cannot_smuggle_a_command(gateway, wording, message):
    port, lines = gateway
    spoiled = message(summary="down\r\nPAGE 9999999\r\nSEND\x00")
    outcome = await SnppNotifier("127.0.0.1", port, wording).send("5551212", spoiled)
    assert outcome.kind is OutcomeKind.ACCEPTED
    assert "PAGE 9999999 SEND" in (await asyncio.wait_for(lines.readline(), 10)).decode()


async def talk(script: dict[str, str], wording, act, greeting: str = "220 ready"):
    """A gateway that answers by the first four letters."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(f"{greeting}\r\n".encode())
        while line := (await reader.readline()).decode().strip():
            if line.startswith("QUIT"):
                break
            writer.write(f"{script.get(line[:4], '250 OK')}\r\n".encode())
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        return await act(SnppNotifier("127.0.0.1", server.sockets[0].getsockname()[1], wording))


@pytest.mark.parametrize(
    ("reply", "answered", "delivered", "final"),
    [
        ("860 tag delivered", False, True, False),
        ("881 tag delivered and read", False, True, False),
        ("888 17951650750 261120084602+0000 01 MCR Reply Received", True, True, True),
        ("888 17951650750 261120084602+0000 02 MCR Reply Received", False, True, True),
        ("780 expired", False, False, True),
        ("500 not implemented", False, False, True),
    ],
)
async def test_only_the_choice_of_a_two_way_pager_acknowledges(wording, reply, answered, delivered, final):
    receipt = await talk({"MSTA": reply}, wording, lambda notifier: notifier.receipt("17951650750 503088013"))
    assert (receipt.answered, receipt.delivered, receipt.final) == (answered, delivered, final)


async def test_a_one_way_page_has_no_receipt(wording):
    assert (await SnppNotifier("127.0.0.1", 9, wording).receipt("pg_0001")).final


async def test_a_gateway_without_two_way_takes_a_plain_page(wording, message):
    outcome = await talk({"2WAY": "500 no"}, wording, lambda notifier: notifier.send("5551212", message()))
    assert (outcome.kind, outcome.provider_id) == (OutcomeKind.ACCEPTED, "pg_0001")


@pytest.mark.parametrize(
    ("script", "kind"),
    [
        ({"PAGE": "550 invalid"}, OutcomeKind.REFUSED),
        ({"PAGE": "750 off"}, OutcomeKind.UNREACHABLE),
        ({"MESS": "554 too long"}, OutcomeKind.REFUSED),
        ({"SEND": "421 later"}, OutcomeKind.RETRY),
        ({"SEND": "503 incomplete"}, OutcomeKind.BROKEN),
        ({"PAGE": "hello?"}, OutcomeKind.BROKEN),
    ],
)
async def test_a_refusal_is_classified(wording, message, script, kind):
    outcome = await talk(script, wording, lambda notifier: notifier.send("5551212", message()))
    assert outcome.kind is kind


async def test_a_gateway_that_is_closed_is_tried_later(wording, message):
    outcome = await talk({}, wording, lambda notifier: notifier.send("5551212", message()), greeting="421 closed")
    assert outcome.kind is OutcomeKind.RETRY
