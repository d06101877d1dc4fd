from __future__ import annotations

from datetime import timedelta

import pytest

from oncall.config import key_digest, load
from oncall.directory import Heartbeat

KEY = "a-key-that-is-long-enough"


def test_a_key_may_stand_in_the_file_in_the_environment_or_as_a_digest(write):
    directory = write(
        integrations=f"a: {{key: {KEY}-a}}\nb: {{key_env: AM_KEY}}\nc: {{key_sha256: {key_digest(KEY).upper()}}}\n"
    )
    found = load(directory, {"AM_KEY": f"{KEY}-b"}).directory.integrations
    assert [i.key_sha256 for i in found] == [key_digest(f"{KEY}-a"), key_digest(f"{KEY}-b"), key_digest(KEY)]


def test_a_heartbeat_has_a_team_even_where_none_is_named(loaded):
    (found,) = loaded(integrations=f"main: {{key: {KEY}, heartbeat: {{every: 2m}}}}\n").integrations
    assert found.heartbeat == Heartbeat(alertname="Watchdog", every=timedelta(minutes=2), team="ops")


def test_a_source_may_have_a_fallback_team_of_its_own(loaded):
    (found,) = loaded(integrations=f"main: {{key: {KEY}, fallback_team: ops}}\n").integrations
    assert (found.fallback_team, found.source) == ("ops", "alertmanager")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("{}", "has no key"),
        (f"{{key: {KEY}, key_env: X}}", "has key and key_env"),
        ("{key: 9123456789012345}", "not a text"),
        ("{key: 'with spaces in it, long'}", "characters that an address cannot hold"),
        ("{key_sha256: abc}", "is no SHA-256"),
        ("{key_env: ONCALL_KEY}", "Choose a name that does not begin with ONCALL_"),
        ("{key_env: AM_KEY}", "names AM_KEY, which is not set"),
        (f"{{key: {KEY}, heartbeat: {{every: 1s}}}}", "every is too short"),
        (f"{{key: {KEY}, heartbeat: {{team: obs}}}}", "the heartbeat's team, 'obs', does not exist"),
        (f"{{key: {KEY}, fallback_team: obs}}", "main's fallback team, 'obs', does not exist"),
        (f"{{key: {KEY}, sources: x}}", "there is no key 'sources'"),
        (f"{{key: {KEY}, source: alertmanger}}", "source names no source: 'alertmanger'"),
    ],
)
def test_an_integration_that_cannot_work_is_told_and_its_key_is_not(told, text, says):
    lines = told(integrations=f"main: {text}\n")
    assert [line for line in lines if says in line and line.startswith("integrations.yaml:1: error: ")]
    assert KEY not in "".join(lines)


def test_a_directory_that_takes_in_nothing_is_worth_a_warning(write):
    directory = write()
    (directory / "integrations.yaml").unlink()
    (problem,) = load(directory, {}).problems
    assert str(problem).startswith("integrations.yaml: warning: nobody may post alerts")
