from __future__ import annotations

from datetime import timedelta

import pytest

from routing.alert import Severity
from routing.escalation import ChannelTarget, Condition, PersonTarget, RotationTarget, TeamTarget


def policy(loaded, text):
    return loaded(teams__ops=written(text)).teams["ops"].policy


def written(text):
    return f"members: [ana]\nschedules: {{primary: {{file: ops.ics, role: lead}}}}\nescalation:\n{text}"


def test_each_kind_of_target_is_read(loaded):
    steps = policy(
        loaded,
        "  steps:\n    - notify: [{schedule: primary, role: lead}, {schedule: ops/primary}]\n"
        "    - notify: [{person: ana}, {team: ops}, {slack: '#ops'}]\n",
    ).steps
    assert steps[0].targets == (
        RotationTarget(team="ops", schedule="primary", role="lead"),
        RotationTarget(team="ops", schedule="primary"),
    )
    assert steps[1].targets == (PersonTarget(person="ana"), TeamTarget(team="ops"), ChannelTarget(channel="#ops"))


def test_one_target_needs_no_list(loaded):
    assert policy(loaded, "  steps:\n    - notify: {person: ana}\n").steps[0].targets == (PersonTarget(person="ana"),)


def test_a_step_that_says_nothing_more_waits_five_minutes_and_asks_everybody(loaded):
    (step,) = policy(loaded, "  steps: [{notify: {person: ana}}]\n").steps
    assert (step.wait, step.round_robin, step.important, step.when) == (timedelta(minutes=5), False, None, None)


def test_a_step_may_say_more(loaded):
    found = policy(
        loaded,
        "  repeat: 3\n  steps:\n    - notify: {team: ops}\n      wait: 90s\n      round_robin: true\n"
        "      important: false\n      when: {severity: [critical, warning], days: [mon-wed, sun], hours: 22:00-06:00}\n"
        "    - notify: {person: ana}\n",
    )
    assert found.repeats == 3
    assert (found.steps[0].wait, found.steps[0].round_robin, found.steps[0].important) == (
        timedelta(seconds=90),
        True,
        False,
    )
    assert found.steps[0].when == Condition(
        severities=(Severity.CRITICAL, Severity.WARNING), weekdays=(1, 2, 3, 7), since=1320, until=360
    )


@pytest.mark.parametrize(
    ("step", "says"),
    [
        ("{notify: {}}", "names nobody"),
        ("{notify: {person: ana, team: ops}}", "names person and team"),
        ("{notify: {person: ana, role: lead}}", "role makes no sense with person"),
        ("{notify: {schedule: ops/secondary}}", "team ops has no schedule 'secondary'"),
        ("{notify: {schedule: obs/primary}}", "there is no team 'obs'"),
        ("{notify: ana}", "target 1 is 'ana'"),
        ("{notify: {person: ana}, wait: -5m}", "wait is '-5m'"),
        ("{notify: {person: ana}, when: {severity: loud}}", "there is no severity 'loud'"),
        ("{notify: {person: ana}, when: {days: monday}}", "there is no day 'monday'"),
        ("{notify: {person: ana}, when: {hours: nine to five}}", "hours is 'nine to five'"),
        ("{wait: 5m}", "step 1 asks nobody"),
    ],
)
def test_a_step_that_cannot_work_is_told_with_its_line(told, step, says):
    lines = told(teams__ops=written(f"  steps:\n    - {step}\n"))
    assert [line for line in lines if says in line and line.startswith("teams/ops.yaml:5: error: ")]


def test_a_policy_with_only_conditions_leaves_hours_without_anybody(told):
    lines = told(teams__ops=written("  steps: [{notify: {person: ana}, when: {days: mon-fri}}]\n"))
    assert [line for line in lines if "every step has a condition" in line and "warning" in line]


def test_a_role_may_come_from_the_calendars_text(loaded):
    text = written("  steps: [{notify: {schedule: primary, role: anything}}]\n")
    text = text.replace("role: lead", "identity: {pattern: '(?P<role>\\w+) (?P<name>.+)'}")
    assert loaded(teams__ops=text).teams["ops"].policy.steps[0].targets[0].role == "anything"


def test_rules_are_measured_against_steps_that_reach_the_person_only(told):
    ben = "ben: {name: Ben, email: ben@shop.example, role: admin, important: [{via: email, after: 30m}]}\n"
    ana = "ana: {name: Ana Ruiz, email: ana@shop.example}\n"
    assert told(people=ana + ben) == []
    asked = told(people=ana + ben, teams__ops=written("  steps: [{notify: {person: ben}}]\n"))
    assert len(asked) == 1
    assert "ben is asked by email after 30m, but step 1 of ops waits only 5m" in asked[0]


def test_forty_teams_that_all_hand_on_to_all_are_told_within_reason(told):
    steps = "members: [ana]\nschedules: {{primary: {{file: ops.ics}}}}\nescalation: {{steps: [{{notify: [{}]}}]}}\n"
    every = ", ".join(f"{{team: t{number:02}}}" for number in range(40))
    lines = told(**{f"teams__t{number:02}": steps.format(every) for number in range(40)})
    assert 0 < len([line for line in lines if "in a ring" in line]) <= 80
