"""A database with years behind it: incidents, alerts, timelines, pages and answers, written in bulk and kept for next time.

Everything follows from an incident's number, so that both databases hold the same history. It ends at `END`, which is
what the clock of a benchmark shows.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import itertools
import random
import sqlite3
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import asyncpg
import msgspec
import sqlalchemy as sa
from sqlalchemy.dialects import sqlite
from sqlalchemy.dialects.postgresql import asyncpg as postgresql
from sqlalchemy.schema import CreateIndex, CreateTable

from oncall.store.schema import (
    alert,
    audit,
    counter,
    delivery,
    deploy,
    incident,
    involvement,
    metadata,
    page,
    quarantine,
    timeline,
)

END = datetime(2026, 6, 1, 12, 0, tzinfo=UTC)
#: An incident every five minutes: 100,000 of them are a year of a large company.
APART = timedelta(minutes=5)
ALERTS_EACH = 20
#: The newest ones are open; the last of all is a storm with a long timeline.
OPEN = 150
STORM_ALERTS, STORM_LINES = 2_500, 2_000
KINDS, SERVICES = 400, 200
ROWS_AT_ONCE = 20_000

Row = dict[str, Any]


class Still:
    """A clock that stands at the end of the history."""

    def now(self) -> datetime:
        """Always the same instant."""
        return END

    async def wait(self, event: asyncio.Event, seconds: float) -> None:
        """Until the event, however long that takes."""
        del seconds
        await event.wait()


def mark() -> str:
    """Names what is written: another schema, or another history, is another database."""
    tables = "".join(str(CreateTable(table).compile(dialect=sqlite.dialect())) for table in metadata.sorted_tables)
    return hashlib.sha256((tables + Path(__file__).read_text()).encode()).hexdigest()[:12]


def write_sqlite(path: Path, count: int, teams: int) -> None:
    """Write the history into a new SQLite file."""
    connection = sqlite3.connect(path, isolation_level=None)
    for pragma in ("journal_mode=off", "synchronous=off", "cache_size=-200000", "locking_mode=exclusive"):
        connection.execute(f"pragma {pragma}")
    dialect = sqlite.dialect(json_serializer=_json)
    later = []
    for table in metadata.sorted_tables:
        connection.execute(str(CreateTable(table).compile(dialect=dialect)))
        later += [str(CreateIndex(index).compile(dialect=dialect)) for index in table.indexes]
    connection.execute("begin")
    for table, rows in _tables(count, teams):
        names = [column.name for column in table.columns]
        quoted = ", ".join(f'"{name}"' for name in names)
        statement = f"insert into {table.name} ({quoted}) values ({', '.join('?' * len(names))})"
        connection.executemany(statement, _bound(table, rows, dialect))
    connection.execute(_alerts(count, "text"))
    for statement in later:
        connection.execute(statement)
    connection.execute("commit")
    connection.execute("analyze")
    connection.execute("pragma journal_mode=wal")
    connection.close()


def add_indexes(path: Path) -> None:
    """Give a file from an earlier run the indexes it lacks: rows are dear, indexes are not."""
    with contextlib.closing(sqlite3.connect(path)) as connection:
        before = connection.execute("select count(*) from sqlite_master").fetchone()
        for table in metadata.sorted_tables:
            for index in table.indexes:
                connection.execute(str(CreateIndex(index, if_not_exists=True).compile(dialect=sqlite.dialect())))
        if connection.execute("select count(*) from sqlite_master").fetchone() != before:
            connection.execute("analyze")
        connection.commit()


async def write_postgresql(folder: Path, database: str, count: int, teams: int) -> None:
    """Write the history into a new PostgreSQL database that is reached through a socket in `folder`."""
    connection = await asyncpg.connect(host=str(folder), user="postgres", database=database)
    dialect = postgresql.dialect(json_serializer=_json)
    later = []
    for table in metadata.sorted_tables:
        await connection.execute(str(CreateTable(table).compile(dialect=dialect)))
        later += [str(CreateIndex(index).compile(dialect=dialect)) for index in table.indexes]
    for table, rows in _tables(count, teams):
        names = [column.name for column in table.columns]
        bound = _bound(table, rows, dialect)
        while batch := list(itertools.islice(bound, ROWS_AT_ONCE)):
            await connection.copy_records_to_table(table.name, records=batch, columns=names)
        serial = next((c for c in table.primary_key.columns if c is table.autoincrement_column), None)
        if serial is not None:
            await connection.execute(
                f"select setval(pg_get_serial_sequence('{table.name}', '{serial.name}'), "
                f"coalesce((select max({serial.name}) from {table.name}), 1))"
            )
    await connection.execute(_alerts(count, "jsonb"))
    for statement in later:
        await connection.execute(statement)
    await connection.execute("vacuum analyze")
    await connection.close()


def _alerts(count: int, json_type: str) -> str:
    """The statement that gives every incident its alerts: two million rows are for the database to make."""
    columns = ", ".join(column.name for column in alert.columns)
    labels = (
        """'{"alertname": "' || title || '", "namespace": "shop", "pod": "' || service || '-' || place || """
        """'", "service": "' || service || '", "severity": "' || severity || '"}'"""
    )
    annotations = """'{"summary": "It has been wrong on ' || service || ' for longer than it should be"}'"""
    return f"""
        with recursive places(place) as (
            select 0 union all select place + 1 from places where place + 1 < {STORM_ALERTS}
        )
        insert into alert ({columns})
        select id * {ALERTS_EACH} + place, id, 'production', 'f' || (id * {ALERTS_EACH} + place), cast(id as text),
            case when resolved_at is null then 'firing' else 'resolved' end, title, kinds ->> 0, severity,
            severity = 'critical', lead_team, service, cast({labels} as {json_type}),
            cast({annotations} as {json_type}), 'https://prometheus.shop.example/graph?g0.expr=up',
            opened_at, opened_at, coalesce(resolved_at, opened_at), resolved_at,
            'the catalog says that ' || service || ' belongs to them', 'the same service, within two minutes'
        from incident, places
        where place < {ALERTS_EACH} or id = {count}
        order by incident.id, place"""


def _tables(count: int, teams: int) -> Iterator[tuple[sa.Table, Iterable[Row]]]:
    """Every table with its rows, in the order foreign keys ask for."""
    numbers = range(1, count + 1)
    made = {number: _incident(number, count, teams) for number in numbers}
    yield incident, made.values()
    yield involvement, (_involvement(row) for row in made.values())
    yield timeline, _numbered(itertools.chain.from_iterable(_lines(row, count) for row in made.values()))
    yield page, itertools.chain.from_iterable(_pages(row) for row in made.values())
    yield delivery, _numbered(_delivery(p) for row in made.values() for p in _pages(row))
    yield deploy, _numbered(_deploy(number) for number in range(20_000))
    yield audit, _numbered(_audit(number) for number in range(50_000))
    yield quarantine, _numbered(_quarantine(number) for number in range(2_000))
    yield counter, [{"name": "incident", "value": count}, {"name": "alert", "value": (count + 1000) * ALERTS_EACH}]


def _numbered(rows: Iterable[Row]) -> Iterator[Row]:
    return ({"id": number, **row} for number, row in enumerate(rows, 1))


def _incident(number: int, count: int, teams: int) -> Row:
    chance = random.Random(number)
    opened = END - APART * (count - number)
    over = None if number > count - OPEN else opened + timedelta(minutes=chance.choice((4, 12, 30, 90)))
    kind = chance.randrange(KINDS)
    service = kind * SERVICES // KINDS
    kinds = {kind, (kind + 1) % KINDS if chance.random() < 0.5 else kind}
    taken = chance.random() < 0.7
    by = f"p{number % teams}" if taken else "alertmanager"
    status = "resolved" if over else ("acknowledged" if taken else "triggered")
    return {
        "id": number,
        "title": f"Kind{kind} on svc-{service} and {len(kinds) - 1} more",
        "status": status,
        "severity": "critical" if number % 3 else "warning",
        "service": f"svc-{service}",
        "lead_team": f"team-{number % teams}",
        "group_key": str(number),
        "kinds": [f"Kind{one} of svc-{one * SERVICES // KINDS}" for one in sorted(kinds)],
        "opened_at": opened,
        "resolved_at": over,
        "resolved_by": by if over else "",
        "merged_into": None,
        "drill": False,
        "updated_at": over or opened,
    }


def _involvement(row: Row) -> Row:
    number, open_ = row["id"], row["resolved_at"] is None
    taken = row["status"] == "acknowledged" or row["resolved_by"].startswith("p")
    at = row["opened_at"] + timedelta(minutes=number % 9, seconds=number % 57)
    return {
        "incident_id": number,
        "team": row["lead_team"],
        "place": 0,
        "status": row["status"] if open_ else "resolved",
        "severity": row["severity"],
        "lead": True,
        "policy": {"name": "p", "steps": []},
        "step": 1,
        "round": 0,
        "turn": 0,
        "since": row["opened_at"],
        "next_due_at": END + timedelta(days=1) if open_ else None,
        "acknowledged_by": _person(row) if taken else "",
        "acknowledged_at": at if taken else None,
        "acknowledged_via": "sms" if taken else None,
        "expires_at": None,
        "reminded": False,
        "snoozed": False,
    }


def _person(row: Row) -> str:
    return str(row["lead_team"]).replace("team-", "p")


def _lines(row: Row, count: int) -> Iterator[Row]:
    number, team = row["id"], row["lead_team"]
    said = [("opened", "opened by an alert", "oncall"), ("alert", "19 alerts joined", "oncall")]
    said += [("page", "asked the person on call by a text message", "oncall")]
    said += [("acknowledged", "acknowledged by a text message", _person(row))]
    if number % 10 == 0:
        said.append(("note", "Restarted the pods; the **queue** drains again.", _person(row)))
    if number == count:
        said += [("note", f"Line {at} of a long night.", _person(row)) for at in range(STORM_LINES)]
    if row["resolved_at"]:
        said.append(("resolved", "every alert is over", row["resolved_by"]))
    for place, (kind, text, by) in enumerate(said):
        yield {
            "incident_id": number,
            "at": row["opened_at"] + timedelta(seconds=place),
            "kind": kind,
            "text": text,
            "by": by,
            "via": "engine" if by == "oncall" else "sms",
            "team": team,
            "data": {},
        }


def _pages(row: Row) -> Iterator[Row]:
    if row["severity"] != "critical":
        return
    for place in range(2):
        at = row["opened_at"] + timedelta(seconds=2 + 300 * place)
        yield {
            "id": f"{row['id']}-{place}",
            "incident_id": row["id"],
            "team": row["lead_team"],
            "person": _person(row),
            "channel": "sms",
            "address": "+49151120000",
            "kind": "page",
            "important": True,
            "step": place,
            "reason": "on call in primary",
            "text": "",
            "code": "1",
            "status": "sent",
            "planned_at": at,
            "due_at": at,
            "attempts": 1,
            "sent_at": at,
            "leased_by": None,
            "leased_until": None,
            "bundled_into": None,
            "detail": "",
        }


def _delivery(row: Row) -> Row:
    return {
        "page_id": row["id"],
        "channel": "sms",
        "started_at": row["sent_at"],
        "ended_at": row["sent_at"],
        "outcome": "accepted",
        "provider_id": f"SM{row['id']}",
        "code": "",
        "detail": "",
    }


def _deploy(number: int) -> Row:
    return {
        "service": f"svc-{number % SERVICES}",
        "version": f"v{number}",
        "by": "ci",
        "summary": "what was merged",
        "link": "https://git.shop.example/",
        "at": END - timedelta(minutes=25) * number,
    }


def _audit(number: int) -> Row:
    at = END - timedelta(minutes=10) * (50_000 - number)
    return {"at": at, "by": "p0", "via": "web", "act": "signed in", "subject": f"p{number % 40}", "data": {}}


def _quarantine(number: int) -> Row:
    return {
        "received_at": END - timedelta(hours=1) * (2_000 - number),
        "integration": "production",
        "reason": "version 3 is not known",
        "path": "$.version",
        "body": b'{"version": "3"}' + b" " * 2_000,
        "inbox_id": None,
    }


def _bound(table: sa.Table, rows: Iterable[Row], dialect: sa.Dialect) -> Iterator[tuple[Any, ...]]:
    """Each row as the driver takes it, in the order of the columns."""
    columns = [(c.name, c.type.dialect_impl(dialect).bind_processor(dialect)) for c in table.columns]
    for row in rows:
        # What a row says nothing of is empty, as it was before there was such a column.
        yield tuple(row.get(name) if kept is None else kept(row.get(name)) for name, kept in columns)


def _json(value: Any) -> str:
    return msgspec.json.encode(value).decode()
