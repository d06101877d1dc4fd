"""Slack's requests, whichever way they come in: over HTTP or through a socket. Answered in time, finished afterwards."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from functools import partial
from typing import Any

from notifiers.slack_inbound import Click, SlashCommand, read_command, read_interaction
from notifiers.slack_socket import SlackSocket
from oncall.engine import Engine
from oncall.services.slack import clicks as slack_clicks
from oncall.services.slack import commands as slack_commands
from oncall.services.slack import thread as slack_thread
from oncall.services.trouble import open_trouble
from oncall.store import incidents as incident_rows

#: Slack waits three seconds.
PATIENCE = 2.0


async def interaction(engine: Engine, payload: object) -> None:
    """A click or a saved modal; what came of it is said to the one who did it, afterwards."""
    read = read_interaction(payload)
    if isinstance(read, Click):
        work = slack_clicks.click(engine, read)
        whisper = (read.response_url, read.channel, read.user)
    elif read is not None:
        work = slack_clicks.submit(engine, read)
        whisper = ("", "", read.user)
    else:
        return
    await _within(engine, _whispered(engine, work, whisper))


async def command(engine: Engine, form: Mapping[str, object]) -> Mapping[str, Any] | None:
    """A slash command: its answer, or, where that takes long, a word now and the answer afterwards."""
    asked = read_command(form)
    if asked is None:
        return None
    task = engine.background.start(slack_commands.run(engine, asked))
    done, _ = await asyncio.wait([task], timeout=PATIENCE)
    if done:
        text = task.result()
        return {"response_type": "ephemeral", "text": text} if text else None
    engine.background.start(_late(engine, task, asked))
    return {"response_type": "ephemeral", "text": "One moment, that takes longer than usual."}


async def event(engine: Engine, payload: object) -> None:
    """Something happened in a channel. What fails within Slack's patience is raised, so that Slack tells it again."""
    task = engine.background.start(slack_thread.take(engine, payload))
    done, _ = await asyncio.wait([task], timeout=PATIENCE)
    if done:
        task.result()


async def envelope(engine: Engine, kind: str, payload: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """One envelope of Socket Mode."""
    if kind == "interactive":
        await interaction(engine, payload)
    elif kind == "slash_commands":
        return await command(engine, payload)
    elif kind == "events_api":
        await event(engine, payload)
    return None


def socket(engine: Engine) -> SlackSocket | None:
    """The connection Slack's requests come through where an app token is set; open it, and close it at the end."""
    token = engine.settings.channels.get("ONCALL_SLACK_APP_TOKEN", "")
    if engine.slack is None or not token:
        return None
    return SlackSocket(engine.slack.api, token, partial(envelope, engine))


async def alarm_about_clock(engine: Engine) -> None:
    """Rightly signed requests come at the wrong time: people's clicks are lost until somebody mends a clock."""
    key = "oncall/clock"
    now = engine.clock.now()
    async with engine.database.write() as tx:
        if not await incident_rows.open_by_group(tx, [key]):
            title = (
                "Clicks in Slack are refused: this machine's clock is more than five minutes off, or somebody replays"
            )
            why = "Slack's signature is right, its time is not"
            await open_trouble(engine, tx, title=title, service="oncall", why=why, now=now, group_key=key)
    engine.wake.all()


async def _within(engine: Engine, work: Any) -> None:
    """Let the work go on if it takes longer than Slack waits."""
    await asyncio.wait([engine.background.start(work)], timeout=PATIENCE)


async def _whispered(engine: Engine, work: Any, to: tuple[str, str, str]) -> None:
    text = await work
    response_url, channel, user = to
    if text and engine.slack is not None:
        await engine.slack.whisper(text, response_url=response_url, channel=channel, user=user)


async def _late(engine: Engine, task: asyncio.Task[str], asked: SlashCommand) -> None:
    text = await task
    if text and engine.slack is not None:
        await engine.slack.whisper(text, response_url=asked.response_url, channel=asked.channel, user=asked.user)
