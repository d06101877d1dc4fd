"""People say when: a day and a time, a time, a date; always on the wall clock of a zone."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from oncall.moment import parse_moment

#: A Wednesday, 11:00 in Berlin.
NOW = datetime(2026, 3, 25, 10, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "means"),
    [
        ("now", "2026-03-25T10:00"),
        ("12:30", "2026-03-25T11:30"),
        ("9:30", "2026-03-26T08:30"),
        ("today 09:30", "2026-03-25T08:30"),
        ("tomorrow 09:30", "2026-03-26T08:30"),
        ("Wed 11:00", "2026-03-25T10:00"),
        ("wed 10:59", "2026-04-01T08:59"),
        ("Sat 03:00", "2026-03-28T02:00"),
        ("sunday 03:30", "2026-03-29T01:30"),
        ("2026-07-01 03:00", "2026-07-01T01:00"),
        ("2026-07-01T03:00:00Z", "2026-07-01T03:00"),
        ("2026-07-01T03:00:00-05:00", "2026-07-01T08:00"),
    ],
)
def test_a_moment_is_understood_in_the_zone(text, means):
    assert parse_moment(text, "Europe/Berlin", NOW) == datetime.fromisoformat(means).replace(tzinfo=UTC)


@pytest.mark.parametrize("text", ["", "soon", "25:00", "12:60", "fooday 03:00", "su 03:00", "2026-13-01"])
def test_anything_else_is_refused_with_the_forms(text):
    with pytest.raises(ValueError, match="write"):
        parse_moment(text, "Europe/Berlin", NOW)
