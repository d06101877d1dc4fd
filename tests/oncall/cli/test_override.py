"""Somebody on call over the calendars, from the shell."""

from __future__ import annotations

import asyncio
import json
import sqlite3
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from oncall.cli.main import main
from oncall.store import rotations
from oncall.store.database import Database

COMPANY = Path(__file__).parents[3] / "examples" / "company"
SOON = datetime.now(UTC).replace(microsecond=0) + timedelta(hours=1)
LATER = SOON + timedelta(hours=4)
SPAN = ("--from", SOON.isoformat(), "--to", LATER.isoformat())


@pytest.fixture
def oncall(tmp_path: Path):
    """Runs `oncall schedule override` on a database of its own."""
    env = {"ONCALL_DATA_DIR": str(tmp_path)}

    def run(verb: str, *arguments: str) -> Result:
        return CliRunner().invoke(main, ["schedule", "override", verb, *arguments, "--config", str(COMPANY)], env=env)

    assert CliRunner().invoke(main, ["db", "upgrade", "--config", str(COMPANY)], env=env).exit_code == 0
    return run


def listed(oncall, *arguments: str) -> list[dict]:
    return json.loads(oncall("list", *arguments, "--json").output)["overrides"]


def test_what_is_made_is_listed_until_it_is_revoked(oncall, tmp_path) -> None:
    made = oncall("make", "payments/primary", "Ben Okafor", *SPAN, "--replaces", "ana", "--note", "dentist",
                  "--by", "kim", "--json")  # fmt: skip
    assert made.exit_code == 0, made.output
    (one,) = json.loads(made.output)["overrides"]
    assert (one["person"], one["replaces"], one["by"], one["via"], one["note"]) == (
        "ben",
        "ana",
        "kim",
        "cli",
        "dentist",
    )
    assert listed(oncall) == listed(oncall, "payments/primary") == [one]
    assert listed(oncall, "payments/secondary") == []

    back = oncall("revoke", "payments/primary", str(one["id"]), "--by", "kim", "--json")
    assert json.loads(back.output) == {"revoked": one["id"]}
    assert listed(oncall) == []
    with sqlite3.connect(tmp_path / "oncall.db") as database:
        assert database.execute("select by, via, act from audit order by id").fetchall() == [
            ("kim", "cli", "put on call"),
            ("kim", "cli", "revoke override"),
        ]
    database.close()


def test_it_is_on_call_at_once_without_an_engine_running(oncall, tmp_path) -> None:
    """The segments that paging looks up are made anew by the command."""
    oncall("make", "payments/primary", "ben", *SPAN, "--by", "kim")

    async def who(at: datetime) -> tuple[str, ...]:
        database = Database(f"sqlite+aiosqlite:///{tmp_path}/oncall.db")
        async with database.read() as tx:
            (segment,) = await rotations.segments_at(tx, at, ["payments/primary"])
        await database.close()
        return tuple(name for name, _ in segment.on_call)

    assert asyncio.run(who(SOON)) == ("ben",)
    assert asyncio.run(who(LATER - timedelta(seconds=1))) == ("ben",)


def test_people_read_one_line_each(oncall) -> None:
    assert oncall("list").output == "No override runs or is planned.\n"
    made = oncall("make", "payments/primary", "ben", *SPAN, "--replaces", "ana", "--note", "dentist", "--by", "kim")
    span = f"{SOON:%Y-%m-%d %H:%M} to {LATER:%Y-%m-%d %H:%M} UTC"
    line = f"1  payments/primary  {span}  ben for ana, by kim (dentist)\n"
    assert made.output == oncall("list").output == line
    assert (
        "Override 1 is revoked; the calendars of payments/primary hold again."
        in oncall("revoke", "payments/primary", "1", "--by", "kim").output
    )


def test_without_a_begin_it_begins_now(oncall) -> None:
    oncall("make", "payments/primary", "ben", "--to", LATER.isoformat(), "--by", "kim")
    (one,) = listed(oncall)
    assert abs(datetime.fromisoformat(one["starts_at"]) - datetime.now(UTC)) < timedelta(minutes=10)


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (("make", "payments/primary", "nobody", *SPAN, "--by", "kim"), 1, "nobody is known as 'nobody'"),
        (("make", "payments/none", "ben", *SPAN, "--by", "kim"), 1, "there is no rotation payments/none"),
        (("make", "payments", "ben", *SPAN, "--by", "kim"), 2, "write TEAM/SCHEDULE"),
        (("make", "payments/primary", "ben", *SPAN, "--by", "nobody"), 1, "there is no person nobody"),
        (("make", "payments/primary", "ben", *SPAN), 2, "--by"),
        (("make", "payments/primary", "ben", "--to", "tomorrow", "--by", "kim"), 2, "is no instant"),
        (("make", "payments/primary", "ben", "--to", "2020-01-01", "--by", "kim"), 1, "ends before it begins"),
        (("revoke", "payments/primary", "9", "--by", "kim"), 1, "there is no override 9 in payments/primary"),
        (("list", "payments/none"), 1, "there is no rotation payments/none"),
    ],
)  # fmt: skip
def test_what_cannot_be_done_is_said_in_one_line(oncall, arguments, code, says) -> None:
    answer = oncall(*arguments)
    assert answer.exit_code == code
    assert says in answer.output


def test_the_rights_are_those_of_whoever_does_it(oncall) -> None:
    answer = oncall("make", "platform/primary", "dan", *SPAN, "--by", "ben")
    assert answer.exit_code == 1
    assert "may not" in answer.output
