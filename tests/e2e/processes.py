"""Real processes: the engine as people start it, and what stands around it."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import socket
import sys
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

import aiohttp
import pytest

from oncall import wiring
from oncall.clock import SystemClock
from oncall.config import load
from oncall.person import Role
from oncall.services.people import access
from tests.e2e.nursery import ROOT, Forked, Nursery

COMPANY = ROOT / "tests" / "acceptance" / "company"
KEY = "a-key-for-production"
_T = TypeVar("_T")


def free_port() -> int:
    """A port nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def required(binary: str) -> str:
    """The path of a program; the test is skipped without it, except in CI."""
    path = shutil.which(binary)
    if path is not None:
        return path
    reason = f"{binary} is not installed (Debian: apt install {binary})"
    if os.environ.get("CI") == "true":
        pytest.fail(reason)
    pytest.skip(reason)


async def eventually(look: Callable[[], Awaitable[_T | None]], *, within: float) -> _T:
    """What `look` finds, as soon as it finds something; real processes have no clock a test could move."""
    async with asyncio.timeout(within):
        while True:
            found = await look()
            if found:
                return found
            await asyncio.sleep(0.1)


def company(folder: Path) -> Path:
    """A configuration directory in which people have the built-in phone's texts alone, and are on call at any date."""
    copied = Path(shutil.copytree(COMPANY, folder / "company"))
    main = copied / "oncall.yaml"
    main.write_text(main.read_text().replace("{via: phone}, {via: phone_call, after: 2m}", "{via: phone}"))
    for calendar in (copied / "calendars").glob("*.ics"):
        calendar.write_bytes(calendar.read_bytes().replace(b":202611", b":202011"))
    return copied


@dataclass
class Process:
    """One program with its output in a file."""

    command: list[str]
    log: Path
    environment: dict[str, str] = field(default_factory=dict)
    #: The folder it runs in; empty for this one.
    folder: Path | None = None
    _running: asyncio.subprocess.Process | None = None

    async def start(self) -> None:
        with self.log.open("ab") as output:
            self._running = await asyncio.create_subprocess_exec(
                *self.command,
                stdout=output,
                stderr=output,
                env={**os.environ, **self.environment},
                cwd=self.folder,
            )

    @property
    def ended(self) -> bool:
        """Whether it stopped by itself."""
        return self._running is not None and self._running.returncode is not None

    async def stop(self, how: signal.Signals = signal.SIGTERM) -> None:
        """Send a signal and wait for the end."""
        if self._running is None:
            return
        if self._running.returncode is None:
            self._running.send_signal(how)
        async with asyncio.timeout(20):
            await self._running.wait()
        self._running = None


@dataclass
class Node:
    """`oncall serve` on one configuration and one database, and a person's view of it."""

    directory: Path
    database: str
    folder: Path
    port: int = field(default_factory=free_port)
    #: Settings beyond those every node has.
    settings: dict[str, str] = field(default_factory=dict)
    #: Where the code is that it runs.
    code: Path = ROOT
    #: Where it is forked; None starts it from nothing, as people do.
    nursery: Nursery | None = None
    _process: Process | Forked | None = None
    _token: str = ""

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def log(self) -> Path:
        """What it wrote."""
        return self.folder / "oncall.log"

    @property
    def door(self) -> str:
        """Where Alertmanager posts."""
        return f"{self.address}/api/v1/alertmanager/{KEY}"

    async def start(self) -> None:
        """Start it, and wait until it is ready."""
        await self.launch()
        await self.ready()

    async def ready(self) -> None:
        """Return when it says that it can work."""
        await eventually(self._ready, within=60)

    async def launch(self) -> None:
        """Start it, and wait for nothing."""
        if self._process is None:
            arguments = ["serve", "--config", str(self.directory)]
            if self.nursery is not None:
                self._process = Forked(self.nursery, arguments, self.log, self._environment)
            else:
                command = [sys.executable, "-m", "oncall", *arguments]
                self._process = Process(command, self.log, self._environment, self.code)
        await self._process.start()

    async def kill(self) -> None:
        """kill -9."""
        assert self._process is not None
        await self._process.stop(signal.SIGKILL)

    async def stop(self) -> None:
        if self._process is not None:
            await self._process.stop()

    async def upgrade(self, code: Path) -> None:
        """Stop in good order, and start as another version."""
        await self.stop()
        self.code, self._process = code, None
        await self.start()

    async def sign_in(self, person: str) -> None:
        """Get an API token for a person, as `oncall token` does, but without a process of its own."""
        loaded = load(self.directory, self._environment)
        assert loaded.directory is not None, loaded.problems
        engine = wiring.open_engine(loaded.directory, loaded.settings, SystemClock(), config_dir=self.directory)
        try:
            asked = access.NewToken(name="test", scope=Role.RESPONDER)
            made = await access.create_token(engine, access.caller_at_shell(engine, person), asked)
        finally:
            await wiring.close(engine)
        self._token = made.reveal()

    async def get(self, path: str) -> dict[str, object]:
        """What the API says to that person."""
        headers = {"Authorization": f"Bearer {self._token}"}
        async with (
            aiohttp.ClientSession(headers=headers) as session,
            session.get(f"{self.address}/api/v1/{path}") as response,
        ):
            assert response.status == 200, await response.text()
            return dict(await response.json())

    async def texts(self, person: str) -> list[str]:
        """What a phone shows."""
        shown = await self.get(f"phones/{person}")
        return [line["text"] for line in shown["messages"] if not line["inbound"]]

    async def reply(self, person: str, text: str) -> None:
        """Answer on a phone."""
        headers = {"Authorization": f"Bearer {self._token}"}
        async with (
            aiohttp.ClientSession(headers=headers) as session,
            session.post(f"{self.address}/api/v1/phones/{person}/replies", json={"text": text}) as response,
        ):
            assert response.status == 200, await response.text()

    async def _ready(self) -> bool:
        assert self._process is not None
        assert not self._process.ended, f"the node did not start:\n{self.log.read_text()[-2000:]}"
        try:
            async with aiohttp.ClientSession() as session, session.get(f"{self.address}/readyz") as response:
                return response.status == 200
        except aiohttp.ClientError:
            return False

    @property
    def _environment(self) -> dict[str, str]:
        return {
            "ONCALL_LISTEN": f"127.0.0.1:{self.port}",
            "ONCALL_DATABASE_URL": self.database,
            "ONCALL_DATA_DIR": str(self.folder),
            "PYTHONPATH": str(self.code),
            **self.settings,
        }


def haproxy(nodes: list[Node], folder: Path, port: int) -> Process:
    """A real HAProxy in front of nodes, with the configuration of docs/high-availability.md but its addresses."""
    page = (ROOT / "docs" / "high-availability.md").read_text()
    block = page[page.index("    defaults\n") : page.index("With nginx")]
    lines = [line.removeprefix("    ") for line in block.splitlines() if line.strip()]
    kept = [line for line in lines if not line.strip().startswith("server ")]
    kept = [f"  bind 127.0.0.1:{port}" if line.strip().startswith("bind ") else line for line in kept]
    kept += [
        f"  server node{number} 127.0.0.1:{node.port} check inter 1s fall 2 rise 1" for number, node in enumerate(nodes)
    ]
    config = folder / "haproxy.cfg"
    config.write_text("\n".join(kept) + "\n")
    binary = shutil.which("haproxy", path="/usr/sbin") or required("haproxy")
    return Process([binary, "-db", "-f", str(config)], folder / "haproxy.log")
