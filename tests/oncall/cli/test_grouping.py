from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from oncall.cli.grouping import grouping
from oncall.cli.main import main

COMPANY = Path(__file__).parents[3] / "examples" / "company"


def line(name: str, service: str, minute: int, severity: str = "warning") -> str:
    return json.dumps(
        {
            "labels": {"alertname": name, "service": service, "severity": severity, "team": "shop"},
            "startsAt": f"2026-01-05T00:{minute:02}:00Z",
            "endsAt": f"2026-01-05T01:{minute:02}:00Z",
        }
    )


@pytest.fixture
def stream(tmp_path):
    file = tmp_path / "alerts.jsonl"
    lines = [line("Down", "cart", 1, "page"), line("Slow", "cart", 2), line("Full", "backup", 40, "page")]
    file.write_text("\n".join(lines) + "\n")
    return file


def test_replay_writes_one_line_per_alert_with_its_incident_and_reason(stream, tmp_path):
    out = tmp_path / "out.jsonl"
    result = CliRunner().invoke(grouping, ["replay", str(stream), "--out", str(out), "--json"])
    assert result.exit_code == 0, result.output
    assert json.loads(result.output)["alerts"] == 3
    found = [json.loads(text) for text in out.read_text().splitlines()]
    assert [f["index"] for f in found] == [0, 1, 2]
    assert found[0]["incident"] == found[1]["incident"] != found[2]["incident"]
    assert [f["paged"] for f in found] == [True, False, True]
    assert all(f["reason"] and f["held"] is False for f in found)


def test_replay_says_which_line_is_wrong(stream, tmp_path):
    stream.write_text(stream.read_text() + "{}\n")
    result = CliRunner().invoke(grouping, ["replay", str(stream), "--out", str(tmp_path / "o")])
    assert result.exit_code == 1
    assert f"{stream}:4" in result.output


def test_learn_asks_for_one_source(tmp_path):
    result = CliRunner().invoke(grouping, ["learn", "--config", str(tmp_path)])
    assert result.exit_code == 2
    assert "--from-prometheus or --from-file" in result.output


@pytest.mark.parametrize("given", ["history", "history=much", "=", "history=11", "history=-1"])
def test_a_backtest_says_which_setting_cannot_be_used(given, tmp_path):
    result = CliRunner().invoke(grouping, ["backtest", "--config", str(tmp_path), "--set", given])
    assert result.exit_code == 2
    assert "--set" in result.output


def test_what_is_known_of_an_empty_installation_is_said(tmp_path):
    env = {"ONCALL_DATA_DIR": str(tmp_path)}

    def run(*command: str) -> str:
        result = CliRunner().invoke(main, [*command, "--config", str(COMPANY)], env=env)
        assert result.exit_code == 0, result.output
        return result.output

    run("db", "upgrade")
    assert run("grouping", "model") == "The statistics judge alone: 0 of 1000 answers are there.\n"
    assert json.loads(run("grouping", "model", "--json"))["version"] is None
    assert "no alerts in these days" in run("grouping", "backtest", "--set", "history=1.2")
    assert "nothing to suggest from 0 alerts in 30 days" in run("grouping", "insights", "--days", "30")
    reverted = CliRunner().invoke(main, ["grouping", "model", "revert", "--config", str(COMPANY)], env=env)
    assert reverted.exit_code == 1
    assert "no model is in force" in reverted.output
    unknown = CliRunner().invoke(main, ["grouping", "backtest", "--set", "luck=1", "--config", str(COMPANY)], env=env)
    assert unknown.exit_code == 1
    assert "no signal is called 'luck'" in unknown.output
