"""From settings and files to a running engine."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from notifiers.channel import Channel, Edge
from notifiers.channels import CHANNELS
from notifiers.http import Http
from notifiers.notifier import Notifier
from notifiers.phone_item import PhoneItem
from notifiers.phrases import Phrasebook
from notifiers.slack import SlackNotifier
from notifiers.slack_tools import open_tools
from notifiers.wording import Wording
from oncall.clock import Clock
from oncall.config import Settings
from oncall.directory import Directory
from oncall.engine import Engine, Organisation
from oncall.store import phone
from oncall.store.database import Database
from oncall.store.inbox_writer import InboxWriter
from oncall.store.phone import PhoneMessage
from schedules.calendar_reader import CalendarReader
from schedules.sources.web import Web


def open_engine(directory: Directory, settings: Settings, clock: Clock, *, config_dir: Path) -> Engine:
    """An engine on its database; its inbox is not yet started. End it with `close`."""
    database = Database(settings.database)
    http = Http(allow_private=True)
    guarded = Http()
    edge = Edge(
        now=clock.now,
        http=http,
        guarded_http=guarded,
        put=lambda item: _put_on_phone(database, item),
        public_url=settings.address,
        wording=Wording(Phrasebook(directory.wording)),
    )
    notifiers, channels = _channels(settings, edge)
    direct = notifiers.get("slack")
    return Engine(
        settings=settings,
        config_dir=config_dir,
        clock=clock,
        database=database,
        organisation=Organisation(directory),
        notifiers=notifiers,
        channels=channels,
        inbox=InboxWriter(database),
        calendars=CalendarReader(),
        web=Web(allowed=settings.calendar_networks),
        wording=edge.wording,
        slack=open_tools(direct, channels["slack"].values(settings.channels), edge)
        if isinstance(direct, SlackNotifier)
        else None,
        http=http,
        guarded_http=guarded,
    )


async def close(engine: Engine) -> None:
    """Let go of everything, the inbox written first."""
    await engine.background.finish()
    await engine.inbox.stop()
    for notifier in engine.notifiers.values():
        await notifier.close()
    await engine.http.close()
    await engine.guarded_http.close()
    await engine.calendars.close()
    await engine.web.close()
    await engine.database.close()


def _channels(settings: Settings, edge: Edge) -> tuple[Mapping[str, Notifier], Mapping[str, Channel]]:
    values = settings.channels
    configured = {channel.name: channel for channel in CHANNELS if channel.configured(values)}
    return {name: channel.build(channel.values(values), edge) for name, channel in configured.items()}, configured


async def _put_on_phone(database: Database, item: PhoneItem) -> str:
    async with database.write() as tx:
        known = await phone.of_page(tx, item.address, item.kind.value, item.page_id) if item.page_id else None
        if known is not None:
            return str(known)
        number = await phone.add(
            tx,
            PhoneMessage(
                person=item.address,
                at=item.at,
                kind=item.kind.value,
                inbound=False,
                text=f"{item.text}\n{item.keys}".strip(),
                page_id=item.page_id,
                incident_id=item.incident,
            ),
        )
    return str(number)
