"""The database fails: alerts are refused, the node says so everywhere, people are told past it, and it comes back."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import OperationalError
from structlog.testing import capture_logs

from notifiers.outcome import OutcomeKind
from oncall.jobs import periodic
from oncall.services.operation import outage, watch
from tests.acceptance.providers import Provider
from tests.acceptance.story import Story, alert, body

DOWN = body(alert("LedgerDown", service="ledger"))


class Disk:
    """Every statement that changes something fails while it is full."""

    def __init__(self) -> None:
        self.full = False

    def write(self, _connection: object, _cursor: object, statement: str, *_: object) -> None:
        if re.search(r"\b(insert into|update|delete from)\b", statement, re.IGNORECASE):
            self.check(statement)

    def check(self, statement: str) -> None:
        if self.full:
            raise OperationalError(statement, {}, Exception("database or disk is full"))


@pytest.fixture
def disk(story: Story, monkeypatch: pytest.MonkeyPatch) -> Iterator[Disk]:
    made, database = Disk(), story.engine.database
    real = database._appender.insert

    async def insert(statement: str, rows: Sequence[Sequence[Any]]) -> None:
        made.check(statement)
        await real(statement, rows)

    monkeypatch.setattr(database._appender, "insert", insert)
    sa.event.listen(database.engine.sync_engine, "before_cursor_execute", made.write)
    yield made
    sa.event.remove(database.engine.sync_engine, "before_cursor_execute", made.write)


@pytest.fixture
def texts(story: Story) -> Provider:
    """A provider that needs no database, in place of the built-in phone."""
    provider = Provider("phone")
    story.engine.notifiers = {**story.engine.notifiers, "phone": provider}
    return provider


async def _fails(story: Story) -> None:
    await story.post(DOWN, expect=503)


async def _pass(story: Story, seconds: int) -> None:
    story.clock.move_to(story.clock.now() + timedelta(seconds=seconds))
    await outage.look(story.engine)


async def test_what_cannot_be_written_is_refused_and_readiness_says_why(story: Story, disk: Disk) -> None:
    disk.full = True
    await _fails(story)
    assert story._client is not None
    answer = await story._client.get("/readyz")
    assert answer.status == 503
    assert (await answer.json())["database"] == "cannot be written: its disk is full"
    disk.full = False
    await story.receive(DOWN)
    assert (await story._client.get("/readyz")).status == 200
    await story.expect_text("carol")


async def test_an_outage_that_lasts_is_told_past_the_database_once_and_so_is_its_end(
    story: Story, disk: Disk, texts: Provider
) -> None:
    disk.full = True
    await _fails(story)
    await outage.look(story.engine)
    await _pass(story, 29)
    assert not texts.sent
    for _ in range(5):
        await _pass(story, 5)
    ((address, message),) = texts.sent
    assert address == "erin"
    assert "CANNOT PAGE" in message.text
    assert "its disk is full" in message.text
    disk.full = False
    await story.receive(DOWN)
    await _pass(story, 5)
    assert "works again" in texts.sent[-1][1].text
    assert [address for address, _ in texts.sent[:-1]].count("erin") == 1


async def test_an_outage_that_is_soon_over_wakes_nobody(story: Story, disk: Disk, texts: Provider) -> None:
    disk.full = True
    await _fails(story)
    await outage.look(story.engine)
    disk.full = False
    await story.receive(DOWN)
    await _pass(story, 60)
    assert "erin" not in [address for address, _ in texts.sent]


async def test_a_method_that_fails_keeps_nobody_else_from_being_told(story: Story, disk: Disk, texts: Provider) -> None:
    """The built-in phone needs the database, too."""

    class Broken(Provider):
        async def send(self, *_: object) -> None:  # type: ignore[override]
            raise OperationalError("insert", {}, Exception("database or disk is full"))

    story.engine.notifiers = {**story.engine.notifiers, "phone_call": Broken("phone_call")}
    disk.full = True
    await _fails(story)
    await outage.look(story.engine)
    await _pass(story, 31)
    assert len(texts.sent) == 1


@pytest.mark.parametrize(
    ("answer", "said"),
    [(OutcomeKind.ACCEPTED, "somebody was told"), (OutcomeKind.RETRY, "somebody could not be told")],
)
async def test_the_log_says_that_somebody_was_told_only_where_the_message_was_taken(
    story: Story, disk: Disk, texts: Provider, answer: OutcomeKind, said: str
) -> None:
    texts.answers.append(answer)
    disk.full = True
    await _fails(story)
    await outage.look(story.engine)
    with capture_logs() as logs:
        await _pass(story, 31)
    assert [line["event"] for line in logs if line.get("channel") == "phone"] == [said]


async def test_the_outside_hears_nothing_while_the_database_cannot_be_written(story: Story, disk: Disk) -> None:
    disk.full = True
    await _fails(story)
    assert not await watch.call_outside(story.engine)


async def test_a_periodic_job_that_fails_comes_again(story: Story, disk: Disk) -> None:
    (job,) = [job for job in periodic.JOBS if job.name == "stale alerts"]
    disk.full = True
    assert not await periodic.run(story.engine, job)
    disk.full = False
    assert await periodic.run(story.engine, job)
