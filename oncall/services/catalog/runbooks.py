"""Trying the runbooks of services: a few at a time, one of a host, each once a day."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from notifiers.http import NotCarriedOut, NoTelling, PrivateAddress
from oncall.engine import Engine
from oncall.store import check_reports
from oncall.store.check_reports import CheckReport
from routing.catalog import Entry, ToolKind
from routing.catalog.links import filled_url

#: The name under which the outcome is kept, as `oncall.checks` looks for it.
CHECK = "runbook answers"
AGAIN = timedelta(hours=24)
#: Addresses tried in one round.
MOST = 20
SECONDS = 10.0


async def try_runbooks(engine: Engine) -> int:
    """Try the runbooks whose turn it is; how many were tried."""
    now = engine.clock.now()
    async with engine.database.read() as tx:
        tried = {row.service: row.at for row in await check_reports.everything(tx) if row.check == CHECK}
    count = 0
    for entry, url in _turn(engine.directory.catalog.entries, tried, now):
        passed, detail = await _answers(engine, entry, url)
        row = CheckReport(service=entry.name, check=CHECK, passed=passed, detail=detail, at=now, by="oncall")
        async with engine.database.write() as tx:
            await check_reports.put(tx, row)
        count += 1
    return count


def _turn(entries: tuple[Entry, ...], tried: dict[str, datetime], now: datetime) -> Iterator[tuple[Entry, str]]:
    """The services tried longest ago, one of each host, so that no wiki gets a burst."""
    due = [entry for entry in entries if entry.name not in tried or now - tried[entry.name] >= AGAIN]
    never = datetime.min.replace(tzinfo=now.tzinfo)
    hosts: set[str] = set()
    for entry in sorted(due, key=lambda entry: (tried.get(entry.name, never), entry.name)):
        tool = next((tool for tool in entry.tools if tool.kind is ToolKind.RUNBOOK), None)
        url = filled_url(tool.url, {"service": entry.name}) if tool else None
        host = urlsplit(url).hostname if url else None
        if url and host and host not in hosts:
            hosts.add(host)
            yield entry, url
            if len(hosts) >= MOST:
                return


async def _answers(engine: Engine, entry: Entry, url: str) -> tuple[bool, str]:
    origin = entry.origin("tools")
    # What a person pushed may not make the engine knock at internal doors.
    ours = {content.source for content in engine.organisation.files.contents}
    http = engine.http if origin is not None and origin.source in ours else engine.guarded_http
    try:
        answer = await http.request("GET", url, timeout_seconds=SECONDS, headers={"User-Agent": "oncall-engine"})
    except PrivateAddress:
        return True, "the runbook has an internal address, which is not tried for entries that were pushed"
    except (NotCarriedOut, NoTelling) as error:
        return False, f"the runbook does not answer: {error}"
    if answer.status in {401, 403} or answer.status < 400:
        return True, f"the runbook answered {answer.status}"
    return False, f"the runbook answered {answer.status}"
