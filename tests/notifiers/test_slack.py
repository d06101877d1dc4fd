"""The real slack_sdk client against the stand-in."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

import pytest

from notifiers.http import Http
from notifiers.incident_card import CardStatus, IncidentCard
from notifiers.outcome import OutcomeKind
from notifiers.phrases import Phrasebook
from notifiers.slack import SlackNotifier, check_address
from notifiers.slack_api import SlackApi
from notifiers.slack_codes import by_error
from notifiers.slack_groups import SlackGroups
from notifiers.slack_incidents import SlackIncidents
from notifiers.slack_messages import card_text
from notifiers.slack_places import SlackPlaces
from notifiers.slack_socket import SlackSocket
from oncall.standins.faults import Fault
from oncall.standins.slack import SlackStandin
from oncall.standins.slack_workspace import Refuse
from routing.alert import Severity

ALICE = "U0000ALICE"
NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


@pytest.fixture
async def slack():
    async with SlackStandin() as standin:
        standin.workspace.add_user(ALICE, email="Alice@example.com")
        yield standin


@pytest.fixture
async def api(slack):
    http = Http(allow_private=True)
    yield SlackApi(http, token=slack.bot_token, base=slack.url)
    await http.close()


@pytest.fixture
def notifier(api, wording):
    return SlackNotifier(api, wording)


@pytest.fixture
def places(api):
    return SlackPlaces(api)


async def test_a_person_is_written_to_by_id(slack, notifier, message):
    outcome = await notifier.send(ALICE, message())
    (post,) = slack.workspace.posts
    assert outcome.provider_id == f"D0000ALICE/{post.ts}"
    assert "Database primary down" in post.text
    assert post.metadata["event_payload"] == {"page_id": "pg_0001"}


async def test_a_person_is_found_by_e_mail_whatever_its_case_and_only_once(slack, notifier, message):
    await notifier.send("alice@EXAMPLE.com", message())
    slack.workspace.users.clear()
    slack.workspace.add_user(ALICE)
    outcome = await notifier.send("alice@EXAMPLE.com", message())
    assert outcome.kind is OutcomeKind.ACCEPTED
    assert len(slack.workspace.posts) == 2


async def test_a_channel_is_found_by_name_on_any_page_of_the_list(slack, notifier, message):
    for name in ("general", "random", "search", "payments"):
        slack.workspace.add_channel(name)
    outcome = await notifier.send("#payments", message())
    assert outcome.kind is OutcomeKind.ACCEPTED


async def test_the_app_joins_a_public_channel_it_is_not_in(slack, notifier, message):
    slack.workspace.add_channel("payments", member=False)
    outcome = await notifier.send("#payments", message())
    assert outcome.kind is OutcomeKind.ACCEPTED


async def test_a_private_channel_without_us_is_for_the_operator(slack, notifier, message):
    slack.workspace.add_channel("secret", member=False, private=True)
    outcome = await notifier.send("#secret", message())
    assert outcome.kind is OutcomeKind.BROKEN


@pytest.mark.parametrize("address", ["nobody@example.com", "#nowhere", "U0000GONE"])
async def test_somebody_who_does_not_exist_is_refused(notifier, message, address):
    assert (await notifier.send(address, message())).kind is OutcomeKind.REFUSED


async def test_a_deactivated_member_is_refused(slack, notifier, message):
    slack.workspace.users[ALICE]["deleted"] = True
    assert (await notifier.send(ALICE, message())).kind is OutcomeKind.REFUSED


async def test_a_message_slack_cannot_lay_out_goes_out_as_text(slack, notifier, message, monkeypatch):
    post = slack.workspace._post

    def picky(arguments):
        if arguments.get("blocks"):
            raise Refuse("invalid_blocks")
        return post(arguments)

    monkeypatch.setattr(slack.workspace, "_post", picky)
    assert (await notifier.send(ALICE, message())).kind is OutcomeKind.ACCEPTED
    assert slack.workspace.posts[0].blocks == []


async def test_a_dropped_connection_is_not_sent_again(slack, notifier, message):
    slack.faults.expect(Fault.DROP_AFTER)
    outcome = await notifier.send(ALICE, message())
    assert outcome.kind is OutcomeKind.UNKNOWN
    assert len(slack.workspace.posts) == 1


async def test_a_rate_limit_is_handed_on_instead_of_waited_for(slack, notifier, message):
    slack.faults.expect(Fault.RATE_LIMITED)
    outcome = await notifier.send(ALICE, message())
    assert outcome.kind is OutcomeKind.RETRY
    assert outcome.retry_after.total_seconds() == 30


async def test_a_look_up_that_hangs_sent_nothing(slack, notifier, message):
    slack.faults.expect(Fault.HANG_BEFORE)
    notifier.timeout = 0.2
    outcome = await notifier.send("alice@example.com", message())
    assert outcome.kind is OutcomeKind.RETRY


async def test_a_proxy_in_our_environment_is_not_used(monkeypatch, slack, wording, message):
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    http = Http(allow_private=True)
    notifier = SlackNotifier(SlackApi(http, token=slack.bot_token, base=slack.url), wording)
    assert (await notifier.send(ALICE, message())).kind is OutcomeKind.ACCEPTED
    await http.close()


async def test_a_wrong_token_is_a_broken_channel_and_is_not_shown(slack, wording, message):
    http = Http(allow_private=True)
    notifier = SlackNotifier(SlackApi(http, token="xoxb-not-this", base=slack.url), wording)
    outcome = await notifier.send(ALICE, message())
    assert (outcome.kind, outcome.code) == (OutcomeKind.BROKEN, "invalid_auth")
    assert "not-this" not in repr(outcome)
    await http.close()


def card(**changes) -> IncidentCard:
    values = {
        "number": 12,
        "status": CardStatus.TRIGGERED,
        "severity": Severity.CRITICAL,
        "summary": "Database down",
        "opened_at": NOON,
    }
    return IncidentCard(**(values | changes))


async def test_an_incident_is_one_message_that_lives_and_has_a_thread(slack, api, places):
    slack.workspace.add_channel("payments")
    incidents = SlackIncidents(api, places, Phrasebook())
    place = (await incidents.show("#payments", card())).provider_id
    again = await incidents.show("#payments", card(status=CardStatus.ACKNOWLEDGED, by="Ann", at=NOON), place)
    await incidents.tell(place, ["Ann acknowledged by text"])
    shown, line = slack.workspace.posts
    assert again.provider_id == place
    assert (shown.edits, line.thread) == (1, shown.ts)
    assert "Acknowledged by Ann" in shown.text


def test_how_an_incident_stands_is_never_cut_off_by_a_long_summary():
    long = card(summary="long " * 2000, status=CardStatus.ACKNOWLEDGED, by="Ann", at=NOON)
    assert card_text(long, Phrasebook()).endswith("Acknowledged by Ann at 12:00 UTC")


async def test_a_message_somebody_deleted_is_posted_anew(slack, api, places):
    slack.workspace.add_channel("payments")
    incidents = SlackIncidents(api, places, Phrasebook())
    place = (await incidents.show("#payments", card())).provider_id
    slack.workspace.posts.clear()
    outcome = await incidents.show("#payments", card(), place)
    assert outcome.kind is OutcomeKind.ACCEPTED
    assert outcome.provider_id != place


async def test_a_user_group_follows_the_on_call_and_is_written_only_on_change(slack, api, places):
    bob = slack.workspace.add_user("U0000BOB")
    group = slack.workspace.add_group("payments-oncall", [ALICE])
    groups = SlackGroups(api, places)
    for people in ([ALICE], [bob], [bob]):
        outcomes = await groups.sync({"@payments-oncall": people})
        assert outcomes["@payments-oncall"].kind is OutcomeKind.ACCEPTED
    assert slack.workspace.groups[group] == ("payments-oncall", [bob])
    assert slack.workspace.group_writes == 1


async def test_groups_that_are_right_already_cost_one_request_in_all(slack, api, places):
    """Slack answers some twenty a minute; a company has hundreds of teams."""
    wanted = {f"@team-{n}": [ALICE] for n in range(50)}
    for handle in wanted:
        slack.workspace.add_group(handle.removeprefix("@"), [ALICE])
    outcomes = await SlackGroups(api, places).sync(wanted)
    assert {outcome.code for outcome in outcomes.values()} == {"unchanged"}
    assert slack.calls == {"usergroups.list": 1}


async def test_a_workspace_that_lists_groups_without_their_members_is_asked_for_these(slack, api, places, monkeypatch):
    group = slack.workspace.add_group("payments-oncall", [ALICE])
    methods = slack.workspace.methods()
    methods["usergroups.list"] = lambda _arguments: {"usergroups": [{"id": group, "handle": "payments-oncall"}]}
    monkeypatch.setattr(slack.workspace, "methods", lambda: methods)
    groups = SlackGroups(api, places)
    bob = slack.workspace.add_user("U0000BOB")
    assert (await groups.sync({"payments-oncall": [ALICE]}))["payments-oncall"].code == "unchanged"
    await groups.sync({group: [bob]})
    assert slack.workspace.groups[group] == ("payments-oncall", [bob])


async def test_an_empty_shift_leaves_the_last_members_and_says_so(slack, api, places):
    group = slack.workspace.add_group("payments-oncall", [ALICE])
    outcomes = await SlackGroups(api, places).sync({"payments-oncall": []})
    assert outcomes["payments-oncall"].code == "nobody"
    assert slack.workspace.groups[group][1] == [ALICE]


async def test_a_group_that_does_not_exist_is_refused_and_keeps_no_other_from_following(slack, api, places):
    slack.workspace.add_group("payments-oncall", [ALICE])
    outcomes = await SlackGroups(api, places).sync({"nope": [ALICE], "payments-oncall": [ALICE]})
    assert outcomes["nope"].kind is OutcomeKind.REFUSED
    assert outcomes["payments-oncall"].kind is OutcomeKind.ACCEPTED


async def test_without_groups_to_follow_slack_is_not_asked(slack, api, places):
    assert await SlackGroups(api, places).sync({}) == {}
    assert not slack.calls


async def test_the_e_mail_of_a_member_is_lower_case_and_empty_for_strangers(places):
    assert await places.email_of(ALICE) == "alice@example.com"
    assert await places.email_of("U0000NOBODY") == ""


async def test_envelopes_come_through_a_socket_and_are_answered_in_time(slack, api):
    seen: list[tuple[str, dict]] = []

    async def handle(kind, payload):
        seen.append((kind, payload))
        return {"text": "Ann is on call"} if kind == "slash_commands" else None

    socket = SlackSocket(api, slack.app_token, handle)
    await socket.open()
    await until(lambda: slack.sockets)
    assert await slack.command("who", user=ALICE) == "Ann is on call"
    assert await slack.interact({"type": "block_actions"}) == 200
    assert [kind for kind, _ in seen] == ["slash_commands", "interactive"]
    await socket.close()


async def test_the_socket_is_opened_again_when_slack_takes_it_away(slack, api):
    async def handle(_kind, _payload):
        return {"text": "still here"}

    socket = SlackSocket(api, slack.app_token, handle)
    await socket.open()
    await until(lambda: slack.sockets)
    first = slack.sockets[0]
    await slack.disconnect()
    await until(lambda: slack.sockets and slack.sockets[-1] is not first)
    assert await slack.command("who", user=ALICE) == "still here"
    await socket.close()


async def until(true) -> None:
    async with asyncio.timeout(5):
        while not true():  # noqa: ASYNC110 - the stand-in's side of a socket tells nobody
            await asyncio.sleep(0.01)


@pytest.mark.parametrize("address", ["U024BE7LH", "a@example.com", "#team-payments", "C0123ABCD"])
def test_an_address_is_an_id_an_e_mail_or_a_channel(address):
    assert check_address(address) is None


@pytest.mark.parametrize(
    ("error", "status", "kind"),
    [
        ("channel_not_found", 200, OutcomeKind.REFUSED),
        ("token_revoked", 200, OutcomeKind.BROKEN),
        ("missing_scope", 200, OutcomeKind.BROKEN),
        ("ratelimited", 429, OutcomeKind.RETRY),
        ("fatal_error", 200, OutcomeKind.UNKNOWN),
        ("something_new", 200, OutcomeKind.UNREACHABLE),
        ("", 502, OutcomeKind.UNKNOWN),
        ("", 503, OutcomeKind.RETRY),
        ("", 302, OutcomeKind.BROKEN),
        ("", 404, OutcomeKind.BROKEN),
    ],
)
def test_errors_are_classified_by_name_then_by_status(error, status, kind):
    assert by_error(error, status).kind is kind
