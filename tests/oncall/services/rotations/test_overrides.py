"""Overrides, cover and feeds out: laid over the calendars, told to those concerned."""

from __future__ import annotations

from datetime import timedelta

import pytest

from oncall.errors import AlreadyTaken, Invalid, NotFound, Refused
from oncall.person import Role
from oncall.services.people.rights import Caller
from oncall.services.rotations import cover, on_call, overrides, subscriptions
from oncall.services.rotations.cover import NewCover
from oncall.services.rotations.overrides import NewOverride
from oncall.services.rotations.subscriptions import NewSubscription
from routing.escalation import RotationTarget
from schedules.identity import identity
from schedules.reading import read
from tests.oncall.services.rotation_world import START, WEEK, weeks

HOUR = timedelta(hours=1)
PRIMARY = RotationTarget(team="ops", schedule="primary")
WHERE = ("ops", "primary")


def caller(person: str, role: Role = Role.RESPONDER, teams=("ops",)) -> Caller:
    return Caller(person=person, name=person.title(), role=role, teams=teams)


async def who(ops) -> tuple[str, ...]:
    async with ops.engine.database.read() as tx:
        return tuple((await on_call.lookup_targets(tx, [PRIMARY], ops.clock.now()))(PRIMARY))


def span(begin: float = 0, end: float = 4, **more) -> NewOverride:
    return NewOverride(starts_at=START + begin * HOUR, ends_at=START + end * HOUR, **more)


async def test_an_override_puts_somebody_on_call_at_once_and_tells_both(ops):
    await overrides.add(ops.engine, caller("ben"), *WHERE, span(person="Ben", replaces="ana"))
    assert await who(ops) == ("ben",)
    told = await ops.told()
    assert "new: now to 14:00 CET" in told["ben"][0]
    assert "moved: Mon 02 Nov 14:00 to Mon 09 Nov 10:00 CET, was now to Mon 09 Nov 10:00 CET" in told["ana"][0]


async def test_when_it_ends_the_calendar_holds_again(ops):
    await overrides.add(ops.engine, caller("ben"), *WHERE, span(person="ben"))
    ops.clock.move(hours=4)
    assert await who(ops) == ("ana",)


async def test_an_override_outlives_every_reading_of_the_calendar(ops):
    await overrides.add(ops.engine, caller("ben"), *WHERE, span(person="ben", end=48))
    ops.clock.move(hours=25)
    ops.write(weeks("ana", "cai", "ben"))
    await ops.refresh()
    assert await who(ops) == ("ben",)


async def test_a_revoked_override_is_gone_at_once_and_only_once(ops):
    made = await overrides.add(ops.engine, caller("ben"), *WHERE, span(person="ben"))
    await overrides.revoke(ops.engine, caller("ana"), *WHERE, made.id)
    assert await who(ops) == ("ana",)
    with pytest.raises(NotFound, match="no override"):
        await overrides.revoke(ops.engine, caller("ana"), *WHERE, made.id)


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        (span(end=0, person="ben"), "ends before it begins"),
        (span(begin=-5, end=-1, person="ben"), "over already"),
        (span(end=24 * 63, person="ben"), "longer than 62 days"),
        (span(person="nobody"), "nobody is known as 'nobody'"),
        (span(person="ben", replaces="nobody"), "nobody is known as 'nobody'"),
    ],
)
async def test_an_override_that_cannot_be_is_refused_with_the_reason(ops, asked, says):
    with pytest.raises(Invalid, match=says):
        await overrides.add(ops.engine, caller("ben"), *WHERE, asked)


@pytest.mark.parametrize(
    "by", [caller("zoe", teams=()), caller("ana", Role.VIEWER), caller("eva", Role.EDITOR, teams=())]
)
async def test_others_may_not_change_who_is_on_call(ops, by):
    with pytest.raises(Refused):
        await overrides.add(ops.engine, by, *WHERE, span(person="ben"))


async def test_an_admin_may_for_every_team(ops):
    await overrides.add(ops.engine, caller("root", Role.ADMIN, teams=()), *WHERE, span(person="ben"))
    assert await who(ops) == ("ben",)


def wanted(begin: float = 0, end: float = 24) -> NewCover:
    return NewCover(
        team="ops", schedule="primary", starts_at=START + begin * HOUR, ends_at=START + end * HOUR, note="dentist"
    )


