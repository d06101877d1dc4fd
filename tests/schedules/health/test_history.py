"""Fairness carries over: what somebody carried lately counts beside the plan."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schedules.health.fixes import fixes
from schedules.health.items import balance
from schedules.health.plan import Member, plan
from schedules.health.score import health
from schedules.shift import Shift
from schedules.tiling import tile

#: A Monday; no zone below changes its offset within the window.
NOW = datetime(2026, 11, 9, 9, tzinfo=UTC)
WEEK = timedelta(days=7)
PAST, AHEAD = 12, 12


def weeks(names: str, since: datetime) -> list[Shift]:
    """One week for each letter; a dot is a week without anybody."""
    turns = [(since + index * WEEK, name) for index, name in enumerate(names)]
    return [Shift(start=start, end=start + WEEK, person=name) for start, name in turns if name != "."]


def subject(past: str, ahead: str, members: str = "abc", **more):
    begin = NOW - PAST * WEEK
    return plan(
        tile(weeks(ahead, NOW), (NOW, NOW + AHEAD * WEEK)),
        NOW,
        members={name: Member(**more.get(name, {})) for name in members},
        pages={},
        past=tile(weeks(past, begin), (begin, NOW)) if past else (),
    )


def lost(*given, **more) -> float:
    return balance(subject(*given, **more)).lost


def test_a_plan_that_evens_out_the_past_is_fair():
    assert lost("", "bcbcbcbcbcbc") > 10
    assert lost("aaaaaabcbcbc", "bcbcbcbcbcaa") == pytest.approx(0, abs=0.1)


def test_an_even_plan_after_an_uneven_past_is_not():
    assert lost("", "abcabcabcabc") == 0
    found = balance(subject("aaaaaaaaaabc", "abcabcabcabc"))
    assert found.lost > 5
    assert "of the hours of the last 90 days and the plan would have to move to someone else" in found.facts[0]


def test_a_newcomer_owes_nothing_for_the_time_before():
    assert lost("abababababab", "abcabcabcabc") == 0


def test_who_has_left_leaves_no_debt():
    assert lost("zzzzzzzzzzzz", "abcabcabcabc") == 0
    assert lost("azazazazazaz", "aaaaaaaaaaaa", "a") == lost("", "aaaaaaaaaaaa", "a")


def test_a_past_without_anybody_changes_nothing():
    assert balance(subject("............", "aaabbc")) == balance(subject("", "aaabbc"))


def test_who_works_half_the_time_owes_half():
    half = {"c": {"share": 0.5}}
    assert lost("aabbcaabbcab", "aabbcaabbcaa", **half) < lost("aabbcaabbcab", "aabbcaabbcaa")


def test_only_fairness_remembers():
    """A gap that is over, a short rest, a name nobody knows any more: nobody can mend what is past."""
    before = {item.name: item.lost for item in health(subject("", "abcabcabcabc")).items}
    after = {item.name: item.lost for item in health(subject("a..z..b..z..", "abcabcabcabc")).items}
    assert before.keys() == after.keys()
    assert {name for name in before if before[name] != after[name]} <= {"balance"}
    assert health(subject("............", "abcabcabcabc")).gates == ()


def test_a_gap_is_given_to_whoever_carried_least_lately():
    found = fixes(subject("aaaaabbbbbbc", "abc.abcabcab"), ZoneInfo("UTC"))
    (gap,) = (fix for fix in found if fix.item == "coverage")
    assert gap.what.endswith("for example with c")


turns = st.text("abcz.", min_size=PAST, max_size=PAST)


@settings(deadline=None, max_examples=60)
@given(turns, turns, st.lists(st.sampled_from([0.25, 0.5, 1.0]), min_size=3, max_size=3))
def test_what_is_fair_adds_up_to_what_is_carried(past, ahead, shares):
    found = subject(past, ahead, **{name: {"share": share} for name, share in zip("abc", shares, strict=True)})
    for load in (found.load, found.unsocial_load):
        assert sum(load.fair.values()) == pytest.approx(sum(load.carried.values()))
        assert load.carried.keys() == load.fair.keys() == set(found.names)


@settings(deadline=None, max_examples=60)
@given(turns, turns)
def test_the_balance_is_within_its_cap_whatever_was(past, ahead):
    found = balance(subject(past, ahead))
    assert 0 <= found.lost <= found.cap + 1e-9


@settings(deadline=None, max_examples=60)
@given(turns, turns, st.permutations("abc"))
def test_names_do_not_matter_for_what_is_remembered(past, ahead, names):
    swap = str.maketrans("abc", "".join(names))
    assert lost(past.translate(swap), ahead.translate(swap)) == pytest.approx(lost(past, ahead))


@settings(deadline=None, max_examples=60)
@given(turns, turns, st.randoms(use_true_random=False))
def test_in_which_order_the_weeks_were_carried_does_not_matter(past, ahead, chance):
    shuffled = list(past)
    chance.shuffle(shuffled)
    assert lost("".join(shuffled), ahead) == pytest.approx(lost(past, ahead))
