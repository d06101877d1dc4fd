from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from notifiers import slack_modals
from notifiers.incident_card import CardStatus, DoubtQuestion, IncidentCard, Moment, RelatedQuestion
from notifiers.message import IncidentLine, Link, Message, MessageKind
from notifiers.phrases import Phrasebook
from notifiers.slack_blocks import MOST_CHARACTERS, anchor, cut, escape, size
from notifiers.slack_messages import MOST_TEXT, card_blocks, card_text, page_blocks, page_text, thread_text
from notifiers.wording import Wording
from oncall.standins.slack_rules import message_faults, view_faults
from routing.alert import Severity

SCHEMA = json.loads((Path(__file__).parent / "data" / "slack" / "block_kit.schema.json").read_text())
BLOCK_KIT = jsonschema.validators.validator_for(SCHEMA)(SCHEMA)
NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
PHRASES = Phrasebook()

long_text = st.text(max_size=300) | st.text(max_size=20).map(lambda text: text * 300)
links = st.lists(st.builds(Link, name=st.text(max_size=120), url=st.just("https://x.example.com/")), max_size=9)
messages = st.builds(
    Message,
    kind=st.sampled_from(list(MessageKind)),
    page_id=st.text(min_size=1, max_size=40),
    at=st.just(NOON),
    incident=st.none() | st.integers(1, 10**6),
    team=long_text,
    severity=st.sampled_from(list(Severity)),
    summary=long_text,
    reason=long_text,
    text=long_text,
    links=links.map(tuple),
    context=st.lists(long_text, max_size=15).map(tuple),
    lines=st.lists(
        st.builds(
            IncidentLine,
            number=st.integers(1, 999),
            code=st.just("1"),
            team=st.text(max_size=9),
            severity=st.just(Severity.CRITICAL),
            summary=long_text,
        ),
        max_size=20,
    ).map(tuple),
    url=st.sampled_from(["", "https://oncall.example.com/incidents/1", "javascript:alert(1)"]),
    drill=st.booleans(),
    language=st.sampled_from(["en", "de"]),
)
cards = st.builds(
    IncidentCard,
    number=st.integers(1, 10**6),
    status=st.sampled_from(list(CardStatus)),
    severity=st.sampled_from(list(Severity)),
    summary=long_text,
    opened_at=st.just(NOON),
    teams=st.lists(st.tuples(long_text, long_text), max_size=14).map(tuple),
    by=st.text(max_size=40),
    at=st.none() | st.just(NOON),
    links=links.map(tuple),
    context=st.lists(long_text, max_size=15).map(tuple),
    questions=st.lists(
        st.builds(RelatedQuestion, incident=st.integers(1, 10**6), summary=long_text, reason=long_text),
        max_size=5,
        unique_by=lambda question: question.incident,
    ).map(tuple),
    drill=st.booleans(),
)


def within_limits(text: str, blocks: list) -> None:
    BLOCK_KIT.validate(blocks)
    assert list(message_faults({"text": text, "blocks": blocks})) == []
    assert size(blocks) <= MOST_CHARACTERS


@settings(max_examples=60, deadline=None)
@given(messages)
def test_every_page_stays_within_slacks_limits(message):
    wording = Wording()
    within_limits(page_text(message, wording) or "x", page_blocks(message, wording))


@settings(max_examples=60, deadline=None)
@given(cards)
def test_every_incident_stays_within_slacks_limits(card):
    within_limits(card_text(card, PHRASES), card_blocks(card, PHRASES))


@pytest.mark.parametrize("language", ["en", "de"])
def test_every_modal_stays_within_slacks_limits(language):
    say = partial(PHRASES.say, language)
    for view in (slack_modals.reassign(10**9, say), slack_modals.note(10**9, say), slack_modals.cover(say)):
        assert list(view_faults(view)) == []


def test_alert_text_is_not_markup(message, wording):
    text = page_text(message(summary="<!channel> & <https://evil.example.com|click>"), wording)
    assert "<" not in text
    assert "&lt;!channel&gt; &amp; &lt;https" in text


