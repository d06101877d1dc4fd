"""Lines of the timeline in HTML."""

from __future__ import annotations

import html
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oncall.incident import EntryKind
from oncall.incident.telling import MarkKind, Saying, instant, person, sentence, team
from oncall.services.views.incident_view import MarkItem, TimelineItem
from oncall.web.told import told
from oncall.web.when import When
from tests.oncall.web.conftest import START, timeline_item

ATTACK = '<script>alert("1")</script>'


def item(*parts: Saying, names: dict[str, str] | None = None) -> TimelineItem:
    """A line whose people and teams are called by `names`."""
    said = sentence(*parts)
    marks = []
    for mark in said.marks:
        written = said.text[mark.start : mark.end]
        shown = (names or {}).get(mark.value, written)
        marks.append(MarkItem(kind=mark.kind, start=mark.start, end=mark.end, value=mark.value, shown=shown))
    readable, place = "", 0
    for mark in marks:
        readable += said.text[place : mark.start] + mark.shown
        place = mark.end
    return timeline_item(1, EntryKind.STEP, said.text, readable=readable + said.text[place:], marks=tuple(marks))


@pytest.fixture
def when() -> When:
    return When(START, "Europe/Madrid")


def test_a_name_and_the_readers_time_stand_where_the_id_and_utc_stood(when: When):
    line = told(item(person("ben"), " snoozed until ", instant(START), names={"ben": "Ben Okafor"}), when, 600)
    assert line == (
        'Ben Okafor snoozed until <time datetime="2026-01-05T09:00:00Z" title="2026-01-05 09:00:00 UTC">10:00</time>'
    )


@pytest.mark.parametrize(
    "hostile",
    [
        item(ATTACK, person("ben"), ATTACK),
        item(person(ATTACK), team(ATTACK), instant(START)),
        item(person("ben"), team("search"), names={"ben": ATTACK, "search": ATTACK}),
        item(ATTACK),
        item(person("ben", ATTACK), "x" * 700),
    ],
)
def test_hostile_text_and_hostile_names_stay_text(hostile: TimelineItem, when: When):
    line = told(hostile, when, 600)
    assert "<script" not in line
    assert ATTACK.replace('"', "") in html.unescape(line).replace('"', "")


def test_a_line_that_is_too_long_is_cut_and_still_has_the_readers_words(when: When):
    line = told(item(person("ben"), "x" * 700, names={"ben": "Ben Okafor"}), when, 600)
    assert line.startswith("Ben Okaforx")
    assert (len(line), line[-1]) == (600, "…")


def test_a_line_without_marks_is_shown_as_it_is(when: When):
    assert told(item("ben acknowledged at 09:00 UTC"), when, 600) == "ben acknowledged at 09:00 UTC"


@given(st.lists(st.one_of(st.text(max_size=9), st.builds(person, st.text(max_size=9))), max_size=6))
def test_without_its_tags_a_line_is_what_is_readable(parts: list[Saying]):
    line = item(*parts)
    shown = told(line, When(START, "UTC"), 600)
    assert html.unescape(re.sub(r"<[^>]*>", "", shown)) == line.readable
    assert MarkKind.INSTANT not in {mark.kind for mark in line.marks}
