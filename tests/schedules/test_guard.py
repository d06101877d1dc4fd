"""A calendar that suddenly says less does not replace the last good one; an edit does."""

from __future__ import annotations

from datetime import datetime, timedelta

import msgspec
import pytest

from schedules.guard import Fetched, Held, Verdict, digest, hold_again, judge
from schedules.identity import identity
from schedules.reading import read
from schedules.tiling import tile
from schedules.who import who_at
from tests.schedules.build import HOUR, at, shift, tiled, weekly
from tests.schedules.expected import DATA, document, pieces

SEQUENCES = DATA / "sequences"
NOW = at(4 * 24)


def fetched(shifts) -> Fetched:
    return Fetched(shifts=tuple(shifts), segments=tiled(shifts))


def verdict(before, after, now=NOW, held=None) -> Verdict:
    return judge(fetched(before), fetched(after), now, held).verdict


@pytest.mark.parametrize("name", sorted(folder.name for folder in SEQUENCES.iterdir()))
def test_successive_fetches_are_held_or_accepted_and_the_right_person_is_answered(name):
    expected = document(SEQUENCES / name, "expected")
    last = held = None
    for step in expected["steps"]:
        now = datetime.fromisoformat(step["fetched_at"])
        begin, end = now - timedelta(days=40), now + timedelta(days=400)
        body = (SEQUENCES / name / step["file"]).read_bytes()
        options = identity(expected["identity"])
        found = read(body, (begin, end), default_tz=expected["default_tz"], identity=options)
        new = Fetched(shifts=found.shifts, segments=found.segments)
        decision = judge(last, new, now, held)
        assert decision.verdict == step["expect"]
        held = hold_again(held, new, now) if decision.verdict.holds else None
        last = last if decision.verdict.holds else new
        assert last is not None
        assert sorted(who.person for who in who_at(last.segments, now)) == step["on_call_at_fetch"]
        if "segments" in step:
            begin, end = (
                datetime.fromisoformat(step["segments"][edge][side]) for edge, side in ((0, "start"), (-1, "end"))
            )
            narrow = read(body, (begin, end), default_tz=expected["default_tz"], identity=options)
            assert pieces(narrow.segments) == step["segments"]


def test_the_first_calendar_is_accepted_even_if_empty():
    assert judge(None, fetched([]), NOW).verdict is Verdict.ACCEPT


def test_losing_more_than_half_of_the_covered_hours_is_held():
    rota = weekly("ana", "ben", "ana", "ben")
    assert verdict(rota, rota[:1]) is Verdict.HOLD
    # Ten of the next fourteen days stay covered.
    assert verdict(rota, [rota[0], rota[1]]) is Verdict.ACCEPT_GAP


def test_shifts_that_are_over_do_not_count_as_lost():
    rota = weekly("ana", "ben", "ana", "ben")
    assert verdict(rota, rota[1:], now=at(168)) is Verdict.ACCEPT


def test_the_person_on_call_vanishing_while_the_rest_shrinks_is_held():
    rota = weekly("ana", "ben", "cai", "ben")
    assert verdict(rota, [*rota[1:2], *rota[3:]]) is Verdict.HOLD


def test_the_person_on_call_leaving_with_the_rest_unchanged_is_accepted_and_the_gap_told():
    rota = weekly("ana", "ben", "cai", "ben")
    decision = judge(fetched(rota), fetched(rota[1:]), NOW)
    assert decision.verdict is Verdict.ACCEPT_GAP
    assert [(gap.start, gap.end) for gap in decision.new_gaps] == [(at(0), at(168))]


def test_a_swap_is_accepted():
    rota = weekly("ana", "ben", "ana", "ben")
    assert verdict(rota, weekly("ben", "ana", "ana", "ben")) is Verdict.ACCEPT


def test_an_older_copy_is_held_and_named():
    rota = weekly("ana", "ben", "ana", "ben")
    newer = [msgspec.structs.replace(one, version=(2, "")) for one in rota]
    decision = judge(fetched(newer), fetched(rota), NOW)
    assert decision.verdict is Verdict.REGRESSION
    assert "'0'" in decision.reason


