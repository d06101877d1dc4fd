"""The stand-in itself: it must know Slack's methods, and catch what Slack would."""

from __future__ import annotations

import json
from pathlib import Path

import aiohttp
import pytest

from oncall.standins.slack import SlackStandin
from oncall.standins.slack_rules import METHODS, message_faults, view_faults
from oncall.standins.violations import RulesBroken

RECORDED = json.loads((Path(__file__).parents[2] / "notifiers/data/slack/methods.json").read_text())["methods"]


#: Recorded apart: https://docs.slack.dev/reference/methods/conversations.history
RECORDED["conversations.history"] = {
    "required": ["channel"],
    "optional": ["cursor", "include_all_metadata", "inclusive", "latest", "limit", "oldest"],
}


@pytest.mark.parametrize("method", sorted(METHODS))
def test_arguments_are_those_slack_documents(method):
    required, optional = METHODS[method]
    recorded = RECORDED[method]
    assert required == set(recorded["required"])
    assert optional <= set(recorded["optional"])


def button(**changes):
    return {"type": "button", "action_id": "a", "text": {"type": "plain_text", "text": "x"}} | changes


@pytest.mark.parametrize(
    "blocks",
    [
        [{"type": "section"}],
        [{"type": "section", "text": {"type": "mrkdwn", "text": "x" * 3001}}],
        [{"type": "header", "text": {"type": "mrkdwn", "text": "x"}}],
        [{"type": "header", "text": {"type": "plain_text", "text": "x" * 151}}],
        [{"type": "actions", "elements": []}],
        [{"type": "actions", "elements": [button(), button()]}],
        [{"type": "actions", "elements": [button(text={"type": "plain_text", "text": "x" * 76})]}],
        [{"type": "actions", "elements": [button(style="pink")]}],
        [{"type": "context", "elements": [{"type": "mrkdwn", "text": "x"}] * 11}],
        [{"type": "divider", "block_id": "b"}, {"type": "divider", "block_id": "b"}],
        [{"type": "divider"}] * 51,
        [{"type": "mystery"}],
        [{"type": "section", "text": {"type": "mrkdwn", "text": "x" * 2900}}] * 5,
    ],
)
def test_blocks_that_slack_would_refuse_are_refused(blocks):
    assert list(message_faults({"text": "x", "blocks": blocks}))


def test_a_message_without_text_notifies_nobody():
    assert list(message_faults({"blocks": []}))


def test_a_modal_with_a_long_title_is_refused():
    text = {"type": "plain_text", "text": "x" * 25}
    assert list(view_faults({"title": text, "submit": text, "close": text, "blocks": []}))


async def call(slack: SlackStandin, method: str, **arguments) -> dict:
    headers = {"Authorization": f"Bearer {slack.bot_token}"}
    async with (
        aiohttp.ClientSession() as session,
        session.post(f"{slack.url}/{method}", json=arguments, headers=headers) as answer,
    ):
        return await answer.json()


@pytest.mark.parametrize(
    ("method", "arguments", "rule"),
    [
        ("chat.postMessage", {"text": "x"}, "lacks channel"),
        ("chat.postMessage", {"channel": "U1", "text": "x", "colour": "red"}, "knows no colour"),
        ("chat.update", {"channel": "U1", "ts": "1.2", "text": "x"}, "channel id of the answer"),
        ("chat.teleport", {}, "unknown method"),
    ],
)
async def test_a_broken_rule_fails_the_block_even_when_the_error_is_swallowed(method, arguments, rule):
    async def swallowed() -> None:
        async with SlackStandin() as slack:
            await call(slack, method, **arguments)

    with pytest.raises(RulesBroken, match=rule):
        await swallowed()


async def test_a_trigger_opens_one_modal():
    plain = {"type": "plain_text", "text": "x"}
    view = {"type": "modal", "title": plain, "submit": plain, "close": plain, "blocks": []}
    async with SlackStandin() as slack:
        trigger = slack.workspace.trigger()
        assert (await call(slack, "views.open", trigger_id=trigger, view=view))["ok"]
        assert (await call(slack, "views.open", trigger_id=trigger, view=view))["error"] == "expired_trigger_id"
