from __future__ import annotations

import pytest

from oncall.config import load

STEPS = "escalation: {steps: [{notify: [{schedule: primary}]}]}\n"


def team(loaded, text, **replaced):
    return loaded(teams__ops=f"members: [ana]\n{text}{STEPS}", **replaced).teams["ops"]


def test_a_team_is_named_after_its_file_unless_it_says_otherwise(loaded):
    calendar = "schedules: {primary: {file: ops.ics}}\n"
    assert team(loaded, calendar).name == "ops"
    assert team(loaded, f"name: Operations\n{calendar}").name == "Operations"


def test_everything_a_team_may_have_is_read(loaded):
    ops = team(
        loaded,
        "timezone: Europe/Berlin\nlanguage: de\nslack_channel: '#ops'\nemail: ops@shop.example\naliases: [sre]\n"
        "schedules: {primary: {file: ops.ics}}\n",
    )
    assert (ops.timezone, ops.language, ops.slack_channel) == ("Europe/Berlin", "de", "#ops")
    assert (ops.email, ops.aliases, ops.members) == ("ops@shop.example", ("sre",), ("ana",))


def test_calendars_of_one_rotation_are_layers_in_order(loaded):
    ops = team(
        loaded,
        "timezone: Europe/Berlin\nschedules:\n  primary:\n"
        "    - {file: ops.ics, priority: 2, role: primary}\n"
        '    - {url: "https://calendar.example/x.ics", timezone: UTC, credentials_env: CAL, override: true}\n',
    )
    first, second = ops.schedules["primary"].sources
    assert first.location.endswith("/ops.ics")
    assert (first.timezone, first.priority, first.role, first.override) == ("Europe/Berlin", 2, "primary", False)
    assert second.location == "https://calendar.example/x.ics"
    assert (second.timezone, second.credentials_env, second.override) == ("UTC", "CAL", True)


def test_a_webcal_address_is_what_browsers_call_https(loaded):
    ops = team(loaded, "schedules: {primary: {url: 'webcal://calendar.example/x.ics'}}\n")
    assert ops.schedules["primary"].sources[0].location == "https://calendar.example/x.ics"


def test_how_names_are_read_is_handed_on_as_written(loaded):
    ops = team(
        loaded,
        "schedules:\n  primary:\n    file: ops.ics\n    identity:\n      from: attendee\n"
        "      pattern: '(?P<role>L1): (?P<name>.+)'\n      multi: true\n      aliases: {Annie: ana}\n"
        "      ignore: standup\n      fallback: ana\n",
    )
    assert ops.schedules["primary"].sources[0].identity == {
        "from": "attendee",
        "pattern": "(?P<role>L1): (?P<name>.+)",
        "multi": True,
        "aliases": {"Annie": "ana"},
        "ignore": "standup",
        "fallback": "ana",
    }


@pytest.mark.parametrize(
    ("calendar", "says"),
    [
        ("{}", "neither a file nor a url"),
        ("{file: ops.ics, url: 'https://x.example/y'}", "both a file and a url"),
        ("{url: 'ftp://x.example/y'}", "url is 'ftp://x.example/y'"),
        ("{file: ops.ics, timezone: Berlin}", "timezone names no time zone"),
        ("{file: ops.ics, priority: high}", "priority is 'high'"),
        ("{file: ops.ics, override: yes}", "override is 'yes'"),
        ("{file: ops.ics, identity: {from: title}}", "from is 'title'"),
        ("{file: ops.ics, identity: {pattern: '.*'}}", "no group called name"),
        ("{file: ops.ics, identity: {alias: {}}}", "there is no key 'alias'"),
        ("", "calendar is missing"),
        ("ops.ics", "calendar 1 is 'ops.ics'"),
    ],
)
def test_a_calendar_that_cannot_be_used_is_told_with_its_line(told, calendar, says):
    lines = told(teams__ops=f"members: [ana]\nschedules:\n  primary: {calendar}\n{STEPS}")
    assert [line for line in lines if says in line and line.startswith("teams/ops.yaml:3: error: ")]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("members: []\n", "team ops has no members"),
        ("members: ana, ben\n", "there is no person 'ana, ben'"),
        ("members: [ana, ana]\n", "ana stands twice among the members"),
        ("members: [ana]\nescalation: none\n", "escalation is 'none'"),
        ("members: [ana]\n", "escalation is missing"),
        ("members: [ana]\nescalation: {repeat: 1}\n", "has no steps"),
        ("- members\n", "the file holds no mapping"),
        ("a: 1\n---\nb: 2\n", "the file holds several documents"),
    ],
)
def test_a_team_that_cannot_work_is_told(told, text, says):
    assert [line for line in told(teams__ops=text) if says in line and line.startswith("teams/ops.yaml:")]


def test_a_team_file_with_another_ending_is_not_passed_over_in_silence(write, told):
    (write() / "teams" / "data.yml").write_text("members: [ana]\n")
    assert told() == ["teams/data.yml: error: the file is not read. Rename it to data.yaml"]


def test_a_password_that_is_not_set_where_the_check_runs_is_a_warning(write):
    calendar = "{url: 'https://calendar.example/x', credentials_env: CAL_LOGIN}"
    directory = write(teams__ops=f"members: [ana]\nschedules:\n  primary: {calendar}\n{STEPS}")
    assert load(directory, {"CAL_LOGIN": "ana:secret"}).problems == ()
    (problem,) = load(directory, {}).problems
    assert str(problem).startswith("teams/ops.yaml:3: warning: ")
    assert "names CAL_LOGIN, which is not set" in problem.what
