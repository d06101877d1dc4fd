"""A draft from values alone: what it says, in whose words, and what it leaves to people."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from oncall.incident import ALERTMANAGER, ENGINE, Actor, Entry, EntryKind, Via
from oncall.incident.record import ABOUT, Record, Said
from oncall.incident.telling import instant, person, sentence, team
from oncall.review import SECTIONS, Answer, EarlierIncident, Facts, NearChange, blaming, draft, durations, who_was_asked
from oncall.review.cast import cast
from oncall.review.facts import length

START = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
#: Who is not in the people files acts as a program.
PAGER = person("pagerduty")
ANA, BEN, CAI = (Actor(name, Via.WEB) for name in ("ana", "ben", "cai"))


def at(minutes: float) -> datetime:
    return START + timedelta(minutes=minutes)


def entry(kind: EntryKind, minutes: float, text: str = "", by: Actor = ENGINE, team: str = "", **data: Any) -> Entry:
    return Entry(incident=7, at=at(minutes), kind=kind, text=text, actor=by, team=team, data=data)


STORY = (
    entry(EntryKind.OPENED, 0, "opened by CheckoutDown", ALERTMANAGER, "payments"),
    entry(EntryKind.GROUPING, 0, "first of its kind"),
    entry(EntryKind.STEP, 0, "step 1: asks ana", team="payments"),
    entry(EntryKind.PAGE, 0, "page to ana by sms", team="payments"),
    entry(EntryKind.ACKNOWLEDGED, 4, "ana acknowledged by sms", ANA, "payments"),
    entry(EntryKind.NOTE, 6, "Restarted the ledger.\nNo change.", ANA),
    entry(EntryKind.INVOLVED, 8, "ana brought in platform", ANA, "platform"),
    entry(EntryKind.NOTE, 10, "rolled back", BEN),
    entry(EntryKind.RESOLVED, 15, "rolled back the release", BEN),
)
FACTS = Facts(
    number=7,
    title="Checkout fails",
    severity="critical",
    service="checkout",
    teams={"payments": "Payments", "platform": "Platform"},
    timezone="Europe/Madrid",
    opened_at=START,
    began_at=at(-2),
    resolved_at=at(15),
    alerts=3,
    entries=STORY,
    people=frozenset({"ana", "ben", "cai"}),
    asked=(Answer(person="ana", team="payments", asked_at=START, channels=("sms",), answered_at=at(4)),),
)


def test_every_section_is_drafted():
    assert set(draft(FACTS)) == set(SECTIONS)


def test_the_summary_says_what_how_long_and_who_led():
    assert draft(FACTS)["summary"] == (
        "Checkout fails. It opened on 5 January 2026 at 10:00 (Europe/Madrid) and lasted 15 min. "
        "Payments led, with Platform. Service: checkout. Somebody had it after 4 min."
    )


def test_the_timeline_tells_roles_and_actions_in_the_teams_own_time():
    assert draft(FACTS)["timeline"].splitlines() == [
        "- 09:58 The first alert began to fire.",
        "- 10:00 The incident opened; Payments owns it.",
        "- 10:00 Payments was paged.",
        "- 10:04 The on-call responder of Payments acknowledged.",
        "- 10:06 The on-call responder of Payments noted: Restarted the ledger. …",
        "- 10:08 Platform was brought in.",
        "- 10:10 A responder noted: rolled back",
        "- 10:15 A responder resolved it: rolled back the release",
    ]


def test_what_was_tried_is_what_people_wrote_and_did():
    assert draft(FACTS)["tried"].splitlines() == [
        "- 10:06 The on-call responder of Payments: Restarted the ledger.",
        "  No change.",
        "- 10:10 A responder: rolled back",
        "- 10:15 Resolved: rolled back the release",
    ]


def test_nobody_is_named_where_the_engine_chooses_the_words():
    for text in draft(FACTS).values():
        assert not re.search(r"\b(ana|ben|cai)\b", text, re.IGNORECASE), text


def test_nothing_the_engine_writes_looks_for_somebody():
    busy = replace(FACTS, entries=tuple(entry(kind, n, "x", ANA, "payments") for n, kind in enumerate(EntryKind)))
    for text in draft(replace(busy, undelivered=2)).values():
        assert blaming(text) == ()


def test_roles_that_were_given_name_people():
    facts = replace(FACTS, record=Record(roles={"commander": "ana"}))
    assert "- 10:04 The commander acknowledged." in draft(facts)["timeline"]


def test_two_of_the_same_role_are_told_apart():
    entries = (entry(EntryKind.NOTE, 1, "x", BEN), entry(EntryKind.NOTE, 2, "y", CAI))
    assert cast(replace(FACTS, entries=entries, asked=())) == {"ben": "a responder (1)", "cai": "a responder (2)"}


def test_programs_are_no_part_of_the_cast():
    assert cast(replace(FACTS, entries=STORY[:3], asked=())) == {}


def test_impact_and_status_stand_in_it_as_they_were_said():
    said = (entry(EntryKind.NOTE, 3, "Status: rolling back", ANA, **{ABOUT: "status"}),)
    facts = replace(FACTS, entries=said, record=Record(impact=Said(text="40 orders were lost", by="ana", at=START)))
    drafted = draft(facts)
    assert drafted["impact"] == "40 orders were lost"
    assert "- 10:03 Status: rolling back" in drafted["timeline"]
    assert "Status" not in drafted["tried"]


def test_what_was_said_about_the_record_has_roles_instead_of_names_and_the_teams_own_time():
    said = Entry.saying(
        sentence(
            person("ana"), " of ", team("payments"), " took the impact line away at ", instant(at(3)), ", ", PAGER
        ),
        incident=7,
        at=at(3),
        kind=EntryKind.NOTE,
        actor=ANA,
        data={ABOUT: "impact"},
    )
    facts = replace(FACTS, entries=(*STORY[:1], said))
    told = "The on-call responder of Payments of Payments took the impact line away at 10:03 CET, the engine"
    assert f"- 10:03 {told}".lower() in draft(facts)["timeline"].lower()


def test_how_an_earlier_incident_ended_names_nobody():
    ended = Entry.saying(sentence(person("ben"), " resolved by sms"), incident=3, at=START, kind=EntryKind.RESOLVED)
    facts = replace(FACTS, before=(EarlierIncident(number=3, title="Slow", days=1, ended=ended),))
    assert "that one ended with: a responder resolved by sms" in draft(facts)["factors"]
    silent = replace(FACTS, before=(EarlierIncident(number=3, title="Slow", days=1, ended=None),))
    assert "- It looks like #3 (Slow), 1 day before\n" in draft(silent)["factors"]


def test_conditions_are_named_as_factors():
    facts = replace(
        FACTS,
        began_at=at(-12),
        entries=(
            entry(EntryKind.NOBODY, 5, team="payments"),
            entry(EntryKind.EXHAUSTED, 20, team="payments"),
            entry(EntryKind.ACKNOWLEDGED, 30, by=ANA, team="payments"),
            entry(EntryKind.EXPIRED, 90, team="payments"),
        ),
        changes=(NearChange(what="checkout 1.4", minutes=12, relation="its own service"),),
        before=(
            EarlierIncident(number=3, title="Checkout slow", days=1, ended=entry(EntryKind.NOTE, 0, "rolled back")),
        ),
        undelivered=1,
    )
    assert draft(facts)["factors"].splitlines() == [
        "- A deploy of checkout 1.4 12 min before it opened (its own service).",
        "- The alerts had fired for 12 min before the incident opened.",
        "- At 10:05 a step of Payments reached nobody.",
        "- At 10:20 the policy of Payments had run out.",
        "- At 11:30 an acknowledgement expired without a word.",
        "- One message could not be delivered.",
        "- It took 30 min until somebody had it.",
        "- It looks like #3 (Checkout slow), 1 day before; that one ended with: rolled back",
        "- _What else made it possible, or made it last?_",
    ]


def test_an_incident_nobody_wrote_about_asks_instead_of_claiming():
    quiet = draft(replace(FACTS, entries=STORY[:2], asked=()))
    assert quiet["tried"].startswith("_Nothing was written down")
    assert quiet["impact"].startswith("_Whom")
    assert "before anybody had to take it" in quiet["summary"]


def test_an_open_incident_says_that_it_is():
    assert "and is still open." in draft(replace(FACTS, resolved_at=None))["summary"]


def test_an_alert_manager_resolves_without_a_person():
    over = (entry(EntryKind.RESOLVED, 9, "all alerts resolved", ALERTMANAGER),)
    assert "The alerts were over." in draft(replace(FACTS, entries=over))["timeline"]


def test_days_stand_beside_the_times_once_there_are_two():
    entries = (*STORY, entry(EntryKind.REOPENED, 24 * 60, "again", ANA))
    assert (
        "- 6 Jan 10:00 The on-call responder of Payments reopened it."
        in draft(replace(FACTS, entries=entries))["timeline"]
    )


def test_a_storm_of_lines_is_cut_and_says_so():
    entries = tuple(entry(EntryKind.NOTE, n / 10, f"note {n}", ANA) for n in range(500))
    lines = draft(replace(FACTS, entries=entries))["timeline"].splitlines()
    assert len(lines) == 201
    assert lines[-1] == "- and 301 more lines in the incident's own timeline"


@pytest.mark.parametrize("kind", EntryKind)
def test_every_kind_of_line_can_be_drafted(kind):
    draft(replace(FACTS, entries=(entry(kind, 1, "words", ANA, "payments"),)))
    draft(replace(FACTS, entries=(entry(kind, 1, "words", ENGINE, "unknown team"),)))


def test_durations_go_from_the_first_alert_to_the_end():
    took = durations(FACTS)
    assert (took.detection, took.acknowledgement, took.resolution, took.whole) == (120, 240, 660, 900)


def test_what_is_not_known_has_no_duration():
    took = durations(replace(FACTS, began_at=None, entries=STORY[:2], resolved_at=None))
    assert (took.detection, took.acknowledgement, took.resolution, took.whole) == (None, None, None, None)


def test_a_clock_that_runs_ahead_gives_no_negative_length():
    assert durations(replace(FACTS, began_at=at(3))).detection == 0


def test_who_was_asked_is_in_order_with_every_channel_once():
    pages = [
        ("ben", "payments", "sms", at(5)),
        ("ana", "payments", "voice", at(2)),
        ("ana", "payments", "sms", at(0)),
        ("ana", "payments", "sms", at(3)),
    ]
    found = who_was_asked(pages, (entry(EntryKind.ACKNOWLEDGED, 6, by=BEN), entry(EntryKind.ACKNOWLEDGED, 9, by=BEN)))
    assert [(a.person, a.channels, a.asked_at, a.answered_at) for a in found] == [
        ("ana", ("sms", "voice"), at(0), None),
        ("ben", ("sms",), at(5), at(6)),
    ]


def test_an_acknowledgement_before_the_page_answers_nothing():
    found = who_was_asked([("ana", "payments", "sms", at(5))], (entry(EntryKind.ACKNOWLEDGED, 1, by=ANA),))
    assert found[0].answered_at is None


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(0, "0 s"), (59, "59 s"), (60, "1 min"), (3600, "1 h"), (3660, "1 h 1 min"), (90000, "1 d 1 h"), (172800, "2 d")],
)
def test_lengths_are_said_in_two_units_at_most(seconds, said):
    assert length(seconds) == said


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("the deploy was rolled back", ()),
        ("Ben failed to notice, failed to ask", ("failed to",)),
        ("Human error; they should have known", ("human error", "should have known")),
        ("the request failed", ()),
        ("fault tolerance", ()),
    ],
)
def test_words_that_look_for_somebody_are_found(text, words):
    assert blaming(text) == words


lines = st.lists(
    st.builds(
        entry,
        st.sampled_from(EntryKind),
        st.integers(0, 10_000),
        st.text(max_size=40),
        st.sampled_from([ANA, BEN, ENGINE, ALERTMANAGER, Actor("gone", Via.SLACK)]),
        st.sampled_from(["", "payments", "gone"]),
    ),
    max_size=12,
)


@given(lines, st.none() | st.integers(0, 10_000))
def test_any_record_can_be_drafted(entries, over):
    facts = replace(FACTS, entries=tuple(entries), resolved_at=None if over is None else at(over))
    drafted = draft(facts)
    assert set(drafted) == set(SECTIONS)
    assert all(value is None or value >= 0 for value in (durations(facts).whole, durations(facts).acknowledgement))
