from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifiers.slack_blocks import ButtonValue
from notifiers.slack_inbound import (
    Click,
    Submission,
    Verdict,
    read_challenge,
    read_command,
    read_interaction,
    verify,
)

DATA = Path(__file__).parent / "data" / "slack"
VECTORS = json.loads((DATA / "signature_vectors.json").read_text())["vectors"]
SECRET = "8f742231b10e8888abcd99yyyzzz85a5"


def payload(name: str) -> dict:
    return json.loads((DATA / f"inbound_{name}.json").read_text())["payload"]


def judged(vector: dict, **changes) -> Verdict:
    sent = {
        "secret": vector["signing_secret"],
        "timestamp": vector["x_slack_request_timestamp"],
        "signature": vector["x_slack_signature"],
        "body": vector["body"].encode(),
        "now": datetime.fromtimestamp(int(vector["x_slack_request_timestamp"]), UTC),
    }
    return verify(**(sent | changes))


@pytest.mark.parametrize("vector", VECTORS, ids=[vector["name"] for vector in VECTORS])
def test_every_published_vector_is_genuine(vector):
    assert judged(vector) is Verdict.GENUINE


@pytest.mark.parametrize(
    ("minutes", "verdict"), [(4, Verdict.GENUINE), (-4, Verdict.GENUINE), (6, Verdict.STALE), (-6, Verdict.STALE)]
)
def test_a_clock_may_be_four_minutes_off_but_not_six(minutes, verdict):
    vector = VECTORS[0]
    sent = datetime.fromtimestamp(int(vector["x_slack_request_timestamp"]), UTC)
    assert judged(vector, now=sent + timedelta(minutes=minutes)) is verdict


@pytest.mark.parametrize(
    "change",
    [
        {"timestamp": None},
        {"timestamp": "soon"},
        {"timestamp": "9" * 400},
        {"timestamp": "١٥٣١٤٢٠٦١٨"},
        {"timestamp": "-1531420618"},
        {"signature": None},
        {"signature": ""},
        {"signature": "v0=é"},
        {"signature": "v0=" + "0" * 64},
        {"body": b"\xff\xfe"},
        {"body": b""},
        {"secret": "another"},
        {"secret": ""},
    ],
)
def test_anything_malformed_is_forged_and_raises_nothing(change):
    assert judged(VECTORS[0], **change) is Verdict.FORGED


@given(st.text(), st.text(), st.binary())
def test_no_request_passes_by_chance(timestamp, signature, body):
    now = datetime(2026, 11, 20, tzinfo=UTC)
    assert verify(secret=SECRET, timestamp=timestamp, signature=signature, body=body, now=now) is Verdict.FORGED


def test_a_click_is_read():
    shown = payload("block_actions")
    shown["actions"][0]["value"] = '{"page":"pg_1","incident":12}'
    click = read_interaction(shown)
    assert isinstance(click, Click)
    assert (click.user, click.action, click.channel) == ("U0000ALICE", "page.ack", "C0000ONCALL")
    assert click.value == ButtonValue(page="pg_1", incident=12)


def test_the_same_press_has_the_same_id_and_another_press_another():
    one, again, other = payload("block_actions"), payload("block_actions"), payload("block_actions")
    other["actions"][0]["action_ts"] = "1795164399.000000"
    assert read_interaction(one).id == read_interaction(again).id != read_interaction(other).id


@pytest.mark.parametrize("value", ["", "x", "[]", '{"incident": "twelve"}', None, 7])
def test_a_value_that_is_not_ours_is_no_value(value):
    shown = payload("block_actions")
    shown["actions"][0]["value"] = value
    assert read_interaction(shown).value is None


def test_a_saved_modal_is_read_by_block():
    submission = read_interaction(payload("view_submission"))
    assert isinstance(submission, Submission)
    assert (submission.callback, submission.values) == ("page.escalate.note", {"note": "need a DBA"})


def test_a_command_is_read():
    form = json.loads((DATA / "inbound_slash_command.json").read_text())["form"]
    command = read_command(form)
    assert (command.user, command.text, command.channel) == ("U0000ALICE", "who payments", "C0000ONCALL")


def test_the_challenge_is_read():
    request = json.loads((DATA / "inbound_url_verification.json").read_text())["request"]
    assert read_challenge(request) == request["challenge"]


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
shapes = st.fixed_dictionaries(
    {"type": st.sampled_from(["block_actions", "view_submission", "url_verification"]), "user": anything},
    optional={"actions": anything, "view": anything, "challenge": anything, "channel": anything},
)


@given(anything | shapes)
def test_nothing_that_is_posted_raises(payload):
    read_interaction(payload)
    read_challenge(payload)
    if isinstance(payload, dict):
        read_command(payload)
