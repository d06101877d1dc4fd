"""Calendars and overrides laid over one another."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from schedules.layers import Layer, Override, lay
from schedules.shift import Shift

MIDNIGHT = datetime(2026, 11, 2, tzinfo=UTC)
DAY = (MIDNIGHT, MIDNIGHT + timedelta(hours=24))


def at(hour: int) -> datetime:
    return MIDNIGHT + timedelta(hours=hour)


def shift(begin: int, end: int, person: str, role: str | None = None) -> Shift:
    return Shift(start=at(begin), end=at(end), person=person, role=role, source="calendar")


def override(begin: int, end: int, person: str, **more) -> Override:
    return Override(start=at(begin), end=at(end), person=person, **more)


def rota(layers, overrides=()):
    """{begin hour: who} of every segment, roles in brackets."""
    return {
        (segment.start - MIDNIGHT).seconds // 3600: " ".join(
            who.person + (f"({who.role})" if who.role else "") for who in segment.on_call
        )
        for segment in lay(layers, overrides, DAY)
    }


ANA_ALL_DAY = Layer(shifts=(shift(0, 24, "ana"),))


def test_calendars_of_one_priority_are_on_call_together():
    primary = Layer(shifts=(shift(0, 24, "ana"),), role="primary")
    secondary = Layer(shifts=(shift(0, 12, "ben"),), role="secondary")
    assert rota([primary, secondary]) == {0: "ana(primary) ben(secondary)", 12: "ana(primary)"}


def test_a_higher_priority_replaces_the_lower_while_it_has_somebody():
    assert rota([ANA_ALL_DAY, Layer(shifts=(shift(6, 8, "ben"),), priority=1)]) == {0: "ana", 6: "ben", 8: "ana"}


def test_a_higher_priority_replaces_only_the_roles_it_fills():
    base = Layer(shifts=(shift(0, 24, "ana"), shift(0, 24, "cai", "secondary")))
    over = Layer(shifts=(shift(6, 8, "ben", "secondary"),), priority=1)
    assert rota([base, over])[6] == "ana ben(secondary)"


def test_an_override_calendar_lies_over_every_priority():
    high = Layer(shifts=(shift(0, 24, "ben"),), priority=9)
    assert rota([ANA_ALL_DAY, high, Layer(shifts=(shift(6, 8, "cai"),), override=True)])[6] == "cai"


def test_an_override_without_a_name_takes_the_role_whoever_has_it():
    base = Layer(shifts=(shift(0, 24, "ana"), shift(0, 24, "cai", "secondary")))
    assert rota([base], [override(6, 8, "ben")])[6] == "ben cai(secondary)"


def test_an_override_for_one_person_leaves_the_others():
    base = Layer(shifts=(shift(0, 24, "ana"), shift(0, 24, "cai")))
    assert rota([base], [override(6, 8, "ben", replaces="ana")]) == {0: "ana cai", 6: "ben cai", 8: "ana cai"}


def test_an_override_takes_every_role_of_the_replaced_person():
    base = Layer(shifts=(shift(0, 24, "ana", "secondary"),))
    assert rota([base], [override(6, 8, "ben", replaces="ana")])[6] == "ben(secondary)"


def test_who_promised_to_cover_is_on_call_even_when_the_calendar_moved():
    moved = Layer(shifts=(shift(12, 24, "ana"),))
    assert rota([moved], [override(6, 8, "ben", replaces="ana")]) == {0: "", 6: "ben", 8: "", 12: "ana"}


def test_the_latest_override_wins():
    assert rota([ANA_ALL_DAY], [override(6, 10, "ben"), override(8, 9, "cai")]) == {
        0: "ana",
        6: "ben",
        8: "cai",
        9: "ben",
        10: "ana",
    }


def test_without_calendars_the_window_is_one_gap():
    assert rota([]) == {0: ""}
