from __future__ import annotations

import pytest

from grouping.kinds import Kind, kind_of, stable_part
from grouping.rows import Changes
from grouping.settings import KindRule, Settings
from grouping.volatility import DAY, Volatility


@pytest.fixture
def volatility() -> Volatility:
    return Volatility(Changes())


@pytest.mark.parametrize(
    ("labels", "kind"),
    [
        (
            {"alertname": "Slow", "service": "cart", "cluster": "eu1", "severity": "page", "team": "shop"},
            Kind("Slow", "cart", "eu1"),
        ),
        ({"alertname": "cart:Slow", "namespace": "shop", "cluster": "eu1"}, Kind("Slow", "cart", "eu1")),
        (
            {"alertname": "CrashLoop", "namespace": "shop", "pod": "cart-api-7d9f8b6c5d-x2x9q", "job": "kube-state"},
            Kind("CrashLoop", "cart-api", ""),
        ),
        (
            {"alertname": "NotReady", "instance": "node-eu1-04", "cluster": "eu1"},
            Kind("NotReady", "node-eu1-04", "eu1"),
        ),
        ({"alertname": "Down", "instance": "10.2.3.4:9100", "job": "exporter"}, Kind("Down", "exporter", "")),
        ({"alertname": "Odd", "shelf": "7b", "aisle": "x"}, Kind("Odd", "aisle=x/shelf=7b", "")),
        ({"alertname": "Watchdog"}, Kind("Watchdog", "", "")),
        ({}, Kind("", "", "")),
    ],
)
def test_a_kind_is_the_rule_and_the_thing_without_what_changes_each_time(labels, kind, volatility):
    assert kind_of(labels, volatility) == kind


def test_a_new_pod_or_owner_is_the_same_kind(volatility):
    before = {"alertname": "OOM", "service": "cart", "pod": "cart-6f9c-11aa2", "team": "shop"}
    after = {"alertname": "OOM", "service": "cart", "pod": "cart-8d2e-9bb31", "team": "retail"}
    assert kind_of(before, volatility) == kind_of(after, volatility)


@pytest.mark.parametrize(
    ("value", "stays"),
    [
        ("cart-redis-3f96747c-24f0", "cart-redis"),
        ("cart-7d9f8b6c5d-x2x9q", "cart"),
        ("fluentd-bxkqz", "fluentd"),
        ("kafka-2", "kafka"),
        ("front-end", "front-end"),
        ("orders-redis", "orders-redis"),
        ("3f2504e0-4f89-11d3-9a0c-0305e82c3301", ""),
        ("10.0.0.7", ""),
    ],
)
def test_the_stable_part_of_a_value_leaves_out_what_was_drawn(value, stays):
    assert stable_part(value) == stays


def test_a_label_whose_values_never_come_back_stops_naming_the_thing(volatility):
    """Here `host` is an autoscaled machine's random name, which no shape gives away."""
    for n in range(400):
        volatility.learn("Full", {"host": f"machine{n}", "job": "disk"}, at=n * DAY / 20)
    assert kind_of({"alertname": "Full", "host": "machine9999", "job": "disk"}, volatility) == Kind("Full", "disk", "")


def test_a_label_whose_values_come_back_keeps_naming_the_thing(volatility):
    for n in range(400):
        volatility.learn("Full", {"host": f"machine{n % 40}", "job": "disk"}, at=n * DAY / 20)
    assert kind_of({"alertname": "Full", "host": "machine7", "job": "disk"}, volatility).thing == "machine7"


def test_what_was_learned_of_labels_survives_a_restart():
    changes = Changes()
    before = Volatility(changes)
    for n in range(400):
        before.learn("Full", {"host": f"machine{n}", "job": "disk"}, at=n * DAY / 20)
    after = Volatility(Changes())
    for table, key in changes.take():
        value = before.row(table, key)
        if value is not None:
            after.load(table, key, value)
    assert after.is_volatile("Full", "host")
    assert not after.is_volatile("Full", "job")


def test_a_declared_override_decides_what_a_kind_is(volatility):
    declared = (KindRule(match={"job": "batch"}, thing=("pipeline",), scope=("site",)),)
    labels = {"alertname": "Late", "job": "batch", "pipeline": "invoices", "site": "vie", "service": "x"}
    assert kind_of(labels, volatility, Settings(kinds=declared)) == Kind("Late", "invoices", "vie")


def test_a_declared_volatile_label_names_nothing(volatility):
    declared = (KindRule(volatile=("service",)),)
    labels = {"alertname": "Late", "service": "run-17", "job": "batch"}
    assert kind_of(labels, volatility, Settings(kinds=declared)).thing == "batch"


def test_a_kind_reads_like_a_sentence():
    assert Kind("Slow", "cart", "eu1").readable == "Slow of cart in eu1"
    assert Kind("Watchdog", "", "").readable == "Watchdog"
