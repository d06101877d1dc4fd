from __future__ import annotations

import pytest

from oncall.config import Change, ChangeKind, compare, load


@pytest.fixture
def changed(company):
    """What edits of the example company change: file, old text, new text."""

    def changes(*edits):
        before = load(company, {}).directory
        for file, old, new in edits:
            path = company / file
            text = path.read_text()
            assert old in text
            path.write_text(text.replace(old, new))
        after = load(company, {})
        assert after.errors == ()
        return [str(change) for change in compare(before, after.directory)]

    return changes


def test_the_same_files_change_nothing(changed):
    assert changed() == []


def test_moving_lines_changes_nothing(changed):
    assert changed(("catalog/services.yaml", "checkout:", "\n\n\ncheckout:"), ("people.yaml", "ben:", "\nben:")) == []


def test_moving_an_ownership_rule_down_the_file_changes_nothing(company):
    path = company / "oncall.yaml"
    rule = "ownership: [{match: 'alertname=~\"Kube.*\"', team: platform}]\n"
    text = path.read_text()
    path.write_text(text + rule)
    before = load(company, {}).directory
    path.write_text(text + "\n\n" + rule)
    assert compare(before, load(company, {}).directory) == ()


def test_each_kind_of_thing_is_told_with_the_fields_that_differ_and_no_values(changed):
    told = changed(
        ("people.yaml", "ana@shop.example", "ana.ruiz@shop.example"),
        ("teams/payments.yaml", "repeat: 1", "repeat: 2"),
        ("catalog/services.yaml", "tier: 3", "tier: 2"),
        ("integrations.yaml", "demo-key-for-trying-out", "another-key-for-trying-out"),
        ("oncall.yaml", "fallback_team: platform", "fallback_team: payments"),
        ("oncall.yaml", "listen:", "ownership: [{label: squad}]\nlisten:"),
    )
    assert told == [
        "defaults changed (fallback_team)",
        "integration production changed (key_sha256)",
        "ownership changed (rules)",
        "person ana changed (email, methods)",
        "service warehouse changed (tier)",
        "team payments changed (policy)",
    ]


def test_what_came_and_what_went(changed):
    assert changed(("catalog/services.yaml", "\nwarehouse:", "\nlake:")) == [
        "service lake added",
        "service warehouse removed",
    ]


def test_a_change_is_a_value_for_the_audit_log():
    change = Change(what="team", id="ops", kind=ChangeKind.CHANGED, fields=("members", "policy"))
    assert str(change) == "team ops changed (members, policy)"
