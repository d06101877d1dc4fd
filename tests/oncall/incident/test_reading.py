"""Lines of the timeline as people read them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from oncall.directory import Team
from oncall.incident import Entry, EntryKind
from oncall.incident.reading import local_time, readable
from oncall.incident.telling import Saying, instant, person, sentence, team
from oncall.person import Person
from routing.escalation import Policy
from tests.oncall.incident.organisation import directory

NINE = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
COMPANY = directory(
    [Person(id="ben", name="Ben Okafor"), Person(id="nameless", name="")],
    [Team(id="search", name="Search & Ads", policy=Policy(name="x", steps=()))],
)


def line(*parts: Saying, at: datetime = NINE) -> Entry:
    return Entry.saying(sentence(*parts), incident=1, at=at, kind=EntryKind.STEP)


def test_people_and_teams_are_called_by_name_and_times_are_the_readers_own():
    told = line(person("ben"), " of ", team("search"), " has it until ", instant(NINE))
    assert readable(told, COMPANY, "Europe/Madrid") == "Ben Okafor of Search & Ads has it until 10:00 CET"


def test_an_old_line_is_read_as_it_was_written():
    old = Entry(incident=1, at=NINE, kind=EntryKind.STEP, text="ben of search has it until 09:00 UTC")
    assert readable(old, COMPANY, "Europe/Madrid") == old.text


def test_who_is_in_the_files_no_more_is_called_by_the_id():
    told = line(person("gone"), " of ", team("dissolved"), " has it")
    assert readable(told, COMPANY, "UTC") == told.text == "gone of dissolved has it"


def test_who_is_in_the_files_no_more_keeps_the_name_a_calendar_gave_them():
    assert readable(line("asks ", person("gone", "Mo (late)")), COMPANY, "UTC") == "asks Mo (late)"


def test_a_person_without_a_name_is_called_by_the_id():
    assert readable(line(person("nameless"), " did"), COMPANY, "UTC") == "nameless did"


def test_a_person_and_a_team_of_the_same_id_are_told_apart():
    assert readable(line(person("search"), ", ", team("search")), COMPANY, "UTC") == "search, Search & Ads"


def test_what_people_write_never_becomes_a_name():
    told = line("Status: ben and search at 09:00 UTC")
    assert readable(told, COMPANY, "Asia/Tokyo") == "Status: ben and search at 09:00 UTC"


@pytest.mark.parametrize(
    ("month", "zone", "said"),
    [
        (3, "Europe/Madrid", "10:00 CET"),
        (7, "Europe/Madrid", "11:00 CEST"),
        (1, "America/Los_Angeles", "01:00 PST"),
        (7, "America/Los_Angeles", "02:00 PDT"),
        (7, "Asia/Kathmandu", "14:45 +0545"),
        (7, "UTC", "09:00 UTC"),
    ],
)
def test_summer_time_and_odd_zones_hold_on_the_day_itself(month: int, zone: str, said: str):
    at = NINE.replace(month=month)
    assert local_time(at, at, zone) == said


def test_across_the_change_of_clocks_each_instant_has_the_zone_of_its_own():
    """Madrid goes from 02:00 CET to 03:00 CEST on 29 March 2026 at 01:00 UTC, and back on 25 October."""
    before = datetime(2026, 3, 29, 0, 30, tzinfo=UTC)
    assert readable(line("until ", instant(before + timedelta(hours=1)), at=before), COMPANY, "Europe/Madrid") == (
        "until 03:30 CEST"
    )
    autumn = datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    twice = [local_time(autumn + timedelta(hours=n), autumn, "Europe/Madrid") for n in (0, 1)]
    assert twice == ["02:30 CEST", "02:30 CET"]


@pytest.mark.parametrize(
    ("later", "zone", "said"),
    [
        (timedelta(hours=8), "Europe/Madrid", "18:00 CET"),
        (timedelta(hours=14, minutes=30), "Europe/Madrid", "3 Mar 00:30 CET"),
        (timedelta(hours=14, minutes=30), "UTC", "23:30 UTC"),
        (timedelta(hours=8), "Asia/Tokyo", "3 Mar 02:00 JST"),
        (timedelta(days=366), "UTC", "3 Mar 2027 09:00 UTC"),
    ],
)
def test_another_day_of_the_reader_is_named(later: timedelta, zone: str, said: str):
    assert local_time(NINE + later, NINE, zone) == said
