"""An incident in its team's channel: one message that lives, and a thread."""

from __future__ import annotations

from datetime import timedelta

import pytest

from grouping import Case
from grouping.cases import CASE
from oncall.incident import Actor, Entry, EntryKind, IncidentStatus, Via
from oncall.services import incidents
from oncall.services.delivery import incident_posts
from oncall.standins.faults import Fault
from oncall.store import alerts as alert_rows
from oncall.store import grouping_answers
from oncall.store import incidents as incident_rows

ANA = "U0000ANA"
BY = Actor("ana", Via.WEB)

pytestmark = pytest.mark.usefixtures("door")


def firing(name: str = "CheckoutDown") -> dict:
    return {
        "status": "firing",
        "labels": {"alertname": name, "severity": "critical", "team": "payments", "service": "checkout"},
        "annotations": {"summary": f"{name} on checkout"},
        "startsAt": "2026-01-05T08:59:00Z",
    }


@pytest.fixture
def shown(engine, clock):
    async def later(length: timedelta = timedelta(seconds=2)) -> None:
        await incident_posts.show_due(engine)
        clock.move(length)
        await incident_posts.show_due(engine)

    return later


def parents(slack):
    return [post for post in slack.workspace.posts if post.channel.startswith("C") and not post.thread]


async def test_an_incident_is_posted_once_and_updated_in_place(engine, happens, slack, shown):
    number = await happens.receive(firing())
    await shown()
    (post,) = parents(slack)
    assert f"#{number} CheckoutDown" in post.text
    assert "nobody has acknowledged" in post.text
    await incidents.acknowledge(engine, number, by=BY)
    await shown()
    assert parents(slack) == [post]
    assert "Acknowledged by Ana Ruiz at 09:00" in post.text
    await incidents.resolve(engine, number, by=BY)
    await shown()
    assert "Resolved by Ana Ruiz" in post.text


async def test_the_timeline_goes_on_in_the_thread(engine, happens, slack, shown):
    number = await happens.receive(firing())
    await shown()
    await incidents.note(engine, number, by=BY, text="The ledger is full")
    await shown()
    (parent,) = parents(slack)
    threads = [post for post in slack.workspace.posts if post.thread == parent.ts]
    assert "The ledger is full" in threads[-1].text


async def test_a_thread_reads_names_and_each_readers_own_time(engine, happens, slack, shown, clock):
    number = await happens.receive(firing())
    await shown()
    await incidents.reassign(engine, number, by=BY, person="ben")
    await shown()
    until = clock.now() + timedelta(hours=2)
    await incidents.snooze(engine, number, by=BY, length=timedelta(hours=2))
    await shown()
    await incidents.snooze(engine, number, by=BY, length=timedelta(hours=20))
    await shown()
    told = "\n".join(post.text for post in slack.workspace.posts if post.thread)
    assert "Ana Ruiz reassigned to Ben Okafor" in told
    stamp = int(until.timestamp())
    assert f"Ana Ruiz snoozed until <!date^{stamp}^{{time}}|{until:%H:%M} UTC>" in told
    assert "^{date_short} {time}|" in told


async def test_what_did_not_change_is_not_written_again(happens, slack, shown):
    await happens.receive(firing())
    await shown()
    edits = parents(slack)[0].edits
    await shown()
    await shown()
    assert parents(slack)[0].edits == edits


async def test_a_note_is_told_in_the_thread_without_writing_the_message_again(engine, happens, slack, shown):
    """Slack counts updates, fifty a minute for the whole workspace; a storm with people at it writes many lines."""
    number = await happens.receive(firing())
    await shown()
    (parent,) = parents(slack)
    edits = parent.edits
    for n in range(3):
        await incidents.note(engine, number, by=BY, text=f"line {n}")
        await shown()
    assert [post.text for post in slack.workspace.posts if post.thread][-1] == "Ana Ruiz: line 2"
    assert parent.edits == edits
    await incidents.acknowledge(engine, number, by=BY)
    await shown()
    assert parent.edits == edits + 1


async def test_a_storm_is_shown_one_message_at_a_time(engine, happens, slack, clock):
    """More than about one a second in a channel is refused, and with it what comes after."""
    for n in range(6):
        labels = firing()["labels"] | {"alertname": f"Alert{n}", "service": f"service{n}", "cluster": f"c{n}"}
        await happens.receive(firing() | {"labels": labels}, group=f"g{n}")
    counts = []
    for _ in range(8):
        for _ in range(5):
            await incident_posts.show_due(engine)
        counts.append(len(parents(slack)))
        clock.move(timedelta(seconds=1.5))
    incidents_shown = {post.text.split()[0] for post in parents(slack)}
    assert counts == [1, 2, 3, 4, 5, 6, 6, 6]
    assert len(incidents_shown) == 6


