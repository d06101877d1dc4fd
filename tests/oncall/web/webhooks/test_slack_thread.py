"""The thread under an incident's message and its timeline, both ways."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from oncall.engine import Organisation
from oncall.incident import Actor, EntryKind, Via
from oncall.person import Role
from oncall.services import incidents
from oncall.services.delivery import incident_posts
from oncall.services.slack import doors as slack_doors
from oncall.services.slack.thread import TAKEN_BACK
from oncall.services.views import incident_view
from oncall.store import incidents as incident_rows
from tests.oncall.web.webhooks.test_slack_doors import ANA, BEN, firing

pytestmark = pytest.mark.usefixtures("door")


@pytest.fixture
def shown(engine, clock):
    async def later() -> None:
        for _ in range(2):
            await incident_posts.show_due(engine)
            clock.move(timedelta(seconds=2))

    return later


@pytest.fixture
async def thread(happens, slack, shown) -> Thread:
    number = await happens.receive(firing())
    await shown()
    (parent,) = [post for post in slack.workspace.posts if post.channel.startswith("C") and not post.thread]
    return Thread(happens.engine, slack, parent, number)


class Thread:
    """The thread of one incident, as people use it."""

    def __init__(self, engine: Any, slack: Any, parent: Any, number: int) -> None:
        self.engine, self.slack, self.parent, self.number = engine, slack, parent, number

    def message(self, text: str, *, user: str = ANA, ts: str = "9.1", **more: object) -> dict[str, Any]:
        return {"type": "message", "user": user, "ts": ts, "thread_ts": self.parent.ts, "text": text, **more}

    def wrapped(self, message: dict[str, Any]) -> dict[str, Any]:
        return {"type": "event_callback", "event": {"channel": self.parent.channel, **message}}

    async def tell(self, message: dict[str, Any]) -> None:
        status, _ = await self.slack.event(self.wrapped(message))
        assert status == 200
        await self.engine.background.finish()

    async def edit(self, text: str) -> None:
        await self.tell({"type": "message", "subtype": "message_changed", "message": self.message(text)})

    async def notes(self) -> list[tuple[str, str]]:
        """Who wrote what."""
        async with self.engine.database.read() as tx:
            entries = await incident_rows.entries(tx, self.number)
        return [(e.actor.person, e.text) for _, e in entries if e.kind is EntryKind.NOTE]

    def lines(self) -> list[str]:
        """What we wrote into the thread."""
        return [post.text for post in self.slack.workspace.posts if post.thread == self.parent.ts]


async def test_what_a_person_writes_becomes_a_note_of_theirs(thread):
    await thread.tell(thread.message("rolled *everything* back, <@U0000BEN>"))
    assert await thread.notes() == [("ana", "rolled **everything** back, @Ben Okafor")]


async def test_told_twice_it_is_noted_once(thread):
    for _ in range(3):
        await thread.tell(thread.message("looking"))
    await asyncio.gather(*(thread.tell(thread.message("again", ts="9.2")) for _ in range(3)))
    assert await thread.notes() == [("ana", "looking"), ("ana", "again")]


async def test_ours_never_comes_back_and_theirs_is_not_said_again(thread, shown):
    by = Actor("ben", Via.WEB)
    await incidents.note(thread.engine, thread.number, by=by, text="The ledger is full")
    await thread.tell(thread.message("thanks"))
    await shown()
    assert thread.lines()[-1] == "Ben Okafor: The ledger is full"
    for post in [post for post in thread.slack.workspace.posts if post.thread]:
        await thread.tell(thread.message(post.text, user="U0000BOT", ts=post.ts, bot_id="B0000BOT"))
    await shown()
    assert await thread.notes() == [("ben", "The ledger is full"), ("ana", "thanks")]
    assert not any("thanks" in line for line in thread.lines())


async def test_an_edit_changes_the_note_and_says_so(thread, caller):
    await thread.tell(thread.message("rolled bakc"))
    await thread.edit("rolled back")
    await thread.edit("rolled back")
    assert await thread.notes() == [("ana", "rolled back")]
    found = await incident_view.view_incident(thread.engine, caller("ben"), thread.number)
    assert [line.edited for line in found.timeline if line.kind is EntryKind.NOTE] == [True]


async def test_a_preview_of_a_link_is_no_edit(thread):
    await thread.tell(thread.message("see <https://x.example>"))
    await thread.edit("see <https://x.example>")
    async with thread.engine.database.read() as tx:
        entries = await incident_rows.entries(tx, thread.number)
    assert not any(entry.data.get("edited") for _, entry in entries)


async def test_an_edit_of_what_was_never_heard_of_is_noted(thread):
    await thread.edit("rolled back")
    assert await thread.notes() == [("ana", "rolled back")]


async def test_what_is_deleted_there_is_gone_here(thread):
    await thread.tell(thread.message("the password is hunter2"))
    before = thread.message("the password is hunter2")
    await thread.tell({"type": "message", "subtype": "message_deleted", "previous_message": before})
    assert await thread.notes() == [("ana", TAKEN_BACK)]


async def test_whoever_may_not_write_here_does_not_by_way_of_slack(thread):
    engine = thread.engine
    people = dict(engine.directory.people)
    people["ben"] = replace(people["ben"], role=Role.VIEWER)
    engine.organisation = Organisation(replace(engine.directory, people=people))
    await thread.tell(thread.message("me too", user=BEN))
    thread.slack.workspace.add_user("U0GUEST", email="guest@elsewhere.example")
    await thread.tell(thread.message("hello", user="U0GUEST"))
    assert await thread.notes() == []


async def test_other_threads_and_other_channels_mean_nothing(thread):
    await thread.tell(thread.message("elsewhere") | {"thread_ts": "1.5"})
    await thread.tell(thread.message("elsewhere") | {"channel": "C0OTHER"})
    await thread.tell({"type": "reaction_added"})
    assert await thread.notes() == []


async def test_a_file_stays_in_slack_with_a_link_to_it(thread):
    files = [{"title": "graph.png", "permalink": "https://shop.slack.com/files/F1"}]
    await thread.tell(thread.message("", subtype="file_share", files=files))
    assert await thread.notes() == [("ana", "[graph.png](https://shop.slack.com/files/F1)")]


async def test_a_link_to_a_file_here_leads_back_from_there(thread, shown):
    note = "disk\n\n![df.png](/incidents/7/attachments/3)"
    await incidents.note(thread.engine, thread.number, by=Actor("ben", Via.API), text=note)
    await shown()
    assert thread.lines()[-1].endswith("df.png: https://oncall.example.com/incidents/7/attachments/3")


async def test_it_comes_through_a_socket_as_well(thread):
    await slack_doors.envelope(thread.engine, "events_api", thread.wrapped(thread.message("by socket")))
    await thread.engine.background.finish()
    assert await thread.notes() == [("ana", "by socket")]
