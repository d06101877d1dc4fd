from __future__ import annotations

from datetime import UTC, datetime

import pytest

from oncall.config import load
from oncall.config.calendars import calendar_problems

MONDAY = datetime(2026, 3, 2, 12, tzinfo=UTC)
PRIMARY = "calendars/payments-primary.ics"


def told(company, now=MONDAY):
    directory = load(company, {}).directory
    return [str(problem) for problem in calendar_problems(directory, company, now)]


def edit(company, file, old, new):
    path = company / file
    body = path.read_bytes()
    assert old.encode() in body
    path.write_bytes(body.replace(old.encode(), new.encode()))


@pytest.mark.parametrize("year", [2026, 2031, 2045])
@pytest.mark.parametrize("month", [1, 3, 10])
def test_the_example_has_somebody_on_call_at_any_date(company, year, month):
    assert told(company, datetime(year, month, 20, tzinfo=UTC)) == []


def test_a_name_that_nobody_has_is_told_with_the_shift(company):
    edit(company, PRIMARY, "SUMMARY:cai", "SUMMARY:kai")
    (line,) = told(company)
    assert line.startswith(
        f"{PRIMARY}: warning: team payments, schedule primary: The calendar puts “kai” on call from "
    )
    assert "alias" in line


def test_an_alias_of_a_person_is_them(company):
    edit(company, "people.yaml", "aliases: [Fay N.]", "aliases: []")
    assert told(company)
    edit(company, "people.yaml", "aliases: []", "aliases: [fay n.]")
    assert told(company) == []


def test_a_gap_and_an_early_end_are_told(company):
    edit(company, PRIMARY, "RRULE:FREQ=WEEKLY;INTERVAL=3", "RRULE:FREQ=WEEKLY;INTERVAL=3;UNTIL=20260308T000000Z")
    lines = told(company)
    assert [line for line in lines if "The calendar ends" in line]
    edit(company, PRIMARY, "INTERVAL=3;UNTIL=20260308T000000Z", "INTERVAL=4")
    assert [line for line in told(company) if "Nobody is on call from" in line]


def test_layers_are_read_together_so_that_weekends_are_no_gap_of_the_weekdays(company):
    assert not [line for line in told(company) if "storefront" in line]
    (company / "calendars" / "storefront-weekends.ics").write_bytes(
        b"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nEND:VCALENDAR\r\n"
    )
    assert [line for line in told(company) if "storefront" in line and "Nobody is on call" in line]


def test_a_file_that_is_no_calendar_is_an_error(company):
    (company / PRIMARY).write_text("<html>Please sign in</html>")
    (line,) = told(company)
    assert line.startswith(f"{PRIMARY}: error: the calendar cannot be used: ")


def test_nothing_is_said_of_a_rotation_that_lies_behind_an_address(company):
    edit(
        company, "teams/payments.yaml", "{file: calendars/payments-primary.ics}", "{url: 'https://calendar.example/x'}"
    )
    assert told(company) == []
