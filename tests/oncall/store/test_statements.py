"""What is prepared finds, changes and refuses what the same statement does that SQLAlchemy runs."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.exc import IntegrityError

from oncall.store.database import Database
from oncall.store.schema import counter, grouping_case, grouping_state, segment
from oncall.store.statements import MANY, Prepared, _filled, any_of, upsert

NOON = datetime(2026, 3, 2, 12, 0, 0, 123456, tzinfo=UTC)
ADD = Prepared(sa.insert(counter))
BY_NAMES = Prepared(sa.select(counter).where(counter.c.name.in_(any_of("names"))).order_by(counter.c.name))
ONE = Prepared(sa.select(counter.c.value).where(counter.c.name == sa.bindparam("named")))


async def _counters(database: Database, **values: int) -> None:
    async with database.write() as tx:
        await ADD.run(tx, [{"name": name, "value": value} for name, value in values.items()])


@pytest.mark.parametrize("count", [0, 1, 2, 3, 5, 8, 9, 100, 17_000])
async def test_a_list_may_have_any_length(database: Database, count: int) -> None:
    names = [f"n{number:05}" for number in range(count)]
    await _counters(database, other=7, **dict.fromkeys(names, 1))
    async with database.read() as tx:
        assert [row.name for row in await BY_NAMES.rows(tx, {"names": set(names)})] == names


@given(st.lists(st.integers(), min_size=1, max_size=2000))
def test_a_list_is_filled_up_to_a_rounded_length_with_what_it_has(values: list[int]) -> None:
    filled = _filled(values)
    assert set(filled) == set(values)
    assert filled[: len(values)] == values
    assert len(filled) < len(values) + min(len(values), MANY)
    assert len(filled) & (len(filled) - 1) == 0 or len(filled) % MANY == 0


async def test_a_list_of_pairs_names_pairs(database: Database) -> None:
    pairs = Prepared(
        sa.select(grouping_state.c.value)
        .where(sa.tuple_(grouping_state.c.part, grouping_state.c.key).in_(any_of("pairs")))
        .order_by(grouping_state.c.value)
    )
    async with database.write() as tx:
        rows = [{"part": part, "key": key, "value": part + key} for part in "abc" for key in "xyz"]
        await Prepared(sa.insert(grouping_state)).run(tx, rows)
        found = await pairs.rows(tx, {"pairs": [("a", "x"), ("b", "z"), ("c", "nothing")]})
        assert [row.value for row in found] == ["ax", "bz"]
        assert not await pairs.rows(tx, {"pairs": []})


async def test_the_first_of_nothing_is_none(database: Database) -> None:
    await _counters(database, here=3)
    async with database.read() as tx:
        assert (await ONE.first(tx, {"named": "here"})).value == 3
        assert await ONE.scalar(tx, {"named": "here"}) == 3
        assert await ONE.first(tx, {"named": "nowhere"}) is None
        assert await ONE.scalar(tx, {"named": "nowhere"}) is None


async def test_what_a_statement_has_of_its_own_stays_beside_what_it_is_given(database: Database) -> None:
    """A value, a list and a text that SQLAlchemy spells out."""
    await _counters(database, a=1, b=2, c=3)
    own = Prepared(
        sa.select(sa.func.aggregate_strings(counter.c.name, ";").label("names"), sa.literal(5).label("five")).where(
            counter.c.name.in_(["a", "b", "z"]), counter.c.value < 9, counter.c.value >= sa.bindparam("least")
        )
    )
    async with database.read() as tx:
        (row,) = await own.rows(tx, {"least": 2})
        assert (row.names, row.five) == ("b", 5)


async def test_instants_lists_of_json_numbers_and_yes_and_no_come_back_as_they_were(database: Database) -> None:
    row = {"schedule": "a/b", "starts_at": NOON, "ends_at": NOON + timedelta(hours=8), "on_call": [["ana", None]]}
    case: dict[str, Any] = {
        "alert_id": 1,
        "incident_id": 2,
        "at": NOON,
        "measures": [0.25, 1.0],
        "probability": 0.125,
        "joined": True,
        "sentence": "",
        "ties": [],
        "answered_by": "",
        "related": None,
    }
    async with database.write() as tx:
        await Prepared(sa.insert(segment)).run(tx, [row])
        await Prepared(sa.insert(grouping_case)).run(tx, [case])
        (found,) = await Prepared(sa.select(segment)).rows(tx)
        assert row.items() <= found._asdict().items()
        (found,) = await Prepared(sa.select(grouping_case)).rows(tx)
        assert case.items() <= found._asdict().items()
        assert found.joined is True
        assert (await tx.execute(sa.select(grouping_case))).one() == tuple(found)


async def test_instants_of_a_list_are_told_apart_to_the_microsecond(database: Database) -> None:
    at = Prepared(sa.select(segment.c.schedule).where(segment.c.starts_at.in_(any_of("instants"))))
    async with database.write() as tx:
        for number in range(3):
            begin = NOON + timedelta(microseconds=number)
            row = {"schedule": str(number), "starts_at": begin, "ends_at": begin + timedelta(hours=1), "on_call": []}
            await tx.execute(sa.insert(segment), [row])
        found = await at.rows(tx, {"instants": [NOON, NOON + timedelta(microseconds=2)]})
        assert {row.schedule for row in found} == {"0", "2"}


async def test_a_naive_instant_is_refused(database: Database) -> None:
    row = {"schedule": "a", "starts_at": NOON.replace(tzinfo=None), "ends_at": NOON, "on_call": []}
    with pytest.raises(Exception, match="naive datetime"):
        async with database.write() as tx:
            await Prepared(sa.insert(segment)).run(tx, [row])


async def test_an_upsert_replaces_what_is_there(database: Database) -> None:
    save = upsert(counter, ["name"])
    async with database.write() as tx:
        await save.run(tx, [{"name": "a", "value": 1}, {"name": "b", "value": 2}])
        await save.run(tx, [{"name": "b", "value": 3}])
        await save.run(tx, {"name": "c", "value": 4})
        found = await BY_NAMES.rows(tx, {"names": ["a", "b", "c"]})
    assert [row.value for row in found] == [1, 3, 4]


async def test_rows_may_be_inserted_with_other_columns_each_time(database: Database) -> None:
    add = Prepared(sa.insert(grouping_state))
    async with database.write() as tx:
        await add.run(tx, [{"part": "p", "key": "1", "value": "one"}])
        await add.run(tx, [{"value": "two", "key": "2", "part": "p"}])
        found = (await tx.execute(sa.select(grouping_state.c.key, grouping_state.c.value))).all()
    assert set(found) == {("1", "one"), ("2", "two")}


async def test_a_row_that_is_refused_is_refused_in_the_same_words_and_the_transaction_is_none(
    database: Database,
) -> None:
    await _counters(database, a=1)
    with pytest.raises(IntegrityError) as prepared:
        await _counters(database, b=1, a=2)
    with pytest.raises(IntegrityError) as ordinary:
        async with database.write() as tx:
            await tx.execute(sa.insert(counter), [{"name": "a", "value": 2}])
    assert type(prepared.value.orig) is type(ordinary.value.orig)
    assert not database.fault
    async with database.read() as tx:
        assert [row.name for row in await BY_NAMES.rows(tx, {"names": ["a", "b"]})] == ["a"]


async def test_a_reader_sees_one_instant_whichever_way_its_statements_take(database: Database) -> None:
    if not database.sqlite:
        pytest.skip("PostgreSQL reads what is committed at each statement")
    await _counters(database, a=1)
    async with database.read() as reader:
        before = await ONE.scalar(reader, {"named": "a"})
        async with database.write() as tx:
            await tx.execute(sa.update(counter).values(value=2))
        assert await ONE.scalar(reader, {"named": "a"}) == before == 1
        assert (await reader.execute(sa.select(counter.c.value))).scalar_one() == 1
    async with database.read() as reader:
        assert await ONE.scalar(reader, {"named": "a"}) == 2


async def test_whoever_listens_to_statements_hears_of_what_is_prepared(database: Database) -> None:
    heard: list[tuple[str, bool]] = []
    sa.event.listen(
        database.engine.sync_engine,
        "before_cursor_execute",
        lambda _connection, _cursor, text, _values, _context, many: heard.append((text.split()[0].lower(), many)),
    )
    await _counters(database, a=1, b=2)
    async with database.read() as tx:
        await ONE.rows(tx, {"named": "a"})
    assert [one for one in heard if one[0] in {"insert", "select"}][:2] == [("insert", True), ("select", False)]
