from __future__ import annotations

from datetime import timedelta

import pytest

from oncall.config import load
from routing.alert import Severity


def test_the_smallest_good_directory(loaded):
    directory = loaded()
    assert directory.defaults.fallback_team == "ops"
    assert directory.defaults.acknowledgement_expiry[Severity.CRITICAL] == timedelta(hours=1)


def test_words_of_the_severity_label_come_on_top_of_the_usual_ones(loaded):
    severities = loaded(
        oncall="defaults: {fallback_team: ops, severities: {P1: critical, warning: info}}\n"
    ).defaults.severities
    assert severities["p1"] is Severity.CRITICAL
    assert severities["page"] is Severity.CRITICAL
    assert severities["warning"] is Severity.INFO


def test_an_acknowledgement_may_never_expire(loaded):
    defaults = loaded(
        oncall="defaults: {fallback_team: ops, acknowledgement_expiry: {critical: 30m, warning: never}}\n"
    ).defaults
    assert defaults.acknowledgement_expiry == {Severity.CRITICAL: timedelta(minutes=30)}


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("defaults: {}\n", "fallback_team is missing"),
        ("listen: 127.0.0.1:80\n", "defaults are missing"),
        ("defaults: 5\n", "defaults is 5"),
        ("defaults: {fallback_team: ops, hold: soon}\n", "hold is 'soon'"),
        ("defaults: {fallback_team: ops, unknown_severity: loud}\n", "unknown_severity is 'loud'"),
        ("defaults: {fallback_team: ops, acknowledgement_expiry: {loud: 5m}}\n", "there is no severity 'loud'"),
        ("defaults: {fallback_team: ops, acknowledgement_expiry: {critical: 5}}\n", "critical is 5"),
        ("listen: [a]\ndefaults: {fallback_team: ops}\n", "listen is a list"),
    ],
)
def test_a_fault_in_oncall_yaml_is_told_with_its_line(told, text, says):
    assert [line for line in told(oncall=text) if says in line and line.startswith("oncall.yaml:1: error: ")]


def test_a_directory_that_is_something_else_says_what_is_missing(tmp_path):
    (tmp_path / "photos").mkdir()
    told = [(problem.file, problem.what) for problem in load(tmp_path, {}).errors]
    assert told == [
        ("oncall.yaml", "the file is missing"),
        ("people.yaml", "there are no people"),
        ("teams", "there are no teams"),
    ]


def test_a_file_that_is_not_utf_8_costs_the_file_and_not_the_run(write):
    directory = write()
    (directory / "people.yaml").write_bytes("ana: {name: Añá}\n".encode("latin-1"))
    told = [str(problem) for problem in load(directory, {}).errors]
    assert any(line.startswith("people.yaml: error: the file is not UTF-8") for line in told)
    assert any(line.startswith("teams/ops.yaml:1: error: there is no person 'ana'") for line in told)


def test_a_doubled_problem_is_told_once(told):
    lines = told(teams__ops="timezone: Berlin\nmembers: [ana]\n")
    assert len(lines) == len(set(lines))


def test_the_settings_are_there_even_where_the_directory_is_refused(write):
    found = load(write(teams__ops="members: []\n", oncall="listen: 0.0.0.0:1\ndefaults: {fallback_team: ops}\n"), {})
    assert found.directory is None
    assert found.settings.listen == "0.0.0.0:1"
