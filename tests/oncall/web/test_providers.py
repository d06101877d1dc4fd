"""The operator sees how each provider does, from the database, and what to do about it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from notifiers.message import MessageKind
from notifiers.outcome import Outcome, OutcomeKind
from oncall.services.views import providers_view
from oncall.store import deliveries as delivery_rows
from oncall.store import pages as page_rows
from oncall.store.deliveries import Attempt
from oncall.store.pages import Page

ACCEPTED, UNKNOWN, BROKEN, REFUSED = (
    OutcomeKind.ACCEPTED,
    OutcomeKind.UNKNOWN,
    OutcomeKind.BROKEN,
    OutcomeKind.REFUSED,
)


@pytest.fixture
def attempts(engine, clock):
    """Attempts through the built-in phone, ten seconds apart, the last of them now."""

    async def made(*kinds: OutcomeKind, seconds: float = 0.1, ago: timedelta = timedelta(0)) -> None:
        now = clock.now() - ago
        page = Page(
            id=engine.new_id(),
            incident=None,
            team="payments",
            person="ana",
            channel="phone",
            address="ana",
            kind=MessageKind.TEST,
            important=False,
            step=0,
            reason="",
            planned_at=now,
            due_at=now,
        )
        lines = []
        for place, kind in enumerate(kinds):
            began = now - timedelta(seconds=10 * (len(kinds) - place))
            outcome = Outcome(kind=kind, code=f"code-{kind.value}", detail=f"it was {kind.value}")
            lines.append(Attempt(page.id, "phone", began, began + timedelta(seconds=seconds), outcome))
        async with engine.database.write() as tx:
            await page_rows.add(tx, [page])
            await delivery_rows.record(tx, lines)

    return made


@pytest.fixture
def watch(engine, caller):
    async def of() -> providers_view.ChannelWatch:
        found = await providers_view.view_providers(engine, caller("dee"))
        return next(c for provider in found.providers for c in provider.channels if c.channel == "phone")

    return of


async def test_a_channel_nothing_went_through_is_idle_and_asks_for_nothing(watch):
    found = await watch()
    assert (found.attempts, found.success, found.slow, found.down, found.todo) == (0, None, None, False, ())


async def test_success_and_latency_are_counted(attempts, watch):
    await attempts(*[ACCEPTED] * 19, REFUSED, seconds=0.25)
    found = await watch()
    assert found.attempts == 20
    assert found.success == 95
    assert found.median == found.slow == 0.25
    assert found.codes == {"code-refused": 1}
    assert found.todo == ()


async def test_failures_in_a_row_mean_that_it_is_down_whichever_node_saw_them(attempts, watch):
    await attempts(ACCEPTED, UNKNOWN, UNKNOWN, UNKNOWN)
    found = await watch()
    assert found.down
    assert "3 failures in a row" in found.why
    assert found.todo[0].startswith("It seems to be down")


async def test_a_success_since_then_means_that_it_is_up_again(attempts, watch):
    await attempts(UNKNOWN, UNKNOWN, UNKNOWN, ACCEPTED)
    assert not (await watch()).down


async def test_what_is_broken_for_everybody_says_why_and_where_to_read(attempts, watch):
    await attempts(ACCEPTED, BROKEN)
    assert "Broken for everybody: it was broken. See docs/notifiers/phone.md." in (await watch()).todo


async def test_refusals_point_at_people_and_slowness_at_the_provider(attempts, watch):
    await attempts(ACCEPTED, REFUSED, ACCEPTED, seconds=4)
    todo = (await watch()).todo
    assert any("test their contact methods" in line for line in todo)
    assert any("slowly (4.0 s" in line for line in todo)


async def test_what_is_older_than_a_day_does_not_count(attempts, watch):
    await attempts(BROKEN, BROKEN, BROKEN, ago=timedelta(hours=25))
    assert (await watch()).attempts == 0


async def test_the_view_and_the_api_say_the_same(attempts, sign_in, client, token):
    await attempts(ACCEPTED, UNKNOWN, UNKNOWN, UNKNOWN)
    view = await (await sign_in("dee")).text("/operator/providers")
    assert "seems down" in view
    assert "oncall provider report phone --since 24h" in view
    headers = {"Authorization": f"Bearer {(await token('dee')).reveal()}"}
    answer = await (await client.get("/api/v1/operator/providers", headers=headers)).json()
    assert answer["providers"][0]["provider"] == "phone"
    assert answer["providers"][0]["channels"][0]["down"]
