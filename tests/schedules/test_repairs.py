"""What calendars in the wild and hostile ones do, and what is left of them."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from schedules.deadline import cpu_deadline
from schedules.identity import BadIdentity, identity
from schedules.reading import read
from tests.schedules.build import calendar

WINDOW = (datetime(2026, 11, 1, tzinfo=UTC), datetime(2026, 11, 8, tzinfo=UTC))
DAILY = "DTSTART:20261101T140000Z\nDTEND:20261101T150000Z\nSUMMARY:ana\n"
GOOD = "DTSTART:20261102T090000Z\nDTEND:20261102T100000Z\nSUMMARY:ben"


def found(body, options=None, **more):
    return read(body, WINDOW, identity=identity(options), deadline=cpu_deadline(0.5), **more)


def starts(reading, person="ana"):
    return [f"{shift.start:%d %H:%M}" for shift in reading.shifts if shift.person == person]


@pytest.mark.parametrize(
    "hostile",
    [
        DAILY + "RRULE:FREQ=SECONDLY",
        DAILY + "RRULE:FREQ=DAILY;INTERVAL=0",
        DAILY + "RRULE:FREQ=DAILY;BYHOUR=1,2;BYMINUTE=" + ",".join(map(str, range(60))),
        DAILY + "RRULE:FREQ=HOURLY;BYMINUTE=0,1",
        DAILY + "RRULE:FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30",
        DAILY + "RRULE:FREQ=DAILY;BYMONTH=6;BYYEARDAY=1",
        DAILY + "RRULE:FREQ=DAILY;UNTIL=never",
        DAILY + "RRULE:FREQ=DAILY;BYDAY=XX",
        DAILY.replace("2026", "0001", 1) + "RRULE:FREQ=DAILY;COUNT=9999999",
        "DTSTART:20261102T140000Z\nDURATION:P999999999D\nSUMMARY:ana",
        "DTSTART:20261102T140000Z\nDURATION:-PT1H\nSUMMARY:ana",
        "DTEND:20261102T140000Z\nSUMMARY:ana",
        "DTSTART:20261131T140000Z\nSUMMARY:ana",
    ],
)
def test_an_event_that_cannot_be_used_costs_itself_and_is_named(hostile):
    reading = found(calendar(hostile, GOOD))
    assert (starts(reading), starts(reading, "ben")) == ([], ["02 09:00"])
    assert len(reading.warnings) == 1
    assert "'e0' is left out" in reading.warnings[0]


def test_years_of_history_cost_nothing():
    reading = found(calendar(DAILY.replace("20261101", "00010101") + "RRULE:FREQ=DAILY"))
    assert (len(reading.shifts), reading.warnings) == (7, ())


def test_one_bad_date_among_others_does_not_cost_the_series():
    reading = found(
        calendar(DAILY + "RRULE:FREQ=DAILY;COUNT=3\nEXDATE:garbage,20261102T140000Z\nRDATE:20261105T140000Z,x")
    )
    assert starts(reading) == ["01 14:00", "03 14:00", "05 14:00"]
    assert [warning.split(": ")[1] for warning in reading.warnings] == ["one RDATE is ignored", "one EXDATE is ignored"]


def test_a_series_in_utc_stays_in_utc_whatever_the_calendars_zone():
    body = calendar(DAILY.replace("202611", "202610") + "RRULE:FREQ=DAILY", head="X-WR-TIMEZONE:America/New_York")
    assert set(starts(found(body))) == {f"0{day} 14:00" for day in range(1, 8)}


@pytest.mark.parametrize(
    ("tzid", "begins"),
    [
        ("tzone://Microsoft/Utc", "02 09:00"),
        ('"tzone://Microsoft/Utc"', "02 09:00"),
        ("W. Europe Standard Time", "02 08:00"),
        ("/freeassociation.sourceforge.net/Europe/Berlin", "02 08:00"),
        ("europe/berlin", "02 08:00"),
        ('"(UTC+01:00) Amsterdam, Berlin, Bern, Rome, Stockholm, Vienna"', "02 08:00"),
        ('"(UTC-05:00) Eastern Time (US & Canada)"', "02 14:00"),
    ],
)
def test_zone_names_of_every_vendor_are_understood(tzid, begins):
    reading = found(
        calendar(f"DTSTART;TZID={tzid}:20261102T090000\nDURATION:PT1H\nSUMMARY:ana"), default_tz="Asia/Tokyo"
    )
    assert (starts(reading), reading.warnings) == ([begins], ())


def test_a_zone_nobody_knows_is_the_default_zone_with_a_warning():
    reading = found(calendar("DTSTART;TZID=Mars:20261102T090000\nDURATION:PT1H\nSUMMARY:ana"), default_tz="Asia/Tokyo")
    assert starts(reading) == ["02 00:00"]
    assert reading.warnings == ("time zone 'Mars' is unknown: the default zone is used",)


@pytest.mark.parametrize("rule", ["FREQ=SECONDLY", "FREQ=DAILY", "FREQ=YEARLY;BYDAY=MO,TU,WE,TH,FR"])
def test_a_zone_that_changes_all_the_time_is_read_by_its_name(rule):
    block = "\n".join(
        ["BEGIN:VTIMEZONE", "TZID:Europe/Berlin", "BEGIN:STANDARD", "DTSTART:16010101T000000", "TZOFFSETFROM:+0500",
         "TZOFFSETTO:+0500", f"RRULE:{rule}", "END:STANDARD", "END:VTIMEZONE"]
    )  # fmt: skip
    reading = found(calendar("DTSTART;TZID=Europe/Berlin:20261102T090000\nDURATION:PT1H\nSUMMARY:ana", head=block))
    assert starts(reading) == ["02 08:00"]
    assert len(reading.warnings) == 1


def test_control_characters_and_odd_spaces_leave_a_plain_name():
    assert found(calendar(GOOD.replace("ben", "a\x00n\u00a0 a"))).shifts[0].person == "an a"


def test_utf_16_is_read_by_its_byte_order_mark():
    assert found(calendar(GOOD.replace("ben", "Zoë")).decode().encode("utf-16")).shifts[0].person == "Zoë"


def test_two_calendars_in_one_body_are_both_read_and_their_uids_kept_apart():
    reading = found(calendar(DAILY) + b"\n" + calendar(GOOD))
    assert [shift.person for shift in reading.shifts] == ["ana", "ben"]


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (b"BEGIN:VCALENDAR\n" + b"BEGIN:X\n" * 20 + b"END:X\n" * 20 + b"END:VCALENDAR", "nested deeper"),
        (b"BEGIN:VCALENDAR\nBEGIN:VEVENT\nEND:VTODO\nEND:VCALENDAR", "do not match"),
        (b"BEGIN:VCALENDAR\nEND:VCALENDAR\nEND:VCALENDAR", "do not match"),
        (b"BEGIN:VCALENDAR\nEND:VCALENDAR\n<!-- -->\nBEGIN:VCALENDAR\nEND:VCALENDAR", "text between"),
        (b"BEGIN:VCALENDAR\nBEGIN:VCALENDAR\nEND:VCALENDAR\nEND:VCALENDAR", "inside another"),
        (b"BEGIN:VCALENDAR\nBEGIN:VEVENT\nEND:VCALENDAR", "do not match"),
    ],
)
def test_half_a_calendar_is_refused_with_the_reason(body, why):
    assert why in (found(body).refused or "")


@pytest.mark.parametrize(
    ("summary", "person", "role"),
    [
        ("Primary: Ana Lima", "Ana Lima", "Primary"),
        ("[L2] Ben", "Ben", "L2"),
        ("Cai (Secondary)", "Cai", "Secondary"),
        ("On call: Dov", "Dov", None),
        ("On-call secondary - Eli", "Eli", "secondary"),
        ("Smith\\, John", "Smith, John", None),
        ("Ana (parental leave cover)", "Ana (parental leave cover)", None),
    ],
)
def test_usual_ways_to_write_a_role_are_read_without_any_configuration(summary, person, role):
    (shift,) = found(calendar(GOOD.replace("ben", summary))).shifts
    assert (shift.person, shift.role) == (person, role)


def test_several_people_in_one_event_are_split_unless_the_whole_is_a_known_name():
    options = {"multi": True, "aliases": {"Lima, Ana": "ana"}}
    body = calendar(GOOD.replace("ben", "Ben, Cai & Dov and Eli"), GOOD.replace("ben", "Lima\\, Ana"))
    assert sorted(shift.person for shift in found(body, options).shifts) == ["Ben", "Cai", "Dov", "Eli", "ana"]


def test_attendees_who_do_not_come_are_not_on_call():
    lines = [
        'ATTENDEE;CN="Müller, Jo":MAILTO:jo@x',
        "ATTENDEE:mailto:plain@x",
        "ATTENDEE;CUTYPE=GROUP;CN=Team:mailto:t@x",
        "ATTENDEE;ROLE=NON-PARTICIPANT;CN=N:mailto:n@x",
        "ATTENDEE;PARTSTAT=DECLINED;CN=D:mailto:d@x",
    ]
    options = {"from": "attendee", "aliases": {"PLAIN@x": "Paul"}}
    reading = found(calendar("\n".join([GOOD, *lines])), options)
    assert sorted(shift.person for shift in reading.shifts) == ["Müller, Jo", "Paul"]


def test_an_event_that_names_nobody_is_told():
    assert found(calendar(GOOD.replace("SUMMARY:ben", ""))).warnings == (
        "event 'e0' names nobody: write who is on call into it",
    )


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"patern": "x"}, "patern"),
        ({"from": "title"}, "summary or attendee"),
        ({"pattern": "("}, "no regular expression"),
        ({"pattern": "^(.+)$"}, "no group called name"),
    ],
)
def test_a_wrong_identity_is_refused_with_what_to_mend(options, says):
    with pytest.raises(BadIdentity, match=says):
        identity(options)