def test_one_newer_event_means_that_the_copy_is_not_older():
    rota = weekly("ana", "ben", "ana", "ben")
    before = [msgspec.structs.replace(rota[0], version=(2, "")), *rota[1:]]
    after = [rota[0], msgspec.structs.replace(rota[1], version=(1, "")), *rota[2:]]
    assert verdict(before, after) is Verdict.ACCEPT


def test_a_held_calendar_that_insists_for_a_day_is_let_through():
    rota = weekly("ana", "ben", "ana", "ben")
    less = [shift(0, 4 * 24 + 12, "ana")]
    held = Held(digest=digest(fetched(less), NOW - 24 * HOUR), since=NOW - 24 * HOUR, times=10)
    assert verdict(rota, less, held=held) is Verdict.ACCEPT_GAP
    assert verdict(rota, less, held=msgspec.structs.replace(held, times=9)) is Verdict.HOLD
    assert verdict(rota, less, held=msgspec.structs.replace(held, since=NOW - 23 * HOUR)) is Verdict.HOLD
    assert verdict(rota, less, held=msgspec.structs.replace(held, digest="other")) is Verdict.HOLD


def test_an_empty_calendar_is_never_let_through_by_insisting():
    rota = weekly("ana", "ben", "ana", "ben")
    held = Held(digest=digest(fetched([]), NOW - 240 * HOUR), since=NOW - 240 * HOUR, times=1000)
    assert verdict(rota, [], held=held) is Verdict.HOLD


def test_the_same_held_calendar_is_counted_and_another_one_starts_anew():
    first = hold_again(None, fetched([]), NOW)
    assert hold_again(first, fetched([]), NOW + HOUR) == Held(digest=first.digest, since=NOW, times=2)
    assert hold_again(first, fetched(weekly("ana")), NOW + HOUR).times == 1


def test_a_rotation_that_goes_on_for_ever_gets_through_by_insisting_too():
    """What is read moves along with the hours, so each fetch sees new shifts far ahead and loses old ones."""

    def seen(now, length: int) -> Fetched:
        """A shift of so many hours each day, in what a fetch at `now` looks at."""
        window = (now - 240 * HOUR, now + 9600 * HOUR)
        days = range(-20, 420)
        shifts = [shift(24 * day, 24 * day + length, ("ana", "ben")[day % 2], uid=str(day)) for day in days]
        shifts = [one for one in shifts if one.end > window[0] and one.start < window[1]]
        return Fetched(shifts=tuple(shifts), segments=tile(shifts, window))

    held, verdicts = None, []
    for hours in range(26):
        now = NOW + hours * HOUR
        new = seen(now, 8)
        decision = judge(seen(now, 24), new, now, held)
        verdicts.append(decision.verdict.holds)
        if decision.verdict.holds:
            held = hold_again(held, new, now)
    assert verdicts == [True] * 24 + [False] * 2


def test_a_calendar_held_for_months_lends_its_insistence_to_no_other():
    """An empty one insists in vain; when something else comes much later, its own day begins."""
    rota = weekly(*["ana", "ben"] * 40, weeks=80)
    held = Held(digest=digest(fetched([]), NOW), since=NOW, times=9000)
    later = NOW + 24 * 310 * HOUR
    less = [shift(24 * 314, 24 * 315, "ana")]
    wide = {"begin": 24 * 300, "end": 24 * 420}
    last, new = (Fetched(shifts=tuple(found), segments=tiled(found, **wide)) for found in (rota, less))
    assert judge(last, new, later, held).verdict is Verdict.HOLD
    assert hold_again(held, new, later).times == 1


def test_an_edit_while_it_is_held_begins_the_day_anew():
    first = hold_again(None, fetched([shift(0, 96, "ana")]), NOW)
    again = hold_again(first, fetched([shift(0, 96, "ana"), shift(120, 140, "ben")]), NOW + HOUR)
    assert (again.times, again.since) == (1, NOW + HOUR)
    assert again.digest != first.digest
