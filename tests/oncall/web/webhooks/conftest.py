"""The engine between a stand-in that pages go to and the doors answers come through."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
from aiohttp.test_utils import TestServer
from msgspec.structs import replace

from oncall.config import Settings, load
from oncall.config.settings import ChannelValues
from oncall.directory import Directory
from oncall.engine import Engine
from oncall.person import ContactMethod, ContactRule, Person
from oncall.standins.slack import SlackStandin
from oncall.standins.twilio import TwilioStandin
from oncall.web.app import create_app

PUBLIC = "https://oncall.example.com"
COMPANY = Path(__file__).resolve().parents[4] / "examples" / "company"
NUMBERS = {"ana": "+34600000001", "ben": "+44700000002", "cai": "+46700000003"}
MEMBERS = {"ana": "U0000ANA", "ben": "U0000BEN"}


def reachable(person: Person) -> Person:
    """A text at once, a call after two minutes."""
    number = NUMBERS.get(person.id)
    if number is None:
        return person
    methods = (ContactMethod(channel="sms", address=number), ContactMethod(channel="voice", address=number))
    rules = (ContactRule(channel="sms"), ContactRule(channel="voice", after=timedelta(minutes=2)))
    return replace(person, methods=methods, important=rules, ordinary=rules)


@pytest.fixture(scope="session")
def company() -> Directory:
    directory = load(COMPANY, {}).directory
    assert directory is not None
    return replace(directory, people={name: reachable(person) for name, person in directory.people.items()})


@pytest.fixture
async def twilio(clock) -> AsyncIterator[TwilioStandin]:
    async with TwilioStandin(public_url=PUBLIC, clock=clock) as standin:
        yield standin


@pytest.fixture
async def slack(clock) -> AsyncIterator[SlackStandin]:
    async with SlackStandin(clock=clock) as standin:
        for person, member in MEMBERS.items():
            standin.workspace.add_user(member, email=f"{person}@shop.example")
        for name in ("payments", "data", "platform", "storefront"):
            standin.workspace.add_channel(name)
        yield standin


@pytest.fixture
def settings(tmp_path: Path, twilio: TwilioStandin, slack: SlackStandin) -> Settings:
    values = {
        "ONCALL_TWILIO_ACCOUNT_SID": twilio.account_sid,
        "ONCALL_TWILIO_AUTH_TOKEN": twilio.auth_token,
        "ONCALL_TWILIO_FROM": "+14155552345",
        "ONCALL_TWILIO_API_BASE": twilio.url,
        "ONCALL_SLACK_BOT_TOKEN": slack.bot_token,
        "ONCALL_SLACK_SIGNING_SECRET": slack.signing_secret,
        "ONCALL_SLACK_API_BASE": slack.url,
    }
    return Settings(data_dir=tmp_path, public_url=PUBLIC, channels=ChannelValues(values))


@pytest.fixture
async def door(engine: Engine, twilio: TwilioStandin, slack: SlackStandin) -> AsyncIterator[TestServer]:
    """The engine's own server, which the stand-ins call."""
    async with TestServer(create_app(engine)) as server:
        twilio.engine_url = slack.engine_url = str(server.make_url("")).rstrip("/")
        yield server
