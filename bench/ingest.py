"""Bodies accepted and on disk, beside servers that do nothing else and beside Alertmanager's own API.

Every round visits every target, the order rotated, so that all see the same neighbours; the ratio is taken within
a round and the median of the rounds is printed.
"""

from __future__ import annotations

import contextlib
import os
import statistics
from dataclasses import dataclass, field

from bench import company, processes, provider
from bench.processes import Running, verdict

ROUNDS = int(os.environ.get("BENCH_ROUNDS", "5"))
SECONDS = float(os.environ.get("BENCH_SECONDS", "3"))
CONNECTIONS = 32
#: The least ratios to hold, by database and alerts a request.
TARGETS = {("SQLite", 1): 0.45, ("SQLite", 64): 0.5, ("PostgreSQL", 1): 0.5, ("PostgreSQL", 64): 0.5}
#: Milliseconds, and how much more than Alertmanager takes in with many alerts a request.
P99, PEER = 100, 3


@dataclass
class Target:
    """A server in the table; `yardstick` names the row its ratio is taken to."""

    name: str
    running: Running
    yardstick: str
    form: str = "webhook"
    rounds: list[dict[str, float]] = field(default_factory=list)


def main() -> None:
    """Print a table for 1 and for 64 alerts a request."""
    for alerts in (1, 64):
        with contextlib.ExitStack() as stack:
            measure(started(stack), alerts)


def started(stack: contextlib.ExitStack) -> list[Target]:
    home = stack.enter_context(processes.folder())
    config = company.write(home / "config", teams=20, services=200)
    server = stack.enter_context(processes.postgresql(home))
    for name in ("ceiling", "engine"):
        server.create(name)
    enter = stack.enter_context
    texts = {"ONCALL_TWILIO_API_BASE": enter(provider.running())}
    with_database = lambda r: Running(r.url, (*r.pids, server.pid), r.ready_seconds)  # noqa: E731
    targets = [
        Target("ceiling, no store", enter(processes.ceiling("none", home / "none")), "ceiling, SQLite"),
        Target("ceiling, SQLite", enter(processes.ceiling("sqlite", home / "c")), "ceiling, SQLite"),
        Target("engine, SQLite", enter(processes.node(config, home / "e", env=texts)), "ceiling, SQLite"),
        Target(
            "ceiling, PostgreSQL",
            with_database(enter(processes.ceiling("postgresql", home / "p", server.url("ceiling")))),
            "ceiling, PostgreSQL",
        ),
        Target(
            "engine, PostgreSQL",
            with_database(enter(processes.node(config, home / "ep", server.url("engine"), texts))),
            "ceiling, PostgreSQL",
        ),
    ]
    peer = enter(processes.alertmanager(home))
    if peer is None:
        print("Alertmanager is left out: its binary is not installed")
    else:
        targets.append(Target("Alertmanager (in memory)", peer, "ceiling, SQLite", "alertmanager"))
    return targets


def measure(targets: list[Target], alerts: int) -> None:
    first = 0
    for number in range(ROUNDS):
        turn = number % len(targets)
        for target in targets[turn:] + targets[:turn]:
            before = target.running.cpu()
            found = processes.load(
                target.running.url,
                alerts=alerts,
                connections=CONNECTIONS,
                seconds=SECONDS,
                form=target.form,
                first=first,
                run=f"r{alerts}",
            )
            found["cpu"] = (target.running.cpu() - before) / max(1, found["requests"]) / alerts
            found["rss"] = target.running.rss()
            target.rounds.append(found)
            first += 1_000_000
    report(targets, alerts)


def report(targets: list[Target], alerts: int) -> None:
    print(
        f"\n{alerts} alert{'s' if alerts > 1 else ''} a request, {CONNECTIONS} connections, {ROUNDS} rounds of {SECONDS:.0f} s"
    )
    print("| target | requests/s | alerts/s | p50 ms | p99 ms | CPU s / 1000 alerts | RSS MB | ratio | not 2xx |")
    print("|---|---|---|---|---|---|---|---|---|")
    rates = {t.name: [r["requests_per_second"] for r in t.rounds] for t in targets}
    for target in targets:
        middle = lambda key, rounds=target.rounds: statistics.median(r[key] for r in rounds)  # noqa: E731
        ratio = statistics.median(
            mine / max(theirs, 0.1) for mine, theirs in zip(rates[target.name], rates[target.yardstick], strict=True)
        )
        bad = sum(sum(r["refused"].values()) + sum(r["errors"].values()) for r in target.rounds)  # type: ignore[attr-defined]
        print(
            f"| {target.name} | {middle('requests_per_second'):.0f} | {middle('alerts_per_second'):.0f} "
            f"| {middle('p50_ms'):.1f} | {middle('p99_ms'):.1f}{slow(target, middle('p99_ms'))} | {middle('cpu') * 1000:.3f} | {middle('rss'):.0f} "
            f"| {ratio:.2f}{ratio_told(target, alerts, ratio)} | {bad} |"
        )

    peer = next((t for t in targets if t.form == "alertmanager"), None)
    if peer is not None and alerts > 1:
        mine = statistics.median(a / b for a, b in zip(rates["engine, SQLite"], rates[peer.name], strict=True))
        print(f"\nalerts/s on disk of what Alertmanager takes in memory: {mine:.1f} {verdict(mine, PEER, least=True)}")


def ratio_told(target: Target, alerts: int, ratio: float) -> str:
    kind, _, store = target.name.partition(", ")
    least = TARGETS.get((store, alerts)) if kind == "engine" else None
    return "" if least is None else f" {verdict(ratio, least, least=True)}"


def slow(target: Target, milliseconds: float) -> str:
    return f" {verdict(milliseconds, P99, 'ms')}" if target.name.startswith("engine") else ""