@given(st.text(alphabet="<>&ab"), st.integers(2, 30))
def test_a_cut_leaves_no_half_of_an_escape(text, most):
    short = cut(escape(text), most)
    assert len(short) <= most
    assert short.replace("&lt;", "").replace("&gt;", "").replace("&amp;", "").count("&") == 0


def labels(blocks: list) -> list[str]:
    return [
        element["text"]["text"] for block in blocks for element in block.get("elements", ()) if "action_id" in element
    ]


def test_a_page_has_the_buttons_that_answer_it(message, wording):
    assert labels(page_blocks(message(), wording)) == ["Acknowledge", "Resolve", "Escalate", "Snooze 1 h", "Open"]


def test_what_asks_for_no_answer_has_none(message, wording):
    assert labels(page_blocks(message(kind=MessageKind.RESOLVED), wording)) == ["Open"]


def card(**changes) -> IncidentCard:
    values = {
        "number": 12,
        "status": CardStatus.TRIGGERED,
        "severity": Severity.CRITICAL,
        "summary": "Database down",
        "opened_at": NOON,
    }
    return IncidentCard(**(values | changes))


def test_an_acknowledged_incident_says_by_whom_and_offers_no_second_acknowledgement():
    blocks = card_blocks(card(status=CardStatus.ACKNOWLEDGED, by="Ann", at=NOON), PHRASES)
    assert "Acknowledge" not in labels(blocks)
    assert "Acknowledged by Ann at 12:00 UTC" in json.dumps(blocks)


def test_a_resolved_incident_has_no_buttons_that_change_it():
    assert labels(card_blocks(card(status=CardStatus.RESOLVED, by="Ann", at=NOON, url="https://x/1"), PHRASES)) == [
        "Open"
    ]


def test_a_question_shows_its_reason_and_two_answers():
    asked = card(questions=(RelatedQuestion(incident=9, summary="Till down", reason="fired together in 14 of 16"),))
    blocks = card_blocks(asked, PHRASES)
    assert labels(blocks)[-2:] == ["Same trouble", "Not related"]
    assert "14 of 16" in json.dumps(blocks)


def test_an_alert_it_is_not_sure_about_is_asked_about_after_the_incidents_three_in_all():
    related = [RelatedQuestion(incident=n, summary="Till down", reason="together 14 of 16 times") for n in (8, 9)]
    doubts = [DoubtQuestion(alert=n, kind=f"Slow{n} of cart", reason="together 3 of 4 times") for n in (1, 2)]
    blocks = card_blocks(card(questions=tuple(related), doubts=tuple(doubts)), PHRASES)
    assert labels(blocks)[-6:] == ["Same trouble", "Not related"] * 2 + ["Belongs here", "Not related"]
    assert "Does Slow1 of cart belong here?" in json.dumps(blocks)
    assert "Slow2" not in json.dumps(blocks)
    assert "belong here" not in json.dumps(card_blocks(card(status=CardStatus.RESOLVED, doubts=tuple(doubts)), PHRASES))


@given(st.text(min_size=1), st.text(min_size=1).map(lambda path: f"https://wiki.example/{path}"))
def test_an_address_never_ends_its_own_link(name, url):
    made = anchor(name, url)
    assert made.count("<") == made.count(">") == 1
    assert made[1:-1].partition("|")[2] == escape(name)


def test_a_line_of_a_thread_has_instants_that_slack_shows_in_each_readers_zone():
    parts = ["Ann <a&b> snoozed until ", Moment(NOON), ", then ", Moment(NOON, dated=True)]
    stamp = int(NOON.timestamp())
    assert thread_text(parts) == (
        f"Ann &lt;a&amp;b&gt; snoozed until <!date^{stamp}^{{time}}|12:00 UTC>"
        f", then <!date^{stamp}^{{date_short}} {{time}}|12:00 UTC>"
    )


@given(st.lists(st.one_of(st.text(max_size=1500), st.just(Moment(NOON))), max_size=8))
def test_a_thread_is_told_no_more_than_slack_takes_and_no_half_of_an_instant(parts):
    said = thread_text(parts)
    assert len(said) <= MOST_TEXT
    assert re.fullmatch(r"(?:[^<>]|<!date\^\d+\^\{time\}\|12:00 UTC>)*", said)
