"""Slack's requests, whichever way they come in: over HTTP or through a socket. Answered in time, finished afterwards."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

import structlog

from notifiers.slack_inbound import Click, SlashCommand, Submission, read_command, read_interaction
from oncall.engine import Engine
from oncall.services.slack import clicks as slack_clicks
from oncall.services.slack import commands as slack_commands
from oncall.services.slack import thread as slack_thread
from oncall.services.slack.clicks import Saved
from oncall.services.trouble import open_trouble
from oncall.store import incidents as incident_rows

if TYPE_CHECKING:
    from notifiers.slack_socket import SlackSocket

log = structlog.get_logger(__name__)

#: Slack waits three seconds, one of which may go into learning who we are.
PATIENCE = 1.8
FOREIGN = "Nothing changed: that came from another Slack workspace or app than the on-call engine's."


async def interaction(engine: Engine, payload: object) -> Mapping[str, Any] | None:
    """A click or a saved modal; what came of it is said to the one who did it, afterwards.

    What was filled in wrong is said in the modal itself, which then stays open.
    """
    read = read_interaction(payload)
    if read is None:
        return None
    foreign = await _foreign(engine, payload)
    if isinstance(read, Click):
        work = slack_clicks.click(engine, read) if not foreign else _said(FOREIGN)
        await _within(engine, _whispered(engine, work, (read.response_url, read.channel, read.user)))
        return None
    return await _saved(engine, read) if not foreign else None


async def _saved(engine: Engine, saved: Submission) -> Mapping[str, Any] | None:
    task = engine.background.start(slack_clicks.submit(engine, saved))
    done, _ = await asyncio.wait([task], timeout=PATIENCE)
    if done and (wrong := task.result().wrong):
        return {"response_action": "errors", "errors": dict(wrong)}
    engine.background.start(_whispered(engine, _outcome(task), ("", "", saved.user)))
    return None


async def _outcome(task: asyncio.Task[Saved]) -> str:
    saved = await task
    return saved.said or " ".join(saved.wrong.values())


async def _said(text: str) -> str:
    return text


async def _foreign(engine: Engine, payload: object) -> bool:
    """Whether this is about another workspace or app than ours."""
    why = await engine.slack.identity.fault(payload) if engine.slack is not None else ""
    if why:
        log.warning("a request of Slack that is none of ours", why=why)
    return bool(why)


async def command(engine: Engine, form: Mapping[str, object]) -> Mapping[str, Any] | None:
    """A slash command: its answer, or, where that takes long, a word now and the answer afterwards."""
    asked = read_command(form)
    if asked is None:
        return None
    if await _foreign(engine, form):
        return {"response_type": "ephemeral", "text": FOREIGN}
    task = engine.background.start(slack_commands.run(engine, asked))
    done, _ = await asyncio.wait([task], timeout=PATIENCE)
    if done:
        text = task.result()
        return {"response_type": "ephemeral", "text": text} if text else None
    engine.background.start(_late(engine, task, asked))
    return {"response_type": "ephemeral", "text": "One moment, that takes longer than usual."}


async def event(engine: Engine, payload: object) -> None:
    """Something happened in a channel. What fails within Slack's patience is raised, so that Slack tells it again."""
    if await _foreign(engine, payload):
        return
    task = engine.background.start(slack_thread.take(engine, payload))
    done, _ = await asyncio.wait([task], timeout=PATIENCE)
    if done:
        task.result()


async def envelope(engine: Engine, kind: str, payload: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """One envelope of Socket Mode."""
    if kind == "interactive":
        return await interaction(engine, payload)
    if kind == "slash_commands":
        return await command(engine, payload)
    if kind == "events_api":
        await event(engine, payload)
    return None


def socket(engine: Engine) -> SlackSocket | None:
    """The connection Slack's requests come through where an app token is set; open it, and close it at the end."""
    token = engine.settings.channels.get("ONCALL_SLACK_APP_TOKEN", "")
    if engine.slack is None or not token:
        return None
    from notifiers.slack_socket import SlackSocket  # noqa: PLC0415 - with the vendor's client

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
