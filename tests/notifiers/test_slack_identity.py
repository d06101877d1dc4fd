"""Whose a request of Slack is."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifiers.http import Http
from notifiers.slack_api import SlackApi
from notifiers.slack_identity import Origin, Ours, SlackIdentity, app_of, fault, read_origin
from oncall.standins.faults import Fault
from oncall.standins.slack import SlackStandin

OURS = Ours(team="T1")
ORGANISATION = Ours(team="T1", enterprise="E1")


@pytest.mark.parametrize(
    ("payload", "origin"),
    [
        ({"api_app_id": "A1", "team": {"id": "T1"}}, Origin(app="A1", team="T1")),
        ({"api_app_id": "A1", "team_id": "T1", "enterprise_id": "E1"}, Origin(app="A1", team="T1", enterprise="E1")),
        ({"team": None, "enterprise": {"id": "E1"}}, Origin(enterprise="E1")),
        ({"team": "T1", "api_app_id": 7}, Origin()),
        ([], Origin()),
        (None, Origin()),
    ],
)
def test_an_origin_is_read(payload, origin):
    assert read_origin(payload) == origin


@given(st.recursive(st.none() | st.text(), lambda kids: st.lists(kids) | st.dictionaries(st.text(), kids)))
def test_nothing_that_is_posted_raises(payload):
    read_origin(payload)
    read_origin({"team": payload, "enterprise": payload, "api_app_id": payload, "team_id": payload})


@pytest.mark.parametrize(
    ("origin", "ours", "foreign"),
    [
        (Origin(app="A1", team="T1"), OURS, False),
        (Origin(app="A2", team="T1"), OURS, True),
        (Origin(app="A1", team="T2"), OURS, True),
        (Origin(), OURS, False),
        (Origin(app="A1", team="T2"), None, False),
        (Origin(app="A2", team="T1"), None, True),
        (Origin(team="T2", enterprise="E1"), ORGANISATION, False),
        (Origin(team="T2", enterprise="E2"), ORGANISATION, True),
        (Origin(team="T2"), ORGANISATION, True),
        (Origin(team="T2", enterprise=""), OURS, True),
    ],
)
def test_what_is_of_another_app_or_workspace_is_none_of_ours(origin, ours, foreign):
    assert bool(fault(origin, ours, "A1")) is foreign


def test_where_our_app_is_not_known_yet_the_workspace_decides():
    assert fault(Origin(app="A2", team="T1"), OURS, "") == ""
    assert fault(Origin(app="A2", team="T2"), OURS, "")


@pytest.mark.parametrize(
    ("token", "app"),
    [("xapp-1-A0123ABCD-42-secret", "A0123ABCD"), ("xapp-standin", ""), ("", ""), ("xoxb-1-A0123-4-5", "")],
)
def test_an_app_level_token_names_its_app(token, app):
    assert app_of(token) == app


@pytest.fixture
async def slack():
    async with SlackStandin() as standin:
        standin.workspace.add_user("U0000ALICE")
        yield standin


@pytest.fixture
async def api(slack):
    http = Http(allow_private=True)
    yield SlackApi(http, token=slack.bot_token, base=slack.url)
    await http.close()


async def test_slack_is_asked_again_until_it_says_who_we_are(slack, api):
    identity = SlackIdentity(api)
    slack.faults.expect(Fault.ERROR)
    assert await identity.ours() is None
    assert await identity.ours() == Ours(team="T0000TEAM")


async def test_our_app_is_known_from_what_we_post(api):
    identity = SlackIdentity(api)
    elsewhere = {"api_app_id": "A0000OTHER", "team_id": "T0000TEAM"}
    assert await identity.fault(elsewhere) == ""
    await api.call(lambda client: client.chat_postMessage(channel="U0000ALICE", text="hello"))
    assert await identity.fault(elsewhere) == "it is for the app A0000OTHER, and this is A0000APP"
