from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oncall.errors import Invalid
from oncall.incident import Actor, EntryKind, Via
from oncall.incident.record import ABOUT, MOST_ROLES, Record, assign, describe

NOW = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
ANA = Actor("ana", Via.WEB)
BEN = Actor("ben", Via.SLACK)


def give(record: Record, role: str, person: str, by: Actor = ANA) -> Record:
    return assign(record, incident=7, role=role, person=person, by=by, now=NOW).record


def test_a_line_says_who_set_it_and_when_and_stands_in_the_timeline():
    said = describe(Record(), incident=7, impact="One in five checkouts fails", status=None, by=ANA, now=NOW)
    assert (said.record.impact.text, said.record.impact.by, said.record.impact.at) == (
        "One in five checkouts fails",
        "ana",
        NOW,
    )
    (entry,) = said.entries
    assert (entry.kind, entry.data, entry.text) == (
        EntryKind.NOTE,
        {ABOUT: "impact"},
        "Impact: One in five checkouts fails",
    )


def test_what_is_left_out_stays_and_what_is_empty_goes():
    both = describe(Record(), incident=7, impact="slow", status="looking", by=ANA, now=NOW).record
    later = describe(both, incident=7, impact=None, status="", by=BEN, now=NOW + timedelta(minutes=1))
    assert later.record.impact == both.impact
    assert later.record.status.text == ""
    assert [entry.text for entry in later.entries] == ["ben took the status line away"]


@pytest.mark.parametrize("again", ["slow", "  slow ", "slow\n"])
def test_saying_the_same_again_writes_nothing(again):
    before = describe(Record(), incident=7, impact="slow", status=None, by=ANA, now=NOW).record
    said = describe(before, incident=7, impact=again, status=None, by=BEN, now=NOW)
    assert said.entries == ()
    assert said.record.impact.by == "ana"


def test_a_line_is_one_line_whatever_is_pasted():
    said = describe(Record(), incident=7, impact="a\n\n  b\tc", status=None, by=ANA, now=NOW)
    assert said.record.impact.text == "a b c"


def test_a_role_has_one_holder_and_passes_on():
    record = give(give(Record(), "commander", "ana"), "Commander ", "ben")
    assert record.roles == {"commander": "ben"}
    taken = assign(give(Record(), "scribe", "ana"), incident=7, role="scribe", person="ben", by=BEN, now=NOW)
    assert [entry.text for entry in taken.entries] == ["ben is scribe, taking over from ana"]


def test_a_person_may_have_several_roles_and_is_named_by_the_first():
    record = give(give(Record(), "commander", "ana"), "scribe", "ana")
    assert record.role_of("ana") == "commander"
    assert record.role_of("ben") == ""


def test_a_role_is_freed_once():
    freed = assign(give(Record(), "commander", "ana"), incident=7, role="commander", person="", by=BEN, now=NOW)
    assert freed.record.roles == {}
    assert [entry.text for entry in freed.entries] == ["ana is no longer commander"]
    assert assign(freed.record, incident=7, role="commander", person="", by=BEN, now=NOW).entries == ()


def test_free_names_are_roles_too():
    assert give(Record(), "Customer liaison", "fay").roles == {"customer liaison": "fay"}


@pytest.mark.parametrize("name", ["", " ", "<script>", "a" * 41, "-", "\u202egnp", "a\x00b"])
def test_what_is_no_name_is_no_role(name):
    with pytest.raises(Invalid):
        give(Record(), name, "ana")


def test_there_are_not_endlessly_many_roles():
    record = Record()
    for number in range(MOST_ROLES):
        record = give(record, f"role {number}", "ana")
    with pytest.raises(Invalid):
        give(record, "one more", "ana")
    assert give(record, "role 3", "ben").roles["role 3"] == "ben"


steps = st.lists(st.tuples(st.sampled_from(["commander", "scribe", "x"]), st.sampled_from(["", "ana", "ben"])))


@given(steps)
def test_a_role_has_whoever_was_given_it_last_and_each_change_is_told_once(given_roles):
    record, told = Record(), 0
    for role, person in given_roles:
        said = assign(record, incident=1, role=role, person=person, by=ANA, now=NOW)
        assert bool(said.entries) == (said.record != record)
        record, told = said.record, told + len(said.entries)
    last = {role: person for role, person in given_roles if person or role}
    assert record.roles == {role: person for role, person in last.items() if person}
    assert told <= len(given_roles)
