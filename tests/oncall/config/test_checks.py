from __future__ import annotations

from datetime import date

import pytest

from oncall.checks import Level
from oncall.config import load

CHECKS = """
checks:
  custom:
    - {name: chat, title: has a chat channel, level: 1, expect: 'has_tool("chat")', applies: "tier == 1"}
    - {name: backup}
  due: {runbook: 2027-03-01, backup: 2027-01-31}
"""


def extended(company, text):
    path = company / "oncall.yaml"
    path.write_text(path.read_text() + text)
    return load(company, {})


def test_own_checks_and_their_days_are_read(company):
    directory = extended(company, CHECKS).directory
    chat, backup = directory.checks
    assert (chat.title, chat.level, chat.expect, chat.applies) == (
        "has a chat channel",
        Level.COVERED,
        'has_tool("chat")',
        "tier == 1",
    )
    assert (backup.title, backup.level, backup.expect) == ("backup", Level.EQUIPPED, "")
    assert directory.checks_due == {"runbook": date(2027, 3, 1), "backup": date(2027, 1, 31)}


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("custom: [{title: x}]", "name is missing"),
        ("custom: [{name: owner}]", "name stands twice: owner"),
        ("custom: [{name: a, expect: 'tear == 1'}]", "expect cannot be used"),
        ("custom: [{name: a, applies: '('}]", "applies cannot be used"),
        ("custom: [{name: a, level: 4}]", "level is 4"),
        ("due: {runbok: 2027-03-01}", "there is no check 'runbok'"),
        ("due: {runbook: soon}", "runbook is 'soon'"),
    ],
)
def test_a_mistake_is_told_with_its_line(company, text, says):
    lines = len((company / "oncall.yaml").read_text().splitlines())
    (problem,) = extended(company, f"checks:\n  {text}\n").errors
    assert says in problem.what
    assert problem.line == lines + 2
