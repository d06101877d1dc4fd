"""Clicks, modals and commands, from an alert to an answer, over real sockets with the real client."""

from __future__ import annotations

import asyncio
import json
from urllib.parse import urlencode

import aiohttp
import pytest
from msgspec.structs import replace

from oncall.engine import Organisation
from oncall.incident import EntryKind, IncidentStatus
from oncall.person import ContactMethod, ContactRule, Role
from oncall.services.intake import intake
from oncall.services.slack import doors as slack_doors
from oncall.services.slack import groups as slack_groups
from oncall.store import incidents as incident_rows
from oncall.store import record as record_rows
from routing.catalog import Catalog
from routing.catalog.entry import Tool, ToolKind

ANA, BEN = "U0000ANA", "U0000BEN"

pytestmark = pytest.mark.usefixtures("door")


def firing(name: str = "CheckoutDown") -> dict:
    return {
        "status": "firing",
        "labels": {"alertname": name, "severity": "critical", "team": "payments", "service": "checkout"},
        "annotations": {"summary": f"{name} on checkout"},
        "startsAt": "2026-01-05T08:59:00Z",
    }


@pytest.fixture(autouse=True)
def ana_reads_slack(engine):
    """Ana is paged in Slack; Ben is known by his e-mail address alone; Vic may only look."""
    people = dict(engine.directory.people)
    methods = (ContactMethod(channel="slack", address=ANA),)
    rules = (ContactRule(channel="slack"),)
    people["ana"] = replace(people["ana"], methods=methods, important=rules, ordinary=rules)
    people["vic"] = replace(people["ben"], id="vic", email="vic@shop.example", role=Role.VIEWER, methods=())
    engine.organisation = Organisation(replace(engine.directory, people=people))


def direct(slack):
    """The message Ana got."""
    return next(post for post in slack.workspace.posts if post.channel == "D0000ANA")


async def status_of(engine, number: int) -> IncidentStatus:
    async with engine.database.read() as tx:
        return (await incident_rows.get(tx, [number]))[number].status


async def settled(engine) -> None:
    await engine.background.finish()


async def test_a_click_acknowledges_and_says_so(engine, happens, slack):
    number = await happens.receive(firing())
    assert await slack.click(direct(slack), "Acknowledge", user=ANA) == 200
    await settled(engine)
    assert await status_of(engine, number) is IncidentStatus.ACKNOWLEDGED
    assert slack.responses[-1]["text"].startswith(f"#{number} acknowledged")
    assert slack.responses[-1]["response_type"] == "ephemeral"


@pytest.mark.parametrize(
    ("button", "status"),
    [
        ("Resolve", IncidentStatus.RESOLVED),
        ("Escalate", IncidentStatus.TRIGGERED),
        ("Snooze 1 h", IncidentStatus.ACKNOWLEDGED),
    ],
)
async def test_every_button_does_what_it_says(engine, happens, slack, button, status):
    number = await happens.receive(firing())
    await slack.click(direct(slack), button, user=ANA)
    await settled(engine)
    assert await status_of(engine, number) is status


async def test_a_second_click_hears_that_it_is_taken(engine, happens, slack):
    await happens.receive(firing())
    await slack.click(direct(slack), "Acknowledge", user=ANA)
    await slack.click(direct(slack), "Acknowledge", user=BEN)
    await settled(engine)
    assert "Ana Ruiz acknowledged it at 09:00" in slack.responses[-1]["text"]


async def test_the_same_click_told_twice_takes_effect_once(engine, happens, slack):
    number = await happens.receive(firing())
    for _ in range(2):
        await slack.click(direct(slack), "Acknowledge", user=ANA, action_ts="1.5")
    await settled(engine)
    async with engine.database.read() as tx:
        entries = await incident_rows.entries(tx, number)
    assert sum(entry.kind is EntryKind.ACKNOWLEDGED for _, entry in entries) == 1


async def test_a_member_is_known_by_e_mail_too(engine, happens, slack):
    number = await happens.receive(firing())
    await slack.click(direct(slack), "Acknowledge", user=BEN)
    await settled(engine)
    assert await status_of(engine, number) is IncidentStatus.ACKNOWLEDGED


@pytest.mark.parametrize(
    ("user", "email", "why"),
    [("U0STRANGE", "x@else.example", "does not know you"), ("U0000VIC", "vic@shop.example", "may look")],
)
async def test_a_strangers_click_changes_nothing_and_says_why(engine, happens, slack, user, email, why):
    number = await happens.receive(firing())
    slack.workspace.add_user(user, email=email)
    await slack.click(direct(slack), "Acknowledge", user=user)
    await settled(engine)
    assert await status_of(engine, number) is IncidentStatus.TRIGGERED
    assert why in slack.responses[-1]["text"]


