"""Signing in at an OpenID provider somebody else wrote (oidc-provider-mock, on Authlib's server), in its own process."""

from __future__ import annotations

import asyncio
import json
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from pathlib import Path

import aiohttp
import pytest
from aiohttp.test_utils import TestClient, TestServer
from msgspec.structs import replace

from oncall import wiring
from oncall.config import Secret, Settings, load
from oncall.engine import Engine
from oncall.store import migrations
from oncall.web.app import create_app

COMPANY = Path(__file__).resolve().parents[2] / "examples" / "company"
CLAIMS = {
    "sub": "1",
    "email": "ana@shop.example",
    "email_verified": True,
    "https://slack.com/team_id": "T1",
    "https://slack.com/user_id": "U9",
}


class Today:
    """The provider's clock is the machine's; the engine's stands still beside it."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    async def wait(self, event: asyncio.Event, seconds: float) -> None:
        await event.wait()


@pytest.fixture
def provider() -> Iterator[str]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [
        sys.executable,
        "-W",
        "ignore",
        "-m",
        "oidc_provider_mock",
        "--port",
        str(port),
        "--require-nonce",
        "true",
    ]
    with subprocess.Popen(
        [*command, "--user-claims", json.dumps(CLAIMS)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as process:
        try:
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()


@pytest.fixture
async def engine(provider: str, tmp_path: Path) -> AsyncIterator[Engine]:
    directory = load(COMPANY, {}).directory
    assert directory is not None
    settings = Settings(
        data_dir=tmp_path,
        oidc_issuer=provider,
        oidc_client_id="oncall",
        oidc_client_secret=Secret("secret"),
        slack_issuer=provider,
        slack_client_id="oncall",
        slack_client_secret=Secret("secret"),
        slack_team_id="T1",
    )
    engine = wiring.open_engine(directory, settings, Today(), config_dir=COMPANY)
    await migrations.upgrade(engine.database)
    yield engine
    await wiring.close(engine)


async def answers(address: str) -> None:
    """Return once the provider takes connections."""
    for _ in range(600):
        try:
            async with aiohttp.ClientSession() as session, session.get(f"{address}/.well-known/openid-configuration"):
                return
        except aiohttp.ClientConnectionError:
            await asyncio.sleep(0.1)
    raise AssertionError("the provider does not start")


@pytest.mark.parametrize("way", ["oidc", "slack"])
async def test_whoever_signs_in_there_is_signed_in_here(engine: Engine, provider: str, way: str) -> None:
    await answers(provider)
    async with TestClient(TestServer(create_app(engine))) as client, aiohttp.ClientSession() as browser:
        engine.settings = replace(engine.settings, public_url=str(client.make_url("")).rstrip("/"))
        out = await client.get(f"/sign-in/{way}", allow_redirects=False)
        assert out.status == 303, await out.text()
        async with browser.post(out.headers["Location"], data={"sub": "1"}, allow_redirects=False) as chosen:
            back = chosen.headers["Location"]
        assert back.startswith(f"{engine.settings.address}/sign-in/{way}/back?")
        response = await client.get(back.removeprefix(engine.settings.address), allow_redirects=False)
        assert response.status == 303, await response.text()
        assert "Ana Ruiz" in await (await client.get("/account")).text()
        again = await client.get(back.removeprefix(engine.settings.address), allow_redirects=False)
        assert again.status == 401
