"""A Slack workspace on this machine for whoever has no account yet: the company's people and channels, nothing to set up."""

from __future__ import annotations

import dataclasses

from msgspec.structs import replace

from oncall.config import Loaded, Settings
from oncall.config.settings import ChannelValues
from oncall.directory import Directory
from oncall.person import ContactMethod, ContactRule, Person
from oncall.standins.slack import SlackStandin


def local_slack(directory: Directory, engine_url: str) -> SlackStandin:
    """A workspace with a member for each person and a channel for each team that has one; not yet listening."""
    slack = SlackStandin(engine_url=engine_url)
    for person in directory.people.values():
        slack.workspace.add_user(_member(person), email=person.email, name=person.name)
    for team in directory.teams.values():
        if team.slack_channel.startswith("#"):
            slack.workspace.add_channel(team.slack_channel.removeprefix("#"))
        if team.slack_group:
            slack.workspace.add_group(team.slack_group.removeprefix("@"), [])
    return slack


def connected(settings: Settings, slack: SlackStandin) -> Settings:
    """The settings with this workspace as the engine's Slack."""
    values = {
        "ONCALL_SLACK_BOT_TOKEN": slack.bot_token,
        "ONCALL_SLACK_SIGNING_SECRET": slack.signing_secret,
        "ONCALL_SLACK_API_BASE": slack.url,
    }
    return replace(settings, channels=ChannelValues({**settings.channels, **values}))


def joined(loaded: Loaded, slack: SlackStandin) -> Loaded:
    """What a directory gave, with the workspace as the engine's Slack and everybody in it."""
    directory = loaded.directory and reachable_there(loaded.directory)
    return dataclasses.replace(loaded, directory=directory, settings=connected(loaded.settings, slack))


def reachable_there(directory: Directory) -> Directory:
    """The directory with everybody reached in that workspace first, and then as the files say."""
    return replace(directory, people={name: _with_slack(person) for name, person in directory.people.items()})


def _with_slack(person: Person) -> Person:
    if person.address("slack"):
        return person
    method, rule = ContactMethod(channel="slack", address=_member(person)), ContactRule(channel="slack")
    return replace(
        person,
        methods=(*person.methods, method),
        important=(rule, *person.important),
        ordinary=(rule, *person.ordinary),
    )


def _member(person: Person) -> str:
    """An id as Slack has them."""
    return person.address("slack") or "U0" + "".join(c for c in person.id.upper() if c.isascii() and c.isalnum())
