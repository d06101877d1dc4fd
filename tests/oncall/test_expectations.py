"""Expectations of a team's pipeline: read with lines, held against the real path."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from oncall.expectations import compare, labels_of, read_expectations
from oncall.walk import Ask, Path, Walk
from routing.alert import Severity
from routing.matchers import MatcherError
from routing.owner import Ownership
from routing.severity import Graded

NINE = datetime(2026, 11, 20, 9, tzinfo=UTC)


def ask(person, step):
    return Ask(at=NINE, after=0, step=step, person=person, name=person, channel="sms", address="", reason="")


PATH = Path(
    labels={"service": "checkout"},
    at=NINE,
    severity=Graded(severity=Severity.CRITICAL, reason="because"),
    ownership=Ownership(team="payments", service="checkout", rule="service", reasons=("it is the service checkout",)),
    paging=True,
    walk=Walk(asks=(ask("", 1), ask("ana", 2), ask("ben", 2), ask("cai", 3))),
)


def differences(**wanted):
    text = "- {labels: {service: checkout}, " + ", ".join(f"{key}: {value}" for key, value in wanted.items()) + "}"
    ((expected,), problems) = read_expectations(text, "f")
    assert problems == ()
    return compare(expected, PATH).differences


def test_what_is_as_expected_has_no_differences():
    assert (
        differences(team="payments", service="checkout", rule="service", severity="critical", wakes="[ben, ana]") == ()
    )


@pytest.mark.parametrize(
    ("key", "value", "says"),
    [
        ("team", "data", "team: expected 'data', got 'payments'"),
        ("service", "''", "service: expected '', got 'checkout'"),
        ("rule", "fallback", "rule: expected 'fallback', got 'service'"),
        ("severity", "warning", "severity: expected 'warning', got 'critical'"),
        ("wakes", "[]", "wakes: expected nobody, got ana, ben"),
        ("wakes", "cai", "wakes: expected cai, got ana, ben"),
    ],
)
def test_a_difference_says_what_was_expected_what_came_and_why(key, value, says):
    assert differences(**{key: value}) == (says, "because it is the service checkout")


def test_labels_may_be_a_mapping_or_matchers():
    (one, two), _ = read_expectations(
        '- {labels: {a: 1, b: true}, team: x}\n- {labels: \'a="1", b="true"\', team: x}', "f"
    )
    assert one.labels == two.labels == {"a": "1", "b": "true"}


def test_only_equality_makes_a_label():
    with pytest.raises(MatcherError, match="an alert's label has a value"):
        labels_of('a=~"x"')


@pytest.mark.parametrize(
    ("text", "line", "what"),
    [
        ("- a\n", 1, "an expectation is no mapping"),
        ("\n- labels: {a: b}\n  tema: x\n  team: y\n", 3, "there is no key 'tema'"),
        ("- labels: {a: b}\n  at: now\n", 1, "nothing is expected"),
        ("- team: x\n", 1, "labels cannot be read"),
        ("- team: [\n", 2, "the file is not YAML"),
    ],
)
def test_a_fault_is_told_with_its_line(text, line, what):
    _, (problem, *_) = read_expectations(text, "f")
    assert problem.line == line
    assert what in problem.what
