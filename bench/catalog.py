"""A large company's catalog: 50,000 services, 500 matcher rules, 400 teams.

The yardstick of resolution is reading the alert itself, which every alert costs anyway; the yardstick of a reload is
how long it keeps the event loop from its next turn.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
import shutil
import statistics
import tempfile
import time
from pathlib import Path

from oncall.config import load
from oncall.engine import Organisation
from routing.catalog import Catalog, Entry, Tool, ToolKind
from routing.catalog.search import SearchIndex, findable
from routing.matchers import parse_matchers
from routing.owner import Resolver
from routing.rules import MatchRule, default_rules
from routing.sources import SOURCES

EXAMPLE = Path(__file__).parents[1] / "examples" / "company"
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


@contextlib.contextmanager
def company(files: list[str], teams: list[str]):
    """A configuration directory with that catalog."""
    with tempfile.TemporaryDirectory() as folder:
        directory = Path(folder)
        for name in ("teams", "catalog", "calendars"):
            (directory / name).mkdir()
        (directory / "oncall.yaml").write_text("defaults: {fallback_team: team-0}\n")
        (directory / "people.yaml").write_text("ana: {name: Ana, contact: {phone: ana}, important: [{via: phone}]}\n")
        (directory / "integrations.yaml").write_text("main: {key: key-for-the-benchmark}\n")
        shutil.copy(EXAMPLE / "calendars" / "payments-primary.ics", directory / "calendars" / "all.ics")
        for team in teams:
            steps = "escalation: {steps: [{notify: [{schedule: primary}], wait: 5m}]}"
            text = f"members: [ana]\nschedules: {{primary: {{file: calendars/all.ics}}}}\n{steps}\n"
            (directory / "teams" / f"{team}.yaml").write_text(text)
        for number, text in enumerate(files):
            (directory / "catalog" / f"{number}.yaml").write_text(text)
        yield directory


def reloaded(directory: Path) -> Organisation:
    """What a reload does."""
    loaded = load(directory, {})
    assert loaded.directory is not None, loaded.errors[:3]
    return Organisation(loaded.directory)


async def reload(files: list[str], teams: list[str]) -> None:
    with company(files, teams) as directory:
        await measured("first reading", directory)
        await measured("reload", directory)


async def measured(what: str, directory: Path) -> None:
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
    await asyncio.to_thread(reloaded, directory)
    whole = time.perf_counter() - start
    done.set()
    await beating
    pauses.sort()
    print(
        f"{what} of {SERVICES} services in a thread: {whole:.1f} s; the loop waits {pauses[int(len(pauses) * 0.99)] * 1e3:.0f} ms (p99), "
        f"{pauses[-1] * 1e3:.0f} ms at worst = {pauses[-1] / whole:.3f} of it"
    )
