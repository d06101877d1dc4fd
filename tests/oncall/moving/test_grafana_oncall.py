"""A company that Grafana OnCall served comes over whole: what has a counterpart is written, what has none is said."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import msgspec
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from oncall.config import load
from oncall.moving.grafana_oncall import Dump, company
from oncall.moving.grafana_oncall_policy import Names, Policy, steps_of
from oncall.moving.grafana_oncall_rules import Rule, contact_rules
from schedules.identity import identity
from schedules.reading import read

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
NAMES = Names(people={"U1": "ana", "U2": "ben"}, teams={"T1": "payments"}, schedules={"S1": "primary"})


def dump(**more) -> Dump:
    """Two people of one team, a rotation kept over there, one read from a calendar, and a chain."""
    found = {
        "users": [
            {"id": "U1", "username": "ana", "email": "ana@shop.example", "slack": [{"user_id": "U0ANA", "team_id": "T"}]},
            {"id": "U2", "username": "Ben.O'Neil", "email": "ben@shop.example", "slack": []},
        ],
        "teams": [{"id": "T1", "name": "Payments", "email": ""}],
        "schedules": [
            {"id": "S1", "name": "Primary", "type": "web", "team_id": "T1"},
            {"id": "S2", "name": "Night shift", "type": "ical", "team_id": "T1",
             "ical_url_primary": "https://cal.example/n.ics", "ical_url_overrides": "https://cal.example/o.ics"},
        ],
        "shifts": {
            "S1": [
                {"user_pk": "U1", "shift_start": "2026-03-02T09:00:00Z", "shift_end": "2026-03-09T09:00:00Z"},
                {"user_pk": "U2", "shift_start": "2026-03-09T09:00:00Z", "shift_end": "2026-03-16T09:00:00Z"},
            ]
        },
        "escalation_chains": [{"id": "C1", "name": "default", "team_id": "T1"}],
        "escalation_policies": [
            {"escalation_chain_id": "C1", "position": 0, "type": "notify_on_call_from_schedule",
             "notify_on_call_from_schedule": "S1", "important": True},
            {"escalation_chain_id": "C1", "position": 1, "type": "wait", "duration": 300},
            {"escalation_chain_id": "C1", "position": 2, "type": "notify_persons", "persons_to_notify": ["U2"]},
        ],
        "integrations": [{"id": "I1", "name": "Prod", "type": "alertmanager", "default_route": {"escalation_chain_id": "C1"}}],
    }  # fmt: skip
    return msgspec.convert(found | more, Dump)


def written(one: Dump, folder):
    """The directory, as an engine loads it."""
    made = company(one, new_key=lambda: "k" * 48, made_at=NOW)
    made.write(folder)
    return made, load(folder, {})


def test_what_is_written_is_a_directory_that_an_engine_takes(tmp_path):
    _, loaded = written(dump(), tmp_path)
    assert loaded.directory is not None, loaded.problems
    assert not loaded.errors
    payments = loaded.directory.teams["payments"]
    assert set(payments.members) == {"ana", "ben.o-neil"}
    assert {step.wait for step in payments.policy.steps[:1]} == {timedelta(minutes=5)}


def test_a_rotation_kept_over_there_is_written_out_shift_by_shift(tmp_path):
    made, _ = written(dump(), tmp_path)
    body = made.files["calendars/payments-primary.ics"]
    found = read(body, (NOW, NOW + timedelta(days=14)), identity=identity())
    assert [[who.person for who in segment.on_call] for segment in found.segments if segment.on_call] == [
        ["ana"],
        ["ben.o-neil"],
    ]
    assert any("it ends on 16 Mar 2026" in note for note in made.notes)


def test_a_rotation_read_from_a_calendar_goes_on_being_read_there(tmp_path):
    made, _ = written(dump(), tmp_path)
    assert yaml.safe_load(made.files["teams/payments.yaml"])["schedules"]["night-shift"] == [
        {"url": "https://cal.example/n.ics"},
        {"url": "https://cal.example/o.ics", "override": True},
    ]


def test_an_alertmanager_gets_an_address_and_the_team_its_alerts_went_to(tmp_path):
    made, _ = written(dump(), tmp_path)
    assert yaml.safe_load(made.files["integrations.yaml"]) == {"prod": {"key": "k" * 48, "fallback_team": "payments"}}


def test_a_source_that_is_no_alertmanager_is_said(tmp_path):
    made, loaded = written(dump(integrations=[{"id": "I", "name": "Zabbix prod", "type": "zabbix"}]), tmp_path)
    assert any("Zabbix prod posts as 'zabbix'" in note for note in made.notes)
    assert loaded.directory.integrations


def test_the_chain_that_most_routes_lead_to_is_the_teams_and_each_other_becomes_a_team(tmp_path):
    chains = [{"id": "C1", "name": "default", "team_id": "T1"}, {"id": "C2", "name": "Nights only", "team_id": "T1"}]
    policies = [
        {"escalation_chain_id": "C1", "type": "notify_persons", "persons_to_notify": ["U1"]},
        {"escalation_chain_id": "C2", "type": "notify_on_call_from_schedule", "notify_on_call_from_schedule": "S1"},
    ]
    routes = [{"integration_id": "I1", "escalation_chain_id": "C2", "routing_regex": f"night{n}"} for n in range(2)]
    made, loaded = written(dump(escalation_chains=chains, escalation_policies=policies, routes=routes), tmp_path)
    assert not loaded.errors
    assert yaml.safe_load(made.files["teams/payments.yaml"])["escalation"]["steps"] == [
        {"notify": [{"schedule": "primary"}]}
    ]
    assert yaml.safe_load(made.files["teams/payments-default.yaml"])["escalation"]["steps"] == [
        {"notify": [{"person": "ana"}]}
    ]
    assert any("'night0'" in note and "ownership" in note for note in made.notes)


def test_what_belongs_to_no_team_comes_to_one_of_its_own(tmp_path):
    chains = [{"id": "C1", "name": "default", "team_id": None}]
    _, loaded = written(dump(escalation_chains=chains, teams=[], schedules=[], shifts={}), tmp_path)
    assert not loaded.errors, loaded.problems
    assert loaded.directory.teams["general"].members == ("ben.o-neil",)


def test_two_people_whose_names_are_written_alike_stay_two(tmp_path):
    users = [{"id": "U1", "username": "Ana Ruiz"}, {"id": "U2", "username": "ana-ruiz"}]
    made, loaded = written(dump(users=users), tmp_path)
    assert not loaded.errors, loaded.problems
    assert set(yaml.safe_load(made.files["people.yaml"])) == {"ana-ruiz", "ana-ruiz-2"}


def test_an_empty_grafana_makes_a_directory_that_says_what_it_lacks(tmp_path):
    made, loaded = written(Dump(), tmp_path)
    assert made.files["integrations.yaml"]
    assert all(problem.file and problem.mend for problem in loaded.errors)
    assert any("nobody is known to belong to it" in note for note in made.notes)


# -- steps -------------------------------------------------------------------------------------------------------------


def policies(*steps: dict) -> list[Policy]:
    return [Policy(escalation_chain_id="C", position=n, **step) for n, step in enumerate(steps)]


SCHEDULE = {"type": "notify_on_call_from_schedule", "notify_on_call_from_schedule": "S1"}
ANA = {"type": "notify_persons", "persons_to_notify": ["U1"]}


def test_who_is_notified_at_once_is_asked_in_one_step():
    found = steps_of(
        policies(
            SCHEDULE, ANA, {"type": "wait", "duration": 900}, {"type": "notify_team_members", "team_to_notify": "T1"}
        ),
        NAMES,
    )
    assert found.steps == [
        {"notify": [{"schedule": "primary"}, {"person": "ana"}], "wait": "15m"},
        {"notify": [{"team": "payments"}]},
    ]


def test_waits_that_follow_one_another_add_up():
    found = steps_of(
        policies(ANA, {"type": "wait", "duration": 60}, {"type": "wait", "duration": 300}, SCHEDULE), NAMES
    )
    assert found.steps[0]["wait"] == "6m"


def test_one_after_the_other_is_a_round_robin_and_never_one_step_with_others():
    turns = {"type": "notify_person_next_each_time", "persons_to_notify_next_each_time": ["U1", "U2"]}
    found = steps_of(policies(SCHEDULE, turns), NAMES)
    assert found.steps == [
        {"notify": [{"schedule": "primary"}], "wait": "1s"},
        {"notify": [{"person": "ana"}, {"person": "ben"}], "round_robin": True},
    ]


def test_hours_hold_for_the_steps_below_them():
    hours = {"type": "notify_if_time_from_to", "notify_if_time_from": "09:00:00Z", "notify_if_time_to": "18:00:00Z"}
    found = steps_of(policies(SCHEDULE, {"type": "wait", "duration": 300}, hours, ANA), NAMES)
    assert "when" not in found.steps[0]
    assert found.steps[1]["when"] == {"hours": "09:00-18:00"}
    assert any("09:00-18:00 UTC" in what for what in found.left_out)


def test_a_repeat_repeats_as_often_as_over_there():
    assert steps_of(policies(ANA, {"type": "repeat_escalation"}), NAMES).repeat == 5


@pytest.mark.parametrize(
    "kind", ["notify_user_group", "notify_whole_channel", "trigger_webhook", "resolve", "declare_incident",
             "notify_if_num_alerts_in_window", "something_new"]
)  # fmt: skip
def test_a_step_without_a_counterpart_is_left_out_and_said(kind):
    found = steps_of(policies(ANA, {"type": kind}), NAMES)
    assert found.steps == [{"notify": [{"person": "ana"}]}]
    assert len(found.left_out) == 1


STEP = st.sampled_from([SCHEDULE, ANA, {"type": "wait", "duration": 60}, {"type": "resolve"}, {"type": None},
                        {"type": "notify_persons", "persons_to_notify": ["gone"]}])  # fmt: skip


@given(st.lists(STEP, max_size=12))
def test_nobody_who_was_asked_is_forgotten_and_the_order_stays(chain):
    found = steps_of(policies(*chain), NAMES)
    asked = [target for step in found.steps for target in step["notify"]]
    wanted = [
        {"schedule": "primary"} if one is SCHEDULE else {"person": "ana"} for one in chain if one in (SCHEDULE, ANA)
    ]
    assert [one for n, one in enumerate(asked) if one not in asked[:n]] == [
        one for n, one in enumerate(wanted) if one not in wanted[:n]
    ]
    assert all("wait" in step for step in found.steps[:-1])


# -- contact rules -----------------------------------------------------------------------------------------------------


def rules(*kinds: str | int) -> list[Rule]:
    return [
        Rule(user_id="U1", position=n, type="wait", duration=kind) if isinstance(kind, int) else Rule("U1", kind, n)
        for n, kind in enumerate(kinds)
    ]


def test_waits_count_from_the_begin_of_the_page():
    found, left = contact_rules(rules("notify_by_slack", 60, 120, "notify_by_email"), has_email=True, has_slack=True)
    assert found == [{"via": "slack"}, {"via": "email", "after": "180s"}]
    assert not left


def test_texts_and_calls_wait_for_a_number_that_nobody_gives_out():
    found, left = contact_rules(rules(60, "notify_by_sms", "notify_by_phone_call"), has_email=True, has_slack=True)
    assert found == []
    assert left == [
        "add `mobile` and then the rule {via: sms, after: 60s}",
        "add `mobile` and then the rule {via: voice, after: 60s}",
    ]


def test_a_push_to_the_app_has_no_counterpart():
    _, (left,) = contact_rules(rules("notify_by_mobile_app_critical"), has_email=True, has_slack=True)
    assert "ntfy and Pushover" in left
