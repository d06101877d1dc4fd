"""`oncall route` at the command line, on the example company's files."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from oncall.cli.main import main

COMPANY = str(Path(__file__).parents[3] / "examples" / "company")


def run(*args):
    return CliRunner().invoke(main, ["route", *args])


def explain(*args):
    return run("explain", "--config", COMPANY, "--offline", *args)


def test_the_whole_path_is_printed():
    result = explain("severity=critical", "service=checkout", "--at", "Sat 03:00")
    assert result.exit_code == 0
    lines = result.output.splitlines()
    assert lines[0] == 'severity   critical: severity="critical"'
    assert lines[1].startswith('owner      payments: service="checkout" is the service checkout, owned by payments')
    assert "catalog/services.yaml:" in lines[1]
    assert any("+0 min  step 1" in line and "on call for payments/primary" in line for line in lines)
    assert "03:00 Europe/Madrid" in result.output
    assert lines[-1].endswith("the policy is exhausted: the fallback team platform is told")


def test_what_was_tried_before_is_printed():
    result = explain("team=nobody", "job=node-exporter", "namespace=kafka")
    assert 'before: label team="nobody": no such team' in result.output
    assert "owner      data" in result.output


def test_json_says_the_same():
    answer = json.loads(explain("severity=critical", "service=checkout", "--json").stdout)
    assert answer["path"]["ownership"]["team"] == "payments"
    assert answer["path"]["walk"]["asks"][0]["after"] == 0


@pytest.mark.parametrize(
    "args", [("service",), ("=x",), ('a="x',), ("a=b", "--at", "soon"), ("a=b", "--timezone", "Mars/1")]
)
def test_what_cannot_be_read_says_how_to_write_it(args):
    result = explain(*args)
    assert result.exit_code == 2
    assert "Error" in result.output


def expectations(tmp_path, text):
    path = tmp_path / "routes.yaml"
    path.write_text(text)
    return str(path)


def test_expectations_that_hold_exit_with_0(tmp_path):
    file = expectations(
        tmp_path, "- {labels: {service: checkout, severity: critical}, team: payments, rule: service}\n"
    )
    result = run("test", "--config", COMPANY, file)
    assert result.exit_code == 0
    assert "1 of 1 as expected." in result.output


def test_a_difference_exits_with_1_and_names_the_line(tmp_path):
    text = "- {labels: {service: checkout}, team: payments}\n- {labels: {service: web}, team: payments}\n"
    result = run("test", "--config", COMPANY, expectations(tmp_path, text))
    assert result.exit_code == 1
    assert "routes.yaml:2: differs: service=web" in result.output
    assert "team: expected 'payments', got 'storefront'" in result.output
    answer = json.loads(run("test", "--json", "--config", COMPANY, expectations(tmp_path, text)).stdout)
    assert answer["failed"] == 1


def test_who_is_woken_is_held_against_the_calendar(tmp_path):
    asks = json.loads(explain("severity=critical", "service=checkout", "--at", "Sat 03:00", "--json").stdout)
    woken = asks["path"]["walk"]["asks"][0]["person"]
    labels = "labels: {service: checkout, severity: critical}, at: Sat 03:00"
    assert run("test", "--config", COMPANY, expectations(tmp_path, f"- {{{labels}, wakes: [{woken}]}}")).exit_code == 0
    assert run("test", "--config", COMPANY, expectations(tmp_path, f"- {{{labels}, wakes: []}}")).exit_code == 1


def test_a_file_that_cannot_be_read_exits_with_2(tmp_path):
    result = run("test", "--config", COMPANY, expectations(tmp_path, "- {labels: {a: b}, tema: x}\n"))
    assert result.exit_code == 2
    assert "there is no key 'tema'" in result.output