async def test_a_storm_is_one_message_and_one_click_takes_all_of_it(engine, happens, slack):
    (integration,) = engine.directory.integrations
    for name, service in (("LedgerDown", "ledger"), ("InvoicesLate", "invoicing")):
        alert = firing(name)
        alert["labels"]["service"] = service
        body = {"version": "4", "groupKey": name, "receiver": "oncall", "status": "firing", "alerts": [alert]}
        await intake.accept(engine, integration, json.dumps(body).encode())
    await happens.settle()
    bundle = direct(slack)
    assert "2 incidents for Payments" in bundle.text
    await slack.click(bundle, "Acknowledge", user=ANA)
    await settled(engine)
    async with engine.database.read() as tx:
        listed = await incident_rows.listed(tx, limit=5)
    assert [one.status for one in listed] == [IncidentStatus.ACKNOWLEDGED] * 2


async def test_a_link_button_means_nothing_to_us(engine, happens, slack):
    await happens.receive(firing())
    await slack.click(direct(slack), "Open", user=ANA)
    await settled(engine)
    assert slack.responses == []


async def test_a_command_says_who_is_on_call(happens, slack):
    assert await slack.command("who payments", user=ANA) == "Payments: Ana Ruiz, Ben Okafor"


async def test_a_fragment_finds_the_service_its_owner_and_its_links(happens, slack):
    answer = await slack.command("chec", user=ANA)
    assert "checkout" in answer
    assert "owner: Payments" in answer
    assert "https://" in answer


async def test_a_link_with_characters_that_mean_something_in_markup_stays_one_link(engine, slack):
    entry = engine.directory.catalog.by_name["checkout"]
    tool = Tool(kind=ToolKind.RUNBOOK, name="a > b", url="https://wiki.example/<x>|y?a=1&b=2")
    odd = Catalog.of([replace(entry, tools=(tool,))])
    engine.organisation = Organisation(replace(engine.directory, catalog=odd))
    answer = await slack.command("checkout", user=ANA)
    assert "<https://wiki.example/%3Cx%3E%7Cy?a=1&amp;b=2|a &gt; b>" in answer


@pytest.mark.parametrize("word", ["stop", "quit", "cancel", "start"])
async def test_a_word_that_stops_texts_leaves_messages_in_slack_alone(engine, happens, slack, word):
    assert "are for text messages" in await slack.command(word, user=ANA)
    await happens.receive(firing())
    assert direct(slack)


async def test_a_fragment_finds_teams_and_people_too(happens, slack):
    answer = await slack.command("paym", user=ANA)
    assert "*Payments* (team). On call: Payments: Ana Ruiz" in answer
    assert "(person)" in await slack.command("Okafor", user=ANA)


async def test_a_fragment_that_fits_nothing_says_what_works(slack):
    assert "Nothing here is called zzzz" in await slack.command("zzzz", user=ANA)


async def test_a_command_pages_a_team_and_a_stranger_cannot(engine, happens, slack):
    assert "does not know you" in await slack.command("page payments the till is down", user="U0STRANGE")
    assert "is open and asks payments" in await slack.command("page payments the till is down", user=BEN)
    await happens.settle()
    assert any("the till is down" in post.text for post in slack.workspace.posts)


async def test_my_shifts_are_mine(happens, slack):
    assert "Payments primary" in await slack.command("shifts", user=ANA)
    assert "secondary" in await slack.command("shifts", user=BEN)


async def test_an_override_puts_the_asker_on_call_now(happens, slack):
    assert "You are on call for Payments until" in await slack.command("override payments 3h", user=BEN)
    assert "ben" in (await slack.command("who payments", user=BEN)).lower()
    assert "No team with a rotation" in await slack.command("override nowhere", user=BEN)


@pytest.mark.parametrize("length", ["1.5h", "99999h", "until noon", "2h please"])
async def test_a_length_that_is_none_puts_nobody_on_call(happens, slack, length):
    answer = await slack.command(f"override payments {length}", user=BEN)
    assert "is no length of time" in answer
    assert await slack.command("who payments", user=BEN) == "Payments: Ana Ruiz, Ben Okafor"


async def test_a_rotation_that_does_not_exist_is_said_with_those_that_do(happens, slack):
    answer = await slack.command("override payments/tertiary 2h", user=BEN)
    assert answer == "Payments has no rotation tertiary. Rotations: primary, secondary."


async def test_a_reply_works_as_a_command(engine, happens, slack):
    number = await happens.receive(firing())
    await slack.command(f"ack #{number}", user=ANA)
    assert await status_of(engine, number) is IncidentStatus.ACKNOWLEDGED


