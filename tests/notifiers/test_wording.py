from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifiers.gsm7 import segments
from notifiers.message import IncidentLine, Message, MessageKind
from notifiers.phrases import SHIPPED, Phrasebook, fields_of, problems
from notifiers.phrases_en import ENGLISH
from notifiers.replies import Aim, Reply, Verb, parse
from notifiers.wording import BUNDLE_SEGMENTS, PAGE_SEGMENTS, Wording
from routing.alert import Severity


def test_a_text_names_team_severity_number_summary_and_the_reply_to_send(wording, message):
    assert wording.short(message()) == (
        "Payments critical #4711: Database primary down\nReply 12a ack, 12e escalate, 12r resolve"
    )


def test_the_replies_a_text_asks_for_are_in_the_grammar(wording, message):
    asked = wording.short(message()).rpartition("Reply ")[2]
    verbs = [parse(part.split()[0]) for part in asked.split(", ")]
    assert verbs == [
        Reply(verb=verb, aim=Aim.CODE, name="12") for verb in (Verb.ACKNOWLEDGE, Verb.ESCALATE, Verb.RESOLVE)
    ]


def test_a_long_summary_gives_way_to_the_reply(wording, message):
    text = wording.short(message(summary="The replica lags behind. " * 40))
    assert segments(text) == PAGE_SEGMENTS
    assert text.endswith("Reply 12a ack, 12e escalate, 12r resolve")
    assert "..." in text


def test_a_page_without_code_asks_for_no_reply(wording, message):
    assert "Reply" not in wording.short(message(code=""))


def test_a_storm_says_how_many_and_how_to_take_all(wording, storm):
    text = wording.short(storm)
    assert text.startswith("17 incidents for payments:\n1: critical Disk 1 is almost full")
    assert "and 12 more" in text
    assert text.endswith("aa ack all")
    assert parse("aa") == Reply(verb=Verb.ACKNOWLEDGE, aim=Aim.ALL)


@pytest.mark.parametrize("kind", [kind for kind in MessageKind if kind is not MessageKind.ANSWER])
def test_every_medium_marks_a_drill(wording, message, kind):
    drill = message(kind=kind, drill=True, text="Something to say")
    assert wording.short(drill).startswith("DRILL ")
    assert wording.spoken(drill).startswith("This is a drill.")
    assert wording.rich(drill).title.startswith("DRILL: ")
    assert wording.mail(drill).subject.startswith("DRILL: ")


def test_a_voice_hears_no_addresses_and_no_symbols(wording, message):
    said = wording.spoken(message(summary="api_gateway <5xx> see https://runbooks.example.com/x?y=1 `now`"))
    assert said == "On-call page for Payments, critical. Incident 4711. api gateway 5xx see now."


def test_a_call_names_its_keys_only_where_an_answer_is_wanted(wording, message):
    assert "4 to acknowledge" in wording.spoken_keys(message())
    assert wording.spoken_keys(message(kind=MessageKind.RESOLVED)) == ""


def test_a_mail_leads_with_what_happened_and_how_to_acknowledge(wording, message):
    mail = wording.mail(message(context=("Disk warning on db-2",)))
    assert mail.subject == "[critical] #4711 Payments: Database primary down"
    assert mail.body.startswith("Acknowledge: https://oncall.example.com/a/token\n")
    assert "Why you: on call for payments/primary" in mail.body
    assert "- Disk warning on db-2" in mail.body


def test_a_subject_is_one_line_whatever_the_alert_says(wording, message):
    mail = wording.mail(message(summary="first\r\nBcc: everybody@example.com\x00"))
    assert mail.subject == "[critical] #4711 Payments: first Bcc: everybody@example.com"


def test_the_words_follow_the_message_language_and_fall_back_to_english(wording, message):
    assert "kritisch" in wording.short(message(language="de-AT"))
    assert "critical" in wording.short(message(language="xx"))


def test_every_shipped_translation_uses_only_fields_that_exist():
    for language, phrases in SHIPPED.items():
        assert problems({language: phrases}, "shipped") == []


def test_a_replaced_phrase_is_used(message):
    own = Wording(Phrasebook({"en": {"short_page": "{team}: {summary} ({number})"}}))
    assert own.short(message()).startswith("Payments: Database primary down (4711)")


@pytest.mark.parametrize(
    ("phrases", "what"),
    [
        ({"short_pgae": "x"}, "no phrase en.short_pgae"),
        ({"short_page": "{team} {password}"}, "unknown field password"),
        ({"short_page": "{team.__class__}"}, "more than a name"),
        ({"short_page": "{team"}, "phrase en.short_page"),
        ({"short_page": "{}"}, "more than a name"),
    ],
)
def test_a_broken_phrase_is_reported_with_its_key_before_it_is_used(phrases, what):
    (problem,) = problems({"en": phrases}, "wording.yaml")
    assert what in problem.what
    assert problem.mend


def test_no_phrase_is_left_that_nothing_says():
    """A key is named in the code, whole or by its first part (`title_` and the kind of message)."""
    root = Path(__file__).resolve().parents[2]
    files = [*root.glob("notifiers/*.py"), *root.glob("oncall/services/**/*.py")]
    code = "".join(file.read_text() for file in files if not file.name.startswith("phrases_"))
    composed = tuple(re.findall(r'f"([a-z]+_)\{', code))
    severities = {severity.value for severity in Severity}
    unused = {key for key in ENGLISH if not re.search(rf"""["']{key}["']""", code) and not key.startswith(composed)}
    assert unused - severities == set()


def test_every_english_phrase_is_well_formed():
    for phrase in ENGLISH.values():
        fields_of(phrase)


texts = st.text(max_size=400)


@given(
    st.builds(
        Message,
        kind=st.sampled_from(list(MessageKind)),
        page_id=st.just("p"),
        at=st.just(datetime(2026, 11, 20, tzinfo=UTC)),
        incident=st.none() | st.integers(1, 10**6),
        code=st.sampled_from(["", "1", "99"]),
        team=st.text(max_size=30),
        severity=st.sampled_from(list(Severity)),
        summary=texts,
        text=texts,
        lines=st.lists(
            st.builds(
                IncidentLine,
                number=st.integers(1, 999),
                code=st.just("7"),
                team=st.just("t"),
                severity=st.just(Severity.WARNING),
                summary=texts,
            ),
            max_size=6,
        ).map(tuple),
        total=st.integers(0, 500),
        drill=st.booleans(),
        language=st.sampled_from(["en", "de"]),
    )
)
def test_no_alert_content_breaks_a_medium_or_its_limits(message):
    wording = Wording()
    assert segments(wording.short(message)) <= max(PAGE_SEGMENTS, BUNDLE_SEGMENTS)
    assert "\n" not in wording.rich(message).title
    assert "\n" not in wording.mail(message).subject
    assert "http" not in wording.spoken(message) or "http" in message.text + message.summary + message.team
