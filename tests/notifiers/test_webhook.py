from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from aiohttp import web

from notifiers import webhook
from notifiers.http import Http
from notifiers.outcome import OutcomeKind
from notifiers.webhook import WebhookNotifier, decode_secret, sign

VECTOR = json.loads((Path(__file__).parent / "data" / "generic_webhook.json").read_text())


def test_the_signature_is_that_of_standard_webhooks():
    headers = VECTOR["headers"]
    made = sign(
        decode_secret(VECTOR["secret"]),
        headers["webhook-id"],
        int(headers["webhook-timestamp"]),
        VECTOR["body"].encode(),
    )
    assert made == headers["webhook-signature"]


@pytest.mark.parametrize("secret", ["", "whsec_", "whsec_!!", "whsec_c2hvcnQ="])
def test_a_secret_that_cannot_sign_is_refused_with_the_way_to_make_one(secret):
    assert "openssl" in webhook.check_secret(secret)


@pytest.mark.parametrize(
    "address",
    ["ftp://x/y", "https://", "http://[::1", "https://u:p@host/x", "host/path", "http://host:99999/"],
)
def test_an_address_that_is_no_web_address_is_refused(address):
    assert webhook.check_address(address)


async def serve(handler) -> tuple[web.AppRunner, str]:
    app = web.Application()
    app.router.add_post("/hook", handler)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    return runner, f"http://127.0.0.1:{runner.addresses[0][1]}/hook"


async def test_a_receiver_can_verify_what_it_got(message, wording):
    seen: list[tuple[dict, bytes]] = []

    async def handler(request: web.Request) -> web.Response:
        seen.append((dict(request.headers), await request.read()))
        return web.Response(status=202)

    runner, url = await serve(handler)
    http = Http(allow_private=True)
    secret = b"k" * 32
    at = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
    outcome = await WebhookNotifier(http, secret, wording, lambda: at).send(url, message())
    await http.close()
    await runner.cleanup()
    ((headers, body),) = seen
    assert outcome.kind is OutcomeKind.ACCEPTED
    assert headers["webhook-signature"] == sign(secret, "pg_0001", int(at.timestamp()), body)
    decoded = json.loads(body)
    assert decoded["type"] == "page.triggered"
    assert decoded["data"]["incident"] == 4711
    assert decoded["data"]["ack_url"] == "https://oncall.example.com/a/token"


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]", "169.254.169.254", "10.0.0.1"])
async def test_a_private_address_is_refused_whatever_name_leads_there(message, wording, host):
    http = Http()
    notifier = WebhookNotifier(http, b"k" * 32, wording, lambda: datetime(2026, 11, 20, tzinfo=UTC))
    outcome = await notifier.send(f"http://{host}:9/x", message())
    await http.close()
    assert outcome.kind is OutcomeKind.REFUSED
    assert outcome.code == "private-address"


async def test_the_secret_is_in_no_outcome(message, wording):
    http = Http()
    notifier = WebhookNotifier(http, b"very-secret-" * 3, wording, lambda: datetime(2026, 11, 20, tzinfo=UTC))
    outcome = await notifier.send("http://127.0.0.1:9/x", message())
    await http.close()
    assert "very-secret" not in repr(outcome) + repr(notifier)
