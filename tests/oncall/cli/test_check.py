from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner

from oncall.cli.main import main

COMPANY = Path(__file__).parents[3] / "examples" / "company"


@pytest.fixture
def company(tmp_path):
    return Path(shutil.copytree(COMPANY, tmp_path / "company"))


def check(*arguments, **environ):
    return CliRunner(env=environ).invoke(main, ["check", *map(str, arguments)])


def test_a_good_directory_is_counted_and_exits_with_0(company):
    result = check(company)
    assert result.exit_code == 0
    assert result.output.startswith("Good: 9 people, 4 teams, ")


def test_every_problem_is_a_line_that_editors_can_jump_to_and_errors_exit_with_1(company):
    people = company / "people.yaml"
    people.write_text(
        people.read_text().replace("Europe/Madrid", "Mars/Olympus").replace("holidays: GB-ENG", "role: boss")
    )
    result = check(company)
    assert result.exit_code == 1
    first, second, summary = result.output.splitlines()
    assert first.startswith("people.yaml:4: error: person ana: timezone names no time zone: 'Mars/Olympus'. ")
    assert second.startswith("people.yaml:")
    assert summary == "2 errors, 0 warnings. An engine would refuse this directory."


def test_warnings_alone_exit_with_0(company):
    (company / "team").mkdir()
    result = check(company)
    assert result.exit_code == 0
    assert "team: warning: team/ is not read. Did you mean 'teams/'?" in result.output


def test_the_json_form_carries_the_same_problems(company):
    (company / "integrations.yaml").write_text("production: {key: short}\n")
    result = check(company, "--json")
    answer = json.loads(result.output)
    assert result.exit_code == 1
    assert answer["ok"] is False
    (problem,) = answer["problems"]
    assert (problem["file"], problem["line"], problem["level"]) == ("integrations.yaml", 1, "error")
    assert problem["mend"].startswith("Make one with")


def test_a_directory_that_is_not_there_is_one_line(tmp_path):
    result = check(tmp_path / "nowhere")
    assert result.exit_code == 1
    assert "there is no such directory" in result.output


def test_the_environment_is_checked_too(company):
    result = check(company, ONCALL_LISTEN="nonsense")
    assert result.exit_code == 1
    assert "environment: error: the value of ONCALL_LISTEN cannot be used. Write host:port" in result.output


def test_calendar_files_are_looked_into(company):
    (company / "calendars" / "data-weekly.ics").write_text("nothing")
    result = check(company)
    assert result.exit_code == 1
    assert "calendars/data-weekly.ics: error: the calendar cannot be used" in result.output
    assert result.output.endswith("1 error, 0 warnings.\n")
