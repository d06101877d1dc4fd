"""A load generator: keep-alive connections, one request in flight on each, every answer checked.

`python -m bench.load URL --alerts 64 --connections 32 --seconds 3` prints one JSON object. With `--rate` requests
are due at fixed instants and latency counts from there. It runs in a process of its own, so that it and what it
measures do not share an event loop.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import cast
from urllib.parse import urlsplit

import click
import uvloop

from bench import bodies

#: Bytes of requests made before the clock starts.
PREPARED = 60_000_000


class Connection(asyncio.Protocol):
    """HTTP/1.1 just enough for answers with a length."""

    def __init__(self) -> None:
        self.transport: asyncio.Transport | None = None
        self._seen = b""
        self._answer: asyncio.Future[int] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)

    def connection_lost(self, exc: Exception | None) -> None:
        self.transport = None
        if self._answer and not self._answer.done():
            self._answer.set_exception(ConnectionError(f"closed: {exc}"))

    def data_received(self, data: bytes) -> None:
        self._seen += data
        end = self._seen.find(b"\r\n\r\n")
        if end < 0:
            return
        head = self._seen[:end].lower()
        mark = head.find(b"content-length:")
        length = int(head[mark + 15 :].split(b"\r\n", 1)[0]) if mark >= 0 else 0
        if len(self._seen) < end + 4 + length:
            return
        self._seen = self._seen[end + 4 + length :]
        if self._answer and not self._answer.done():
            self._answer.set_result(int(head[9:12]))

    async def ask(self, request: bytes) -> int:
        """Send, and return the status."""
        if self.transport is None:
            raise ConnectionError("closed")
        self._answer = asyncio.get_running_loop().create_future()
        self.transport.write(request)
        async with asyncio.timeout(30):
            return await self._answer


@dataclass
class Outcome:
    """What was measured. Latencies in seconds."""

    alerts: int
    latencies: list[float] = field(default_factory=list)
    statuses: Counter[int] = field(default_factory=Counter)
    errors: Counter[str] = field(default_factory=Counter)
    seconds: float = 0.0

    def report(self) -> dict[str, object]:
        good = sum(n for status, n in self.statuses.items() if 200 <= status < 300)
        ordered = sorted(self.latencies) or [0.0]
        at = lambda share: round(ordered[min(len(ordered) - 1, int(len(ordered) * share))] * 1e3, 2)  # noqa: E731
        return {
            "requests": good,
            "requests_per_second": round(good / self.seconds, 1),
            "alerts_per_second": round(good * self.alerts / self.seconds, 1),
            "p50_ms": at(0.5),
            "p99_ms": at(0.99),
            "worst_ms": at(1.0),
            "seconds": round(self.seconds, 2),
            "refused": {str(k): n for k, n in self.statuses.items() if not 200 <= k < 300},
            "errors": dict(self.errors),
        }


def requests(url: str, templates: list[bytes], first: int) -> Iterator[bytes]:
    """Requests without end, each body distinct."""
    parts = urlsplit(url)
    head = f"POST {parts.path or '/'} HTTP/1.1\r\nHost: {parts.netloc}\r\nContent-Type: application/json\r\nContent-Length: "
    number = first
    while True:
        body = bodies.numbered(templates[number % len(templates)], number)
        yield head.encode() + str(len(body)).encode() + b"\r\n\r\n" + body
        number += 1


async def measure(
    url: str, templates: list[bytes], *, alerts: int, connections: int, seconds: float, rate: float, first: int
) -> Outcome:
    outcome = Outcome(alerts)
    source = requests(url, templates, first)
    average = sum(map(len, templates)) / len(templates)
    ready = [next(source) for _ in range(int(min(seconds * 12_000, PREPARED / average)))][::-1]
    parts = urlsplit(url)
    loop = asyncio.get_running_loop()
    begin = time.perf_counter()
    due = begin

    async def one() -> None:
        nonlocal due
        _, connection = await loop.create_connection(Connection, parts.hostname, parts.port)
        while (now := time.perf_counter()) < begin + seconds:
            started = now
            if rate:
                due += 1 / rate
                started = due
                await asyncio.sleep(max(0.0, due - now))
            try:
                status = await connection.ask(ready.pop() if ready else next(source))
            except (OSError, TimeoutError) as error:
                outcome.errors[type(error).__name__] += 1
                _, connection = await loop.create_connection(Connection, parts.hostname, parts.port)
                continue
            outcome.latencies.append(time.perf_counter() - started)
            outcome.statuses[status] += 1
        if connection.transport:
            connection.transport.close()

    await asyncio.gather(*(one() for _ in range(connections)))
    outcome.seconds = time.perf_counter() - begin
    return outcome


@click.command()
@click.argument("url")
@click.option("--alerts", default=1)
@click.option("--groups", default=20)
@click.option("--connections", default=32)
@click.option("--seconds", default=3.0)
@click.option("--rate", default=0.0, help="Requests a second; 0: as fast as answers come.")
@click.option("--form", type=click.Choice(["webhook", "alertmanager"]), default="webhook")
@click.option("--first", default=0, help="Number of the first body; the same numbers again are repeats.")
@click.option("--run", default="run")
def main(  # noqa: PLR0917 - one argument an option
    url: str, alerts: int, groups: int, connections: int, seconds: float, rate: float, form: str, first: int, run: str
) -> None:
    """Measure one target."""
    templates = bodies.templates(alerts, groups, run, form)
    outcome = uvloop.run(
        measure(url, templates, alerts=alerts, connections=connections, seconds=seconds, rate=rate, first=first)
    )
    print(json.dumps(outcome.report()))


if __name__ == "__main__":
    main()
