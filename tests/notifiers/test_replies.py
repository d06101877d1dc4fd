from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifiers.replies import Aim, Reply, Verb, parse, parse_keys

ACK, RESOLVE, ESCALATE, SNOOZE = Verb.ACKNOWLEDGE, Verb.RESOLVE, Verb.ESCALATE, Verb.SNOOZE


def about(verb: Verb, code: str, duration: timedelta | None = None) -> Reply:
    return Reply(verb=verb, aim=Aim.CODE, name=code, duration=duration)


@pytest.mark.parametrize(
    ("text", "meaning"),
    [
        ("ack", Reply(verb=ACK)),
        ("a", Reply(verb=ACK)),
        (" Acknowledged. ", Reply(verb=ACK)),
        ("ok", Reply(verb=ACK)),
        ("ack 12", about(ACK, "12")),
        ("12a", about(ACK, "12")),
        ("'12a'", about(ACK, "12")),
        ("12 ACK", about(ACK, "12")),
        ("a12", about(ACK, "12")),
        ("012 a", about(ACK, "12")),
        ("ack #4711", Reply(verb=ACK, aim=Aim.INCIDENT, name="4711")),
        ("ack all", Reply(verb=ACK, aim=Aim.ALL)),
        ("aa", Reply(verb=ACK, aim=Aim.ALL)),
        ("all resolve", Reply(verb=RESOLVE, aim=Aim.ALL)),
        ("12r", about(RESOLVE, "12")),
        ("12c", about(RESOLVE, "12")),
        ("close 12", about(RESOLVE, "12")),
        ("resolve", Reply(verb=RESOLVE)),
        ("12e", about(ESCALATE, "12")),
        ("escalate", Reply(verb=ESCALATE)),
        ("12 snooze 2h", about(SNOOZE, "12", timedelta(hours=2))),
        ("snooze 12 for 90 min", about(SNOOZE, "12", timedelta(minutes=90))),
        ("snooze 30m", Reply(verb=SNOOZE, duration=timedelta(minutes=30))),
        ("snooze", Reply(verb=SNOOZE)),
        ("confirm 12", about(Verb.CONFIRM, "12")),
        ("cover", Reply(verb=Verb.COVER)),
        ("cover for 2 hours", Reply(verb=Verb.COVER, duration=timedelta(hours=2))),
        ("who", Reply(verb=Verb.WHO)),
        ("Who is on call for payments?", Reply(verb=Verb.WHO, name="payments")),
        ("who search-api", Reply(verb=Verb.WHO, name="search-api")),
        ("HELP", Reply(verb=Verb.HELP)),
        ("Stop.", Reply(verb=Verb.STOP)),
        ("START", Reply(verb=Verb.START)),
        ("ACK 4711 – on it ✅", about(ACK, "4711")),
        ("ack 12, looking", about(ACK, "12")),
        ("12a\nSent from my phone", about(ACK, "12")),
    ],
)
def test_a_text_means(text, meaning):
    assert parse(text) == meaning


@pytest.mark.parametrize(
    "text",
    [
        "",
        "   ",
        "do not ack this",
        "I will not acknowledge 12",
        "stop it",
        "12",
        "2h",
        "12 13 a",
        "ack escalate 12",
        "ack all 12",
        "ack 12 2h",
        "snooze 12 1000d",
        "snooze 12 0m",
        "12aa",
        "ack 1234567890",
        "ack \u0661\u0662",
        "ack " * 100,
        "wrong number, sorry",
    ],
)
def test_what_is_not_in_the_grammar_means_nothing(text):
    assert parse(text) is None


@given(st.text())
def test_no_text_raises_and_no_text_names_an_endless_number(text):
    reply = parse(text)
    assert reply is None or len(reply.name) <= 200


@given(
    code=st.integers(0, 999_999_999),
    word=st.sampled_from(["a", "ack", "ACK", "acknowledge", "ok"]),
    turned=st.booleans(),
    gap=st.sampled_from(["", " ", "  ", "\t"]),
)
def test_code_and_verb_mean_the_same_in_either_order_and_spacing(code, word, turned, gap):
    text = f"{word}{gap}{code}" if turned else f"{code}{gap}{word}"
    assert parse(text) == about(ACK, str(code))


@given(st.text(alphabet=st.characters(whitelist_categories=["L", "Zs", "N"])))
def test_an_acknowledgement_always_contains_a_word_for_it(text):
    reply = parse(text)
    if reply is not None and reply.verb is ACK:
        assert any(word in text.lower() for word in ("a", "ok"))


@pytest.mark.parametrize(
    ("digits", "verb"),
    [("4", ACK), ("5", ESCALATE), ("9", ESCALATE), ("6", RESOLVE), ("3", Verb.CONFIRM), ("*", Verb.REPEAT)],
)
def test_a_key_means(digits, verb):
    assert parse_keys(digits) == Reply(verb=verb)


@given(st.text().filter(lambda digits: digits.strip() not in set("345679*") - {"7"}))
def test_a_wrong_key_several_keys_and_silence_mean_nothing(digits):
    assert parse_keys(digits) is None
