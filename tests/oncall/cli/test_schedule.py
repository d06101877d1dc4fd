"""`oncall schedule segments` prints who is on call, as JSON that other programs rely on."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

from oncall.cli.main import main
from tests.schedules.expected import DATA, document

MORNING = ("--from", "2026-11-02T08:00:00Z", "--to", "2026-11-02T12:00:00Z")
CALENDAR = """BEGIN:VCALENDAR
BEGIN:VEVENT
UID:1
DTSTART;TZID=Home:20261102T100000
DTEND;TZID=Home:20261102T110000
SUMMARY:ana
END:VEVENT
END:VCALENDAR
"""


def run(*arguments):
    return CliRunner().invoke(main, ["schedule", "segments", *map(str, arguments)])


@pytest.fixture
def calendar(tmp_path):
    path = tmp_path / "rota.ics"
    path.write_text(CALENDAR)
    return path


def test_segments_of_a_feed_with_its_identity(tmp_path):
    expected = document(DATA / "feeds", "p04_apple_nightly_overrides")
    identity = tmp_path / "identity.json"
    identity.write_text(json.dumps(expected["identity"]))
    begin, end = expected["window"]
    feed = DATA / "feeds" / expected["feed"]
    result = run(feed, "--from", begin, "--to", end, "--timezone", "UTC", "--identity", identity, "--json")
    assert result.exit_code == 0
    assert json.loads(result.stdout) == {"segments": expected["segments_wall"], "warnings": []}


def test_a_refused_feed_exits_with_3_and_the_reason():
    result = run(DATA / "malformed" / "m04_empty_200.ics", *MORNING, "--json")
    assert result.exit_code == 3
    assert json.loads(result.stdout) == {"refused": "the body is empty"}


def test_an_alias_says_what_a_zone_name_means(calendar):
    result = run(calendar, *MORNING, "--tz-alias", "Home=Europe/Berlin", "--json")
    assert [piece["start"] for piece in json.loads(result.stdout)["segments"]][1] == "2026-11-02T09:00:00Z"


def test_an_unknown_zone_is_warned_of_and_the_event_kept(calendar):
    result = run(calendar, *MORNING, "--json")
    printed = json.loads(result.stdout)
    assert printed["segments"][1] == {
        "start": "2026-11-02T10:00:00Z",
        "end": "2026-11-02T11:00:00Z",
        "on_call": ["ana"],
    }
    assert printed["warnings"] == ["time zone 'Home' is unknown: the default zone is used"]


def test_without_json_people_read_one_line_per_piece(calendar):
    result = run(calendar, *MORNING)
    assert "2026-11-02T10:00:00Z  2026-11-02T11:00:00Z  ana" in result.stdout
    assert "(nobody)" in result.stdout


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("--from", "yesterday", "--to", "2026-11-02T12:00:00Z"), "is no instant"),
        (("--from", "2026-11-02T12:00:00Z", "--to", "2026-11-02T12:00:00Z"), "--to must be after --from"),
        ((*MORNING, "--timezone", "Mars/Base"), "is no time zone"),
        ((*MORNING, "--tz-alias", "Home"), "must be NAME=ZONE"),
    ],
)
def test_a_wrong_option_is_told_with_what_to_write_instead(calendar, arguments, says):
    result = run(calendar, *arguments)
    assert result.exit_code == 2
    assert says in result.stderr


def test_a_wrong_identity_file_is_named(calendar, tmp_path):
    identity = tmp_path / "identity.json"
    identity.write_text('{"patern": "x"}')
    result = run(calendar, *MORNING, "--identity", identity)
    assert result.exit_code == 2
    assert "patern" in result.stderr


def new(*arguments):
    return CliRunner().invoke(main, ["schedule", "new", *arguments])


def test_a_weekly_rotation_is_written_as_a_calendar_that_can_be_read_back(tmp_path):
    result = new("--people", "ana,ben", "--weekly", "--handoff", "Mon 09:00 Europe/Berlin", "--first", "2026-11-02")
    assert (result.exit_code, result.stderr) == (0, "")
    path = tmp_path / "rota.ics"
    path.write_text(result.stdout, newline="")
    read_back = run(path, "--from", "2026-11-02T08:00:00Z", "--to", "2026-11-16T08:00:00Z", "--json")
    assert [piece["on_call"] for piece in json.loads(read_back.stdout)["segments"]] == [["ana"], ["ben"]]


def test_following_the_sun_tells_the_hours_that_stay_uncovered():
    result = new("--site", "Europe/London 09:00-17:00 tom", "--site", "America/New_York 12:00-04:00 luis")
    assert result.exit_code == 0
    assert "gaps of" in result.stderr


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ((), "give --weekly with --people and --handoff, or one --site"),
        (("--weekly", "--people", "ana"), "give --weekly"),
        (("--weekly", "--people", "ana", "--handoff", "nine"), "is no handoff"),
    ],
)
def test_a_rotation_that_cannot_be_made_is_told_with_what_to_write(arguments, says):
    result = new(*arguments)
    assert result.exit_code == 2
    assert says in result.stderr
