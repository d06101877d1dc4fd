"""Whether a freshly read calendar may replace the last good one.

Providers answer 200 with an empty or an old calendar when they are in trouble. What was good a minute ago stays in
force then, and the team is told; a person, or the provider's insistence, lets the new one through.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum

import msgspec

from schedules.shift import Segment, Shift
from schedules.who import who_at

LOOK_AHEAD = timedelta(days=14)
#: Falling below this share of the hours of the last good calendar is no edit.
LEAST_SHARE = 0.5
#: A held calendar that stays the same this often and this long is meant, if anybody is left on call in it.
INSISTENCE = 10
INSISTENCE_TIME = timedelta(hours=24)
#: Two held calendars that say the same for so long are the same; calendars are read further ahead than that. What is
#: held for half of it is looked at anew, before the days that are compared are over.
_COMPARED = timedelta(days=300)
#: Less than this is rounding at the edges of the window.
_TOLERANCE = timedelta(hours=1)


class Verdict(StrEnum):
    """What becomes of the new calendar."""

    ACCEPT = "accept"
    ACCEPT_GAP = "accept_but_alert_gap"
    HOLD = "hold_last_good_and_alert"
    #: Held, too: the provider serves a copy older than the one that is in force.
    REGRESSION = "flag_regression"

    @property
    def holds(self) -> bool:
        """Whether the last good calendar stays in force."""
        return self in {Verdict.HOLD, Verdict.REGRESSION}


class Fetched(msgspec.Struct, frozen=True, kw_only=True):
    """One reading of a calendar, as far as it is compared."""

    shifts: tuple[Shift, ...]
    segments: tuple[Segment, ...]


class Held(msgspec.Struct, frozen=True, kw_only=True):
    """A calendar that was not let through: its digest, since when, and how often it came."""

    digest: str
    since: datetime
    times: int = 1


class Decision(msgspec.Struct, frozen=True, kw_only=True):
    """The verdict with its reason, and the gaps that are new."""

    verdict: Verdict
    reason: str
    new_gaps: tuple[Segment, ...] = ()


def judge(last: Fetched | None, new: Fetched, now: datetime, held: Held | None = None) -> Decision:
    """Compare the new calendar with the last good one at `now`; `held` is what was kept out so far."""
    if last is None:
        return Decision(verdict=Verdict.ACCEPT, reason="it is the first one")
    end = min(last.segments[-1].end, new.segments[-1].end) if last.segments and new.segments else now
    held_for = _why_hold(last, new, now, end)
    if held_for is not None and not _insists(held, new, now):
        return held_for
    gaps = _new_gaps(last.segments, new.segments, now, min(end, now + LOOK_AHEAD))
    if gaps:
        return Decision(verdict=Verdict.ACCEPT_GAP, reason="it opens a gap that was covered before", new_gaps=gaps)
    return Decision(verdict=Verdict.ACCEPT, reason="nothing speaks against it")


def hold_again(held: Held | None, new: Fetched, now: datetime) -> Held:
    """The record of a calendar that is held now, counting how often the same one came."""
    if held is not None and _same(held, new, now):
        return msgspec.structs.replace(held, times=held.times + 1)
    return Held(digest=digest(new, now), since=now)


def digest(fetched: Fetched, since: datetime) -> str:
    """Names what a calendar says from `since` on, not its bytes, which providers change with every answer.

    What is read moves along with the clock; a rotation that goes on for ever says the same of the same days.
    """
    until = since + _COMPARED
    said = [
        (shift.start, shift.end, shift.person, shift.role, shift.uid)
        for shift in fetched.shifts
        if shift.end > since and shift.start < until
    ]
    return hashlib.sha256(msgspec.json.encode(said)).hexdigest()


def _why_hold(last: Fetched, new: Fetched, now: datetime, end: datetime) -> Decision | None:
    before = _covered(last.segments, now, min(end, now + LOOK_AHEAD))
    after = _covered(new.segments, now, min(end, now + LOOK_AHEAD))
    if after < before * LEAST_SHARE:
        what = f"covered hours in the next {LOOK_AHEAD.days} days fall from {_hours(before)} to {_hours(after)}"
        return Decision(verdict=Verdict.HOLD, reason=what)
    if (vanished := _vanished(last, new, now, end)) is not None:
        what = f"every shift of {vanished}, who is on call now, is gone, and others have fewer hours than before"
        return Decision(verdict=Verdict.HOLD, reason=what)
    if (uid := _older(last.shifts, new.shifts)) is not None:
        what = f"it is older than the one in force: event {uid!r} has an earlier version than before"
        return Decision(verdict=Verdict.REGRESSION, reason=what)
    return None


def _same(held: Held, new: Fetched, now: datetime) -> bool:
    return now - held.since < _COMPARED / 2 and held.digest == digest(new, held.since)


def _insists(held: Held | None, new: Fetched, now: datetime) -> bool:
    """An empty calendar never gets through by insisting: that needs a person."""
    if held is None or not _same(held, new, now):
        return False
    lasted = held.times >= INSISTENCE and now - held.since >= INSISTENCE_TIME
    return lasted and _covered(new.segments, now, now + LOOK_AHEAD) > timedelta(0)


def _vanished(last: Fetched, new: Fetched, now: datetime, end: datetime) -> str | None:
    remaining = {shift.person for shift in new.shifts if shift.end > now}
    for who in who_at(last.segments, now):
        if who.person in remaining:
            continue
        others_before = _covered(last.segments, now, end, without=who.person)
        if _covered(new.segments, now, end, without=who.person) < others_before - _TOLERANCE:
            return who.person
    return None


def _older(last: Sequence[Shift], new: Sequence[Shift]) -> str | None:
    before, after = _versions(last), _versions(new)
    both = before.keys() & after.keys()
    if any(after[uid] > before[uid] for uid in both):
        return None
    return min((uid for uid in both if after[uid] < before[uid]), default=None)


def _versions(shifts: Sequence[Shift]) -> dict[str, tuple[int, str]]:
    latest: dict[str, tuple[int, str]] = {}
    for shift in shifts:
        latest[shift.uid] = max(shift.version, latest.get(shift.uid, shift.version))
    return latest


def _covered(segments: Sequence[Segment], begin: datetime, end: datetime, without: str | None = None) -> timedelta:
    covered = timedelta(0)
    for segment in segments:
        if any(who.person != without for who in segment.on_call):
            covered += max(timedelta(0), min(segment.end, end) - max(segment.start, begin))
    return covered


def _new_gaps(last: Sequence[Segment], new: Sequence[Segment], begin: datetime, end: datetime) -> tuple[Segment, ...]:
    gaps = [segment for segment in new if not segment.on_call and segment.end > begin and segment.start < end]
    return tuple(gap for gap in gaps if _covered(last, max(gap.start, begin), min(gap.end, end)) > timedelta(0))


def _hours(span: timedelta) -> str:
    return f"{span / timedelta(hours=1):.0f} h"