async def test_cover_asks_the_best_and_the_first_yes_takes_it(ops):
    made = await cover.ask(ops.engine, caller("ana"), wanted())
    assert made.request.asked == ("cai", "ben")
    told = await ops.told()
    assert set(told) == {"ben", "cai"}
    assert (
        "Ana asks for cover for Operations / primary, now to Tue 03 Nov 10:00 CET (dentist). Take it: "
        in told["ben"][0]
    )
    await cover.take(ops.engine, caller("ben"), made.request.id)
    assert await who(ops) == ("ben",)
    with pytest.raises(AlreadyTaken, match="Ben was first"):
        await cover.take(ops.engine, caller("cai"), made.request.id)
    assert any("Ben takes your shift" in text for text in (await ops.told())["ana"])
    assert await who(ops) == ("ben",)


async def test_the_reasons_for_the_order_are_told(ops):
    made = await cover.ask(ops.engine, caller("ana"), wanted())
    reasons = {one.person: one.reasons for one in made.candidates}
    assert "192 h on call in the weeks around it" in reasons["ben"]
    assert any("at night or on free days" in reason for reason in reasons["cai"])


async def test_only_ones_own_shift_can_be_covered_and_not_by_oneself(ops):
    with pytest.raises(Invalid, match="Ben is not on call in that span"):
        await cover.ask(ops.engine, caller("ben"), wanted())
    with pytest.raises(Invalid, match="cannot be covered"):
        await cover.ask(ops.engine, caller("ana"), wanted(end=0))
    made = await cover.ask(ops.engine, caller("ana"), wanted())
    with pytest.raises(Invalid, match="your own shift"):
        await cover.take(ops.engine, caller("ana"), made.request.id)


async def test_a_shift_that_is_over_cannot_be_taken_any_more(ops):
    made = await cover.ask(ops.engine, caller("ana"), wanted())
    ops.clock.move(hours=24)
    with pytest.raises(Invalid, match="is over"):
        await cover.take(ops.engine, caller("ben"), made.request.id)


async def fetch(ops, made) -> bytes:
    return await subscriptions.feed(ops.engine, made.address.rsplit("/", 1)[1].removesuffix(".ics"))


async def test_a_teams_feed_read_back_is_the_rotation(ops):
    made = await subscriptions.subscribe(ops.engine, caller("ana"), NewSubscription(kind="team", team="ops"))
    found = read(await fetch(ops, made), (START, START + 3 * WEEK), identity=identity())
    assert [(one.start, [who.person for who in one.on_call]) for one in found.segments] == [
        (START, ["Ana"]), (START + WEEK, ["Ben"]), (START + 2 * WEEK, ["Cai"])
    ]  # fmt: skip


async def test_a_persons_feed_has_their_shifts_and_is_the_same_text_within_the_hour(ops):
    made = await subscriptions.subscribe(ops.engine, caller("ben"), NewSubscription())
    first = await fetch(ops, made)
    assert first.count(b"SUMMARY:On call: Operations / primary") == 3
    ops.clock.move(minutes=59)
    assert await fetch(ops, made) == first


async def test_a_revoked_address_is_dead_and_only_its_maker_revokes_it(ops):
    made = await subscriptions.subscribe(ops.engine, caller("ben"), NewSubscription())
    with pytest.raises(NotFound):
        await subscriptions.unsubscribe(ops.engine, caller("ana"), made.digest)
    await fetch(ops, made)
    assert (await subscriptions.subscriptions(ops.engine, caller("ben")))[0].last_used_at == START
    await subscriptions.unsubscribe(ops.engine, caller("ben"), made.digest)
    with pytest.raises(NotFound):
        await fetch(ops, made)
    assert await subscriptions.subscriptions(ops.engine, caller("ben")) == []


async def test_a_feed_of_no_team_is_refused(ops):
    with pytest.raises(Invalid, match="there is no team"):
        await subscriptions.subscribe(ops.engine, caller("ben"), NewSubscription(kind="team", team="nope"))


async def test_a_reply_that_asks_for_cover_asks_the_best_for_the_shift_that_runs(ops):
    ana = ops.engine.directory.people["ana"]
    assert await cover.ask_from_now(ops.engine, ana, timedelta(hours=2)) == 1
    assert "Ana asks for cover for Operations / primary, now to 12:00 CET" in (await ops.told())["cai"][0]
    assert await cover.ask_from_now(ops.engine, ops.engine.directory.people["ben"], timedelta(hours=2)) == 0
