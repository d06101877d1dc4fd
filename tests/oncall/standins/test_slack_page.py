"""The local Slack in a browser: what is posted shows, buttons and forms work, and nothing in a message is markup."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator

import aiohttp
import pytest
from aiohttp import web

from notifiers.incident_card import CardStatus, IncidentCard, RelatedQuestion
from notifiers.phrases import Phrasebook
from notifiers.slack_messages import card_blocks, card_text
from notifiers.slack_modals import note
from oncall.standins.slack import SlackStandin
from routing.alert import Severity
from tests.notifiers.conftest import NOON

KIM = "U0KIM"
BOOK = Phrasebook()


class EngineDouble:
    """Takes what the stand-in sends; a click on "Note" opens a form, as the engine does."""

    def __init__(self) -> None:
        self.payloads: list[dict] = []
        self.slack: SlackStandin | None = None

    async def actions(self, request: web.Request) -> web.Response:
        payload = json.loads((await request.post())["payload"])
        self.payloads.append(payload)
        if payload["type"] == "block_actions" and payload["actions"][0]["action_id"] == "page.note":
            view = note(12, lambda key, **fields: BOOK.say("en", key, **fields))
            await self.call("views.open", {"trigger_id": payload["trigger_id"], "view": view})
        elif payload["type"] == "block_actions":
            await self.call_address(payload["response_url"], {"text": "You have it."})
        return web.Response()

    async def commands(self, request: web.Request) -> web.Response:
        text = (await request.post())["text"]
        return web.json_response({"response_type": "ephemeral", "text": f"*Payments*: Ana, asked with {text}"})

    async def call(self, method: str, arguments: dict) -> dict:
        assert self.slack is not None
        return await self.call_address(f"{self.slack.url}/{method}", arguments, token=self.slack.bot_token)

    async def call_address(self, url: str, arguments: dict, token: str = "") -> dict:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        async with aiohttp.ClientSession() as session, session.post(url, json=arguments, headers=headers) as answer:
            return {"body": await answer.text()}


@pytest.fixture
async def engine() -> AsyncIterator[EngineDouble]:
    double = EngineDouble()
    app = web.Application()
    app.router.add_post("/webhooks/slack/actions", double.actions)
    app.router.add_post("/webhooks/slack/commands", double.commands)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    host, port = runner.addresses[0][:2]
    async with SlackStandin(engine_url=f"http://{host}:{port}") as slack:
        slack.workspace.add_user(KIM, email="kim@example.com", name="Kim Osei")
        slack.workspace.add_user("U0BEN", name="Ben <b>")
        slack.workspace.add_channel("payments")
        double.slack = slack
        yield double
    await runner.cleanup()


@pytest.fixture
async def browser(engine) -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession(engine.slack.url.removesuffix("/api")) as session:
        yield session


async def read(browser: aiohttp.ClientSession, path: str = "/") -> str:
    async with browser.get(path) as answer:
        assert answer.status == 200
        return await answer.text()


def card(**changes) -> IncidentCard:
    given = {"number": 12, "status": CardStatus.TRIGGERED, "severity": Severity.CRITICAL, "summary": "Checkout is down"}
    return IncidentCard(**{**given, "opened_at": NOON, "url": "https://oncall.example.com/incidents/12", **changes})


async def posted(engine: EngineDouble, shown: IncidentCard) -> None:
    (channel,) = engine.slack.workspace.channels
    body = {"channel": channel, "text": card_text(shown, BOOK), "blocks": card_blocks(shown, BOOK)}
    assert '"ok": true' in (await engine.call("chat.postMessage", body))["body"]


async def test_an_empty_workspace_says_so_and_names_its_people_and_channels(browser):
    page = await read(browser)
    assert "Nothing was posted here yet." in page
    assert "# payments" in page
    assert "Kim Osei" in page
    assert "Ben &lt;b&gt;" in page
    assert "nothing leaves this machine" in page


async def test_an_incident_shows_with_its_buttons(engine, browser):
    question = RelatedQuestion(incident=9, summary="Ledger is slow", reason="they often fire together")
    await posted(engine, card(questions=(question,)))
    page = await read(browser)
    assert "<h3>#12 Checkout is down</h3>" in page
    assert "<strong>Triggered, nobody has acknowledged yet</strong>" in page
    for word in ("Acknowledge", "Resolve", "Escalate", "Reassign", "Note"):
        assert f">{word}</button>" in page
    assert 'href="https://oncall.example.com/incidents/12"' in page


async def test_nothing_in_a_message_becomes_markup(engine, browser):
    await posted(engine, card(summary="<script>alert(1)</script> & *bold* <https://x.example|y>"))
    page = await read(browser)
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)" in page


async def test_a_button_is_pressed_as_whoever_one_is_and_the_answer_is_seen_by_them_alone(engine, browser):
    await posted(engine, card())
    (post,) = engine.slack.workspace.posts
    form = {"as": KIM, "in": post.channel, "ts": post.ts, "action": "page.ack"}
    async with browser.post("/press", data=form) as answer:
        page = await answer.text()
    assert engine.payloads[0]["user"]["id"] == KIM
    assert engine.payloads[0]["actions"][0]["action_id"] == "page.ack"
    assert "You have it." in page
    assert "You have it." not in await read(browser, "/?as=U0BEN")


async def test_a_form_opens_is_filled_and_saved(engine, browser):
    await posted(engine, card())
    (post,) = engine.slack.workspace.posts
    place = {"as": KIM, "in": post.channel}
    async with browser.post("/press", data={**place, "ts": post.ts, "action": "page.note"}) as answer:
        page = await answer.text()
    assert "<textarea" in page
    (view,) = engine.slack.workspace.views
    async with browser.post("/save", data={**place, "view": view["id"], "text": "need a DBA"}) as answer:
        assert answer.status == 200
    saved = engine.payloads[-1]
    assert saved["type"] == "view_submission"
    assert saved["view"]["state"]["values"]["text"]["text"]["value"] == "need a DBA"


async def test_a_command_is_answered(browser):
    async with browser.post("/say", data={"as": KIM, "text": "/oncall who"}) as answer:
        assert "<strong>Payments</strong>: Ana, asked with who" in await answer.text()


@pytest.mark.parametrize("form", [{}, {"as": "nobody", "in": "C?", "ts": "1", "action": "x"}, {"view": "V1"}])
@pytest.mark.parametrize("path", ["/press", "/save"])
async def test_what_is_not_there_is_let_be(browser, path, form):
    async with browser.post(path, data=form) as answer:
        assert answer.status == 200


async def test_rules_the_engine_broke_are_shown(engine, browser):
    await engine.call("chat.postMessage", {"channel": "C?", "text": "x" * 50_000, "unknown": 1})
    page = await read(browser)
    engine.slack.violations.found.clear()
    assert "Rule broken: chat.postMessage" in page