async def test_cover_opens_a_form_and_the_form_asks_the_team_and_its_best_candidates(engine, happens, slack, twilio):
    assert await slack.command("cover", user=ANA) == ""
    (view,) = slack.workspace.views
    await slack.submit(view, {"hours": "3", "text": "dentist"}, user=ANA)
    await settled(engine)
    await happens.settle()
    assert any("asks for cover" in post.text and "dentist" in post.text for post in slack.workspace.posts)
    assert any("dentist" in text.body for text in twilio.texts)


@pytest.mark.parametrize("hours", ["", "soon", "0", "337", "1.5", "²"])
async def test_hours_that_are_none_are_said_in_the_form(engine, happens, slack, hours):
    await slack.command("cover", user=ANA)
    await slack.submit(slack.workspace.views[-1], {"hours": hours, "text": ""}, user=ANA)
    assert list(slack.wrong) == ["hours"]


def other_workspace(payload: dict) -> dict:
    return payload | {"team": {"id": "T0000OTHER"}, "team_id": "T0000OTHER"}


def other_app(payload: dict) -> dict:
    return payload | {"api_app_id": "A0000OTHER"}


FOREIGN = pytest.mark.parametrize("changed", [other_workspace, other_app])


@pytest.fixture
def pressed(slack):
    """What Slack tells of a click of Ana's."""

    def make(name: str, user: str = ANA) -> dict:
        post = direct(slack)
        return {
            "type": "block_actions",
            "user": {"id": user},
            "api_app_id": "A0000APP",
            "team": {"id": "T0000TEAM"},
            "container": {"type": "message", "message_ts": post.ts, "channel_id": post.channel},
            "channel": {"id": post.channel},
            "response_url": slack.response_url(user),
            "actions": [{**post.button(name), "action_ts": "1.0"}],
        }

    return make


@FOREIGN
async def test_a_click_from_elsewhere_changes_nothing_and_says_so(engine, happens, slack, pressed, changed):
    """Member ids are another workspace's own; the same id there may be anybody."""
    number = await happens.receive(firing())
    assert await slack.interact(changed(pressed("Resolve"))) == 200
    await settled(engine)
    assert await status_of(engine, number) is IncidentStatus.TRIGGERED
    assert slack.responses[-1]["text"].startswith("Nothing changed: that came from another Slack workspace or app")
    await slack.interact(pressed("Resolve"))
    assert await status_of(engine, number) is IncidentStatus.RESOLVED


@FOREIGN
async def test_a_command_from_elsewhere_is_answered_with_nothing_of_ours(happens, slack, changed):
    await happens.receive(firing())
    await happens.settle()
    form = {"command": "/oncall", "user_id": ANA, "text": "who", "trigger_id": "1", "team_id": "T0000TEAM"}
    body = urlencode(changed(form) | {"team": ""}).encode()
    status, answer = await slack.post("/webhooks/slack/commands", body, "application/x-www-form-urlencoded")
    assert status == 200
    assert "Nothing changed" in answer
    assert "Payments" not in answer


async def test_while_slack_does_not_say_who_we_are_the_signature_decides(engine, happens, slack, pressed):
    """A page must be answerable while half of Slack is down."""
    slack.scopes_missing.add("auth.test")
    number = await happens.receive(firing())
    await slack.interact(other_workspace(pressed("Acknowledge")))
    await settled(engine)
    assert await status_of(engine, number) is IncidentStatus.ACKNOWLEDGED


@pytest.mark.parametrize("odd", [{"is_stranger": True}, {"team_id": "T0000OTHER"}, {"deleted": True}])
async def test_the_e_mail_address_of_somebody_from_another_workspace_proves_nothing(engine, happens, slack, odd):
    """In a shared channel a profile says what the other side's administrators want."""
    number = await happens.receive(firing())
    slack.workspace.users[BEN] |= odd
    await slack.click(direct(slack), "Acknowledge", user=BEN)
    await settled(engine)
    assert await status_of(engine, number) is IncidentStatus.TRIGGERED
    assert "does not know you" in slack.responses[-1]["text"]


async def test_the_address_proves_itself(slack):
    assert await slack.event({"type": "url_verification", "challenge": "3eZbrw"}) == (200, "3eZbrw")
    assert (await slack.event({"type": "event_callback", "event": {"type": "app_mention"}}))[0] == 200


@pytest.mark.parametrize("path", ["actions", "commands", "events"])
@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"X-Slack-Request-Timestamp": "soon", "X-Slack-Signature": "v0=x"},
        {"X-Slack-Request-Timestamp": "9" * 400, "X-Slack-Signature": "v0=x"},
        {"X-Slack-Request-Timestamp": "1767603600", "X-Slack-Signature": "v0=" + "0" * 64},
        {"X-Slack-Request-Timestamp": "1767603600", "X-Slack-Signature": "v0=é"},
    ],
)
async def test_what_slack_did_not_sign_is_refused(door, path, headers):
    url = door.make_url(f"/webhooks/slack/{path}")
    async with (
        aiohttp.ClientSession() as session,
        session.post(url, data=b"payload=%7B\xff", headers=headers) as answer,
    ):
        assert answer.status == 403


