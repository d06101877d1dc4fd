"""What past alerts suggest about the rules: numbers and a diff, and nothing where the numbers are thin."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from grouping.past import Past, expression, occurrence, wilson_low
from grouping.suggesting import Asked, answer
from grouping.suggesting import Past as PastAlert
from grouping.suggestions import About, suggest
from tests.grouping.world import START

DAY = 86400.0
PROMETHEUS = "https://prometheus.example/graph?g0.expr=rate%28errors%5B5m%5D%29+%3E+1&g0.tab=1"


class History:
    """Alerts on many days, and quiet between them."""

    def __init__(self) -> None:
        self.alerts: list[dict] = []

    def fire(self, name: str, service: str, at: float, *, severity: str = "warning", **labels: str) -> None:
        labels = {"alertname": name, "service": service, "severity": severity, "cluster": "eu1", **labels}
        self.alerts.append({"labels": labels, "at": at, "pages": severity == "critical", "query_url": PROMETHEUS})

    def found(self, acted_alone=(), about: About | None = None):
        past = Past(
            occurrence(i, a["labels"], a["at"], pages=a["pages"], query_url=a["query_url"])
            for i, a in enumerate(self.alerts)
        )
        every = [found.suggestion for found in suggest(past, acted_alone)]
        return [one for one in every if about in (None, one.about)]


@pytest.fixture
def history() -> History:
    found = History()
    for day in range(60):  # the noise that chance is judged by
        found.fire("DiskFull", "backup", day * DAY + 50_000)
    return found


def test_a_warning_that_always_follows_a_page_is_redundant_with_numbers_and_an_inhibition(history):
    for day in range(12):
        for service, later in (("cart", 0), ("mail", 30_000)):
            history.fire("BudgetBurn", service, day * 3 * DAY + later, severity="critical")
            history.fire("TrafficDrop", service, day * 3 * DAY + later + 45)
    (found,) = history.found(about=About.REDUNDANT)
    assert (found.alerts, found.page, found.together, found.episodes) == (("TrafficDrop",), "BudgetBurn", 24, 24)
    assert "TrafficDrop came with BudgetBurn of the same thing 24 of 24 times" in found.sentence
    assert "source_matchers: ['alertname=\"BudgetBurn\"']" in found.diff
    assert "target_matchers: ['alertname=\"TrafficDrop\"']" in found.diff
    assert "equal: [cluster, service]" in found.diff


def test_of_two_things_the_inhibition_names_both(history):
    for day in range(12):
        history.fire("NodeDown", "node-7", day * 3 * DAY, severity="critical")
        history.fire("PodNotReady", "cart", day * 3 * DAY + 100)
    (found,) = history.found(about=About.REDUNDANT)
    assert "PodNotReady of cart in eu1 came with NodeDown of node-7 in eu1 12 of 12 times" in found.sentence
    assert "'service=\"node-7\"'" in found.diff
    assert "'service=\"cart\"'" in found.diff
    assert "equal" not in found.diff


def test_a_warning_that_is_the_first_to_tell_is_not_redundant_but_an_early_sign(history):
    for day in range(12):
        history.fire("QueueGrows", "cart", day * 3 * DAY)
        history.fire("BudgetBurn", "cart", day * 3 * DAY + 600, severity="critical")
    (found,) = history.found()
    assert found.about is About.LEADS
    assert found.lead_seconds == 600
    assert "QueueGrows was followed by BudgetBurn of the same thing 12 of 12 times (precision 100%)" in found.sentence
    assert "10 min later" in found.sentence
    assert "-        severity: warning\n+        severity: critical" in found.diff
    assert "expr: rate(errors[5m]) > 1" in found.diff


def test_a_warning_that_somebody_acted_on_alone_is_not_redundant(history):
    for day in range(12):
        history.fire("BudgetBurn", "cart", day * 3 * DAY, severity="critical")
        history.fire("TrafficDrop", "cart", day * 3 * DAY + 45)
    assert history.found(about=About.REDUNDANT)
    assert not history.found(["TrafficDrop of cart in eu1"], about=About.REDUNDANT)


def test_a_warning_that_often_comes_alone_is_not_redundant(history):
    for day in range(20):
        history.fire("TrafficDrop", "cart", day * 3 * DAY + 45)
        if day % 3 == 0:
            history.fire("BudgetBurn", "cart", day * 3 * DAY, severity="critical")
    assert not history.found()


def test_what_chance_explains_is_not_said(history):
    for quarter in range(6 * 96 * 10):  # a page that always fires
        history.fire("AlwaysOn", "cart", quarter * 900.0, severity="critical", pod=f"p{quarter}")
    for day in range(12):
        history.fire("TrafficDrop", "cart", day * 3 * DAY + 45)
    assert not history.found(about=About.REDUNDANT)
    assert not history.found(about=About.LEADS)


def test_a_few_cases_are_not_enough(history):
    for day in range(4):
        history.fire("BudgetBurn", "cart", day * 3 * DAY, severity="critical")
        history.fire("TrafficDrop", "cart", day * 3 * DAY + 45)
    assert not history.found()


def test_rules_that_always_begin_together_are_a_family_and_the_diff_joins_their_expressions(history):
    for day in range(14):
        for place, rule in enumerate(("ConnectionsHigh", "SlowQueries", "WaitsLong")):
            history.fire(rule, "orders-db", day * 3 * DAY + 20 * place)
    (found,) = history.found(about=About.FAMILY)
    assert found.alerts == ("ConnectionsHigh", "SlowQueries", "WaitsLong")
    assert "ConnectionsHigh, SlowQueries and WaitsLong of the same thing began within five minutes" in found.sentence
    assert found.diff.count("-    - alert: ") == 3
    assert found.diff.count("or (rate(errors[5m]) > 1)") == 2


def test_rules_of_which_one_often_comes_alone_are_no_family(history):
    for day in range(14):
        history.fire("ConnectionsHigh", "orders-db", day * 3 * DAY)
        if day % 2:
            history.fire("SlowQueries", "orders-db", day * 3 * DAY + 20)
    assert not history.found(about=About.FAMILY)


def test_a_storm_says_nothing_about_rules(history):
    for day in range(10):
        for number in range(150):
            severity = "critical" if number == 0 else "warning"
            history.fire(f"Rule{number}", f"s{number}", day * 5 * DAY + number, severity=severity)
    assert not history.found()


def test_what_is_named_in_a_diff_cannot_break_out_of_it(history):
    for day in range(12):
        history.fire("NodeDown", "a\"']}\n- evil", day * 3 * DAY, severity="critical")
        history.fire("PodNotReady", "cart", day * 3 * DAY + 100)
    (found,) = history.found(about=About.REDUNDANT)
    source = next(line for line in found.diff.splitlines() if "source_matchers" in line)
    assert source.endswith("]")
    assert "- evil" not in [line.strip("+ ") for line in found.diff.splitlines()]


@pytest.mark.parametrize(
    ("url", "text"),
    [
        (PROMETHEUS, "rate(errors[5m]) > 1"),
        ("", ""),
        ("https://prometheus.example/graph", ""),
        ("http://[broken", ""),
    ],
)
def test_the_expression_behind_a_link_to_prometheus(url, text):
    assert expression(url) == text


@pytest.mark.parametrize(("hits", "of", "low"), [(10, 10, 0.722), (8, 10, 0.490), (0, 10, 0.0), (0, 0, 0.0)])
def test_the_wilson_bound_is_the_textbooks(hits, of, low):
    assert wilson_low(hits, of) == pytest.approx(low, abs=0.001)


@given(st.integers(0, 400), st.integers(1, 400))
def test_the_wilson_bound_is_below_the_share(hits, of):
    hits = min(hits, of)
    assert -1e-9 <= wilson_low(hits, of) <= hits / of + 1e-9


def test_it_crosses_the_process_border_as_json(history):
    for day in range(12):
        history.fire("BudgetBurn", "cart", day * 3 * DAY, severity="critical")
        history.fire("TrafficDrop", "cart", day * 3 * DAY + 45)
    base = START.timestamp()
    asked = Asked(
        alerts=tuple(
            PastAlert(labels=a["labels"], at=type(START).fromtimestamp(base + a["at"], START.tzinfo), pages=a["pages"])
            for a in history.alerts
        ),
        days=60,
    )
    found = answer(msgspec.json.decode(msgspec.json.encode(asked), type=Asked))
    assert (found.days, found.alerts) == (60, len(history.alerts))
    assert [one.about for one in found.suggestions] == [About.REDUNDANT]
    assert msgspec.json.decode(msgspec.json.encode(found), type=type(found)) == found
