"""PagerDuty, Pushover, ntfy and the last resort: what goes over the wire, and what comes back."""

from __future__ import annotations

import json
from pathlib import Path
from urllib.parse import parse_qs

import jsonschema
import pytest
from aiohttp import web
from hypothesis import given
from hypothesis import strategies as st

from notifiers.http import Http
from notifiers.last_resort import LastResortNotifier, tamed
from notifiers.message import Link, MessageKind, Standing
from notifiers.notifier import GivesReceipts
from notifiers.ntfy import MOST_BYTES, NtfyNotifier
from notifiers.outcome import OutcomeKind
from notifiers.pagerduty import PagerDutyNotifier, incident_of
from notifiers.pagerduty_inbound import PagerDutyEvent, is_signed, read_event
from notifiers.pushover import PushoverNotifier

DATA = Path(__file__).parent / "data" / "pagers"
SCHEMA = json.loads((DATA / "pagerduty_events_v2.schema.json").read_text())
VECTORS = json.loads((DATA / "pagerduty.json").read_text())["webhook_v3"]["vectors"]
PUBLIC = "https://oncall.example.com"
KEY = "R0123456789abcdef0123456789abcde"


class Server:
    """Answers everything with what it was told, and remembers."""

    def __init__(self) -> None:
        self.seen: list[tuple[str, bytes]] = []
        self.answer: tuple[int, object] = (200, {})
        self.url = ""

    async def handle(self, request: web.Request) -> web.Response:
        self.seen.append((request.path_qs, await request.read()))
        status, body = self.answer
        return web.json_response(body, status=status)


@pytest.fixture
async def server():
    it = Server()
    app = web.Application()
    app.router.add_route("*", "/{rest:.*}", it.handle)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    it.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    yield it
    await runner.cleanup()


@pytest.fixture
async def http():
    pool = Http(allow_private=True)
    yield pool
    await pool.close()


class TestPagerDuty:
    @pytest.fixture
    def notifier(self, http, server, wording):
        server.answer = (202, {"status": "success", "dedup_key": "x"})
        return PagerDutyNotifier(http, f"{server.url}/v2/enqueue", PUBLIC, wording)

    @pytest.mark.parametrize("kind", list(MessageKind))
    async def test_every_message_is_an_event_pagerduty_takes(self, notifier, server, message, kind):
        said = message(kind=kind, text="x", summary="y" * 3000, links=(Link("Runbook", "https://wiki.example.com/x"),))
        outcome = await notifier.send(KEY, said)
        event = json.loads(server.seen[0][1])
        jsonschema.validate(event, SCHEMA)
        assert outcome.kind is OutcomeKind.ACCEPTED

    async def test_a_resolved_incident_ends_the_event_its_page_began(self, notifier, server, message):
        await notifier.send(KEY, message(page_id="p1"))
        await notifier.send(KEY, message(kind=MessageKind.RESOLVED, page_id="p2"))
        began, ended = (json.loads(body) for _, body in server.seen)
        assert (began["event_action"], ended["event_action"]) == ("trigger", "resolve")
        assert began["dedup_key"] == ended["dedup_key"]
        assert incident_of(PUBLIC, began["dedup_key"]) == 4711

    async def test_what_happens_here_happens_there_under_the_same_key(self, notifier, server, message):
        place = (await notifier.send(KEY, message())).provider_id
        taken, over = (Standing(resolved=resolved, by="Ana", at=message().at) for resolved in (False, True))
        for standings in ({}, {4711: taken}, {4711: over}):
            outcome = await notifier.follow(KEY, place, message(), standings)
            assert outcome.kind is OutcomeKind.ACCEPTED
        events = [json.loads(body) for _, body in server.seen]
        for event in events:
            jsonschema.validate(event, SCHEMA)
        assert [event["event_action"] for event in events] == ["trigger", "acknowledge", "resolve"]
        assert {event["dedup_key"] for event in events} == {place}

    async def test_a_refused_routing_key_is_for_the_contact(self, notifier, server, message):
        server.answer = (400, {"status": "invalid event", "errors": ["'routing_key' is invalid"]})
        assert (await notifier.send(KEY, message())).kind is OutcomeKind.REFUSED

    @pytest.mark.parametrize(
        "key",
        ["x", "oncall.example.com/incidents/", "other.example.com/incidents/7", "oncall.example.com/incidents/1e3"],
    )
    def test_a_key_that_is_not_ours_names_no_incident(self, key):
        assert incident_of(PUBLIC, key) is None

    @pytest.mark.parametrize("vector", VECTORS, ids=[vector["name"] for vector in VECTORS])
    def test_every_recorded_signature_is_judged_right(self, vector):
        assert is_signed(vector["secret"], vector["body"].encode(), vector["header"]) is vector["valid"]

    def test_an_event_is_read(self):
        assert read_event(VECTORS[0]["body"].encode()) == PagerDutyEvent(
            id="01DFE0000000000000000000EV", kind="incident.acknowledged", key="oncall-page-4711", agent="Alice"
        )

    @given(st.binary(), st.text() | st.none())
    def test_nothing_that_is_posted_raises_or_passes(self, body, header):
        assert not is_signed("secret", body, header)
        assert not is_signed("", body, header)
        read_event(body)


