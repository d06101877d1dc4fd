"""A large company's catalog: 50,000 services, 500 matcher rules, 400 teams.

The yardstick of resolution is reading the alert itself, which every alert costs anyway; the yardstick of a reload is
how long it keeps the event loop from its next turn.
"""

from __future__ import annotations

import asyncio
import random
import statistics
import time

from routing.catalog import Catalog, Entry, Tool, ToolKind
from routing.catalog.assembly import assemble
from routing.catalog.merging import Precedence, merge_sources
from routing.catalog.readers import reader
from routing.catalog.search import SearchIndex, findable
from routing.matchers import parse_matchers
from routing.owner import Resolver
from routing.rules import MatchRule, default_rules
from routing.sources import SOURCES

SERVICES, RULES, TEAMS = 50_000, 500, 400
WORDS = ["pay", "search", "cart", "user", "order", "ledger", "stock", "price", "mail", "push", "web", "edge", "auth"]
WORDS += ["card", "bill", "ship", "track", "image", "video", "feed", "rank", "index", "cache", "queue", "stream"]
FORMS = (
    'alertname="Alert{n}", env="prod"',
    'pod=~"pod-{n}-.*", env!="dev"',
    'cluster=~"c{n}|d{n}", alertname=~"Kube.*"',
    'env!~"prod|dev{n}.*", alertname!=""',
)


def main() -> None:
    """Print all figures."""
    random.seed(1)
    entries = [entry(n) for n in range(SERVICES)]
    catalog = Catalog.of(entries)
    teams = [f"team-{n}" for n in range(TEAMS)]
    rules = [
        MatchRule(matchers=parse_matchers(FORMS[n % 4].format(n=n)), team=f"team-{n % TEAMS}") for n in range(RULES)
    ]
    resolution(catalog, Resolver(catalog, teams, "team-0", default_rules(rules)))
    search(catalog)
    asyncio.run(reload(yaml(entries), teams))


def entry(n: int) -> Entry:
    name = "-".join([*random.sample(WORDS, 2), str(n)])
    return Entry(
        name=name,
        owner=f"team-{n % TEAMS}",
        aliases=(f"{name}-svc",),
        namespaces=(f"ns-{n // 3}",),
        paths=(f"/src/{n}/",),
        depends_on=(f"db-{n}",),
        tools=(Tool(kind=ToolKind.DASHBOARD, name=f"Latency {n}", url="https://grafana.example/d/{service}"),),
    )


def labels(catalog: Catalog, i: int) -> dict[str, str]:
    one = random.choice(catalog.entries)
    base = {
        "alertname": f"KubePodCrashLooping{i % 50}",
        "env": "prod",
        "severity": "critical",
        "cluster": "prod-eu-1",
        "pod": f"web-{i}",
        "instance": f"10.0.{i % 250}.1:9100",
        "job": "kube-state-metrics",
    }
    ways = (
        {"service": one.name},
        {"app": one.aliases[0].upper()},
        {"namespace": one.namespaces[0]},
        {"path": f"{one.paths[0]}x.py"},
        {"database": one.depends_on[0]},
        {"service": f"unknown-{i}"},
    )
    return base | ways[i % 6]


def resolution(catalog: Catalog, resolver: Resolver) -> None:
    alerts = [labels(catalog, i) for i in range(20_000)]
    decode, example = SOURCES[0].decode, SOURCES[0].example
    resolving, decoding = [], []
    for _ in range(5):
        resolving.append(per_call(lambda: [resolver.resolve(one) for one in alerts], len(alerts)))
        decoding.append(per_call(lambda: [decode(example) for _ in range(5_000)], 5_000))
    slow, yardstick = statistics.median(resolving), statistics.median(decoding)
    print(
        f"resolve an owner ({SERVICES} services, {RULES} rules): {slow * 1e6:.1f} µs, {slow / yardstick:.1f} x decoding a body of one alert (bar: 50 µs)"
    )


def per_call(run, calls: int) -> float:
    start = time.perf_counter()
    run()
    return (time.perf_counter() - start) / calls


def search(catalog: Catalog) -> None:
    index = SearchIndex(findable(one) for one in catalog.entries)
    names = [one.name for one in random.sample(catalog.entries, 20)]
    queries = ["pay", "p", "latency", "cart user", "serach", "latncy 77", "zzqq", *names]
    queries += [name[:4] + "x" + name[5:] for name in names]
    times = sorted(per_call(lambda query=query: index.search(query), 1) for query in queries for _ in range(3))
    print(
        f"search ({SERVICES} services): median {statistics.median(times) * 1e3:.1f} ms, worst {times[-1] * 1e3:.1f} ms (bar: 20 ms)"
    )


def yaml(entries: list[Entry]) -> list[str]:
    """Files of 500 services each, as a large company would have them."""
    return [
        "".join(
            f"{one.name}:\n  owner: {one.owner}\n  tier: 2\n  aliases: [{one.aliases[0]}]\n"
            f"  namespaces: [{one.namespaces[0]}]\n  depends_on: [{one.depends_on[0]}]\n"
            f"  tools:\n    runbook: https://wiki.example/{one.name}\n"
            for one in entries[start : start + 500]
        )
        for start in range(0, len(entries), 500)
    ]


def rebuilt(files: list[str], teams: list[str]) -> Resolver:
    """What a reload does: read, put together, merge, index."""
    own = reader("own")
    content = assemble("own", [own.read(text, f"{n}.yaml", "own") for n, text in enumerate(files)])
    entries, _ = merge_sources([content], Precedence(default=("own",)))
    catalog = Catalog.of(entries)
    SearchIndex(findable(one) for one in catalog.entries)
    return Resolver(catalog, teams, "team-0")


async def reload(files: list[str], teams: list[str]) -> None:
    pauses: list[float] = []
    done = asyncio.Event()

    async def heartbeat() -> None:
        last = time.perf_counter()
        while not done.is_set():
            await asyncio.sleep(0.001)
            now = time.perf_counter()
            pauses.append(now - last - 0.001)
            last = now

    beating = asyncio.create_task(heartbeat())
    start = time.perf_counter()
    await asyncio.to_thread(rebuilt, files, teams)
    whole = time.perf_counter() - start
    done.set()
    await beating
    pauses.sort()
    print(
        f"reload {SERVICES} services in a thread: {whole:.1f} s; the loop waits {pauses[int(len(pauses) * 0.99)] * 1e3:.0f} ms (p99), "
        f"{pauses[-1] * 1e3:.0f} ms at worst = {pauses[-1] / whole:.3f} of the reload"
    )
