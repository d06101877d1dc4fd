"""The example is what newcomers copy: it loads without a word of complaint."""

from __future__ import annotations

from pathlib import Path

from oncall.config import key_digest, load
from routing.escalation import ChannelTarget, RotationTarget

COMPANY = Path(__file__).parents[3] / "examples" / "company"


def test_the_example_has_no_problems():
    loaded = load(COMPANY, {})
    assert loaded.problems == ()
    assert loaded.directory is not None
    assert set(loaded.directory.teams) == {"payments", "platform", "storefront", "data"}


def test_everybody_is_reachable_without_any_provider():
    directory = load(COMPANY, {}).directory
    for person in directory.people.values():
        assert person.address("phone") == person.id
        assert person.address("email")
        assert person.important[0].channel == "phone"


def test_the_policy_says_what_the_file_says():
    policy = load(COMPANY, {}).directory.teams["payments"].policy
    assert policy.steps[0].targets == (RotationTarget(team="payments", schedule="primary"),)
    assert policy.steps[1].targets[1] == ChannelTarget(channel="#payments")
    assert (policy.repeats, policy.timezone) == (1, "Europe/Madrid")
    assert policy.steps[2].important is True
    assert policy.steps[0].important is None


def test_another_teams_rotation_is_named_with_a_slash():
    policy = load(COMPANY, {}).directory.teams["storefront"].policy
    assert policy.steps[2].targets[0] == RotationTarget(team="platform", schedule="primary")


def test_of_a_key_only_its_digest_is_kept():
    directory = load(COMPANY, {}).directory
    assert directory.integrations[0].key_sha256 == key_digest("demo-key-for-trying-out")
    assert "demo-key" not in repr(directory)


def test_calendars_are_named_by_absolute_paths():
    schedule = load(COMPANY, {}).directory.teams["payments"].schedules["primary"]
    assert schedule.sources[0].location == str(COMPANY / "calendars" / "payments-primary.ics")
    assert schedule.sources[0].timezone == "Europe/Madrid"