class TestPushover:
    @pytest.fixture
    def notifier(self, http, server, wording):
        server.answer = (200, {"status": 1, "request": "r", "receipt": "x" * 30})
        return PushoverNotifier(http, server.url, "a" * 30, wording)

    async def test_a_page_is_an_emergency_with_repetition_and_end(self, notifier, server, message):
        outcome = await notifier.send("u" * 30, message(summary="z" * 5000))
        form = {key: values[0] for key, values in parse_qs(server.seen[0][1].decode()).items()}
        assert (form["priority"], form["retry"], form["expire"]) == ("2", "60", "1800")
        assert len(form["message"]) <= 1024
        assert len(form["title"]) <= 250
        assert outcome.provider_id == "x" * 30

    async def test_what_asks_for_no_answer_is_no_emergency(self, notifier, server, message):
        await notifier.send("u" * 30, message(kind=MessageKind.RESOLVED))
        assert parse_qs(server.seen[0][1].decode())["priority"] == ["0"]

    @pytest.mark.parametrize(
        ("told", "answered", "final"),
        [
            ({"status": 1, "acknowledged": 0, "expired": 0, "last_delivered_at": 1}, False, False),
            ({"status": 1, "acknowledged": 1, "expired": 0}, True, True),
            ({"status": 1, "acknowledged": 0, "expired": 1}, False, True),
        ],
    )
    async def test_only_pushovers_own_word_acknowledges(self, notifier, server, told, answered, final):
        server.answer = (200, told)
        receipt = await notifier.receipt("x" * 30)
        assert (receipt.answered, receipt.final) == (answered, final)
        assert isinstance(notifier, GivesReceipts)

    async def test_it_stops_repeating_once_nobody_needs_to_answer(self, notifier, server, message, storm):
        taken = Standing(resolved=False, by="Ben", at=message().at)
        await notifier.follow("u" * 30, "x" * 30, message(), {})
        await notifier.follow("u" * 30, "x" * 30, storm, {101: taken})
        assert server.seen == [], "somebody still has to answer"
        outcome = await notifier.follow("u" * 30, "x" * 30, message(), {4711: taken})
        ((path, body),) = server.seen
        assert path == f"/1/receipts/{'x' * 30}/cancel.json"
        assert parse_qs(body.decode()) == {"token": ["a" * 30]}
        assert outcome.kind is OutcomeKind.ACCEPTED

    async def test_a_notification_without_a_receipt_has_nothing_to_stop(self, notifier, server, message):
        taken = Standing(resolved=True, by="Ben", at=message().at)
        assert (await notifier.follow("u" * 30, "pg_1", message(), {4711: taken})).kind is OutcomeKind.ACCEPTED
        assert server.seen == []

    @pytest.mark.parametrize("answer", [(500, {}), (200, []), (200, {"status": 0}), (404, {"status": 0})])
    async def test_a_receipt_that_cannot_be_had_says_nothing(self, notifier, server, answer):
        server.answer = answer
        assert await notifier.receipt("x" * 30) is None

    async def test_a_wrong_token_is_a_broken_channel_and_a_wrong_user_a_broken_contact(self, notifier, server, message):
        server.answer = (400, {"status": 0, "token": "invalid"})
        assert (await notifier.send("u" * 30, message())).kind is OutcomeKind.BROKEN
        server.answer = (400, {"status": 0, "user": "invalid"})
        assert (await notifier.send("u" * 30, message())).kind is OutcomeKind.REFUSED