async def test_channels_do_not_wait_for_one_another(engine, happens, slack):
    await happens.receive(firing())
    labels = firing()["labels"] | {"team": "storefront", "service": "search", "alertname": "SearchDown", "cluster": "x"}
    await happens.receive(firing() | {"labels": labels}, group="other")
    await incident_posts.show_due(engine)
    assert len({post.channel for post in parents(slack)}) == 2


async def test_a_message_somebody_deleted_is_posted_anew_with_the_next_change(engine, happens, slack, shown):
    number = await happens.receive(firing())
    await shown()
    slack.workspace.posts.clear()
    await incidents.acknowledge(engine, number, by=BY)
    await shown()
    assert "Acknowledged by Ana Ruiz" in parents(slack)[0].text


async def test_a_click_on_it_acknowledges(engine, happens, slack, shown):
    number = await happens.receive(firing())
    await shown()
    await slack.click(parents(slack)[0], "Acknowledge", user=ANA)
    await engine.background.finish()
    async with engine.database.read() as tx:
        assert (await incident_rows.get(tx, [number]))[number].status is IncidentStatus.ACKNOWLEDGED


async def test_a_rate_limit_is_waited_for_without_losing_the_change(happens, slack, shown):
    await happens.receive(firing())
    slack.faults.expect(Fault.RATE_LIMITED)
    await shown()
    assert parents(slack) == []
    await shown(timedelta(seconds=40))
    assert len(parents(slack)) == 1


@pytest.fixture
def known_channel(engine):
    """The channel's name was looked up before, so that the next request to Slack is the post itself."""
    places = engine.slack.places

    async def look() -> None:
        assert isinstance(await places.find("#payments"), str)

    return look


@pytest.mark.parametrize("fault", [Fault.DROP_AFTER, Fault.BROKEN_JSON])
async def test_what_was_posted_though_the_answer_was_lost_is_found_again(
    engine, happens, slack, shown, known_channel, fault
):
    number = await happens.receive(firing())
    await known_channel()
    slack.faults.expect(fault)
    await shown(timedelta(minutes=1))
    await shown(timedelta(minutes=1))
    (post,) = parents(slack)
    await incidents.acknowledge(engine, number, by=BY)
    await shown()
    assert "Acknowledged by Ana Ruiz" in post.text
    assert parents(slack) == [post]


async def test_what_was_lost_before_it_was_posted_is_posted(happens, slack, shown, known_channel):
    await happens.receive(firing())
    await known_channel()
    slack.faults.expect(Fault.DROP_BEFORE)
    await shown(timedelta(minutes=1))
    assert len(parents(slack)) == 1


async def test_where_slack_does_not_say_either_there_is_one_duplicate(happens, slack, shown, known_channel):
    slack.scopes_missing.add("conversations.history")
    await happens.receive(firing())
    await known_channel()
    slack.faults.expect(Fault.DROP_AFTER)
    await shown(timedelta(minutes=1))
    await shown(timedelta(minutes=1))
    assert len(parents(slack)) == 2


async def test_a_channel_that_is_gone_is_told_in_the_timeline(engine, happens, slack, shown):
    slack.workspace.channels.clear()
    number = await happens.receive(firing())
    await shown()
    async with engine.database.read() as tx:
        texts = [entry.text for _, entry in await incident_rows.entries(tx, number)]
    assert any("could not be shown in #payments" in text for text in texts)


async def test_reassigning_and_noting_go_through_forms(engine, happens, slack, shown):
    number = await happens.receive(firing())
    await shown()
    post = parents(slack)[0]
    await slack.click(post, "Note", user=ANA)
    await slack.submit(slack.workspace.views[-1], {"text": "need a DBA"}, user=ANA)
    await slack.click(post, "Reassign", user=ANA)
    await slack.submit(slack.workspace.views[-1], {"person": "U0000BEN"}, user=ANA)
    await engine.background.finish()
    async with engine.database.read() as tx:
        kinds = {entry.kind for _, entry in await incident_rows.entries(tx, number)}
    assert {EntryKind.NOTE, EntryKind.REASSIGNED} <= kinds
    told = [each.text for each in slack.workspace.posts if each.channel == "D0000ANA"]
    assert f"Noted on #{number}." in told, "a form has no address of its own to answer to"
    assert any(f"#{number} now asks Ben" in text for text in told)