async def test_four_minutes_off_still_works_and_six_are_refused_and_alarmed_once(engine, slack):
    body = urlencode({"command": "/oncall", "user_id": ANA, "text": "who", "trigger_id": "1"}).encode()
    form = "application/x-www-form-urlencoded"
    assert (await slack.post("/webhooks/slack/commands", body, form, skew=-240))[0] == 200
    for _ in range(2):
        assert (await slack.post("/webhooks/slack/commands", body, form, skew=-360))[0] == 403
    async with engine.database.read() as tx:
        titles = [incident.title for incident in await incident_rows.listed(tx, limit=5)]
    assert sum("clock" in title for title in titles) == 1


@pytest.mark.parametrize(
    "payload", ["", "[]", "{}", '{"type":"block_actions"}', "not json", '{"type":"view_submission","user":1}']
)
async def test_a_rightly_signed_request_without_sense_is_no_server_error(slack, payload):
    body = urlencode({"payload": payload}).encode()
    status, _ = await slack.post("/webhooks/slack/actions", body, "application/x-www-form-urlencoded")
    assert status in {200, 400}


async def test_a_socket_carries_clicks_and_commands_without_a_public_address(engine, happens, slack):
    engine.settings = replace(
        engine.settings,
        channels=type(engine.settings.channels)(
            {**engine.settings.channels, "ONCALL_SLACK_APP_TOKEN": slack.app_token}
        ),
    )
    socket = slack_doors.socket(engine)
    await socket.open()
    async with asyncio.timeout(5):
        while not slack.sockets:  # noqa: ASYNC110 - the stand-in's side of a socket tells nobody
            await asyncio.sleep(0.01)
    number = await happens.receive(firing())
    await slack.click(direct(slack), "Acknowledge", user=ANA)
    await settled(engine)
    assert await status_of(engine, number) is IncidentStatus.ACKNOWLEDGED
    assert "ana" in (await slack.command("who payments", user=ANA)).lower()
    await socket.close()


def test_the_engine_opens_no_socket_without_an_app_token(engine):
    assert slack_doors.socket(engine) is None


async def test_a_teams_user_group_follows_who_is_on_call(engine, happens, slack):
    group = slack.workspace.add_group("payments-oncall", [BEN])
    teams = dict(engine.directory.teams)
    teams["payments"] = replace(
        teams["payments"], slack_group="@payments-oncall", schedules={"primary": teams["payments"].schedules["primary"]}
    )
    engine.organisation = Organisation(replace(engine.directory, teams=teams))
    assert await slack_groups.sync(engine) == 1
    assert slack.workspace.groups[group][1] == [ANA]
    await happens.on_call("payments/primary")
    assert await slack_groups.sync(engine) == 0
    assert slack.workspace.groups[group][1] == [ANA]


async def test_teams_that_share_a_user_group_are_both_in_it(engine, happens, slack):
    group = slack.workspace.add_group("everybody-oncall", [ANA])
    teams = dict(engine.directory.teams)
    first, other = teams["payments"], replace(teams["payments"], id="second", schedules={})
    one = replace(first, slack_group="@everybody-oncall", schedules={"primary": first.schedules["primary"]})
    two = replace(first, slack_group="@everybody-oncall", schedules={"secondary": first.schedules["secondary"]})
    engine.organisation = Organisation(replace(engine.directory, teams=teams | {"payments": one, other.id: two}))
    await happens.on_call("second/secondary", "ben")
    assert await slack_groups.sync(engine) == 1
    assert slack.workspace.groups[group][1] == [ANA, BEN]


async def test_status_impact_and_roles_are_said_by_command(engine, happens, slack):
    number = await happens.receive(firing())
    assert "rolling back" in await slack.command(f"status {number} rolling back", user=BEN)
    await slack.command(f"impact {number} one in five fails", user=BEN)
    await slack.command(f"role {number} commander", user=BEN)
    await slack.command(f"role {number} scribe <@{ANA}|ana>", user=BEN)
    async with engine.database.read() as tx:
        said = await record_rows.get(tx, number)
    assert (said.status.text, said.impact.text) == ("rolling back", "one in five fails")
    assert said.roles == {"commander": "ben", "scribe": "ana"}
    await slack.command(f"role {number} commander nobody", user=BEN)
    await slack.command(f"status {number}", user=BEN)
    async with engine.database.read() as tx:
        said = await record_rows.get(tx, number)
    assert (said.status.text, said.roles) == ("", {"scribe": "ana"})


async def test_a_command_about_nothing_says_so(slack):
    assert "no incident #4711" in await slack.command("status 4711 fine", user=BEN)
    assert "no person" in await slack.command("role 4711 scribe <!everyone>", user=BEN)
