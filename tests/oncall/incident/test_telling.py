"""Texts with marks: put together, taken apart, and never another text than the one that was written."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oncall.incident.telling import Mark, MarkKind, Saying, Sentence, channel, instant, person, pieces, sentence, team

NINE = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)

#: Texts that look like marks, markup and other scripts, and the empty one.
texts = st.one_of(
    st.text(max_size=12), st.sampled_from(["", "ben", "{ben}", "<b>", "[[person:ben]]", "09:00 UTC", "🦊"])
)
named = st.one_of(
    st.builds(person, texts, texts),
    st.builds(team, texts),
    st.builds(instant, st.datetimes(timezones=st.just(UTC), min_value=datetime(1970, 1, 1))),
)
sentences = st.lists(st.one_of(texts, named), max_size=6).map(lambda parts: sentence(*parts))


def stretches(said: Sentence) -> list[tuple[str, str]]:
    """What the marks lie on, and what they mean."""
    return [(said.text[mark.start : mark.end], mark.value) for mark in said.marks]


def test_a_sentence_keeps_the_text_that_stood_there_before_there_were_marks():
    said = sentence(person("ben"), " of ", team("search"), " has it until ", instant(NINE))
    assert said.text == "ben of search has it until 09:00 UTC"
    assert stretches(said) == [("ben", "ben"), ("search", "search"), ("09:00 UTC", "2026-03-02T09:00:00Z")]
    assert [mark.kind for mark in said.marks] == [MarkKind.PERSON, MarkKind.TEAM, MarkKind.INSTANT]


def test_a_person_may_be_called_otherwise_than_by_the_id():
    assert stretches(sentence("asks ", person("ben", "Okafor, Ben"))) == [("Okafor, Ben", "ben")]


def test_an_instant_is_written_in_utc_whatever_zone_it_came_in():
    said = instant(NINE.astimezone(timezone(timedelta(hours=5, minutes=45))))
    assert (said.text, said.marks[0].instant) == ("09:00 UTC", NINE)


def test_a_channel_is_called_by_words():
    assert [channel(name) for name in ("sms", "phone_call")] == ["sms", "phone call"]


def test_nobody_leaves_no_mark():
    assert person("") == team("") == Sentence("")
    assert sentence("to ", person(""), ": sent") == Sentence("to : sent")


def test_plain_text_is_a_sentence_without_marks():
    assert sentence("ben did it") == Sentence("ben did it")
    assert sentence() == Sentence("")


@given(st.lists(st.one_of(texts, named, sentences), max_size=6))
def test_put_together_the_marks_lie_on_what_they_lay_on_before(parts: list[Saying]):
    whole = sentence(*parts)
    assert whole.text == "".join(part if isinstance(part, str) else part.text for part in parts)
    assert stretches(whole) == [pair for part in parts if isinstance(part, Sentence) for pair in stretches(part)]


@given(sentences)
def test_taken_apart_and_joined_it_is_the_same_text_and_no_mark_is_lost(said: Sentence):
    found = list(pieces(said.text, said.marks))
    assert "".join(written for written, _ in found) == said.text
    assert tuple(mark for _, mark in found if mark is not None) == said.marks
    assert all(written for written, _ in found)


@given(
    st.text(max_size=10),
    st.lists(
        st.builds(
            Mark, kind=st.sampled_from(MarkKind), start=st.integers(-3, 12), end=st.integers(-3, 12), value=st.just("x")
        ),
        max_size=5,
    ),
)
def test_marks_that_fit_the_text_badly_take_nothing_of_it_away(text: str, marks: list[Mark]):
    assert "".join(written for written, _ in pieces(text, marks)) == text


@pytest.mark.parametrize(("start", "end"), [(-1, 2), (2, 2), (3, 1), (2, 99)])
def test_a_mark_outside_the_text_is_passed_over(start: int, end: int):
    mark = Mark(kind=MarkKind.PERSON, start=start, end=end, value="ben")
    assert list(pieces("ben", [mark])) == [("ben", None)]


def test_of_two_marks_that_overlap_the_first_one_holds():
    first = Mark(kind=MarkKind.TEAM, start=0, end=4, value="a")
    second = Mark(kind=MarkKind.PERSON, start=3, end=6, value="b")
    assert list(pieces("abcdef", [second, first])) == [("abcd", first), ("ef", None)]