@pytest.mark.parametrize(
    ("button", "values", "block"),
    [("Note", {"text": "  "}, "text"), ("Reassign", {"person": "U0STRANGE"}, "person"), ("Reassign", {}, "person")],
)
async def test_what_was_filled_in_wrong_is_said_in_the_form(engine, happens, slack, shown, button, values, block):
    """Closing the form would throw away what somebody typed."""
    number = await happens.receive(firing())
    await shown()
    await slack.click(parents(slack)[0], button, user=ANA)
    await slack.submit(slack.workspace.views[-1], values, user=ANA)
    assert list(slack.wrong) == [block]
    await slack.submit(slack.workspace.views[-1], {"text": "all fine", "person": "U0000BEN"}, user=ANA)
    assert slack.wrong == {}
    await engine.background.finish()
    assert any(f"#{number}" in each.text for each in slack.workspace.posts if each.channel == "D0000ANA")


async def related(engine, happens) -> tuple[int, int]:
    """Two incidents of which grouping asks whether they are one."""
    first = await happens.receive(firing())
    second = await happens.receive(
        firing("LedgerFull") | {"labels": firing()["labels"] | {"alertname": "LedgerFull", "service": "ledger"}},
        group="other",
    )
    assert first != second
    asked = Entry(
        incident=second,
        at=engine.clock.now(),
        kind=EntryKind.GROUPING,
        text="possibly the same",
        data={"other": first, "why": "fired together in 14 of 16 cases"},
    )
    async with engine.database.write() as tx:
        await incident_rows.add_entries(tx, [asked])
    return first, second


async def asking(slack, shown):
    await shown()
    return next(post for post in parents(slack) if any(b.get("block_id", "").startswith("rel.") for b in post.blocks))


async def test_the_same_trouble_becomes_one_incident(engine, happens, slack, shown):
    first, second = await related(engine, happens)
    post = await asking(slack, shown)
    assert "14 of 16" in str(post.blocks)
    await slack.click(post, "Same trouble", user=ANA)
    await engine.background.finish()
    async with engine.database.read() as tx:
        assert (await incident_rows.get(tx, [second]))[second].merged_into == first


async def test_not_related_is_not_asked_again(engine, happens, slack, shown):
    await related(engine, happens)
    post = await asking(slack, shown)
    await slack.click(post, "Not related", user=ANA)
    await engine.background.finish()
    await shown()
    assert not any(block.get("block_id", "").startswith("rel.") for block in post.blocks)


async def doubted(engine, happens) -> tuple[int, int]:
    """An incident, and an alert of it that joined without being sure."""
    number = await happens.receive(firing(), firing("CheckoutSlow"))
    async with engine.database.write() as tx:
        alert = (await alert_rows.of_incident(tx, number))[-1].id
        await tx.execute(grouping_answers.grouping_case.delete())
        case = Case(
            incident=str(number), measures=(0.5,) * len(CASE), probability=0.78, joined=True, sentence="3 of 4 cases"
        )
        await grouping_answers.keep(tx, {alert: [case]}, engine.clock.now())
    return number, alert


def doubts(post) -> list[dict]:
    return [block for block in post.blocks if block.get("block_id", "").startswith("in.")]


@pytest.mark.parametrize(("answer", "stays"), [("Belongs here", True), ("Not related", False)])
async def test_an_alert_of_which_grouping_is_not_sure_is_asked_about_once(engine, happens, slack, shown, answer, stays):
    number, alert = await doubted(engine, happens)
    await shown()
    post = next(post for post in parents(slack) if doubts(post))
    assert "3 of 4 cases" in str(post.blocks)
    await slack.click(post, answer, user=ANA)
    await engine.background.finish()
    async with engine.database.read() as tx:
        left = [e.id for e in await alert_rows.of_incident(tx, number)]
        assert [example.related for example in await grouping_answers.examples(tx, 10)] == [stays]
    assert (alert in left) is stays
    await shown()
    assert not doubts(post)


async def test_a_late_answer_about_an_alert_that_is_elsewhere_says_so(engine, happens, slack, shown):
    number, alert = await doubted(engine, happens)
    await shown()
    post = next(post for post in parents(slack) if doubts(post))
    await incidents.split(engine, number, alerts=[alert], by=BY)
    await slack.click(post, "Belongs here", user=ANA)
    await engine.background.finish()
    assert "none of those alerts is in this incident" in slack.responses[-1]["text"]
