"""Our own messages, found again by their metadata."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from notifiers import slack_history
from notifiers.http import Http
from notifiers.slack_api import SlackApi
from notifiers.slack_history import INCIDENT, PAGE, find
from oncall.standins.faults import Fault
from oncall.standins.slack import SlackStandin

ALICE = "U0000ALICE"
#: Before every message of the stand-in.
BEFORE = datetime(2026, 11, 1, tzinfo=UTC)


@pytest.fixture
async def slack():
    async with SlackStandin() as standin:
        standin.workspace.add_user(ALICE)
        yield standin


@pytest.fixture
async def api(slack):
    http = Http(allow_private=True)
    yield SlackApi(http, token=slack.bot_token, base=slack.url)
    await http.close()


@pytest.fixture
def post(api):
    async def write(place: str, kind: tuple[str, str] = PAGE, name: str = "pg_1", thread: str | None = None) -> str:
        data = slack_history.metadata(kind, name)
        done = await api.call(
            lambda client: client.chat_postMessage(channel=place, text="hello", metadata=data, thread_ts=thread)
        )
        return f"{done.data['channel']}/{done.data['ts']}"

    return write


async def test_a_direct_message_is_found_by_its_page(api, post):
    place = await post(ALICE)
    await post(ALICE, name="pg_2")
    await post(ALICE, kind=INCIDENT)
    assert await find(api, ALICE, PAGE, "pg_1", BEFORE) == (place,)


async def test_of_several_the_newest_comes_first(api, post):
    older, newer = await post(ALICE), await post(ALICE)
    assert await find(api, ALICE, PAGE, "pg_1", BEFORE) == (newer, older)


async def test_none_is_a_certainty(api, post):
    await post(ALICE, name="pg_2")
    assert await find(api, ALICE, PAGE, "pg_1", BEFORE) == ()


async def test_what_is_older_than_the_attempt_is_not_looked_at(api, post):
    await post(ALICE)
    assert await find(api, ALICE, PAGE, "pg_1", BEFORE + timedelta(days=365)) == ()


async def test_a_busy_channel_is_read_page_by_page(slack, api, post, monkeypatch):
    monkeypatch.setattr(slack_history, "PAGE_SIZE", 2)
    channel = slack.workspace.add_channel("payments")
    place = await post(channel, INCIDENT, "7")
    for number in range(5):
        await post(channel, INCIDENT, f"1{number}")
    assert await find(api, channel, INCIDENT, "7", BEFORE) == (place,)
    monkeypatch.setattr(slack_history, "MOST_PAGES", 2)
    assert await find(api, channel, INCIDENT, "7", BEFORE) is None


@pytest.mark.parametrize("method", ["conversations.history", "conversations.open"])
async def test_without_the_scope_nothing_can_be_told(slack, api, post, method):
    await post(ALICE)
    slack.scopes_missing.add(method)
    assert await find(api, ALICE, PAGE, "pg_1", BEFORE) is None


@pytest.mark.parametrize("fault", [Fault.ERROR, Fault.RATE_LIMITED, Fault.HTML, Fault.BROKEN_JSON])
async def test_while_slack_fails_nothing_can_be_told(slack, api, post, fault):
    place = await post(ALICE)
    channel = place.partition("/")[0]
    slack.faults.expect(fault)
    assert await find(api, channel, PAGE, "pg_1", BEFORE) is None
