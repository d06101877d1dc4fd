"""A real CalDAV server in a process of its own, and what a calendar program does to it."""

from __future__ import annotations

import asyncio
import base64
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
from aiohttp.test_utils import unused_port

USER, PASSWORD = "oncall", "s3cret:with colon"


@asynccontextmanager
async def running(folder: Path) -> AsyncIterator[str]:
    """Radicale with one user and an empty calendar, for whose http:// address this stands."""
    users = folder / "users"
    users.write_text(f"{USER}:{PASSWORD}\n")
    port = unused_port()
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "radicale", "--config", "", "--server-hosts", f"127.0.0.1:{port}",
        "--storage-filesystem-folder", str(folder / "storage"), "--auth-type", "htpasswd",
        "--auth-htpasswd-filename", str(users), "--auth-htpasswd-encryption", "plain",
        stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    try:
        await _listening(port)
        calendar = f"http://127.0.0.1:{port}/{USER}/rota/"
        await send("MKCALENDAR", calendar)
        yield calendar
    finally:
        process.terminate()
        await process.wait()


async def put_event(calendar: str, uid: str, *lines: str) -> None:
    """Create an event, or replace it."""
    text = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//test//EN", "BEGIN:VEVENT", f"UID:{uid}"]
    body = "\r\n".join([*text, "DTSTAMP:20261101T000000Z", *lines, "END:VEVENT", "END:VCALENDAR", ""])
    await send("PUT", f"{calendar}{uid}.ics", body.encode())


async def remove_event(calendar: str, uid: str) -> None:
    """Delete an event."""
    await send("DELETE", f"{calendar}{uid}.ics")


async def send(method: str, url: str, body: bytes = b"") -> None:
    """One request with the user's credentials; it must succeed."""
    credentials = base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
    headers = {"Authorization": f"Basic {credentials}", "Content-Type": "text/calendar"}
    async with aiohttp.ClientSession(headers=headers) as session, session.request(method, url, data=body) as answer:
        assert answer.status < 300, (answer.status, await answer.text())


async def _listening(port: int) -> None:
    async with asyncio.timeout(30):
        while True:
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", port)
            except ConnectionError:
                await asyncio.sleep(0.05)
            else:
                writer.close()
                await writer.wait_closed()
                return