class TestNtfy:
    @pytest.fixture
    def notifier(self, http, server, wording):
        server.answer = (200, {"id": "hwQ2"})
        return NtfyNotifier(http, server.url, "tk_secret", wording)

    async def test_a_page_has_a_button_that_posts_and_one_that_opens(self, notifier, server, message):
        await notifier.send("oncall-alice", message())
        path, body = server.seen[0]
        shown = json.loads(body)
        assert path == "/"
        assert (shown["topic"], shown["priority"]) == ("oncall-alice", 5)
        assert [(a["action"], a.get("method")) for a in shown["actions"]] == [("http", "POST"), ("view", None)]

    @pytest.mark.parametrize("text", ["x", "ä", "😀", '"', "\\"])
    async def test_no_text_makes_the_body_too_large(self, notifier, server, message, text):
        await notifier.send("oncall-alice", message(kind=MessageKind.NOTICE, text=text * 9000))
        assert len(server.seen[0][1]) <= MOST_BYTES

    @pytest.fixture
    async def place(self, notifier, server, message):
        """Where a page stands on a server that knows sequences."""
        server.answer = (200, {"id": "hwQ2", "sequence_id": "pg_0001"})
        return (await notifier.send("oncall-alice", message())).provider_id

    async def test_who_took_it_replaces_the_notification_in_silence(self, notifier, server, message, place):
        taken = Standing(resolved=False, by="Ana", at=message().at)
        outcome = await notifier.follow("oncall-alice", place, message(), {4711: taken})
        assert outcome.kind is OutcomeKind.ACCEPTED
        first, second = (json.loads(body) for _, body in server.seen)
        assert first["sequence_id"] == second["sequence_id"] == "pg_0001"
        assert second["message"].startswith("Acknowledged by Ana at 12:00 UTC")
        assert second["priority"] == 2
        assert [action["action"] for action in second["actions"]] == ["view"]

    async def test_what_waits_again_has_its_button_back(self, notifier, server, message, place):
        await notifier.follow("oncall-alice", place, message(), {})
        assert [action["action"] for action in json.loads(server.seen[-1][1])["actions"]] == ["http", "view"]

    async def test_a_server_that_cannot_replace_is_not_told_a_second_time(self, notifier, server, message):
        """Before version 2.16 the same words would be one more notification."""
        place = (await notifier.send("oncall-alice", message())).provider_id
        over = Standing(resolved=True, by="", at=message().at)
        assert (await notifier.follow("oncall-alice", place, message(), {4711: over})).kind is OutcomeKind.ACCEPTED
        assert len(server.seen) == 1

    async def test_an_answer_that_cannot_be_read_is_asked_for_again(self, notifier, server, message, place):
        server.answer = (200, "what?")
        assert (await notifier.follow("oncall-alice", place, message(), {})).kind is OutcomeKind.RETRY

    @pytest.mark.parametrize("text", ["ä", "😀", '"'])
    async def test_no_standing_makes_the_body_too_large(self, notifier, server, storm, place, text):
        standings = {line.number: Standing(resolved=True, by=text * 300, at=storm.at) for line in storm.lines}
        await notifier.follow("oncall-alice", place, storm, standings)
        assert len(server.seen[-1][1]) <= MOST_BYTES

    async def test_a_refused_token_is_a_broken_channel(self, notifier, server, message):
        server.answer = (401, {"code": 40101})
        assert (await notifier.send("oncall-alice", message())).kind is OutcomeKind.BROKEN


class TestLastResort:
    async def test_a_kind_of_address_the_operator_does_not_allow_is_refused(self, wording, message):
        notifier = LastResortNotifier(frozenset({"msteams"}), wording)
        for address in ("file:///etc/passwd", "syslog://", "dbus://", "json://169.254.169.254/"):
            assert (await notifier.send(address, message())).code == "scheme"

    def test_redirects_and_repetitions_are_switched_off_whatever_the_address_says(self):
        assert tamed("json://h/x?redirect=yes&retry=9&a=b") == "json://h/x?a=b&redirect=no&retry=0"

    async def test_success_is_acceptance_and_never_delivery(self, server, wording, message):
        notifier = LastResortNotifier(frozenset({"json"}), wording)
        outcome = await notifier.send(server.url.replace("http", "json") + "/hook", message())
        assert outcome.kind is OutcomeKind.ACCEPTED
